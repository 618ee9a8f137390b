"""`oversight trace`: the source of a figure, or the reason why a figure is missing.

Contains derived and aggregated figures, and missing ones. Not here: submitted figures (`test_refresh`).
"""

import re
import shutil
from pathlib import Path

import duckdb
import pytest

from orchestration.contracts.status import known_after
from orchestration.warehouse.store.catalogue import resolve_release
from orchestration.warehouse.trace.absence import explain_absence
from orchestration.warehouse.trace.figure_key import Key
from orchestration.warehouse.trace.tracing import Trace, trace_number
from tests.conftest import Home

pytestmark = pytest.mark.slow

ENGLAND, RATE = "E92000001", "dfe.children_looked_after_rate"


def traced(home: Home, measure: str, location: str, period: str, **group: str) -> Trace:
    return trace_number(home.settings, Key(measure, location, period, **group))


def test_a_derived_number_names_its_parts(published: Home) -> None:
    output = list(traced(published, "dfe.looked_after_weekly_cost", ENGLAND, "FY2023-24").lines())
    assert any(re.match(r"[\d.e+]+, calculated: derived from other measures", line) for line in output)
    assert any(re.match(r"    numerator [\d,.]+, denominator [\d,.]+$", line) for line in output)
    at = output.index("calculated from")
    assert output[at + 1 : at + 4] == [
        "    numerator: spend, the value of dfe.TotalLACFinance, of the same period",
        "    denominator: children, the numerator of dfe.children_looked_after_rate, on its last date within the period",
        "based on 2 cells from 2 files",
    ]
    cells = [line for line in output[at + 4 :] if line.startswith("        row ")]
    assert len(cells) == 2
    assert re.fullmatch(r"        row \d+, column Values: dfe.TotalLACFinance, England, FY2023-24: [\d,]+", cells[1])


def test_a_release_is_vouched_for(published: Home) -> None:
    output = list(traced(published, "dfe.looked_after_weekly_cost", ENGLAND, "FY2023-24").lines())
    release = resolve_release(published.settings)
    at = next(number for number, line in enumerate(output) if line.startswith(f"release {release.name}, fingerprint "))
    assert re.match(r"    checked .* UTC by [\d,]+ expectations and [\d,]+ dbt tests: ", output[at + 1])
    assert re.match(r"    built with version \S+, code \w+, contracts \w+, inputs \w+$", output[at + 2])
    assert output[at + 3] == "    published by the gate: this tier needs no approval"


def test_every_figure_with_a_value_leads_to_files(published: Home) -> None:
    """Submitted, derived, aggregated and standardised figures; each source cell is quoted as it is in the file."""
    unexplained = published.rows(
        """SELECT figures.* FROM (
               SELECT 'sent' AS origin, return_code, measure_code, location_code, location_level, period_code,
                      characteristic, category, service_line, value FROM analysis.observations
               UNION ALL BY NAME
               SELECT origin, return_code, measure_code, location_code, location_level, period_code, characteristic,
                      category, service_line, value FROM analysis.estimates WHERE origin <> 'sent'
               UNION ALL BY NAME
               SELECT 'derived' AS origin, return_code, measure_code, location_code, location_level, period_code,
                      characteristic, category, service_line, value FROM analysis.derived_measures) AS figures
           ANTI JOIN analysis.lineage USING (origin, return_code, measure_code, location_code, location_level,
               period_code, characteristic, category, service_line)
           WHERE figures.value IS NOT NULL LIMIT 5"""
    )
    assert unexplained == []
    assert (
        published.rows(
            """SELECT DISTINCT lineage.submission_key FROM analysis.lineage
           ANTI JOIN analysis.observation_history AS cells
           ON lineage.submission_key = cells.submission_key AND lineage.source_row = cells.source_row
              AND lineage.source_value IS NOT DISTINCT FROM cells.value
              AND lineage.source_measure_code = cells.measure_code"""
        )
        == []
    )


def test_an_added_up_number_says_of_how_many_places(published: Home) -> None:
    found = traced(published, "nhse.ae_breach_proportion", ENGLAND, "2024-09", service_line="Type 1")
    assert "calculated: sum over locations" in "\n".join(found.lines())
    [part] = found.parts
    assert part.startswith("the figures of the locations within England, of which ")
    assert re.match(r"based on \d+ cells from 1 file$", found.cells[0])
    assert found.cells[-1].startswith('    each of them: oversight sql "SELECT * FROM analysis.lineage WHERE ')
    [query] = re.findall(r'"(.+)"', found.cells[-1])
    assert f"based on {len(published.rows(query))} cells from 1 file" == found.cells[0]


def test_several_numbers_of_our_own_are_candidates(published: Home) -> None:
    found = traced(published, "nhse.ae_breach_proportion", ENGLAND, "2024-09")
    assert found.made is None
    assert {row[-1] for row in found.candidates} >= {"Total", "Type 1"}


def test_a_suppressed_figure_is_said_to_be_known_and_not_told(published: Home) -> None:
    [hidden] = published.rows(
        "SELECT measure_code, location_code, period_code, characteristic, category, service_line "
        "FROM analysis.observations WHERE value_status = 'c' AND value IS NULL LIMIT 1"
    )
    code, location, period = hidden.pop("measure_code"), hidden.pop("location_code"), hidden.pop("period_code")
    text = "\n".join(traced(published, code, location, period, **hidden).lines())
    assert "no value [c]" in text
    assert "suppressed to protect confidentiality" in text


ABSENCES = {
    "no such measure": (
        ("dfe.children_looked_after_rat", ENGLAND, "2025-03-31"),
        "the release has no measure 'dfe.children_looked_after_rat'; did you mean 'dfe.children_looked_after_rate'?",
    ),
    "no such place": ((RATE, "E9200000", "2025-03-31"), "the release has no location 'E9200000'; did you mean 'E92000001'?"),
    "no such period": ((RATE, ENGLAND, "soon"), "'soon' is not a period; the periods of this measure there are 2020-03-31"),
    "wrong level": (
        ("nhse.ae_breach_proportion", "E23000014", "2024-09"),
        "West Midlands is a police force; this measure is published by country, nhs trust only.",
    ),
    "wrong level of a measure that is only sent": (
        ("ho.police_headcount", "E06000919", "2024-03-31"),
        "Tarnholme is a local authority; this measure is published by police force, region only.",
    ),
    "refused": (
        ("nhse.ae_breach_proportion", ENGLAND, "2025-03"),
        "the newest file of nhse.ae_attendances, nhs_ae_attendances_trust_monthly_2024_q3.csv of 9 January 2025, was "
        "refused; see analysis.screening for the problems.",
    ),
    "late": (
        ("ons.employment_rate", ENGLAND, "CY2025"),
        "ons.employment for CY2025 was due by 30 September 2026 and has not been received.",
    ),
    "not due": (
        ("ons.employment_rate", ENGLAND, "CY2085"), "ons.employment for CY2085 is not due until 30 September 2086.",
    ),
    "not collected": ((RATE, ENGLAND, "FY2024-25"), "FY2024-25 was not collected; the periods of this measure there are"),
    "after the place": (
        (RATE, "E06000961", "2025-03-31"),
        "Orrinstead had this code until 31 March 2023; see bridge_location_successor for its successor.",
    ),
    "not the group": (
        (RATE, ENGLAND, "2025-03-31", None, None, "Martian"),
        "it is published, but not for this group; the groups are (service line in brackets) Total = Total (Total).",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("asked", "expected"), ABSENCES.values(), ids=ABSENCES)
def test_an_absence_is_explained(published: Home, asked: tuple[str, ...], expected: str) -> None:
    found = trace_number(published.settings, Key(*asked))
    assert not found.is_there
    assert found.hint.startswith(expected)


def test_a_place_that_did_not_exist_yet_is_said_to_be_new(published: Home, tmp_path: Path) -> None:
    """The sample's new authorities are sent for their past too, so one of them is taken out of a copy."""
    copy = tmp_path / "warehouse.duckdb"
    shutil.copyfile(resolve_release(published.settings) / "warehouse.duckdb", copy)
    copy.chmod(0o600)
    with duckdb.connect(str(copy)) as con:
        con.execute("DELETE FROM marts.fct_observation WHERE location_key LIKE '%E06000919' AND period_code < '2023'")
        con.execute("DELETE FROM marts.fct_estimate WHERE location_key LIKE '%E06000919' AND period_code < '2023'")
        text = explain_absence(con, Key(RATE, "E06000919", "2020-03-31"))
    assert text == "Tarnholme has had this code since 1 April 2023; see bridge_location_successor for its predecessor."


def test_a_return_that_never_came_is_said_to_be_missing(published: Home, tmp_path: Path) -> None:
    """The sample has every return, so one of them is taken out of a copy."""
    copy = tmp_path / "warehouse.duckdb"
    shutil.copyfile(resolve_release(published.settings) / "warehouse.duckdb", copy)
    copy.chmod(0o600)
    with duckdb.connect(str(copy)) as con:
        for table in ("fct_observation", "fct_estimate", "dim_submission"):
            con.execute(f"DELETE FROM marts.{table} WHERE return_code = 'cqc.gp_ratings'")
        reason = explain_absence(con, Key("cqc.gp_rated_good_or_outstanding", ENGLAND, "CY2023"))
    assert reason == "no file of cqc.gp_ratings has been received yet."


def test_the_command_says_why_and_fails(published: Home) -> None:
    done = published.run(
        "trace", "--measure", RATE, "--location", ENGLAND, "--period", "FY2024-25", check=False
    )  # fmt: skip
    assert done.returncode == 1
    assert "FY2024-25 was not collected" in done.stderr


@pytest.mark.parametrize(
    ("months", "days", "text"),
    [
        (10, 0, "as known 10 months after the end of the period"),
        (1, 3, "as known 1 month and 3 days after the end of the period"),
        (0, 0, "as known at the end of the period"),
    ],
)
def test_a_pin_is_said_in_words(months: int, days: int, text: str) -> None:
    assert known_after(months, days) == text

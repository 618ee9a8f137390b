"""The 17 real files of the ten returns, screened once: expected results of each, recalculated from the files."""

import csv
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.contracts import load_contracts
from orchestration.foundation.settings import Settings
from orchestration.returns.screening.references import read_reference
from orchestration.returns.screening.screener import Incoming, Outcome, Screener

pytestmark = [pytest.mark.real, pytest.mark.slow]

LAIT = (
    "education/lait_v2025-01-29.parquet",
    "education/lait_v2025-09-17.parquet",
    "education/lait_v2026-04-08.parquet",
)
CLA = ("education/cla_number_and_rate_v2024-02-13.csv", "education/cla_number_and_rate_v2025-11-27.csv")
RO3 = ("localgov/RO3_2024-25_v2025-09-26.ods", "localgov/RO3_2024-25_v2026-01-19.ods")
GP = ("health/gp_payments_2019-20.csv", "health/gp_payments_2022-23.csv")
FINGERTIPS = "health/fingertips_child_injury_admissions_la.csv"
HLE = ("health/ons_healthy_life_expectancy_v2024-12-19.csv", "health/ons_healthy_life_expectancy_v2026-01-12.csv")
AE = "health/nhs_ae_attendances_trust_monthly_2016_2019.csv"
EMPLOYMENT = ("employment/ons_employment_rate_v2023-08-16_wide.csv", "employment/ons_employment_rate_v2025-08-13.csv")
SEARCHES = "justice/stop_search_by_ethnicity_force.csv"
POLICE = "justice/police_workforce_force_2007_2022.csv"
ALL = [*LAIT, *CLA, *RO3, *GP, FINGERTIPS, *HLE, AE, *EMPLOYMENT, SEARCHES, POLICE]
SHOWN = "measure_code, location_code, location_level, period_code, characteristic, category, service_line"


@dataclass
class Screenings:
    """Outcomes and folders by file; queries over the observations of one file."""

    returns: Path
    outcomes: dict[str, Outcome]
    folders: dict[str, Path]

    def rows(self, file: str, query: str) -> list[tuple[Any, ...]]:
        with duckdb.connect() as con:
            for path in self.folders[file].glob("*.parquet"):
                con.execute(f"CREATE VIEW {path.stem} AS FROM read_parquet('{path}')")
            return con.execute(query).fetchall()

    def sent(self, file: str) -> list[dict[str, str]]:
        """The rows of a CSV file, read by other means than the engine's."""
        with (self.returns / file).open(encoding="utf-8-sig", newline="") as text:
            return list(csv.DictReader(text))


@pytest.fixture(scope="session")
def screened(real_returns: Path, tmp_path_factory: pytest.TempPathFactory) -> Screenings:
    folder = tmp_path_factory.mktemp("screened")
    settings = Settings(home=folder / "home")
    contracts = load_contracts(settings.contracts)
    with (real_returns / "SUBMISSIONS.tsv").open(encoding="utf-8", newline="") as text:
        listed = list(csv.DictReader(text, delimiter="\t"))
    references = {}
    for entry in listed:
        code = entry["return_code"]
        if code in contracts.references:
            path, target = real_returns / entry["file"], folder / code
            assert read_reference(settings, path, path.name, contracts.references[code], target) == []
            references[code] = target / "reference.parquet"
    screener = Screener(settings, contracts, references)
    outcomes, folders = {}, {}
    for entry in listed:
        if entry["file"] in ALL:
            path, target = real_returns / entry["file"], folder / entry["file"].replace("/", "_")
            received = datetime.fromisoformat(entry["received_at"]).astimezone(UTC)
            code, hint = entry["return_code"], entry["period_hint"] or None
            incoming = Incoming(path, path.name, f"{code}.{path.stem}", code, entry["department"], received, hint)
            outcomes[entry["file"]] = screener.screen(incoming, target)
            folders[entry["file"]] = target
    return Screenings(real_returns, outcomes, folders)


def test_all_seventeen_files_are_accepted(screened: Screenings) -> None:
    assert sorted(screened.outcomes) == sorted(ALL)
    assert [file for file, outcome in screened.outcomes.items() if not outcome.accepted] == []


@pytest.mark.parametrize("file", ALL)
def test_every_cell_is_accounted_for(screened: Screenings, file: str) -> None:
    outcome = screened.outcomes[file]
    told = outcome.observations + outcome.collapsed + outcome.filtered + outcome.unreadable_periods
    assert outcome.cells == told
    assert screened.rows(file, "SELECT count(*), count(value) FROM observations") == [
        (outcome.observations, outcome.values)
    ]


@pytest.mark.parametrize("file", ALL)
def test_there_is_one_observation_per_natural_key_as_people_see_it(screened: Screenings, file: str) -> None:
    assert screened.rows(file, f"SELECT {SHOWN} FROM observations GROUP BY ALL HAVING count(*) > 1") == []


@pytest.mark.parametrize("file", ALL)
def test_every_missing_value_says_why_and_nothing_else_is_left_empty(screened: Screenings, file: str) -> None:
    said = ["x", "z", "c", "u", "low", "k", "p", "r", "e", "b"]
    assert screened.rows(file, "SELECT count(*) FROM observations WHERE value IS NULL AND value_status = ''") == [(0,)]
    found = screened.rows(file, "SELECT DISTINCT value_status FROM observations WHERE value_status <> ''")
    assert {status for (status,) in found} <= set(said)
    keys = (
        "measure_code, location_code, location_level, location_name, period_code, period_start, period_end, source_row"
    )
    assert screened.rows(file, f"SELECT count(*) FROM observations WHERE ({keys}) IS NULL OR source_column = ''") == [
        (0,)
    ]
    for key in keys.split(", "):
        assert screened.rows(file, f"SELECT count(*) FROM observations WHERE {key} IS NULL") == [(0,)], key


@pytest.mark.parametrize(
    ("file", "rows", "unreadable", "markers"),
    [(LAIT[0], 559_300, 0, 83_994), (LAIT[1], 591_430, 170, 88_294), (LAIT[2], 641_070, 170, 93_883)],
)
def test_lait_keeps_every_row_and_every_marker(
    screened: Screenings, file: str, rows: int, unreadable: int, markers: int
) -> None:
    outcome = screened.outcomes[file]
    assert (outcome.rows, outcome.cells, outcome.unreadable_periods) == (rows, rows, unreadable)
    sent = f"read_parquet('{screened.returns / file}', file_row_number = true)"
    assert screened.rows(file, f"SELECT count(*) FROM {sent} WHERE \"Values\" = '-'") == [(markers,)]
    assert screened.rows(file, "SELECT count(*) FROM observations WHERE value IS NULL AND value_status = 'x'") == [
        (rows - unreadable - outcome.values,)
    ]
    # Row by row: the value of an observation is that of its row.
    assert screened.rows(
        file,
        f"""SELECT count(*), count(*) FILTER (WHERE o.value IS DISTINCT FROM TRY_CAST(s."Values" AS DOUBLE)),
                   count(*) FILTER (WHERE s."Values" = '-') + (SELECT count(*) FROM {sent} WHERE "Values" = '-' AND Years = '0')
            FROM observations AS o JOIN {sent} AS s ON o.source_row = s.file_row_number + 1""",
    ) == [(rows - unreadable, 0, markers)]


def test_the_unreadable_period_of_lait_is_told(screened: Screenings) -> None:
    for file in LAIT[1:]:
        (problem,) = screened.outcomes[file].problems
        assert (problem["rule"], problem["value"], problem["occurrence_count"]) == ("period.unreadable", "0", 170)


def test_children_looked_after_keep_their_markers(screened: Screenings) -> None:
    for file in CLA:
        sent = screened.sent(file)
        assert screened.outcomes[file].observations == len(sent)
        columns = ("children_count", "number") if "number" in sent[0] else ("children_count",)
        counts = next(c for c in reversed(columns) if c in sent[0])
        rates = next(c for c in sent[0] if c.startswith("rate_per"))
        marked = Counter(row[rates] for row in sent if row[rates] in "zcxk")
        statuses = screened.rows(file, "SELECT value_status, count(*) FROM observations WHERE value IS NULL GROUP BY 1")
        assert dict(statuses) == marked
        numbers = sum(float(row[counts]) for row in sent if row[counts].replace(".", "").isdigit())
        assert screened.rows(file, "SELECT sum(numerator) FROM observations") == [(numbers,)]


def test_ro3_has_its_authorities_its_lines_and_its_marker(screened: Screenings) -> None:
    for file, missing in zip(RO3, (22, 9), strict=True):
        outcome = screened.outcomes[file]
        assert outcome.sheet == "RO3_LA_Data_202425"
        assert (outcome.cells, outcome.observations, outcome.filtered) == (424 * 490, 411 * 490, 13 * 490)
        empty = "SELECT location_code FROM observations WHERE service_line <> 'x' GROUP BY 1 HAVING count(value) = 0"
        assert len(screened.rows(file, empty)) == missing
        assert screened.rows(file, "SELECT DISTINCT value_status FROM observations WHERE value IS NULL") == [("x",)]
        gla = "SELECT DISTINCT location_name FROM observations WHERE (location_code, location_level) = ('E12000007', 'strategic_authority')"
        assert len(screened.rows(file, gla)) == 1
        ended = screened.rows(
            file, "SELECT max(source_row), any_value(location_code) FILTER (WHERE source_row = 418) FROM observations"
        )
        assert ended == [(418, "E92000001")]


def test_gp_payments_over_no_patients_are_not_applicable(screened: Screenings) -> None:
    for file, practices in zip(GP, (7_001, 6_669), strict=True):
        per_patient = "measure_code = 'nhse.gp_payments_per_registered_patient' AND service_line = 'Total'"
        found = screened.rows(
            file,
            f"""SELECT count(*), count(*) FILTER (WHERE denominator = 0), count(*) FILTER (WHERE value_status = 'z'),
                       count(*) FILTER (WHERE denominator > 0 AND value IS NULL)
                FROM observations WHERE {per_patient}""",
        )
        (total, nobody, not_applicable, lost) = found[0]
        assert (total, lost) == (practices, 0)
        assert nobody == not_applicable > 100


def test_the_repeated_england_keys_of_fingertips_collapse(screened: Screenings) -> None:
    outcome = screened.outcomes[FINGERTIPS]
    assert (outcome.cells, outcome.collapsed, outcome.observations) == (7_208, 703, 6_505)
    assert [(p["rule"], p["severity"], p["occurrence_count"]) for p in outcome.problems] == [
        ("key.repeated", "info", 703)
    ]
    assert screened.rows(FINGERTIPS, "SELECT max(len(members)) FROM observations") == [(2,)]


def test_fingertips_says_what_is_suppressed(screened: Screenings) -> None:
    noted = "SELECT DISTINCT value_status FROM observations WHERE value IS NULL AND note ILIKE '%suppressed%'"
    assert screened.rows(FINGERTIPS, noted) == [("c",)]


def test_the_reissue_of_healthy_life_expectancy_differs_in_three_rows(screened: Screenings) -> None:
    first, second = (screened.folders[file] / "observations.parquet" for file in HLE)
    figures = f"{SHOWN}, value, value_status, lower_95, upper_95"
    query = f"SELECT {figures} FROM '{first}' EXCEPT SELECT {figures} FROM '{second}'"
    changed = duckdb.sql(query).fetchall()
    assert len(changed) == 3
    assert all(row[-1] is None or row[-2] is None for row in changed)


def test_attendances_and_breaches_are_those_that_were_sent(screened: Screenings) -> None:
    sent = screened.sent(AE)
    total = "SELECT sum({}) FROM observations WHERE measure_code = '{}'"
    for column, figure, measure in [
        ("attendances", "value", "nhse.ae_attendances"),
        ("admissions", "value", "nhse.ae_admissions"),
        ("breaches", "numerator", "nhse.ae_breach_proportion"),
    ]:
        assert screened.rows(AE, total.format(figure, measure)) == [(sum(float(row[column]) for row in sent),)]
    assert screened.rows(AE, "SELECT DISTINCT service_line FROM observations ORDER BY 1") == [
        ("Other",),
        ("Type 1",),
        ("Type 2",),
    ]
    assert screened.rows(AE, "SELECT count(*) FROM locations WHERE NOT in_reference AND scheme = 'ods'") == [
        (len({row["org_code"] for row in sent}),)
    ]


def test_searches_not_collected_are_missing_and_never_zero(screened: Screenings) -> None:
    sent = screened.sent(SEARCHES)
    missing = sum(row["searches"] == "NA" for row in sent)
    assert missing == 37_925
    searches = "FROM observations WHERE measure_code = 'ho.stop_and_searches'"
    counted = "SELECT count(*) FILTER (WHERE value IS NULL AND value_status = 'x'), count(*) FILTER (WHERE value = 0), sum(value)"
    zeros = sum(row["searches"] == "0" for row in sent)
    total = sum(float(row["searches"]) for row in sent if row["searches"] != "NA")
    assert screened.rows(SEARCHES, f"{counted} {searches}") == [(missing, zeros, total)]


def test_more_arrests_than_searches_is_a_warning_693_times(screened: Screenings) -> None:
    outcome = screened.outcomes[SEARCHES]
    rules = Counter((p["rule"], p["severity"]) for p in outcome.problems)
    assert rules == {("consistency.numerator_above_denominator", "warning"): 693}
    assert (outcome.errors, outcome.warnings) == (0, 693)


def test_every_force_is_found_by_its_name(screened: Screenings) -> None:
    names = {row["force_name"] for row in screened.sent(SEARCHES)}
    found = screened.rows(SEARCHES, "SELECT DISTINCT location_code, location_level FROM observations")
    assert len(found) == len(names) == 44
    assert {level for _, level in found} == {"police_force"}


def test_both_layouts_of_employment_give_measures_of_one_kind(screened: Screenings) -> None:
    assert [screened.outcomes[file].layout for file in EMPLOYMENT] == ["wide", "long"]
    codes = [{c for (c,) in screened.rows(f, "SELECT DISTINCT measure_code FROM observations")} for f in EMPLOYMENT]
    assert len(codes[0]) == 4
    assert codes[1] < codes[0]
    assert len(codes[1]) == len({row["indicator"] for row in screened.sent(EMPLOYMENT[1])})


def test_police_are_split_by_rank_and_sex(screened: Screenings) -> None:
    sent = screened.sent(POLICE)
    heads = "SELECT sum(value), count(DISTINCT service_line), min(period_code), max(period_code) FROM observations WHERE measure_code = 'ho.police_headcount'"
    assert screened.rows(POLICE, heads)[0][0] == pytest.approx(sum(float(row["total_headcount"] or 0) for row in sent))
    assert {c for (c,) in screened.rows(POLICE, "SELECT DISTINCT category FROM observations")} >= {"Male", "Female"}
    assert screened.rows(POLICE, heads)[0][2:] == ("2007-03-31", "2022-03-31")


SPOTS: list[tuple[str, Callable[[dict[str, str]], tuple[object, ...]], str]] = [
    (CLA[1], lambda row: (row["new_la_code"] or row["region_code"] or row["country_code"],), "SELECT location_code FROM observations WHERE source_row = {}"),
    (AE, lambda row: (row["org_code"], float(row["attendances"])), "SELECT split_part(location_code, ':', 2), value FROM observations WHERE source_row = {} AND measure_code = 'nhse.ae_attendances'"),
    (POLICE, lambda row: (float(row["total_fte"]),), "SELECT value FROM observations WHERE source_row = {} AND measure_code = 'ho.police_fte'"),
]  # fmt: skip


@pytest.mark.parametrize(("file", "expected", "query"), SPOTS, ids=[spot[0] for spot in SPOTS])
def test_the_row_number_leads_back_to_the_row_of_the_file(
    screened: Screenings, file: str, expected: Callable[[dict[str, str]], tuple[object, ...]], query: str
) -> None:
    sent = screened.sent(file)
    for number in (0, 1, 777, len(sent) - 1):
        assert screened.rows(file, query.format(number + 2)) == [expected(sent[number])]

"""Seven returns of pupils, well-being and social care as published: expected results, recalculated from the files."""

import csv
import itertools
import statistics
from collections import Counter, defaultdict
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

NEET = "education/neet_scorecard_la_2022.csv"
KS2 = ("education/ks2_school_hampshire_2017-18.csv", "education/ks2_school_hampshire_2018-19.csv")
EXCLUSIONS = "education/exclusions_by_characteristic.csv"
ABSENCE, ABSENCE_MEALS = "education/ons_persistent_absence_all.csv", "education/ons_persistent_absence_fsm.csv"
WELLBEING = "satisfaction/ons_personal_wellbeing.csv"
CARE = "localgov/oflog_adult_social_care.csv"
ALL = [NEET, *KS2, EXCLUSIONS, ABSENCE, ABSENCE_MEALS, WELLBEING, CARE]


@dataclass
class Screenings:
    """Outcomes and folders by file; the rows of a file by other means than the engine's."""

    returns: Path
    outcomes: dict[str, Outcome]
    folders: dict[str, Path]

    def rows(self, file: str, query: str) -> list[tuple[Any, ...]]:
        with duckdb.connect() as con:
            for path in self.folders[file].glob("*.parquet"):
                con.execute(f"CREATE VIEW {path.stem} AS FROM read_parquet('{path}')")
            return con.execute(query).fetchall()

    def sent(self, file: str) -> list[dict[str, str]]:
        with (self.returns / file).open(encoding="utf-8-sig", newline="") as text:
            return [{key: (value or "").strip() for key, value in row.items() if key} for row in csv.DictReader(text)]


@pytest.fixture(scope="module")
def screened(real_returns: Path, tmp_path_factory: pytest.TempPathFactory) -> Screenings:
    folder = tmp_path_factory.mktemp("screened")
    settings = Settings(home=folder / "home")
    contracts = load_contracts(settings.contracts)
    with (real_returns / "SUBMISSIONS.tsv").open(encoding="utf-8", newline="") as text:
        listed = list(csv.DictReader(text, delimiter="\t"))
    references = {}
    for entry in listed:
        code = entry["return_code"]
        if code in contracts.references and contracts.references[code].places:
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


def number(text: str) -> float | None:
    """A figure of a file as a number; None for a marker or a blank."""
    try:
        return float(text.rstrip("%").replace(",", ""))
    except ValueError:
        return None


@pytest.mark.parametrize("file", ALL)
def test_the_file_is_accepted_whole(screened: Screenings, file: str) -> None:
    outcome = screened.outcomes[file]
    assert outcome.accepted
    assert outcome.rows == len(screened.sent(file))
    assert (outcome.filtered, outcome.collapsed, outcome.unreadable_periods) == (0, 0, 0)
    assert outcome.cells == outcome.observations
    assert screened.rows(file, "SELECT count(*) FROM observations WHERE value IS NULL AND value_status = ''") == [(0,)]


@pytest.mark.parametrize(("file", "warned"), [(NEET, {}), (ABSENCE, {}), (WELLBEING, {}), (CARE, {}),
                                              (ABSENCE_MEALS, {"columns.repeated": 1})])  # fmt: skip
def test_nothing_is_warned_of_without_need(screened: Screenings, file: str, warned: dict[str, int]) -> None:
    assert Counter(p["rule"] for p in screened.outcomes[file].problems) == warned


@pytest.mark.parametrize(("file", "columns", "figures"), [
    (NEET, {"Cohort_DJFavg": "dfe.neet_cohort", "NEET_not_known_percent": "dfe.neet_or_not_known_proportion",
            "NEET_percent": "dfe.neet_proportion", "Notknown_percent": "dfe.activity_not_known_proportion",
            "cohort_March": "dfe.participation_cohort", "Age1617_ONS_population": "dfe.population_16_17",
            "September_guarantee_Offer_made_percent": "dfe.september_guarantee_offer_proportion"}, 7 * 160),
    (EXCLUSIONS, {"perm_excl_rate": "dfe.permanent_exclusion_rate", "fixed_excl_rate": "dfe.suspension_rate",
                  "one_plus_fixed_rate": "dfe.pupils_suspended_rate"}, 3 * 4_586),
    (ABSENCE, {"observation": "ons.persistent_absence_proportion"}, 2_909),
    (ABSENCE_MEALS, {"observation": "ons.persistent_absence_fsm_proportion"}, 975),
    (KS2[0], {"TELIG": "dfe.ks2_eligible_pupils", "PTRWM_EXP": "dfe.ks2_rwm_expected_proportion",
              "PTRWM_HIGH": "dfe.ks2_rwm_higher_proportion", "MATPROG": "dfe.ks2_maths_progress"}, 4 * 331),
    (KS2[1], {"TELIG": "dfe.ks2_eligible_pupils", "PTRWM_EXP": "dfe.ks2_rwm_expected_proportion",
              "WRITCOV": "dfe.ks2_writing_progress_coverage", "READPROG": "dfe.ks2_reading_progress"}, 4 * 334),
])  # fmt: skip
def test_every_figure_stands_in_the_row_that_sent_it(
    screened: Screenings, file: str, columns: dict[str, str], figures: int
) -> None:
    whole = "" if file in (EXCLUSIONS, ABSENCE_MEALS) else "AND population_group_code = 'Total'"
    compared = 0
    for column, measure in columns.items():
        query = f"SELECT source_row, value FROM observations WHERE measure_code = '{measure}' {whole}"
        kept = dict(screened.rows(file, query))
        expected = {line: number(row[column]) for line, row in enumerate(screened.sent(file), start=2)}
        assert kept == expected, column
        compared += len(kept)
    assert compared == figures


# Young people not in education, employment or training


def test_published_quintiles_are_the_rank_of_authorities_by_thirty(screened: Screenings) -> None:
    ranked = screened.rows(
        NEET,
        """SELECT q.value, min(n.value), max(n.value), count(*) FROM observations AS q
           JOIN observations AS n ON n.source_row = q.source_row
           AND n.measure_code = 'dfe.neet_or_not_known_proportion' AND n.population_group_code = 'Total'
           WHERE q.measure_code = 'dfe.neet_scorecard_quintile' AND q.service_line = 'NEET or not known'
             AND q.location_level = 'local_authority' GROUP BY 1 ORDER BY 1""",
    )
    assert [(quintile, count) for quintile, *_, count in ranked] == [(n, 30) for n in range(1, 6)]
    assert all(highest <= lowest for (_, _, highest, _), (_, lowest, _, _) in itertools.pairwise(ranked))


def test_what_is_suppressed_of_small_groups_says_so(screened: Screenings) -> None:
    sent = screened.sent(NEET)
    columns = ("NEET_NK_noSEN_percent", "NEET_NK_EHCP_percent", "NEET_NK_SENDsupport_percent", "VG_NEET_NK_percentage")
    marked = Counter(row[column] for row in sent for column in columns if number(row[column]) is None)
    query = """SELECT value_status, count(*) FROM observations WHERE value IS NULL
               AND measure_code = 'dfe.neet_or_not_known_proportion' GROUP BY 1"""
    assert dict(screened.rows(NEET, query)) == marked == {"c": 6, "z": 2}


# Key stage 2


GROUPS = {
    "disadvantage=disadvantaged": ("PTRWM_EXP_FSM6CLA1A", "TFSM6CLA1A"),
    "disadvantage=not_disadvantaged": ("PTRWM_EXP_NotFSM6CLA1A", "TNotFSM6CLA1A"),
    "sex=female": ("PTRWM_EXP_G", "GELIG"),
    "Total": ("PTRWM_EXP", "TELIG"),
}


@pytest.mark.parametrize("file", KS2)
@pytest.mark.parametrize("group", GROUPS)
def test_a_share_is_suppressed_or_there_is_nobody_of_the_kind(screened: Screenings, file: str, group: str) -> None:
    share, pupils = GROUPS[group]
    missing = [(row[share], row[pupils]) for row in screened.sent(file) if number(row[share]) is None]
    assert {pair for pair in missing if pair[0] == ""} <= {("", "0"), ("", ""), ("", "SUPP")}
    # Nothing beside a number of pupils that is itself suppressed is suppressed too.
    expected = Counter("c" if "SUPP" in pair else "z" for pair in missing)
    query = f"""SELECT value_status, count(*) FROM observations WHERE value IS NULL
                AND measure_code = 'dfe.ks2_rwm_expected_proportion' AND population_group_code = '{group}' GROUP BY 1"""
    assert dict(screened.rows(file, query)) == expected


def test_the_published_gap_is_to_the_other_pupils_in_england(screened: Screenings) -> None:
    file = KS2[1]
    rwm = "measure_code = 'dfe.ks2_rwm_expected_proportion'"
    (england,) = screened.rows(
        file,
        f"""SELECT value FROM observations WHERE {rwm} AND location_level = 'country' AND service_line = 'Total'
            AND population_group_code = 'disadvantage=not_disadvantaged'""",
    )
    implied = screened.rows(
        file,
        f"""SELECT count(*), count(*) FILTER (WHERE own.value - gap.value = {england[0]})
            FROM observations AS own JOIN observations AS gap USING (source_row)
            WHERE own.{rwm} AND own.population_group_code = 'disadvantage=disadvantaged' AND own.value IS NOT NULL
              AND gap.measure_code = 'dfe.ks2_rwm_expected_disadvantage_gap' AND gap.value IS NOT NULL
              AND own.location_level = 'school'""",
    )
    sent = [row for row in screened.sent(file) if row["RECTYPE"] in "12" and number(row["DIFFN_RWM_EXP"]) is not None]
    assert england == (71.0,)
    assert implied[0][0] == len(sent)
    assert implied[0][0] - implied[0][1] <= 2


def test_limits_lie_around_progress_and_england_has_none(screened: Screenings) -> None:
    for file in KS2:
        outside = """SELECT count(*) FROM observations WHERE measure_code LIKE '%_progress' AND lower_95 IS NOT NULL
                     AND NOT value BETWEEN lower_95 AND upper_95"""
        assert screened.rows(file, outside) == [(0,)]
        england = "SELECT count(lower_95), count(upper_95) FROM observations WHERE location_level = 'country'"
        assert screened.rows(file, england) == [(0, 0)]


def test_each_school_keeps_its_number_and_the_authority_its_code(screened: Screenings) -> None:
    for file in KS2:
        sent = screened.sent(file)
        urns = sorted(f"urn:{row['URN']}" for row in sent if row["RECTYPE"] in "12")
        schools = "SELECT DISTINCT location_code FROM observations WHERE location_level = 'school' ORDER BY 1"
        assert [code for (code,) in screened.rows(file, schools)] == urns
        others = "SELECT DISTINCT location_code FROM observations WHERE location_level <> 'school' ORDER BY 1"
        assert screened.rows(file, others) == [("E10000014",), ("E92000001",)]


# Exclusions


def test_each_pair_of_group_and_label_is_one_group_of_pupils(screened: Screenings) -> None:
    sent = screened.sent(EXCLUSIONS)
    labels = {(row["characteristic_group"], row["characteristic"]) for row in sent}
    found = {code for (code,) in screened.rows(EXCLUSIONS, "SELECT DISTINCT population_group_code FROM observations")}
    assert len(found) == len(labels)
    assert {
        "Total", "sex=male", "age=4_and_under", "age=10;sex=female", "ethnicity:major=asian", "ethnicity:minor=chinese",
        "ethnicity:major=minority_ethnic", "ethnicity:minor=white_british;sex=male", "free_school_meals=not_eligible",
        "free_school_meals:last_six_years=eligible", "special_educational_needs=none", "deprivation_decile:idaci=1",
    } <= found  # fmt: skip
    assert not [code for code in found if code.startswith("pupil_characteristic")]


def test_the_most_deprived_tenth_is_the_first(screened: Screenings) -> None:
    by_row = dict(screened.rows(EXCLUSIONS, "SELECT DISTINCT source_row, population_group_code FROM observations"))
    tenths = {
        row["characteristic"]: by_row[line]
        for line, row in enumerate(screened.sent(EXCLUSIONS), start=2)
        if row["characteristic_group"] == "IDACI decile"
    }
    assert tenths["IDACI decile 0 to 10pc most deprived"] == "deprivation_decile:idaci=1"
    assert tenths["IDACI decile 90 to 100pc least deprived"] == "deprivation_decile:idaci=10"
    rate = """SELECT value FROM observations WHERE measure_code = 'dfe.suspension_rate' AND service_line = 'Total'
              AND period_code = 'AY2016-17' AND population_group_code = 'deprivation_decile:idaci={}'"""
    (first,), (last,) = (screened.rows(EXCLUSIONS, rate.format(tenth))[0] for tenth in (1, 10))
    assert first > last


def test_the_old_markers_of_exclusions_are_suppressed_and_not_applicable(screened: Screenings) -> None:
    sent = screened.sent(EXCLUSIONS)
    rates = {"perm_excl_rate": "dfe.permanent_exclusion_rate", "fixed_excl_rate": "dfe.suspension_rate"}
    for column, measure in rates.items():
        query = f"SELECT value_status, count(*) FROM observations WHERE value IS NULL AND measure_code = '{measure}' GROUP BY 1"
        marks = Counter(row[column] for row in sent if number(row[column]) is None)
        assert dict(screened.rows(EXCLUSIONS, query)) == {"c": marks["x"], "z": marks["."]}
    assert all(row["headcount"] == "0" for row in sent if row["perm_excl_rate"] == ".")


def test_kinds_of_school_are_lines_of_service_however_they_are_written(screened: Screenings) -> None:
    lines = screened.rows(EXCLUSIONS, "SELECT service_line, count(*) FROM observations GROUP BY 1 ORDER BY 1")
    kinds = Counter(row["school_type"].capitalize() for row in screened.sent(EXCLUSIONS))
    assert lines == sorted((kind.replace("funded ", "funded "), 3 * rows) for kind, rows in kinds.items())


# Absence, well-being, social care


def test_absence_is_of_academic_years_and_the_companion_of_one_group(screened: Screenings) -> None:
    for file, first in ((ABSENCE, "AY2006-07"), (ABSENCE_MEALS, "AY2018-19")):
        assert screened.rows(file, "SELECT min(period_code), max(period_code) FROM observations") == [
            (first, "AY2024-25")
        ]
    groups = "SELECT DISTINCT population_group_code FROM observations"
    assert screened.rows(ABSENCE, groups) == [("Total",)]
    assert screened.rows(ABSENCE_MEALS, groups) == [("free_school_meals=eligible",)]
    companions = load_contracts(Settings().contracts).judgements.companions
    assert ("ons.persistent_absence_fsm_proportion", "ons.persistent_absence_proportion") in {
        (companion.measure, companion.whole) for companion in companions
    }


def test_ratings_keep_their_limits_and_say_why_they_are_missing(screened: Screenings) -> None:
    sent = screened.sent(WELLBEING)
    missing = Counter(row["status"] for row in sent if row["observation"] == "")
    assert dict(
        screened.rows(WELLBEING, "SELECT value_status, count(*) FROM observations WHERE value IS NULL GROUP BY 1")
    ) == missing == {"x": 380, "u": 116}  # fmt: skip
    counted = screened.rows(
        WELLBEING, "SELECT measure_code, count(*), count(value), count(lower_95) FROM observations GROUP BY 1"
    )
    assert sorted(counted) == [
        (f"ons.{indicator}_mean", 5_028, 4_904, 4_904)
        for indicator in ("anxiety", "happiness", "life_satisfaction", "worthwhile")
    ]
    total = sum(float(row["observation"]) for row in sent if row["observation"])
    assert screened.rows(WELLBEING, "SELECT sum(value) FROM observations")[0][0] == pytest.approx(total)


def test_published_medians_of_social_care_are_the_medians_of_the_authorities(screened: Screenings) -> None:
    published: dict[tuple[str, str], set[float]] = defaultdict(set)
    codes: dict[str, set[str]] = defaultdict(set)
    kept = {
        line: (measure, period, value)
        for line, measure, period, value in screened.rows(
            CARE, "SELECT source_row, measure_code, period_code, value FROM observations"
        )
    }
    values: dict[tuple[str, str], list[float]] = defaultdict(list)
    for line, row in enumerate(screened.sent(CARE), start=2):
        measure, period, value = kept[line]
        codes[row["Code"]].add(measure)
        if row["MEDIAN"]:
            published[measure, period].add(float(row["MEDIAN"]))
        if value is not None:
            values[measure, period].append(value)
    assert sorted(len(measures) for measures in codes.values()) == [1] * 7
    assert len(published) == len(values) == 42
    for key, (median,) in published.items():
        assert statistics.median(values[key]) == pytest.approx(median, rel=1e-8), key


def test_the_way_that_is_better_follows_the_published_order(screened: Screenings) -> None:
    contract = load_contracts(Settings().contracts).returns["dhsc.adult_social_care_outcomes"]
    polarity = {measure.code: measure.polarity for measure in contract.measures}
    by_row = dict(screened.rows(CARE, "SELECT source_row, measure_code FROM observations"))
    for line, row in enumerate(screened.sent(CARE), start=2):
        if row["rank_order"]:
            assert polarity[by_row[line]] == {"desc": "high", "none": "none"}[row["rank_order"].lower()]

"""Six real returns on disparity, deprivation, life expectancy and ratings: recalculated from the files by other means."""

import csv
import math
from collections import Counter
from collections.abc import Iterator
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

DISPARITY = "justice/stop_search_disparity_black_la.csv"
SLOPE = "health/fingertips_inequality_life_expectancy_sii_la.csv"
LIVES = "health/fingertips_life_expectancy_la.csv"
QOF = "health/qof_prevalence_by_imd_decile.csv"
GP = "health/gp_indicators_by_imd_quintile_region.csv"
CQC = "health/gp_cqc_ratings_imd.csv"
ALL = [DISPARITY, SLOPE, LIVES, QOF, GP, CQC]
FIFTH = "deprivation_quintile:imd_gp_practice"
DENOMINATORS = (
    "ref.statistical_neighbours", "ref.population", "ref.population_under18", "ref.gp_practice_deprivation",
    "ref.census_ethnicity", "ref.pfa_population_by_ethnicity", "ref.trust_icb",
)  # fmt: skip


@dataclass
class Screenings:
    """Outcomes by file, references by code, and queries over the observations of one file."""

    folder: Path
    returns: Path
    outcomes: dict[str, Outcome]
    references: dict[str, Path]

    def rows(self, file: str, query: str) -> list[tuple[Any, ...]]:
        with duckdb.connect() as con:
            for path in (self.folder / Path(file).name).glob("*.parquet"):
                con.execute(f"CREATE VIEW {path.stem} AS FROM read_parquet('{path}')")
            return con.execute(query).fetchall()

    def figures(self, file: str, where: str = "true") -> dict[tuple[str, ...], float | None]:
        """Value by measure, place, period and group."""
        return {
            (measure, place, period, group): value
            for measure, place, period, group, value in self.rows(
                file,
                f"""SELECT measure_code, location_code, period_code, population_group_code, value
                FROM observations WHERE {where}""",
            )
        }

    def sent(self, file: str) -> list[dict[str, str]]:
        """The rows of the file, read by other means than the engine's."""
        with (self.returns / file).open(encoding="utf-8-sig", newline="") as text:
            return list(csv.DictReader(text))


@pytest.fixture(scope="module")
def screened(real_returns: Path, tmp_path_factory: pytest.TempPathFactory) -> Screenings:
    folder = tmp_path_factory.mktemp("screened")
    settings = Settings(home=folder / "home")
    contracts = load_contracts(settings.contracts)
    with (real_returns / "SUBMISSIONS.tsv").open(encoding="utf-8", newline="") as text:
        listed = list(csv.DictReader(text, delimiter="\t"))
    references = {}
    for entry in listed:
        code, path = entry["return_code"], real_returns / entry["file"]
        if code in contracts.references:
            assert read_reference(settings, path, path.name, contracts.references[code], folder / code) == []
            references[code] = folder / code / "reference.parquet"
    screener = Screener(settings, contracts, references)
    outcomes = {}
    for entry in listed:
        if entry["file"] in ALL:
            code, path = entry["return_code"], real_returns / entry["file"]
            received, hint = datetime(2025, 1, 1, tzinfo=UTC), entry["period_hint"] or None
            incoming = Incoming(path, path.name, path.stem, code, entry["department"], received, hint)
            outcomes[entry["file"]] = screener.screen(incoming, folder / path.name)
    return Screenings(folder, real_returns, outcomes, references)


def number(text: str) -> float | None:
    return None if text == "NA" else float(text)


@pytest.mark.parametrize(
    ("file", "rows", "observations", "values", "warned"),
    [
        (DISPARITY, 327, 4 * 327, 4 * 327 - 1, {"consistency.numerator_above_denominator"}),
        (SLOPE, 4_752, 4_752, 4_752 - 64, set()),
        (LIVES, 5_516, 5_516, 5_516 - 36, set()),
        (QOF, 231, 231, 231, set()),
        (GP, 1_854, 5 * 1_854 + 244, 9_439, set()),
        (CQC, 6_229, 2 * 6_229, 2 * 6_229, {"location.learned", "location.several_names"}),
    ],
)
def test_each_file_is_accepted_whole(
    screened: Screenings, file: str, rows: int, observations: int, values: int, warned: set[str]
) -> None:
    outcome = screened.outcomes[file]
    assert outcome.accepted
    assert {p["rule"] for p in outcome.problems} == warned
    assert len(screened.sent(file)) == outcome.rows == rows
    assert (outcome.cells, outcome.observations, outcome.values) == (observations, observations, values)
    missing = screened.rows(file, "SELECT value_status, count(*) FROM observations WHERE value IS NULL GROUP BY 1")
    gone = observations - values
    assert dict(missing) == ({} if not gone else {"z" if file == DISPARITY else "x": gone})


def test_stops_over_residents_are_the_published_rates_and_their_ratio_the_published_one(screened: Screenings) -> None:
    found = screened.figures(DISPARITY)
    limits = {
        place: (lower, upper)
        for place, lower, upper in screened.rows(
            DISPARITY,
            """SELECT location_code, lower_95, upper_95 FROM observations
            WHERE measure_code = 'ho.stop_and_search_rate_ratio'""",
        )
    }
    agree = 0
    for row in screened.sent(DISPARITY):
        place = row["la_code"]
        black, white = (
            found[("ho.stop_and_search_rate", place, "CY2023", f"ethnicity={g}")] for g in ("black", "white")
        )
        ratio = found[("ho.stop_and_search_rate_ratio", place, "CY2023", "ethnicity=black")]
        assert ratio == float(row["rr"])
        assert black is not None
        assert white is not None
        assert math.isclose(black, 100 * int(row["Black_stopped"]) / int(row["Black_population"]))
        assert limits[place] == (number(row["rr_ci_low"]), number(row["rr_ci_upp"]))
        agree += math.isclose(ratio, black / white, rel_tol=1e-9)
    # One authority's figures were altered, since more were stopped than live there.
    assert agree == 326
    stopped = (
        "SELECT sum(numerator), sum(denominator) FROM observations WHERE population_group_code = 'ethnicity=black'"
    )
    sent = screened.sent(DISPARITY)
    assert screened.rows(DISPARITY, stopped) == [
        (sum(int(r["Black_stopped"]) for r in sent), sum(int(r["Black_population"]) for r in sent))
    ]


def test_infinite_odds_are_not_applicable_and_notes_are_kept(screened: Screenings) -> None:
    assert screened.rows(
        DISPARITY, "SELECT measure_code, location_code, value_status, lower_95 FROM observations WHERE value IS NULL"
    ) == [("ho.stop_and_search_odds_ratio", "E09000001", "z", pytest.approx(660.07, abs=0.01))]
    notes = screened.rows(
        DISPARITY, "SELECT note, count(DISTINCT location_code) FROM observations GROUP BY 1 ORDER BY 2"
    )
    assert notes == [(None, 144), ("Chi-squared approximation may be incorrect", 183)]


@pytest.mark.parametrize(
    ("file", "measure"), [(SLOPE, "ohid.life_expectancy_inequality"), (LIVES, "ohid.life_expectancy")]
)
def test_life_expectancy_is_what_the_file_says_for_every_place_period_and_sex(
    screened: Screenings, file: str, measure: str
) -> None:
    expected = {
        (
            measure, row["area_code"], f"CY{row['period'][:4]}-{row['period'][-2:]}", f"sex={row['inequality'].lower()}",
        ): number(row["value"])
        for row in screened.sent(file)
    }  # fmt: skip
    assert screened.figures(file) == expected


def test_the_slope_of_england_is_the_published_one(screened: Screenings) -> None:
    found = screened.figures(SLOPE, "location_code = 'E92000001' AND period_code = 'CY2022-24'")
    assert {group: value for (*_, group), value in found.items()} == {"sex=male": 10.4, "sex=female": 8.0}


def test_prevalence_is_register_over_list_and_wales_is_a_place(screened: Screenings) -> None:
    assert screened.rows(QOF, "SELECT count(*) FROM observations WHERE value <> numerator / denominator") == [(0,)]
    sent = {(row["imd_overall"], row["group_code"]): float(row["register"]) for row in screened.sent(QOF)}
    assert screened.rows(QOF, "SELECT count(DISTINCT service_line), sum(numerator) FROM observations") == [
        (21, pytest.approx(sum(sent.values())))
    ]
    wales = "SELECT count(*), min(population_group_code) FROM observations WHERE location_code = 'W92000004'"
    assert screened.rows(QOF, wales) == [(21, "Total")]
    lungs = screened.rows(
        QOF,
        """SELECT category, round(100 * value, 2) FROM observations
        WHERE service_line = 'Chronic obstructive pulmonary disease' AND category IN ('1', '10') ORDER BY value DESC""",
    )
    assert lungs == [("1", 2.62), ("10", 1.51)]


def test_the_fifths_of_general_practices_are_turned_round(screened: Screenings) -> None:
    found = screened.figures(GP, "location_code = 'E92000001'")
    by_fifth = {
        group: value for (m, _, p, group), value in found.items() if (m, p) == ("nhse.gp_survey_overall", "CY2024")
    }
    (row,) = (
        r for r in screened.sent(GP) if (r["Indicator"], r["Year"], r["Region"]) == ("overall_pct", "2024", "England")
    )
    assert by_fifth == {
        "Total": float(row["avg"]),
        **{f"{FIFTH}={place}": float(row[f"quin_{6 - place}"]) for place in range(1, 6)},
    }
    worst, best = by_fifth[f"{FIFTH}=1"], by_fifth[f"{FIFTH}=5"]
    assert worst is not None
    assert best is not None
    assert (round(100 * best, 1), round(100 * worst, 1)) == (80.9, 72.9)


def test_every_figure_of_a_fifth_is_kept_under_a_measure_with_a_unit(screened: Screenings) -> None:
    sent = screened.sent(GP)
    numbers = sum(float(r[f"quin_{n}"]) for r in sent for n in range(1, 6) if r[f"quin_{n}"] != "NA")
    kept = f"SELECT sum(value) FROM observations WHERE population_group_code LIKE '%{FIFTH}=%'"
    assert screened.rows(GP, kept) == [(pytest.approx(numbers),)]
    measures = screened.rows(GP, "SELECT count(DISTINCT measure_code) FROM observations")
    # Life expectancy is one measure by sex, in the file it is two indicators.
    assert measures == [(len({r["Indicator"] for r in sent}) - 1,)]
    assert screened.rows(GP, "SELECT count(*) FROM observations WHERE measure_code LIKE '%indicator%'") == [(0,)]


def test_only_england_has_the_average_that_stands_on_every_row(screened: Screenings) -> None:
    sent = screened.sent(GP)
    averages = {(r["Indicator"], r["Year"]): set() for r in sent}  # type: dict[tuple[str, str], set[str]]
    for row in sent:
        averages[(row["Indicator"], row["Year"])].add(row["avg"])
    assert {len(found) for found in averages.values()} == {1}
    totals = screened.rows(
        GP,
        f"""SELECT location_code, count(*) FROM observations WHERE population_group_code NOT LIKE '%{FIFTH}%' GROUP BY 1""",
    )
    assert totals == [("E92000001", len(averages))]


def test_regions_of_the_nhs_have_their_own_codes(screened: Screenings) -> None:
    rows = screened.rows(GP, "SELECT DISTINCT location_level, left(location_code, 3) FROM observations ORDER BY 1")
    assert rows == [("country", "E92"), ("nhs_region", "E40")]
    north = "SELECT DISTINCT location_code FROM observations WHERE location_name = 'North East & Yorkshire'"
    assert screened.rows(GP, north) == [("E40000012",)]


def test_a_financial_year_of_payments_ends_in_the_year_that_is_named(screened: Screenings) -> None:
    paid = screened.figures(GP, "measure_code = 'nhse.gp_payment_by_deprivation_all' AND location_code = 'E92000001'")
    periods = sorted({period for (_, _, period, _) in paid})
    assert (periods[0], periods[-1], len(periods)) == ("FY2014-15", "FY2022-23", 9)


def test_the_share_of_good_practices_is_the_published_one_in_four_fifths_of_five(screened: Screenings) -> None:
    shares = dict(
        screened.rows(
            CQC,
            """SELECT population_group_code, sum(numerator) / sum(denominator) FROM observations
            WHERE measure_code = 'cqc.gp_rated_good_or_outstanding' GROUP BY 1""",
        )
    )
    published = screened.figures(
        GP, "measure_code = 'nhse.gp_share_good_or_outstanding' AND location_code = 'E92000001'"
    )
    apart = {
        place: abs(shares[f"{FIFTH}={place}"] - (published[key] or 0))
        for place in range(1, 6)
        for key in published
        if key[-1] == f"{FIFTH}={place}"
    }
    assert {place for place, gap in apart.items() if gap < 1e-9} == {1, 2, 3, 5}
    assert apart[4] == pytest.approx(0.94507 - 0.94498, abs=1e-5)


def test_ratings_are_counted_and_deprivation_agrees_with_the_scores(screened: Screenings) -> None:
    sent = screened.sent(CQC)
    words = {4.0: "Outstanding", 3.0: "Good", 2.0: "Requires improvement", 1.0: "Inadequate"}
    scores = screened.rows(
        CQC, "SELECT value, count(*) FROM observations WHERE measure_code = 'cqc.gp_rating_score' GROUP BY 1"
    )
    assert {words[score]: n for score, n in scores} == Counter(row["latest_rating"] for row in sent)
    scored = [(6 - int(row["IMD_quintile"]), float(row["IMD"])) for row in sent if row["IMD_quintile"] != "NA"]
    means = {
        place: sum(s for p, s in scored if p == place) / sum(p == place for p, _ in scored) for place in range(1, 6)
    }
    assert sorted(means, key=means.__getitem__, reverse=True) == [1, 2, 3, 4, 5]
    groups = screened.rows(CQC, "SELECT population_group_code, count(*) // 2 FROM observations GROUP BY 1 ORDER BY 1")
    expected = Counter(place for place, _ in scored)
    assert dict(groups) == {
        **{f"{FIFTH}={place}": expected[place] for place in range(1, 6)},
        f"{FIFTH}=not_known": len(sent) - len(scored),
    }


def test_practices_without_a_code_go_by_their_name_and_no_row_is_lost(screened: Screenings) -> None:
    sent = screened.sent(CQC)
    codes = Counter(row["Practice.Code"] for row in sent)
    assert sum(codes.values()) - len(codes) == 43
    named = "SELECT count(DISTINCT location_code) FROM observations WHERE location_code LIKE 'cqc:%'"
    assert screened.rows(CQC, named) == [(codes["NA"],)]
    twice = """SELECT DISTINCT location_code FROM observations WHERE measure_code = 'cqc.gp_rating_score'
        GROUP BY location_code HAVING count(*) > 1 ORDER BY 1"""
    assert screened.rows(CQC, twice) == [("ods:C84005",), ("ods:M84032",)]


@pytest.fixture(scope="module")
def landed(screened: Screenings) -> Iterator[duckdb.DuckDBPyConnection]:
    """The references by name, as text."""
    with duckdb.connect() as con:
        for code in DENOMINATORS:
            con.execute(f"CREATE VIEW {code.removeprefix('ref.')} AS FROM read_parquet('{screened.references[code]}')")
        yield con


def test_references_keep_every_row(screened: Screenings, landed: duckdb.DuckDBPyConnection) -> None:
    files = {
        "population": ("denominators/la_population_2001_2020.csv", "population", "population"),
        "population_under18": ("denominators/mye_under18_la_2012_2024.csv", "population_estimate", "population_estimate"),
        "gp_practice_deprivation": ("health/gp_practice_imd_score.csv", "value", "Value"),
        "census_ethnicity": ("denominators/census2021_ethnic_group_utla.csv", "observation", "Observation"),
        "pfa_population_by_ethnicity": ("justice/pfa_population_by_police_ethnicity_2011.csv", "white", "White"),
        "trust_icb": (
            "geography/lookup_nhs_trusts22_icb22.csv", "proportion_trust_came_from_icb", "proportion_trust_came_from_icb",
        ),
    }  # fmt: skip
    for table, (file, column, header) in files.items():
        sent = screened.sent(file)
        total = sum(float(row[header]) for row in sent if row[header].replace(".", "").replace("e-", "").isdigit())
        found = landed.execute(f"SELECT count(*), sum(TRY_CAST({column} AS DOUBLE)) FROM {table}").fetchone()
        assert found == (len(sent), pytest.approx(total)), table


def test_every_authority_has_ten_neighbours(landed: duckdb.DuckDBPyConnection) -> None:
    ten = [f"sn{rank}" for rank in range(1, 11)]
    query = f"SELECT la_num, {', '.join(ten)} FROM statistical_neighbours WHERE la_num IS NOT NULL"
    rows = landed.execute(query).fetchall()
    numbers = {row[0] for row in rows}
    assert len(numbers) == len(rows) == 158
    for number_, *neighbours in rows:
        assert len(set(neighbours)) == 10
        assert set(neighbours) <= numbers - {number_}
    barking = landed.execute("SELECT la_name, sn1, sn10 FROM statistical_neighbours WHERE la_num = '301'").fetchone()
    assert barking == ("Barking and Dagenham", "308", "203")

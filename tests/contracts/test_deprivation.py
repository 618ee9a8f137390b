"""Returns on disparity, deprivation, life expectancy and ratings: formats not in the sample, and files with errors."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.contracts import load_contracts
from orchestration.foundation.settings import Settings
from orchestration.returns.screening.references import read_reference
from orchestration.returns.screening.screener import Incoming, Outcome, Screener

PLACES = """ltla24_name,ltla24_code,region24_name,region24_code
Hartlepool,E06000001,North East,E12000001
Devon City,E07000041,South West,E12000009
"""

Sent = Callable[..., tuple[Outcome, list[tuple[Any, ...]]]]


@pytest.fixture(scope="module")
def screener(tmp_path_factory: pytest.TempPathFactory) -> Screener:
    folder = tmp_path_factory.mktemp("places")
    settings = Settings(home=folder / "home", threads=1)
    contracts = load_contracts(settings.contracts)
    path, target = folder / "regions.csv", folder / "regions"
    path.write_text(PLACES, encoding="utf-8")
    assert read_reference(settings, path, path.name, contracts.references["ref.ltla_region"], target) == []
    return Screener(settings, contracts, {"ref.ltla_region": target / "reference.parquet"})


@pytest.fixture
def send(screener: Screener, tmp_path: Path) -> Sent:
    """Screen a text as a return. Return the outcome, and (measure, location, period, group, line, value, status) per cell."""

    def screen(code: str, text: str, hint: str | None = None) -> tuple[Outcome, list[tuple[Any, ...]]]:
        path, kept = tmp_path / "sent.csv", tmp_path / "kept"
        path.write_text(text, encoding="utf-8")
        received = datetime(2025, 1, 1, tzinfo=UTC)
        incoming = Incoming(path, path.name, "key", code, code.split(".")[0], received, hint)
        outcome = screener.screen(incoming, kept)
        if not outcome.accepted:
            return outcome, []
        cells = duckdb.sql(
            f"""SELECT measure_code, location_code, period_code, population_group_code, service_line, value, value_status
            FROM read_parquet('{kept}/observations.parquet') ORDER BY ALL"""
        )
        return outcome, cells.fetchall()

    return screen


def rules(outcome: Outcome) -> list[str]:
    """Return the rules of all errors."""
    return sorted({str(p["rule"]) for p in outcome.problems if p["severity"] == "error"})


DISPARITY = "ho.stop_and_search_disparity"
ASIAN = """la,LA_CODE,Asian_stopped,Asian_not_stopped,Asian_population,White_stopped,White_population,or,rr,rr_ci_low,rr_ci_upp,x
Hartlepool,E06000001,2,98,100,{white},1000,Inf,2,0.5,8,1
"""


def test_the_first_word_of_a_column_gives_the_ethnic_group(send: Sent) -> None:
    outcome, cells = send(DISPARITY, ASIAN.format(white=10), "2023")
    assert [p["rule"] for p in outcome.problems] == ["columns.unknown"]
    assert cells == [
        ("ho.stop_and_search_odds_ratio", "E06000001", "CY2023", "ethnicity=asian", "Total", None, "z"),
        ("ho.stop_and_search_rate", "E06000001", "CY2023", "ethnicity=asian", "Total", 2.0, ""),
        ("ho.stop_and_search_rate", "E06000001", "CY2023", "ethnicity=white", "Total", 1.0, ""),
        ("ho.stop_and_search_rate_ratio", "E06000001", "CY2023", "ethnicity=asian", "Total", 2.0, ""),
    ]


def test_a_disparity_file_with_an_error_is_refused(send: Sent) -> None:
    good = ASIAN.format(white=10)
    assert rules(send(DISPARITY, ASIAN.format(white="ten"), "2023")[0]) == ["value.not_a_number"]
    assert rules(send(DISPARITY, good.replace("E06000001", "E05000001"), "2023")[0]) == ["location.unknown_code"]
    assert rules(send(DISPARITY, good.replace("Asian_stopped", "Asians"), "2023")[0]) == ["columns.missing"]
    assert rules(send(DISPARITY, good)[0]) == ["period.unknown_source"]


LIVES = """area_code,area_name,Time period,Indicator Name,value,Lower CI 95.0 limit,Upper CI 95.0 limit,Sex
E06000001,Hartlepool,2021 - 23,{indicator},{value},-1,99,{sex}
E07000041,Devon City,2021 - 23,{indicator},NA,,,Female
"""


@pytest.mark.parametrize(
    ("code", "indicator", "value"),
    [
        ("ohid.life_expectancy", "Life expectancy at birth", 78.5),
        ("ohid.life_expectancy", "Life expectancy at 65", 18.5),
        ("ohid.life_expectancy_inequality", "Inequality in life expectancy at birth", -0.5),
    ],
)
def test_life_expectancy_with_limits_and_other_headers_is_read(
    send: Sent, code: str, indicator: str, value: float
) -> None:
    outcome, cells = send(code, LIVES.format(indicator=indicator, value=value, sex="Persons"))
    assert outcome.problems == []
    measure = code + ("_at_65" if "65" in indicator else "")
    assert cells == [
        (measure, "E06000001", "CY2021-23", "Total", "Total", value, ""),
        (measure, "E07000041", "CY2021-23", "sex=female", "Total", None, "x"),
    ]


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"value": "n/k"}, "value.not_a_number"),
        ({"sex": "Boys"}, "category.unknown"),
        ({"indicator": "Life expectancy at 85"}, "measure.unknown_label"),
    ],
)
def test_a_life_expectancy_file_with_an_error_is_refused(send: Sent, change: dict[str, str], rule: str) -> None:
    for code, indicator in (
        ("ohid.life_expectancy", "Life expectancy at birth"),
        ("ohid.life_expectancy_inequality", "Inequality in life expectancy at birth"),
    ):
        fields = {"indicator": indicator, "value": "80", "sex": "Male"} | change
        assert rules(send(code, LIVES.format(**fields))[0]) == [rule]


QOF = "nhse.qof_prevalence_by_deprivation"


@pytest.mark.parametrize(
    ("text", "location", "group", "value"),
    [
        ("imd_overall,group_code,register,list,prevalence\n1,COPD,2,100,0.02\n", "E92000001", "1", 0.02),
        ("imd_overall,group_code,register,list,prevalence\nWales,COPD,1,50,0.02\n", "W92000004", None, 0.02),
        ("region,imd_overall,group_code,register,list\nNorth East,10,COPD,2,100\n", "E12000001", "10", 0.02),
        ("region,imd_overall,group_code,register,list\nSouth West,Wales,COPD,2,100\n", "W92000004", None, 0.02),
        ("LAD20CD,LAD20NM,group_code,register,list,prevalence\nE06000001,Hartlepool,COPD,,0,NA\n", "E06000001", None, None),
    ],
)  # fmt: skip
def test_prevalence_is_read_by_decile_by_region_and_by_authority(
    send: Sent, text: str, location: str, group: str | None, value: float | None
) -> None:
    outcome, cells = send(QOF, text, "FY2019-20")
    assert outcome.problems == []
    category = f"deprivation_decile:imd_lsoa={group}" if group else "Total"
    line = "Chronic obstructive pulmonary disease"
    assert cells == [
        ("nhse.qof_prevalence", location, "FY2019-20", category, line, value, "" if value else "z"),
    ]


def test_a_prevalence_file_with_an_error_is_refused(send: Sent) -> None:
    header = "imd_overall,group_code,register,list,prevalence\n"
    assert rules(send(QOF, header + "11,COPD,2,100,0.02\n", "FY2019-20")[0]) == ["category.unknown"]
    assert rules(send(QOF, header + "1,COPD,2,100,2.0\n", "FY2019-20")[0]) == ["control.ratio"]
    assert rules(send(QOF, header + "1,COPD,200,100,2.0\n", "FY2019-20")[0]) == [
        "consistency.numerator_above_denominator"
    ]
    assert rules(send(QOF, header.replace("list", "lists") + "1,COPD,2,100,0.02\n", "FY2019-20")[0]) == [
        "columns.missing"
    ]


GP = "nhse.gp_indicators_by_deprivation"
BOARDS = """Year,Indicator,ICB_NAME,quin_1,quin_2,quin_3,quin_4_5,avg
2024,overall_pct,Devon,0.9,0.8,0.7,0.6,0.75
2024,Life_Expectancy_Male,England,82,81,80,79,80.5
2024,Telephone,Devon,1,2,3,{value},9
"""


def test_boards_have_four_groups_and_england_has_an_average(send: Sent) -> None:
    outcome, cells = send(GP, BOARDS.format(value=4))
    assert outcome.problems == []
    group = "deprivation_group:imd_gp_practice"
    assert [cell for cell in cells if cell[0] == "nhse.gp_survey_overall"] == [
        ("nhse.gp_survey_overall", "E54000037", "CY2024", f"{group}={number}", "Total", value, "")
        for number, value in ((1, 0.6), (2, 0.7), (3, 0.8), (4, 0.9))
    ]
    lives = {cell[3]: cell[5] for cell in cells if cell[0] == "nhse.gp_life_expectancy"}
    assert lives == {
        "sex=male": 80.5,
        f"{group}=1;sex=male": 79,
        f"{group}=2;sex=male": 80,
        f"{group}=3;sex=male": 81,
        f"{group}=4;sex=male": 82,
    }
    assert {cell[2] for cell in cells if cell[0] == "nhse.gp_appointments_telephone"} == {"2024-03"}


def test_a_new_indicator_gets_a_warning_and_a_file_with_an_error_is_refused(send: Sent) -> None:
    good = BOARDS.format(value=4)
    outcome, cells = send(GP, good.replace("overall_pct", "Recommend to friends"))
    assert [p["rule"] for p in outcome.problems] == ["measure.undescribed"]
    assert {cell[0] for cell in cells} >= {"nhse.gp_indicator_Recommend_to_friends"}
    assert rules(send(GP, BOARDS.format(value="many"))[0]) == ["value.not_a_number"]
    assert rules(send(GP, good.replace("Devon", "Devonia"))[0]) == ["location.unknown_name"]
    assert rules(send(GP, good.replace("quin_3", "third"))[0]) == ["columns.missing"]


CQC = "cqc.gp_ratings"
RATINGS = """Practice.Code,Year,location_name,service_population_group,domain,latest_rating,inherited_rating_y_n,IMD,IMD_quintile
A81001,2023,The Surgery,Overall,Overall,{rating},N,30,5
NA,2022,Old Mill Surgery,Overall,Safe,Requires improvement,Y,NA,NA
A81002,2022,The Practice,Older people,Overall,No published rating,N,10,1
"""


def test_ratings_become_shares_and_scores_with_quintiles_from_the_most_deprived(send: Sent) -> None:
    outcome, cells = send(CQC, RATINGS.format(rating="Outstanding"))
    assert rules(outcome) == []
    quintile = "deprivation_quintile:imd_gp_practice"
    assert [cell for cell in cells if cell[0] == "cqc.gp_rated_good_or_outstanding"] == [
        ("cqc.gp_rated_good_or_outstanding", "cqc:old_mill_surgery", "CY2022", f"{quintile}=not_known", "Safe", 0.0, ""),
        ("cqc.gp_rated_good_or_outstanding", "ods:A81001", "CY2023", f"{quintile}=1", "Total", 100.0, ""),
        (
            "cqc.gp_rated_good_or_outstanding", "ods:A81002", "CY2022",
            f"clinical_group=older_people;{quintile}=5", "Total", None, "x",
        ),
    ]  # fmt: skip
    assert [cell[5] for cell in cells if cell[0] == "cqc.gp_rating_score"] == [2.0, 4.0, None]


def test_a_ratings_file_with_an_error_is_refused(send: Sent) -> None:
    good = RATINGS.format(rating="Good")
    assert rules(send(CQC, RATINGS.format(rating="Very good"))[0]) == ["value.unknown_label"]
    assert rules(send(CQC, good.replace("30,5", "30,6"))[0]) == ["category.unknown"]
    assert rules(send(CQC, good.replace("latest_rating", "verdict"))[0]) == ["columns.missing"]
    contradictory = good + "A81001,2023,The Surgery,Overall,Overall,Inadequate,N,30,5\n"
    assert rules(send(CQC, contradictory)[0]) == ["key.repeated_with_different_values"]

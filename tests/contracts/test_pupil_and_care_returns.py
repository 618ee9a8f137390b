"""Returns on pupils, well-being and social care: changed formats are accepted, files with errors are refused.

Each file is a few lines long and is written here; the locations come from a reference of three rows.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest

from orchestration.contracts import load_contracts
from orchestration.foundation.settings import PROJECT_ROOT, Settings
from orchestration.returns.screening.references import read_reference
from orchestration.returns.screening.screener import Incoming, Outcome, Screener

PLACES = """LADCD,LADNM,LADCD_ACTIVE,LADNM_ACTIVE,UTLACD,UTLANM,CAUTHCD,CAUTHNM,RGNCD,RGNNM,CTRYCD,CTRYNM,Current
E06000001,Hartlepool,E06000001,Hartlepool,E06000001,Hartlepool,,,E12000001,North East,E92000001,England,TRUE
E06000002,Middlesbrough,E06000002,Middlesbrough,E06000002,Middlesbrough,,,E12000001,North East,E92000001,England,TRUE
E10000014,Hampshire,E10000014,Hampshire,E10000014,Hampshire,,,E12000008,South East,E92000001,England,TRUE
"""
Screen = Callable[..., Outcome]


@pytest.fixture(scope="module")
def screener(tmp_path_factory: pytest.TempPathFactory) -> Screener:
    folder = tmp_path_factory.mktemp("places")
    settings = Settings(home=folder / "home", contracts=PROJECT_ROOT / "contracts", threads=1, memory_limit="1GB")
    contracts = load_contracts(settings.contracts)
    (folder / "la.csv").write_text(PLACES, encoding="utf-8")
    assert read_reference(settings, folder / "la.csv", "la.csv", contracts.references["ref.la_codes"], folder) == []
    return Screener(settings, contracts, {"ref.la_codes": folder / "reference.parquet"})


@pytest.fixture
def screen(screener: Screener, tmp_path: Path) -> Screen:
    """Screen a text as a return, and keep the Parquet files for `rows`."""

    def screen(code: str, text: str, hint: str | None = None) -> Outcome:
        path = tmp_path / "sent.csv"
        path.write_text(text, encoding="utf-8")
        received = datetime(2024, 1, 1, tzinfo=UTC)
        incoming = Incoming(path, path.name, f"{code}.key", code, code.split(".", maxsplit=1)[0], received, hint)
        return screener.screen(incoming, tmp_path / "kept")

    return screen


def rows(folder: Path, query: str) -> list[tuple[object, ...]]:
    return duckdb.sql(query.format(kept=f"'{folder / 'kept' / 'observations.parquet'}'")).fetchall()


def errors(outcome: Outcome) -> list[str]:
    return sorted({str(p["rule"]) for p in outcome.problems if p["severity"] == "error"})


ABSENCE = """areacd,areanm,geography,indicator,period,observation,measure,unit,lci_95,uci_95,status,notes
E92000001,England,Nation,Persistent absences for all pupils,2022-08-01/P1Y,21.2,Percentage,%,,,,
"""
MEALS = ABSENCE.replace("all pupils", "pupils eligible for free school meals").replace("notes", "notes,notes")
MEALS = MEALS.replace(",,,,\n", ",,,,,\n")
WELLBEING = """areacd,areanm,geography,indicator,period,measure,observation,unit,lci_95,uci_95,status,notes
E06000001,Hartlepool,LA,Anxiety,2022-04-01/P1Y,Mean (Where 0 is 'not at all anxious' and 10 is 'completely anxious'),3.2,Score,3.1,3.3,,
E06000001,Hartlepool,LA,Anxiety,2022-04-01/P1Y,Very low (0-1),35.5,%,33,38,,
E06000002,Middlesbrough,LA,Worthwhile,2022-04-01/P1Y,Mean,,Score,,,u,
"""
CARE = """Financial year,Local authority code,Local authority name,Grouping,Entity_Name,Region,Measure,Code,Value,MEDIAN,MADs_from_median,rank_order
2021-22,E06000001,Hartlepool,LA_Raw,UA,North East,"Outcome, ASC Quality of Life",ASC2,0.4,0.4,0,desc
2021-22,E06000002,Middlesbrough,LA_Raw,UA,North East,"Outcome, ASC Quality of Life",ASC2,,,,
"""
NEET_HEAD = (
    "time_period,time_identifier,geographic_level,country_code,country_name,region_code,region_name,old_la_code,new_la_code,"
    "la_name,Age,Cohort_DJFavg,NEET_not_known_percent,NEET_percent,Notknown_percent,Apprenticeship_percent,NEET_NK_quintile"
)
NEET = f"""{NEET_HEAD}
2022,Calendar year,National,E92000001,England,,,,,,16-17,1000.5,4.7,2.6,2.1,4.4,z
2022,Calendar year,Local authority,E92000001,England,E12000001,North East,805,E06000001,Hartlepool,16-17,c,5,3,2,6,4
"""
EXCLUSIONS = """time_identifier,time_period,geographic_level,country_code,country_name,school_type,characteristic_group,characteristic,headcount,perm_excl,perm_excl_rate,fixed_excl,fixed_excl_rate,one_plus_fixed,one_plus_fixed_rate
Academic year,201617,National,E92000001,England,Total,Total,Total,8025075,7720,0.1,381865,4.76,183475,2.29
Academic year,201617,National,E92000001,England,special,Age and gender,Age 10 Male,100,x,x,5,5,5,5
Academic year,201617,National,E92000001,England,Total,NC year,NC Year Unclassified,0,180,.,2465,.,1540,.
"""
SUSPENSIONS = (
    EXCLUSIONS.replace("fixed_excl_rate", "susp_rate")
    .replace("fixed_excl", "suspension")
    .replace("one_plus_fixed", "one_plus_susp")
)
KS2 = """RECTYPE,LEA,ESTAB,URN,SCHNAME,TOTPUPS,TELIG,TFSM6CLA1A,TNOTFSM6CLA1A,PTRWM_EXP,PTRWM_EXP_FSM6CLA1A,PTRWM_EXP_NOTFSM6CLA1A,DIFFN_RWM_EXP,READPROG,READPROG_LOWER,READPROG_UPPER
1,850,3089,116296,King's School,84,30,10,20,67%,SUPP,75%,SUPP,-1.3,-6.3,3.6
1,850,2048,147021,New School,NEW
2,850,7051,116633,Waterloo School,73,19,0,19,5%,,5%,,LOWCOV,LOWCOV,LOWCOV
3,850, , ,Hampshire,85265,14855,3263,11592,68%,49%,73%,-22,-0.4,-0.5,-0.3
4, , , , ,4658339,649249,198025,451224,65%,51%,71%,0, , ,
5, , , , ,4602440,644967,197488,447479,65%,51%,71%,0, , ,
"""
GOOD = {
    "ons.persistent_absence": ABSENCE,
    "ons.persistent_absence_fsm": MEALS,
    "ons.personal_wellbeing": WELLBEING,
    "dhsc.adult_social_care_outcomes": CARE,
    "dfe.neet_scorecard": NEET,
    "dfe.exclusions_by_characteristic": EXCLUSIONS,
    "dfe.ks2_school_performance": KS2,
}


@pytest.mark.parametrize("code", GOOD)
def test_a_file_in_the_format_of_the_department_is_accepted(screen: Screen, code: str) -> None:
    outcome = screen(code, GOOD[code], "AY2018-19")
    assert errors(outcome) == []
    assert outcome.observations > 0


ERRORS = [
    # A column under a name that is not in the contract.
    ("ons.persistent_absence", "observation", "figure", "columns.missing"),
    ("ons.persistent_absence_fsm", "observation", "figure", "columns.missing"),
    ("ons.personal_wellbeing", ",measure,", ",kind,", "columns.missing"),
    ("dhsc.adult_social_care_outcomes", ",Value,", ",Number,", "columns.missing"),
    ("dfe.neet_scorecard", "NEET_percent", "NEET_share", "columns.missing"),
    ("dfe.exclusions_by_characteristic", ",characteristic,", ",group,", "columns.missing"),
    ("dfe.ks2_school_performance", "PTRWM_EXP,", "RWM,", "columns.missing"),
    # A location that does not exist.
    ("ons.persistent_absence", "E92000001", "Q92000001", "location.unknown_code"),
    ("ons.persistent_absence_fsm", "E92000001", "England", "location.unknown_code"),
    ("ons.personal_wellbeing", "E06000001", "Q06000001", "location.unknown_code"),
    ("dhsc.adult_social_care_outcomes", "E06000001", "E06000999", "location.unknown_code"),
    ("dfe.neet_scorecard", "E06000001", "E06000999", "location.unknown_code"),
    ("dfe.exclusions_by_characteristic", "E92000001", "E92000009", "location.unknown_code"),
    ("dfe.ks2_school_performance", "\n5,", "\n6,", "location.no_rule"),
    # A word in place of a number or missing-value symbol.
    ("ons.persistent_absence", "21.2", "many", "value.not_a_number"),
    ("ons.persistent_absence_fsm", "21.2", "many", "value.not_a_number"),
    ("ons.personal_wellbeing", "3.2", "little", "value.not_a_number"),
    ("dhsc.adult_social_care_outcomes", "0.4,0.4", "good,0.4", "value.not_a_number"),
    ("dfe.neet_scorecard", "4.7", "four", "value.not_a_number"),
    ("dfe.exclusions_by_characteristic", ",7720,", ",few,", "value.not_a_number"),
    ("dfe.ks2_school_performance", "67%", "most", "value.not_a_number"),
    # A label that is not in the contract.
    ("ons.persistent_absence", "all pupils", "some pupils", "measure.unknown_label"),
    ("ons.persistent_absence_fsm", "pupils eligible", "some pupils eligible", "measure.unknown_label"),
    ("ons.personal_wellbeing", "Very low (0-1)", "Middling", "measure.unknown_label"),
    ("dhsc.adult_social_care_outcomes", "ASC Quality of Life", "ASC Quality", "measure.unknown_label"),
    # A period that cannot exist.
    ("dfe.exclusions_by_characteristic", "201617", "201619", "period.unreadable"),
]


@pytest.mark.parametrize(("code", "old", "new", "rule"), ERRORS)
def test_a_file_with_an_error_is_refused_by_the_matching_rule(
    screen: Screen, code: str, old: str, new: str, rule: str
) -> None:
    assert old in GOOD[code]
    assert errors(screen(code, GOOD[code].replace(old, new), "AY2018-19")) == [rule]


def test_means_and_shares_are_separate_measures(screen: Screen, tmp_path: Path) -> None:
    screen("ons.personal_wellbeing", WELLBEING)
    kept = "SELECT measure_code, service_line, value, lower_95, upper_95, value_status FROM {kept} ORDER BY source_row"
    assert rows(tmp_path, kept) == [
        ("ons.anxiety_mean", "Total", 3.2, 3.1, 3.3, ""),
        ("ons.anxiety_share", "Very low", 35.5, 33.0, 38.0, ""),
        ("ons.worthwhile_mean", "Total", None, None, None, "u"),
    ]


@pytest.mark.parametrize(("text", "status"), [(EXCLUSIONS, "c"), (SUSPENSIONS, "x")])
def test_x_means_suppressed_in_the_old_layout_of_exclusions(
    screen: Screen, tmp_path: Path, text: str, status: str
) -> None:
    assert errors(screen("dfe.exclusions_by_characteristic", text)) == []
    kept = """SELECT population_group_code, service_line, numerator_status, value_status, denominator FROM {kept}
              WHERE measure_code = 'dfe.permanent_exclusion_rate' ORDER BY source_row"""
    assert rows(tmp_path, kept) == [
        ("Total", "Total", "", "", 8025075.0),
        ("age=10;sex=male", "Special", status, status, 100.0),
        ("school_year=unclassified", "Total", "", "z", 0.0),
    ]


@pytest.mark.parametrize(
    ("group", "label", "code"),
    [
        ("Gender", "Gender female", "sex=female"),
        ("Sex", "Female", "sex=female"),
        ("Age", "Age 4 and under", "age=4_and_under"),
        ("Ethnicity", "Ethnicity Major Black Total", "ethnicity:major=black"),
        ("Ethnicity", "Ethnicity Minority ethnic pupil", "ethnicity:major=minority_ethnic"),
        ("Ethnicity", "Ethnicity Minor Any other black background", "ethnicity:minor=black_other"),
        ("Ethnicity and gender", "Ethnicity Minor Irish Male", "ethnicity:minor=white_irish;sex=male"),
        ("Ethnicity Minor", "Irish", "ethnicity:minor=white_irish"),
        ("Major ethnic group", "Asian or Asian British", "ethnicity:major=asian"),
        ("FSM eligible", "FSM NotEligible", "free_school_meals=not_eligible"),
        ("FSM", "FSM - Unclassified", "free_school_meals=unclassified"),
        ("FSM", "FSM_Eligible", "free_school_meals=eligible"),
        ("FSM eligible in last 6 years", "FSM not eligible in last 6 years", "free_school_meals:last_six_years=not_eligible"),
        ("SEN provision", "SEN Provision No SEN", "special_educational_needs=none"),
        ("SEN provision", "SEN provision SEN with statement EHC", "special_educational_needs=statement_or_plan"),
        ("SEN primary need", "SEN primary need Visual impairment", "special_educational_needs:primary_need=visual_impairment"),
        ("IDACI decile", "IDACI decile 0 to 10pc most deprived", "deprivation_decile:idaci=1"),
        ("IDACI decile", "IDACI decile 90 to 100pc least deprived", "deprivation_decile:idaci=10"),
        ("First language", "English", "pupil_characteristic:first_language=english"),
    ],
)  # fmt: skip
def test_labels_of_pupils_in_every_style_are_read_as_the_same_group(
    screen: Screen, tmp_path: Path, group: str, label: str, code: str
) -> None:
    text = EXCLUSIONS.replace("Age and gender,Age 10 Male", f"{group},{label}")
    assert errors(screen("dfe.exclusions_by_characteristic", text)) == []
    kept = "SELECT DISTINCT population_group_code FROM {kept} WHERE source_row = 3"
    assert rows(tmp_path, kept) == [(code,)]


def test_rows_about_a_term_are_left_out(screen: Screen) -> None:
    outcome = screen("dfe.exclusions_by_characteristic", EXCLUSIONS.replace("Academic year", "Autumn term", 1))
    assert (errors(outcome), outcome.filtered, outcome.observations) == ([], 3, 6)


def test_a_school_an_authority_and_england_get_their_levels(screen: Screen, tmp_path: Path) -> None:
    assert errors(screen("dfe.ks2_school_performance", KS2, "AY2018-19")) == []
    kept = """SELECT location_code, location_level, service_line, value, value_status, denominator, period_code FROM {kept}
              WHERE measure_code = 'dfe.ks2_rwm_expected_proportion' AND population_group_code = 'Total' ORDER BY source_row"""
    independent = "All schools, independent ones included"
    assert rows(tmp_path, kept) == [
        ("urn:116296", "school", "Total", 67.0, "", 30.0, "AY2018-19"),
        ("urn:147021", "school", "Total", None, "z", None, "AY2018-19"),
        ("urn:116633", "school", "Total", 5.0, "", 19.0, "AY2018-19"),
        ("E10000014", "local_authority", "Total", 68.0, "", 14855.0, "AY2018-19"),
        ("E92000001", "country", independent, 65.0, "", 649249.0, "AY2018-19"),
        ("E92000001", "country", "Total", 65.0, "", 644967.0, "AY2018-19"),
    ]


def test_disadvantage_is_a_breakdown_and_its_published_gap_a_measure(screen: Screen, tmp_path: Path) -> None:
    screen("dfe.ks2_school_performance", KS2, "AY2018-19")
    groups = """SELECT population_group_code, value, value_status FROM {kept} WHERE source_row IN (2, 4)
                AND measure_code = 'dfe.ks2_rwm_expected_proportion' AND population_group_code LIKE 'dis%' ORDER BY ALL"""
    assert rows(tmp_path, groups) == [
        ("disadvantage=disadvantaged", None, "c"), ("disadvantage=disadvantaged", None, "z"),
        ("disadvantage=not_disadvantaged", 5.0, ""), ("disadvantage=not_disadvantaged", 75.0, ""),
    ]  # fmt: skip
    gap = "SELECT source_row, value, value_status FROM {kept} WHERE measure_code LIKE '%expected_disadvantage_gap' ORDER BY 1"
    assert rows(tmp_path, gap) == [(2, None, "c"), (3, None, "z"), (4, None, "z"), (5, -22.0, "")]


def test_low_coverage_is_read_as_low_reliability(screen: Screen, tmp_path: Path) -> None:
    screen("dfe.ks2_school_performance", KS2, "AY2018-19")
    kept = """SELECT value, lower_95, upper_95, value_status FROM {kept}
              WHERE measure_code = 'dfe.ks2_reading_progress' AND source_row IN (2, 4) ORDER BY source_row"""
    assert rows(tmp_path, kept) == [(-1.3, -6.3, 3.6, ""), (None, None, None, "u")]


def test_the_header_of_a_scorecard_names_the_quintile(screen: Screen, tmp_path: Path) -> None:
    screen("dfe.neet_scorecard", NEET)
    kept = """SELECT service_line, value, value_status FROM {kept}
              WHERE measure_code = 'dfe.neet_scorecard_quintile' ORDER BY source_row"""
    assert rows(tmp_path, kept) == [("NEET or not known", None, "z"), ("NEET or not known", 4.0, "")]

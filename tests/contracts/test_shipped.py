"""The contracts that ship with the project: they load, are consistent, and accept the known formats of their files."""

import re
from pathlib import Path

import pytest

from orchestration.contracts import Contracts, load_contracts
from orchestration.contracts.model import Layout
from orchestration.foundation.settings import PROJECT_ROOT
from orchestration.returns.screening.layout.matching import match_columns, plain_header, wide_columns

FOLDER = PROJECT_ROOT / "contracts"
CONTRACTS = load_contracts(FOLDER)
LAYOUTS = [
    pytest.param(code, layout, id=f"{code}: {layout.name}")
    for code, contract in CONTRACTS.returns.items()
    for layout in contract.layouts
]


@pytest.fixture
def contracts() -> Contracts:
    return CONTRACTS


def layout_of(code: str, name: str) -> Layout:
    return next(layout for layout in CONTRACTS.returns[code].layouts if layout.name == name)


def services_and_measures(code: str, name: str, headers: list[str]) -> dict[str, tuple[str | None, str | None]]:
    """Return the service line and measure of each wide header."""
    layout = layout_of(code, name)
    match = match_columns(layout.columns, headers, layout.header_noise)
    result: dict[str, tuple[str | None, str | None]] = {}
    for number, hits in wide_columns(layout, headers, match).items():
        rule = layout.cells[number]
        for position, hit in hits:
            groups = hit.groupdict()
            measure = rule.items[groups["item"]] if rule.items else rule.measure
            result[headers[position]] = (groups.get("service_line"), measure)
    return result


def test_every_contract_is_loaded(contracts: Contracts) -> None:
    assert set(contracts.returns) == {
        "dfe.children_looked_after",
        "dfe.exclusions_by_characteristic",
        "dfe.ks2_school_performance",
        "dfe.lait",
        "dfe.neet_scorecard",
        "dhsc.adult_social_care_outcomes",
        "mhclg.revenue_outturn_ro3",
        "cqc.gp_ratings",
        "nhse.ae_attendances",
        "nhse.gp_indicators_by_deprivation",
        "nhse.gp_payments",
        "nhse.qof_prevalence_by_deprivation",
        "ohid.fingertips_export",
        "ohid.life_expectancy",
        "ohid.life_expectancy_inequality",
        "ons.deaths_by_age",
        "ons.employment",
        "ons.healthy_life_expectancy",
        "ons.persistent_absence",
        "ons.persistent_absence_fsm",
        "ons.personal_wellbeing",
        "ho.stop_and_search",
        "ho.stop_and_search_disparity",
        "ho.police_workforce",
        "dfe.childrens_social_work_workforce",
        "dfe.ks4_by_social_care",
        "ho.crime_outcomes",
        "intl.rogs_social_housing",
        "mhclg.revenue_outturn_rsx",
        "nhse.national_cost_collection",
        "ons.claimant_count",
        "ons.crime_severity",
    }
    assert len(contracts.references) == 18


def test_the_version_of_a_contract_changes_with_its_text(tmp_path: Path, contracts: Contracts) -> None:
    copy = tmp_path / "contracts"
    for path in FOLDER.rglob("*.yml"):
        target = copy / path.relative_to(FOLDER)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(path.read_bytes())
    assert load_contracts(copy).fingerprint == contracts.fingerprint
    changed = copy / "returns" / "dfe" / "lait.yml"
    changed.write_text(changed.read_text(encoding="utf-8") + "# a remark\n", encoding="utf-8")
    again = load_contracts(copy)
    assert again.version("dfe.lait") != contracts.version("dfe.lait")
    assert again.version("dfe.children_looked_after") == contracts.version("dfe.children_looked_after")
    assert again.fingerprint != contracts.fingerprint


def test_every_alias_of_a_location_has_the_level_of_its_code(contracts: Contracts) -> None:
    entities = contracts.codes.gss_entities
    wrong = [alias for alias in contracts.codes.aliases if entities[alias.code[:3]].level != alias.level]
    assert wrong == []


def test_every_measure_has_a_definition_a_unit_and_a_period_rule(contracts: Contracts) -> None:
    incomplete = [
        measure.code
        for contract in contracts.returns.values()
        for measure in contract.measures
        if not measure.definition.strip() or not measure.unit or measure.period is None
    ]
    assert incomplete == []


@pytest.mark.parametrize(("code", "layout"), LAYOUTS)
def test_no_header_matches_two_columns(code: str, layout: Layout) -> None:
    owners: dict[str, str] = {}
    for name, column in layout.columns.items():
        for spelling in (name, *column.aliases):
            owner = owners.setdefault(plain_header(spelling, layout.header_noise), name)
            assert owner == name, f"{code}: '{spelling}' is an alias of both '{owner}' and '{name}'"


@pytest.mark.parametrize(("code", "layout"), LAYOUTS)
def test_every_characteristic_is_listed_in_codes(code: str, layout: Layout) -> None:
    codes = {c.code for c in layout.characteristics} | {
        edition.code for c in layout.characteristics for edition in c.schemes.values()
    }
    assert {characteristic.split(":")[0] for characteristic in codes} <= set(CONTRACTS.codes.characteristics), code


@pytest.mark.parametrize(("code", "layout"), LAYOUTS)
def test_every_pattern_is_a_regular_expression(code: str, layout: Layout) -> None:
    for cell in layout.cells:
        re.compile(cell.columns or "")
    for pattern in (
        *layout.ignore_columns,
        layout.header_noise,
        layout.period.sheet_name,
        layout.period.file_name,
    ):
        re.compile(pattern or "")
    re.compile(CONTRACTS.returns[code].cell_notes or "")


def test_ro3_reads_service_line_and_column_from_every_form_of_header() -> None:
    measures = services_and_measures(
        "mhclg.revenue_outturn_ro3",
        "authorities by service line",
        [
            "Children's social care - Children Looked After [note 3] - Employees (C1)",
            "Obesity - adults - Net Current Expenditure (C7 = C3 - C6)",
            "Public health - Other (non-prescribed functions) - Total Expenditure (C3 = C1 + C2)",
            "TOTAL ADULT SOCIAL CARE [note 2] - Adult Social Care - agency staff memorandum item",
        ],
    )
    assert list(measures.values()) == [
        ("TOTAL ADULT SOCIAL CARE", "mhclg.ro3_agency_staff_cost"),
        ("Children's social care - Children Looked After", "mhclg.ro3_employees"),
        ("Obesity - adults", "mhclg.ro3_net_current_expenditure"),
        ("Public health - Other (non-prescribed functions)", "mhclg.ro3_total_expenditure"),
    ]


def test_gp_payments_accept_a_new_kind_of_payment_and_ignore_descriptions() -> None:
    descriptions = [
        "CCG Code",
        "Sub ICB NAME",
        "Code",
        "Practice Postcode",
        "Practice Close Date",
        "Contract Type",
        "Dispensing Practice",
        "Practice Rurality",
        "Atypical Characteristics",
    ]
    measures = services_and_measures(
        "nhse.gp_payments",
        "practices",
        [
            *descriptions,
            "Total NHS Payments to General Practice",
            "Appraisal Costs ",
            "Deductions for Pensions, Levies and Prescription Charge Income",
            "A payment of next year",
            "Total NHS Payments including PCN Workforce, Leadership and Support",
            "Total NHS Payments to General Practice Minus Deductions",
            "Average payments per weighted patient including covid vaccination",
        ],
    )
    assert measures == {
        "Appraisal Costs ": ("Appraisal Costs", "nhse.gp_payment"),
        "Deductions for Pensions, Levies and Prescription Charge Income": (
            "Deductions for Pensions, Levies and Prescription Charge Income",
            "nhse.gp_payment",
        ),
        "A payment of next year": ("A payment of next year", "nhse.gp_payment"),
        "Total NHS Payments including PCN Workforce, Leadership and Support": (
            "including PCN Workforce, Leadership and Support",
            "nhse.gp_payments_total",
        ),
        "Total NHS Payments to General Practice Minus Deductions": (
            "Minus Deductions",
            "nhse.gp_payments_total",
        ),
        "Average payments per weighted patient including covid vaccination": (
            "including covid vaccination",
            "nhse.gp_payments_per_weighted_patient",
        ),
    }


@pytest.mark.parametrize(
    ("code", "layout", "headers"),
    [
        (
            "dfe.children_looked_after",
            "tidy",
            "time_period,time_identifier,geographic_level,country_code,country_name,region_code,region_name,"
            "old_la_code,la_name,new_la_code,population_count,population_estimate,number,rate_per_10000",
        ),
        (
            "ons.employment",
            "long",
            "areacd,areanm,geography,indicator,period,observation,measure,unit,lci_95,uci_95,status,notes",
        ),
        (
            "ons.healthy_life_expectancy",
            "long",
            "\ufeffareacd,areanm,geography,indicator,period,observation,measure,unit,lci_95,uci_95,status,notes",
        ),
        (
            "ho.police_workforce",
            "by name with level",
            "As at date,Police force,Region,Area type,Sex,Rank description,Total (headcount),Total (FTE)",
        ),
    ],
)
def test_renamed_headers_find_their_columns(code: str, layout: str, headers: str) -> None:
    shape = layout_of(code, layout)
    match = match_columns(shape.columns, headers.split(","), shape.header_noise)
    assert match.missing == []


def test_integrated_care_boards_and_nhs_regions_are_listed_under_both_names(contracts: Contracts) -> None:
    names = [(alias.name, alias.code) for alias in contracts.codes.aliases if alias.level in ("icb", "nhs_region")]
    assert len({code for _, code in names if code.startswith("E54")}) == 42
    assert len({code for _, code in names if code.startswith("E40")}) == 7
    by_name = dict(names)
    assert len(by_name) == len(names)
    assert by_name["NHS Devon Integrated Care Board"] == by_name["Devon"] == "E54000037"
    assert by_name["Midlands NHS Region"] == by_name["Midlands"] == "E40000011"


def test_quintiles_of_ratings_are_reversed_to_begin_with_the_most_deprived(contracts: Contracts) -> None:
    (layout,) = contracts.returns["cqc.gp_ratings"].layouts
    quintiles = layout.characteristics[0].categories
    assert {code: category.labels[0] for code, category in quintiles.items() if code.isdigit()} == {
        "1": "5", "2": "4", "3": "3", "4": "2", "5": "1",
    }  # fmt: skip


def test_every_name_of_a_deprivation_decile_belongs_to_one_decile(contracts: Contracts) -> None:
    (layout,) = contracts.returns["ohid.fingertips_export"].layouts
    deciles = next(c for c in layout.characteristics if c.scheme_column).categories
    assert list(deciles) == [str(number) for number in range(1, 11)]
    labels = [label for category in deciles.values() for label in category.labels]
    assert len(labels) == len(set(labels))
    assert "Most deprived decile (IMD2019)" in deciles["1"].labels
    assert "Fifth less deprived decile (IMD2015)" in deciles["6"].labels
    assert "Least deprived decile (IMD2010)" in deciles["10"].labels

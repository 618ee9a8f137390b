"""Derived measures in contracts: their errors, and the tables that dbt reads.

Contains tests of `derived` and `frontiers` in `contracts/measures.yml`. Not here: other errors of contracts
(`test_errors`), or calculating the measures (`dbt_project`).
"""

from pathlib import Path

import duckdb
import pytest

from orchestration.contracts import load_contracts
from orchestration.contracts.derived import Component, Derived
from orchestration.foundation.errors import ContractError
from orchestration.warehouse.build.contract_tables import lay_contracts

RETURN = """\
return: dep.money
name: Money
description: Spending and children.
department: dep
owner: {name: Team, email: team@dep.gov.uk}
cadence: annual
due: {months_after_period_end: 3}
burden: {hours_per_return: 1}
measures:
  - {code: dep.spend, name: Spend, unit: £, value_type: currency, domain: value_for_money, period: {kind: FY}}
  - {code: dep.children, name: Children, unit: rate, value_type: rate, domain: context, period: {kind: day}}
layouts:
  - name: long
    file: {format: csv}
    columns: {year: {}, code: {}, spend: {}, children: {}, people: {}}
    period: {column: year}
    locations:
      - {code: code}
    cells:
      - {measure: dep.spend, value: spend}
      - {measure: dep.children, numerator: children, denominator: people}
"""
MEASURES = """\
derived:
  - code: dep.cost
    name: Cost of a child
    unit: £ per week
    definition: Spend divided by children.
    numerator: spend - 0.5 * shared
    denominator: children
    factor: 7/365
    rounded_to: 5
    components:
      spend: {measure: dep.spend, each: [Homes, Fostering]}
      shared: {measure: dep.spend, service_lines: [Total]}
      children:
        measure: dep.children
        figure: numerator
        period: within
        over: [sex]
        only: {sex: [male]}
        all_but: [Respite]
        as_at: period_end + 10 months
    value_for_money: {outcome: dep.children, outcome_group: sex=male, outcome_period: latest}
  - code: dep.count
    name: Children
    unit: children
    definition: Children of the year of the spend.
    numerator: children
    rows: spend
    aggregation: sum
    components:
      spend: {measure: dep.spend}
      children: {measure: dep.children, figure: numerator, period: within}
frontiers:
  - frontier: care
    name: Care
    level: local_authority
    inputs: [dep.cost]
    outputs: [dep.count]
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "returns" / "dep").mkdir(parents=True)
    (tmp_path / "codes.yml").write_text(
        "departments: {dep: A department}\n"
        "gss_entities: {E06: {level: local_authority, type: unitary_authority, description: Unitary authorities}}\n"
        "characteristics: {sex: {dimension: sex}}\n"
    )
    (tmp_path / "returns" / "dep" / "money.yml").write_text(RETURN, encoding="utf-8")
    (tmp_path / "measures.yml").write_text(MEASURES, encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("numerator: spend - 0.5 * shared", "numerator: spend / shared", "is not a sum of components"),
        ("numerator: spend - 0.5 * shared", "numerator: spend - shares", "'shares' is not a component"),
        ("numerator: spend - 0.5 * shared", "numerator: spend", "component 'shared' is unused"),
        ("numerator: spend - 0.5 * shared", "numerator: spend + spend - shared", "'spend' is used more than once"),
        ("factor: 7/365", "factor: 7/0", "is not a positive number or a fraction"),
        ("as_at: period_end + 10 months", "as_at: 31 January", "is not `period_end`, or `period_end"),
        ("all_but: [Respite]", "all_but: [Respite]\n        service_lines: [Total]", "use only one of each"),
        ("only: {sex: [male]}", "only: {age: ['5']}", "only lists categories of 'age'"),
        ("measure: dep.spend, service_lines: [Total]", "measure: dep.spending", "no contract has the measure"),
        ("measure: dep.spend, service_lines: [Total]", "measure: dep.spend, each: [Total]", "each is allowed only on"),
        ("outcome: dep.children", "outcome: dep.happiness", "dep.happiness"),
        ("    rows: spend\n", "    rows: money\n", "rows names 'money', which is not a component"),
        ("    aggregation: sum\n", "", "aggregation ratio needs a denominator"),
        ("  - code: dep.cost\n", "  - code: dep.count\n", "duplicate measure 'dep.count'"),
        ("    inputs: [dep.cost]", "    inputs: [dep.spend]", "frontier 'care' needs derived measures"),
    ],
)
def test_each_mistake_has_its_own_message(folder: Path, old: str, new: str, message: str) -> None:
    assert old in MEASURES
    (folder / "measures.yml").write_text(MEASURES.replace(old, new), encoding="utf-8")
    with pytest.raises(ContractError) as refused:
        load_contracts(folder)
    assert message in str(refused.value)
    assert "measures.yml" in str(refused.value)


def test_sums_are_read_with_their_weights(folder: Path) -> None:
    cost, count = load_contracts(folder).judgements.derived
    assert cost.terms("numerator") == [("spend", 1.0), ("shared", -0.5)]
    assert cost.multiplier == pytest.approx(7 / 365)
    assert (cost.lead, count.lead) == ("spend", "spend")


@pytest.mark.parametrize(
    ("as_at", "lag"),
    [
        (None, None),
        ("period_end", (0, 0)),
        ("period_end + 10 months", (10, 0)),
        ("period_end + 1 month", (1, 0)),
        ("period_end + 45 days", (0, 45)),
    ],
)
def test_an_as_at_lag_is_in_months_or_days_after_the_end(as_at: str | None, lag: tuple[int, int] | None) -> None:
    assert Component(measure="dep.spend", as_at=as_at).pin == lag


def test_a_measure_that_is_a_sum_needs_no_denominator() -> None:
    measure = Derived.model_validate(
        {
            "code": "dep.all", "name": "All", "unit": "£", "definition": "All.", "numerator": "-a + 2 * b",
            "aggregation": "sum", "components": {"a": {"measure": "dep.a"}, "b": {"measure": "dep.b"}},
        }
    )  # fmt: skip
    assert measure.terms("numerator") == [("a", -1.0), ("b", 2.0)]
    assert measure.terms("denominator") == []


def test_the_tables_for_dbt_hold_the_rules_of_each_component(folder: Path) -> None:
    with duckdb.connect() as connection:
        connection.execute("CREATE SCHEMA landing")
        lay_contracts(connection, load_contracts(folder), "FY2024-25")
        parts = connection.execute(
            """SELECT measure_code, component_name, side, weight, figure, period_rule, service_lines,
                      left_out_service_lines, row_service_lines, summed_characteristics, summed_categories, pin_months,
                      is_lead
               FROM landing.derived_components ORDER BY measure_code, component_number"""
        ).fetchall()
        costs = connection.execute(
            """SELECT measure_code, outcome_group_code, outcome_service_line, outcome_period_rule, price_base_code
               FROM landing.unit_costs"""
        ).fetchall()
        frontiers = connection.execute("SELECT side, measure_code FROM landing.frontiers ORDER BY ALL").fetchall()
    homes = ["Homes", "Fostering"]
    assert parts == [
        ("dep.cost", "spend", "numerator", 1.0, "value", "same", None, None, homes, None, None, None, True),
        ("dep.cost", "shared", "numerator", -0.5, "value", "same", ["Total"], None, None, None, None, None, False),
        ("dep.cost", "children", "denominator", 1.0, "numerator", "within", None, ["Respite"], None, ["sex"],
         ["sex=male"], 10, False),
        ("dep.count", "children", "numerator", 1.0, "numerator", "within", None, None, None, None, None, None, False),
        ("dep.count", "spend", "rows", 0.0, "value", "same", None, None, None, None, None, None, True),
    ]  # fmt: skip
    assert costs == [("dep.cost", "sex=male", "Total", "latest", "FY2024-25")]
    assert frontiers == [("input", "dep.cost"), ("output", "dep.count")]

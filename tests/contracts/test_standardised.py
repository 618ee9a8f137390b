"""Measures standardised by age in contracts: their errors, and the tables that dbt reads.

Contains tests of `standardised` in `contracts/measures.yml`. Not here: other errors of contracts (`test_errors`), or
the statistics (`dbt_project`).
"""

from pathlib import Path

import duckdb
import pytest

from orchestration.contracts import load_contracts
from orchestration.foundation.errors import ContractError
from orchestration.warehouse.build.contract_tables import lay_contracts

RETURN = """\
return: dep.deaths
name: Deaths
description: Deaths by age.
department: dep
owner: {name: Team, email: team@dep.gov.uk}
cadence: annual
due: {months_after_period_end: 3}
burden: {hours_per_return: 1}
measures:
  - {code: dep.death_rate, name: Deaths, unit: rate, value_type: rate, domain: context, aggregation: ratio,
     counts_rounded_to: 5, minimum_coverage: 0.8, period: {kind: CY}}
  - {code: dep.death_count, name: Deaths, unit: deaths, value_type: count, domain: context, aggregation: sum,
     period: {kind: CY}}
layouts:
  - name: long
    file: {format: csv}
    columns: {year: {}, code: {}, deaths: {}, people: {}, age: {}}
    period: {column: year}
    locations:
      - {code: code}
    characteristics:
      - {code: "age:five_years", name: Age, column: age, total: [All], categories: {5_to_9: {name: 5 to 9}}}
    cells:
      - {measure: dep.death_rate, numerator: deaths, denominator: people}
      - {measure: dep.death_count, value: deaths}
"""
MEASURES = """\
standards:
  - standard: no_excess
    name: No more deaths than expected
    measure: dep.death_ratio
    kind: target
    at_most: 100
    levels: [local_authority]
    valid_from: 2020-01-01
    source: A plan
standardised:
  - code: dep.death_ratio
    name: Deaths compared with those expected
    unit: whole = 100
    domain: standards
    polarity: low
    multiplier: 100
    definition: Deaths per hundred expected.
    method: indirect
    reference_level: country
    of: dep.death_rate
    characteristic: age
  - code: dep.standardised_rate
    name: Deaths at standard ages
    unit: per 100,000
    domain: standards
    polarity: low
    multiplier: 100000
    definition: Deaths at the ages of a standard population.
    method: direct
    standard: european_2013
    of: dep.death_rate
    characteristic: age
  - code: dep.expectancy
    name: Years to live
    unit: years
    domain: standards
    polarity: high
    definition: Years that a newborn would live.
    method: life_expectancy
    of: dep.death_rate
    characteristic: age
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "returns" / "dep").mkdir(parents=True)
    (tmp_path / "codes.yml").write_text(
        "departments: {dep: A department, other: Another}\n"
        "gss_entities: {E06: {level: local_authority, type: unitary_authority, description: Unitary authorities}}\n"
        "characteristics: {age: {dimension: age}, sex: {dimension: sex}}\n"
    )
    (tmp_path / "returns" / "dep" / "deaths.yml").write_text(RETURN)
    (tmp_path / "measures.yml").write_text(MEASURES)
    return tmp_path


def line_of(text: str, part: str) -> int:
    """Return the last line that contains `part`, because each test changes the last entry."""
    return max(number for number, line in enumerate(text.splitlines(), start=1) if part in line)


def test_each_method_gives_its_value_type_and_may_have_a_standard(folder: Path) -> None:
    measures = load_contracts(folder).judgements.standardised
    assert {measure.code: measure.value_type for measure in measures} == {
        "dep.death_ratio": "ratio",
        "dep.standardised_rate": "rate",
        "dep.expectancy": "duration",
    }


@pytest.mark.parametrize(
    ("old", "new", "at", "message"),
    [
        (
            "    of: dep.death_rate",
            "    of: dep.births",
            "of: dep.births",
            "no contract lists the measure 'dep.births'",
        ),
        ("    of: dep.death_rate", "    of: dep.death_count", "of: dep.death_count", "cannot be standardised"),
        (
            "    characteristic: age",
            "    characteristic: sex",
            "characteristic: sex",
            "dep.deaths has no breakdown by 'sex'",
        ),
        ("code: dep.expectancy", "code: dep.death_count", "dep.death_count", "already belongs to dep.deaths"),
        ("code: dep.expectancy", "code: other.expectancy", "other.expectancy", "must begin with 'dep.'"),
        ("code: dep.expectancy", "code: dep.death_ratio", "dep.death_ratio", "duplicate measure 'dep.death_ratio'"),
        ("method: life_expectancy", "method: guess", "method: guess", "method: Input should be 'direct'"),
        ("method: life_expectancy", "method: direct", "dep.expectancy", "method 'direct' needs standard"),
        ("method: life_expectancy", "method: indirect", "dep.expectancy", "method 'indirect' needs reference_level"),
        ("years\n", "years\n    gives: rate\n", "dep.expectancy", "'life_expectancy' does not use gives"),
        ("years\n", "years\n    multiplier: 10\n", "dep.expectancy", "gives years and does not use multiplier"),
    ],
)
def test_an_error_names_file_and_line(folder: Path, old: str, new: str, at: str, message: str) -> None:
    before, match, after = MEASURES.rpartition(old)
    assert match
    text = before + new + after
    path = folder / "measures.yml"
    path.write_text(text)
    with pytest.raises(ContractError) as caught:
        load_contracts(folder)
    assert message in str(caught.value)
    line = int(str(caught.value).removeprefix(f"{path}:").split(":")[0])
    # An error in a whole entry is reported at its method if the message quotes it, or else at its first line.
    assert line in {line_of(text, at), line_of(text, "method:")}


def test_the_tables_for_dbt_hold_the_source_of_counts_and_their_rounding(folder: Path) -> None:
    with duckdb.connect() as con:
        con.execute("CREATE SCHEMA landing")
        lay_contracts(con, load_contracts(folder))
        measures = con.execute("FROM landing.standardised_measures ORDER BY measure_code").fetchall()
        methods = con.execute(
            """SELECT DISTINCT limits_method, counts_rounded_to, minimum_coverage FROM landing.measure_methods
               WHERE measure_code NOT IN ('dep.death_rate', 'dep.death_count')"""
        ).fetchall()
    assert measures == [
        ("dep.death_ratio", "dep.death_rate", "indirect ratio", "age", None, "country"),
        ("dep.expectancy", "dep.death_rate", "life_expectancy", "age", None, None),
        ("dep.standardised_rate", "dep.death_rate", "direct", "age", "european_2013", None),
    ]
    assert methods == [("none", 5.0, 0.8)]

"""Expectations of marts.dim_measure."""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args

from expectations.vocabulary import every_row, one_of, one_row_per, refers_to, says_something, specification
from orchestration.contracts.parts import Domain, ValueType

if TYPE_CHECKING:
    from great_expectations import ExpectationSuite

MART = "marts.dim_measure"


def suite() -> ExpectationSuite:
    """One row per measure, from contracts, references or the returns themselves."""
    return specification(
        MART,
        one_row_per("measure_code"),
        every_row(
            "measure_code_begins_with_its_department",
            "The code of a measure begins with the department that owns it.",
            "starts_with(measure_code, department_code || '.')",
            shows=("measure_code", "department_code"),
        ),
        refers_to("return_code", "marts.dim_return"),
        refers_to("department_code", "marts.dim_department"),
        says_something("measure_name"),
        says_something("unit"),
        every_row(
            "a_contract_says_what_its_measure_means",
            "A measure of a contract has a definition; one that a reference or a file names may have none.",
            "definition_source <> 'contract' OR trim(definition) <> ''",
            shows=("measure_code", "definition_source", "definition"),
            severity="warning",
        ),
        one_of("domain", get_args(Domain)),
        one_of("value_type", get_args(ValueType)),
        one_of("polarity", ("high", "low", "none")),
        one_of("aggregation", ("sum", "ratio", "none")),
        one_of("definition_source", ("contract", "reference", "return")),
        every_row(
            "multiplier_is_above_nought",
            "A multiplier converts numerator / denominator to the unit, so it is above zero.",
            "multiplier > 0",
            shows=("measure_code", "multiplier"),
        ),
        every_row(
            "validity_runs_forwards",
            "A measure begins to be valid no later than it ends.",
            "coalesce(valid_from <= valid_to, true)",
            shows=("measure_code", "valid_from", "valid_to"),
        ),
    )

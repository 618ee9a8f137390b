"""Expectations of each mart: one module for each, and one for relations between them.

Contains the list of suites. The gate refuses a mart without a suite.
"""

from __future__ import annotations

from collections.abc import Sequence
from types import ModuleType
from typing import TYPE_CHECKING, TypeAlias

from expectations.previous_release import Before
from expectations.suites.bridges import (
    bridge_figure_source,
    bridge_location_successor,
    bridge_location_territory,
    bridge_measure_component,
    bridge_population_group_member,
)
from expectations.suites.comparisons import (
    fct_consistency,
    fct_estimate,
    fct_fairness,
    fct_group_gap,
    fct_standard,
    fct_standard_attainment,
    fct_trend,
)
from expectations.suites.dimensions import (
    dim_category,
    dim_department,
    dim_location,
    dim_measure,
    dim_period,
    dim_population_group,
    dim_return,
    dim_service_line,
    dim_standard,
    dim_submission,
)
from expectations.suites.history import (
    fct_observation,
    fct_revision,
    fct_revision_pattern,
    fct_revision_summary,
    fct_screening,
    observations,
)
from expectations.suites.money import (
    dim_unit_cost,
    fct_derived_measure,
    fct_frontier,
    fct_productivity,
    fct_value_for_money,
)

if TYPE_CHECKING:
    from great_expectations import ExpectationSuite

_ALONE: tuple[ModuleType, ...] = (
    dim_department,
    dim_return,
    dim_measure,
    dim_location,
    bridge_location_successor,
    dim_period,
    dim_population_group,
    bridge_population_group_member,
    dim_service_line,
    fct_observation,
    fct_screening,
    fct_revision,
    dim_standard,
    dim_category,
    fct_estimate,
    fct_standard,
    fct_standard_attainment,
    fct_trend,
    fct_group_gap,
    fct_fairness,
    fct_consistency,
    bridge_measure_component,
    fct_derived_measure,
    bridge_figure_source,
    dim_unit_cost,
    fct_productivity,
    fct_value_for_money,
    fct_frontier,
    bridge_location_territory,
    fct_revision_summary,
    fct_revision_pattern,
)
_COMPARED: tuple[ModuleType, ...] = (dim_submission, observations)


Suites: TypeAlias = "Sequence[tuple[str, ExpectationSuite]]"


def all_suites(before: Before | None) -> Suites:
    """Return every suite with its mart (`marts.dim_return`), in the order of the star.

    `before` has facts of the current release; without it, nothing is compared with them.
    """
    return [
        *((str(module.MART), module.suite()) for module in _ALONE),
        *((str(module.MART), module.suite(before)) for module in _COMPARED),
    ]

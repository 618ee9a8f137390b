"""Expectations of marts.dim_location."""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args

from expectations.vocabulary import (
    every_row,
    never_missing,
    no_rows,
    one_of,
    one_row_per,
    says_something,
    specification,
)
from orchestration.contracts.parts import Level

if TYPE_CHECKING:
    from great_expectations import ExpectationSuite

MART = "marts.dim_location"

_SHOWN = ("location_key", "location_name", "scheme")


def suite() -> ExpectationSuite:
    """One row per location at one level, including past ones."""
    return specification(
        MART,
        one_row_per("location_key"),
        every_row(
            "location_key_is_level_and_code",
            "A location is level and code: some bodies report under their region's code.",
            "location_key = location_level || ':' || location_code",
            shows=("location_key", "location_level", "location_code"),
        ),
        one_of("location_level", get_args(Level)),
        says_something("location_name"),
        never_missing("scheme"),
        every_row(
            "a_gss_code_has_its_form",
            "A GSS code is a letter and eight digits.",
            "scheme <> 'gss' OR regexp_full_match(location_code, '[A-Z][0-9]{8}')",
            shows=_SHOWN,
        ),
        every_row(
            "other_codes_name_their_scheme",
            "A code that is not GSS begins with its scheme, such as ods:RJ1.",
            "scheme = 'gss' OR starts_with(location_code, scheme || ':')",
            shows=_SHOWN,
        ),
        every_row(
            "validity_runs_forwards",
            "A location begins to be valid no later than it ends.",
            "coalesce(valid_from <= valid_to, true)",
            shows=("location_key", "valid_from", "valid_to"),
        ),
        no_rows(
            "its_region_is_known",
            "The region of a location is itself a location.",
            """SELECT location_key, region_code FROM mart
               WHERE region_code IS NOT NULL AND region_code NOT IN (
                   SELECT location_code FROM marts.dim_location WHERE location_level = 'region')""",
            severity="warning",
        ),
        every_row(
            "an_authority_of_today_lies_in_a_region",
            "A current authority in England has a region, so that regions can be compared.",
            """NOT (country_code = 'E92000001' AND is_current AND in_reference
                    AND location_level IN ('local_authority', 'district')) OR region_code IS NOT NULL""",
            shows=("location_key", "location_name", "region_code"),
            severity="warning",
        ),
    )

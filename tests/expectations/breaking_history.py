"""Damage to territories and to summaries and patterns of revisions.

Contains the damage to these marts, as `breaking` does for others.
"""

from tests.expectations.damage import Damage, changed, copied

TERRITORY = {
    "one_row_per_place_of_a_generation": Damage(
        """INSERT INTO marts.bridge_location_territory
           SELECT * REPLACE (2 AS member_count) FROM marts.bridge_location_territory WHERE generation_number = 1;
           UPDATE marts.bridge_location_territory SET member_count = 2 WHERE generation_number = 1"""
    ),
    "location_key_is_known": changed(
        "bridge_location_territory", "location_key = 'district:E07000001'", "generation_number = 1"
    ),
    "territory_location_key_is_known": changed(
        "bridge_location_territory", "territory_location_key = 'district:E07000001'", "true"
    ),
    "a_generation_has_as_many_places_as_it_says": changed(
        "bridge_location_territory", "member_count = 2", "generation_number = 1"
    ),
    "a_generation_runs_forwards": changed(
        "bridge_location_territory", "valid_to = '2023-03-31'", "generation_number = 2"
    ),
}

REVISION_SUMMARY = {
    "one_row_per_revision_summary_key": copied("fct_revision_summary", "true"),
    "everything_it_names_is_known": changed("fct_revision_summary", "department_code = 'unknown'", "true"),
    "a_summary_is_of_its_level": changed("fct_revision_summary", "return_code = NULL", "true"),
    "no_more_are_revised_than_there_are": changed("fct_revision_summary", "downward_count = 1", "true"),
    "a_bias_follows_from_the_limits": changed("fct_revision_summary", "revision_bias = 'upwards'", "true"),
}

REVISION_PATTERN = {
    "one_row_per_revision_pattern_key": copied("fct_revision_pattern", "true"),
    "everything_it_names_is_known": changed("fct_revision_pattern", "submission_key = 'dfe.children.0'", "true"),
    "a_factor_is_one_and_the_same": changed("fct_revision_pattern", "highest_factor = 1.3", "true"),
}

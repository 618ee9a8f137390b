"""For every rule of the gate, the smallest damage to the small warehouse that breaks only that rule.

Contains the damage, in SQL, and the rules that unavoidably fail with it. Not here: running the gate (`test_suites`).
"""

from tests.expectations import breaking_comparisons as comparisons
from tests.expectations import breaking_history as history
from tests.expectations import breaking_money as money
from tests.expectations.damage import Damage, changed, copied

FIRST = "'dfe.children.20240101T090000Z.aaaaaaaa'"
SECOND = "'dfe.children.20250101T090000Z.bbbbbbbb'"
LIFE = "'ons.life.20240601T090000Z.cccccccc'"
REFUSED = "'ons.life.20250201T090000Z.dddddddd'"
WITHDRAWN = "'ons.life.20250301T090000Z.eeeeeeee'"


_SENT = "fct_estimate.what_was_sent_is_what_is_in_force"


def _cell(assignment: str, key: int, *also: str) -> Damage:
    return changed("fct_observation", assignment, f"observation_key = {key} AND known_to > '9999-01-01'", *also)


DEPARTMENT = {
    "one_row_per_department_code": copied("dim_department", "department_code = 'ons'"),
    "department_code_has_its_form": Damage(
        """INSERT INTO marts.dim_department VALUES ('No Code', 'No name');
           INSERT INTO marts.dim_return
           SELECT * REPLACE ('No Code.life' AS return_code, 'No Code' AS department_code)
           FROM marts.dim_return WHERE return_code = 'ons.life'"""
    ),
    "department_name_says_something": changed("dim_department", "department_name = ' '", "department_code = 'ons'"),
}

RETURN = {
    "one_row_per_return_code": copied("dim_return", "return_code = 'ons.life'"),
    "return_code_begins_with_its_department": copied("dim_return", "return_code = 'ons.life'", "'life' AS return_code"),
    "department_code_is_known": copied(
        "dim_return", "return_code = 'ons.life'", "'ho.life' AS return_code, 'ho' AS department_code"
    ),
    "return_name_says_something": changed("dim_return", "return_name = NULL", "return_code = 'ons.life'"),
    "owner_name_says_something": changed("dim_return", "owner_name = ''", "return_code = 'ons.life'"),
    "owner_email_has_its_form": changed("dim_return", "owner_email = 'unknown'", "return_code = 'ons.life'"),
    "cadence_is_in_its_list": changed("dim_return", "cadence = 'sometimes'", "return_code = 'ons.life'"),
    "speaks_for_is_in_its_list": changed("dim_return", "speaks_for = 'itself'", "return_code = 'ons.life'"),
    "burden_hours_is_at_least_0": changed("dim_return", "burden_hours = -1", "return_code = 'ons.life'"),
    "contract_version_has_its_form": changed("dim_return", "contract_version = 'latest'", "return_code = 'ons.life'"),
}

SUBMISSION = {
    "one_row_per_submission_key": copied("dim_submission", f"submission_key = {WITHDRAWN}"),
    "submission_key_begins_with_its_return": copied(
        "dim_submission", f"submission_key = {WITHDRAWN}", "'life.1' AS submission_key"
    ),
    "return_code_is_known": copied(
        "dim_submission",
        f"submission_key = {WITHDRAWN}",
        "'ons.death.1' AS submission_key, 'ons.death' AS return_code",
    ),
    "department_code_is_known": changed("dim_submission", "department_code = 'ho'", f"submission_key = {REFUSED}"),
    "sha256_has_its_form": changed("dim_submission", "sha256 = 'abc'", f"submission_key = {REFUSED}"),
    "received_at_is_never_missing": changed(
        "dim_submission", "received_at = NULL, is_late = NULL", f"submission_key = {REFUSED}"
    ),
    "outcome_is_in_its_list": changed(
        "dim_submission", "outcome = 'lost', submission_status = 'lost'", f"submission_key = {REFUSED}"
    ),
    "submission_status_follows_from_its_outcome": changed(
        "dim_submission", "submission_status = 'accepted'", f"submission_key = {WITHDRAWN}"
    ),
    "a_withdrawal_says_why": changed("dim_submission", "withdrawal_reason = ' '", f"submission_key = {WITHDRAWN}"),
    "a_withdrawal_follows_its_submission": changed(
        "dim_submission", "withdrawn_at = '2025-02-01'", f"submission_key = {WITHDRAWN}"
    ),
    "counts_are_never_negative": changed("dim_submission", "warning_count = -1", f"submission_key = {REFUSED}"),
    "every_cell_is_accounted_for": changed("dim_submission", "cell_count = 8", f"submission_key = {FIRST}"),
    "values_are_among_the_observations": changed("dim_submission", "value_count = 6", f"submission_key = {FIRST}"),
    "an_accepted_file_has_no_errors": changed("dim_submission", "error_count = 1", f"submission_key = {FIRST}"),
    "a_refusal_names_its_errors": changed("fct_screening", "severity = 'warning'", "true"),
    "late_means_after_the_due_date": changed("dim_submission", "due_date = '2027-01-01'", f"submission_key = {FIRST}"),
    "no_file_brings_more_than_its_receipt_says": changed(
        "dim_submission",
        "observation_count = 0, cell_count = 0, value_count = 0",
        f"submission_key = {SECOND}",
    ),
    "the_first_file_of_a_return_is_there_whole": changed(
        "dim_submission", "observation_count = 6, cell_count = 8", f"submission_key = {FIRST}"
    ),
    "no_submission_is_forgotten": Damage(f"DELETE FROM marts.dim_submission WHERE submission_key = {WITHDRAWN}"),
}

MEASURE = {
    "one_row_per_measure_code": Damage(
        """INSERT INTO marts.dim_measure SELECT * REPLACE ('ons.deaths' AS measure_code)
           FROM marts.dim_measure WHERE measure_code = 'ons.healthy_years';
           INSERT INTO marts.dim_measure FROM marts.dim_measure WHERE measure_code = 'ons.deaths'"""
    ),
    "measure_code_begins_with_its_department": copied(
        "dim_measure", "measure_code = 'ons.healthy_years'", "'deaths' AS measure_code"
    ),
    "return_code_is_known": changed("dim_measure", "return_code = 'ons.death'", "measure_code = 'ons.healthy_years'"),
    "department_code_is_known": copied(
        "dim_measure",
        "measure_code = 'ons.healthy_years'",
        "'ho.years' AS measure_code, 'ho' AS department_code",
    ),
    "measure_name_says_something": changed("dim_measure", "measure_name = ''", "measure_code = 'ons.healthy_years'"),
    "unit_says_something": changed("dim_measure", "unit = ''", "measure_code = 'ons.healthy_years'"),
    "a_contract_says_what_its_measure_means": changed(
        "dim_measure", "definition = NULL", "measure_code = 'ons.healthy_years'"
    ),
    "domain_is_in_its_list": changed("dim_measure", "domain = 'fun'", "measure_code = 'ons.healthy_years'"),
    "value_type_is_in_its_list": changed("dim_measure", "value_type = 'guess'", "measure_code = 'ons.healthy_years'"),
    "polarity_is_in_its_list": changed("dim_measure", "polarity = 'both'", "measure_code = 'dfe.children_count'"),
    "aggregation_is_in_its_list": changed("dim_measure", "aggregation = 'mean'", "measure_code = 'ons.healthy_years'"),
    "definition_source_is_in_its_list": changed(
        "dim_measure", "definition_source = 'rumour'", "measure_code = 'ons.healthy_years'"
    ),
    "multiplier_is_above_nought": changed("dim_measure", "multiplier = 0", "measure_code = 'ons.healthy_years'"),
    "validity_runs_forwards": changed("dim_measure", "valid_to = '2019-01-01'", "measure_code = 'dfe.in_school'"),
}

LOCATION = {
    "one_row_per_location_key": Damage(
        """INSERT INTO marts.dim_location SELECT * REPLACE ('E06000099' AS location_code,
               'local_authority:E06000099' AS location_key)
           FROM marts.dim_location WHERE location_code = 'E06000014';
           INSERT INTO marts.dim_location FROM marts.dim_location WHERE location_code = 'E06000099'"""
    ),
    "location_key_is_level_and_code": copied(
        "dim_location", "location_code = 'E06000014'", "'E06000099' AS location_key"
    ),
    "location_level_is_in_its_list": copied(
        "dim_location",
        "location_code = 'E06000014'",
        "'village' AS location_level, 'village:E06000014' AS location_key",
    ),
    "location_name_says_something": changed("dim_location", "location_name = ''", "location_code = 'E06000014'"),
    "scheme_is_never_missing": Damage(
        "UPDATE marts.dim_location SET scheme = NULL WHERE location_code = 'E06000014'",
        # Without a code, its scheme is unknown.
        frozenset({"dim_location.other_codes_name_their_scheme"}),
    ),
    "a_gss_code_has_its_form": copied(
        "dim_location",
        "location_code = 'E06000014'",
        "'York' AS location_code, 'local_authority:York' AS location_key",
    ),
    "other_codes_name_their_scheme": changed("dim_location", "scheme = 'urn'", "location_code = 'ods:RJ1'"),
    "validity_runs_forwards": changed("dim_location", "valid_from = '2024-01-01'", "location_code = 'E10000023'"),
    "its_region_is_known": changed("dim_location", "region_code = 'E12000099'", "location_code = 'E06000014'"),
    "an_authority_of_today_lies_in_a_region": changed(
        "dim_location", "region_code = NULL", "location_code = 'E06000014'"
    ),
}

SUCCESSOR = {
    "one_row_per_location_key_and_successor_location_key": Damage(
        """INSERT INTO marts.bridge_location_successor FROM marts.bridge_location_successor;
           UPDATE marts.bridge_location_successor SET successor_count = 2"""
    ),
    "location_key_is_known": changed("bridge_location_successor", "location_key = 'district:E07000001'", "true"),
    "successor_location_key_is_known": changed(
        "bridge_location_successor", "successor_location_key = 'district:E07000001'", "true"
    ),
    "nothing_succeeds_itself": changed("bridge_location_successor", "successor_location_key = location_key", "true"),
    "successor_count_counts_successors": changed("bridge_location_successor", "successor_count = 2", "true"),
}

PERIOD = {
    "one_row_per_period_code": Damage(
        """INSERT INTO marts.dim_period SELECT * REPLACE ('2024-05' AS period_code) FROM marts.dim_period
           WHERE period_code = '2024-03';
           INSERT INTO marts.dim_period FROM marts.dim_period WHERE period_code = '2024-05'"""
    ),
    "period_kind_is_in_its_list": copied(
        "dim_period", "period_code = 'CY2020-22'", "'2020/22' AS period_code, 'while' AS period_kind"
    ),
    "period_code_has_the_form_of_its_kind": copied("dim_period", "period_code = '2024-03'", "'3/24' AS period_code"),
    "period_label_says_something": changed("dim_period", "period_label = ''", "period_code = '2024-03'"),
    "a_period_runs_forwards": changed("dim_period", "period_start = '2025-03-01'", "period_code = '2024-03'"),
    "period_day_count_counts_days": changed("dim_period", "period_day_count = 30", "period_code = '2024-03'"),
    "a_period_lasts_as_long_as_its_kind": changed(
        "dim_period", "period_end = '2024-04-30', period_day_count = 61", "period_code = '2024-03'"
    ),
}

GROUP = {
    "one_row_per_population_group_code": Damage(
        """INSERT INTO marts.dim_population_group
           VALUES ('sex=female', 'Sex', 'Female', 1), ('sex=female', 'S', 'F', 1);
           INSERT INTO marts.bridge_population_group_member
           VALUES ('sex=female', 1, 'sex', 'Sex', 'female', 'Female')"""
    ),
    "one_row_per_characteristic_and_category": Damage(
        """INSERT INTO marts.dim_population_group VALUES ('gender=male', 'Sex', 'Male', 1);
           INSERT INTO marts.bridge_population_group_member
           VALUES ('gender=male', 1, 'gender', 'Sex', 'male', 'Male')"""
    ),
    "everybody_is_a_group": changed("dim_population_group", "category = 'All'", "population_group_code = 'Total'"),
    "characteristic_says_something": changed(
        "dim_population_group", "characteristic = ''", "population_group_code = 'sex=male'"
    ),
    "category_says_something": changed("dim_population_group", "category = ''", "population_group_code = 'sex=male'"),
    "its_code_is_its_members": changed(
        "bridge_population_group_member", "category_code = 'boys'", "population_group_code = 'sex=male'"
    ),
    "a_group_shows_as_many_names_as_members": changed(
        "dim_population_group", "category = 'Small boys'", "population_group_code = 'age=0_to_4;sex=male'"
    ),
}

MEMBER = {
    "one_row_per_population_group_code_and_characteristic_code": Damage(
        """INSERT INTO marts.bridge_population_group_member VALUES ('sex=male', 2, 'sex', 'Sex', 'x', 'X');
           INSERT INTO marts.dim_population_group VALUES ('sex=male;sex=x', 'Sex × Sex', 'Male × X', 2);
           UPDATE marts.bridge_population_group_member SET population_group_code = 'sex=male;sex=x'
           WHERE category_code = 'x';
           INSERT INTO marts.bridge_population_group_member
           VALUES ('sex=male;sex=x', 1, 'sex', 'Sex', 'male', 'Male')"""
    ),
    "population_group_code_is_known": Damage(
        "INSERT INTO marts.bridge_population_group_member VALUES ('sex=female', 1, 'sex', 'Sex', 'female', 'Female')"
    ),
    "category_code_says_something": Damage(
        """INSERT INTO marts.bridge_population_group_member VALUES ('sex=', 1, 'sex', 'Sex', '', 'Unknown');
           INSERT INTO marts.dim_population_group VALUES ('sex=', 'Sex', 'Unknown', 1)"""
    ),
    "characteristic_name_says_something": changed(
        "bridge_population_group_member", "characteristic_name = ''", "characteristic_code = 'age'"
    ),
    "category_name_says_something": changed(
        "bridge_population_group_member", "category_name = ''", "characteristic_code = 'age'"
    ),
    "members_stand_in_order": changed("bridge_population_group_member", "member_number = 2", "member_number = 1"),
    "a_code_has_one_name": changed(
        "bridge_population_group_member", "category_name = 'Boys'", "population_group_code = 'sex=male'"
    ),
}

SERVICE_LINE = {
    "one_row_per_service_line": Damage("INSERT INTO marts.dim_service_line VALUES ('Inpatient', false)"),
    "service_line_says_something": Damage("INSERT INTO marts.dim_service_line VALUES ('', false)"),
    "the_whole_is_a_line": Damage(
        "DELETE FROM marts.dim_service_line WHERE service_line = 'Total'",
        frozenset(
            {
                "fct_observation.service_line_is_known",
                "fct_estimate.everything_it_names_is_known",
                "fct_group_gap.everything_it_names_is_known",
                "fct_fairness.everything_it_names_is_known",
                "fct_trend.everything_it_names_is_known",
                "fct_derived_measure.everything_it_names_is_known",
                "fct_productivity.everything_it_names_is_known",
                "fct_value_for_money.everything_it_names_is_known",
                "fct_revision_pattern.everything_it_names_is_known",
            }
        ),
    ),
    "only_total_is_total": changed("dim_service_line", "is_total = true", "service_line = 'Inpatient'"),
}

OBSERVATION = {
    "one_row_per_observation_key_and_version_number": Damage(
        copied("fct_observation", "observation_key = 9", "'2024-03' AS period_code").sql,
        frozenset({"fct_observation.versions_follow_one_another", "fct_revision.every_changed_cell_is_told"}),
    ),
    "department_code_is_known": _cell("department_code = 'ho'", 9),
    "return_code_is_known": Damage(
        "UPDATE marts.fct_observation SET return_code = 'ons.death' WHERE observation_key = 9",
        frozenset({"fct_observation.only_accepted_files_speak"}),
    ),
    "submission_key_is_known": _cell("submission_key = 'dfe.children.0'", 1),
    "measure_code_is_known": _cell("measure_code = 'ons.deaths'", 5),
    "location_key_is_known": _cell("location_key = 'district:E07000001'", 9),
    "period_code_is_known": _cell("period_code = 'FY1999-00'", 9),
    "population_group_code_is_known": _cell("population_group_code = 'sex=female'", 9),
    "service_line_is_known": _cell("service_line = 'Outpatient'", 9),
    "only_accepted_files_speak": Damage(
        f"""UPDATE marts.dim_submission SET outcome = 'refused', submission_status = 'refused'
            WHERE submission_key = {SECOND};
            INSERT INTO marts.fct_screening
            SELECT * REPLACE ({SECOND} AS submission_key) FROM marts.fct_screening"""
    ),
    "a_version_is_known_for_a_while": _cell("known_from = known_to", 9),
    "versions_follow_one_another": _cell("version_number = 2", 9),
    "nothing_is_known_before_it_came": _cell("known_from = '2020-01-01'", 9),
    "value_status_is_never_missing": _cell("value_status = NULL", 5),
    "value_status_is_in_its_list": _cell("value_status = 'q'", 5),
    "a_missing_value_says_why": _cell("value = NULL", 5),
    "what_is_withheld_is_not_there": _cell("value_status = 'c'", 5),
    "figures_are_finite": _cell("value = 'infinity'", 5),
    "a_part_is_no_more_than_its_whole": _cell("numerator = 60", 3, _SENT),
    "a_count_is_never_negative": _cell("value = -1", 5),
    "limits_bracket_the_value": _cell("lower_95 = 62.7", 6),
    "wide_limits_hold_the_narrow": _cell("lower_99_8 = 62.2", 6),
    "merged_authorities_count_once": _cell(
        "location_key = 'local_authority:E10000023', measure_code = 'dfe.in_school', population_group_code = 'Total'",
        5,
        _SENT,
    ),
    "source_row_is_never_missing": _cell("source_row = NULL", 9),
    "source_row_is_at_least_1": _cell("source_row = 0", 9),
}

SCREENING = {
    "one_row_per_submission_key_and_problem_number": copied("fct_screening", "true"),
    "submission_key_is_known": copied("fct_screening", "true", "'ons.life.0' AS submission_key"),
    "department_code_is_known": changed("fct_screening", "department_code = 'ho'", "true"),
    "stage_is_in_its_list": changed("fct_screening", "stage = 'luck'", "true"),
    "severity_is_in_its_list": copied("fct_screening", "true", "2 AS problem_number, 'bad' AS severity"),
    "occurrence_count_is_at_least_1": changed("fct_screening", "occurrence_count = 0", "true"),
    "rule_says_something": changed("fct_screening", "rule = ''", "true"),
    "message_says_something": changed("fct_screening", "message = ''", "true"),
    "remedy_says_something": changed("fct_screening", "remedy = NULL", "true"),
    "errors_belong_to_refused_files": copied("fct_screening", "true", f"{FIRST} AS submission_key"),
}

REVISION = {
    "one_row_per_observation_key": copied("fct_revision", "observation_key = 1"),
    "kind_is_in_its_list": changed("fct_revision", "kind = 'changed'", "observation_key = 1"),
    "a_withdrawn_cell_says_when": changed("fct_revision", "withdrawn_at = NULL", "observation_key = 2"),
    "knowledge_runs_forwards": changed("fct_revision", "previous_known_from = '2026-01-01'", "observation_key = 1"),
    "revision_is_latest_less_first": changed("fct_revision", "revision = 99", "observation_key = 1"),
    "every_changed_cell_is_told": Damage("DELETE FROM marts.fct_revision WHERE observation_key = 1"),
}

FLAT = {
    "there_are_observations": Damage(
        """CREATE OR REPLACE VIEW analysis.observations AS
           SELECT cells.*, '' AS location_code, '' AS location_level, '' AS characteristic, '' AS category
           FROM marts.fct_observation AS cells WHERE false""",
        frozenset(
            {
                "observations.joining_names_loses_and_doubles_nothing",
                "observations.every_return_with_a_file_in_force_is_read",
                "observations.every_department_is_still_there",
                "observations.rows_hold_their_number",
                "observations.rows_are_not_halved",
            }
        ),
    ),
    # Two cells whose keys differ, shown alike.
    "one_row_per_cell": _cell("location_key = 'region:E12000003'", 9),
    "joining_names_loses_and_doubles_nothing": Damage(
        """CREATE OR REPLACE VIEW analysis.observations AS
           SELECT cells.*, places.location_code, places.location_level, groups.characteristic, groups.category
           FROM marts.fct_observation AS cells JOIN marts.dim_location AS places USING (location_key)
           JOIN marts.dim_population_group AS groups USING (population_group_code)
           WHERE known_to = TIMESTAMP '9999-12-31' AND location_level <> 'nhs_trust'"""
    ),
    "department_code_is_never_missing": Damage(
        """CREATE OR REPLACE VIEW analysis.observations AS
           SELECT cells.* REPLACE (if(observation_key = 9, NULL, department_code) AS department_code),
                  places.location_code, places.location_level, groups.characteristic, groups.category
           FROM marts.fct_observation AS cells JOIN marts.dim_location AS places USING (location_key)
           JOIN marts.dim_population_group AS groups USING (population_group_code)
           WHERE known_to = TIMESTAMP '9999-12-31'"""
    ),
    # Two files of one moment, so that neither is the first.
    "every_return_with_a_file_in_force_is_read": Damage(
        f"""INSERT INTO marts.dim_return SELECT * REPLACE ('ons.death' AS return_code) FROM marts.dim_return
            WHERE return_code = 'ons.life';
            INSERT INTO marts.dim_submission
            SELECT * EXCLUDE (i)
                REPLACE ('ons.death.' || i AS submission_key, 'ons.death' AS return_code)
            FROM marts.dim_submission, range(2) AS t(i) WHERE submission_key = {LIFE}"""
    ),
    "every_department_is_still_there": Damage(before={"departments": ("dfe", "ho", "ons")}),
    "rows_hold_their_number": Damage(before={"observation_count": 10}),
    "rows_are_not_halved": Damage(
        before={"observation_count": 18}, also=frozenset({"observations.rows_hold_their_number"})
    ),
}

DAMAGES = {
    f"{suite}.{rule}": damage
    for suite, damages in {
        "dim_department": DEPARTMENT,
        "dim_return": RETURN,
        "dim_submission": SUBMISSION,
        "dim_measure": MEASURE,
        "dim_location": LOCATION,
        "bridge_location_successor": SUCCESSOR,
        "dim_period": PERIOD,
        "dim_population_group": GROUP,
        "bridge_population_group_member": MEMBER,
        "dim_service_line": SERVICE_LINE,
        "fct_observation": OBSERVATION,
        "fct_screening": SCREENING,
        "fct_revision": REVISION,
        "dim_standard": comparisons.STANDARD,
        "dim_category": comparisons.CATEGORY,
        "fct_estimate": comparisons.ESTIMATE,
        "fct_standard": comparisons.COMPARED,
        "fct_standard_attainment": comparisons.ATTAINMENT,
        "fct_group_gap": comparisons.GROUP_GAP,
        "fct_fairness": comparisons.FAIRNESS,
        "fct_consistency": comparisons.CONSISTENCY,
        "fct_trend": comparisons.TREND,
        "bridge_measure_component": money.COMPONENT,
        "fct_derived_measure": money.DERIVED,
        "bridge_figure_source": money.FIGURE_SOURCE,
        "dim_unit_cost": money.UNIT_COST,
        "fct_productivity": money.PRODUCTIVITY,
        "fct_value_for_money": money.VALUE_FOR_MONEY,
        "fct_frontier": money.FRONTIER,
        "bridge_location_territory": history.TERRITORY,
        "fct_revision_summary": history.REVISION_SUMMARY,
        "fct_revision_pattern": history.REVISION_PATTERN,
        "observations": FLAT,
    }.items()
    for rule, damage in damages.items()
}

"""Funnel plots agree with the reference vectors: classes, limits, curves, chart points and overdispersion."""

import pytest

from tests.conformance.agreement import assert_agreement
from tests.conformance.conftest import Vectors
from tests.conformance.rendering import render

CLASSES = {
    "high beyond 99.8%": "High (0.001)",
    "high beyond 95%": "High (0.025)",
    "low beyond 95%": "Low (0.025)",
    "low beyond 99.8%": "Low (0.001)",
    "as expected": "Not significant",
    "not applicable": "Not applicable for events less than 10 for dsrs",
}
CONFIDENCES = {"95": "95", "99_8": "998"}
SIDES = ("lower", "upper")
KIND = "CASE WHEN statistic = 'rate' THEN CASE rate_type WHEN 'dsr' THEN 'dsr' ELSE 'crude_rate' END ELSE statistic END"


def _sql(macro: str, *arguments: object, **options: object) -> str:
    """A macro's SQL for these arguments."""
    words = [repr(argument) for argument in arguments] + [f"{name}={option!r}" for name, option in options.items()]
    return render(f"{{{{ {macro}({', '.join(words)}) }}}}")


def test_every_item_has_the_class_expected_among_its_peers(vectors: Vectors) -> None:
    con = vectors.load("funnel_significance_inputs", "funnel_significance_expected")
    con.execute(f"CREATE TABLE items AS SELECT *, {KIND} AS kind FROM funnel_significance_inputs")
    classified = _sql(
        "funnel_classified", "items", ["dataset"], ["item"], "kind", "numerator", "denominator", "multiplier", "rate"
    )
    words = " ".join(f"WHEN '{ours}' THEN '{theirs}'" for ours, theirs in CLASSES.items())
    assert_agreement(
        con,
        f"SELECT dataset, item, CASE funnel_class {words} END AS significance FROM ({classified})",
        "SELECT dataset, item, significance FROM funnel_significance_expected",
        keys=["dataset", "item"],
        texts=["significance"],
    )


def test_limits_of_proportions_lie_about_the_baseline_as_expected(vectors: Vectors) -> None:
    con = vectors.load("funnel_significance_inputs", "funnel_significance_expected")
    limits = ", ".join(
        f"""100 * {_sql("funnel_limit_of_proportion", side, "baseline / 100", "denominator", ours)} AS {side}{theirs}_limit"""
        for side in SIDES
        for ours, theirs in CONFIDENCES.items()
    )
    con.execute(
        """CREATE TABLE proportions AS
           SELECT *, 100 * sum(numerator) OVER (PARTITION BY dataset) / sum(denominator) OVER (PARTITION BY dataset) AS baseline
           FROM funnel_significance_inputs WHERE statistic = 'proportion'"""
    )
    names = ["baseline", *(f"{side}{theirs}_limit" for side in SIDES for theirs in CONFIDENCES.values())]
    assert_agreement(
        con,
        f"SELECT dataset, item, baseline, {limits} FROM proportions",
        "FROM funnel_significance_expected WHERE statistic = 'proportion'",
        keys=["dataset", "item"],
        numbers=dict.fromkeys(names, 1e-9),
    )


def test_curves_of_proportions_are_those_expected(vectors: Vectors) -> None:
    con = vectors.load("funnel_significance_inputs", "funnel_limits_expected")
    limits = ", ".join(
        f"""least(100, greatest(0, 100 * {_sql("funnel_limit_of_proportion", side, "rate_of_all", "x", confidence)}))
            AS {side}_{step}s_limit"""
        for side in SIDES
        for step, confidence in ((2, "95"), (3, "99_8"))
    )
    assert_agreement(
        con,
        f"""WITH baselines AS (
                SELECT name AS dataset, sum(numerator) / sum(denominator) AS rate_of_all
                FROM funnel_significance_inputs AS i
                JOIN (VALUES ('fl_prop_pct', 'fn_prop_pct', 1e99), ('fl_prop_pct_den_lt_31000', 'fn_prop_pct', 31000),
                             ('fl_prop_sim_small', 'fn_prop_sim_small', 1e99)) AS names (name, dataset, below)
                    ON i.dataset = names.dataset AND denominator < below
                GROUP BY name)
            SELECT dataset, "row", {limits}
            FROM funnel_limits_expected JOIN baselines USING (dataset)""",
        "FROM funnel_limits_expected WHERE statistic = 'proportion'",
        keys=["dataset", '"row"'],
        numbers=dict.fromkeys([f"{side}_{step}s_limit" for side in SIDES for step in (2, 3)], 1e-9),
    )


def test_curves_of_ratios_and_rates_are_those_expected(vectors: Vectors) -> None:
    con = vectors.load("funnel_limits_rate_inputs", "funnel_limits_expected")
    denominator = _sql("funnel_denominator", "'dsr'", "ev", "NULL", "rate", "multiplier")
    con.execute(
        f"""CREATE TABLE curves AS
            SELECT f.*, events.* EXCLUDE (dataset)
            FROM funnel_limits_expected AS f
            LEFT JOIN (SELECT dataset, sum(ev) / sum({denominator}) AS rate_of_all, any_value(multiplier) AS multiplier,
                              any_value(years_of_data) AS years
                       FROM funnel_limits_rate_inputs GROUP BY dataset) AS events USING (dataset)
            WHERE statistic <> 'proportion'"""
    )
    # The lower curve is where too few are observed: at the upper number of expected events.
    columns = []
    for side, against in (("lower", "upper"), ("upper", "lower")):
        for step, confidence in ((2, "95"), (3, "99_8")):
            expected = _sql("funnel_expected_at_limit", against, "x", confidence)
            columns.append(
                f"""CASE WHEN statistic LIKE 'rate%' THEN rate_of_all * multiplier * x / {expected}
                         WHEN statistic LIKE '%isr%' THEN 100 * x / {expected}
                         ELSE x / {expected} - 1 END AS {side}_{step}s_limit,
                    CASE WHEN statistic LIKE 'ratio%' THEN {expected} END AS {side}_{step}s_exp_events,
                    CASE WHEN statistic LIKE 'rate%' THEN {expected} / rate_of_all / years END
                        AS {side}_{step}s_population_1_year"""
            )
    names = [
        f"{side}_{step}s_{what}"
        for side in SIDES
        for step in (2, 3)
        for what in ("limit", "exp_events", "population_1_year")
    ]
    assert_agreement(
        con,
        f'SELECT dataset, "row", {", ".join(columns)} FROM curves',
        f'SELECT dataset, "row", {", ".join(f"{name}::DOUBLE AS {name}" for name in names)} FROM curves',
        keys=["dataset", '"row"'],
        numbers=dict.fromkeys(names, 2e-4),
    )


def test_expected_events_at_a_limit_are_exact(vectors: Vectors) -> None:
    con = vectors.load("funnel_poisson_points")
    branches = " ".join(
        f"WHEN side = '{theirs}' AND p = {p} THEN {_sql('funnel_expected_at_limit', ours, 'obs', confidence)}"
        for theirs, ours in (("low", "lower"), ("high", "upper"))
        for p, confidence in ((0.025, "95"), (0.001, "99_8"))
    )
    assert_agreement(
        con,
        f"SELECT case_id, CASE {branches} END AS exact_chisq, exact_chisq AS expected_events FROM funnel_poisson_points",
        "FROM funnel_poisson_points",
        keys=["case_id"],
        numbers={"exact_chisq": 1e-9, "expected_events": 1e-4},
    )


def test_limits_of_ratios_over_expected_events_are_exact(vectors: Vectors) -> None:
    con = vectors.load("funnel_sr_exact_limits")
    names = {"ll95": ("lower", "95"), "ul95": ("upper", "95"), "ll998": ("lower", "99_8"), "ul998": ("upper", "99_8")}
    limits = ", ".join(
        f"{_sql('funnel_limit_of_ratio', side, 'expected', confidence)} AS {name}"
        for name, (side, confidence) in names.items()
    )
    assert_agreement(
        con,
        f"SELECT case_id, {limits} FROM funnel_sr_exact_limits",
        "FROM funnel_sr_exact_limits",
        keys=["case_id"],
        numbers=dict.fromkeys(names, 1e-9),
    )


def test_points_of_charts_are_where_they_should_be(vectors: Vectors) -> None:
    con = vectors.load("funnel_points")
    con.execute("ALTER TABLE funnel_points ADD COLUMN kind VARCHAR")
    con.execute("UPDATE funnel_points SET kind = CASE rate_type WHEN 'dsr' THEN 'dsr' ELSE 'crude_rate' END")
    denominator = _sql(
        "funnel_chart_denominator", "kind", "numerator", "denominator", "rate", "multiplier", "years_of_data"
    )
    rate = _sql("funnel_chart_rate", "kind", "numerator", "rate")
    assert_agreement(
        con,
        f"SELECT dataset, item, {denominator} AS denominator_derived, {rate} AS rate_chart FROM funnel_points",
        "FROM funnel_points",
        keys=["dataset", "item"],
        numbers={"denominator_derived": 1e-9, "rate_chart": 1e-9},
    )


def test_overdispersion_is_estimated_and_widens_the_limits_as_expected(vectors: Vectors) -> None:
    con = vectors.load("funnel_overdispersion_items", "funnel_overdispersion_expected")
    con.execute(
        """CREATE TABLE items AS
           SELECT i.*, trim_by, CASE data_type WHEN 'PR' THEN 'proportion' WHEN 'RC' THEN 'ratio_of_counts'
                                     ELSE 'ratio_' || lower(sr_method) END AS transform
           FROM funnel_overdispersion_items AS i JOIN funnel_overdispersion_expected USING (case_id)
           -- Every item is part of the estimate, so a case is of use only as a whole.
           QUALIFY count(*) OVER (PARTITION BY case_id) = n_all"""
    )
    trims = [str(trim) for (trim,) in con.execute("SELECT DISTINCT trim_by FROM items ORDER BY 1").fetchall()]
    if not trims:
        pytest.skip("this set of vectors has no whole case of overdispersion")
    arguments = (["case_id"], ["item"], "numerator", "denominator", "transform")
    estimated = " UNION ALL ".join(
        f"FROM ({_sql('overdispersion_estimated', f'(FROM items WHERE trim_by = {trim})', *arguments, trim=trim)})"
        for trim in trims
    )
    con.execute(f"CREATE TABLE estimated AS {estimated}")
    # The package draws limits that are not those of its scores: CQC's as square roots, even below zero, and those of ratios of counts
    # with an s of 1/(2 sqrt n). The first are compared as distances of roots from 1; the second are made by our macro with that s.
    limits = ", ".join(
        f"""CASE WHEN transform = 'ratio_cqc' THEN greatest(od_{side[0]}l{theirs}, 0) - 1
                 ELSE od_{side[0]}l{theirs} END AS {side}_{ours}"""
        for side in SIDES
        for ours, theirs in CONFIDENCES.items()
    )
    drawn = ", ".join(
        f"""CASE WHEN transform = 'ratio_of_counts'
                 THEN {_sql("overdispersion_limit", side, "transform", "ln(target)", "(1 / (2 * sqrt(denominator)))", "tau2", ours)}
                 WHEN transform = 'ratio_cqc' THEN sqrt({side}_{ours}) - 1
                 ELSE {side}_{ours} END AS {side}_{ours}"""
        for side in SIDES
        for ours in CONFIDENCES
    )
    assert_agreement(
        con,
        f"SELECT * REPLACE ({drawn}) FROM estimated JOIN (SELECT case_id, item, transform, denominator FROM items) USING (case_id, item)",
        f"""SELECT case_id, item, value, y_transformed AS y, s, z, z_adjusted AS winsorised_z, {limits} FROM items""",
        keys=["case_id", "item"],
        numbers=dict.fromkeys(
            ["value", "y", "s", "z", "winsorised_z", *(f"{side}_{ours}" for side in SIDES for ours in CONFIDENCES)],
            1e-6,
        ),
    )
    assert_agreement(
        con,
        "SELECT case_id, any_value(used_count) AS n_used, any_value(phi) AS phi, any_value(tau2) AS tau2, "
        "any_value(target) AS target FROM estimated GROUP BY case_id",
        "FROM funnel_overdispersion_expected SEMI JOIN items USING (case_id)",
        keys=["case_id"],
        numbers={"phi": 1e-8, "tau2": 1e-8, "target": 1e-8},
        texts=["n_used"],
    )

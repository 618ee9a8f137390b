"""Calculation of the worked examples of docs/methods.md on money and revisions.

Contains the calls, as in `methods_calculated`, for unit costs, prices, productivity, frontiers and revisions. Not here:
figures and their comparison.
"""

from tests.conformance.rendering import render

MONEY = {
    "unit cost": render(
        """SELECT authority,
               {{ rounded_half_up('7 / 365.0 * spent / nullif(children, 0)', '5.0') }} AS unit_cost
           FROM given ORDER BY authority"""
    ),
    "deflation": render(
        """SELECT year, {{ real_value('nominal', 'deflator', '108.2') }} AS real FROM given ORDER BY year"""
    ),
    "index numbers": render(
        """SELECT * FROM (
               {{ index_numbers("(SELECT 'one' AS series, * FROM given)", ['series']) }}
           ) ORDER BY period"""
    ),
    "productivity": render(
        """SELECT {{ productivity_growth('output_growth', 'input_growth') }} AS productivity_growth
           FROM given ORDER BY output_growth DESC"""
    ),
    "hull": render(
        """SELECT * FROM ({{ free_disposal_hull(
               "(SELECT 'all' AS set_key, unit, side, side AS dimension, value
                 FROM given UNPIVOT (value FOR side IN (input, output)))"
           ) }}) ORDER BY unit"""
    ),
    "revision bias": render(
        """SELECT value_count AS cells, value AS mean_revision, lower_95, upper_95
           FROM ({{ mean_estimated("(SELECT 'all' AS k, latest - first AS revision FROM given)", ['k'], 'revision') }})"""
    ),
}

"""Definitions of the dashboards, one module for each strand of oversight.

Contains the questions of each dashboard, their order, and the conclusions that its reader may draw. Not here: drawing
of charts (`orchestration.bi.charts`) and layout (`orchestration.bi.layout`).
"""

from orchestration.bi.dashboards.fairness import FAIRNESS
from orchestration.bi.dashboards.standards import STANDARDS
from orchestration.bi.dashboards.value_for_money import VALUE_FOR_MONEY

DASHBOARDS = (STANDARDS, FAIRNESS, VALUE_FOR_MONEY)

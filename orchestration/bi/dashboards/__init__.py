"""The dashboards, declared: one module for each strand of oversight.

Belongs here: which questions a dashboard asks, in what order, and what its reader may conclude. Does not belong here:
how charts are drawn (`orchestration.bi.charts`) or laid out (`orchestration.bi.layout`).
"""

from orchestration.bi.dashboards.fairness import FAIRNESS
from orchestration.bi.dashboards.standards import STANDARDS
from orchestration.bi.dashboards.value_for_money import VALUE_FOR_MONEY

DASHBOARDS = (STANDARDS, FAIRNESS, VALUE_FOR_MONEY)

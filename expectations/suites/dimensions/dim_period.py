"""Expectations of marts.dim_period."""

from __future__ import annotations

from typing import TYPE_CHECKING

from expectations.vocabulary import every_row, one_of, one_row_per, says_something, specification

if TYPE_CHECKING:
    from great_expectations import ExpectationSuite

MART = "marts.dim_period"

_FORMS = {
    "FY": "FY[0-9]{4}-[0-9]{2}",
    "AY": "AY[0-9]{4}-[0-9]{2}",
    "CY": "CY[0-9]{4}",
    "JY": "JY[0-9]{4}-[0-9]{2}",
    "quarter": "[0-9]{4}-Q[1-4]",
    "month": "[0-9]{4}-[0-9]{2}",
    "day": "[0-9]{4}-[0-9]{2}-[0-9]{2}",
    "FY_span": "FY[0-9]{4}-[0-9]{2}",
    "AY_span": "AY[0-9]{4}-[0-9]{2}",
    "CY_span": "CY[0-9]{4}-[0-9]{2}",
    "JY_span": "JY[0-9]{4}-[0-9]{2}",
}
_DAYS = {
    "FY": (365, 366),
    "AY": (273, 366),
    "CY": (365, 366),
    "JY": (365, 366),
    "quarter": (89, 92),
    "month": (28, 31),
    "day": (1, 1),
}


def suite() -> ExpectationSuite:
    """One row per period of a figure."""
    forms = " ".join(f"WHEN '{kind}' THEN '{form}'" for kind, form in _FORMS.items())
    lengths = " ".join(
        f"WHEN '{kind}' THEN period_day_count BETWEEN {shortest} AND {longest}"
        for kind, (shortest, longest) in _DAYS.items()
    )
    return specification(
        MART,
        one_row_per("period_code"),
        one_of("period_kind", _FORMS),
        every_row(
            "period_code_has_the_form_of_its_kind",
            "A financial year looks like FY2022-23, a quarter like 2024-Q4, a day like 2024-03-31.",
            f"coalesce(regexp_full_match(period_code, CASE period_kind {forms} END), true)",
            shows=("period_code", "period_kind"),
        ),
        says_something("period_label"),
        every_row(
            "a_period_runs_forwards",
            "A period starts no later than it ends.",
            "period_start <= period_end",
            shows=("period_code", "period_start", "period_end"),
        ),
        every_row(
            "period_day_count_counts_days",
            "`period_day_count` is the days from start to end, both included.",
            "period_day_count = period_end - period_start + 1 OR period_start > period_end",
            shows=("period_code", "period_start", "period_end", "period_day_count"),
        ),
        every_row(
            "a_period_lasts_as_long_as_its_kind",
            "A year has 365 or 366 days, a quarter about 91, a month about 30, a day one.",
            f"""coalesce(CASE period_kind {lengths} ELSE period_day_count > 366 END, true)
                OR period_day_count < 1""",
            shows=("period_code", "period_kind", "period_day_count"),
            severity="warning",
        ),
    )

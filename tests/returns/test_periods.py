"""Period labels: every form that departments use, and codes that read as themselves."""

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestration.contracts.measures import PeriodRule
from orchestration.returns.periods import Period, parse_period

FY, AY, CY = PeriodRule(kind="FY"), PeriodRule(kind="AY"), PeriodRule(kind="CY")
AUTO, ISO = PeriodRule(kind="auto"), PeriodRule(kind="iso_interval")
MONTH, DAY, QUARTER = PeriodRule(kind="month"), PeriodRule(kind="day"), PeriodRule(kind="quarter")
ON_31_MARCH = PeriodRule(kind="day", month_day="03-31")
IN_JANUARY = PeriodRule(kind="month", month_day="01-01")
MONTH_END = PeriodRule(kind="day", month_day="03-31", snap="month_end")
ANY_KIND = st.sampled_from(["FY", "AY", "CY", "JY", "quarter", "month", "day", "iso_interval", "auto"])


def read(label: str | None, rule: PeriodRule) -> Period:
    period = parse_period(label, rule)
    assert period is not None, f"'{label}' was not read"
    return period


@pytest.mark.parametrize(
    ("label", "rule", "code"),
    [
        # One year.
        ("2022/23", FY, "FY2022-23"),
        ("2022-23", FY, "FY2022-23"),
        ("2022–23", FY, "FY2022-23"),
        ("2022-2023", FY, "FY2022-23"),
        ("1999/00", FY, "FY1999-00"),
        ("202425", FY, "FY2024-25"),
        ("FY2022-23", FY, "FY2022-23"),
        ("FY 2018-19", AUTO, "FY2018-19"),
        ("2023", FY, "FY2022-23"),
        ("2023", PeriodRule(kind="FY", year_label="starts"), "FY2023-24"),
        ("2007-03-31", FY, "FY2006-07"),
        ("31/03/2007", FY, "FY2006-07"),
        ("2023/24", AY, "AY2023-24"),
        ("2023", AY, "AY2022-23"),
        ("2023-08-31", AY, "AY2022-23"),
        ("2023", CY, "CY2023"),
        ("2023-12-31", CY, "CY2023"),
        # Several years.
        ("2014-16", CY, "CY2014-16"),
        ("2015 - 17", CY, "CY2015-17"),
        ("2014-2016", CY, "CY2014-16"),
        ("2014-17", FY, "FY2014-17"),
        ("2013/14-15/16", FY, "FY2013-16"),
        ("2013/14-15/16", AY, "AY2013-16"),
        ("2013/14 - 2015/16", FY, "FY2013-16"),
        ("1998/99-00/01", FY, "FY1998-01"),
        # ISO 8601 intervals, with and without the time.
        ("2022-08-01/P1Y", AY, "AY2022-23"),
        ("2006-08-01T00:00:00/P3Y", ISO, "AY2006-09"),
        ("2004-01-01T00:00:00/P1Y", ISO, "CY2004"),
        ("2004-01-01/P1Y", ISO, "CY2004"),
        ("2011-01-01T00:00:00/P3Y", ISO, "CY2011-13"),
        ("2022-04-01/P1Y", ISO, "FY2022-23"),
        ("2022-09-01/P1Y", ISO, "AY2022-23"),
        ("2022-10-01/P3M", ISO, "2022-Q4"),
        ("2022-10-01/P1M", ISO, "2022-10"),
        ("2021", ISO, "CY2021"),
        # Months, quarters, days.
        ("2017-03-01", MONTH, "2017-03"),
        ("2017-03", MONTH, "2017-03"),
        ("March 2017", MONTH, "2017-03"),
        ("Mar-2017", MONTH, "2017-03"),
        ("01/03/2017", MONTH, "2017-03"),
        ("2017-03-01 00:00:00", MONTH, "2017-03"),
        ("2020", IN_JANUARY, "2020-01"),
        ("2024 Q4", QUARTER, "2024-Q4"),
        ("2024-Q4", QUARTER, "2024-Q4"),
        ("2024", ON_31_MARCH, "2024-03-31"),
        ("2024-03-31", DAY, "2024-03-31"),
        ("2007-03-01", MONTH_END, "2007-03-31"),
        ("2024-02-01", MONTH_END, "2024-02-29"),
        # By the label's own shape.
        ("2010/11", AUTO, "FY2010-11"),
        ("2010-11", AUTO, "FY2010-11"),
        ("2015-17", AUTO, "CY2015-17"),
        ("2024-03", AUTO, "2024-03"),
        ("2013/14-15/16", AUTO, "FY2013-16"),
        ("2023", AUTO, "CY2023"),
        ("2023-09-30", AUTO, "2023-09-30"),
    ],
)
def test_a_label_reads_as_its_period(label: str, rule: PeriodRule, code: str) -> None:
    assert read(label, rule).code == code


@pytest.mark.parametrize(
    ("label", "code", "status"),
    [
        ("2025 (prov)", "AY2024-25", "p"),
        ("2023(Prov)", "AY2022-23", "p"),
        ("2023 [p]", "AY2022-23", "p"),
        ("2018 (Rev)", "AY2017-18", "r"),
        ("2018 (Revised)", "AY2017-18", "r"),
        ("2020 (Final)", "AY2019-20", ""),
        ("2024-25 (OT)", "AY2024-25", ""),
        ("2024-25 (OT) (prov)", "AY2024-25", "p"),
        (" 2021 (Final) ", "AY2020-21", ""),
    ],
)
def test_a_note_in_a_label_is_a_status_not_part_of_the_period(label: str, code: str, status: str) -> None:
    period = read(label, AY)
    assert (period.code, period.status) == (code, status)


@pytest.mark.parametrize(
    ("label", "rule"),
    [
        (None, FY),
        ("", FY),
        ("0", AY),
        ("n/a", FY),
        ("2023 (maybe)", AY),
        ("2022-21", AY),
        ("2022/22", FY),
        ("202426", FY),
        ("1066", CY),
        ("2024-13", MONTH),
        ("2024-02-30", DAY),
        ("2024-04-01", FY),
        ("2024", DAY),
        ("2024-Q5", QUARTER),
        ("2011-02-01/P3Y", ISO),
        ("2011-01-15/P1Y", ISO),
        ("2011-01-01/P0Y", ISO),
        ("2011-02-01/P3M", ISO),
    ],
)
def test_a_label_that_is_not_a_period_of_its_kind_is_not_read(label: str | None, rule: PeriodRule) -> None:
    assert parse_period(label, rule) is None


@pytest.mark.parametrize(
    ("code", "kind", "start", "end"),
    [
        ("FY2022-23", "FY", date(2022, 4, 1), date(2023, 3, 31)),
        ("AY2022-23", "AY", date(2022, 9, 1), date(2023, 8, 31)),
        ("CY2023", "CY", date(2023, 1, 1), date(2023, 12, 31)),
        ("JY2022-23", "JY", date(2022, 7, 1), date(2023, 6, 30)),
        ("2024-Q4", "quarter", date(2024, 10, 1), date(2024, 12, 31)),
        ("2024-02", "month", date(2024, 2, 1), date(2024, 2, 29)),
        ("2024-03-31", "day", date(2024, 3, 31), date(2024, 3, 31)),
        ("CY2020-22", "CY_span", date(2020, 1, 1), date(2022, 12, 31)),
        ("FY2014-17", "FY_span", date(2014, 4, 1), date(2017, 3, 31)),
        ("AY2013-16", "AY_span", date(2013, 9, 1), date(2016, 8, 31)),
    ],
)
def test_a_period_has_its_kind_and_its_days(code: str, kind: str, start: date, end: date) -> None:
    rule = {"month": MONTH, "day": DAY}.get(kind, AUTO)
    assert read(code, rule) == Period(code, kind, start, end)


@given(
    kind=st.sampled_from(["FY", "AY", "CY", "JY"]),
    first=st.integers(1900, 2150),
    count=st.integers(1, 20),
    rule=ANY_KIND,
)
def test_codes_of_years_read_as_themselves_under_any_rule(kind: str, first: int, count: int, rule: Any) -> None:
    last = first + count if kind != "CY" else first + count - 1
    code = f"{kind}{first}" if last == first else f"{kind}{first}-{last % 100:02d}"
    period = read(code, PeriodRule(kind=rule))
    assert period.code == code
    assert period.kind == (kind if count == 1 else f"{kind}_span")
    assert period.start.year == first
    after = period.end + timedelta(days=1)
    assert (after.year - first, after.month, after.day) == (count, period.start.month, 1)


@given(day=st.dates(date(1900, 1, 1), date(2150, 12, 31)))
def test_the_codes_of_days_months_and_quarters_read_as_themselves(day: date) -> None:
    assert read(day.isoformat(), DAY) == Period(day.isoformat(), "day", day, day)
    month = read(f"{day:%Y-%m}", MONTH)
    assert (month.code, month.start <= day <= month.end) == (f"{day:%Y-%m}", True)
    quarter = read(f"{day.year}-Q{(day.month + 2) // 3}", QUARTER)
    assert quarter.start <= day <= quarter.end
    assert read(quarter.code, AUTO) == quarter


@given(label=st.text(max_size=20), kind=ANY_KIND)
def test_no_label_raises_an_error(label: str, kind: Any) -> None:
    period = parse_period(label, PeriodRule(kind=kind))
    assert period is None or period.start <= period.end


@given(label=st.from_regex(r"\A[0-9/(){1,2} QPYT:\-]{1,20}\Z"), kind=ANY_KIND)
def test_no_label_of_digits_raises_an_error(label: str, kind: Any) -> None:
    period = parse_period(label, PeriodRule(kind=kind))
    assert period is None or period.start <= period.end


@pytest.mark.parametrize(("label", "code"), [("1995-2024", "CY1995-24"), ("1994-2024", None)])
def test_a_period_may_last_at_most_thirty_years(label: str, code: str | None) -> None:
    period = parse_period(label, CY)
    assert (period and period.code) == code

"""Figures become public at half past nine by London's clocks, in summer and winter, and not a second before."""

from datetime import UTC, date, datetime, timedelta

import pytest

from orchestration.contracts.publication import OpenTier
from orchestration.foundation import clock
from orchestration.foundation.errors import GateRefusedError
from orchestration.warehouse.approval.embargo import demand_time, in_words, moment_on, next_moment

RULES = OpenTier(
    signed_by=["a", "b"], method_changes_noted_by="b", large_revision=0.1, time="09:30", zone="Europe/London"
)
NIGHTLY = RULES.model_copy(update={"time": "01:30"})


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("day", "moment"),
    [
        ("2026-03-28", "2026-03-28 09:30"),
        ("2026-03-29", "2026-03-29 08:30"),  # the clocks went forward that night
        ("2026-10-24", "2026-10-24 08:30"),
        ("2026-10-25", "2026-10-25 09:30"),  # and back
    ],
)
def test_the_moment_follows_the_clocks(day: str, moment: str) -> None:
    assert moment_on(date.fromisoformat(day), RULES) == utc(moment)
    assert " at 09:30 (Europe/London)" in in_words(utc(moment), RULES)


def test_a_time_that_the_clocks_show_twice_or_skip_is_the_later_one() -> None:
    assert moment_on(date(2026, 10, 25), NIGHTLY) == utc("2026-10-25 01:30")
    assert moment_on(date(2026, 3, 29), NIGHTLY) == utc("2026-03-29 01:30")


@pytest.mark.parametrize(
    ("after", "moment"),
    [
        ("2026-03-28 09:29", "2026-03-28 09:30"),
        ("2026-03-28 09:30", "2026-03-29 08:30"),
        ("2026-10-24 23:30", "2026-10-25 09:30"),  # past midnight in London already
    ],
)
def test_the_next_moment_is_ahead(after: str, moment: str) -> None:
    assert next_moment(utc(after), RULES) == utc(moment)


@pytest.mark.parametrize(
    ("wait", "words"),
    [
        (timedelta(seconds=1), "in 1 minute:"),
        (timedelta(minutes=61), "in 1 hour and 1 minute:"),
        (timedelta(days=2, hours=3, seconds=1), "in 2 days, 3 hours and 1 minute:"),
        (timedelta(days=1), "in 1 day:"),
    ],
)
def test_before_it_publication_is_refused_with_the_time_left(wait: timedelta, words: str) -> None:
    moment = utc("2026-03-30 08:30")
    with (
        clock.set_to(moment - wait),
        pytest.raises(GateRefusedError, match=rf"r1 becomes public on Monday 30 March 2026 at 09:30 .*{words}"),
    ):
        demand_time("r1", moment, None, RULES)


def test_from_the_moment_on_it_is_allowed() -> None:
    moment = utc("2026-03-30 08:30")
    for late in (timedelta(0), timedelta(days=400)):
        with clock.set_to(moment + late):
            demand_time("r1", moment, moment, RULES)


def test_a_clock_that_jumped_back_is_noticed() -> None:
    moment = utc("2026-03-30 08:30")
    with (
        clock.set_to(moment + timedelta(hours=1)),
        pytest.raises(
            GateRefusedError, match=r"09:30:00 UTC, but since r1 was approved .* 09:30:01 UTC: set the clock"
        ),
    ):
        demand_time("r1", moment, moment + timedelta(hours=1, seconds=1), RULES)

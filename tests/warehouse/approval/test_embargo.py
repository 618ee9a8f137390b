"""Figures become public at 9:30am London time, in summer and winter, and not a second earlier."""

from datetime import UTC, date, datetime, timedelta

import pytest

from orchestration.contracts.publication import OpenTier
from orchestration.foundation import clock
from orchestration.foundation.errors import GateRefusedError
from orchestration.warehouse.approval.embargo import in_words, moment_on, next_moment, require_time

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
    assert " at 9:30am (Europe/London)" in in_words(utc(moment), RULES)


@pytest.mark.parametrize(
    ("time", "words"), [("00:05", "12:05am"), ("12:00", "12pm"), ("17:00", "5pm"), ("17:45", "5:45pm")]
)
def test_times_of_day_are_written_in_govuk_style(time: str, words: str) -> None:
    rules = RULES.model_copy(update={"time": time})
    assert in_words(moment_on(date(2026, 1, 5), rules), rules) == f"Monday 5 January 2026 at {words} (Europe/London)"


def test_a_time_that_clocks_repeat_or_skip_is_the_later_one() -> None:
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
        (timedelta(seconds=1), "in 1 minute;"),
        (timedelta(minutes=61), "in 1 hour and 1 minute;"),
        (timedelta(days=2, hours=3, seconds=1), "in 2 days, 3 hours and 1 minute;"),
        (timedelta(days=1), "in 1 day;"),
    ],
)
def test_earlier_publication_is_refused_with_the_remaining_time(wait: timedelta, words: str) -> None:
    moment = utc("2026-03-30 08:30")
    with (
        clock.set_to(moment - wait),
        pytest.raises(GateRefusedError, match=rf"r1 becomes public on Monday 30 March 2026 at 9:30am .*{words}"),
    ):
        require_time("r1", moment, None, RULES)


def test_publication_is_allowed_from_that_moment() -> None:
    moment = utc("2026-03-30 08:30")
    for late in (timedelta(0), timedelta(days=400)):
        with clock.set_to(moment + late):
            require_time("r1", moment, moment, RULES)


def test_a_clock_that_was_set_back_is_noticed() -> None:
    moment = utc("2026-03-30 08:30")
    with (
        clock.set_to(moment + timedelta(hours=1)),
        pytest.raises(
            GateRefusedError,
            match=r"shows .* 09:30:00 UTC, but the audit log has .* 09:30:01 UTC, .* correct the clock",
        ),
    ):
        require_time("r1", moment, moment + timedelta(hours=1, seconds=1), RULES)

"""When figures become public: a day, and a time of day in one time zone, with summer time.

Contains that moment, the check that it has come, and the check that the clock is plausible. Not here: the choice of the
day (`signoff`), and the schedule that runs at that time (`orchestration.defs.jobs`).
"""

from datetime import UTC, date, datetime, timedelta

from orchestration.contracts.publication import OpenTier
from orchestration.foundation import clock
from orchestration.foundation.errors import GateRefusedError


def moment_on(day: date, rules: OpenTier) -> datetime:
    """Return the moment of publication on `day`, in UTC; if clocks repeat or skip that time, the later moment."""
    readings = (datetime.combine(day, rules.clock_time, rules.clock).replace(fold=fold) for fold in (0, 1))
    return max(reading.astimezone(UTC) for reading in readings)


def next_moment(after: datetime, rules: OpenTier) -> datetime:
    """Return the first moment of publication after `after`."""
    today = after.astimezone(rules.clock).date()
    moment = moment_on(today, rules)
    return moment if moment > after else moment_on(today + timedelta(days=1), rules)


def in_words(moment: datetime, rules: OpenTier) -> str:
    """Return a moment in words: `Monday 30 March 2026 at 9:30am (Europe/London)`."""
    local = moment.astimezone(rules.clock)
    return f"{local:%A} {local.day} {local:%B %Y} at {_time_of_day(local)} ({rules.zone})"


def require_time(release_id: str, moment: datetime, last_recorded: datetime | None, rules: OpenTier) -> None:
    """Raise GateRefusedError before `moment`, or if the clock shows an earlier time than `last_recorded`."""
    present = clock.now()
    if last_recorded is not None and present < last_recorded:
        raise GateRefusedError(
            f"The clock of this machine shows {present:%Y-%m-%d %H:%M:%S} UTC, but the audit log has a line of "
            f"{last_recorded:%Y-%m-%d %H:%M:%S} UTC, written after {release_id} was approved; correct the clock and "
            "publish again."
        )
    if present < moment:
        raise GateRefusedError(
            f"{release_id} becomes public on {in_words(moment, rules)}, in {_length(moment - present)}; "
            "publish it then, or leave it to the schedule."
        )


def _time_of_day(local: datetime) -> str:
    """Return a time of day in GOV.UK style: `9:30am`, `5pm`."""
    minutes = f":{local:%M}" if local.minute else ""
    return f"{local.hour % 12 or 12}{minutes}{'am' if local.hour < 12 else 'pm'}"


def _length(wait: timedelta) -> str:
    """Return a length of time in words, rounded up to the minute: `2 days, 3 hours and 1 minute`."""
    minutes = -(-wait // timedelta(minutes=1))
    parts = [(minutes // 1440, "day"), (minutes // 60 % 24, "hour"), (minutes % 60, "minute")]
    words = [f"{count} {unit}{'' if count == 1 else 's'}" for count, unit in parts if count]
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)

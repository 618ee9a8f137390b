"""When figures become public: a day at a time of day, by the clocks of one zone, summer time or not.

Belongs here: that moment, the wait for it, and a clock that cannot be right. Does not belong here: who chose the day
(`signoff`), and the schedule that wakes up then (`orchestration.defs.jobs`).
"""

from datetime import UTC, date, datetime, timedelta

from orchestration.contracts.publication import OpenTier
from orchestration.foundation import clock
from orchestration.foundation.errors import GateRefusedError


def moment_on(day: date, rules: OpenTier) -> datetime:
    """The moment of publication on `day`, in UTC. Where the clocks show that time twice, or skip it, the later one."""
    readings = (datetime.combine(day, rules.clock_time, rules.clock).replace(fold=fold) for fold in (0, 1))
    return max(reading.astimezone(UTC) for reading in readings)


def next_moment(after: datetime, rules: OpenTier) -> datetime:
    """The first moment of publication after `after`."""
    today = after.astimezone(rules.clock).date()
    found = moment_on(today, rules)
    return found if found > after else moment_on(today + timedelta(days=1), rules)


def in_words(moment: datetime, rules: OpenTier) -> str:
    """`Monday 30 March 2026 at 09:30 (Europe/London)`."""
    local = moment.astimezone(rules.clock)
    return f"{local:%A} {local.day} {local:%B %Y} at {local:%H:%M} ({rules.zone})"


def demand_time(release_id: str, moment: datetime, last_recorded: datetime | None, rules: OpenTier) -> None:
    """Raise GateRefusedError before `moment`, or if the clock is behind `last_recorded`, which has been already."""
    present = clock.now()
    if last_recorded is not None and present < last_recorded:
        raise GateRefusedError(
            f"The clock of this machine says {present:%Y-%m-%d %H:%M:%S} UTC, but since {release_id} was approved the "
            f"audit log has a line of {last_recorded:%Y-%m-%d %H:%M:%S} UTC: set the clock right and publish again."
        )
    if present < moment:
        raise GateRefusedError(
            f"{release_id} becomes public on {in_words(moment, rules)}, in {_length(moment - present)}: "
            "publish it then, or let the schedule do it."
        )


def _length(wait: timedelta) -> str:
    """A length of time in words, to the minute, rounded up: `2 days, 3 hours and 1 minute`."""
    minutes = -(-wait // timedelta(minutes=1))
    parts = [(minutes // 1440, "day"), (minutes // 60 % 24, "hour"), (minutes % 60, "minute")]
    words = [f"{count} {unit}{'' if count == 1 else 's'}" for count, unit in parts if count]
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)

"""A release in Python, for notebooks.

Contains the connection and its shortcuts to pandas. Not here: opening releases (`orchestration.warehouse.store.query`),
or anything that a refresh uses.
"""

from contextlib import ExitStack
from datetime import UTC, date, datetime
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from orchestration.foundation.errors import UsageError
from orchestration.foundation.settings import Settings
from orchestration.warehouse.store.catalogue import TIER
from orchestration.warehouse.store.query import opened

if TYPE_CHECKING:
    import pandas as pd


class Warehouse:
    """A read-only DuckDB connection to one release, with all methods of DuckDB's own.

    Names without a schema are looked up in `analysis`, then in `marts`. Call `close`, or use it in `with`: until then
    the release is not pruned.
    """

    def __init__(self, settings: Settings, release: str | None, as_at: datetime | None, tier: str) -> None:
        self._open = ExitStack()
        self.connection = self._open.enter_context(
            opened(settings, release, as_at, tier, setup="SET search_path = 'analysis,marts'")
        )

    def frame(self, query: str, *values: object) -> "pd.DataFrame":
        """Return the rows of a query as a pandas frame; each `?` in it takes one of `values`."""
        return self.connection.execute(query, list(values)).df()

    def series(self, measure: str, location: str) -> "pd.DataFrame":
        """Return one measure of one location for all people, with confidence limits and one row per period."""
        return self.frame(
            """SELECT period_code, period_start, value, value_status, lower_95, upper_95, unit FROM observations
               WHERE measure_code = ? AND location_code = ? AND category = 'Total' AND service_line = 'Total'
               ORDER BY period_start, period_code""",
            measure,
            location,
        ).set_index("period_start")

    def close(self) -> None:
        """Close the connection, so that the release may be pruned."""
        self._open.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.connection, name)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def connect(
    as_at: datetime | date | str | None = None,
    release: str | None = None,
    *,
    tier: str = TIER,
    settings: Settings | None = None,
) -> Warehouse:
    """Open the current release, or `release`, or what was known `as_at` a time (UTC unless it names a zone).

    Raise OversightError if the release does not exist, UsageError for an invalid time.
    """
    return Warehouse(settings or Settings(), release, _moment(as_at), tier)


def _moment(as_at: datetime | date | str | None) -> datetime | None:
    if as_at is None:
        return None
    if isinstance(as_at, str):
        try:
            as_at = datetime.fromisoformat(as_at)
        except ValueError:
            raise UsageError(
                f"as_at {as_at!r} is not a time; use the format 2026-01-31 or 2026-01-31T09:30:00Z."
            ) from None
    if not isinstance(as_at, datetime):
        as_at = datetime(as_at.year, as_at.month, as_at.day)
    return as_at if as_at.tzinfo else as_at.replace(tzinfo=UTC)

"""A release in Python: what an analyst opens in a notebook.

Belongs here: the connection and its short cuts to pandas. Does not belong here: opening releases
(`orchestration.warehouse.store.query`), or anything that the nightly way uses.
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
    """A read-only DuckDB connection to one release; whatever DuckDB's connection can, this can.

    Names without a schema are looked for in `analysis`, then in `marts`. Leave it with `close`, or use it in `with`:
    the release stays on disk until then.
    """

    def __init__(self, settings: Settings, release: str | None, as_at: datetime | None, tier: str) -> None:
        self._open = ExitStack()
        self.connection = self._open.enter_context(
            opened(settings, release, as_at, tier, setup="SET search_path = 'analysis,marts'")
        )

    def frame(self, query: str, *values: object) -> "pd.DataFrame":
        """The rows of a query as a pandas frame; each `?` in it takes one of `values`."""
        return self.connection.execute(query, list(values)).df()

    def series(self, measure: str, location: str) -> "pd.DataFrame":
        """The figures for everybody of one measure at one place, with their limits, a row each period."""
        return self.frame(
            """SELECT period_code, period_start, value, value_status, lower_95, upper_95, unit FROM observations
               WHERE measure_code = ? AND location_code = ? AND category = 'Total' AND service_line = 'Total'
               ORDER BY period_start, period_code""",
            measure,
            location,
        ).set_index("period_start")

    def close(self) -> None:
        """Give the release back."""
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
    """Open the release in force, or `release`, or what was known `as_at` a time (UTC where it names no zone).

    Raises OversightError if there is no such release, UsageError for a time that cannot be read.
    """
    return Warehouse(settings or Settings(), release, _moment(as_at), tier)


def _moment(said: datetime | date | str | None) -> datetime | None:
    if said is None:
        return None
    if isinstance(said, str):
        try:
            said = datetime.fromisoformat(said)
        except ValueError:
            raise UsageError(f"as_at {said!r} is no time: write it like 2026-01-31 or 2026-01-31T09:30:00Z.") from None
    if not isinstance(said, datetime):
        said = datetime(said.year, said.month, said.day)
    return said if said.tzinfo else said.replace(tzinfo=UTC)

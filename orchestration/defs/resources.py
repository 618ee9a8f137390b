"""Resources of the assets: settings and contracts of the installation, and the refresh lock.

Contains the resources. Not here: their use (the assets).
"""

from collections.abc import Iterator
from contextlib import contextmanager

import dagster as dg

from orchestration.contracts import Contracts, load_contracts
from orchestration.foundation.locks import refresh_lock
from orchestration.foundation.settings import Settings


class Warehouse(dg.ConfigurableResource):  # type: ignore[type-arg]
    """The installation: settings from the environment and contracts from disk."""

    @property
    def settings(self) -> Settings:
        """Paths and limits."""
        return Settings()

    @property
    def contracts(self) -> Contracts:
        """Contracts of returns and references. Raises ContractError if one is invalid."""
        return load_contracts(self.settings.contracts)


class RefreshLock(dg.ConfigurableResource):  # type: ignore[type-arg]
    """The lock that a run holds from its first step to its last, so that refreshes cannot overlap."""

    @contextmanager
    def yield_for_execution(self, context: dg.InitResourceContext) -> Iterator["RefreshLock"]:
        """Hold the lock for the run. Raise RefreshLockedError while another refresh holds it."""
        with refresh_lock(Settings()):
            yield self

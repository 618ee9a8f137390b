"""What assets need: the settings and contracts of the installation, and the lock of a refresh.

Belongs here: resources. Does not belong here: what is done with them.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import dagster as dg

from orchestration.contracts import Contracts, load_contracts
from orchestration.foundation.locks import refresh_lock
from orchestration.foundation.settings import Settings


class Warehouse(dg.ConfigurableResource):  # type: ignore[type-arg]
    """The installation: settings from the environment, contracts from disk, both read once a run."""

    @property
    def settings(self) -> Settings:
        """Paths and limits."""
        return Settings()

    @property
    def contracts(self) -> Contracts:
        """Contracts of returns and references; raises ContractError if one is not valid."""
        return load_contracts(self.settings.contracts)


class RefreshLock(dg.ConfigurableResource):  # type: ignore[type-arg]
    """Held from the first step of a run to its last, so that two refreshes cannot mix."""

    @contextmanager
    def yield_for_execution(self, context: dg.InitResourceContext) -> Iterator["RefreshLock"]:
        """Take the lock for the run; raises RefreshLockedError while another refresh holds it."""
        with refresh_lock(Settings()):
            yield self

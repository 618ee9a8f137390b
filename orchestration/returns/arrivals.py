"""Arrivals: files landed at the start of a refresh, from a list of submissions or from all connectors.

Contains choosing between the two and counting the results. Not here: fetching bytes (`connectors`) or storing them
(`landing`).
"""

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from orchestration.contracts.load import Contracts
from orchestration.foundation.progress import announce
from orchestration.foundation.settings import Settings
from orchestration.returns.connectors import pull
from orchestration.returns.connectors.interface import Source
from orchestration.returns.landing.landing_area import Receipt
from orchestration.returns.landing.submissions_list import Refused, WithoutContract, land_list


@dataclass
class Arrivals:
    """Results of landing: new receipts, files known already, and files not landed, as sentences."""

    landed: list[Receipt] = field(default_factory=list)
    already_there: int = 0
    refused: list[Refused] = field(default_factory=list)
    without_contract: list[WithoutContract] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    waiting: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def counts(self) -> dict[str, int]:
        """Counts for a run's record."""
        return {
            "landed": len(self.landed),
            "already_there": self.already_there,
            "refused": len(self.refused),
            "without_contract": sum(skipped.file_count for skipped in self.without_contract),
            "failed": len(self.failed),
            "waiting": len(self.waiting),
        }

    def report(self) -> "ArrivalReport":
        """Return the arrivals for the summary of the refresh."""
        return ArrivalReport(
            without_contract=[asdict(skipped) for skipped in self.without_contract],
            not_brought_in=[refusal.reason for refusal in self.refused] + self.failed,
            notes=self.notes + [f"{name} is still being written; it will be landed next time" for name in self.waiting],
        )


@dataclass(frozen=True)
class ArrivalReport:
    """Arrivals as the summary of a refresh shows them: codes without a contract, files that did not land, notes."""

    without_contract: list[dict[str, Any]]
    not_brought_in: list[str]
    notes: list[str]


def bring_in(settings: Settings, contracts: Contracts, submissions: str | None = None) -> Arrivals:
    """Land every file in the list `submissions`, or pull every source if it is None; return the results.

    Raises SubmissionsListError if the list cannot be used. A source that fails is reported; the others continue.
    """
    arrivals = Arrivals()
    if submissions is not None:
        announce(f"landing the files of {submissions}")
        report = land_list(settings, Path(submissions), contracts.known_codes)
        arrivals.landed = list(report.landed)
        arrivals.already_there = len(report.already_there)
        arrivals.refused = list(report.refused)
        arrivals.without_contract = list(report.without_contract)
        return arrivals
    announce("pulling returns")
    for pulled in pull(settings, _sources(contracts)):
        arrivals.landed += pulled.arrived
        arrivals.failed += pulled.failed
        arrivals.waiting += pulled.waiting
        arrivals.notes += pulled.notes
    return arrivals


def _sources(contracts: Contracts) -> list[Source]:
    """Return every return with its `pull:` block; returns without one and references use the drop folder."""
    drop = {"connector": "drop_folder"}
    sources = [Source(c.return_code, c.department, c.pull or drop) for c in contracts.returns.values()]
    return sources + [Source(c.reference, c.department, drop, "reference") for c in contracts.references.values()]

"""Screening of landed submissions: which are screened, and the outcome of each.

Contains the order of receipts, duplicates, skipping unchanged files, and the current references. Not here: screening
one file (`screening`), or what a refresh does with the results.

Everything written here is derived: it is stored under `observations/` and written again whenever the bytes, the
contract, the references or screening itself change.
"""

import hashlib
import json
import shutil
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from orchestration.contracts.load import Contracts
from orchestration.foundation.settings import Settings
from orchestration.returns.landing.landing_area import Landing, Receipt, RejectedArrival, Withdrawal
from orchestration.returns.rules import refuses
from orchestration.returns.screening.references import read_reference
from orchestration.returns.screening.screener import ENGINE_VERSION, Incoming, Outcome, Screener

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Screened:
    """A receipt with its outcome ('accepted', 'refused', 'repeat' or 'withdrawn') and the folder of its files."""

    receipt: Receipt
    outcome: str
    folder: Path
    facts: dict[str, object]


@dataclass(frozen=True)
class References:
    """Current reference files: for each code its receipt and its Parquet file."""

    in_force: dict[str, tuple[Receipt, Path]]
    refused: list[tuple[Receipt, list[str]]]

    @property
    def files(self) -> dict[str, Path]:
        """Parquet file by reference code."""
        return {code: path for code, (_, path) in self.in_force.items()}

    @property
    def fingerprint(self) -> str:
        """Hash that changes whenever a current reference file changes."""
        text = "\n".join(f"{code} {receipt.sha256}" for code, (receipt, _) in sorted(self.in_force.items()))
        return hashlib.sha256(text.encode()).hexdigest()[:12]


def _silent(_: str) -> None:
    """Show no progress."""


def read_references(settings: Settings, contracts: Contracts, progress: Progress = _silent) -> References:
    """Read every landed reference that has a contract; the latest readable one of each code is current."""
    landing = Landing(settings)
    in_force: dict[str, tuple[Receipt, Path]] = {}
    refused: list[tuple[Receipt, list[str]]] = []
    for code, contract in contracts.references.items():
        withdrawn = {w.submission_key for w in landing.withdrawals()}
        for receipt in landing.receipts(code):
            if receipt.submission_key in withdrawn:
                continue
            folder = settings.observations / code / receipt.submission_key
            basis = _basis(contracts.version(code), receipt.sha256)
            if _stored_facts(folder, basis) is None:
                progress(f"reading {receipt.file_name}")
                path = landing.object_path(receipt.sha256)
                problems = read_reference(settings, path, receipt.file_name, contract, folder)
                _record_basis(folder, basis)
                if refuses(problems):
                    refused.append((receipt, [problem.message for problem in problems]))
            elif not (folder / "reference.parquet").exists():
                facts = json.loads((folder / "outcome.json").read_text(encoding="utf-8"))
                refused.append((receipt, [str(message) for message in facts["problems"]]))
            if (folder / "reference.parquet").exists():
                in_force[code] = (receipt, folder / "reference.parquet")
    return References(in_force, refused)


def screen_return(
    settings: Settings, contracts: Contracts, references: References, return_code: str, progress: Progress = _silent
) -> list[Screened]:
    """Screen the submissions of one return, in order of `received_at`; rejected files are refused unread.

    A file with the same bytes as the current submission at its time is a duplicate, not a submission of its own.
    """
    landing = Landing(settings)
    screener = Screener(settings, contracts, references.files)
    withdrawals = {w.submission_key: w for w in landing.withdrawals()}
    versions = [contracts.version(code) for code in (return_code, "codes", *sorted(contracts.references))]
    accepted: list[Receipt] = []
    results = []
    for receipt in landing.arrivals(return_code):
        folder = settings.observations / return_code / receipt.submission_key
        latest = _current(accepted, withdrawals, receipt.received_at)
        if latest is not None and latest.sha256 == receipt.sha256:
            shutil.rmtree(folder, ignore_errors=True)
            results.append(Screened(receipt, "repeat", folder, {"repeats": latest.submission_key}))
            continue
        basis = _basis(*versions, references.fingerprint, receipt.sha256, receipt.period_hint or "")
        facts = _stored_facts(folder, basis)
        if facts is None:
            progress(f"screening {receipt.file_name}")
            outcome = screener.screen(incoming(landing, receipt), folder)
            # If screening itself failed, the next refresh tries again.
            facts = _record_basis(folder, basis if outcome.is_final else "")
        if facts["accepted"]:
            accepted.append(receipt)
        results.append(Screened(receipt, "accepted" if facts["accepted"] else "refused", folder, facts))
    return results


def screen_ahead(
    settings: Settings, contracts: Contracts, references: References, progress: Progress = _silent
) -> None:
    """Screen every return, two at a time, so that `screen_return` needs only to read the results."""

    def screen(code: str) -> None:
        screen_return(settings, contracts, references, code, progress)

    with ThreadPoolExecutor(max_workers=2) as pool:
        for future in [pool.submit(copy_context().run, screen, code) for code in contracts.returns]:
            future.result()


def screened_so_far(settings: Settings, contracts: Contracts) -> list[Screened]:
    """Return the results of earlier screening; leave out submissions that have not been screened yet."""
    landing = Landing(settings)
    withdrawn = {withdrawal.submission_key for withdrawal in landing.withdrawals()}
    results = []
    for code in contracts.returns:
        for receipt in landing.arrivals(code):
            folder = settings.observations / code / receipt.submission_key
            try:
                facts = json.loads((folder / "outcome.json").read_text(encoding="utf-8"))
            except (FileNotFoundError, json.JSONDecodeError):
                continue
            outcome = "accepted" if facts["accepted"] else "refused"
            if receipt.submission_key in withdrawn:
                outcome = "withdrawn"
            results.append(Screened(receipt, outcome, folder, facts))
    return results


def screen_all(
    settings: Settings, contracts: Contracts, references: References, progress: Progress = _silent
) -> list[Screened]:
    """Screen the submissions of every return that has a contract."""
    return [
        screened
        for code in contracts.returns
        for screened in screen_return(settings, contracts, references, code, progress)
    ]


def incoming(landing: Landing, receipt: Receipt) -> Incoming:
    """Return a receipt in the form that the screener needs."""
    return Incoming(
        path=landing.object_path(receipt.sha256),
        file_name=receipt.file_name,
        submission_key=receipt.submission_key,
        return_code=receipt.return_code,
        department_code=receipt.department_code,
        received_at=receipt.received_at,
        period_hint=receipt.period_hint,
        turned_away=receipt.reason if isinstance(receipt, RejectedArrival) else None,
    )


def outcome_of(facts: dict[str, object]) -> Outcome:
    """Return the counts of an `outcome.json` as an Outcome (without its problems)."""
    names = Outcome.__dataclass_fields__
    return Outcome(**{name: value for name, value in facts.items() if name in names})  # type: ignore[arg-type]


def _current(accepted: Iterable[Receipt], withdrawals: dict[str, Withdrawal], at: datetime) -> Receipt | None:
    """Return the latest of `accepted` that was not withdrawn by `at`."""
    remaining = [
        receipt
        for receipt in accepted
        if receipt.submission_key not in withdrawals or withdrawals[receipt.submission_key].withdrawn_at > at
    ]
    return remaining[-1] if remaining else None


def _basis(*parts: str) -> str:
    return hashlib.sha256("\n".join((ENGINE_VERSION, *parts)).encode()).hexdigest()[:16]


def _stored_facts(folder: Path, basis: str) -> dict[str, object] | None:
    """Return the results of an earlier screening on the same basis, or None."""
    try:
        if (folder / "basis").read_text(encoding="utf-8") != basis:
            return None
        facts = json.loads((folder / "outcome.json").read_text(encoding="utf-8"))
    except (FileNotFoundError, json.JSONDecodeError):
        return None
    return facts if isinstance(facts, dict) else None


def _record_basis(folder: Path, basis: str) -> dict[str, object]:
    """Record the basis of the results in `folder`. It is written last, so that an interrupted screening runs again."""
    (folder / "basis").write_text(basis, encoding="utf-8")
    facts = json.loads((folder / "outcome.json").read_text(encoding="utf-8"))
    return dict(facts)

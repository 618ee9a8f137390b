"""Drafts of the open tier: the warehouse built again with suppression applied.

Contains the steps from the current restricted release to a candidate of the open tier with its verdict. Not here: which
cells are suppressed (`orchestration.disclosure`), how they are (`suppressed_inputs`), and the conditions for
publication (`approval`).

A draft is built from the same submissions, contracts, references and code as the current restricted release.
"""

import json
import shutil
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from orchestration.contracts.load import Contracts
from orchestration.disclosure.suppression import Suppression, suppress
from orchestration.foundation import clock
from orchestration.foundation.database import attach, connect
from orchestration.foundation.errors import OversightError
from orchestration.foundation.settings import Settings
from orchestration.returns.intake import References, Screened, read_references, screen_all
from orchestration.returns.landing.landing_area import Landing, Withdrawal
from orchestration.warehouse.approval.signoff import signed
from orchestration.warehouse.build.inputs import inputs_digest, lay_out
from orchestration.warehouse.build.provenance import build_provenance, code_fingerprint
from orchestration.warehouse.build.star import ALL, build_star
from orchestration.warehouse.publishing.suppressed_inputs import suppress_inputs
from orchestration.warehouse.store.audit import record
from orchestration.warehouse.store.candidate import DATABASE, Candidate, make_candidate, prune_candidates
from orchestration.warehouse.store.catalogue import OPEN, current_release, names_in, new_release_id, resolve_release
from orchestration.warehouse.store.manifest import read_manifest
from orchestration.warehouse.store.verdict import VERDICT, Verdict

Gate = Callable[[Settings, Candidate, Mapping[str, Any], Path | None], Verdict]
"""Function that runs the gate: settings of the tier, candidate, results of dbt, folder of the current open release."""


@dataclass(frozen=True)
class DraftResult:
    """A draft: its id, its folder, the release it was built from, its counts of suppressed cells, and its verdict.

    If `is_new` is false, the draft had the same content as the current open release and was deleted; id and folder are
    those of that release.
    """

    release_id: str
    folder: Path
    made_of: str
    hidden: Suppression
    verdict: Verdict
    is_new: bool

    @property
    def refusal(self) -> str | None:
        """Why the gate refused the draft, in a sentence; None if it passed."""
        if self.verdict.passed:
            return None
        worst = self.verdict.failed[0]
        return f"The gate refused the draft: '{worst.rule}' ({worst.observed}); see {self.folder / VERDICT}."

    def as_dict(self) -> dict[str, object]:
        """Return the result as a dictionary, for JSON."""
        return {
            "release_id": self.release_id, "folder": str(self.folder), "made_of": self.made_of, "is_new": self.is_new,
            "cells_hidden": asdict(self.hidden), "passed": self.verdict.passed,
            "failed_rules": [asdict(rule) for rule in self.verdict.failed],
        }  # fmt: skip


def make_draft(settings: Settings, contracts: Contracts, gate: Gate, progress: Callable[[str], None]) -> DraftResult:
    """Draft the next open release from the current restricted release; call with the refresh lock held.

    The draft is stored under `build/open/candidates/`, with its verdict, and not published. Raises OversightError if
    there is no current restricted release, or if contracts, references, code or screening results have changed since it
    was built.
    """
    source = resolve_release(settings)
    references = read_references(settings, contracts, progress)
    submissions, withdrawals = _inputs_of(settings, contracts, references, source, progress)
    tier = settings.for_tier(OPEN)
    earlier = names_in(settings.releases / OPEN)
    tier.build.mkdir(parents=True, exist_ok=True)
    hidden = _write_suppressed_cells(settings, contracts, source, earlier, progress)
    shown = [
        screened for screened in submissions if OPEN in contracts.returns[screened.receipt.return_code].disclosure.tiers
    ]
    progress("preparing the inputs of the open tier")
    inputs = lay_out(tier, contracts, references, shown, withdrawals=withdrawals)
    with connect(tier.build_database, tier) as con:
        con.execute(f"CREATE TABLE landing.hidden AS FROM read_parquet('{_hidden_file(tier)}')")
        suppress_inputs(con, contracts)
    progress("building the star schema of the open tier")
    results = _build(tier)
    progress("copying the draft")
    provenance = build_provenance(contracts, inputs) | {"tier": OPEN, "made_of": source.name, "earlier": earlier}
    release_id = new_release_id(settings, clock.now(), str(provenance["inputs"]))
    candidate = make_candidate(tier, release_id, provenance)
    # Keep signed drafts until their time of publication, whatever the number of newer drafts.
    prune_candidates(tier, keep=[name for name in names_in(tier.candidates) if signed(settings, name)])
    progress("running the gate and the disclosure audit on the draft")
    before = current_release(settings, OPEN)
    verdict = gate(settings, candidate, results, settings.releases / OPEN / before if before else None)
    if before and read_manifest(settings.releases / OPEN / before)["fingerprint"] == verdict.fingerprint:
        shutil.rmtree(candidate.folder)
        return DraftResult(before, settings.releases / OPEN / before, source.name, hidden, verdict, is_new=False)
    record(
        settings, "draft", tier=OPEN, release_id=release_id, made_of=source.name, passed=verdict.passed,
        cells_hidden=hidden.small + hidden.besides,
    )  # fmt: skip
    return DraftResult(release_id, candidate.folder, source.name, hidden, verdict, is_new=True)


def _inputs_of(
    settings: Settings,
    contracts: Contracts,
    references: References,
    source: Path,
    progress: Callable[[str], None],
) -> tuple[list[Screened], dict[str, Withdrawal]]:
    """Return the screened submissions that the release in `source` was built from, and their withdrawals.

    Raises OversightError if any input of the release has changed since.
    """
    manifest = read_manifest(source)
    provenance = manifest["provenance"]
    changed = OversightError(
        f"Contracts, references or code have changed since release {source.name} was built; run `oversight refresh`, "
        "then `oversight draft` again."
    )
    if provenance.get("code") != code_fingerprint() or provenance.get("contracts") != contracts.fingerprint:
        raise changed
    listed = {submission["submission_key"]: submission for submission in manifest["submissions"]}
    submissions = [
        screened
        for screened in screen_all(settings, contracts, references, progress)
        if screened.receipt.submission_key in listed
    ]
    withdrawals = {
        withdrawal.submission_key: withdrawal
        for withdrawal in Landing(settings).withdrawals()
        if listed.get(withdrawal.submission_key, {}).get("withdrawn_at") is not None
    }
    if provenance.get("inputs") != inputs_digest(settings, contracts, references, submissions, withdrawals):
        raise changed
    return submissions, withdrawals


def _hidden_file(tier: Settings) -> Path:
    return tier.build / "hidden.parquet"


def _write_suppressed_cells(
    settings: Settings, contracts: Contracts, source: Path, earlier: list[str], progress: Callable[[str], None]
) -> Suppression:
    """Write the list of cells to suppress to the build folder of the open tier; return their counts."""
    with connect(None, settings) as con:
        attach(con, source / DATABASE, "restricted")
        for number, name in enumerate(earlier):
            attach(con, settings.releases / OPEN / name / DATABASE, f"earlier_{number}")
        names = [f"earlier_{number}" for number in range(len(earlier))]
        hidden = suppress(con, contracts, "restricted", names, progress)
        con.execute(f"COPY disclosure_hidden TO '{_hidden_file(settings.for_tier(OPEN))}' (FORMAT parquet)")
    return hidden


def _build(tier: Settings) -> dict[str, Any]:
    """Build the star schema of the open tier; return the results of dbt. Raises the failure of dbt, if any."""
    target = tier.build / "dbt"
    target.mkdir(parents=True, exist_ok=True)
    _, failure = build_star(tier, target, ["--select", ALL])
    if failure is not None:
        raise failure
    results: dict[str, Any] = json.loads((target / "run_results.json").read_text(encoding="utf-8"))
    return results

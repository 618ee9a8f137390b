"""A draft of the open tier: the warehouse built once more, of what the public may see.

Belongs here: from the restricted release in force to a candidate of the open tier with its verdict. Does not belong
here: which cells are hidden (`orchestration.disclosure`), how they are (`masking`), or what has to happen before a
draft is published (`approval`).

The draft is made of exactly what the release in force was made of: the same submissions, contracts, references and
code.
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

Judge = Callable[[Settings, Candidate, Mapping[str, Any], Path | None], Verdict]
"""How the gate judges a candidate: settings of the tier, candidate, dbt's results, the open release in force."""


@dataclass(frozen=True)
class Drafted:
    """A draft: its id, where it lies, the release it was made of, how many cells it hides, and what the gate says.

    Where `is_new` is false it says what the public has already, and was not kept: id and folder are the release's.
    """

    release_id: str
    folder: Path
    made_of: str
    hidden: Suppression
    verdict: Verdict
    is_new: bool

    @property
    def refusal(self) -> str | None:
        """What the gate says against it, in a sentence; None if nothing."""
        if self.verdict.passed:
            return None
        worst = self.verdict.failed[0]
        return f"The gate refused the draft: '{worst.rule}' ({worst.observed}); see {self.folder / VERDICT}."

    def as_dict(self) -> dict[str, object]:
        """For programs."""
        return {
            "release_id": self.release_id, "folder": str(self.folder), "made_of": self.made_of, "is_new": self.is_new,
            "cells_hidden": asdict(self.hidden), "passed": self.verdict.passed,
            "failed_rules": [asdict(rule) for rule in self.verdict.failed],
        }  # fmt: skip


def make_draft(settings: Settings, contracts: Contracts, judge: Judge, progress: Callable[[str], None]) -> Drafted:
    """Draft the next release of the open tier from the restricted release in force; call with the refresh lock held.

    The draft lies under `build/open/candidates/`, judged and not published. Raises OversightError if nothing is in
    force yet, or if contracts, references, code or what screening says have changed since that release was made.
    """
    source = resolve_release(settings)
    references = read_references(settings, contracts, progress)
    known, withdrawals = _known_to(settings, contracts, references, source, progress)
    tier = settings.for_tier(OPEN)
    earlier = names_in(settings.releases / OPEN)
    tier.build.mkdir(parents=True, exist_ok=True)
    hidden = _find_hidden(settings, contracts, source, earlier, progress)
    shown = [one for one in known if OPEN in contracts.returns[one.receipt.return_code].disclosure.tiers]
    progress("laying out what the public may see")
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
    # What somebody has signed waits for its day, however many drafts are made meanwhile.
    prune_candidates(tier, keep=[name for name in names_in(tier.candidates) if signed(settings, name)])
    progress("checking the draft, and attacking it as an intruder would")
    before = current_release(settings, OPEN)
    verdict = judge(settings, candidate, results, settings.releases / OPEN / before if before else None)
    if before and read_manifest(settings.releases / OPEN / before)["fingerprint"] == verdict.fingerprint:
        shutil.rmtree(candidate.folder)
        return Drafted(before, settings.releases / OPEN / before, source.name, hidden, verdict, is_new=False)
    record(
        settings, "draft", tier=OPEN, release_id=release_id, made_of=source.name, passed=verdict.passed,
        cells_hidden=hidden.small + hidden.besides,
    )  # fmt: skip
    return Drafted(release_id, candidate.folder, source.name, hidden, verdict, is_new=True)


def _known_to(
    settings: Settings,
    contracts: Contracts,
    references: References,
    source: Path,
    progress: Callable[[str], None],
) -> tuple[list[Screened], dict[str, Withdrawal]]:
    """What the release in force was made of: its submissions as screened, and the withdrawals that it knew of."""
    manifest = read_manifest(source)
    made_by = manifest["provenance"]
    changed = OversightError(
        f"Contracts, references or code have changed since release {source.name} was made: run `oversight refresh`, "
        "then draft again."
    )
    if made_by.get("code") != code_fingerprint() or made_by.get("contracts") != contracts.fingerprint:
        raise changed
    submissions = {one["submission_key"]: one for one in manifest["submissions"]}
    known = [
        one
        for one in screen_all(settings, contracts, references, progress)
        if one.receipt.submission_key in submissions
    ]
    withdrawals = {
        one.submission_key: one
        for one in Landing(settings).withdrawals()
        if submissions.get(one.submission_key, {}).get("withdrawn_at") is not None
    }
    if made_by.get("inputs") != inputs_digest(settings, contracts, references, known, withdrawals):
        raise changed
    return known, withdrawals


def _hidden_file(tier: Settings) -> Path:
    return tier.build / "hidden.parquet"


def _find_hidden(
    settings: Settings, contracts: Contracts, source: Path, earlier: list[str], progress: Callable[[str], None]
) -> Suppression:
    """Write which cells must be hidden to the build of the open tier; say how many."""
    with connect(None, settings) as con:
        attach(con, source / DATABASE, "restricted")
        for number, name in enumerate(earlier):
            attach(con, settings.releases / OPEN / name / DATABASE, f"earlier_{number}")
        names = [f"earlier_{number}" for number in range(len(earlier))]
        hidden = suppress(con, contracts, "restricted", names, progress)
        con.execute(f"COPY disclosure_hidden TO '{_hidden_file(settings.for_tier(OPEN))}' (FORMAT parquet)")
    return hidden


def _build(tier: Settings) -> dict[str, Any]:
    """Build the star schema of the open tier; what dbt says of its nodes. Raises as dbt's failures do."""
    target = tier.build / "dbt"
    target.mkdir(parents=True, exist_ok=True)
    _, failure = build_star(tier, target, ["--select", ALL])
    if failure is not None:
        raise failure
    results: dict[str, Any] = json.loads((target / "run_results.json").read_text(encoding="utf-8"))
    return results

"""The candidate and the published release as assets.

Contains the asset definitions. Not here: creating and publishing a candidate (`orchestration.warehouse`).
Materialising `published` alone applies the same conditions.
"""

import logging

import dagster as dg

from orchestration.defs.inputs import INPUTS
from orchestration.defs.resources import RefreshLock, Warehouse
from orchestration.defs.values import RECORDED
from orchestration.foundation import clock
from orchestration.foundation.errors import OversightError
from orchestration.foundation.notify import notify
from orchestration.foundation.progress import announce, timed
from orchestration.foundation.settings import Settings
from orchestration.warehouse.build.inputs import Inputs
from orchestration.warehouse.publishing.decision import Publication

CANDIDATE = dg.AssetKey(["release", "candidate"])
PUBLISHED = dg.AssetKey(["release", "published"])

_log = logging.getLogger("oversight")


def candidate_asset(star: dg.AssetsDefinition) -> dg.AssetsDefinition:
    """Return the asset that copies the marts and flat views to a separate file and executes each view once."""
    published_schemas = [key for key in star.keys if key.path[0] in ("marts", "analysis")]

    @dg.asset(
        key=CANDIDATE,
        deps=sorted(published_schemas),
        ins={"inputs": dg.AssetIn(INPUTS, input_manager_key=RECORDED)},
        group_name="release",
        kinds={"duckdb"},
        io_manager_key=RECORDED,
    )
    def candidate(inputs: Inputs, warehouse: Warehouse, lock: RefreshLock) -> dg.MaterializeResult[str]:
        from orchestration.warehouse.build.provenance import build_provenance
        from orchestration.warehouse.store.candidate import make_candidate, prune_candidates
        from orchestration.warehouse.store.catalogue import new_release_id

        settings = warehouse.settings
        announce("copying the candidate")
        with timed("candidate"):
            provenance = build_provenance(warehouse.contracts, inputs)
            release_id = new_release_id(settings, clock.now(), inputs.digest)
            candidate = make_candidate(settings, release_id, provenance)
            prune_candidates(settings)
        return dg.MaterializeResult(
            value=release_id, metadata={"release_id": release_id, "rows": sum(candidate.tables.values())}
        )

    return candidate


@dg.asset(
    key=PUBLISHED,
    ins={"release_id": dg.AssetIn(CANDIDATE, input_manager_key=RECORDED)},
    group_name="release",
    kinds={"duckdb", "parquet"},
    io_manager_key=RECORDED,
)
def published_asset(release_id: str, warehouse: Warehouse, lock: RefreshLock) -> dg.MaterializeResult[Publication]:
    """The current release, which is never altered; the pointer to it moves last.

    Publication requires a passing verdict for this candidate; otherwise the current release stays. During a hold,
    nothing is published, and a notification names the candidate that is waiting.
    """
    from orchestration.warehouse.publishing.decision import publish_candidate

    settings = warehouse.settings
    announce("publishing")
    with timed("publish"):
        result = publish_candidate(settings, release_id)
    if result.held:
        notify(settings, {"event": "publication_held", "in_force": result.release_id, **result.held})
    _clean_up(settings)
    return dg.MaterializeResult(value=result, metadata={name: str(value) for name, value in result.as_dict().items()})


def _clean_up(settings: Settings) -> None:
    """Prune releases and clean up after interrupted runs.

    Notify of a failure instead of raising it: publication is already complete.
    """
    from orchestration.warehouse.publishing.cleanup import clear_leftovers
    from orchestration.warehouse.publishing.retention import prune_all

    try:
        with timed("pruning"):
            for pruned in prune_all(settings):
                _log.info("pruned %s", pruned)
            clear_leftovers(settings)
    except (OversightError, OSError) as error:
        _log.exception("pruning failed")
        notify(settings, {"event": "pruning_failed", "message": str(error)})

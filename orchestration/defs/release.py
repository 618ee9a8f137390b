"""The candidate and the publication as assets.

Belongs here: asset definitions. Does not belong here: what makes a candidate or lets it be published
(`orchestration.warehouse`); materialising `published` by itself goes through the same refusals.
"""

import json
import logging
from datetime import UTC, datetime

import dagster as dg

from orchestration.defs.resources import RefreshLock, Warehouse
from orchestration.foundation.errors import OversightError
from orchestration.foundation.notify import notify
from orchestration.foundation.progress import announce, timed
from orchestration.foundation.settings import Settings

CANDIDATE = dg.AssetKey(["release", "candidate"])
PUBLISHED = dg.AssetKey(["release", "published"])

_log = logging.getLogger("oversight")


def candidate_asset(star: dg.AssetsDefinition) -> dg.AssetsDefinition:
    """The marts and flat views copied to a file of their own, each view executed there once."""
    published_schemas = [key for key in star.keys if key.path[0] in ("marts", "analysis")]

    @dg.asset(key=CANDIDATE, deps=sorted(published_schemas), group_name="release", kinds={"duckdb"})
    def candidate(warehouse: Warehouse, lock: RefreshLock) -> dg.MaterializeResult:  # type: ignore[type-arg]
        from orchestration.warehouse.build.provenance import build_provenance
        from orchestration.warehouse.store.candidate import make_candidate, prune_candidates
        from orchestration.warehouse.store.catalogue import new_release_id

        settings = warehouse.settings
        announce("copying the candidate")
        with timed("candidate"):
            provenance = build_provenance(settings, warehouse.contracts)
            release_id = new_release_id(settings, datetime.now(UTC), str(provenance["inputs"]))
            made = make_candidate(settings, release_id, provenance)
            prune_candidates(settings)
        return dg.MaterializeResult(metadata={"release_id": release_id, "rows": sum(made.tables.values())})

    return candidate


@dg.asset(key=PUBLISHED, deps=[CANDIDATE], group_name="release", kinds={"duckdb", "parquet"})
def published_asset(warehouse: Warehouse, lock: RefreshLock) -> dg.MaterializeResult:  # type: ignore[type-arg]
    """The release in force: immutable, named by the pointer that moves last.

    Refuses (and leaves the release in force) without a passing verdict for exactly the latest candidate. While
    a hold stands nothing moves, and somebody is told that numbers wait.
    """
    from orchestration.warehouse.publishing.decision import publish_latest

    settings = warehouse.settings
    announce("publishing")
    with timed("publish"):
        result = publish_latest(settings)
    if result.held:
        notify(settings, {"event": "publication_held", "in_force": result.release_id, **result.held})
    (settings.build / "published.json").write_text(json.dumps(result.as_dict()), encoding="utf-8")
    _keep_house(settings)
    return dg.MaterializeResult(metadata={name: str(value) for name, value in result.as_dict().items()})


def _keep_house(settings: Settings) -> None:
    """Prune, and clear what killed runs left. What is published is published: a failure here is told, not raised."""
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

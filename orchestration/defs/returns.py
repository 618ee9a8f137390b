"""Returns as assets: receipts, references, and each screened return, grouped by department.

Contains the asset definitions. Not here: landing and screening (`orchestration.returns`).
"""

import dagster as dg

from orchestration.contracts import Contracts, ReturnContract
from orchestration.defs.resources import RefreshLock, Warehouse
from orchestration.defs.values import RECORDED
from orchestration.foundation.notify import notify
from orchestration.foundation.progress import announce, timed
from orchestration.returns.arrivals import ArrivalReport, bring_in
from orchestration.returns.intake import read_references, screen_ahead, screen_return
from orchestration.returns.report import write_reports

RECEIPTS = dg.AssetKey(["landing", "receipts"])
REFERENCES = dg.AssetKey(["landing", "references"])


class ArrivalConfig(dg.Config):
    """Files to land: a list of submissions, or (by default) those that the connectors find."""

    submissions: str | None = None


@dg.asset(key=RECEIPTS, group_name="landing", kinds={"file"}, io_manager_key=RECORDED)
def receipts_asset(
    config: ArrivalConfig, warehouse: Warehouse, lock: RefreshLock
) -> dg.MaterializeResult[ArrivalReport]:
    """Landed files, stored permanently under their sha256, with one receipt per arrival."""
    with timed("landing"):
        arrivals = bring_in(warehouse.settings, warehouse.contracts, config.submissions)
    return dg.MaterializeResult(value=arrivals.report(), metadata=dict(arrivals.counts))


@dg.asset(key=REFERENCES, deps=[RECEIPTS], group_name="landing", kinds={"duckdb"})
def references_asset(warehouse: Warehouse, lock: RefreshLock) -> dg.MaterializeResult:  # type: ignore[type-arg]
    """Current lookups and denominators, read before any return; then new files are screened, two at a time."""
    with timed("screening"):
        references = read_references(warehouse.settings, warehouse.contracts, announce)
        screen_ahead(warehouse.settings, warehouse.contracts, references, announce)
    return dg.MaterializeResult(
        metadata={
            "in_force": {code: receipt.file_name for code, (receipt, _) in references.in_force.items()},
            "refused": [receipt.file_name for receipt, _ in references.refused],
        }
    )


def return_key(code: str) -> dg.AssetKey:
    """Return the asset key of a return: `["returns", <department>, <return>]`."""
    return dg.AssetKey(["returns", *code.split(".")])


def return_assets(contracts: Contracts) -> list[dg.AssetsDefinition]:
    """Return one asset for each return with a contract."""
    return [_return_asset(contract) for contract in contracts.returns.values()]


def _return_asset(contract: ReturnContract) -> dg.AssetsDefinition:
    @dg.asset(
        key=return_key(contract.return_code),
        deps=[RECEIPTS, REFERENCES],
        group_name=contract.department,
        description=f"{contract.name}. {contract.description.strip()}",
        owners=[contract.owner.email],
        kinds={"duckdb", "parquet"},
        metadata={"return_code": contract.return_code, "cadence": contract.cadence},
    )
    def screened(context: dg.AssetExecutionContext, warehouse: Warehouse, lock: RefreshLock) -> dg.MaterializeResult:  # type: ignore[type-arg]
        settings, contracts = warehouse.settings, warehouse.contracts
        with timed("screening"):
            references = read_references(settings, contracts)
            submissions = screen_return(settings, contracts, references, contract.return_code, announce)
        outcomes = [submission.outcome for submission in submissions]
        for submission in submissions:
            if submission.outcome == "refused":
                context.log.warning(f"refused: {submission.receipt.file_name}")
        for report in write_reports(settings, submissions):
            notify(
                settings,
                {"event": "return_refused", "return_code": contract.return_code, "report": str(report)},
            )
        return dg.MaterializeResult(
            metadata={outcome: outcomes.count(outcome) for outcome in ("accepted", "refused", "repeat")}
        )

    return screened

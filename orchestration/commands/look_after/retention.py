"""`oversight prune`, `pin` and `unpin`: which releases are kept, and for how long."""

from typing import Annotated

import typer

from orchestration.commands.output import OfTier, Tier
from orchestration.foundation.settings import Settings


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("prune", epilog="Exit code: 0.")(prune)
    app.command("pin", epilog="Exit code: 0.")(pin)
    app.command("unpin", epilog="Exit code: 0.")(unpin)


def prune(
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="List what would be deleted and why the rest is kept.")
    ] = False,
    tier: OfTier = Tier.restricted,
) -> None:
    """Delete releases that are beyond both the count and the age in the settings and not needed; manifests are kept."""
    from orchestration.foundation.locks import refresh_lock
    from orchestration.warehouse.publishing.cleanup import clear_leftovers
    from orchestration.warehouse.publishing.retention import prune as prune_releases

    settings = Settings()
    with refresh_lock(settings):
        decided = prune_releases(settings, tier, dry_run=dry_run)
        if not dry_run:
            clear_leftovers(settings)
    gone = [decision for decision in decided if decision.kept_because is None]
    for decision in decided:
        if decision.kept_because is None:
            word = "would go" if dry_run else "removed"
            typer.echo(f"{decision.release_id}: {word}, {decision.size_bytes / 1e6:,.1f} MB")
        elif decision.is_beyond or dry_run:
            typer.echo(f"{decision.release_id}: kept, {decision.kept_because}")
    word = "would go" if dry_run else "removed"
    typer.echo(
        f"{len(gone)} of {len(decided)} releases of the tier {tier} {word}, "
        f"{sum(decision.size_bytes for decision in gone) / 1e6:,.1f} MB (kept are the newest {settings.keep_releases}, "
        f"and all of the last {settings.keep_days} days)."
    )


def pin(
    release: Annotated[str, typer.Argument(help="Release id.")],
    reason: Annotated[str, typer.Option(help="Reason; kept with the pin and in the audit log.")],
    tier: OfTier = Tier.restricted,
) -> None:
    """Pin a release, so that it is never pruned."""
    from orchestration.warehouse.store.pins import pin as pin_release

    made = pin_release(Settings(), release, reason, tier)
    typer.echo(f"The release {made.release_id} is {made.in_words}; oversight unpin takes the pin away.")


def unpin(
    release: Annotated[str, typer.Argument(help="Pinned release.")],
    tier: OfTier = Tier.restricted,
) -> None:
    """Remove a pin; the release may then be pruned."""
    from orchestration.warehouse.store.pins import unpin as unpin_release

    stood = unpin_release(Settings(), release, tier)
    typer.echo(f"The release {stood.release_id} is no longer {stood.in_words}.")

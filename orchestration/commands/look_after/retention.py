"""`oversight prune`, `pin` and `unpin`: retention of releases."""

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
        decisions = prune_releases(settings, tier, dry_run=dry_run)
        if not dry_run:
            clear_leftovers(settings)
    deleted = [decision for decision in decisions if decision.kept_because is None]
    verb = "would be deleted" if dry_run else "deleted"
    for decision in decisions:
        if decision.kept_because is None:
            typer.echo(f"{decision.release_id}: {verb}, {decision.size_bytes / 1e6:,.1f} MB")
        elif decision.is_beyond or dry_run:
            typer.echo(f"{decision.release_id}: kept, {decision.kept_because}")
    typer.echo(
        f"{len(deleted)} of {len(decisions)} releases in the {tier} tier {verb}, "
        f"{sum(decision.size_bytes for decision in deleted) / 1e6:,.1f} MB (the newest {settings.keep_releases} and "
        f"those of the last {settings.keep_days} days are always kept)."
    )


def pin(
    release: Annotated[str, typer.Argument(help="Release id.")],
    reason: Annotated[str, typer.Option(help="Reason; kept with the pin and in the audit log.")],
    tier: OfTier = Tier.restricted,
) -> None:
    """Pin a release, so that it is never pruned."""
    from orchestration.warehouse.store.pins import pin as pin_release

    pinned = pin_release(Settings(), release, reason, tier)
    typer.echo(f"Release {pinned.release_id} is {pinned.in_words}; oversight unpin removes the pin.")


def unpin(
    release: Annotated[str, typer.Argument(help="Pinned release.")],
    tier: OfTier = Tier.restricted,
) -> None:
    """Remove a pin; the release may then be pruned."""
    from orchestration.warehouse.store.pins import unpin as unpin_release

    removed = unpin_release(Settings(), release, tier)
    typer.echo(f"Release {removed.release_id} is no longer pinned; it was {removed.in_words}.")

"""`oversight prune`, `pin` and `unpin`: which releases are kept, and for how long."""

from typing import Annotated

import typer

from orchestration.commands.output import OfTier, Tier
from orchestration.foundation.settings import Settings


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("prune")(prune)
    app.command("pin")(pin)
    app.command("unpin")(unpin)


def prune(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would go, and what is kept why.")] = False,
    tier: OfTier = Tier.restricted,
) -> None:
    """Remove releases that are beyond both the count and the age of the settings; their manifests stay."""
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
    release: Annotated[str, typer.Argument(help="A release, by its id.")],
    reason: Annotated[str, typer.Option(help="Why; kept with the pin and in the audit log.")],
    tier: OfTier = Tier.restricted,
) -> None:
    """Keep a release for good, whatever its age."""
    from orchestration.warehouse.store.pins import pin as pin_release

    made = pin_release(Settings(), release, reason, tier)
    typer.echo(f"The release {made.release_id} is {made.in_words}; oversight unpin takes the pin away.")


def unpin(
    release: Annotated[str, typer.Argument(help="A release that is pinned.")],
    tier: OfTier = Tier.restricted,
) -> None:
    """Take a pin away; the next pruning may remove the release."""
    from orchestration.warehouse.store.pins import unpin as unpin_release

    stood = unpin_release(Settings(), release, tier)
    typer.echo(f"The release {stood.release_id} is no longer {stood.in_words}.")

"""`oversight publish`, `rollback`, `releases`, `changes` and `verify`: the current release, its changes, integrity."""

from contextlib import nullcontext
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from orchestration.commands.output import SHOWN, OfTier, ResultFormat, Tier, print_table, write_answer
from orchestration.foundation.errors import OversightError
from orchestration.foundation.settings import Settings


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("publish", epilog="Exit codes: 0 published, 3 refused, 4 a refresh is running.")(publish)
    app.command("rollback", epilog="Exit codes: 0 rolled back, 4 a refresh is running.")(rollback)
    app.command("releases", epilog="Exit code: 0.")(releases)
    app.command("changes", epilog="Exit code: 0.")(changes)
    app.command("verify", epilog="Exit codes: 0 nothing has been altered, 1 damage, each case named.")(verify)


def publish(
    release: Annotated[str, typer.Argument(help="Release id of a candidate.")], tier: OfTier = Tier.restricted
) -> None:
    """Publish a candidate and lift any hold.

    It needs a passing verdict. In the open tier it also needs approval, and the time of publication must have come.
    """
    from orchestration.foundation.locks import refresh_lock
    from orchestration.warehouse.publishing.promotion import publish as publish_release
    from orchestration.warehouse.store.hold import standing_hold

    settings = Settings()
    # An open release must not wait for a refresh: it is due at a fixed time, and shares no files with the refresh.
    with refresh_lock(settings) if tier is Tier.restricted else nullcontext():
        hold = standing_hold(settings, tier)
        current = publish_release(settings, release, tier, lifts_hold=True)
    typer.echo(f"Release {current.release_id} is now the current release: {current.folder}")
    if hold:
        typer.echo(f"Publication was {hold.in_words}; the hold has been lifted.")


def rollback(
    release: Annotated[str | None, typer.Argument(help="Release to return to (default: the previous one).")] = None,
    reason: Annotated[str | None, typer.Option(help="Reason; kept with the hold and in the audit log.")] = None,
    tier: OfTier = Tier.restricted,
) -> None:
    """Roll back to an earlier release and hold publication until you publish by name."""
    from orchestration.foundation.locks import refresh_lock
    from orchestration.warehouse.publishing.promotion import rollback as roll_back

    settings = Settings()
    with refresh_lock(settings) if tier is Tier.restricted else nullcontext():
        current = roll_back(settings, release, tier, reason)
    typer.echo(f"Release {current.release_id} is the current release again: {current.folder}")
    command = "oversight publish RELEASE" if tier is Tier.restricted else "oversight publish RELEASE --tier open"
    typer.echo(f"Publication is on hold: nothing is published automatically until you run {command}.")


def releases(tier: OfTier = Tier.restricted) -> None:
    """List every release, oldest first, with its data version; the current release and pins are marked."""
    from orchestration.warehouse.store.catalogue import releases as list_releases
    from orchestration.warehouse.store.hold import standing_hold
    from orchestration.warehouse.store.pins import pins

    pinned = pins(Settings(), tier)
    table = Table()
    for column in ("release", "data version", "status", "complete", "pinned", "fingerprint", "observation versions"):
        table.add_column(column, overflow="fold")
    for info in list_releases(Settings(), tier):
        table.add_row(
            info.release_id,
            info.data_version or "",
            "current" if info.is_current else "",
            "yes" if info.complete else "no",
            pinned[info.release_id].reason if info.release_id in pinned else "",
            (info.fingerprint or "")[:12],
            f"{info.tables.get('marts.fct_observation', 0):,}",
        )
    Console().print(table)
    if hold := standing_hold(Settings(), tier):
        typer.echo(f"Publication is {hold.in_words}; oversight publish RELEASE lifts the hold.")


def changes(
    old: Annotated[str | None, typer.Argument(help="Earlier release (default: the one before the current).")] = None,
    new: Annotated[str | None, typer.Argument(help="Later release (default: the current release).")] = None,
    format: Annotated[
        ResultFormat, typer.Option(help="`table` for counts and examples; the others list every observation.")
    ] = ResultFormat.table,
) -> None:
    """Show how one release differs from another, observation by observation, and why."""
    from orchestration.warehouse.changes.comparison import compared

    with compared(Settings(), old, new) as comparison:
        if format is not ResultFormat.table:
            write_answer(comparison.cells(), format)
            return
        typer.echo(
            f"{comparison.old} (data {comparison.old_version}) → {comparison.new} (data {comparison.new_version})"
        )
        if not comparison.differs():
            typer.echo("All figures are the same.")
            return
        counts = comparison.counts()
        print_table(counts.columns, counts.fetch(SHOWN))
        examples = comparison.examples()
        print_table(examples.columns, examples.fetch(SHOWN))
        typer.echo("Use --format csv for every observation, or read release-notes.md in the folder of the release.")


def verify() -> None:
    """Check every file of every release against its manifest, and the signatures, release chain and audit log."""
    from orchestration.warehouse.publishing.verification import verify_all

    count, settings = 0, Settings()
    for finding in verify_all(settings):
        typer.echo(f"{finding.what}: {finding.extent}, {'damaged' if finding.problems else 'intact'}")
        for problem in finding.problems:
            typer.echo(f"    {problem}")
        count += len(finding.problems)
    if count:
        problems = "1 problem" if count == 1 else f"{count} problems"
        raise OversightError(f"{problems} found; docs/runbooks/a-damaged-release.md describes what to do.")
    typer.echo("Nothing published has been altered.")
    if settings.trusted_keys is None:
        typer.echo("Signatures were not checked: OVERSIGHT_TRUSTED_KEYS is not set.")

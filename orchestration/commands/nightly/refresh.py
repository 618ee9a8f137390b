"""`oversight refresh`: the whole data flow, with progress lines and a summary."""

import enum
import sys
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from orchestration.foundation.errors import OversightError, UsageError
from orchestration.foundation.settings import Settings
from orchestration.refresh import RefreshFailedError, RefreshRefusedError, Summary, run_refresh


class SummaryFormat(enum.StrEnum):
    """Format of the summary."""

    text = "text"
    json = "json"


EXIT_CODES = "Exit codes: 0 published or nothing new, 1 failed, 3 refused by the gate, 4 another refresh is running."


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("refresh", epilog=EXIT_CODES)(refresh)


def moment(text: str) -> datetime:
    """Return a time with its zone; a date alone means midnight UTC. Raise UsageError if `text` is neither."""
    from orchestration.returns.landing.landing_area import instant

    try:
        return instant(f"{text}T00:00:00Z" if len(text) == 10 else text, "--as-at")
    except OversightError as error:
        raise UsageError(str(error)) from error


def refresh(
    submissions: Annotated[Path | None, typer.Option(help="Land the files of this list instead of pulling.")] = None,
    as_at: Annotated[
        str | None, typer.Option(help="Build what was known at this time under as_at/, and publish nothing.")
    ] = None,
    format: Annotated[
        SummaryFormat, typer.Option(help="`text`, or one line of JSON for programs.")
    ] = SummaryFormat.text,
) -> None:
    """Pull or land files, screen them, build the tables, run the gate and publish."""
    settings = Settings()
    past = moment(as_at) if as_at else None
    console = Console(stderr=True)
    try:
        if format is SummaryFormat.json or not console.is_terminal:
            summary = run_refresh(settings, submissions, past, _lines if format is SummaryFormat.text else _silent)
        else:
            with console.status("starting") as status:
                summary = run_refresh(settings, submissions, past, lambda step: _show(console, status, step))
    except (RefreshFailedError, RefreshRefusedError) as error:
        _write(error.summary, format, settings)
        raise
    _write(summary, format, settings)


def _write(summary: Summary, format: SummaryFormat, settings: Settings) -> None:
    if format is SummaryFormat.json:
        typer.echo(summary.as_json())
    else:
        _report(Console(), summary, settings)


def _silent(_: str) -> None:
    """Print nothing: a script reads one line at the end."""


def _lines(step: str) -> None:
    print(f"  {step} …", file=sys.stderr, flush=True)


def _show(console: Console, status: object, step: str) -> None:
    console.log(step, highlight=False)
    status.update(step)  # type: ignore[attr-defined]


def _report(console: Console, summary: Summary, settings: Settings) -> None:
    """Print the summary for a person."""
    if summary.departments:
        table = Table(title="Contents of this build", title_justify="left")
        table.add_column("department")
        for column in ("returns", "submissions", "refused", "observations"):
            table.add_column(column, justify="right")
        for row in summary.departments:
            numbers = [f"{row[c]:,}" for c in ("returns", "submissions", "refused", "observations")]
            table.add_row(str(row["department_code"]), *numbers)
        console.print(table)
    for refusal in summary.refused:
        console.print(f"refused: {refusal['file_name']} ({refusal['return_code']})", style="yellow", highlight=False)
        for reason in refusal["reasons"] or []:
            console.print(f"    {reason}", highlight=False, markup=False)
        report = settings.outbox / refusal["return_code"] / f"{refusal['submission_key']}.txt"
        console.print(f"    report to send back: {report}", highlight=False, soft_wrap=True)
    for sentence in summary.not_brought_in:
        console.print(f"not loaded: {sentence}", style="yellow", highlight=False, soft_wrap=True)
    for sentence in summary.notes:
        console.print(f"note: {sentence}", highlight=False, soft_wrap=True)
    if summary.without_contract:
        returns = [s["return_code"] for s in summary.without_contract if s["kind"] == "return"]
        references = [s["return_code"] for s in summary.without_contract if s["kind"] == "reference"]
        for kind, codes in (("returns", returns), ("references", references)):
            if codes:
                console.print(f"{len(codes)} {kind} without a contract, skipped: {', '.join(codes)}", highlight=False)
    for rule in summary.failed_rules:
        console.print(f"gate: {rule['rule']}: {rule['observed']}", style="red", highlight=False, markup=False)
    seconds = summary.seconds
    steps = ", ".join(f"{n} {s:.1f}" for n, s in seconds.items() if n not in ("total", "frameworks"))
    console.print(
        f"Took {seconds.get('total', 0):.1f} s, including {seconds.get('frameworks', 0):.1f} s for imports and "
        f"frameworks ({steps})",
        highlight=False,
    )
    if summary.release_id is None:
        return
    if summary.as_at:
        console.print(f"Built as at {summary.as_at}: {summary.folder}", highlight=False, soft_wrap=True)
        return
    unchanged = f"{'Publication is on hold' if summary.held else 'Nothing new'}; the current release is still"
    outcome = "Published release" if summary.published else unchanged
    console.print(f"{outcome} {summary.release_id}", style="bold green", highlight=False)
    console.print(f"    {summary.folder}", highlight=False, soft_wrap=True)
    if summary.published:
        console.print(f"    release notes: {summary.folder}/release-notes.md", highlight=False, soft_wrap=True)
        console.print(
            "Next:\n"
            "    oversight status\n"
            "    oversight sql \"SELECT measure_name, period_code, value FROM analysis.observations "
            "WHERE location_name = 'England' LIMIT 10\"\n"
            "    oversight trace --measure dfe.children_looked_after_rate --location E92000001 --period 2025-03-31\n"
            "    make dev",
            highlight=False, markup=False, soft_wrap=True,
        )  # fmt: skip

"""`oversight draft`: a draft of the next open release, based on the current restricted one."""

import json
import sys
from typing import Annotated

import typer

from orchestration.commands.nightly.refresh import SummaryFormat
from orchestration.foundation.errors import GateRefusedError
from orchestration.foundation.settings import Settings

EXIT_CODES = "Exit codes: 0 a draft is waiting, or nothing new; 3 refused by the gate; 4 a refresh is running."


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("draft", epilog=EXIT_CODES)(draft)


def draft(
    format: Annotated[
        SummaryFormat, typer.Option(help="`text`, or one line of JSON for programs.")
    ] = SummaryFormat.text,
) -> None:
    """Draft the next open release from the current restricted one, with small numbers suppressed, and audit it.

    Nothing is published.
    """
    from expectations.worker import judge_candidate
    from orchestration.contracts import load_contracts
    from orchestration.foundation.locks import refresh_lock
    from orchestration.warehouse.publishing.draft import make_draft

    settings = Settings()

    def progress(step: str) -> None:
        if format is SummaryFormat.text:
            print(f"  {step} …", file=sys.stderr, flush=True)

    with refresh_lock(settings):
        result = make_draft(settings, load_contracts(settings.contracts), judge_candidate, progress)
    primary, secondary, unprotected = result.hidden.small, result.hidden.besides, result.hidden.exposed
    if format is SummaryFormat.json:
        typer.echo(json.dumps(result.as_dict()))
    elif not result.is_new:
        typer.echo(f"Open release {result.release_id} already has these figures; no draft was kept.")
    else:
        typer.echo(f"Draft {result.release_id}, based on {result.made_of}: {result.folder}")
        typer.echo(
            f"{primary + secondary:,} cells are suppressed: {primary:,} primary (small, or linked to a small cell) and "
            f"{secondary:,} secondary."
        )
        if unprotected:
            typer.echo(f"{unprotected:,} small cells cannot be protected: earlier open releases disclose them.")
    if result.refusal:
        raise GateRefusedError(result.refusal)
    if result.is_new and format is SummaryFormat.text:
        typer.echo("Next:\n    oversight checklist\n    oversight approve " + result.release_id + " --role ROLE")

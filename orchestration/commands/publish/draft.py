"""`oversight draft`: the next release of the open tier, made of what is in force, and not published."""

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

    Nothing is published."""
    from expectations.worker import judge_candidate
    from orchestration.contracts import load_contracts
    from orchestration.foundation.locks import refresh_lock
    from orchestration.warehouse.publishing.draft import make_draft

    settings = Settings()

    def say(step: str) -> None:
        if format is SummaryFormat.text:
            print(f"  {step} …", file=sys.stderr, flush=True)

    with refresh_lock(settings):
        made = make_draft(settings, load_contracts(settings.contracts), judge_candidate, say)
    if format is SummaryFormat.json:
        typer.echo(json.dumps(made.as_dict()))
    elif not made.is_new:
        typer.echo(f"The public has these figures already: release {made.release_id} stays, no draft was kept.")
    else:
        typer.echo(f"Draft {made.release_id}, made of {made.made_of}: {made.folder}")
        typer.echo(
            f"{made.hidden.small + made.hidden.besides:,} cells are hidden: {made.hidden.small:,} are small, or fall "
            f"with one that is, and {made.hidden.besides:,} would tell them."
        )
        if made.hidden.exposed:
            typer.echo(f"{made.hidden.exposed:,} small cells were public before, or follow from what was.")
    if made.refusal:
        raise GateRefusedError(made.refusal)
    if made.is_new and format is SummaryFormat.text:
        typer.echo("Next:\n    oversight checklist\n    oversight approve " + made.release_id + " --role ROLE")

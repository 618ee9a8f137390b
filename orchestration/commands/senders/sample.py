"""`oversight sample`: sample returns to try the warehouse on."""

from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("sample", epilog="Exit code: 0.")(sample)


def sample(
    directory: Annotated[Path, typer.Argument(help="Folder to write to; created if it does not exist.")],
    seed: Annotated[int, typer.Option(help="Seed of the figures; the formats stay the same.")] = 2008,
) -> None:
    """Write sample returns, in the formats that departments use, and a list of them (SUBMISSIONS.tsv)."""
    from orchestration.sample import write_sample

    listed = write_sample(directory, seed)
    typer.echo(f"Sample returns are in {directory}; try: oversight refresh --submissions {listed}")

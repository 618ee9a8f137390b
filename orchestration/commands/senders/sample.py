"""`oversight sample`: sample returns to try the warehouse on."""

from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("sample")(sample)


def sample(
    directory: Annotated[Path, typer.Argument(help="Where to write; made if it is not there.")],
    seed: Annotated[int, typer.Option(help="Another seed makes other figures in the same shapes.")] = 2008,
) -> None:
    """Write sample returns, in the shapes departments really send, with a SUBMISSIONS.tsv."""
    from orchestration.sample import write_sample

    listed = write_sample(directory, seed)
    typer.echo(f"Sample returns are in {directory}; try: oversight refresh --submissions {listed}")

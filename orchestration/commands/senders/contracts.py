"""`oversight contract`: contracts in other formats."""

from pathlib import Path
from typing import Annotated

import typer

from orchestration.contracts import load_contracts
from orchestration.foundation.errors import UsageError
from orchestration.foundation.settings import Settings

app = typer.Typer(no_args_is_help=True)


@app.callback()
def _contract() -> None:
    """Export contracts in other formats."""


@app.command("export", epilog="Exit code: 0.")
def export(
    return_code: Annotated[str | None, typer.Argument(help="Return code (default: all returns).")] = None,
    odcs: Annotated[
        bool, typer.Option("--odcs", help="Use the Open Data Contract Standard, the only format so far.")
    ] = False,
    directory: Annotated[
        Path | None, typer.Option("--to", help="Write files to this folder instead of printing.")
    ] = None,
) -> None:
    """Export contracts in the Open Data Contract Standard (ODCS)."""
    from orchestration.contracts.odcs import to_odcs_yaml

    if not odcs:
        raise UsageError("No format is given; use --odcs.")
    contracts = load_contracts(Settings().contracts)
    if return_code is not None and return_code not in contracts.returns:
        raise UsageError(f"No contract has the return '{return_code}'; use one of {', '.join(contracts.returns)}.")
    for code in [return_code] if return_code else contracts.returns:
        text = to_odcs_yaml(contracts.returns[code])
        if directory is None:
            typer.echo(text if return_code else f"---\n{text}", nl=False)
            continue
        directory.mkdir(parents=True, exist_ok=True)
        (directory / f"{code}.odcs.yaml").write_text(text, encoding="utf-8")
        typer.echo(f"wrote {directory / f'{code}.odcs.yaml'}")

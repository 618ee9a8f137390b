"""`oversight keygen`: the keys that releases are signed with."""

from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("keygen")(keygen)


def keygen(folder: Annotated[Path, typer.Argument(help="Where the keys go; not below OVERSIGHT_HOME.")]) -> None:
    """Make a pair of keys in the form of minisign: one that signs releases, and one to check them with."""
    from orchestration.foundation.settings import Settings
    from orchestration.warehouse.store.signing import make_keys

    secret, public = make_keys(Settings(), folder.absolute())
    typer.echo(f"Secret key, for the account that publishes and nobody else: {secret}")
    typer.echo(f"Public key, for everybody: {public}")
    typer.echo(f"Next:\n    export OVERSIGHT_SIGNING_KEY={secret}\n    export OVERSIGHT_TRUSTED_KEYS={public}")

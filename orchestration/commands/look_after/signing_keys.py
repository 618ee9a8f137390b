"""`oversight keygen`: the keys that releases are signed with."""

from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("keygen", epilog="Exit code: 0.")(keygen)


def keygen(folder: Annotated[Path, typer.Argument(help="Folder for the keys, outside OVERSIGHT_HOME.")]) -> None:
    """Create a minisign key pair: a secret key that signs releases, and a public key that checks them."""
    from orchestration.foundation.settings import Settings
    from orchestration.warehouse.store.signing import make_keys

    secret, public = make_keys(Settings(), folder.absolute())
    typer.echo(f"Secret key, only for the account that publishes: {secret}")
    typer.echo(f"Public key, for all readers: {public}")
    typer.echo(f"Next:\n    export OVERSIGHT_SIGNING_KEY={secret}\n    export OVERSIGHT_TRUSTED_KEYS={public}")

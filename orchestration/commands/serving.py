"""`oversight serve`: the releases in force, for whatever speaks PostgreSQL."""

import signal
import threading
from typing import Annotated

import typer

from orchestration.commands.answers import OfTier, Tier
from orchestration.errors import UsageError
from orchestration.settings import Settings


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("serve", epilog="Exit code: 0.")(serve)


def serve(
    dsn: Annotated[
        str | None, typer.Option(help="Database on your own PostgreSQL server, 15 or later (default: run one here).")
    ] = None,
    port: Annotated[int, typer.Option(help="Port of the server that runs here.")] = 5440,
    tier: OfTier = Tier.restricted,
    quack: Annotated[
        int | None,
        typer.Option(help="Serve DuckDB clients too, by Quack, at this port (beta; needs the extra 'quack')."),
    ] = None,
) -> None:
    """Serve the current release to BI tools and other PostgreSQL clients, and each new one, until stopped."""
    from orchestration.contracts import load_contracts
    from orchestration.serving.quack import QuackServer
    from orchestration.serving.server import serve_elsewhere, serve_embedded

    settings = Settings()
    departments = load_contracts(settings.contracts).codes.departments
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())

    def say(text: str) -> None:
        typer.echo(text)

    if dsn and quack:
        raise UsageError("--quack goes with the server that is run here: leave out --dsn.")
    if dsn:
        serve_elsewhere(settings, departments, dsn, tier, say, stop)
    else:
        also = QuackServer(settings, tier, quack) if quack else None
        serve_embedded(settings, departments, port, say, stop, also)
    typer.echo("stopped")

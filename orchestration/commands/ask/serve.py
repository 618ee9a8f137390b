"""`oversight serve`: the current releases, for PostgreSQL clients."""

import signal
import threading
from typing import Annotated

import typer

from orchestration.commands.output import OfTier, Tier
from orchestration.foundation.settings import Settings


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("serve", epilog="Exit code: 0.")(serve)


def serve(
    dsn: Annotated[
        str | None, typer.Option(help="Database on your own PostgreSQL server, 15 or later (default: run one here).")
    ] = None,
    port: Annotated[int, typer.Option(help="Port of the server that runs here.")] = 5440,
    tier: OfTier = Tier.restricted,
) -> None:
    """Serve the current release to BI tools and other PostgreSQL clients, and each new one, until stopped."""
    from orchestration.contracts import load_contracts
    from orchestration.serving.server import serve_elsewhere, serve_embedded

    settings = Settings()
    departments = load_contracts(settings.contracts).codes.departments
    stop = stop_on_signals()

    def progress(text: str) -> None:
        typer.echo(text)

    if dsn:
        serve_elsewhere(settings, departments, dsn, tier, progress, stop)
    else:
        serve_embedded(settings, departments, port, progress, stop)
    typer.echo("stopped")


def stop_on_signals() -> threading.Event:
    """Return an event that Ctrl+C or SIGTERM sets.

    A handler runs in the main thread, which may hold the event's lock while it waits. Setting the event there would
    then never return, so another thread does it.
    """
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: threading.Thread(target=stop.set).start())
    return stop

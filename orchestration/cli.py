"""`oversight`: the command line, which turns each error into one sentence and an exit code.

Contains the assembly of the commands and the end of the process. Not here: the commands (`orchestration.commands`).
"""

import logging
import os
import sys
from typing import NoReturn

import typer
import typer.exceptions

from orchestration.commands.ask import describe, export, query, serve
from orchestration.commands.look_after import retention, signing_keys
from orchestration.commands.nightly import refresh, status
from orchestration.commands.publish import approve, draft, release
from orchestration.commands.senders import contracts, sample, submissions
from orchestration.foundation.errors import OversightError
from orchestration.foundation.rights import keep_to_owner
from orchestration.foundation.settings import Settings

USAGE = 64

app = typer.Typer(
    name="oversight",
    help="Turn departments' returns into comparable measures, and publish those that pass the gate.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
for module in (
    sample,
    submissions,
    refresh,
    status,
    release,
    retention,
    draft,
    approve,
    signing_keys,
    serve,
    query,
    describe,
    export,
):
    module.register(app)
app.add_typer(contracts.app, name="contract", help="Export contracts in other formats.")


def _log_to_file(settings: Settings) -> None:
    """Send log records to a file, so that the screen shows only what a person needs."""
    try:
        settings.logs.mkdir(parents=True, exist_ok=True)
        handler: logging.Handler = logging.FileHandler(settings.logs / "oversight.log", encoding="utf-8")
    except OSError:
        handler = logging.NullHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(process)d %(levelname)s %(name)s %(message)s"))
    root = logging.getLogger()
    root.addHandler(handler)
    root.setLevel(logging.INFO)


def main() -> NoReturn:
    """Run the command line and end the process with its exit code."""
    keep_to_owner()
    # No telemetry (that of Dagster and dbt is switched off in their own configuration).
    os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")
    os.environ.setdefault("DBT_SEND_ANONYMOUS_USAGE_STATS", "false")
    log = logging.getLogger("oversight")
    try:
        _log_to_file(Settings())
        result = app(standalone_mode=False)
        sys.exit(result if isinstance(result, int) else 0)
    except typer.Exit as stop:
        sys.exit(stop.exit_code)
    except typer.Abort:
        sys.exit(130)
    except typer.exceptions.TyperException as error:
        context = getattr(error, "ctx", None)
        hint = f" Try `{context.command_path} --help`." if context is not None else ""
        message = error.format_message() if hasattr(error, "format_message") else str(error)
        print(f"oversight: {message.rstrip('.')}.{hint}", file=sys.stderr)
        sys.exit(USAGE)
    except OversightError as error:
        log.error("%s", error, exc_info=True)
        print(f"oversight: {error}", file=sys.stderr)
        sys.exit(error.exit_code)
    except BrokenPipeError:
        # Closed pipe (head, less): not an error.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except Exception as error:
        log.exception("unexpected")
        path = Settings().logs / "oversight.log"
        print(f"oversight: {type(error).__name__}: {_first_line(error)} (details in {path})", file=sys.stderr)
        sys.exit(1)


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or ["no message"])[0]

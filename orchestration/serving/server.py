"""The whole endpoint: a server, its roles, and the releases in force, for as long as it is wanted.

Belongs here: putting the parts together and following the pointer. Does not belong here: the parts.
"""

import logging
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial

import psycopg
from filelock import FileLock, Timeout
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from orchestration.dictionary.gathering import descriptions
from orchestration.foundation.errors import OversightError
from orchestration.foundation.settings import Settings
from orchestration.serving.access import (
    ANALYST,
    OPEN_READER,
    close_database,
    department_role,
    make_roles,
    readers_of,
)
from orchestration.serving.embedded import embedded_server, password_of, secret_file
from orchestration.serving.endpoint import bring_up_to_date
from orchestration.warehouse.store.catalogue import OPEN, TIER, current_release

POLL_SECONDS = 2.0
DATABASES = {TIER: "oversight", OPEN: "oversight_open"}
"""The databases of the embedded server, by tier."""

_log = logging.getLogger("oversight")
_HERE = ("localhost", "127.0.0.1", "::1")


def serve_embedded(
    settings: Settings, departments: Iterable[str], port: int, say: Callable[[str], None], stop: threading.Event
) -> None:
    """Run a server of our own with both tiers, as far as there are releases, until `stop` is set."""
    with _the_only_one(settings), embedded_server(settings, port) as owner:
        databases = prepare(settings, owner, departments)
        _follow(settings, databases, say, stop, f"127.0.0.1:{port}")


@contextmanager
def _the_only_one(settings: Settings) -> Iterator[None]:
    """Nobody else runs the server of this installation meanwhile: starting it twice would stop the first."""
    settings.serving.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        with FileLock(settings.serving / "serve.lock", timeout=0):
            yield
    except Timeout:
        raise OversightError(f"`oversight serve` already runs for {settings.root}: stop it first, or use it.") from None


def prepare(settings: Settings, owner: str, departments: Iterable[str]) -> dict[str, str]:
    """Make the roles and the databases of the embedded server; returns the address of each tier's for its owner."""
    with psycopg.connect(owner, autocommit=True) as server:
        make_roles(server, _passwords(settings, departments, *DATABASES))
        close_database(server, "postgres")
        there = {str(row[0]) for row in server.execute("SELECT datname FROM pg_database").fetchall()}
        for name in DATABASES.values():
            if name not in there:
                server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    databases = {tier: make_conninfo(owner, dbname=name) for tier, name in DATABASES.items()}
    for tier, dsn in databases.items():
        _close(dsn, tier)
    return databases


def serve_elsewhere(
    settings: Settings, departments: Iterable[str], dsn: str, tier: str, say: Callable[[str], None],
    stop: threading.Event,
) -> None:  # fmt: skip
    """Keep one tier in the database that `dsn` names up to date, until `stop` is set; over TLS if it is not here.

    Raises OversightError if it cannot be reached, or is older than PostgreSQL 15.
    """
    words = conninfo_to_dict(dsn)
    host = str(words.get("host") or "")
    if host and host not in _HERE and not host.startswith("/") and "sslmode" not in words:
        dsn = make_conninfo(dsn, sslmode="require")
    try:
        with psycopg.connect(dsn, autocommit=True) as server:
            if server.info.server_version < 150000:
                raise OversightError(
                    f"The server is PostgreSQL {server.info.server_version // 10000}: 15 or later is needed."
                )
            make_roles(server, _passwords(settings, departments, tier))
    except psycopg.OperationalError as error:
        said = str(error).strip().splitlines()[-1]
        raise OversightError(f"The PostgreSQL server at {host or 'this machine'} cannot be used: {said}") from error
    _close(dsn, tier)
    _follow(settings, {tier: dsn}, say, stop, host or "this machine")


def _passwords(settings: Settings, departments: Iterable[str], *tiers: str) -> dict[str, str]:
    """The roles that read these tiers, with their passwords."""
    restricted = [ANALYST, *map(department_role, sorted(departments))] if TIER in tiers else []
    roles = [*restricted, *([OPEN_READER] if OPEN in tiers else [])]
    return {role: password_of(settings, role) for role in roles}


def _close(dsn: str, tier: str) -> None:
    database = str(conninfo_to_dict(dsn).get("dbname") or "postgres")
    with psycopg.connect(dsn, autocommit=True) as server:
        close_database(server, database, *readers_of(tier))


def _follow(
    settings: Settings, databases: dict[str, str], say: Callable[[str], None], stop: threading.Event, where: str
) -> None:
    """Look at the pointer of each tier again and again; what cannot be shown now is tried again, and told once."""
    comments = descriptions()
    told: dict[str, str] = {}
    steps: dict[str, Callable[[], str | None]] = {
        f"tier {tier}": partial(_bring_up_to_date, settings, dsn, tier, comments, say)
        for tier, dsn in databases.items()
    }
    say(f"serving at {where}; passwords lie in {secret_file(settings, '*')}")
    while not stop.is_set():
        for what, step in steps.items():
            try:
                told[what] = step() or ""
            except (OversightError, psycopg.Error) as error:
                _log.exception("the endpoint: %s", what)
                if told.get(what) != str(error):
                    say(f"{what}: {str(error).strip().splitlines()[0]}")
                told[what] = str(error)
        stop.wait(POLL_SECONDS)


def _bring_up_to_date(
    settings: Settings, dsn: str, tier: str, comments: dict[tuple[str, str], str], say: Callable[[str], None]
) -> str | None:
    """As `bring_up_to_date`; None where nothing is published in this tier."""
    return bring_up_to_date(settings, dsn, tier, comments, say) if current_release(settings, tier) else None

"""The PostgreSQL endpoint: a server, its roles, and the current releases, until it is stopped.

Contains the assembly of the parts, and polling for new releases. Not here: the parts (`access`, `embedded`, `endpoint`,
`loading`).
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
    create_roles,
    department_role,
    readers_of,
    restrict_database,
)
from orchestration.serving.embedded import embedded_server, password_of, secret_file
from orchestration.serving.endpoint import bring_up_to_date
from orchestration.warehouse.store.catalogue import OPEN, TIER, current_release

POLL_SECONDS = 2.0
DATABASES = {TIER: "oversight", OPEN: "oversight_open"}
"""Databases of the embedded server, by tier."""

_log = logging.getLogger("oversight")
_LOCAL = ("localhost", "127.0.0.1", "::1")


def serve_embedded(
    settings: Settings, departments: Iterable[str], port: int, progress: Callable[[str], None], stop: threading.Event
) -> None:
    """Run the embedded server with every tier that has a release, until `stop` is set."""
    with _server_lock(settings), embedded_server(settings, port) as owner:
        databases = prepare(settings, owner, departments)
        _follow(settings, databases, progress, stop, f"127.0.0.1:{port}")


@contextmanager
def _server_lock(settings: Settings) -> Iterator[None]:
    """Hold the lock of this installation's server: starting it a second time would stop the first."""
    settings.serving.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        with FileLock(settings.serving / "serve.lock", timeout=0):
            yield
    except Timeout:
        raise OversightError(
            f"`oversight serve` is already running for {settings.root}; use that server, or stop it first."
        ) from None


def prepare(settings: Settings, owner: str, departments: Iterable[str]) -> dict[str, str]:
    """Create the roles and databases of the embedded server; return the owner's address of each, by tier."""
    with psycopg.connect(owner, autocommit=True) as server:
        create_roles(server, _passwords(settings, departments, *DATABASES))
        restrict_database(server, "postgres")
        existing = {str(row[0]) for row in server.execute("SELECT datname FROM pg_database").fetchall()}
        for name in DATABASES.values():
            if name not in existing:
                server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    databases = {tier: make_conninfo(owner, dbname=name) for tier, name in DATABASES.items()}
    for tier, dsn in databases.items():
        _restrict(dsn, tier)
    return databases


def serve_elsewhere(
    settings: Settings, departments: Iterable[str], dsn: str, tier: str, progress: Callable[[str], None],
    stop: threading.Event,
) -> None:  # fmt: skip
    """Keep one tier in the database of `dsn` up to date until `stop` is set; use TLS unless it is on this machine.

    Raise OversightError if the server cannot be reached, or is older than PostgreSQL 15.
    """
    parameters = conninfo_to_dict(dsn)
    host = str(parameters.get("host") or "")
    if host and host not in _LOCAL and not host.startswith("/") and "sslmode" not in parameters:
        dsn = make_conninfo(dsn, sslmode="require")
    try:
        with psycopg.connect(dsn, autocommit=True) as server:
            if server.info.server_version < 150000:
                raise OversightError(
                    f"The server runs PostgreSQL {server.info.server_version // 10000}; use version 15 or later."
                )
            create_roles(server, _passwords(settings, departments, tier))
    except psycopg.OperationalError as error:
        reason = str(error).strip().splitlines()[-1]
        raise OversightError(
            f"The PostgreSQL server on {host or 'this machine'} cannot be used ({reason}); check --dsn and the server."
        ) from error
    _restrict(dsn, tier)
    _follow(settings, {tier: dsn}, progress, stop, host or "this machine")


def _passwords(settings: Settings, departments: Iterable[str], *tiers: str) -> dict[str, str]:
    """Return the roles that read these tiers, with their passwords."""
    restricted = [ANALYST, *map(department_role, sorted(departments))] if TIER in tiers else []
    roles = [*restricted, *([OPEN_READER] if OPEN in tiers else [])]
    return {role: password_of(settings, role) for role in roles}


def _restrict(dsn: str, tier: str) -> None:
    database = str(conninfo_to_dict(dsn).get("dbname") or "postgres")
    with psycopg.connect(dsn, autocommit=True) as server:
        restrict_database(server, database, *readers_of(tier))


def _follow(
    settings: Settings, databases: dict[str, str], progress: Callable[[str], None], stop: threading.Event, address: str
) -> None:
    """Poll the pointer of each tier and update its database; retry after an error, but report each error once."""
    comments = descriptions()
    last_error: dict[str, str] = {}
    steps: dict[str, Callable[[], object]] = {
        f"{tier} tier": partial(_update, settings, dsn, tier, comments, progress) for tier, dsn in databases.items()
    }
    progress(f"serving on {address}; passwords are in {secret_file(settings, '*')}")
    while not stop.is_set():
        for name, step in steps.items():
            try:
                step()
                last_error.pop(name, None)
            except (OversightError, psycopg.Error) as error:
                _log.exception("the endpoint: %s", name)
                if last_error.get(name) != str(error):
                    progress(f"{name}: {str(error).strip().splitlines()[0]}")
                last_error[name] = str(error)
        stop.wait(POLL_SECONDS)


def _update(
    settings: Settings, dsn: str, tier: str, comments: dict[tuple[str, str], str], progress: Callable[[str], None]
) -> None:
    """Bring the database up to date if the tier has a release."""
    if current_release(settings, tier):
        bring_up_to_date(settings, dsn, tier, comments, progress)

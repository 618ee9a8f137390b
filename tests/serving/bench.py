"""A PostgreSQL server for tests, and its readers.

Contains helpers that the tests of this package share. Not here: assertions.
"""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg.conninfo import make_conninfo

from orchestration.foundation.settings import Settings
from orchestration.serving.embedded import embedded_server, password_of
from orchestration.serving.server import prepare

DEPARTMENTS = ("dept", "dfe", "ho", "mhclg", "nhse", "ohid", "ons")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass(frozen=True)
class Served:
    """Server of an installation, with the addresses of its owner and readers."""

    settings: Settings
    owner: str
    port: int

    def dsn(self, role: str, database: str = "oversight") -> str:
        return make_conninfo(host="127.0.0.1", port=self.port, user=role, dbname=database,
                             password=password_of(self.settings, role))  # fmt: skip

    def rows(self, role: str, query: str, database: str = "oversight") -> list[tuple[Any, ...]]:
        with psycopg.connect(self.dsn(role, database)) as reader:
            return reader.execute(query.encode()).fetchall()


@contextmanager
def serving(settings: Settings) -> Iterator[Served]:
    """Run the embedded server with its roles and an empty database for each tier."""
    port = free_port()
    with embedded_server(settings, port) as owner:
        databases = prepare(settings, owner, DEPARTMENTS)
        yield Served(settings, databases["restricted"], port)

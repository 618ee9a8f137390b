"""The release in force for DuckDB clients over a network protocol of their own, Quack, which is beta.

Belongs here: a server of one tier on this machine, and putting a new release in its place. Does not belong here: the
PostgreSQL endpoint (`server`), which can do more: roles, row-level security, sessions that outlive a release.

Questions run in a connection that is locked down like that of `oversight sql`, in a process apart: a crash of the
extension is its own, and a client that stops the server, since the protocol lets it call any function, ends no more
than that process, which is started anew.
"""

import multiprocessing
import signal
import socket
from importlib.util import find_spec
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path

import duckdb

from orchestration.foundation.database import connect_locked_down
from orchestration.foundation.errors import OversightError
from orchestration.foundation.settings import Settings
from orchestration.foundation.sql import literal
from orchestration.serving.embedded import password_of
from orchestration.warehouse.store.candidate import DATABASE
from orchestration.warehouse.store.catalogue import current_release, resolve_release
from orchestration.warehouse.store.read_lock import reading

TOKEN = "quack"  # noqa: S105 - the name of its file
_EXTENSIONS = ("httpfs", "quack")
_LOOKS_SECONDS = 1.0


class QuackServer:
    """One tier at `quack:localhost:<port>`; the token that clients give lies in `serving/quack.password`."""

    def __init__(self, settings: Settings, tier: str, port: int) -> None:
        """Serve nothing yet. Raises OversightError if the extensions are not installed."""
        self._settings, self._tier, self._port, self._uri = settings, tier, port, f"quack:localhost:{port}"
        self._extensions = {name: _extension(name) for name in _EXTENSIONS}
        self._release_id: str | None = None
        self._process: BaseProcess | None = None
        self._line: Connection | None = None

    def bring_up_to_date(self) -> str | None:
        """Serve the release in force, if there is one and it is not served; returns its id.

        Clients of the release before lose their connection. Raises OversightError if the port is taken.
        """
        release_id = current_release(self._settings, self._tier)
        if release_id is not None and (release_id != self._release_id or not self.is_alive):
            self.close()
            self._start(resolve_release(self._settings, release_id, self._tier))
        return release_id

    @property
    def is_alive(self) -> bool:
        """Whether the process that serves is there."""
        return self._process is not None and self._process.is_alive()

    def close(self) -> None:
        """Serve no longer."""
        if self._line is not None:
            self._line.close()  # which the process takes for the end
        if self._process is not None:
            self._process.join(5 * _LOOKS_SECONDS)
            self._process.kill()
            self._process.join()
        self._release_id = self._process = self._line = None

    def _start(self, folder: Path) -> None:
        self._demand_port()
        self._settings.serving.mkdir(parents=True, exist_ok=True, mode=0o700)
        token = password_of(self._settings, TOKEN)
        spawn = multiprocessing.get_context("spawn")
        self._line, theirs = spawn.Pipe()
        self._process = spawn.Process(
            target=_serve, args=(self._settings, folder, self._uri, token, self._extensions, theirs), daemon=True
        )
        self._process.start()
        theirs.close()
        try:
            said = self._line.recv()
        except EOFError:
            said = "it ended at once"
        if said:
            self.close()
            said = said.replace(token, "…")
            raise OversightError(f"Quack cannot be served at {self._uri} ({said}): choose another port with --quack.")
        self._release_id = folder.name

    def _demand_port(self) -> None:
        """The extension would share a port that another server listens at, and clients would meet either."""
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # what closed connections still hold
            try:
                probe.bind(("127.0.0.1", self._port))
            except OSError as error:
                raise OversightError(
                    f"Quack cannot be served at {self._uri} ({error.strerror}): choose another port with --quack."
                ) from error


def _serve(
    settings: Settings, folder: Path, uri: str, token: str, extensions: dict[str, Path], line: Connection
) -> None:
    """Serve a release until nobody holds the other end of `line`, or a client stopped it; tells there what failed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever started this closes it
    setup = f"SET extension_directory = {literal(str(settings.serving / 'extensions'))};" + "".join(
        f"INSTALL {literal(str(file))}; LOAD {name};" for name, file in extensions.items()
    )
    with reading(folder):
        try:
            con = connect_locked_down(folder / DATABASE, settings, setup)
            con.execute(f"CALL quack_serve({literal(uri)}, token => {literal(token)})")
        except (duckdb.Error, OversightError) as error:
            line.send(str(error).splitlines()[0])
            return
        line.send("")
        while not line.poll(_LOOKS_SECONDS):
            if not con.execute("SELECT 1 FROM quack_server_list()").fetchall():
                return


def _extension(name: str) -> Path:
    """The file of an extension, as its wheel brings it."""
    found = find_spec(f"duckdb_extension_{name}")
    places = list(found.submodule_search_locations or []) if found else []
    files = [file for place in places for file in Path(place).rglob(f"{name}.duckdb_extension")]
    if not files:
        raise OversightError(f"Quack needs DuckDB's extension {name}: install 'oversight-warehouse[quack]'.")
    return files[0]

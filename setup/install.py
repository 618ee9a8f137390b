"""Contains the installation of pinned packages, and of this project, into the environment that runs it.

Not here: which packages (`pyproject.toml`, and the lock files made of it by `make lock`).

uv installs packages in parallel, several times faster than pip. It does not read pip's configuration, where many
networks name their package index, so this hands that on; if uv fails, pip installs. Both check the hashes of the lock
files.
"""

import argparse
import ast
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
UV_LOCK = PROJECT / "setup" / "requirements-uv.lock"
PIP = [sys.executable, "-m", "pip", "install", "--quiet", "--quiet", "--disable-pip-version-check"]
UV = [sys.executable, "-m", "uv", "pip", "install", "--quiet", "--python", sys.executable]
UV_VARIABLES = {
    "index-url": ("UV_DEFAULT_INDEX", " "),
    "extra-index-url": ("UV_INDEX", " "),
    "find-links": ("UV_FIND_LINKS", ","),
    "trusted-host": ("UV_INSECURE_HOST", " "),
    "default-timeout": ("UV_HTTP_TIMEOUT", " "),
    "timeout": ("UV_HTTP_TIMEOUT", " "),
    "cert": ("SSL_CERT_FILE", " "),
    "proxy": ("ALL_PROXY", " "),
}
"""The variable of uv for each option of pip, and what separates several values in it."""


def for_uv(listed: str, environment: Mapping[str, str]) -> tuple[list[str], dict[str, str]]:
    """Return the arguments and the environment that make uv do what pip is configured to do.

    `listed` is what `pip config list` prints; variables of uv that are already in `environment` stay.
    """
    options: dict[str, dict[str, str]] = {"global": {}, "install": {}, ":env:": {}}
    for line in listed.splitlines():
        name, _, value = line.partition("=")
        section, _, option = name.rpartition(".")
        if section in options:
            options[section][option] = ast.literal_eval(value)
    configured = options["global"] | options["install"] | options[":env:"]
    variables = {}
    for option, (variable, separator) in UV_VARIABLES.items():
        if option in configured:
            variables[variable] = separator.join(configured[option].split())
    # As pip does: every index is searched for the pinned version, and the system's certificates are trusted. Whichever
    # index has a package, its hash shows that it is the one meant.
    as_pip = {"UV_INDEX_STRATEGY": "unsafe-best-match", "UV_SYSTEM_CERTS": "true"}
    has_no_index = configured.get("no-index", "").lower() in ("1", "true", "yes", "on")
    return ["--no-index"] if has_no_index else [], {**as_pip, **variables, **environment}


def install(locks: list[str], *, with_project: bool) -> int:
    """Install the packages of the lock files that are missing, then the project; return the exit code."""
    commands = []
    if locks:
        commands.append(["--require-hashes", *(word for lock in locks for word in ("--requirement", lock))])
    if with_project:
        commands.append(["--no-deps", "--no-build-isolation", "--editable", str(PROJECT)])
    uv_works = _has_uv()
    for arguments in commands:
        if uv_works:
            uv_works = _by_uv(arguments)
        if not uv_works and (code := subprocess.run([*PIP, *arguments], check=False).returncode):
            return code
    return 0


def _has_uv() -> bool:
    """Install uv by pip, unless the pinned version is there; return False if the package index lacks it."""
    arguments = ["--require-hashes", "--requirement", str(UV_LOCK)]
    return subprocess.run([*PIP, *arguments], capture_output=True, check=False).returncode == 0


def _by_uv(arguments: list[str]) -> bool:
    """Install by uv; if it fails, show why and return False."""
    listed = subprocess.run([sys.executable, "-m", "pip", "config", "list"], capture_output=True, text=True, check=True)
    more, environment = for_uv(listed.stdout, os.environ)
    ended = subprocess.run([*UV, *more, *arguments], env=environment, capture_output=True, text=True, check=False)
    if ended.returncode != 0:
        print(f"{ended.stderr.strip()}\nuv could not install; trying pip ...", file=sys.stderr)
    return ended.returncode == 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Install pinned packages into the environment of this Python.")
    parser.add_argument("locks", nargs="*", help="Lock files with hashes.")
    parser.add_argument("--with-project", action="store_true", help="Install this project too, from its folder.")
    given = parser.parse_args()
    sys.exit(install(given.locks, with_project=given.with_project))

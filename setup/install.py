"""Set-up of the Python environment.

Contains the installation of pinned packages, and of this project, into the environment that runs this script. Not here:
the list of packages (`pyproject.toml`, and the lock files that `make lock` creates from it).

uv installs packages in parallel, several times faster than pip. It does not read pip's configuration, where many
networks name their package index, so this script passes it on. If uv fails, pip installs. Both check the hashes in the
lock files.
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
"""uv's variable for each of pip's options, and the separator between several values."""


def for_uv(listed: str, environment: Mapping[str, str]) -> tuple[list[str], dict[str, str]]:
    """Return the arguments and environment that give uv the configuration of pip.

    `listed` is the output of `pip config list`; uv's variables that are already in `environment` stay.
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
    # Like pip, search every index for the pinned version, and trust the system's certificates. The hash identifies the
    # package, whichever index has it.
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
    """Install the pinned version of uv with pip if it is missing; return False if the package index lacks it."""
    arguments = ["--require-hashes", "--requirement", str(UV_LOCK)]
    return subprocess.run([*PIP, *arguments], capture_output=True, check=False).returncode == 0


def _by_uv(arguments: list[str]) -> bool:
    """Install with uv; if it fails, print the reason and return False."""
    listed = subprocess.run([sys.executable, "-m", "pip", "config", "list"], capture_output=True, text=True, check=True)
    options, environment = for_uv(listed.stdout, os.environ)
    process = subprocess.run([*UV, *options, *arguments], env=environment, capture_output=True, text=True, check=False)
    if process.returncode != 0:
        print(f"{process.stderr.strip()}\nuv could not install the packages; trying pip ...", file=sys.stderr)
    return process.returncode == 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Install pinned packages into the environment of this Python.")
    parser.add_argument("locks", nargs="*", help="Lock files with hashes.")
    parser.add_argument("--with-project", action="store_true", help="Install this project too, from its folder.")
    options = parser.parse_args()
    sys.exit(install(options.locks, with_project=options.with_project))

"""Set-up: uv installs from the index that pip is configured to use, pip if uv fails, and hashes are always checked.

Contains tests of `setup/install.py` in an empty environment. Not here: the lock files (`test_security_page`).
"""

import base64
import hashlib
import importlib.util
import os
import subprocess
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

from orchestration.foundation.settings import PROJECT_ROOT

SCRIPT = PROJECT_ROOT / "setup" / "install.py"
_spec = importlib.util.spec_from_file_location("install", SCRIPT)
assert _spec
assert _spec.loader
install = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(install)


@pytest.fixture
def wheel(tmp_path: Path) -> Path:
    """Return the wheel of a package `drop-in` 1.0 with one module."""
    folder = tmp_path / "wheels"
    folder.mkdir()
    path = folder / "drop_in-1.0-py3-none-any.whl"
    info = "drop_in-1.0.dist-info"
    files = {
        "drop_in.py": "",
        f"{info}/METADATA": "Metadata-Version: 2.1\nName: drop-in\nVersion: 1.0\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = [f"{name},{_digest(text)},{len(text)}" for name, text in files.items()]
    files[f"{info}/RECORD"] = "\n".join([*record, f"{info}/RECORD,,", ""])
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return path


def _digest(text: str) -> str:
    return "sha256=" + base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).decode().rstrip("=")


@pytest.fixture
def lock(wheel: Path, tmp_path: Path) -> Path:
    path = tmp_path / "requirements.lock"
    path.write_text(f"drop-in==1.0 --hash=sha256:{hashlib.sha256(wheel.read_bytes()).hexdigest()}\n")
    return path


@pytest.fixture
def python(tmp_path: Path) -> Path:
    """Return the Python of an empty environment with the pip and uv of this one."""
    folder = tmp_path / "venv"
    venv.create(folder)
    [site] = (folder / "lib").glob("python*/site-packages")
    (site / "tools.pth").write_text(f"import site; site.addsitedir({sysconfig.get_path('purelib')!r})\n")
    return folder / "bin" / "python"


def run(
    python: Path, lock: Path, configuration: str, **variables: str
) -> tuple[subprocess.CompletedProcess[str], str | None]:
    """Install the lock with a configuration of pip; return the process and the name of the installer."""
    settings = lock.parent / "pip.conf"
    settings.write_text(f"[global]\n{configuration}")
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("PIP_", "UV_"))}
    ended = subprocess.run(
        [python, SCRIPT, lock],
        env={**clean, "PIP_CONFIG_FILE": str(settings), "UV_CACHE_DIR": str(lock.parent / "cache"), **variables},
        capture_output=True,
        text=True,
        check=False,
    )
    installers = list(python.parent.parent.glob("lib/python*/site-packages/drop_in-1.0.dist-info/INSTALLER"))
    return ended, installers[0].read_text().strip() if installers else None


def test_uv_installs_from_the_index_configured_for_pip(python: Path, lock: Path, wheel: Path) -> None:
    ended, installer = run(python, lock, f"no-index = true\nfind-links = {wheel.parent}\n")
    assert (ended.returncode, ended.stderr, installer) == (0, "", "uv")


def test_pip_installs_if_uv_fails(python: Path, lock: Path, wheel: Path) -> None:
    configuration = f"no-index = true\nfind-links = {wheel.parent}\n"
    ended, installer = run(python, lock, configuration, UV_FIND_LINKS=str(lock.parent / "elsewhere"))
    assert (ended.returncode, installer) == (0, "pip")
    assert "uv could not install the packages; trying pip" in ended.stderr


@pytest.mark.parametrize("damage", ["another hash", "no hash"])
def test_a_package_without_the_locked_hash_is_not_installed(python: Path, lock: Path, wheel: Path, damage: str) -> None:
    if damage == "another hash":
        with zipfile.ZipFile(wheel, "a") as archive:
            archive.writestr("more.py", "")
    else:
        lock.write_text("drop-in==1.0\n")
    ended, installer = run(python, lock, f"no-index = true\nfind-links = {wheel.parent}\n")
    assert ended.returncode != 0
    assert installer is None


def test_the_configuration_of_pip_is_passed_to_uv_and_its_own_variables_stay() -> None:
    listed = "\n".join(
        [
            "global.index-url='https://packages.example/simple'",
            "global.extra-index-url='file:///a\\nfile:///b'",
            "global.cert='/etc/one.pem'",
            "global.constraint='/etc/constraints.txt'",
            "install.find-links='/wheels /more'",
            "list.format='columns'",
            ":env:.cert='/etc/two.pem'",
            ":env:.no-index='1'",
        ]
    )
    arguments, environment = install.for_uv(listed, {"UV_INDEX_STRATEGY": "first-index", "HOME": "/home"})
    assert arguments == ["--no-index"]
    assert environment == {
        "UV_DEFAULT_INDEX": "https://packages.example/simple",
        "UV_INDEX": "file:///a file:///b",
        "UV_FIND_LINKS": "/wheels,/more",
        "SSL_CERT_FILE": "/etc/two.pem",
        "UV_INDEX_STRATEGY": "first-index",
        "UV_SYSTEM_CERTS": "true",
        "HOME": "/home",
    }
    assert install.for_uv("", {})[0] == []

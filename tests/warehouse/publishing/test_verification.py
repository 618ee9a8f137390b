"""Alterations of published files, manifests and the audit log are found, without false alarms."""

import hashlib
import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from orchestration.cli import app
from orchestration.foundation.errors import OversightError
from orchestration.foundation.settings import Settings
from orchestration.warehouse.publishing.promotion import publish, rollback
from orchestration.warehouse.publishing.verification import verify_all
from orchestration.warehouse.store.audit import audit_log, read_audit, record
from tests.expectations.small_warehouse import passed_candidate as passed
from tests.warehouse.publishing.test_promotion import FEWER


@pytest.fixture(scope="module")
def three_releases(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An installation with three releases, of which the second is in force again."""
    settings = Settings(home=tmp_path_factory.mktemp("three") / "var")
    publish(settings, passed(settings, "r1"))
    publish(settings, passed(settings, "r2", FEWER))
    publish(settings, passed(settings, "r3"))
    rollback(settings)
    return settings.root


@pytest.fixture
def settings(three_releases: Path, tmp_path: Path) -> Settings:
    """A copy of that installation, to be altered."""
    return Settings(home=shutil.copytree(three_releases, tmp_path / "var", symlinks=True))


def problems(settings: Settings) -> dict[str, tuple[str, ...]]:
    """Return the problems by what was checked; items without problems are left out."""
    return {finding.what: finding.problems for finding in verify_all(settings) if finding.problems}


def rewrite(path: Path, content: bytes) -> None:
    """Overwrite a sealed file, as a person with rights to the folder can."""
    path.chmod(0o644)
    path.write_bytes(content)


def remove(folder: Path) -> None:
    """Move a sealed folder away."""
    folder.chmod(0o755)
    folder.rename(folder.parent.parent / "taken away")


def release(settings: Settings, release_id: str) -> Path:
    return settings.releases / "restricted" / release_id


# ---------------------------------------------------------------- without alterations


def test_releases_pointer_and_audit_log_are_checked(settings: Settings) -> None:
    findings = {finding.what: finding for finding in verify_all(settings)}
    assert list(findings) == ["restricted/r1", "restricted/r2", "restricted/r3", "pointer restricted", "audit log"]
    assert findings["pointer restricted"].extent == "r2"
    assert findings["audit log"].extent == "4 lines"
    assert not problems(settings)


def test_each_release_names_the_one_published_before_it(settings: Settings) -> None:
    chains = [json.loads((release(settings, name) / "manifest.json").read_text())["chain"] for name in ("r1", "r2")]
    first = hashlib.sha256((release(settings, "r1") / "manifest.json").read_bytes()).hexdigest()
    assert chains[0] == {"after": None, "manifest_sha256": None, "audit_line_sha256": None}
    assert (chains[1]["after"], chains[1]["manifest_sha256"]) == ("r1", first)
    assert read_audit(settings)[0]["manifest_sha256"] == first


def test_an_audit_log_from_before_the_chain_is_valid(settings: Settings) -> None:
    lines = [line | {} for line in read_audit(settings)]
    for line in lines:
        del line["previous_line_sha256"], line["fingerprint"]
        line.pop("manifest_sha256", None)
    audit_log(settings).write_text("".join(json.dumps(line) + "\n" for line in lines))
    record(settings, "refuse", tier="restricted")
    assert "audit log" not in problems(settings)


def test_an_incomplete_line_after_a_power_failure_is_not_a_forgery(settings: Settings) -> None:
    with audit_log(settings).open("a", encoding="utf-8") as file:
        file.write('{"at": "2026-11-2')
    record(settings, "refuse", tier="restricted")
    assert [line["event"] for line in read_audit(settings)][-2:] == ["rollback", "refuse"]
    assert not problems(settings)


# ---------------------------------------------------------------- alterations


@pytest.mark.parametrize("name", ["warehouse.duckdb", "verdict.json"])
def test_an_altered_file_is_named_with_its_release(settings: Settings, name: str) -> None:
    path = release(settings, "r1") / name
    rewrite(path, path.read_bytes().replace(b"a", b"b", 1))
    [(release_name, [problem])] = problems(settings).items()
    assert release_name == "restricted/r1"
    assert problem.startswith(f"{name} ")


def test_every_problem_of_a_release_is_reported(settings: Settings) -> None:
    for name in ("verdict.json", "changes.parquet"):
        rewrite(release(settings, "r3") / name, b"other")
    assert len(problems(settings)["restricted/r3"]) == 2


def test_a_file_altered_with_its_manifest_is_found_by_the_chain_and_by_the_log(settings: Settings) -> None:
    folder = release(settings, "r1")
    rewrite(folder / "verdict.json", b"{}")
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["files"]["verdict.json"] = {"sha256": hashlib.sha256(b"{}").hexdigest(), "bytes": 2}
    rewrite(folder / "manifest.json", json.dumps(manifest).encode())
    found = problems(settings)
    assert found["restricted/r1"] == ("its manifest is not the one that was published, according to the audit log",)
    assert "the manifest of r1 has changed" in found["restricted/r2"][0]
    assert "restricted/r3" not in found


def test_an_incomplete_manifest_does_not_stop_the_other_checks(settings: Settings) -> None:
    rewrite(release(settings, "r1") / "manifest.json", b'{"release_id": "r1", "fi')
    found = problems(settings)
    assert "cannot be read" in found["restricted/r1"][0]
    assert found.keys() == {"restricted/r1", "restricted/r2"}


def test_a_missing_release_is_found(settings: Settings) -> None:
    remove(release(settings, "r3"))
    [problem] = problems(settings)["restricted/r3"]
    assert "the audit log shows it as published" in problem


def test_a_missing_tier_is_found(settings: Settings) -> None:
    (settings.releases / "restricted").rename(settings.root / "taken away")
    assert {"restricted/r1", "restricted/r2", "restricted/r3"} <= problems(settings).keys()


def test_an_altered_manifest_recorded_again_in_the_audit_log_is_still_found(settings: Settings) -> None:
    path = release(settings, "r3") / "manifest.json"
    rewrite(path, path.read_bytes() + b"\n")
    again = hashlib.sha256(path.read_bytes()).hexdigest()
    record(settings, "publish", tier="restricted", release_id="r3", manifest_sha256=again)
    assert problems(settings)["restricted/r3"][0].startswith("its manifest is not the one that was published")


@pytest.mark.parametrize("part", ["chain", "files"])
def test_a_manifest_in_another_format_is_reported(settings: Settings, part: str) -> None:
    path = release(settings, "r3") / "manifest.json"
    manifest = json.loads(path.read_text())
    manifest[part] = {"verdict.json": {}}
    rewrite(path, json.dumps(manifest).encode())
    assert "restricted/r3" in problems(settings)


def test_a_pointer_to_nothing_is_reported(settings: Settings) -> None:
    remove(release(settings, "r2"))
    assert "does not point to a release" in problems(settings)["pointer restricted"][0]


def test_an_altered_audit_line_is_found(settings: Settings) -> None:
    log = audit_log(settings)
    log.write_bytes(log.read_bytes().replace(b'"release_id": "r2"', b'"release_id": "r9"', 1))
    assert "line 3" in problems(settings)["audit log"][0]


def test_a_removed_audit_line_is_found(settings: Settings) -> None:
    lines = audit_log(settings).read_bytes().splitlines(keepends=True)
    audit_log(settings).write_bytes(b"".join(lines[:1] + lines[2:]))
    assert "line 2" in problems(settings)["audit log"][0]


def test_a_line_written_by_hand_is_found(settings: Settings) -> None:
    with audit_log(settings).open("a", encoding="utf-8") as file:
        file.write('{"event": "publish", "tier": "restricted", "release_id": "r3"}\n')
    assert problems(settings)["audit log"][0].endswith("was not written by the warehouse")


def test_a_log_cut_off_at_its_end_is_found_by_the_releases(settings: Settings) -> None:
    lines = audit_log(settings).read_bytes().splitlines(keepends=True)
    audit_log(settings).write_bytes(lines[0])
    found = problems(settings)
    assert "audit log" not in found
    assert "no longer contains the line" in found["restricted/r3"][0]


def test_a_missing_audit_log_is_found_after_the_first_publication(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "var")
    publish(settings, passed(settings, "r1"))
    audit_log(settings).unlink()
    [problem] = problems(settings)["pointer restricted"]
    assert problem == "the audit log does not show that it ever became the current release"


def test_an_empty_folder_is_not_reported_as_undamaged(tmp_path: Path) -> None:
    with pytest.raises(OversightError, match=r"Nothing is published in .*/elsewhere yet"):
        list(verify_all(Settings(home=tmp_path / "elsewhere")))


# ---------------------------------------------------------------- the command


def test_the_command_lists_what_it_checked(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OVERSIGHT_HOME", str(settings.root))
    result = CliRunner().invoke(app, ["verify"])
    assert result.exit_code == 0
    assert "audit log: 4 lines, intact" in result.output
    assert "OVERSIGHT_TRUSTED_KEYS" in result.output


def test_the_command_fails_and_names_the_runbook(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OVERSIGHT_HOME", str(settings.root))
    rewrite(release(settings, "r3") / "verdict.json", b"{}")
    result = CliRunner().invoke(app, ["verify"])
    assert "restricted/r3" in result.output
    assert "    verdict.json " in result.output
    assert isinstance(result.exception, OversightError)
    assert str(result.exception).startswith("1 problem found; docs/runbooks/a-damaged-release.md")

"""Publication cannot be reached around the gate, however it is started."""

import shutil
from pathlib import Path

import dagster as dg
import duckdb
import pytest

from orchestration.defs.gate import gate_checks
from orchestration.defs.release import published_asset
from orchestration.defs.resources import RefreshLock, Warehouse
from orchestration.warehouse.publishing.decision import latest_candidate_id
from orchestration.warehouse.store.candidate import make_candidate
from orchestration.warehouse.store.catalogue import current_release
from tests.conftest import Home

pytestmark = pytest.mark.slow


@pytest.fixture
def with_bad_candidate(published: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A home whose latest candidate says that values are missing without saying why."""
    home = Home(tmp_path / "home")
    shutil.copytree(published.root, home.root, symlinks=True)
    monkeypatch.setenv("OVERSIGHT_HOME", str(home.root))
    candidate = make_candidate(home.settings, "29990101T000000Z-badbad00")
    candidate.database.chmod(0o600)
    with duckdb.connect(candidate.database) as con:
        con.execute("UPDATE marts.fct_observation SET value = NULL, value_status = '' WHERE value_status = ''")
    return home


def materialise(*assets: object) -> dg.ExecuteInProcessResult:
    """Materialise these alone, as the button in Dagster's pages does."""
    return dg.materialize(
        list(assets),  # type: ignore[arg-type]
        resources={"warehouse": Warehouse(), "lock": RefreshLock()},
        instance=dg.DagsterInstance.ephemeral(),
        raise_on_error=False,
    )


def test_materialising_publish_alone_after_a_failed_gate_is_refused(with_bad_candidate: Home) -> None:
    before = current_release(with_bad_candidate.settings)
    from expectations.gate import run_gate
    from orchestration.warehouse.publishing.decision import latest_candidate

    verdict = run_gate(with_bad_candidate.settings, latest_candidate(with_bad_candidate.settings))
    assert not verdict.passed
    assert not materialise(published_asset).success
    assert current_release(with_bad_candidate.settings) == before
    assert with_bad_candidate.rows("SELECT 1 AS n") == [{"n": 1}]


def test_materialising_publish_without_any_gate_is_refused(with_bad_candidate: Home) -> None:
    before = current_release(with_bad_candidate.settings)
    assert not materialise(published_asset).success
    assert current_release(with_bad_candidate.settings) == before


def test_the_command_refuses_with_three(with_bad_candidate: Home) -> None:
    candidate = latest_candidate_id(with_bad_candidate.settings)
    assert candidate is not None
    done = with_bad_candidate.run("publish", candidate, check=False)
    assert done.returncode == 3


def test_the_gate_is_shown_as_blocking_checks() -> None:
    assert all(spec.blocking for spec in gate_checks().check_specs)

"""Publication cannot be reached around the gate, however it is started."""

import duckdb
import pytest

from orchestration.defs.gate import gate_checks
from orchestration.warehouse.store.candidate import make_candidate, open_candidate
from orchestration.warehouse.store.catalogue import current_release
from tests.conftest import Home
from tests.defs.publishing_alone import failure_of, publish_alone

pytestmark = pytest.mark.slow

BAD = "29990101T000000Z-badbad00"


@pytest.fixture
def with_bad_candidate(copied: Home, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A home whose latest candidate has missing values without a reason."""
    monkeypatch.setenv("OVERSIGHT_HOME", str(copied.root))
    candidate = make_candidate(copied.settings, BAD)
    candidate.database.chmod(0o600)
    with duckdb.connect(candidate.database) as con:
        con.execute("UPDATE marts.fct_observation SET value = NULL, value_status = '' WHERE value_status = ''")
    return copied


def test_materialising_publish_alone_after_a_failed_gate_is_refused(with_bad_candidate: Home) -> None:
    before = current_release(with_bad_candidate.settings)
    from expectations.gate import run_gate

    verdict = run_gate(with_bad_candidate.settings, open_candidate(with_bad_candidate.settings, BAD))
    assert not verdict.passed
    alone = publish_alone(BAD)
    assert not alone.success
    assert f"The gate refused {BAD}" in failure_of(alone)
    assert current_release(with_bad_candidate.settings) == before
    assert with_bad_candidate.rows("SELECT 1 AS n") == [{"n": 1}]


def test_materialising_publish_without_any_gate_is_refused(with_bad_candidate: Home) -> None:
    before = current_release(with_bad_candidate.settings)
    alone = publish_alone(BAD)
    assert not alone.success
    assert f"{BAD} has no verdict" in failure_of(alone)
    assert current_release(with_bad_candidate.settings) == before


def test_publish_alone_without_any_candidate_says_what_to_run(
    with_bad_candidate: Home,
) -> None:
    alone = publish_alone(None)
    assert not alone.success
    assert "No run has recorded a value of release/candidate yet; run `oversight refresh`." in failure_of(alone)


def test_the_command_refuses_with_three(with_bad_candidate: Home) -> None:
    done = with_bad_candidate.run("publish", BAD, check=False)
    assert done.returncode == 3


def test_the_gate_is_shown_as_blocking_checks() -> None:
    assert all(spec.blocking for spec in gate_checks().check_specs)

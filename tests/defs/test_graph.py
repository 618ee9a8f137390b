"""The asset graph: its keys, groups, checks and schedules."""

from pathlib import Path

import dagster as dg
import pytest

from orchestration.contracts import load_contracts
from orchestration.defs.assembly import build_definitions
from orchestration.foundation.settings import Settings

KNOWN_GRAPH = Path(__file__).parent / "asset_graph.txt"


@pytest.fixture(scope="module")
def definitions() -> dg.Definitions:
    return build_definitions()


def described(definitions: dg.Definitions) -> list[str]:
    """Return one line per asset: its key and the assets that it depends on."""
    graph = definitions.resolve_asset_graph()
    lines = []
    for key in sorted(graph.get_all_asset_keys()):
        node = graph.get(key)
        parents = ", ".join(sorted(parent.to_user_string() for parent in node.parent_keys))
        lines.append(f"{key.to_user_string()} <- {parents}")
    return lines


def test_the_graph_is_the_recorded_one(definitions: dg.Definitions) -> None:
    """A changed key breaks bookmarks, alerts and schedules; change the file only on purpose."""
    assert described(definitions) == KNOWN_GRAPH.read_text(encoding="utf-8").splitlines()


def test_every_dependency_is_an_asset(definitions: dg.Definitions) -> None:
    graph = definitions.resolve_asset_graph()
    assert graph.external_asset_keys == set()


def test_every_return_with_a_contract_is_an_asset_in_its_departments_group(
    definitions: dg.Definitions,
) -> None:
    graph = definitions.resolve_asset_graph()
    for code, contract in load_contracts(Settings().contracts).returns.items():
        assert graph.get(dg.AssetKey(["returns", *code.split(".")])).group_name == contract.department


@pytest.mark.parametrize(
    ("key", "folder"),
    [
        (["staging", "stg_observations"], "staging"),
        (["intermediate", "int_observation_versioned"], "core"),
        (["marts", "fct_observation"], "core"),
        (["intermediate", "int_peer_ranked"], "comparisons"),
        (["marts", "fct_estimate"], "comparisons"),
        (["marts", "fct_standard"], "marts"),
        (["analysis", "standards"], "analysis"),
    ],
)
def test_a_model_is_in_the_group_of_its_folder_and_keeps_the_key_of_its_schema(
    definitions: dg.Definitions, key: list[str], folder: str
) -> None:
    assert definitions.resolve_asset_graph().get(dg.AssetKey(key)).group_name == folder


def test_every_gate_check_blocks(definitions: dg.Definitions) -> None:
    graph = definitions.resolve_asset_graph()
    candidate = dg.AssetKey(["release", "candidate"])
    checks = [key for key in graph.asset_check_keys if key.asset_key == candidate]
    assert len(checks) >= 14
    assert all(graph.get(key).blocking for key in checks)


def test_the_nightly_job_includes_every_asset(definitions: dg.Definitions) -> None:
    job = definitions.resolve_job_def("refresh")
    assert job.asset_layer.executable_asset_keys == definitions.resolve_asset_graph().get_all_asset_keys()


def test_a_refresh_publishes_nothing_in_the_open_tier(definitions: dg.Definitions) -> None:
    refresh, publication = (definitions.resolve_job_def(name) for name in ("refresh", "publish_open"))
    assert [node.name for node in publication.nodes] == ["publish_the_approved_draft"]
    assert "publish_the_approved_draft" not in {node.name for node in refresh.nodes}


def test_open_publication_is_scheduled_at_the_time_in_the_rules(definitions: dg.Definitions) -> None:
    schedule = definitions.resolve_schedule_def("opening")
    assert (schedule.cron_schedule, schedule.execution_timezone) == ("30 9 * * *", "Europe/London")
    assert schedule.default_status is dg.DefaultScheduleStatus.RUNNING


def test_the_failure_sensor_covers_every_job(definitions: dg.Definitions) -> None:
    sensor = definitions.resolve_sensor_def("failed_outside_its_steps")
    assert isinstance(sensor, dg.RunStatusSensorDefinition)
    assert {job.name for job in sensor._monitored_jobs} == {"refresh", "draft_open", "publish_open"}


def test_the_nightly_schedule_runs_by_default(definitions: dg.Definitions) -> None:
    schedule = definitions.resolve_schedule_def("nightly")
    assert schedule.default_status is dg.DefaultScheduleStatus.RUNNING
    assert schedule.execution_timezone == "Europe/London"

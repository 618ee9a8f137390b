"""A refresh of the sample from the command line, and what a user finds afterwards."""

import json
import shlex
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from filelock import FileLock

from orchestration.contracts import load_contracts
from orchestration.foundation.settings import PROJECT_ROOT
from orchestration.warehouse.store.catalogue import resolve_release
from orchestration.warehouse.store.manifest import verify_manifest
from tests.conftest import Home

pytestmark = pytest.mark.slow


def test_the_release_folder_holds_what_is_promised(published: Home) -> None:
    folder = resolve_release(published.settings)
    for name in (
        "warehouse.duckdb",
        "verdict.json",
        "manifest.json",
        "changes.parquet",
        "data-docs/index.html",
    ):
        assert (folder / name).is_file(), name
    assert (folder / "parquet" / "fct_observation.parquet").is_file()
    assert (published.root / "current" / "restricted").resolve() == folder
    verify_manifest(folder)


def test_every_return_that_has_a_contract_is_in_the_release(published: Home) -> None:
    rows = published.rows("SELECT DISTINCT return_code FROM analysis.observations")
    assert {row["return_code"] for row in rows} == set(load_contracts(published.settings.contracts).returns)


def test_the_sample_has_about_a_quarter_of_a_million_observations(published: Home) -> None:
    (row,) = published.rows("SELECT count(*) AS n FROM analysis.observation_history")
    assert 200_000 < int(str(row["n"])) < 320_000


def test_there_is_one_row_per_natural_key(published: Home) -> None:
    key = (
        "return_code, measure_code, location_code, location_level, period_code, characteristic, category, service_line"
    )
    assert published.rows(f"SELECT {key} FROM analysis.observations GROUP BY ALL HAVING count(*) > 1") == []


def test_a_missing_value_always_says_why_and_is_never_zero(published: Home) -> None:
    rows = published.rows("SELECT count(*) AS n FROM analysis.observations WHERE value IS NULL AND value_status = ''")
    assert rows == [{"n": 0}]
    (unmatched,) = published.rows(
        "SELECT count(*) AS n, count(value) AS v, count(DISTINCT location_code) AS trusts FROM analysis.observations "
        "WHERE measure_code = 'nhse.ae_breach_proportion' AND numerator IS NULL AND denominator > 0"
    )
    assert int(str(unmatched["n"])) > 0
    assert unmatched["v"] == 0


def test_every_cell_of_every_accepted_submission_is_accounted_for(published: Home) -> None:
    rows = published.rows(
        "SELECT submission_key FROM analysis.submissions WHERE outcome = 'accepted' AND cell_count <> "
        "observation_count + collapsed_count + filtered_count + unreadable_period_count"
    )
    assert rows == []


def test_a_refused_submission_is_data_and_leaves_a_report(published: Home) -> None:
    refused = published.first_refresh["refused"]
    assert isinstance(refused, list)
    (one,) = refused
    assert one["return_code"] == "nhse.ae_attendances"
    report = published.root / "outbox" / one["return_code"] / f"{one['submission_key']}.txt"
    assert "refused" in report.read_text(encoding="utf-8").splitlines()[0].lower()
    problems = published.rows(
        f"SELECT DISTINCT rule FROM analysis.screening WHERE submission_key = '{one['submission_key']}'"
    )
    assert {"rule": "value.not_a_number"} in problems


def test_the_last_accepted_submission_stays_in_force_after_a_refusal(published: Home) -> None:
    (row,) = published.rows(
        "SELECT max(period_code) AS latest FROM analysis.observations WHERE return_code = 'nhse.ae_attendances'"
    )
    assert row["latest"] == "2024-09"


def test_a_repeat_of_the_same_bytes_is_no_submission_of_its_own(published: Home) -> None:
    rows = published.rows("SELECT outcome, count(*) AS n FROM analysis.submissions GROUP BY 1")
    assert {"outcome": "repeat", "n": 1} in rows


def test_a_late_return_is_marked(published: Home) -> None:
    rows = published.rows("SELECT return_code FROM analysis.submissions WHERE is_late")
    assert {"return_code": "ho.police_workforce"} in rows


def test_a_region_and_a_force_of_one_name_are_two_places(published: Home) -> None:
    rows = published.rows(
        "SELECT DISTINCT location_code, location_level FROM analysis.observations "
        "WHERE return_code = 'ho.police_workforce' AND location_name = 'West Midlands' ORDER BY 1"
    )
    assert rows == [
        {"location_code": "E12000005", "location_level": "region"},
        {"location_code": "E23000014", "location_level": "police_force"},
    ]


def test_a_provisional_label_that_becomes_final_is_one_series(published: Home) -> None:
    rows = published.rows(
        "SELECT version_number, value_status FROM analysis.observation_history WHERE return_code = 'dfe.lait' "
        "AND period_code = 'AY2024-25' AND location_code = 'E92000001' AND version_number <= 2 "
        "AND measure_code IN (SELECT measure_code FROM analysis.observation_history WHERE return_code = 'dfe.lait' "
        "AND value_status = 'p') ORDER BY measure_code, version_number LIMIT 2"
    )
    assert rows == [{"version_number": 1, "value_status": "p"}, {"version_number": 2, "value_status": ""}]


def test_the_split_of_time_is_told(published: Home) -> None:
    seconds = published.first_refresh["seconds"]
    assert isinstance(seconds, dict)
    assert {"landing", "screening", "dbt", "gate", "publish", "frameworks", "total"} <= set(seconds)


def test_a_second_refresh_publishes_nothing_new_and_finds_the_same_fingerprint(
    copied: Home, small_sample: Path
) -> None:
    again = copied.refresh("--submissions", str(small_sample))
    assert again["published"] is False
    assert again["release_id"] == copied.first_refresh["release_id"]
    assert again["fingerprint"] == copied.first_refresh["fingerprint"]
    assert len(list((copied.root / "releases" / "restricted").iterdir())) == 1


def test_a_second_refresh_at_once_says_so_and_stops(copied: Home, small_sample: Path) -> None:
    with FileLock(copied.root / "build" / "refresh.lock"):
        done = copied.run("refresh", "--submissions", str(small_sample), check=False)
    assert done.returncode == 4
    assert "Another refresh is running" in done.stderr


@dataclass(frozen=True)
class SecondNight:
    """A night on which a submission was withdrawn and a file was too large, and the release before it."""

    home: Home
    first: dict[str, object]
    summary: dict[str, object]
    withdrawn: str


@pytest.fixture(scope="module")
def second_night(small: Home, tmp_path_factory: pytest.TempPathFactory) -> SecondNight:
    folder = tmp_path_factory.mktemp("second_night")
    home = small.copy(folder / "home")
    (latest,) = home.rows(
        "SELECT submission_key FROM analysis.submissions WHERE return_code = 'ho.police_workforce' "
        "ORDER BY received_at DESC LIMIT 1"
    )
    home.run("withdraw", str(latest["submission_key"]), "--reason", "sent by mistake")
    (folder / "lait_v2026-03-01.csv").write_bytes(b"x" * (2 << 20))
    listed = folder / "SUBMISSIONS.tsv"
    listed.write_text(
        "file\tkind\tdepartment\treturn_code\treceived_at\tperiod_hint\n"
        "lait_v2026-03-01.csv\treturn\tdfe\tdfe.lait\t2026-03-01T09:30:00Z\t\n",
        encoding="utf-8",
    )
    home.environment["OVERSIGHT_MAX_FILE_MB"] = "1"
    summary = home.refresh("--submissions", str(listed))
    return SecondNight(home, small.first_refresh, summary, str(latest["submission_key"]))


def test_a_file_over_the_size_limit_is_a_refused_submission_and_stops_nothing(second_night: SecondNight) -> None:
    home, night = second_night.home, second_night.summary
    assert (night["exit_code"], night["published"]) == (0, True)
    [large] = [one for one in night["refused"] if one["return_code"] == "dfe.lait"]  # type: ignore[attr-defined]
    assert (home.root / "outbox" / "dfe.lait" / f"{large['submission_key']}.txt").is_file()
    [problem] = home.rows(
        f"SELECT rule, file_name, remedy FROM analysis.screening WHERE submission_key = '{large['submission_key']}'"
    )
    assert (problem["rule"], problem["file_name"]) == ("file.too_large", "lait_v2026-03-01.csv")
    assert "lait_v2026-03-01.csv" in home.run("status").stdout


def test_a_withdrawal_gives_way_to_the_submission_before_and_a_rollback_undoes_it_until_lifted(
    second_night: SecondNight,
) -> None:
    home, first, second = second_night.home, second_night.first, second_night.summary
    assert second["published"] is True
    assert second["release_id"] != first["release_id"]
    assert home.rows(
        f"SELECT count(*) AS n FROM analysis.observations WHERE submission_key = '{second_night.withdrawn}'"
    ) == [{"n": 0}]

    home.run("rollback", "--reason", "these were not the numbers")
    assert (home.root / "current" / "restricted").resolve().name == first["release_id"]
    assert (home.root / "releases" / "restricted" / str(second["release_id"])).is_dir()

    hook = "import sys; open('notified.jsonl', 'a').write(sys.stdin.read() + chr(10))"
    home.environment["OVERSIGHT_NOTIFY_COMMAND"] = shlex.join(
        [sys.executable, "-c", hook.replace("notified.jsonl", str(home.root / "notified.jsonl"))]
    )
    night = home.refresh()
    assert (night["exit_code"], night["published"], night["release_id"]) == (0, False, first["release_id"])
    assert "publication is on hold" in str(night["notes"])
    assert "these were not the numbers" in home.run("status").stdout
    notified = [json.loads(line) for line in (home.root / "notified.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [event["event"] for event in notified] == ["publication_held"]
    assert home.run("publish", notified[0]["candidate"]).stdout.endswith("the hold has been lifted.\n")
    assert "on hold" not in home.run("status").stdout


def test_status_names_what_is_late_and_the_last_release(published: Home) -> None:
    said = published.run("status").stdout
    assert "late" in said
    assert str(published.first_refresh["release_id"]) in said
    assert "passed the gate" in said


def test_trace_leads_back_to_file_row_and_column(published: Home) -> None:
    said = published.run(
        "trace",
        "--measure",
        "dfe.children_looked_after_rate",
        "--location",
        "E92000001",
        "--period",
        "2024-03-31",
    ).stdout
    assert "cla_number_and_rate_v2025-11-27.csv" in said
    assert "sha256" in said
    assert "column rate_per_10000" in said


def test_trace_lists_the_candidates_if_the_question_is_ambiguous(published: Home) -> None:
    done = published.run(
        "trace",
        "--measure",
        "ho.police_headcount",
        "--location",
        "E23000014",
        "--period",
        "2024-03-31",
    )
    assert "figures match" in done.stdout


def test_sql_can_neither_write_nor_read_other_files(published: Home) -> None:
    for query in (
        "CREATE TABLE marts.mine AS SELECT 1",
        "DELETE FROM marts.fct_observation",
        f"SELECT * FROM read_csv('{PROJECT_ROOT / 'README.md'}')",
        "COPY (SELECT 1) TO '/tmp/stolen.csv'",
        "INSTALL httpfs",
        "CALL enable_logging(storage = 'file')",
        "SELECT 1; SELECT 2",
        "SET enable_external_access = true",
    ):
        done = published.run("sql", query, check=False)
        assert done.returncode == 1, query
        assert "Traceback" not in done.stderr


def test_a_word_the_command_line_does_not_know_is_a_usage_error(published: Home) -> None:
    assert published.run("refresh", "--backwards", check=False).returncode == 64
    assert published.run("screen", "x.csv", "--return", "dfe.unknown", check=False).returncode == 64


def test_screen_says_two_for_a_file_that_is_not_there(published: Home) -> None:
    done = published.run("screen", "missing.csv", "--return", "dfe.lait", check=False)
    assert done.returncode == 2


def test_every_asset_of_the_graph_was_materialised_by_the_run(published: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    import dagster as dg

    from orchestration.defs.assembly import build_definitions

    keys = build_definitions().resolve_asset_graph().get_all_asset_keys()
    monkeypatch.setenv("DAGSTER_HOME", str(published.settings.dagster_home))
    with dg.DagsterInstance.get() as instance:
        missing = [key for key in keys if instance.get_latest_materialization_event(key) is None]
    assert missing == []

"""The open tier from returns to publication: refresh, draft, checklist, signatures, publication, and a second round.

Contains the whole process by command line and by Dagster, and checks that no output discloses a suppressed figure. Not
here: which cells are suppressed (`tests.disclosure`), and single refusals (`tests.warehouse`).
"""

import json
import os
import re
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import duckdb
import minisign
import pyarrow.parquet as pq
import pytest
from filelock import FileLock

from orchestration.contracts.publication import load_publication
from orchestration.definitions import defs
from orchestration.foundation.settings import PROJECT_ROOT, Settings
from orchestration.warehouse.approval.checklist import check
from orchestration.warehouse.approval.drafts import draft_folder
from orchestration.warehouse.store.catalogue import current_release
from orchestration.warehouse.store.signing import make_keys
from tests.conftest import Home, write_list
from tests.warehouse.approval.approval_fixtures import signs

pytestmark = pytest.mark.slow

PEOPLE = {"lead_statistician": "amara.invented", "head_of_profession": "carys.invented"}
RETURNS = ("ho.stop_and_search", "ho.police_workforce", "dfe.children_looked_after")
CANARY = "canary-in-a-coal-mine"
LAST = "police_workforce_force_v2025-02-26.csv"
KEY = "return_code, measure_code, location_code, location_level, period_code, population_group_code, service_line"


def listed(sample: Path, target: Path, *, is_last: bool) -> Path:
    """A list of three returns of the sample: what the first night receives, or the one file of the second."""
    return write_list(
        sample, target, lambda row: row["return_code"] in RETURNS and row["file"].endswith(LAST) is is_last
    )


def sign(home: Home, release_id: str) -> None:
    """Both roles sign, two days ago, with whatever the checklist asks for."""
    settings = home.settings
    rules = load_publication(settings.contracts)
    found = check(settings, rules, draft_folder(settings, release_id))
    seen = tuple(finding.code for finding in found.warnings)
    notes = {finding.code: "See the release notes." for finding in found.errors if finding.noted_by}
    for role in reversed(rules.open.signed_by):
        signs(settings, PEOPLE[role], role, release_id, at=datetime.now(UTC) - timedelta(days=2), acknowledged=seen,
              notes=notes, found=found)  # fmt: skip
        notes = {}


def dagster_job(home: Home, name: str) -> dg.ExecuteInProcessResult:
    """A job as Dagster's pages start it, from the code location."""
    before = os.umask(0o022)
    try:
        job = defs().resolve_job_def(name)
        return job.execute_in_process(instance=dg.DagsterInstance.ephemeral(), raise_on_error=False)
    finally:
        os.umask(before)


def close(contract: Path, before: str, after: str) -> None:
    """Change a contract in one place."""
    text = contract.read_text(encoding="utf-8")
    assert text.count(before) == 1
    contract.write_text(text.replace(before, after), encoding="utf-8")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    """A home that the process itself finds too, as Dagster's jobs look for it in the environment.

    Its releases are signed with a key that has a password, and its notifications cannot be delivered. One return and one
    measure of another return are not in the open tier.
    """
    rules = tmp_path_factory.mktemp("rules") / "contracts"
    shutil.copytree(PROJECT_ROOT / "contracts", rules)
    close(rules / "returns" / "dfe" / "children_looked_after.yml", "tiers: [restricted, open]", "tiers: [restricted]")
    closed = "measures: {ho.arrests_per_100_searches: {tiers: [restricted]}}"
    close(rules / "returns" / "ho" / "stop_and_search.yml", "  threshold: 5", f"  threshold: 5\n  {closed}")
    keys = tmp_path_factory.mktemp("keys")
    secret, public = make_keys(Settings(home=keys / "elsewhere"), keys)
    key = minisign.SecretKey.from_file(secret)
    key.encrypt(CANARY, opslimit=32768, memlimit=1 << 20)
    secret.write_bytes(bytes(key))
    environment = {
        "OVERSIGHT_CONTRACTS": str(rules),
        "OVERSIGHT_SIGNING_KEY": str(secret),
        "OVERSIGHT_SIGNING_PASSWORD": CANARY,
        "OVERSIGHT_TRUSTED_KEYS": str(public),
        "OVERSIGHT_NOTIFY_COMMAND": f"false --token {CANARY}",
        "OVERSIGHT_NOTIFY_WEBHOOK": f"http://127.0.0.1:9/{CANARY}",
    }
    made = Home(tmp_path_factory.mktemp("public"), environment)
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {"OVERSIGHT_HOME": str(made.root), **environment}.items():
            patch.setenv(name, value)
        # What people sign they sign by command, which keeps to its owner.
        before = os.umask(0o077)
        yield made
        os.umask(before)


@pytest.fixture(scope="module")
def lists(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder outside the home."""
    return tmp_path_factory.mktemp("lists")


@pytest.fixture(scope="module")
def first(home: Home, sample: Path, lists: Path) -> str:
    """The first release of the open tier, all by command line."""
    assert home.refresh("--submissions", str(listed(sample, lists / "first.tsv", is_last=False)))["published"]
    made = json.loads(home.run("draft", "--format", "json").stdout)
    assert made["passed"]
    assert made["cells_hidden"]["small"] > 1000
    refused = home.run("publish", made["release_id"], "--tier", "open", check=False)
    assert (refused.returncode, current_release(home.settings, "open")) == (3, None)
    sign(home, made["release_id"])
    home.run("publish", made["release_id"], "--tier", "open")
    return str(made["release_id"])


@pytest.fixture(scope="module")
def second(home: Home, sample: Path, lists: Path, first: str) -> str:
    """The next one, after a later submission, all by Dagster."""
    assert home.refresh("--submissions", str(listed(sample, lists / "second.tsv", is_last=True)))["published"]
    assert dagster_job(home, "draft_open").success
    sign(home, draft_folder(home.settings).name)
    assert dagster_job(home, "publish_open").success
    release_id = current_release(home.settings, "open")
    assert release_id is not None
    assert release_id > first
    return release_id


def hidden(home: Home) -> str:
    """A query for the cells that the last draft had to hide."""
    return f"(FROM read_parquet('{home.root}/build/open/hidden.parquet'))"


def count(home: Home, release_id: str, query: str) -> int:
    """A number that a query gives; `o` is the open release, `r` the restricted one in force."""
    with duckdb.connect() as con:
        con.execute(f"ATTACH '{home.root}/releases/open/{release_id}/warehouse.duckdb' AS o (READ_ONLY)")
        con.execute(f"ATTACH '{home.root}/current/restricted/warehouse.duckdb' AS r (READ_ONLY)")
        return int(con.execute(query).fetchall()[0][0])


@pytest.mark.parametrize("table", ["analysis.observations", "analysis.observation_history"])
def test_a_hidden_cell_keeps_its_row_and_has_no_figure(home: Home, second: str, table: str) -> None:
    figures = "coalesce(numerator, denominator, value, lower_95, upper_95, lower_99_8, upper_99_8)"
    of_hidden = f"SELECT count(*) FROM o.{table} SEMI JOIN {hidden(home)} USING ({KEY})"
    assert count(home, second, of_hidden) > 1000
    assert count(home, second, f"{of_hidden} WHERE {figures} IS NOT NULL OR note IS NOT NULL") == 0
    assert count(home, second, f"{of_hidden} WHERE value_status = 'c'") > 1000


def test_no_count_below_the_threshold_is_shown(home: Home, second: str) -> None:
    small = "analysis.observation_history WHERE return_code = 'ho.stop_and_search' AND numerator BETWEEN 1 AND 4"
    assert count(home, second, f"SELECT count(*) FROM r.{small}") > 1000
    assert count(home, second, f"SELECT count(*) FROM o.{small}") == 0


def test_files_tell_no_more_than_the_database(home: Home, second: str) -> None:
    parquet = home.root / "releases" / "open" / second / "parquet" / "fct_observation.parquet"
    theirs, ours = f"FROM read_parquet('{parquet}')", "FROM o.marts.fct_observation"
    assert count(home, second, f"SELECT count(*) {ours}") > 10_000
    assert count(home, second, f"SELECT count(*) FROM ({theirs} EXCEPT {ours})") == 0


def test_changes_quote_no_figure_that_either_release_hides(home: Home, first: str, second: str) -> None:
    changes = f"read_parquet('{home.root / 'releases' / 'open' / second / 'changes.parquet'}')"
    assert count(home, second, f"SELECT count(*) FROM {changes} WHERE old_value IS DISTINCT FROM new_value") > 100
    for side in ("old", "new"):
        quoted = f"{changes} WHERE {side}_value_status = 'c'"
        figures = ", ".join(f"{side}_{name}" for name in ("numerator", "denominator", "value", "lower_95", "upper_95"))
        assert count(home, second, f"SELECT count(*) FROM {quoted} AND coalesce({figures}) IS NOT NULL") == 0
    cells = f"{changes} AS c JOIN {hidden(home)} AS h USING (return_code, measure_code, location_code, location_level, "
    cells += "period_code, service_line) JOIN o.marts.dim_population_group AS g USING (population_group_code) "
    shown = "WHERE (c.characteristic, c.category) = (g.characteristic, g.category) AND new_value IS NOT NULL"
    assert count(home, second, f"SELECT count(*) FROM {cells} {shown}") == 0


def test_what_one_release_hid_no_later_one_shows(home: Home, first: str, second: str) -> None:
    before = home.root / "releases" / "open" / first / "parquet" / "fct_observation.parquet"
    was_hidden = f"(SELECT observation_key FROM read_parquet('{before}') WHERE value_status = 'c' "
    # A department may publish later what it suppressed at first.
    was_hidden += "EXCEPT SELECT observation_key FROM r.marts.fct_observation WHERE value_status = 'c')"
    shown = f"SELECT count(*) FROM o.marts.fct_observation SEMI JOIN {was_hidden} USING (observation_key)"
    assert count(home, second, shown) > 1000
    assert count(home, second, f"{shown} WHERE value IS NOT NULL") == 0


def test_a_reader_asks_the_public_tier_by_command(home: Home, second: str) -> None:
    cell = home.rows(
        "SELECT measure_code, location_code, period_code, characteristic, category, service_line "
        "FROM analysis.observations WHERE return_code = 'ho.stop_and_search' AND value_status = 'c' LIMIT 1",
        "--tier", "open",
    )[0]  # fmt: skip
    words = [f"--{name.removesuffix('_code').replace('_', '-')}={value}" for name, value in cell.items()]
    said = home.run("trace", *words, "--tier", "open").stdout
    assert "[c]" in said
    roles = re.findall(r"^    approved by .+ \((\w+)\), [\d-]+ [\d:]+ UTC$", said, re.MULTILINE)
    assert len(set(roles)) == len(roles) == 2
    assert "[c]" not in home.run("trace", *words).stdout


def test_a_return_and_a_measure_that_are_not_the_publics_are_in_no_fact(home: Home, second: str) -> None:
    secret = "return_code = 'dfe.children_looked_after' OR measure_code = 'ho.arrests_per_100_searches'"
    facts = sorted((home.root / "releases" / "open" / second / "parquet").glob("fct_*.parquet"))
    facts = [path for path in facts if {"return_code", "measure_code"} <= set(pq.read_schema(path).names)]
    assert len(facts) > 8
    assert count(home, second, f"SELECT count(*) FROM r.marts.fct_observation WHERE {secret}") > 1000
    for path in facts:
        assert count(home, second, f"SELECT count(*) FROM read_parquet('{path}') WHERE {secret}") == 0, path.name
    submissions = "SELECT count(*) FROM {}.marts.dim_submission WHERE return_code = 'dfe.children_looked_after'"
    assert count(home, second, submissions.format("r")) == 3
    assert count(home, second, submissions.format("o")) == 0


def test_a_draft_is_made_of_what_the_release_in_force_was_made_of(home: Home, second: str) -> None:
    """Contracts that changed since would hide other cells than those of the figures that were judged."""
    contract = Path(home.environment["OVERSIGHT_CONTRACTS"]) / "returns" / "ho" / "stop_and_search.yml"
    text = contract.read_text(encoding="utf-8")
    contract.write_text(text + "\n# changed\n", encoding="utf-8")
    refused = home.run("draft", check=False)
    contract.write_text(text, encoding="utf-8")
    assert refused.returncode == 1
    assert "Contracts, references or code have changed since release" in refused.stderr
    assert "run `oversight refresh`, then `oversight draft` again" in refused.stderr


def others_may(path: Path) -> int:
    """The permissions of a path for its group and for all others."""
    return path.stat().st_mode & 0o077


def test_each_tier_is_there_for_its_readers_and_nothing_else_for_anybody(home: Home, first: str, second: str) -> None:
    releases, current = home.root / "releases", home.root / "current"
    passed_through = {home.root: 0o011, releases: 0o011, current: 0o011}
    tiers = {releases / "restricted": 0o050, releases / "open": 0o055}
    wrong = []
    for path in (home.root, *home.root.rglob("*")):
        if path.is_symlink():
            continue
        tier = next((rights for folder, rights in tiers.items() if path.is_relative_to(folder)), 0)
        expected = passed_through.get(path, tier if path.is_dir() else tier & 0o044)
        if others_may(path) != expected:
            wrong.append(f"{path.relative_to(home.root)}: {others_may(path):o}, not {expected:o}")
    assert wrong == []


def test_no_secret_of_the_environment_is_in_any_file(home: Home, second: str) -> None:
    with FileLock(home.root / "build" / "refresh.lock"):
        refused = home.run("refresh", check=False)
    assert refused.returncode == 4
    shown = (home.root / "logs" / "oversight.log").read_text(encoding="utf-8")
    assert "127.0.0.1" in shown, "no notification was tried, so none could disclose the secret"
    assert CANARY not in refused.stdout + refused.stderr
    files = [path for path in home.root.rglob("*") if path.is_file()]
    assert [str(path) for path in files if CANARY.encode() in path.read_bytes()] == []


def test_every_step_is_on_record_and_everything_is_whole(home: Home, first: str, second: str) -> None:
    log = (home.root / "releases" / "audit.jsonl").read_text(encoding="utf-8").splitlines()
    events = [(line["event"], line["release_id"]) for line in map(json.loads, log) if line.get("tier") == "open"]
    assert [event for event in events if event[0] != "refuse"] == [
        (event, release_id) for release_id in (first, second) for event in ("draft", "approve", "approve", "publish")
    ]
    assert home.run("verify").stdout.endswith("Nothing published has been altered.\n"), "signatures were looked at"


def test_a_draft_that_says_nothing_new_is_not_kept(home: Home, second: str) -> None:
    made = json.loads(home.run("draft", "--format", "json").stdout)
    assert (made["is_new"], made["release_id"]) == (False, second)
    assert not list((home.root / "build" / "open" / "candidates").iterdir())

"""A candidate contains only the published schemas, without references to others, in a read-only file."""

import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from orchestration.foundation.database import WarehouseLockedError, attach, connect
from orchestration.foundation.errors import OversightError
from orchestration.foundation.settings import Settings
from orchestration.warehouse.store.candidate import make_candidate, open_candidate, prune_candidates, read_provenance
from tests.expectations import small_warehouse


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "var", keep_builds=2)


def _ask(settings: Settings, database: Path, query: str) -> list[tuple[object, ...]]:
    with connect(database, settings, read_only=True) as connection:
        return connection.execute(query).fetchall()


def test_only_marts_and_analysis_are_copied(settings: Settings) -> None:
    small_warehouse.build(
        settings,
        """CREATE SCHEMA staging; CREATE TABLE staging.secret AS SELECT 'a secret place' AS text;
           CREATE TABLE main.scrap AS SELECT 1 AS one; CREATE VIEW main.scrap_view AS FROM main.scrap;
           CREATE MACRO main.scrap_macro(x) AS x; CREATE MACRO main.scrap_rows(x) AS TABLE SELECT x AS x""",
    )
    candidate = make_candidate(settings, "r1")
    schemas = "SELECT schema_name FROM duckdb_schemas() WHERE NOT internal AND database_name = current_database()"
    in_main = "SELECT * FROM information_schema.tables WHERE table_schema = 'main'"
    assert set(_ask(settings, candidate.database, schemas)) <= {("analysis",), ("marts",), ("main",)}
    assert _ask(settings, candidate.database, in_main) == []
    assert b"a secret place" not in candidate.database.read_bytes()
    assert candidate.tables["marts.fct_observation"] == 10
    assert candidate.views == ("analysis.observations",)


def test_constraints_comments_and_default_arguments_come_along(settings: Settings) -> None:
    small_warehouse.build(
        settings,
        """CREATE TABLE marts.dim_colour (colour VARCHAR PRIMARY KEY, name VARCHAR NOT NULL);
           INSERT INTO marts.dim_colour VALUES ('r', 'Red');
           COMMENT ON TABLE marts.dim_colour IS 'One row per colour'; COMMENT ON COLUMN marts.dim_colour.name IS 'Name';
           CREATE VIEW analysis.colours AS FROM marts.dim_colour; COMMENT ON VIEW analysis.colours IS 'For people';
           CREATE MACRO analysis.coloured(wanted := 'r') AS TABLE FROM marts.dim_colour WHERE colour = wanted""",
    )
    candidate = make_candidate(settings, "r1")
    constraints = "SELECT constraint_type FROM duckdb_constraints() WHERE table_name = 'dim_colour' ORDER BY 1"
    comments = """SELECT comment FROM duckdb_tables() WHERE comment IS NOT NULL
        UNION ALL SELECT comment FROM duckdb_columns() WHERE comment IS NOT NULL
        UNION ALL SELECT comment FROM duckdb_views() WHERE comment IS NOT NULL"""
    assert _ask(settings, candidate.database, constraints) == [("NOT NULL",), ("NOT NULL",), ("PRIMARY KEY",)]
    assert _ask(settings, candidate.database, comments) == [("One row per colour",), ("Name",), ("For people",)]
    assert _ask(settings, candidate.database, "FROM analysis.coloured()") == [("r", "Red")]
    assert candidate.macros == ("analysis.coloured",)


def test_views_on_views_and_macros_work_wherever_the_file_is_attached(settings: Settings, tmp_path: Path) -> None:
    small_warehouse.build(
        settings,
        """CREATE MACRO analysis.known_at(moment) AS TABLE
               FROM marts.fct_observation WHERE known_from <= moment AND known_to > moment;
           CREATE VIEW analysis.z_then AS FROM analysis.known_at(TIMESTAMP '2024-12-31');
           CREATE VIEW analysis.a_then AS FROM analysis.z_then""",
    )
    candidate = make_candidate(settings, "r1")
    moved = tmp_path / "moved.duckdb"
    moved.write_bytes(candidate.database.read_bytes())
    with connect(None, settings) as connection:
        attach(connection, moved, "somewhere")
        connection.execute("USE somewhere")
        assert connection.execute("SELECT count(*) FROM analysis.a_then").fetchall() == [(9,)]


def test_the_file_is_checkpointed_closed_and_readable_by_older_drivers(settings: Settings) -> None:
    candidate = small_warehouse.candidate(settings, "r1")
    tags = "SELECT tags FROM duckdb_databases() WHERE database_name = current_database()"
    assert sorted(path.name for path in candidate.folder.iterdir()) == ["provenance.json", "warehouse.duckdb"]
    [(storage,)] = _ask(settings, candidate.database, tags)
    assert isinstance(storage, dict)
    assert storage["storage_version"].startswith("v1.2.0")


def test_rows_lie_in_the_same_order_however_they_were_built(settings: Settings) -> None:
    first = _ask(settings, small_warehouse.candidate(settings, "r1").database, "FROM marts.fct_observation")
    turned = """CREATE TABLE marts.turned AS FROM marts.fct_observation ORDER BY hash(observation_key, version_number);
        DELETE FROM marts.fct_observation; INSERT INTO marts.fct_observation FROM marts.turned;
        DROP TABLE marts.turned"""
    assert (
        _ask(settings, small_warehouse.candidate(settings, "r2", turned).database, "FROM marts.fct_observation")
        == first
    )


@pytest.mark.parametrize(
    ("definition", "message"),
    [
        ("CREATE VIEW analysis.bad AS FROM build.marts.dim_return", "The view analysis.bad names the build database"),
        ('CREATE VIEW analysis.bad AS FROM "build"."marts"."dim_return"', "The view analysis.bad names the build"),
        ("CREATE MACRO analysis.bad(x) AS TABLE FROM build.marts.dim_return", "The macro analysis.bad names the build"),
        (
            "CREATE VIEW analysis.bad AS FROM staging.s",
            "The view analysis.bad fails in the candidate .*staging",
        ),
        ("CREATE MACRO analysis.bad(x) AS (SELECT max(a) + x FROM staging.s)", "The macro analysis.bad fails"),
        ("CREATE VIEW analysis.bad AS SELECT error('boom') AS b", "The view analysis.bad fails .*boom"),
    ],
)
def test_what_would_break_outside_the_build_is_refused_by_name(
    settings: Settings, definition: str, message: str
) -> None:
    small_warehouse.build(settings, f"CREATE SCHEMA staging; CREATE TABLE staging.s AS SELECT 1 AS a; {definition}")
    with pytest.raises(OversightError, match=message):
        make_candidate(settings, "r1")
    assert list(settings.candidates.iterdir()) == []


def test_a_macro_that_cannot_be_called_with_nulls_is_reported_and_kept(settings: Settings) -> None:
    small_warehouse.build(settings, "CREATE MACRO analysis.picky(x) AS coalesce(x, error('needs a value'))")
    candidate = make_candidate(settings, "r1")
    assert (candidate.macros, candidate.unproved_macros) == (("analysis.picky",), ("analysis.picky",))
    assert _ask(settings, candidate.database, "SELECT analysis.picky(2)") == [(2,)]


def test_a_candidate_can_be_made_anew_and_opened_again(settings: Settings) -> None:
    made = small_warehouse.candidate(settings, "r1", "DELETE FROM marts.fct_screening")
    assert open_candidate(settings, "r1") == made
    assert small_warehouse.candidate(settings, "r1").tables["marts.fct_screening"] == 1
    with pytest.raises(OversightError, match="Candidate r2 does not exist"):
        open_candidate(settings, "r2")


def test_what_it_was_made_from_is_kept_beside_it(settings: Settings) -> None:
    small_warehouse.build(settings)
    candidate = make_candidate(settings, "r1", {"code": "abc123", "references": [{"reference_code": "ref.imd2019"}]})
    kept = read_provenance(candidate.folder)
    assert (kept["code"], kept["references"]) == ("abc123", [{"reference_code": "ref.imd2019"}])


def test_an_empty_build_is_nothing_to_publish(settings: Settings) -> None:
    with connect(settings.build_database, settings) as connection:
        connection.execute("CREATE SCHEMA marts; CREATE SCHEMA analysis")
    with pytest.raises(OversightError, match="has no table in the schemas marts and analysis"):
        make_candidate(settings, "r1")


def test_a_build_that_still_runs_is_left_alone(settings: Settings) -> None:
    small_warehouse.build(settings)
    code = f"import duckdb; c = duckdb.connect({str(settings.build_database)!r}); print('held', flush=True); input()"
    writer = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        assert writer.stdout is not None
        writer.stdout.readline()
        with pytest.raises(WarehouseLockedError, match="is locked by another process"):
            make_candidate(settings, "r1")
    finally:
        writer.communicate(b"\n")


def test_only_the_newest_candidates_are_kept_and_no_half_made_one(settings: Settings) -> None:
    for name in ("r1", "r2", "r3", ".r4.partial"):
        (settings.candidates / name).mkdir(parents=True)
    assert prune_candidates(settings) == ["r1"]
    assert sorted(path.name for path in settings.candidates.iterdir()) == ["r2", "r3"]


def test_the_build_is_not_touched(settings: Settings) -> None:
    small_warehouse.build(settings)
    before = settings.build_database.read_bytes()
    make_candidate(settings, "r1")
    assert settings.build_database.read_bytes() == before
    duckdb.connect(str(settings.build_database)).close()  # and nothing holds it

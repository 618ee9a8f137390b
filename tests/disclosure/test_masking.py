"""What is removed from the inputs of a build of the open tier: figures, limits, notes, senders and quotations."""

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from orchestration.warehouse.publishing.suppressed_inputs import suppress_inputs
from tests.disclosure.bench import contracts

ROW = {
    "submission_key": "s1", "return_code": "dept.figures", "measure_code": "dept.share", "location_code": "E06000001",
    "location_level": "local_authority", "period_code": "FY2023-24", "population_group_code": "Total",
    "service_line": "Total", "numerator": 2.0, "denominator": 40.0, "value": 5.0, "numerator_status": "",
    "denominator_status": "", "value_status": "", "lower_95": 1.0, "upper_95": 9.0, "lower_99_8": 0.5,
    "upper_99_8": 12.0, "note": "One household.",
}  # fmt: skip
KEYS = ("return_code", "measure_code", "location_code", "location_level", "period_code", "population_group_code",
        "service_line")  # fmt: skip
FIGURES = ("numerator", "denominator", "value", "lower_95", "upper_95", "lower_99_8", "upper_99_8", "note")


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        connection.execute(
            """CREATE SCHEMA landing;
            CREATE TABLE landing.measures AS FROM (VALUES
                ('dept.figures', 'dept.people', 'count', 1.0), ('dept.figures', 'dept.share', 'proportion', 100.0),
                ('other.figures', 'other.people', 'count', 1.0)) AS t(return_code, measure_code, value_type, multiplier);
            CREATE TABLE landing.submissions AS SELECT 's1' AS submission_key, 'A. Sender' AS sender,
                3 AS observation_count, 3 AS value_count, 1 AS filtered_count;
            CREATE TABLE landing.problems AS SELECT 's1' AS submission_key, '2' AS value, 'code 2 is not known' AS message,
                'location.unknown' AS rule;
            CREATE VIEW landing.screening AS FROM landing.problems;"""
        )
        yield connection


def observations(
    con: duckdb.DuckDBPyConnection, folder: Path, *rows: dict[str, object], hide: int = 0, **disclosure: object
) -> list[dict[str, object]]:
    """Return the observations after suppression of the first `hide` of them."""
    columns = ", ".join(f"{name} {'DOUBLE' if isinstance(value, float) else 'VARCHAR'}" for name, value in ROW.items())
    con.execute(f"CREATE TABLE landing.sent ({columns}); CREATE VIEW landing.observations AS FROM landing.sent")
    con.execute(f"CREATE TABLE landing.hidden AS SELECT {', '.join(KEYS)} FROM landing.sent")
    for number, row in enumerate(rows):
        full = {**ROW, **row}
        con.execute(f"INSERT INTO landing.sent VALUES ({', '.join('?' * len(full))})", list(full.values()))
        if number < hide:
            con.execute(f"INSERT INTO landing.hidden VALUES ({', '.join('?' * 7)})", [full[key] for key in KEYS])
    suppress_inputs(con, contracts(folder, **disclosure))
    result = con.execute("FROM landing.observations ORDER BY ALL")
    names = [column[0] for column in result.description or []]
    return [dict(zip(names, row, strict=True)) for row in result.fetchall()]


def test_a_suppressed_cell_keeps_its_row_with_status_c(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    (row,) = observations(con, tmp_path, {}, hide=1)
    assert {name: row[name] for name in FIGURES} == dict.fromkeys(FIGURES)
    assert {row[f"{name}_status"] for name in ("numerator", "denominator", "value")} == {"c"}
    assert [row[name] for name in KEYS] == [ROW[name] for name in KEYS]


def test_a_missing_figure_keeps_its_own_status(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    (row,) = observations(con, tmp_path, {"denominator": None, "denominator_status": "x"}, hide=1)
    assert (row["denominator_status"], row["numerator_status"]) == ("x", "c")


def test_a_cell_is_suppressed_in_every_submission(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    rows = observations(con, tmp_path, {}, {"submission_key": "s2", "numerator": 20.0}, hide=1)
    assert [row["numerator"] for row in rows] == [None, None]


@pytest.mark.parametrize("key", [key for key in KEYS if key not in ("return_code", "measure_code")])
def test_a_cell_with_another_key_is_not_suppressed(con: duckdb.DuckDBPyConnection, tmp_path: Path, key: str) -> None:
    rows = observations(con, tmp_path, {}, {key: "another"}, hide=1)
    assert sorted(str(row["numerator"]) for row in rows) == ["2.0", "None"]


def test_other_cells_are_unchanged(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    assert observations(con, tmp_path, {}) == [ROW]


def test_counts_are_rounded_and_crude_proportions_recalculated(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    (row,) = observations(con, tmp_path, {"numerator": 13.0, "denominator": 42.0, "value": 30.95}, rounding_base=5)
    assert (row["numerator"], row["denominator"], row["value"]) == (15.0, 40.0, 37.5)
    assert [row[name] for name in ("lower_95", "upper_95", "lower_99_8", "upper_99_8")] == [None] * 4


def test_a_standardised_rate_is_not_recalculated(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    (row,) = observations(con, tmp_path, {"numerator": 13.0, "denominator": 42.0, "value": 77.0}, rounding_base=5)
    assert (row["numerator"], row["value"]) == (15.0, 77.0)


def test_the_value_of_a_count_is_rounded_too(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    count = {"measure_code": "dept.people", "value": 13.0, "numerator": None, "denominator": None}
    (row,) = observations(con, tmp_path, count, rounding_base=5)
    assert row["value"] == 15.0


def test_a_closed_measure_leaves_no_row_and_counts_as_filtered(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    closed = {"dept.people": {"tiers": ["restricted"]}}
    rows = observations(con, tmp_path, {}, {"measure_code": "dept.people"}, {"measure_code": "dept.people", "value": None},
                  measures=closed)  # fmt: skip
    assert [row["measure_code"] for row in rows] == ["dept.share"]
    counts = "SELECT observation_count, value_count, filtered_count FROM landing.submissions"
    assert con.execute(counts).fetchall() == [(1, 2, 3)]


def test_no_sender_is_named_and_nothing_is_quoted_from_a_file(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    observations(con, tmp_path, {})
    assert con.execute("SELECT sender FROM landing.submissions").fetchall() == [(None,)]
    assert con.execute("SELECT value, message, rule FROM landing.screening").fetchall() == [
        (None, "Details are reported to the sender only.", "location.unknown")
    ]

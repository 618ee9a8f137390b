"""The list of the tables that screening creates, compared with what DuckDB holds at the end of a screening.

Contains files that use every kind of table between them. Not here: what the tables contain (the other tests).
"""

from pathlib import Path

import duckdb
import pytest

from orchestration.returns.screening import outcomes
from orchestration.returns.screening.tables import TABLES, ScreeningTable
from tests.returns.screening.screening_bench import GOOD, Bench, contract_with

LISTED = {table.name: table for table in TABLES}
WIDE = contract_with(
    layouts__0__columns={"period": {}, "code": {}},
    layouts__0__locations=[{"code": "code"}],
    layouts__0__characteristics=None,
    layouts__0__note=None,
    layouts__0__cells=[{"measure": "dept.count", "columns": "(?P<service_line>.+) count"}],
)
FILES = {
    "figures in columns": (None, GOOD),
    "figures in wide columns": (WIDE, "period,code,Red count,Blue count\n2022-23,E06000001,1,2\n"),
}


def listed(name: str) -> str:
    """The name in the list: the tables of wide columns have the number of their cell rule."""
    return "wide_…" if name.startswith("wide_") and name.removeprefix("wide_").isdigit() else name


@pytest.fixture
def columns(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[str]]:
    """The columns of each table and view, once a file has passed all stages."""
    seen: dict[str, list[str]] = {}
    tally = outcomes.tally

    def look(con: duckdb.DuckDBPyConnection, outcome: outcomes.Outcome) -> None:
        rows = con.execute(
            "SELECT table_name, column_name FROM duckdb_columns() WHERE NOT internal ORDER BY table_oid, column_index"
        )
        for table, column in rows.fetchall():
            seen.setdefault(listed(table), []).append(column)
        tally(con, outcome)

    monkeypatch.setattr(outcomes, "tally", look)
    return seen


@pytest.mark.parametrize("kind", FILES)
def test_every_table_is_listed_with_its_columns(tmp_path: Path, columns: dict[str, list[str]], kind: str) -> None:
    contract, text = FILES[kind]
    outcome = (Bench(tmp_path, contract) if contract else Bench(tmp_path)).screen(text)
    assert [problem["message"] for problem in outcome.problems] == []
    for table, present in columns.items():
        described = set(LISTED[table].columns)
        assert described - {"…"} <= set(present), table
        assert "…" in described or set(present) == described, table
    missing = LISTED.keys() - columns.keys()
    assert missing == (set() if kind == "figures in wide columns" else {"wide_…"})


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_each_table_is_created_by_the_module_named(table: ScreeningTable) -> None:
    module = Path(outcomes.__file__).parent / f"{table.created_by.replace('.', '/')}.py"
    text = module.read_text(encoding="utf-8")
    stem = table.name.removesuffix("…")
    names = [table.name, f"{stem}{{", "{name}_keys" if stem.endswith("_keys") else "{name}"]
    assert any(f"TABLE {name}" in text or f"VIEW {name}" in text for name in names), module

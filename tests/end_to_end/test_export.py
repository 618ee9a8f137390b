"""`oversight export`: files that can be read without this software.

Contains checks that they are complete, described and accessible. Not here: the meaning of figures.
"""

import csv
import json
from pathlib import Path
from typing import Any

import duckdb
import openpyxl
import pytest
from openpyxl.worksheet.worksheet import Worksheet

from orchestration.exporting.shorthand import SIGNS
from orchestration.warehouse.store.catalogue import resolve_release
from tests.conftest import Home

pytestmark = pytest.mark.slow

BOOK = "dfe.children_looked_after"


@pytest.fixture(scope="module")
def exported(small: Home, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("exported") / "files"
    output = small.run("export", str(folder), "--tier", "restricted").stdout
    assert "21 CSV files with a data package and CSVW metadata" in output
    return folder


@pytest.fixture(scope="module")
def release(small: Home) -> Any:
    with duckdb.connect(str(resolve_release(small.settings) / "warehouse.duckdb"), read_only=True) as con:
        yield con


def package(folder: Path) -> dict[str, Any]:
    return json.loads((folder / "datapackage.json").read_text(encoding="utf-8"))  # type: ignore[no-any-return]


def test_every_view_is_there_whole(exported: Path, release: duckdb.DuckDBPyConnection) -> None:
    views = release.execute(
        "SELECT view_name FROM duckdb_views() WHERE schema_name = 'analysis' AND view_name <> 'lineage' ORDER BY 1"
    ).fetchall()
    assert sorted(path.stem for path in (exported / "csv").glob("*.csv")) == [name for (name,) in views]
    for (name,) in views:
        path = exported / "csv" / f"{name}.csv"
        rows = duckdb.sql(f"SELECT count(*) FROM read_csv('{path}', all_varchar = true)").fetchall()
        assert rows == release.execute(f"SELECT count(*) FROM analysis.{name}").fetchall()


def test_each_column_has_its_type_and_description_in_both_forms(exported: Path) -> None:
    for resource in package(exported)["resources"]:
        path = exported / resource["path"]
        with path.open(encoding="utf-8", newline="") as file:
            header = next(csv.reader(file))
        fields = resource["schema"]["fields"]
        beside = json.loads(Path(f"{path}-metadata.json").read_text(encoding="utf-8"))
        columns = beside["tableSchema"]["columns"]
        assert beside["url"] == path.name
        assert [field["name"] for field in fields] == [column["titles"] for column in columns] == header
        assert all(field["description"] for field in fields)
        assert [field["description"] for field in fields] == [column["dc:description"] for column in columns]


def test_figures_read_back_as_the_types_say(exported: Path, release: duckdb.DuckDBPyConnection) -> None:
    """With its list of missing values a reader gets the same numbers as the release has."""
    [observations] = [one for one in package(exported)["resources"] if one["name"] == "observations"]
    types = {field["name"]: field["type"] for field in observations["schema"]["fields"]}
    assert (types["value"], types["period_start"], types["received_at"]) == ("number", "date", "datetime")
    signs = observations["schema"]["missingValues"]
    read = f"read_csv('{exported / observations['path']}', nullstr = {signs}, types = {{'value': 'DOUBLE'}})"
    question = "SELECT count(value), sum(value), count(numerator), sum(numerator) FROM "
    [ours] = release.execute(question + "analysis.observations").fetchall()
    [theirs] = duckdb.sql(question + read).fetchall()
    assert theirs == pytest.approx(ours)


def test_a_missing_figure_has_its_shorthand(exported: Path, release: duckdb.DuckDBPyConnection) -> None:
    path = exported / "csv" / "observations.csv"
    found = duckdb.sql(
        f"SELECT value, count(*) FROM read_csv('{path}', all_varchar = true) WHERE value LIKE '[%' GROUP BY 1"
    ).fetchall()
    expected = release.execute(
        "SELECT '[' || if(value_status = 'k', 'low', value_status) || ']', count(*) FROM analysis.observations "
        "WHERE value IS NULL GROUP BY 1"
    ).fetchall()
    assert sorted(found) == sorted(expected)
    assert {sign for sign, _ in found} <= set(SIGNS)
    assert "[c]" in dict(found)


def books(folder: Path) -> list[Path]:
    return sorted((folder / "spreadsheets").glob("*.xlsx"))


def sheets(path: Path) -> list[Worksheet]:
    return list(openpyxl.load_workbook(path))  # type: ignore[arg-type]


def test_every_return_with_figures_has_a_workbook(exported: Path, release: duckdb.DuckDBPyConnection) -> None:
    returns = release.execute("SELECT DISTINCT return_code FROM analysis.observations ORDER BY 1").fetchall()
    assert [path.stem for path in books(exported)] == [code for (code,) in returns]


def test_a_workbook_follows_the_guidance(exported: Path) -> None:
    """After "Releasing statistics in spreadsheets": a cover first, contents, one marked table a sheet, nothing merged,
    no empty cell in a table, a title in A1, and every sign explained on its sheet."""
    for path in books(exported)[:3]:
        found = sheets(path)
        assert [sheet.title for sheet in found[:2]] == ["Cover", "Contents"]
        for sheet in found:
            assert list(sheet.merged_cells.ranges) == []
            assert sheet["A1"].value
        for sheet in found[1:]:
            [table] = sheet.tables.values()
            cells = [cell.value for row in sheet[table.ref] for cell in row]
            assert not {None, ""} & set(cells), (path.name, sheet.title)
            above = "\n".join(str(row[0].value) for row in sheet.iter_rows(max_row=10))
            for sign in SIGNS:
                assert (sign not in cells) or f"{sign} {SIGNS[sign]}" in above


def test_a_workbook_has_the_figures_of_the_release(exported: Path, release: duckdb.DuckDBPyConnection) -> None:
    wanted = release.execute(
        "SELECT measure_name, count(*), sum(value) FROM analysis.observations WHERE return_code = ? GROUP BY 1 ORDER BY 1",
        [BOOK],
    ).fetchall()
    found = []
    for sheet in sheets(exported / "spreadsheets" / f"{BOOK}.xlsx")[3:]:
        [table] = sheet.tables.values()
        header, *rows = [[cell.value for cell in row] for row in sheet[table.ref]]
        values = [row[header.index("Value")] for row in rows]
        numbers = [value for value in values if not isinstance(value, str)]
        found.append((str(sheet["A1"].value).partition(" [")[0], len(rows), sum(numbers)))
    assert sorted(found) == [(name, count, pytest.approx(total)) for name, count, total in wanted]


def test_nothing_is_overwritten(small: Home, tmp_path: Path) -> None:
    done = small.run("export", str(tmp_path), "--tier", "restricted", check=False)
    assert done.returncode == 64
    assert "already exists" in done.stderr


def test_the_public_has_nothing_to_export_before_its_first_release(small: Home, tmp_path: Path) -> None:
    done = small.run("export", str(tmp_path / "files"), check=False)
    assert done.returncode == 1
    assert "Nothing is published yet" in done.stderr
    assert not (tmp_path / "files").exists()

"""docs/methods.md is correct: its figures, and its descriptions of macros and tables.

Contains comparisons of the page with the dbt project. Not here: tests of the methods themselves (`tests/conformance`,
`tests/dbt/statistics`), links and paths (`test_docs`).
"""

import re
from collections.abc import Iterator

import duckdb
import pytest
import yaml

from orchestration.contracts.disclosure import Disclosure
from orchestration.contracts.measures import Measure, ProcessChart
from orchestration.foundation.settings import Settings
from tests.conformance.rendering import MACROS
from tests.docs.methods_calculated import ESTIMATES, MODELS, STANDARDS
from tests.docs.methods_calculated_fairness import AGGREGATION, FAIRNESS
from tests.docs.methods_calculated_money import MONEY
from tests.docs.methods_page import PAGE, shown, tables

CALCULATED = ESTIMATES | STANDARDS | FAIRNESS | AGGREGATION | MONEY
TABLES = tables()
EXAMPLES = {name: table for name, table in TABLES.items() if table.is_example}
TEXT = PAGE.read_text(encoding="utf-8")
IN_CODE = set(re.findall(r"`([^`\n]+)`", re.sub(r"^```.*?^```$", "", TEXT, flags=re.MULTILINE | re.DOTALL)))

_MACRO = re.compile(r"\{%-? macro (?P<name>\w+)\((?P<body>.*?)\{%-? endmacro", re.DOTALL)


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as opened:
        yield opened


def test_every_example_of_the_page_is_calculated_here() -> None:
    assert set(EXAMPLES) == set(CALCULATED)


@pytest.mark.parametrize("name", CALCULATED)
def test_the_figures_of_the_page_come_out_as_it_prints_them(connection: duckdb.DuckDBPyConnection, name: str) -> None:
    example = EXAMPLES[name]
    assert example.checked, "nothing is claimed"
    TABLES[example.given].load(connection)
    found = connection.execute(CALCULATED[name])
    columns = [column[0] for column in found.description or []]
    rows = [dict(zip(columns, row, strict=True)) for row in found.fetchall()]
    assert example.checked <= set(columns)
    # Columns that are only labels of the rows are compared too, where the warehouse gives them.
    printed = {column: cells for column, cells in example.columns.items() if column in columns}
    given = {
        column: [shown(row[column], cells[at]) if at < len(cells) else "a row more" for at, row in enumerate(rows)]
        for column, cells in printed.items()
    }
    assert given == printed


def macros_by_name() -> dict[str, str]:
    found = {}
    for file in sorted(MACROS.rglob("*.sql")):
        found |= {match["name"]: match["body"] for match in _MACRO.finditer(file.read_text(encoding="utf-8"))}
    return found


def macros_in_use() -> set[str]:
    """Macros of statistics that a model calls, or that another in use calls."""
    known = macros_by_name()
    texts = [file.read_text(encoding="utf-8") for file in MODELS.rglob("*.sql")]
    used: set[str] = set()
    while texts:
        called = set(re.findall(r"\b\w+(?=\()", texts.pop())) & known.keys()
        texts += [known[name] for name in called - used]
        used |= called
    return used


def test_every_file_of_statistics_is_named_on_the_page() -> None:
    files = {file.name for file in (MACROS / "statistics").glob("*.sql")}
    assert len(files) > 20
    assert files <= IN_CODE


def test_macros_said_to_be_used_by_no_table_are_just_those_that_are() -> None:
    [section] = re.findall(r"^## Offered, but used by no table yet$(.*?)(?=^## |\Z)", TEXT, re.MULTILINE | re.DOTALL)
    listed = set(re.findall(r"`(\w+)`", section))
    statistics = "\n".join(file.read_text(encoding="utf-8") for file in (MACROS / "statistics").glob("*.sql"))
    public = {match["name"] for match in _MACRO.finditer(statistics) if not match["name"].startswith("_")}
    assert listed == public - macros_in_use()


def columns_by_model() -> dict[str, set[str]]:
    found = {}
    for file in MODELS.rglob("*.yml"):
        for described in yaml.load(file.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader).get("models", []):
            found[described["name"]] = {column["name"] for column in described.get("columns", [])}
    return found


def test_every_table_and_column_that_the_page_names_exists() -> None:
    known = columns_by_model()
    pairs = [name.split(".") for name in IN_CODE if re.fullmatch(r"(?:fct|dim|int|stg|bridge)_\w+\.\w+", name)]
    assert len(pairs) > 30
    assert [f"{table}.{column}" for table, column in pairs if column not in known.get(table, set())] == []


def test_every_other_name_in_code_is_a_macro_a_table_a_column_or_a_word_of_contracts() -> None:
    known = columns_by_model()
    words = set(macros_by_name()) | set(known) | set().union(*known.values())
    words |= (
        set(Measure.model_fields)
        | set(Disclosure.model_fields)
        | set(Settings.model_fields)
        | {f"process_chart.{name}" for name in ProcessChart.model_fields}
    )
    named = {name for name in IN_CODE if re.fullmatch(r"\w+_\w+|process_chart\.\w+", name)}
    assert named - words == set()

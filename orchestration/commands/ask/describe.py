"""`oversight describe`: the meaning of a table, column, measure, metric or code list."""

import difflib
from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from orchestration.commands.output import OfTier, Tier, print_table
from orchestration.foundation.errors import OversightError
from orchestration.foundation.settings import Settings

if TYPE_CHECKING:
    from orchestration.dictionary.code_lists import CodeList
    from orchestration.dictionary.gathering import Dictionary, Measure, Table


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("describe", epilog="Exit codes: 0 found, 1 not found.")(describe)


def describe(
    name: Annotated[
        str | None,
        typer.Argument(help="Table, column, measure code, metric or code list (default: list them all)."),
    ] = None,
    release: Annotated[str | None, typer.Option(help="Release to use (default: the current release).")] = None,
    tier: OfTier = Tier.restricted,
) -> None:
    """Describe a table, column, measure, metric or code list of a release, with its unit and codes."""
    from orchestration.dictionary.gathering import gather
    from orchestration.warehouse.store.query import opened

    settings = Settings()
    with opened(settings, release, None, tier) as con:
        dictionary = gather(con, contracts=settings.contracts)
    console = Console(highlight=False, markup=False, soft_wrap=True)
    if name is None:
        print_table(
            ("table", "description"), [(f"{t.schema}.{t.name}", _first(t.description)) for t in dictionary.tables]
        )
        print_table(("metric", "description"), [(m.name, _first(m.description)) for m in dictionary.metrics])
        print_table(("code list", "title"), [(codes.name, codes.title) for codes in dictionary.code_lists])
        return
    tables = [table for table in dictionary.tables if name in (table.name, f"{table.schema}.{table.name}")]
    for table in tables:
        _print_table(console, table)
    measures = [measure for measure in dictionary.measures if measure.code == name]
    for measure in measures:
        _print_measure(console, measure)
    metrics = [metric for metric in dictionary.metrics if metric.name == name]
    for metric in metrics:
        console.print(f"{metric.label} (metric {metric.name})\n{metric.description}")
        _print_facts(console, [("view", f"analysis.{metric.view}"), ("SQL", metric.expression)])
    columns = _print_column(console, dictionary, name)
    lists = [codes for codes in dictionary.code_lists if codes.name == name or codes.name in columns.values()]
    for code_list in lists:
        _print_list(console, code_list)
    if not (tables or measures or metrics or columns or lists):
        raise OversightError(f"Nothing in the release is called '{name}'; {_hint(dictionary, name)}")


def _print_table(console: Console, table: "Table") -> None:
    console.print(f"{table.schema}.{table.name}\n{table.description}")
    print_table(
        ("column", "type", "description", "unit"), [(c.name, c.type, c.description, c.unit) for c in table.columns]
    )


def _print_measure(console: Console, measure: "Measure") -> None:
    periods = (
        f"{measure.first_period} to {measure.last_period}, by {measure.levels}"
        if measure.first_period
        else "none in this release"
    )
    console.print(f"{measure.name} ({measure.code})\n{measure.meaning}")
    _print_facts(console, [
        ("return", measure.return_code),
        ("domain", measure.domain),
        ("unit", f"{measure.unit} ({measure.value_type})"),
        ("better", measure.polarity if measure.polarity in ("high", "low") else "neither"),
        ("based on", measure.recipe),
        ("figures", periods),
    ])  # fmt: skip


def _print_column(console: Console, dictionary: "Dictionary", name: str) -> dict[str, str]:
    """Print each description of a column with the tables that it applies to; return its code list by table."""
    matches = [(table, column) for table in dictionary.tables for column in table.columns if column.name == name]
    for description, unit in dict.fromkeys((column.description, column.unit) for _, column in matches):
        tables = [table for table, column in matches if (column.description, column.unit) == (description, unit)]
        codes = dict.fromkeys(c.code_list or ", ".join(c.codes) for t, c in matches if t in tables)
        console.print(f"{name}\n{description}")
        _print_facts(console, [("unit", unit), ("codes", ", ".join(filter(None, codes)))])
        print_table(("table", "description"), [(f"{t.schema}.{t.name}", _first(t.description)) for t in tables])
    return {f"{table.schema}.{table.name}": column.code_list for table, column in matches}


def _print_list(console: Console, codes: "CodeList") -> None:
    console.print(" ".join(filter(None, (f"{codes.title} (code list {codes.name})\n{codes.about}", codes.note))))
    if codes.codes:
        rows = [(code.code or "(empty)", code.meaning, code.within) for code in codes.codes]
        count = 3 if any(code.within for code in codes.codes) else 2
        print_table(("code", "meaning", "within")[:count], [row[:count] for row in rows])


def _print_facts(console: Console, facts: Iterable[tuple[str, str]]) -> None:
    for label, text in facts:
        if text:
            console.print(f"    {label:<8} {text}")


def _hint(dictionary: "Dictionary", name: str) -> str:
    known = [*(t.name for t in dictionary.tables), *(m.code for m in dictionary.measures),
             *(metric.name for metric in dictionary.metrics), *(codes.name for codes in dictionary.code_lists),
             *{c.name for t in dictionary.tables for c in t.columns}]  # fmt: skip
    near = dict.fromkeys(difflib.get_close_matches(name, known, n=3))
    return f"did you mean {' or '.join(near)}?" if near else "run `oversight describe` to list tables and codes."


def _first(text: str) -> str:
    """Return the first sentence."""
    return text.split(". ", 1)[0].split(" For example:", 1)[0].rstrip(".") + "." if text else ""

"""`oversight describe`: what a table, column or measure means."""

import difflib
from typing import Annotated

import typer
from rich.console import Console

from orchestration.commands.answers import OfTier, Tier, print_table
from orchestration.errors import OversightError
from orchestration.settings import Settings

NO_DEFINITION = "The department gives it a name, and no definition."


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("describe")(describe)


def describe(
    name: Annotated[
        str | None, typer.Argument(help="A table, a column, or the code of a measure; all tables without one.")
    ] = None,
    release: Annotated[str | None, typer.Option(help="Another release than the one in force.")] = None,
    tier: OfTier = Tier.restricted,
) -> None:
    """What a table, a column or a measure of a release means, with its unit and codes."""
    from orchestration.dictionary.gathering import gather
    from orchestration.warehouse.asking import opened

    with opened(Settings(), release, None, tier) as con:
        dictionary = gather(con)
    if name is None:
        print_table(
            ("table", "what one row is"), [(f"{t.schema}.{t.name}", _first(t.description)) for t in dictionary.tables]
        )
        return
    console = Console(highlight=False, markup=False, soft_wrap=True)
    tables = [table for table in dictionary.tables if name in (table.name, f"{table.schema}.{table.name}")]
    for table in tables:
        console.print(f"{table.schema}.{table.name}\n{table.description}", markup=False)
        print_table(("column", "type", "what it says"), [(c.name, c.type, c.description) for c in table.columns])
    measures = [measure for measure in dictionary.measures if measure.code == name]
    for measure in measures:
        there = (
            f"{measure.first_period} to {measure.last_period}, by {measure.levels}"
            if measure.first_period
            else "none in this release"
        )
        better = measure.polarity if measure.polarity in ("high", "low") else "neither high nor low"
        console.print(f"{measure.name} ({measure.code})\n{measure.definition or NO_DEFINITION}", markup=False)
        for word, said in (
            ("return", measure.return_code),
            ("unit", f"{measure.unit} ({measure.value_type})"),
            ("better", better),
            ("figures", there),
        ):
            console.print(f"    {word:<8} {said}", markup=False)
    columns = [(f"{t.schema}.{t.name}", c) for t in dictionary.tables for c in t.columns if c.name == name]
    if columns:
        for said in dict.fromkeys(column.description for _, column in columns):
            where = ", ".join(table for table, column in columns if column.description == said)
            console.print(f"{name}\n{said}\n    in {where}", markup=False)
        codes = dict.fromkeys(code for _, column in columns for code in column.codes)
        if codes:
            console.print("    codes: " + ", ".join(code or "(empty)" for code in codes), markup=False)
    if not (tables or measures or columns):
        known = [*(t.name for t in dictionary.tables), *(m.code for m in dictionary.measures),
                 *{c.name for t in dictionary.tables for c in t.columns}]  # fmt: skip
        near = difflib.get_close_matches(name, known, n=3)
        hint = f"did you mean {' or '.join(near)}?" if near else "`oversight describe` lists the tables."
        raise OversightError(f"Nothing here is called '{name}': {hint}")


def _first(text: str) -> str:
    """The first sentence."""
    return text.split(". ", 1)[0].split(" For example:", 1)[0].rstrip(".") + "." if text else ""

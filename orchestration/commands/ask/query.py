"""`oversight sql` and `trace`: questions to a release."""

from typing import Annotated

import typer
from rich.console import Console

from orchestration.commands.nightly.refresh import moment
from orchestration.commands.output import SHOWN, OfTier, ResultFormat, Tier, print_table, write_answer
from orchestration.foundation.errors import OversightError
from orchestration.foundation.settings import Settings


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("sql")(sql)
    app.command("trace")(trace)


def sql(
    query: Annotated[str, typer.Argument(help="A query over schemas analysis and marts.")],
    release: Annotated[str | None, typer.Option(help="Another release than the one in force.")] = None,
    tier: OfTier = Tier.restricted,
    as_at: Annotated[str | None, typer.Option(help="Answer with the observations known at that time.")] = None,
    format: Annotated[
        ResultFormat, typer.Option(help="table, csv, json or parquet (bytes on standard output).")
    ] = ResultFormat.table,
) -> None:
    """Ask a release; nothing can be written, and no other file read."""
    from orchestration.warehouse.store.query import ask

    settings = Settings()
    with ask(settings, query, release, moment(as_at) if as_at else None, tier) as answer:
        if format is ResultFormat.table:
            print_table(answer.columns, answer.fetch(SHOWN + 1))
        else:
            write_answer(answer, format)


def trace(
    measure: Annotated[str, typer.Option(help="Measure code.")],
    location: Annotated[str, typer.Option(help="Location code.")],
    period: Annotated[str, typer.Option(help="Period code.")],
    return_code: Annotated[str | None, typer.Option("--return", help="Return code.")] = None,
    characteristic: Annotated[str | None, typer.Option(help="Characteristic, as the flat views show it.")] = None,
    category: Annotated[str | None, typer.Option(help="Category, as the flat views show it.")] = None,
    service_line: Annotated[str | None, typer.Option(help="Service line.")] = None,
    release: Annotated[str | None, typer.Option(help="Another release than the one in force.")] = None,
    tier: OfTier = Tier.restricted,
) -> None:
    """From a published number back to the submission, file, sheet, row and column it came from."""
    from orchestration.warehouse.trace.figure_key import Key
    from orchestration.warehouse.trace.tracing import trace_number

    key = Key(measure, location, period, return_code, characteristic, category, service_line)
    found = trace_number(Settings(), key, release, tier)
    console = Console()
    if not found.is_there:
        raise OversightError(f"No number for {key.in_words()} in release {found.release_id}; {found.hint}")
    if found.candidates:
        console.print(
            f"{len(found.candidates)} numbers fit; choose with --characteristic, --category, --service-line, --return:"
        )
        print_table(found.candidate_columns, found.candidates)
        return
    for line in found.lines():
        console.print(line, highlight=False, markup=False, soft_wrap=True)

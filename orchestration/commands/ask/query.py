"""`oversight sql` and `trace`: queries on a release."""

from typing import Annotated

import typer
from rich.console import Console

from orchestration.commands.nightly.refresh import moment
from orchestration.commands.output import SHOWN, OfTier, ResultFormat, Tier, print_table, write_answer
from orchestration.foundation.errors import OversightError
from orchestration.foundation.settings import Settings


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("sql", epilog="Exit code: 0.")(sql)
    app.command("trace", epilog="Exit codes: 0 traced, 1 the release has no such figure.")(trace)


def sql(
    query: Annotated[str, typer.Argument(help="Query over the schemas analysis and marts.")],
    release: Annotated[str | None, typer.Option(help="Release to use (default: the current release).")] = None,
    tier: OfTier = Tier.restricted,
    as_at: Annotated[
        str | None, typer.Option(help="Use the observations, histories and derived measures known at this time.")
    ] = None,
    format: Annotated[
        ResultFormat, typer.Option(help="Format of the result; parquet writes bytes to standard output.")
    ] = ResultFormat.table,
) -> None:
    """Run a read-only SQL query on a release; no other file can be read."""
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
    characteristic: Annotated[str | None, typer.Option(help="Characteristic, as in the flat views.")] = None,
    category: Annotated[str | None, typer.Option(help="Category, as in the flat views.")] = None,
    service_line: Annotated[str | None, typer.Option(help="Service line.")] = None,
    release: Annotated[str | None, typer.Option(help="Release to use (default: the current release).")] = None,
    tier: OfTier = Tier.restricted,
) -> None:
    """Trace a published figure back to its submission, file, sheet, row and column, or explain why it is missing."""
    from orchestration.warehouse.trace.figure_key import Key
    from orchestration.warehouse.trace.tracing import trace_number

    key = Key(measure, location, period, return_code, characteristic, category, service_line)
    result = trace_number(Settings(), key, release, tier)
    console = Console()
    if not result.is_there:
        raise OversightError(f"Release {result.release_id} has no figure for {key.in_words()}; {result.hint}")
    if result.candidates:
        console.print(
            f"{len(result.candidates)} figures match; choose one with --characteristic, --category, --service-line or "
            "--return:"
        )
        print_table(result.candidate_columns, result.candidates)
        return
    for line in result.lines():
        console.print(line, highlight=False, markup=False, soft_wrap=True)

"""`oversight land`, `screen` and `withdraw`: submissions to returns."""

import enum
from pathlib import Path
from typing import Annotated

import typer

from orchestration.contracts import load_contracts
from orchestration.foundation import clock
from orchestration.foundation.errors import UnreadableFileError, UsageError
from orchestration.foundation.settings import Settings


class ReportFormat(enum.StrEnum):
    """Format of a screening report."""

    text = "text"
    json = "json"


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("land", epilog="Exit codes: 0 landed, 1 the list cannot be used.")(land)
    app.command("screen", epilog="Exit codes: 0 accepted, 1 refused, 2 the file cannot be opened.")(screen)
    app.command("withdraw", epilog="Exit code: 0.")(withdraw)


def land(
    submissions: Annotated[
        Path,
        typer.Option(help="List of files: file, kind, department, return_code, received_at, period_hint."),
    ],
) -> None:
    """Land every file of a list, in order of received_at; files without a contract are skipped."""
    from orchestration.returns.landing.submissions_list import land_list

    settings = Settings()
    report = land_list(settings, submissions, load_contracts(settings.contracts).known_codes)
    for receipt in report.landed:
        typer.echo(f"landed    {receipt.return_code:32} {receipt.file_name}")
    for receipt in report.already_there:
        typer.echo(f"known     {receipt.return_code:32} {receipt.file_name}")
    for refusal in report.refused:
        typer.echo(f"refused   {refusal.return_code:32} {refusal.reason}", err=True)
    for skipped in report.without_contract:
        files = "1 file" if skipped.file_count == 1 else f"{skipped.file_count} files"
        typer.echo(f"skipped   {skipped.return_code:32} {skipped.kind} without a contract, {files}")
    returns = sum(skipped.kind == "return" for skipped in report.without_contract)
    typer.echo(
        f"{len(report.landed)} landed, {len(report.already_there)} already known, {len(report.refused)} refused; "
        f"{returns} returns and {len(report.without_contract) - returns} references have no contract."
    )


def screen(
    file: Annotated[Path, typer.Argument(help="File, as it would be sent.")],
    return_code: Annotated[str, typer.Option("--return", help="Return code, for example dfe.children_looked_after.")],
    period: Annotated[str | None, typer.Option(help="Period of the file, if the file does not contain it.")] = None,
    format: Annotated[
        ReportFormat, typer.Option(help="`text` for people, or `json` for programs.")
    ] = ReportFormat.text,
) -> None:
    """Check a file against its contract before it is sent, and report every problem; nothing is kept."""
    from orchestration.returns.intake import read_references
    from orchestration.returns.report import as_json, as_text
    from orchestration.returns.screening.screener import Incoming, Screener

    settings = Settings()
    contracts = load_contracts(settings.contracts)
    if return_code not in contracts.returns:
        raise UsageError(f"No contract has the return '{return_code}'; use one of {', '.join(contracts.returns)}.")
    if not file.is_file():
        raise UnreadableFileError(f"{file} does not exist or is not a file; check the path.")
    try:
        file.open("rb").close()
    except OSError as error:
        raise UnreadableFileError(f"{file} cannot be read ({error.strerror}); check its permissions.") from error
    contract = contracts.returns[return_code]
    screener = Screener(settings, contracts, read_references(settings, contracts).files)
    outcome = screener.screen(
        Incoming(
            path=file,
            file_name=file.name,
            submission_key=f"{return_code}.trial",
            return_code=return_code,
            department_code=contract.department,
            received_at=clock.now(),
            period_hint=period,
        )
    )
    typer.echo(as_json(outcome, file.name) if format is ReportFormat.json else as_text(outcome, file.name))
    raise typer.Exit(0 if outcome.accepted else 1)


def withdraw(
    submission: Annotated[str, typer.Argument(help="Key of the submission, from analysis.submissions.")],
    reason: Annotated[str, typer.Option(help="Reason; it is published with the withdrawal.")],
) -> None:
    """Withdraw a submission. Its figures are withdrawn from the next refresh; nothing is deleted."""
    from orchestration.returns.landing.landing_area import Landing

    withdrawal = Landing(Settings()).withdraw(submission, reason)
    typer.echo(
        f"{withdrawal.submission_key} is withdrawn from {withdrawal.withdrawn_at:%d %B %Y %H:%M} UTC; "
        "now run: oversight refresh"
    )

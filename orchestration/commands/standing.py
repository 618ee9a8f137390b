"""`oversight status`: what is due, late, refused and waived, and the last release."""

from datetime import UTC, datetime

import typer
from rich.console import Console
from rich.table import Table

from orchestration.contracts import load_contracts
from orchestration.settings import Settings

_STYLES = {"late": "red", "due": "yellow", "never sent": "dim", "waived": "cyan"}


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("status")(status)


def status() -> None:
    """What is due, late, refused and waived; the last release and its verdict."""
    from orchestration.returns.due import standings
    from orchestration.returns.intake import screened_so_far
    from orchestration.warehouse.hold import standing_hold
    from orchestration.warehouse.publication import latest_candidate_id
    from orchestration.warehouse.release import TIER, current_release, resolve_release
    from orchestration.warehouse.verdict import read_verdict

    settings = Settings()
    contracts = load_contracts(settings.contracts)
    console = Console()
    today = datetime.now(UTC).date()
    table = Table(title=f"Returns on {today.day} {today:%B %Y}", title_justify="left")
    for column in ("return", "state", "latest period ends", "received", "next due", "refused since"):
        table.add_column(column, overflow="fold")
    for standing in standings(contracts, screened_so_far(settings, contracts), today):
        table.add_row(
            standing.return_code,
            standing.state + (f": {standing.reason}" if standing.reason else ""),
            standing.latest_period_end.isoformat() if standing.latest_period_end else "",
            standing.latest_received or "",
            standing.next_due.isoformat() if standing.next_due else "",
            ", ".join(standing.refused_since),
            style=_STYLES.get(standing.state),
        )
    console.print(table)
    release = current_release(settings)
    if release is None:
        console.print("No release yet; run: oversight refresh")
        return
    verdict = read_verdict(resolve_release(settings, None))
    warnings = sum(rule.severity == "warning" for rule in verdict.failed)
    word = "passed" if verdict.passed else "did not pass"
    console.print(
        f"Last release {release}: {word} the gate with {warnings} warning{'' if warnings == 1 else 's'}, "
        f"checked {verdict.checked_at}",
        highlight=False,
    )
    if hold := standing_hold(settings, TIER):
        waiting = latest_candidate_id(settings)
        newer = f"; the latest candidate is {waiting}" if waiting and waiting > release else ""
        console.print(
            f"Publication is {hold.in_words}{newer}. Refreshes publish nothing until you run: "
            f"oversight publish RELEASE",
            style="yellow", highlight=False, markup=False, soft_wrap=True,
        )  # fmt: skip

"""`oversight status`: returns that are due, late, refused or waived, and the current release."""

import typer
from rich.console import Console
from rich.table import Table

from orchestration.contracts import load_contracts
from orchestration.contracts.publication import RULES, load_publication
from orchestration.foundation import clock
from orchestration.foundation.settings import Settings

_STYLES = {"late": "red", "due": "yellow", "never sent": "dim", "waived": "cyan"}


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("status", epilog="Exit code: 0.")(status)


def status() -> None:
    """Show which returns are due, late, refused or waived, the current release with any hold, and waiting drafts."""
    from orchestration.returns.due import standings
    from orchestration.returns.intake import screened_so_far
    from orchestration.warehouse.store.catalogue import current_release

    settings = Settings()
    contracts = load_contracts(settings.contracts)
    console = Console()
    today = clock.today()
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
    else:
        _release(console, settings, release)
    _drafts(console, settings)


def _release(console: Console, settings: Settings, release: str) -> None:
    """Print the current release, its verdict and any hold."""
    from orchestration.warehouse.publishing.decision import latest_candidate_id
    from orchestration.warehouse.store.catalogue import TIER, resolve_release
    from orchestration.warehouse.store.hold import standing_hold
    from orchestration.warehouse.store.verdict import read_verdict

    verdict = read_verdict(resolve_release(settings, None))
    warnings = sum(rule.severity == "warning" for rule in verdict.failed)
    outcome = "passed" if verdict.passed else "did not pass"
    console.print(
        f"Current release {release}: {outcome} the gate with {warnings} warning{'' if warnings == 1 else 's'}, "
        f"checked {verdict.checked_at}",
        highlight=False,
    )
    if hold := standing_hold(settings, TIER):
        waiting = latest_candidate_id(settings)
        newer = f"; the latest candidate is {waiting}" if waiting and waiting > release else ""
        console.print(
            f"Publication is {hold.in_words}{newer}. No refresh publishes until you run: oversight publish RELEASE",
            style="yellow", highlight=False, markup=False, soft_wrap=True,
        )  # fmt: skip


def _drafts(console: Console, settings: Settings) -> None:
    """Print one line for each draft that is waiting, if the contracts have publication rules."""
    from orchestration.warehouse.approval.drafts import drafts

    if not (settings.contracts / RULES).is_file():
        return
    rules = load_publication(settings.contracts)
    for draft in drafts(settings, rules):
        console.print(f"Draft {draft.in_words(rules)}", highlight=False, markup=False, soft_wrap=True)

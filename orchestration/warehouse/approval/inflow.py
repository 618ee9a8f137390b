"""Status of the returns behind a draft: missing, late, or accepted with warnings.

Contains the queries on the restricted release that a draft was built from. Not here: the status of returns today
(`oversight status`), and what a draft requires (`checklist`).
"""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from orchestration.contracts.load import Contracts
from orchestration.foundation.database import attach, connect
from orchestration.foundation.settings import Settings
from orchestration.returns.due import due_date, next_period_end
from orchestration.warehouse.changes.causes import has_relation


@dataclass(frozen=True)
class Inflow:
    """Returns without figures, overdue returns with their due dates, and warnings about current submissions.

    Each warning has the form `return, rule (count)`.
    """

    missing: tuple[str, ...] = ()
    late: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


def read_inflow(settings: Settings, database: Path, contracts: Contracts, day: date) -> Inflow:
    """Return the status, on `day`, of each return that has a contract; a waived period is not late."""
    with connect(None, settings) as connection:
        attach(connection, database, "source")
        ends: dict[str, date] = dict(
            connection.execute(
                """SELECT return_code, max(period_end)
                   FROM source.marts.fct_observation JOIN source.marts.dim_period USING (period_code)
                   GROUP BY return_code"""
            ).fetchall()
        )
        warnings = []
        if has_relation(connection, "source", "fct_screening"):
            warnings = connection.execute(
                """SELECT format('{}, {} ({:,})', return_code, rule, sum(occurrence_count)::BIGINT)
                   FROM source.marts.fct_screening
                   SEMI JOIN (
                       SELECT submission_key FROM source.marts.dim_submission WHERE submission_status = 'accepted'
                       QUALIFY row_number() OVER (
                           PARTITION BY return_code ORDER BY received_at DESC, submission_key DESC) = 1
                   ) USING (submission_key)
                   WHERE severity = 'warning' GROUP BY return_code, rule ORDER BY return_code, rule"""
            ).fetchall()
    missing, late = [], []
    for code, contract in sorted(contracts.returns.items()):
        following = next_period_end(contract, ends[code]) if code in ends else None
        if code not in ends:
            missing.append(code)
        elif following and not any(waiver.period_end == following for waiver in contract.waivers):
            due = due_date(contract, following)
            if day > due:
                late.append(f"{code}, due on {due.day} {due:%B %Y}")
    return Inflow(tuple(missing), tuple(late), tuple(row[0] for row in warnings))

"""Inputs of dbt: schema `landing` of a new build database, from contracts, receipts and Parquet files.

Contains preparing the inputs of one build, as known at one time. Not here: checking them (`orchestration.returns`) or
their history (dbt).
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb

from orchestration.contracts.load import Contracts
from orchestration.foundation.database import connect
from orchestration.foundation.settings import Settings
from orchestration.foundation.sql import ident, literal
from orchestration.returns.due import due_date
from orchestration.returns.intake import References, Screened
from orchestration.returns.landing.landing_area import Landing, Withdrawal
from orchestration.returns.screening.meaning.known_locations import slugged
from orchestration.warehouse.build.contract_tables import derived, lay_contracts, lay_table, standardised

_OBSERVATIONS = """
    submission_key VARCHAR, return_code VARCHAR, department_code VARCHAR, received_at TIMESTAMP, measure_code VARCHAR,
    location_code VARCHAR, location_level VARCHAR, location_name VARCHAR, period_code VARCHAR, period_start DATE,
    period_end DATE, period_kind VARCHAR, population_group_code VARCHAR,
    members STRUCT(characteristic_code VARCHAR, characteristic_name VARCHAR,
                   category_code VARCHAR, category_name VARCHAR)[],
    characteristic VARCHAR, category VARCHAR, service_line VARCHAR, numerator DOUBLE, denominator DOUBLE,
    numerator_status VARCHAR, denominator_status VARCHAR, value DOUBLE, value_status VARCHAR, lower_95 DOUBLE,
    upper_95 DOUBLE, lower_99_8 DOUBLE, upper_99_8 DOUBLE, note VARCHAR, source_row BIGINT, source_column VARCHAR"""
_MEANING = """
    measure_code VARCHAR, measure_name VARCHAR, domain VARCHAR, unit VARCHAR, value_type VARCHAR, polarity VARCHAR,
    multiplier DOUBLE, aggregation VARCHAR, definition VARCHAR, source VARCHAR, valid_from DATE, valid_to DATE"""
_NAMED_MEASURES = (
    f"submission_key VARCHAR, return_code VARCHAR, received_at TIMESTAMP, department_code VARCHAR, {_MEANING}"
)
_LOCATIONS = """
    submission_key VARCHAR, return_code VARCHAR, received_at TIMESTAMP, location_code VARCHAR,
    location_level VARCHAR, location_name VARCHAR, scheme VARCHAR, in_reference BOOLEAN, within_code VARCHAR,
    within_level VARCHAR"""
_SCREENING = """
    submission_key VARCHAR, return_code VARCHAR, problem_number BIGINT, stage VARCHAR, rule VARCHAR,
    severity VARCHAR, file_name VARCHAR, sheet VARCHAR, source_row BIGINT, column_name VARCHAR, value VARCHAR,
    occurrence_count BIGINT, message VARCHAR, remedy VARCHAR"""


@dataclass(frozen=True)
class Inputs:
    """The inputs of one build as plain values; `digest` changes with any of them.

    `as_at` is ISO 8601 or None; `references` maps the code of each reference used to its file name, sha256 and
    submission; `departments` counts returns, submissions and observations; `refused` has each refused submission with
    its three most frequent problems; `refused_references` has a sentence each.
    """

    digest: str
    as_at: str | None
    references: dict[str, dict[str, str]]
    submissions: int
    departments: list[dict[str, Any]]
    refused: list[dict[str, Any]]
    refused_references: list[str]


def lay_out(
    settings: Settings,
    contracts: Contracts,
    references: References,
    screened: Sequence[Screened],
    as_at: datetime | None = None,
    withdrawals: Mapping[str, Withdrawal] | None = None,
) -> Inputs:
    """Create a new `build.duckdb` whose schema `landing` has everything known at `as_at` (default: now).

    `as_at` applies to returns and withdrawals, not to references (docs/modelling.md). `withdrawals`, by submission, are
    those to apply; the default is all that have landed.
    """
    for leftover in settings.build.glob("build.duckdb*"):
        leftover.unlink()
    known = [s for s in screened if as_at is None or s.receipt.received_at <= as_at]
    if withdrawals is None:
        withdrawals = {w.submission_key: w for w in Landing(settings).withdrawals(as_at)}
    with connect(settings.build_database, settings) as con:
        con.execute("CREATE SCHEMA landing")
        lay_contracts(con, contracts, settings.price_base)
        _submissions(con, contracts, known, withdrawals)
        accepted = [s.folder for s in known if s.outcome == "accepted"]
        judged = [s.folder for s in known if s.outcome != "repeat"]
        _parquet_view(con, "observations", accepted, "observations.parquet", _OBSERVATIONS)
        _parquet_view(con, "learned_locations", accepted, "locations.parquet", _LOCATIONS)
        _parquet_view(con, "screening", judged, "problems.parquet", _SCREENING)
        _measures(con, contracts, accepted)
        _references(con, contracts, references)
        departments, refused = _departments(con), _refused(con)
    return Inputs(
        digest=inputs_digest(settings, contracts, references, known, withdrawals),
        as_at=as_at.isoformat() if as_at else None,
        references={
            code: {
                "file_name": receipt.file_name,
                "sha256": receipt.sha256,
                "submission_key": receipt.submission_key,
            }
            for code, (receipt, _) in sorted(references.in_force.items())
        },
        submissions=len(known),
        departments=departments,
        refused=refused,
        refused_references=[
            f"{receipt.file_name} ({receipt.return_code}): {messages[0]}" for receipt, messages in references.refused
        ],
    )


def _departments(con: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    return _records(
        con,
        """SELECT department_code, count(DISTINCT return_code) AS returns, count(*) AS submissions,
                  count(*) FILTER (WHERE outcome = 'refused') AS refused,
                  coalesce(sum(observation_count) FILTER (WHERE outcome = 'accepted'), 0)::BIGINT AS observations
           FROM landing.submissions GROUP BY 1 ORDER BY 1""",
    )


def _refused(con: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    return _records(
        con,
        """SELECT s.return_code, s.file_name, s.submission_key, s.error_count,
                  (SELECT list(m ORDER BY n DESC)[:3] FROM (
                      SELECT p.rule || ': ' || any_value(p.message) AS m, sum(p.occurrence_count) AS n
                      FROM landing.screening AS p
                      WHERE p.submission_key = s.submission_key AND p.severity = 'error'
                      GROUP BY p.rule)) AS reasons
           FROM landing.submissions AS s WHERE s.outcome = 'refused' ORDER BY s.received_at""",
    )


def _records(con: duckdb.DuckDBPyConnection, query: str) -> list[dict[str, Any]]:
    result = con.execute(query)
    names = [column[0] for column in result.description or []]
    return [dict(zip(names, row, strict=True)) for row in result.fetchall()]


def inputs_digest(
    settings: Settings,
    contracts: Contracts,
    references: References,
    screened: Sequence[Screened],
    withdrawals: Mapping[str, Withdrawal],
) -> str:
    """Return sixteen hexadecimal digits that change with any input of a build."""
    parts = [contracts.fingerprint, references.fingerprint, settings.price_base or ""]
    parts += [f"{s.receipt.submission_key} {s.outcome}" for s in screened]
    parts += [f"{key} {w.withdrawn_at.isoformat()}" for key, w in sorted(withdrawals.items())]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


def _parquet_view(con: duckdb.DuckDBPyConnection, name: str, folders: Sequence[Path], file: str, columns: str) -> None:
    """Create a view over the Parquet files of `folders`, or an empty table of the same columns if there are none."""
    if not folders:
        lay_table(con, name, columns, [])
        return
    files = ", ".join(literal(str(folder / file)) for folder in folders)
    con.execute(f"CREATE VIEW landing.{name} AS SELECT * FROM read_parquet([{files}], union_by_name = true)")


def _naive(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(tzinfo=None)


def _submissions(
    con: duckdb.DuckDBPyConnection,
    contracts: Contracts,
    screened: Sequence[Screened],
    withdrawals: Mapping[str, Withdrawal],
) -> None:
    rows = []
    reported: set[tuple[str, date]] = set()
    for s in screened:
        receipt, facts = s.receipt, s.facts
        end = facts.get("latest_period_end")
        period_end = date.fromisoformat(str(end)) if end else None
        due = late = None
        if period_end is not None:
            due = due_date(contracts.returns[receipt.return_code], period_end)
            # Only the first submission for a period can be late; later ones revise it.
            first = (receipt.return_code, period_end) not in reported
            late = first and receipt.received_at.date() > due
            if s.outcome == "accepted":
                reported.add((receipt.return_code, period_end))
        withdrawal = withdrawals.get(receipt.submission_key)
        rows.append(
            (receipt.submission_key, receipt.return_code, receipt.department_code, receipt.file_name, receipt.sender,
             receipt.sha256 or None, receipt.size_bytes, receipt.period_hint, _naive(receipt.received_at),
             _naive(receipt.landed_at), s.outcome, _naive(withdrawal.withdrawn_at) if withdrawal else None,
             withdrawal.reason if withdrawal else None, facts.get("contract_version"), facts.get("layout"),
             facts.get("sheet"), *(facts.get(n, 0) for n in ("rows", "cells", "observations", "values", "collapsed",
             "filtered", "unreadable_periods", "errors", "warnings")), due, late)
        )  # fmt: skip
    lay_table(
        con,
        "submissions",
        """submission_key VARCHAR, return_code VARCHAR, department_code VARCHAR, file_name VARCHAR, sender VARCHAR,
        sha256 VARCHAR, size_bytes BIGINT, period_hint VARCHAR, received_at TIMESTAMP, landed_at TIMESTAMP,
        outcome VARCHAR, withdrawn_at TIMESTAMP, withdrawal_reason VARCHAR, contract_version VARCHAR, layout VARCHAR,
        sheet VARCHAR, row_count BIGINT, cell_count BIGINT, observation_count BIGINT, value_count BIGINT,
        collapsed_count BIGINT, filtered_count BIGINT, unreadable_period_count BIGINT, error_count BIGINT,
        warning_count BIGINT, due_date DATE, is_late BOOLEAN""",
        rows,
    )


def _measures(con: duckdb.DuckDBPyConnection, contracts: Contracts, accepted: Sequence[Path]) -> None:
    """Create the measures of contracts, and those that only files name, as the latest submission describes them."""
    rows = [
        (c.return_code, c.department, m.code, m.name, m.domain, m.unit, m.value_type, m.polarity, m.multiplier,
         m.aggregation, m.definition.strip(), "contract", m.valid_from, m.valid_to)
        for c in contracts.returns.values()
        for m in c.measures
    ] + [
        (c.return_code, c.department, s.code, s.name, s.domain, s.unit, s.value_type, s.polarity, s.multiplier,
         "none", s.definition.strip(), "contract", None, None)
        for s, c, _ in standardised(contracts)
    ] + [
        (owner, contracts.returns[owner].department, d.code, d.name, d.domain, d.unit, d.value_type, d.polarity,
         d.multiplier, d.aggregation, d.definition.strip(), "contract", None, None)
        for d, owner in derived(contracts)
    ]  # fmt: skip
    lay_table(
        con,
        "contract_measures",
        f"return_code VARCHAR, department_code VARCHAR, {_MEANING}",
        rows,
    )
    _parquet_view(con, "named_measures", accepted, "measures.parquet", _NAMED_MEASURES)
    con.execute(
        """
        CREATE VIEW landing.measures AS
        FROM landing.contract_measures
        UNION ALL BY NAME
        FROM (
            SELECT measure_code, measure_name, return_code, department_code, domain, unit, value_type, polarity,
                   multiplier, aggregation, definition, source, valid_from, valid_to
            FROM landing.named_measures
            WHERE measure_code NOT IN (SELECT measure_code FROM landing.contract_measures)
            QUALIFY row_number() OVER (PARTITION BY measure_code
                ORDER BY source = 'reference' DESC, received_at DESC, submission_key DESC) = 1
        )
        """
    )


def _references(con: duckdb.DuckDBPyConnection, contracts: Contracts, references: References) -> None:
    rows = []
    for code, contract in sorted(contracts.references.items()):
        name = "ref_" + code.removeprefix("ref.")
        if code in references.in_force:
            receipt, path = references.in_force[code]
            con.execute(f"CREATE VIEW landing.{ident(name)} AS FROM read_parquet({literal(str(path))})")
            counted = con.execute(f"SELECT count(*) FROM landing.{ident(name)}").fetchone()
            rows.append((code, receipt.submission_key, receipt.file_name, receipt.sha256,
                         _naive(receipt.received_at), counted[0] if counted else 0))  # fmt: skip
        else:
            columns = ", ".join(f"CAST(NULL AS VARCHAR) AS {ident(slugged(c))}" for c in contract.columns)
            con.execute(f"CREATE VIEW landing.{ident(name)} AS SELECT * FROM (SELECT {columns}) WHERE false")
    lay_table(
        con,
        "reference_files",
        """reference_code VARCHAR, submission_key VARCHAR, file_name VARCHAR, sha256 VARCHAR, received_at TIMESTAMP,
        row_count BIGINT""",
        rows,
    )

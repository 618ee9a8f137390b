"""What dbt reads: schema `landing` of a fresh build database, from contracts, receipts and Parquet files.

Belongs here: laying out the inputs of one build, as known at one time. Does not belong here: judging them
(`orchestration.returns`) or giving them meaning through time (dbt).
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb

from orchestration.contracts.load import Contracts
from orchestration.returns.due import due_date, due_in_words
from orchestration.returns.intake import References, Screened
from orchestration.returns.landing import Landing, Withdrawal
from orchestration.returns.places import slugged
from orchestration.settings import Settings
from orchestration.sql import ident, literal
from orchestration.warehouse.connection import connect
from orchestration.warehouse.provenance import INPUTS

_EMPTY_OBSERVATIONS = """
    SELECT * FROM (SELECT
        CAST(NULL AS VARCHAR) AS submission_key, CAST(NULL AS VARCHAR) AS return_code,
        CAST(NULL AS VARCHAR) AS department_code, CAST(NULL AS TIMESTAMP) AS received_at,
        CAST(NULL AS VARCHAR) AS measure_code, CAST(NULL AS VARCHAR) AS location_code,
        CAST(NULL AS VARCHAR) AS location_level, CAST(NULL AS VARCHAR) AS location_name,
        CAST(NULL AS VARCHAR) AS period_code, CAST(NULL AS DATE) AS period_start, CAST(NULL AS DATE) AS period_end,
        CAST(NULL AS VARCHAR) AS period_kind, CAST(NULL AS VARCHAR) AS population_group_code,
        CAST(NULL AS STRUCT(characteristic_code VARCHAR, characteristic_name VARCHAR,
                            category_code VARCHAR, category_name VARCHAR)[]) AS members,
        CAST(NULL AS VARCHAR) AS characteristic, CAST(NULL AS VARCHAR) AS category,
        CAST(NULL AS VARCHAR) AS service_line, CAST(NULL AS DOUBLE) AS numerator,
        CAST(NULL AS DOUBLE) AS denominator, CAST(NULL AS VARCHAR) AS numerator_status,
        CAST(NULL AS VARCHAR) AS denominator_status, CAST(NULL AS DOUBLE) AS value, CAST(NULL AS VARCHAR) AS value_status,
        CAST(NULL AS DOUBLE) AS lower_95, CAST(NULL AS DOUBLE) AS upper_95, CAST(NULL AS DOUBLE) AS lower_99_8,
        CAST(NULL AS DOUBLE) AS upper_99_8, CAST(NULL AS VARCHAR) AS note, CAST(NULL AS BIGINT) AS source_row,
        CAST(NULL AS VARCHAR) AS source_column) WHERE false"""
_EMPTY_MEASURES = """
    SELECT * FROM (SELECT
        CAST(NULL AS VARCHAR) AS submission_key, CAST(NULL AS VARCHAR) AS return_code,
        CAST(NULL AS TIMESTAMP) AS received_at, CAST(NULL AS VARCHAR) AS department_code,
        CAST(NULL AS VARCHAR) AS measure_code, CAST(NULL AS VARCHAR) AS measure_name, CAST(NULL AS VARCHAR) AS domain,
        CAST(NULL AS VARCHAR) AS unit, CAST(NULL AS VARCHAR) AS value_type, CAST(NULL AS VARCHAR) AS polarity,
        CAST(NULL AS DOUBLE) AS multiplier, CAST(NULL AS VARCHAR) AS aggregation, CAST(NULL AS VARCHAR) AS definition,
        CAST(NULL AS VARCHAR) AS source, CAST(NULL AS DATE) AS valid_from, CAST(NULL AS DATE) AS valid_to) WHERE false"""
_EMPTY_LOCATIONS = """
    SELECT * FROM (SELECT
        CAST(NULL AS VARCHAR) AS submission_key, CAST(NULL AS VARCHAR) AS return_code,
        CAST(NULL AS TIMESTAMP) AS received_at, CAST(NULL AS VARCHAR) AS location_code,
        CAST(NULL AS VARCHAR) AS location_level, CAST(NULL AS VARCHAR) AS location_name,
        CAST(NULL AS VARCHAR) AS scheme, CAST(NULL AS BOOLEAN) AS in_reference) WHERE false"""
_EMPTY_SCREENING = """
    SELECT * FROM (SELECT
        CAST(NULL AS VARCHAR) AS submission_key, CAST(NULL AS VARCHAR) AS return_code,
        CAST(NULL AS BIGINT) AS problem_number, CAST(NULL AS VARCHAR) AS stage, CAST(NULL AS VARCHAR) AS rule,
        CAST(NULL AS VARCHAR) AS severity, CAST(NULL AS VARCHAR) AS file_name, CAST(NULL AS VARCHAR) AS sheet,
        CAST(NULL AS BIGINT) AS source_row, CAST(NULL AS VARCHAR) AS column_name, CAST(NULL AS VARCHAR) AS value,
        CAST(NULL AS BIGINT) AS occurrence_count, CAST(NULL AS VARCHAR) AS message,
        CAST(NULL AS VARCHAR) AS remedy) WHERE false"""


@dataclass(frozen=True)
class Inputs:
    """What one build is made of; `digest` changes with any part of it."""

    submissions: int
    accepted: int
    observation_files: int
    digest: str


def lay_out(
    settings: Settings,
    contracts: Contracts,
    references: References,
    screened: Sequence[Screened],
    as_at: datetime | None = None,
) -> Inputs:
    """Make a fresh `build.duckdb` whose schema `landing` holds everything known at `as_at` (default: now).

    `as_at` applies to returns and withdrawals, not to references (DESIGN.md, section 4).
    """
    for leftover in settings.build.glob("build.duckdb*"):
        leftover.unlink()
    known = [s for s in screened if as_at is None or s.receipt.received_at <= as_at]
    withdrawals = {w.submission_key: w for w in Landing(settings).withdrawals(as_at)}
    with connect(settings.build_database, settings) as con:
        con.execute("CREATE SCHEMA landing")
        _contracts(con, contracts)
        _submissions(con, contracts, known, withdrawals)
        accepted = [s.folder for s in known if s.outcome == "accepted"]
        judged = [s.folder for s in known if s.outcome != "repeat"]
        _parquet_view(con, "observations", accepted, "observations.parquet", _EMPTY_OBSERVATIONS)
        _parquet_view(con, "learned_locations", accepted, "locations.parquet", _EMPTY_LOCATIONS)
        _parquet_view(con, "screening", judged, "problems.parquet", _EMPTY_SCREENING)
        _measures(con, contracts, accepted)
        _references(con, contracts, references)
    parts = [contracts.fingerprint, references.fingerprint]
    parts += [f"{s.receipt.submission_key} {s.outcome}" for s in known]
    parts += [f"{key} {w.withdrawn_at.isoformat()}" for key, w in sorted(withdrawals.items())]
    digest = hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]
    facts = {
        "digest": digest,
        "as_at": as_at.isoformat() if as_at else None,
        "references": {
            code: {"file_name": receipt.file_name, "sha256": receipt.sha256, "submission_key": receipt.submission_key}
            for code, (receipt, _) in sorted(references.in_force.items())
        },
    }
    (settings.build / INPUTS).write_text(json.dumps(facts, indent=2), encoding="utf-8")
    return Inputs(len(known), len(accepted), len(accepted), digest)


def _table(con: duckdb.DuckDBPyConnection, name: str, columns: str, rows: Sequence[Sequence[object]]) -> None:
    con.execute(f"CREATE TABLE landing.{name} ({columns})")
    if rows:
        marks = ", ".join("?" for _ in rows[0])
        con.executemany(f"INSERT INTO landing.{name} VALUES ({marks})", [list(row) for row in rows])


def _parquet_view(
    con: duckdb.DuckDBPyConnection, name: str, folders: Sequence[Path], file: str, empty: str
) -> None:
    """A view over the Parquet files of `folders`; without any, an empty relation of the same columns."""
    files = ", ".join(literal(str(folder / file)) for folder in folders)
    query = f"SELECT * FROM read_parquet([{files}], union_by_name = true)" if files else empty
    con.execute(f"CREATE VIEW landing.{name} AS {query}")


def _contracts(con: duckdb.DuckDBPyConnection, contracts: Contracts) -> None:
    _table(con, "departments", "department_code VARCHAR, department_name VARCHAR",
           sorted(contracts.codes.departments.items()))  # fmt: skip
    _table(
        con,
        "gss_entities",
        "prefix VARCHAR, location_level VARCHAR, location_type VARCHAR, description VARCHAR",
        [(p, e.level, e.type, e.description) for p, e in sorted(contracts.codes.gss_entities.items())],
    )
    _table(
        con,
        "returns",
        """return_code VARCHAR, return_name VARCHAR, department_code VARCHAR, owner_name VARCHAR, owner_email VARCHAR,
        cadence VARCHAR, due_rule VARCHAR, speaks_for VARCHAR, burden_hours DOUBLE, contract_version VARCHAR,
        description VARCHAR""",
        [
            (code, c.name, c.department, c.owner.name, c.owner.email, c.cadence, due_in_words(c), c.speaks_for,
             c.burden.hours_per_return * c.burden.respondents, contracts.version(code), c.description.strip())
            for code, c in sorted(contracts.returns.items())
        ],
    )  # fmt: skip


def _naive(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(tzinfo=None)


def _submissions(
    con: duckdb.DuckDBPyConnection,
    contracts: Contracts,
    screened: Sequence[Screened],
    withdrawals: dict[str, Withdrawal],
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
            # Only the first account of a period can be late; what follows revises it.
            first = (receipt.return_code, period_end) not in reported
            late = first and receipt.received_at.date() > due
            if s.outcome == "accepted":
                reported.add((receipt.return_code, period_end))
        withdrawal = withdrawals.get(receipt.submission_key)
        rows.append(
            (receipt.submission_key, receipt.return_code, receipt.department_code, receipt.file_name, receipt.sender,
             receipt.sha256, receipt.size_bytes, receipt.period_hint, _naive(receipt.received_at),
             _naive(receipt.landed_at), s.outcome, _naive(withdrawal.withdrawn_at) if withdrawal else None,
             withdrawal.reason if withdrawal else None, facts.get("contract_version"), facts.get("layout"),
             facts.get("sheet"), *(facts.get(n, 0) for n in ("rows", "cells", "observations", "values", "collapsed",
             "filtered", "unreadable_periods", "errors", "warnings")), due, late)
        )  # fmt: skip
    _table(
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
    """Measures of contracts, and those that files named themselves as the latest submission describes them."""
    rows = [
        (m.code, m.name, c.return_code, c.department, m.domain, m.unit, m.value_type, m.polarity, m.multiplier,
         m.aggregation, m.definition.strip(), "contract", m.valid_from, m.valid_to)
        for c in contracts.returns.values()
        for m in c.measures
    ]  # fmt: skip
    _table(
        con,
        "contract_measures",
        """measure_code VARCHAR, measure_name VARCHAR, return_code VARCHAR, department_code VARCHAR, domain VARCHAR,
        unit VARCHAR, value_type VARCHAR, polarity VARCHAR, multiplier DOUBLE, aggregation VARCHAR,
        definition VARCHAR, source VARCHAR, valid_from DATE, valid_to DATE""",
        rows,
    )
    _parquet_view(con, "named_measures", accepted, "measures.parquet", _EMPTY_MEASURES)
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
    _table(
        con,
        "reference_files",
        """reference_code VARCHAR, submission_key VARCHAR, file_name VARCHAR, sha256 VARCHAR, received_at TIMESTAMP,
        row_count BIGINT""",
        rows,
    )

"""What contracts and code lists say, as tables of schema `landing`.

Belongs here: contracts, codes, standards and methods in the form that dbt reads. Does not belong here: what
departments sent (`inputs`).
"""

from collections.abc import Sequence

import duckdb

from orchestration.contracts.load import Contracts
from orchestration.contracts.measures import Measure
from orchestration.contracts.model import ReturnContract
from orchestration.contracts.standards import Standardised
from orchestration.returns.due import due_in_words
from orchestration.sql import values

NOT_ADDED_UP = "Standardised anew from the events and people of the larger place, never from values of its parts."


def standardised(contracts: Contracts) -> list[tuple[Standardised, ReturnContract, Measure]]:
    """Standardised measures, each with the measure whose events it counts and the return of that."""
    owners = {m.code: (c, m) for c in contracts.returns.values() for m in c.measures}
    return [(made, *owners[made.of]) for made in contracts.judgements.standardised]


def lay_table(con: duckdb.DuckDBPyConnection, name: str, columns: str, rows: Sequence[Sequence[object]]) -> None:
    """Make the table `landing.<name>` of `columns` with `rows`."""
    con.execute(f"CREATE TABLE landing.{name} ({columns})")
    if rows:
        con.execute(f"INSERT INTO landing.{name} VALUES {values(rows)}")


def lay_contracts(con: duckdb.DuckDBPyConnection, contracts: Contracts) -> None:
    """Lay what contracts and code lists say, for dbt to read."""
    lay_table(con, "departments", "department_code VARCHAR, department_name VARCHAR",
           sorted(contracts.codes.departments.items()))  # fmt: skip
    lay_table(
        con,
        "gss_entities",
        "prefix VARCHAR, location_level VARCHAR, location_type VARCHAR, description VARCHAR",
        [(p, e.level, e.type, e.description) for p, e in sorted(contracts.codes.gss_entities.items())],
    )
    lay_table(
        con,
        "returns",
        """return_code VARCHAR, return_name VARCHAR, department_code VARCHAR, owner_name VARCHAR, owner_email VARCHAR,
        cadence VARCHAR, due_rule VARCHAR, speaks_for VARCHAR, burden_hours DOUBLE, contract_version VARCHAR,
        description VARCHAR, covers_code VARCHAR""",
        [
            (code, c.name, c.department, c.owner.name, c.owner.email, c.cadence, due_in_words(c), c.speaks_for,
             c.burden.hours_per_return * c.burden.respondents, contracts.version(code), c.description.strip(),
             c.covers)
            for code, c in sorted(contracts.returns.items())
        ],
    )  # fmt: skip
    _methods(con, contracts)
    _judgements(con, contracts)


def _methods(con: duckdb.DuckDBPyConnection, contracts: Contracts) -> None:
    """How measures of contracts are judged; one that a file names itself is judged by the defaults."""
    lay_table(
        con,
        "measure_methods",
        """measure_code VARCHAR, limits_method VARCHAR, counts_rounded_to DOUBLE, counts_rounded_from DATE,
        minimum_coverage DOUBLE, aggregation_reason VARCHAR, service_lines_add_up BOOLEAN, has_overdispersion BOOLEAN,
        screen_outliers BOOLEAN, baseline_point_count INTEGER, rebase_dates VARCHAR""",
        [
            (m.code, m.limits_method, m.counts_rounded_to, m.counts_rounded_from, m.minimum_coverage,
             m.aggregation_reason.strip() or None, m.service_lines_add_up, m.overdispersion,
             m.process_chart.screen_outliers, m.process_chart.baseline_points,
             ",".join(day.isoformat() for day in sorted(m.process_chart.rebase)) or None)
            for c in contracts.returns.values()
            for m in c.measures
        ] + [
            # Its limits come with it; what is true of the counts is true of what is made of them.
            (made.code, "none", m.counts_rounded_to, m.counts_rounded_from, m.minimum_coverage, NOT_ADDED_UP, False,
             False, True, None, None)
            for made, _, m in standardised(contracts)
        ],
    )  # fmt: skip


def _judgements(con: duckdb.DuckDBPyConnection, contracts: Contracts) -> None:
    lay_table(
        con,
        "standards",
        """standard_code VARCHAR, standard_name VARCHAR, measure_code VARCHAR, standard_kind VARCHAR, at_least DOUBLE,
        at_most DOUBLE, location_level VARCHAR, service_line VARCHAR, valid_from DATE, valid_to DATE,
        legal_source VARCHAR""",
        [
            (s.standard, s.name, s.measure, s.kind, s.at_least, s.at_most, level, s.service_line, s.valid_from,
             s.valid_to, s.source.strip())
            for s in contracts.judgements.standards
            for level in s.levels
        ],
    )  # fmt: skip
    lay_table(
        con,
        "companions",
        "measure_code VARCHAR, whole_measure_code VARCHAR, characteristic_code VARCHAR, category_code VARCHAR",
        [(c.measure, c.whole, c.characteristic, c.category) for c in contracts.judgements.companions],
    )
    lay_table(
        con,
        "standardised_measures",
        """measure_code VARCHAR, counted_measure_code VARCHAR, standardisation_method VARCHAR,
        characteristic_base VARCHAR, standard_population VARCHAR, reference_level VARCHAR""",
        [
            (s.code, s.of, f"{s.method} {s.value_type}" if s.method == "indirect" else s.method, s.characteristic,
             s.standard, s.reference_level)
            for s in contracts.judgements.standardised
        ],
    )  # fmt: skip
    lay_table(
        con,
        "characteristics",
        """characteristic_base VARCHAR, dimension VARCHAR, is_ordered BOOLEAN, category_code VARCHAR,
        category_role VARCHAR, role_rank INTEGER""",
        [
            (base, d.dimension, d.ordered, category, role, rank)
            for base, d in sorted(contracts.codes.characteristics.items())
            for role, categories in (("reference", d.reference), ("left_out", d.leave_out), ("", [None]))
            for rank, category in enumerate(categories)
        ],
    )

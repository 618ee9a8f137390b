"""Contracts and code lists as tables of schema `landing`.

Contains contracts, codes, standards and methods in the form that dbt reads. Not here: submissions (`inputs`).
"""

from collections.abc import Sequence

import duckdb

from orchestration.contracts.derived import Derived
from orchestration.contracts.load import Contracts
from orchestration.contracts.measures import Measure
from orchestration.contracts.model import ReturnContract
from orchestration.contracts.standards import Standardised
from orchestration.foundation.sql import values
from orchestration.returns.due import due_in_words

NOT_ADDED_UP = "Recalculated from the events and population of the parent location, not from the values of its parts."


def standardised(contracts: Contracts) -> list[tuple[Standardised, ReturnContract, Measure]]:
    """Return standardised measures, each with the measure of its events and the return of that measure."""
    owners = {m.code: (c, m) for c in contracts.returns.values() for m in c.measures}
    return [(made, *owners[made.of]) for made in contracts.judgements.standardised]


def derived(contracts: Contracts) -> list[tuple[Derived, str]]:
    """Return derived measures, each with the return of its first component.

    A measure that files name themselves belongs to the return whose file names measures with its longest prefix.
    """
    owners = {m.code: code for code, c in contracts.returns.items() for m in c.measures}
    owners |= {made.code: c.return_code for made, c, _ in standardised(contracts)}
    prefixes = {
        cell.measure_from.prefix: code
        for code, c in contracts.returns.items()
        for layout in c.layouts
        for cell in layout.cells
        if cell.measure_from
    }

    def owner(code: str) -> str:
        return owners.get(code) or prefixes[max((p for p in prefixes if code.startswith(p)), key=len)]

    return [(made, owner(made.components[made.lead].measure)) for made in contracts.judgements.derived]


def lay_table(con: duckdb.DuckDBPyConnection, name: str, columns: str, rows: Sequence[Sequence[object]]) -> None:
    """Create the table `landing.<name>` of `columns` with `rows`."""
    con.execute(f"CREATE TABLE landing.{name} ({columns})")
    if rows:
        con.execute(f"INSERT INTO landing.{name} VALUES {values(rows)}")


def lay_contracts(con: duckdb.DuckDBPyConnection, contracts: Contracts, price_base: str | None = None) -> None:
    """Create the tables of contracts and code lists; real costs are in the prices of `price_base`."""
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
    _derivations(con, contracts, price_base)
    _judgements(con, contracts)


def _methods(con: duckdb.DuckDBPyConnection, contracts: Contracts) -> None:
    """Create the rules for measures of contracts; measures that only a file names follow the defaults."""
    lay_table(
        con,
        "measure_methods",
        """measure_code VARCHAR, limits_method VARCHAR, rounded_to DOUBLE, counts_rounded_to DOUBLE,
        counts_rounded_from DATE, minimum_coverage DOUBLE, aggregation_reason VARCHAR, service_lines_add_up BOOLEAN,
        has_overdispersion BOOLEAN, screen_outliers BOOLEAN, baseline_point_count INTEGER, rebase_dates VARCHAR""",
        [
            (m.code, m.limits_method, m.rounded_to, m.counts_rounded_to, m.counts_rounded_from, m.minimum_coverage,
             m.aggregation_reason.strip() or None, m.service_lines_add_up, m.overdispersion,
             m.process_chart.screen_outliers, m.process_chart.baseline_points,
             ",".join(day.isoformat() for day in sorted(m.process_chart.rebase)) or None)
            for c in contracts.returns.values()
            for m in c.measures
        ] + [
            # Its limits are supplied; rounding of the counts also applies to the measure calculated from them.
            (made.code, "none", None, m.counts_rounded_to, m.counts_rounded_from, m.minimum_coverage, NOT_ADDED_UP,
             False, False, True, None, None)
            for made, _, m in standardised(contracts)
        ] + [
            (made.code, "none", made.rounded_to, None, None, made.minimum_coverage,
             made.aggregation_reason.strip() or None, False, False, True, None, None)
            for made, _ in derived(contracts)
        ],
    )  # fmt: skip


def _terms(made: Derived) -> list[tuple[str, str, float]]:
    """Yield side, component and weight of each term; a component that only selects rows has a side of its own."""
    terms: list[tuple[str, str, float]] = [("numerator", *term) for term in made.terms("numerator")]
    terms += [("denominator", *term) for term in made.terms("denominator")]
    if made.lead not in [name for _, name, _ in terms]:
        terms.append(("rows", made.lead, 0.0))
    return terms


def _derivations(con: duckdb.DuckDBPyConnection, contracts: Contracts, price_base: str | None) -> None:
    """Create the components of derived measures, a row each, and the rules for assessing them."""
    made_of = derived(contracts)
    lay_table(
        con,
        "unit_costs",
        """measure_code VARCHAR, is_money BOOLEAN, outcome_measure_code VARCHAR, outcome_service_line VARCHAR,
        outcome_group_code VARCHAR, outcome_period_rule VARCHAR, quality_measure_code VARCHAR,
        price_base_code VARCHAR""",
        [
            (
                d.code,
                v.money,
                v.outcome,
                v.outcome_service_line,
                v.outcome_group,
                v.outcome_period,
                v.quality,
                price_base,
            )
            for d, _ in made_of
            if (v := d.value_for_money)
        ],
    )
    lay_table(
        con,
        "derived_components",
        """measure_code VARCHAR, component_number INTEGER, component_name VARCHAR, side VARCHAR, weight DOUBLE,
        component_measure_code VARCHAR, figure VARCHAR, period_rule VARCHAR, service_lines VARCHAR[],
        left_out_service_lines VARCHAR[], row_service_lines VARCHAR[], summed_characteristics VARCHAR[],
        summed_categories VARCHAR[], pin_months INTEGER, pin_days INTEGER, is_lead BOOLEAN""",
        [
            (d.code, number, name, side, weight, c.measure, c.figure, c.period, c.service_lines or None,
             c.all_but or None, c.each or None, c.over or None, c.summed_categories or None,
             *(c.pin or (None, None)), name == d.lead)
            for d, _ in made_of
            for number, (side, name, weight) in enumerate(_terms(d), start=1)
            for c in (d.components[name],)
        ],
    )  # fmt: skip
    lay_table(
        con,
        "frontiers",
        """frontier_code VARCHAR, frontier_name VARCHAR, location_level VARCHAR, side VARCHAR, figure_number INTEGER,
        measure_code VARCHAR""",
        [
            (f.frontier, f.name, f.level, side, number, code)
            for f in contracts.judgements.frontiers
            for side, codes in (("input", f.inputs), ("output", f.outputs))
            for number, code in enumerate(codes, start=1)
        ],
    )


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

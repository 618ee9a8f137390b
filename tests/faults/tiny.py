"""A tiny installation and its nights, without dbt, Great Expectations and Dagster: about a second each.

Contains all steps of a night, with the real parts from landing to pruning. Only the star schema is built by a few lines
of SQL, and the gate passes everything. Not here: killing (`killing`).

The value of the observations and the contract version of the return carry the number of the night, so that a reader of
two tables can detect a mixture.
"""

from pathlib import Path

import duckdb

from orchestration.contracts.load import load_contracts
from orchestration.foundation import clock, database
from orchestration.foundation.settings import Settings
from orchestration.returns import intake
from orchestration.returns.landing import submissions_list
from orchestration.warehouse.build import inputs, provenance
from orchestration.warehouse.publishing import cleanup, decision, promotion, retention
from orchestration.warehouse.store import candidate, catalogue, fingerprint, verdict
from tests.returns.screening.screening_bench import CODES, CONTRACT, PLACES, PLACES_FILE, csv_of

NIGHTS = 3
"""Nights of files that the installation gets. With one release kept in addition to the current one, the third prunes."""

LANDED = """
CREATE SCHEMA IF NOT EXISTS landing;
CREATE TABLE landing.submissions AS
SELECT 'dept.figures.20240101T090000Z.aaaaaaaa' AS submission_key, 'dept.figures' AS return_code,
       'dept' AS department_code, repeat('0', 64) AS sha256, 'accepted' AS outcome, '2024-01-01'::TIMESTAMP AS received_at,
       NULL::TIMESTAMP AS withdrawn_at, '{mark}' AS contract_version;
CREATE TABLE landing.observations AS
SELECT submission_key, return_code, department_code, 'dept.rate' AS measure_code, 'E06000001' AS location_code,
       'local_authority' AS location_level, 'Alpha' AS location_name, 'FY2022-23' AS period_code,
       'Total' AS characteristic, 'Total' AS category, 'line ' || line AS service_line, 1.0 AS numerator,
       2.0 AS denominator, {mark}::DOUBLE AS value, '' AS value_status, received_at
FROM landing.submissions, range(100) AS t(line);
"""
"""The tables that landing creates, for tests that start after it; `{mark}` is a number."""

MARTS = (
    """
CREATE SCHEMA marts; CREATE SCHEMA analysis;
CREATE TABLE marts.dim_submission AS
SELECT submission_key, return_code, sha256, outcome, received_at, withdrawn_at, false AS is_late,
       outcome AS submission_status
FROM landing.submissions;
CREATE TABLE marts.dim_return AS
SELECT return_code, max(contract_version) AS contract_version FROM landing.submissions GROUP BY return_code;
CREATE TABLE marts.dim_location AS
SELECT DISTINCT location_level || ':' || location_code AS location_key, location_code, location_level, location_name
FROM landing.observations;
""",
    """
CREATE TABLE marts.dim_measure AS
SELECT DISTINCT measure_code, 'A measure' AS measure_name, '%' AS unit, 'proportion' AS value_type, 100.0 AS multiplier,
       'high' AS polarity, 'none' AS aggregation, 'As sent.' AS definition
FROM landing.observations;
CREATE TABLE marts.fct_observation AS
SELECT submission_key, return_code, department_code, measure_code, location_level || ':' || location_code AS location_key,
       period_code, characteristic, category, service_line, numerator, denominator, value, value_status,
       NULL::DOUBLE AS lower_95, NULL::DOUBLE AS upper_95, NULL::DOUBLE AS lower_99_8, NULL::DOUBLE AS upper_99_8
FROM landing.observations
QUALIFY row_number() OVER (
    PARTITION BY measure_code, location_level, location_code, period_code, characteristic, category, service_line
    ORDER BY received_at DESC) = 1;
CREATE TABLE marts.fct_revision_pattern AS
SELECT measure_code, location_key, submission_key, '' AS pattern, 1.0 AS factor FROM marts.fct_observation WHERE false;
CREATE VIEW analysis.observations AS
SELECT cells.*, location_code, location_name, location_level
FROM marts.fct_observation AS cells JOIN marts.dim_location USING (location_key);
""",
)
"""The star schema in two parts, so that a kill can come between them."""


def install(folder: Path) -> Settings:
    """A home below `folder` with contracts of one return and one reference, and lists of the files of every night."""
    contracts = folder / "contracts"
    for name, text in {
        "codes.yml": CODES,
        "returns/dept/figures.yml": CONTRACT,
        "references/places.yml": PLACES,
    }.items():
        (contracts / name).parent.mkdir(parents=True, exist_ok=True)
        (contracts / name).write_text(text, encoding="utf-8")
    sent = folder / "sent"
    sent.mkdir()
    (sent / "places.csv").write_text(PLACES_FILE, encoding="utf-8")
    columns = "return_code\tdepartment\tkind\tfile\treceived_at\tperiod_hint"
    lines = [columns, "ref.places\tdept\treference\tplaces.csv\t2023-01-01T09:00:00Z\t"]
    for number in range(1, NIGHTS + 1):
        row = f"2022-23,E06000001,Alpha,Persons,Rate,{number},10,{number * 10},,"
        (sent / f"figures_{number}.csv").write_text(csv_of(row), encoding="utf-8")
        lines.append(f"dept.figures\tdept\treturn\tfigures_{number}.csv\t2024-0{number}-01T09:00:00Z\t")
        (sent / f"night_{number}.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return settings_of(folder)


def settings_of(folder: Path) -> Settings:
    """The settings of the installation in `folder`: it keeps one release in addition to those that are needed."""
    return Settings(
        home=folder / "home",
        contracts=folder / "contracts",
        threads=1,
        memory_limit="1GB",
        keep_releases=1,
        keep_days=0,
    )


def night(settings: Settings, number: int) -> None:
    """All that a night does with what has come by night `number`."""
    contracts = load_contracts(settings.contracts)
    listed = settings.contracts.parent / "sent" / f"night_{number}.tsv"
    submissions_list.land_list(settings, listed, contracts.known_codes)
    references = intake.read_references(settings, contracts)
    screened = intake.screen_all(settings, contracts, references)
    based_on = inputs.lay_out(settings, contracts, references, screened)
    build(settings)
    release_id = catalogue.new_release_id(settings, clock.now(), based_on.digest)
    candidate.make_candidate(settings, release_id, provenance.build_provenance(contracts, based_on))
    candidate.prune_candidates(settings)
    judge(settings, release_id)
    decision.publish_candidate(settings, release_id)
    retention.prune_all(settings)
    cleanup.clear_leftovers(settings)


def build(settings: Settings) -> None:
    """Build the star schema from the landing tables."""
    for part in MARTS:
        build_part(settings, part)


def build_part(settings: Settings, part: str) -> None:
    """One part of it, in a connection of its own."""
    with database.connect(settings.build_database, settings) as con:
        con.execute(part)


def judge(settings: Settings, release_id: str) -> None:
    """A verdict that lets the candidate pass."""
    folder = settings.candidates / release_id
    seen = fingerprint.fingerprint(folder / candidate.DATABASE, settings).value
    checked = (verdict.SuiteVerdict("dim_return", "marts.dim_return", 1),)
    verdict.write_verdict(
        folder,
        verdict.Verdict(release_id, seen, checked, None, "none", duckdb.__version__, "2026-01-01T00:00:00Z"),
    )


def passed(settings: Settings, release_id: str, mark: int) -> str:
    """A candidate whose numbers carry `mark`, with a verdict that lets it pass."""
    for leftover in settings.build.glob("build.duckdb*"):
        leftover.unlink()
    build_part(settings, LANDED.format(mark=mark) + "".join(MARTS))
    candidate.make_candidate(settings, release_id)
    judge(settings, release_id)
    return release_id


def published(settings: Settings, *marks: int) -> list[str]:
    """Releases in this order, each with its mark; ids are `r001`, `r002`, …"""
    ids = [f"r{mark:03}" for mark in marks]
    for release_id, mark in zip(ids, marks, strict=True):
        promotion.publish(settings, passed(settings, release_id, mark))
    return ids


def mark_of(settings: Settings, folder: Path) -> tuple[float, str]:
    """The marks that the two tables of a release carry."""
    with database.connect(folder / candidate.DATABASE, settings, read_only=True) as con:
        values = con.execute("SELECT max(value) FROM analysis.observations").fetchall()
        versions = con.execute("SELECT max(contract_version) FROM marts.dim_return").fetchall()
    return values[0][0], versions[0][0]

"""A tiny world of returns, as schema `landing` in a build database for tests of the dbt project.

Contains the submissions with their senders and times, and the code that writes them, with columns from the sources of
the dbt project. Not here: the references (`landing_references`), and the results expected from dbt (the tests).
"""

from collections.abc import Iterable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
import yaml

from tests.dbt.landing_references import (
    DFE_NUMBERS,
    DISTRICT_CODE_CHANGES,
    DISTRICT_POLICE_FORCES,
    DISTRICT_REGIONS,
    DISTRICT_UPPER_TIERS,
    GSS_ENTITIES,
    LA_CODES,
    LOCAL_AUTHORITIES,
    Row,
)

PROJECT_ROOT = Path(__file__).resolve().parents[2]
LANDING_SOURCES = PROJECT_ROOT / "dbt_project" / "models" / "staging" / "landing.yml"


def landing_columns() -> dict[str, list[tuple[str, str]]]:
    """Columns of every landing table as (name, DuckDB type), in order, as the dbt sources declare them."""
    [landing] = yaml.load(LANDING_SOURCES.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)["sources"]
    return {
        table["name"]: [(column["name"], column["data_type"]) for column in table["columns"]]
        for table in landing["tables"]
    }


def lay_landing(database: Path, world: dict[str, list[Row]]) -> None:
    """Create schema `landing` in a new database, a table for every source; columns a row lacks are null."""
    with duckdb.connect(str(database)) as connection:
        connection.execute("create schema landing")
        for table, columns in landing_columns().items():
            listed = ", ".join(f'"{name}" {data_type}' for name, data_type in columns)
            connection.execute(f"create table landing.{table} ({listed})")
            names = [name for name, _ in columns]
            for row in world.get(table, []):
                unknown = set(row) - set(names)
                assert not unknown, f"landing.{table} has no column {sorted(unknown)}"
                connection.execute(
                    f"insert into landing.{table} values ({', '.join('?' * len(names))})",
                    [row.get(name) for name in names],
                )


# ---------------------------------------------------------------- who sends what

DEPARTMENTS = [
    {"department_code": "dfe", "department_name": "Department for Education"},
    {"department_code": "ho", "department_name": "Home Office"},
]


def _return(return_code: str, return_name: str, speaks_for: str) -> Row:
    return {
        "return_code": return_code,
        "return_name": return_name,
        "department_code": return_code.split(".")[0],
        "owner_name": "Statistics team",
        "owner_email": "statistics@example.gov.uk",
        "cadence": "annual",
        "speaks_for": speaks_for,
        "burden_hours": 4.0,
        "contract_version": "0123456789ab",
        "description": return_name,
    }


RETURNS = [
    _return("dfe.children", "Children looked after", "slice"),
    _return("dfe.admissions", "School admissions", "keys"),
    _return("dfe.out_of_work", "Young people out of education and work", "slice"),
    _return("ho.workforce", "Police workforce", "return"),
]


def _measure(measure_code: str, return_code: str, name: str, unit: str, value_type: str) -> Row:
    return {
        "measure_code": measure_code,
        "measure_name": name,
        "return_code": return_code,
        "department_code": return_code.split(".")[0],
        "domain": "context",
        "unit": unit,
        "value_type": value_type,
        "polarity": "none",
        "aggregation": "sum" if value_type == "count" else "ratio",
        "source": "contract",
    }


MEASURES = [
    _measure("dfe.looked_after_rate", "dfe.children", "Children looked after per 10,000", "per 10,000", "rate"),
    _measure("dfe.admission_count", "dfe.admissions", "Places offered", "places", "count"),
    {
        **_measure("dfe.out_of_work", "dfe.out_of_work", "Out of education and work", "%", "proportion"),
        "polarity": "low",
        "multiplier": 100.0,
    },
    _measure("ho.officer_count", "ho.workforce", "Police officers", "officers", "count"),
]

STANDARDS = [
    {
        "standard_code": "out_of_work",
        "standard_name": "No more than 5% out of education and work",
        "measure_code": "dfe.out_of_work",
        "standard_kind": "target",
        "at_most": 5.0,
        "location_level": "local_authority",
        "service_line": "Total",
        "valid_from": date(2020, 1, 1),
        "legal_source": "A white paper of 2019",
    }
]

CHARACTERISTICS = [
    {"characteristic_base": "sex", "dimension": "sex", "is_ordered": False},
    {
        "characteristic_base": "sex",
        "dimension": "sex",
        "is_ordered": False,
        "category_code": "male",
        "category_role": "reference",
        "role_rank": 0,
    },
]

# ---------------------------------------------------------------- what was received


def _submission(return_code: str, received_at: datetime, **columns: Any) -> Row:
    return {
        "submission_key": f"{return_code}.{received_at:%Y%m%dT%H%M%SZ}.00000000",
        "return_code": return_code,
        "department_code": return_code.split(".")[0],
        "file_name": f"{return_code.split('.')[1]}_{received_at:%Y}.csv",
        "sender": "statistics@example.gov.uk",
        "sha256": "0" * 64,
        "size_bytes": 1000,
        "received_at": received_at,
        "landed_at": received_at,
        "outcome": "accepted",
        "contract_version": "0123456789ab",
        "error_count": 0,
        "warning_count": 0,
        **columns,
    }


CHILDREN_2023 = _submission("dfe.children", datetime(2023, 11, 16, 9, 30))
CHILDREN_2025 = _submission("dfe.children", datetime(2025, 11, 27, 9, 30), due_date=date(2025, 11, 20), is_late=True)
CHILDREN_MISTAKEN = _submission(
    "dfe.children",
    datetime(2026, 1, 10, 9, 30),
    withdrawn_at=datetime(2026, 1, 12, 12, 0),
    withdrawal_reason="Sent last year's figures.",
)
CHILDREN_REFUSED = _submission("dfe.children", datetime(2026, 2, 1, 9, 30), outcome="refused", error_count=2)
CHILDREN_REPEATED = _submission("dfe.children", datetime(2026, 2, 2, 9, 30), outcome="repeat")
ADMISSIONS_PROVISIONAL = _submission("dfe.admissions", datetime(2024, 6, 1, 9, 30))
ADMISSIONS_FINAL = _submission("dfe.admissions", datetime(2024, 9, 1, 9, 30))
OUT_OF_WORK = _submission("dfe.out_of_work", datetime(2024, 10, 1, 9, 30))
WORKFORCE_2022 = _submission("ho.workforce", datetime(2022, 7, 27, 9, 30))
WORKFORCE_2023 = _submission("ho.workforce", datetime(2023, 7, 27, 9, 30))

TOTAL = ("Total", [])
BOYS = ("sex=male", [("sex", "Sex", "male", "Male")])
GIRLS = ("sex=female", [("sex", "Sex", "female", "Female")])
GIRLS_MOST_DEPRIVED = (
    "deprivation_decile:imd2019_utla_2023=1;sex=female",
    [
        ("deprivation_decile:imd2019_utla_2023", "Deprivation decile (IMD 2019)", "1", "1"),
        ("sex", "Sex", "female", "Female"),
    ],
)
MEMBER_FIELDS = ("characteristic_code", "characteristic_name", "category_code", "category_name")

HARTLEPOOL = ("E06000001", "local_authority", "Hartlepool")
OLD_NORTH_YORKSHIRE = ("E10000023", "local_authority", "North Yorkshire County")
NEW_NORTH_YORKSHIRE = ("E06000065", "local_authority", "North Yorkshire")
WESTMORLAND = ("E06000064", "local_authority", "Westmorland")
ENGLAND = ("E92000001", "country", "England")
LONDON = ("E12000007", "region", "LONDON")
LONDON_AUTHORITY = ("E12000007", "strategic_authority", "Greater London Authority")
WEST_MIDLANDS_REGION = ("E12000005", "region", "West Midlands")
WEST_MIDLANDS_FORCE = ("E23000014", "police_force", "West Midlands")
TRUST = ("ods:RJ1", "nhs_trust", "Guys and St Thomas")


def _observation(
    submission: Row,
    measure_code: str,
    location: tuple[str, str, str],
    period_code: str,
    value: float | None,
    group: tuple[str, list[tuple[str, ...]]] = TOTAL,
    **columns: Any,
) -> Row:
    start = int(period_code[2:6])
    group_code, members = group
    code, level, name = location
    return {
        "submission_key": submission["submission_key"],
        "return_code": submission["return_code"],
        "department_code": submission["department_code"],
        "received_at": submission["received_at"],
        "measure_code": measure_code,
        "location_code": code,
        "location_level": level,
        "location_name": name,
        "period_code": period_code,
        "period_start": date(start, 4, 1),
        "period_end": date(start + 1, 3, 31),
        "period_kind": "FY",
        "population_group_code": group_code,
        "members": [dict(zip(MEMBER_FIELDS, member, strict=True)) for member in members],
        "characteristic": " × ".join(member[1] for member in members) or "Total",
        "category": " × ".join(member[3] for member in members) or "Total",
        "service_line": "Total",
        "value": value,
        "value_status": "" if value is not None else "x",
        "numerator_status": "",
        "denominator_status": "",
        "source_row": 2,
        "source_column": "rate",
        **columns,
    }


def _rate(submission: Row, location: tuple[str, str, str], period: str, value: float | None, **columns: Any) -> Row:
    return _observation(submission, "dfe.looked_after_rate", location, period, value, **columns)


def _officers(submission: Row, location: tuple[str, str, str], period: str, value: float, **columns: Any) -> Row:
    return _observation(submission, "ho.officer_count", location, period, value, **columns)


def _places(submission: Row, location: tuple[str, str, str], value: float, status: str) -> Row:
    return _observation(submission, "dfe.admission_count", location, "FY2023-24", value, value_status=status)


def _idle(location: tuple[str, str, str], young_people: float, idle: float, **columns: Any) -> Row:
    value = 100 * idle / young_people
    figures = {"numerator": idle, "denominator": young_people, **columns}
    return _observation(OUT_OF_WORK, "dfe.out_of_work", location, "FY2023-24", value, **figures)


OBSERVATIONS = [
    _rate(CHILDREN_2023, HARTLEPOOL, "FY2021-22", 150.0),
    _rate(CHILDREN_2023, HARTLEPOOL, "FY2022-23", 160.0, numerator=320.0, denominator=20000.0),
    _rate(CHILDREN_2023, OLD_NORTH_YORKSHIRE, "FY2022-23", 40.0),
    _rate(CHILDREN_2023, NEW_NORTH_YORKSHIRE, "FY2022-23", 40.0),
    _rate(CHILDREN_2023, ENGLAND, "FY2022-23", 70.0),
    _rate(CHILDREN_2023, TRUST, "FY2022-23", None),
    # Two years later: last year's slice only, with the abolished county gone.
    _rate(CHILDREN_2025, HARTLEPOOL, "FY2022-23", 161.0, numerator=322.0, denominator=20000.0, source_row=7),
    _rate(
        CHILDREN_2025,
        NEW_NORTH_YORKSHIRE,
        "FY2022-23",
        40.0,
        note="Renamed column",
        source_column="rate_per_10000",
    ),
    _rate(CHILDREN_2025, ENGLAND, "FY2022-23", 70.0, lower_95=69.0, upper_95=71.0),
    _rate(CHILDREN_2025, (*TRUST[:2], "Guy's and St Thomas'"), "FY2022-23", None),
    _rate(CHILDREN_MISTAKEN, HARTLEPOOL, "FY2022-23", 999.0),
    _places(ADMISSIONS_PROVISIONAL, HARTLEPOOL, 900.0, "p"),
    _places(ADMISSIONS_PROVISIONAL, ENGLAND, 600000.0, "p"),
    _places(ADMISSIONS_FINAL, HARTLEPOOL, 900.0, ""),
    _idle(ENGLAND, 100000.0, 6000.0),
    _idle(HARTLEPOOL, 1000.0, 120.0),
    _idle(HARTLEPOOL, 500.0, 80.0, group=BOYS),
    _idle(HARTLEPOOL, 500.0, 40.0, group=GIRLS),
    _idle(NEW_NORTH_YORKSHIRE, 4000.0, 160.0),
    _idle(WESTMORLAND, 2000.0, 100.0),
    _officers(WORKFORCE_2022, WEST_MIDLANDS_FORCE, "FY2020-21", 7000.0),
    _officers(WORKFORCE_2022, WEST_MIDLANDS_FORCE, "FY2021-22", 7200.0),
    _officers(WORKFORCE_2023, WEST_MIDLANDS_FORCE, "FY2021-22", 7200.0),
    _officers(WORKFORCE_2023, WEST_MIDLANDS_FORCE, "FY2021-22", 2400.0, group=GIRLS),
    _officers(WORKFORCE_2023, WEST_MIDLANDS_FORCE, "FY2021-22", 200.0, group=GIRLS_MOST_DEPRIVED),
    _officers(WORKFORCE_2023, WEST_MIDLANDS_REGION, "FY2021-22", 16000.0),
    _officers(WORKFORCE_2023, LONDON, "FY2021-22", 35000.0, service_line="Constable"),
    _officers(WORKFORCE_2023, LONDON_AUTHORITY, "FY2021-22", 12.0),
]

LEARNED_LOCATIONS = [
    {
        "submission_key": CHILDREN_2023["submission_key"],
        "return_code": "dfe.children",
        "received_at": CHILDREN_2023["received_at"],
        "location_code": TRUST[0],
        "location_level": TRUST[1],
        "location_name": TRUST[2],
        "scheme": "ods",
        "in_reference": False,
    }
]

SCREENING = [
    {
        "submission_key": CHILDREN_REFUSED["submission_key"],
        "return_code": "dfe.children",
        "problem_number": number,
        "stage": "values",
        "rule": rule,
        "severity": "error",
        "file_name": CHILDREN_REFUSED["file_name"],
        "source_row": row,
        "column_name": column,
        "value": value,
        "occurrence_count": 1,
        "message": message,
        "remedy": "Correct the cell and send the file again.",
    }
    for number, rule, row, column, value, message in [
        (1, "number", 3, "rate", "abc", "Row 3 has text in a number."),
        (2, "known_location", 4, "la_code", "E06999999", "Row 4 has an unknown local authority."),
    ]
]


def _counted(submissions: Iterable[Row]) -> list[Row]:
    """The submissions with the counts that their observations give them."""
    counted = []
    for submission in submissions:
        rows = [row for row in OBSERVATIONS if row["submission_key"] == submission["submission_key"]]
        counts = {
            "row_count": len(rows),
            "cell_count": len(rows),
            "observation_count": len(rows),
            "value_count": sum(row["value"] is not None for row in rows),
            "collapsed_count": 0,
            "filtered_count": 0,
            "unreadable_period_count": 0,
        }
        counted.append({**submission, **counts})
    return counted


WORLD: dict[str, list[Row]] = {
    "departments": DEPARTMENTS,
    "returns": RETURNS,
    "measures": MEASURES,
    "standards": STANDARDS,
    "characteristics": CHARACTERISTICS,
    "submissions": _counted(
        [
            CHILDREN_2023,
            CHILDREN_2025,
            CHILDREN_MISTAKEN,
            CHILDREN_REFUSED,
            CHILDREN_REPEATED,
            ADMISSIONS_PROVISIONAL,
            ADMISSIONS_FINAL,
            OUT_OF_WORK,
            WORKFORCE_2022,
            WORKFORCE_2023,
        ]
    ),
    "observations": OBSERVATIONS,
    "learned_locations": LEARNED_LOCATIONS,
    "screening": SCREENING,
    "gss_entities": GSS_ENTITIES,
    "ref_local_authorities": LOCAL_AUTHORITIES,
    "ref_la_codes": LA_CODES,
    "ref_ltla_region": DISTRICT_REGIONS,
    "ref_ltla_utla": DISTRICT_UPPER_TIERS,
    "ref_ltla_pfa": DISTRICT_POLICE_FORCES,
    "ref_ltla_changes": DISTRICT_CODE_CHANGES,
    "ref_lait_la_codes": DFE_NUMBERS,
}

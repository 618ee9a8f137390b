"""The references of the tiny world: authorities with their dates, successors and parent areas.

Contains a few rows of each of the landing tables `gss_entities` and `ref_*`. Not here: what departments sent
(`landing_fixture`).
"""

from typing import Any

Row = dict[str, Any]


def _rows(columns: str, *rows: tuple[Any, ...]) -> list[Row]:
    return [dict(zip(columns.split(), row, strict=True)) for row in rows]


GSS_ENTITIES = _rows(
    "prefix location_level location_type description",
    ("E92", "country", "country", "England"),
    ("E12", "region", "region", "Regions"),
    ("E06", "local_authority", "unitary_authority", "Unitary Authorities"),
    ("E10", "local_authority", "county", "Counties"),
    ("E07", "district", "non_metropolitan_district", "Non-metropolitan Districts"),
    ("E23", "police_force", "police_force", "Police Force Areas"),
    ("E47", "combined_authority", "combined_authority", "Combined Authorities"),
)

LOCAL_AUTHORITIES = _rows(
    "local_authority_code nice_name gss_code start_date end_date replaced_by region county_la "
    "combined_authority current_authority",
    ("HPL", "Hartlepool", "E06000001", None, None, None, "North East", None, "TVCA", "True"),
    ("TVCA", "Tees Valley", "E47000006", None, None, None, "North East", None, None, "True"),
    (
        "NYK",
        "North Yorkshire",
        "E10000023",
        None,
        "2023-04-01",
        "NYE",
        "Yorkshire and The Humber",
        None,
        None,
        "False",
    ),
    (
        "CRA",
        "Craven",
        "E07000163",
        None,
        "2023-04-01",
        "NYE",
        "Yorkshire and The Humber",
        "NYK",
        None,
        "False",
    ),
    (
        "NYE",
        "North Yorkshire",
        "E06000065",
        "2023-04-01",
        None,
        None,
        "Yorkshire and The Humber",
        None,
        None,
        "True",
    ),
    ("CMA", "Cumbria", "E10000006", None, "2023-04-01", "CBD, WAF", "North West", None, None, "False"),
    ("CBD", "Cumberland", "E06000063", "2023-04-01", None, None, "North West", None, None, "True"),
    ("WAF", "Westmorland", "E06000064", "2023-04-01", None, None, "North West", None, None, "True"),
    ("BMH", "Bournemouth", "E06000028", "1997-04-01", "2019-03-31", "BPC", None, None, None, "False"),
    (
        "BPC",
        "Bournemouth, Christchurch and Poole",
        "E06000058",
        "2019-04-01",
        None,
        None,
        "South West",
        None,
        None,
        "True",
    ),
    ("NIR-A", "Derry", None, None, "2015-03-31", None, "Northern Ireland", None, None, "False"),
)

LA_CODES = _rows(
    "ladcd ladnm ladcd_active ladnm_active utlacd utlanm rgncd rgnnm ctrycd ctrynm current",
    *[
        (
            code,
            name,
            active,
            active_name,
            active,
            active_name,
            region,
            region_name,
            "E92000001",
            "England",
            current,
        )
        for code, name, active, active_name, region, region_name, current in [
            ("E06000001", "Hartlepool", "E06000001", "Hartlepool", "E12000001", "North East", "TRUE"),
            (
                "E06000048",
                "Northumberland",
                "E06000057",
                "Northumberland",
                "E12000001",
                "North East",
                "FALSE",
            ),
            ("E06000063", "Cumberland", "E06000063", "Cumberland", "E12000002", "North West", "TRUE"),
            (
                "E07000163",
                "Craven",
                "E06000065",
                "North Yorkshire",
                "E12000003",
                "Yorkshire and The Humber",
                "FALSE",
            ),
            (
                "E06000065",
                "North Yorkshire",
                "E06000065",
                "North Yorkshire",
                "E12000003",
                "Yorkshire and The Humber",
                "TRUE",
            ),
            ("E09000033", "Westminster", "E09000033", "Westminster", "E12000007", "London", "TRUE"),
        ]
    ],
)

DISTRICT_REGIONS = _rows(
    "ltla24_code ltla24_name region24_code region24_name",
    ("E06000001", "Hartlepool", "E12000001", "North East"),
    ("E06000058", "Bournemouth, Christchurch and Poole", "E12000009", "South West"),
    ("E07000032", "Amber Valley", "E12000004", "East Midlands"),
)

DISTRICT_UPPER_TIERS = _rows(
    "ltla23cd ltla23nm utla23cd utla23nm",
    ("E06000001", "Hartlepool", "E06000001", "Hartlepool"),
    ("E07000032", "Amber Valley", "E10000007", "Derbyshire"),
)

DISTRICT_POLICE_FORCES = _rows(
    "ltla24_code ltla24_name pfa24_code pfa24_name",
    ("E06000001", "Hartlepool", "E23000013", "Cleveland"),
    ("E07000032", "Amber Valley", "E23000018", "Derbyshire"),
    ("E06000065", "North Yorkshire", "E23000009", "North Yorkshire"),
    ("E08000025", "Birmingham", "E23000014", "West Midlands"),
)


def _code_history(**by_year: tuple[str, str]) -> Row:
    """A row of the lookup of changed codes: the code and name of 2016, changed from the years given on."""
    row, current = {}, by_year["y16"]
    for year in range(16, 25):
        current = by_year.get(f"y{year}", current)
        row[f"ltla{year}_code"], row[f"ltla{year}_name"] = current
    return row


DISTRICT_CODE_CHANGES = [
    _code_history(y16=("E06000001", "Hartlepool")),
    _code_history(y16=("E07000163", "Craven"), y23=("E06000065", "North Yorkshire")),
    _code_history(
        y16=("E07000190", "Taunton Deane"),
        y19=("E07000246", "Somerset West and Taunton"),
        y23=("E06000066", "Somerset"),
    ),
]

DFE_NUMBERS = _rows("la_number la_name region type", ("201", "City of London", "Inner London", "ILB"))

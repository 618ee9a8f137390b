"""The spending lines and bodies of the revenue outturn return on social care and public health.

Belongs here: names of lines, columns and bodies, as they stand in the workbook. Does not belong here: amounts
(`mhclg_revenue_outturn`).
"""

from typing import NamedTuple

from orchestration.sample.facts import ENGLAND, FORCES, LONDON
from orchestration.sample.geography import Geography

ITEMS = (
    "Employees (C1)",
    "Running Expenses (C2)",
    "Total Expenditure (C3 = C1 + C2)",
    "Sales, Fees and Charges (C4)",
    "Other Income (C5)",
    "Total Income (C6 = C4 + C5)",
    "Net Current Expenditure (C7 = C3 - C6)",
)
ITEM_CODES = ("empl", "run-exp", "tot-exp", "sfc", "oth-inc", "tot-inc", "net-cur-exp")
LEADING = ("E-code", "ONS Code", "Local authority", "Notes", "Class", "Detailed Class", "Certification")
LOOKED_AFTER = "Children's social care - Children Looked After"
CHILDREN, ADULTS, HEALTH = "children", "adults", "health"


class Line(NamedTuple):
    """A spending line. `pounds_a_head` is of the people it serves; a total has `total_of` instead."""

    name: str
    group: str
    pounds_a_head: float = 0.0
    total_of: str = ""
    memorandum: str = ""


LINES = (
    Line("Children's social care: Sure start children's centres and early years", CHILDREN, 45),
    Line(LOOKED_AFTER, CHILDREN),
    Line(f"{LOOKED_AFTER} of which residential care", ""),
    Line(f"{LOOKED_AFTER} of which fostering services", ""),
    Line(f"{LOOKED_AFTER} of which asylum seeking children who are looked after", ""),
    Line(f"{LOOKED_AFTER} of which other", ""),
    Line("Children's social care - Family Support Services", CHILDREN, 110),
    Line("Children's social care - Youth Justice", CHILDREN, 25),
    Line("Children's social care: Safeguarding children and young people’s services", CHILDREN, 260),
    Line("TOTAL CHILDREN SOCIAL CARE", "", 0, CHILDREN,
         "Children's Social Care - agency staff cost memorandum item"),
    Line("Physical support - adults (18–64)", ADULTS, 35),
    Line("Physical support - older people (65+)", ADULTS, 95),
    Line("Learning disability support - adults (18–64)", ADULTS, 130),
    Line("Mental health support - adults (18–64)", ADULTS, 25),
    Line("TOTAL ADULT SOCIAL CARE [note 2]", "", 0, ADULTS,
         "Adult Social Care - agency staff memorandum item"),
    Line("Sexual health services - STI testing and treatment (prescribed functions)", HEALTH, 6),
    Line("Substance misuse - Treatment for drug misuse in adults", HEALTH, 9),
    Line("Smoking and tobacco - Stop smoking services and interventions", HEALTH, 2),
    Line("TOTAL PUBLIC HEALTH", "", 0, HEALTH, "Public Health - agency staff cost memorandum item"),
)  # fmt: skip
LAST_COLUMN = f"General Practice Services (included above within total public health) - {ITEMS[-1]}"
# Shares of spending on looked-after children, in the order of the lines "of which".
OF_WHICH = (0.46, 0.34, 0.06, 0.14)


class Body(NamedTuple):
    """A body that sends the return; `code` is its ONS code, `upper` whether it spends on social care."""

    ecode: str
    code: str
    name: str
    letters: str
    detail: str
    upper: bool = False


CLASSES = (
    ("E06", "Unitary Authorities", "UA", "UA"),
    ("E07", "Shire Districts", "SD", "SD"),
    ("E08", "Metropolitan Districts", "MD", "MD"),
    ("E09", "London Boroughs", "LB", "London"),
    ("E10", "Shire Counties", "SC", "SC"),
    (LONDON, "Greater London Authority", "O", "GLA"),
    ("E23", "Police", "O", "Police"),
    ("E26", "National Park Authorities", "O", "Park"),
    ("E31", "Fire and Rescue Authorities", "O", "Fire"),
    ("E47", "Combined Authorities", "O", "Combined Authority"),
    ("E50", "Waste Authorities", "O", "Waste"),
)
ENGLAND_ROW = Body("Eng", ENGLAND, "ENGLAND", "Eng", "Eng")
GREATER_LONDON = Body("E5100", LONDON, "Greater London Authority", "O", "GLA")
# The one body in England whose E-code stands where its ONS code should.
OWN_CODE = "E6803"
_NAME_ENDS = {"UA": " UA", "SC": " CC", "MD": "", "LB": ""}
_DETAILS = {"UA": "UA", "SC": "SC", "MD": "MD", "LB": "London"}
_POLICE = 10


def bodies(land: Geography) -> list[Body]:
    """Every body that sends the return, in order of name."""
    listed = [
        Body(
            a.ecode,
            a.code,
            a.name.replace(" and ", " & ") + _NAME_ENDS[a.kind],
            a.kind,
            _DETAILS[a.kind],
            True,
        )
        for a in land.upper
    ]
    listed += [Body(a.ecode, a.code, a.name, "SD", "SD") for a in land.districts]
    police = [force for force in FORCES if force.code.startswith("E") and force.region != LONDON][:_POLICE]
    style = "Police and Crime Commissioner and Chief Constable"
    listed += [
        Body(f"E90{nth:02d}", force.code, f"{force.in_workforce} {style}", "O", "Police")
        for nth, force in enumerate(police, start=1)
    ]
    listed += [Body(c.ecode, c.code, f"{c.name} Combined Authority", "O", "Combined Authority") for c in land.combined]
    counties = [a.name.removesuffix("shire") for a in land.upper if a.kind == "SC"]
    listed += [
        Body(f"E86{nth:02d}", f"E31{900 + nth:06d}", f"{name} Combined Fire and Rescue Authority", "O", "Fire")
        for nth, name in enumerate(counties[:8], start=1)
    ]
    listed += [
        Body(f"E87{nth:02d}", f"E26{900 + nth:06d}", f"{name} Hills National Park Authority", "O", "Park")
        for nth, name in enumerate(counties[8:11], start=1)
    ]
    listed += [
        Body(f"E88{nth:02d}", f"E50{900 + nth:06d}", f"{name} Waste Authority", "O", "Waste")
        for nth, name in enumerate(counties[11:13], start=1)
    ]
    listed.append(Body(OWN_CODE, OWN_CODE, f"{counties[13]} Marshes Regional Park Authority", "O", "Park"))
    listed.append(GREATER_LONDON)
    return sorted(listed, key=lambda body: body.name)

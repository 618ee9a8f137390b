"""What is true of England whatever the sample makes up: nations, regions and police forces.

Belongs here: codes and names that are facts. Does not belong here: anything invented (`geography`).
"""

from typing import NamedTuple

ENGLAND = "E92000001"
LONDON = "E12000007"
REGIONS = {
    "E12000001": "North East",
    "E12000002": "North West",
    "E12000003": "Yorkshire and The Humber",
    "E12000004": "East Midlands",
    "E12000005": "West Midlands",
    "E12000006": "East of England",
    "E12000007": "London",
    "E12000008": "South East",
    "E12000009": "South West",
}
PARTS_OF_LONDON = {"E13000001": "Inner London", "E13000002": "Outer London"}
KINGDOMS = {"K02000001": "United Kingdom", "K03000001": "Great Britain", "K04000001": "England and Wales"}
NATIONS = {
    "E92000001": "England",
    "N92000002": "Northern Ireland",
    "S92000003": "Scotland",
    "W92000004": "Wales",
}


class Force(NamedTuple):
    """A police force: its code, the region code it lies in, and the three spellings of its name."""

    code: str
    region: str
    in_lookup: str
    in_workforce: str
    in_searches: str


def _force(code: str, region: str, name: str, workforce: str = "", searches: str = "") -> Force:
    return Force(code, region, name, workforce or name, searches or name)


FORCES = (
    _force("E23000001", "E12000007", "Metropolitan Police"),
    _force("E23000002", "E12000002", "Cumbria"),
    _force("E23000003", "E12000002", "Lancashire"),
    _force("E23000004", "E12000002", "Merseyside"),
    _force("E23000005", "E12000002", "Greater Manchester"),
    _force("E23000006", "E12000002", "Cheshire"),
    _force("E23000007", "E12000001", "Northumbria"),
    _force("E23000008", "E12000001", "Durham"),
    _force("E23000009", "E12000003", "North Yorkshire"),
    _force("E23000010", "E12000003", "West Yorkshire"),
    _force("E23000011", "E12000003", "South Yorkshire"),
    _force("E23000012", "E12000003", "Humberside"),
    _force("E23000013", "E12000001", "Cleveland"),
    _force("E23000014", "E12000005", "West Midlands"),
    _force("E23000015", "E12000005", "Staffordshire"),
    _force("E23000016", "E12000005", "West Mercia"),
    _force("E23000017", "E12000005", "Warwickshire"),
    _force("E23000018", "E12000004", "Derbyshire"),
    _force("E23000019", "E12000004", "Nottinghamshire"),
    _force("E23000020", "E12000004", "Lincolnshire"),
    _force("E23000021", "E12000004", "Leicestershire"),
    _force("E23000022", "E12000004", "Northamptonshire"),
    _force("E23000023", "E12000006", "Cambridgeshire"),
    _force("E23000024", "E12000006", "Norfolk"),
    _force("E23000025", "E12000006", "Suffolk"),
    _force("E23000026", "E12000006", "Bedfordshire"),
    _force("E23000027", "E12000006", "Hertfordshire"),
    _force("E23000028", "E12000006", "Essex"),
    _force("E23000029", "E12000008", "Thames Valley"),
    _force("E23000030", "E12000008", "Hampshire"),
    _force("E23000031", "E12000008", "Surrey"),
    _force("E23000032", "E12000008", "Kent"),
    _force("E23000033", "E12000008", "Sussex"),
    _force("E23000034", "E12000007", "London, City of"),
    _force("E23000035", "E12000009", "Devon & Cornwall", searches="Devon and Cornwall"),
    _force("E23000036", "E12000009", "Avon and Somerset", workforce="Avon & Somerset"),
    _force("E23000037", "E12000009", "Gloucestershire"),
    _force("E23000038", "E12000009", "Wiltshire"),
    _force("E23000039", "E12000009", "Dorset"),
    _force("W15000001", "W92000004", "North Wales"),
    _force("W15000002", "W92000004", "Gwent"),
    _force("W15000003", "W92000004", "South Wales"),
    _force("W15000004", "W92000004", "Dyfed-Powys"),
)

"""Payments to general practice in two years, between which columns came, went and were renamed.

Belongs here: practices, payments, and the two files of `nhse.gp_payments`. Does not belong here: other NHS
returns.

Money is whole pence until it is written, so totals are exact and the average for each patient is the total
over the patients, rounded half up to the penny. A practice without patients has payments all the same; its
average is `N/A` in the older file and `0` in the newer one.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from orchestration.sample.chance import Flags, Ints, stream
from orchestration.sample.delimited import pounds, trimmed, write_csv
from orchestration.sample.geography import Geography
from orchestration.sample.names import addresses
from orchestration.sample.submissions import Sent

RETURN = "nhse.gp_payments"
OLDER = "health/gp_payments_2022-23.csv"
NEWER = "health/gp_payments_2023-24.csv"
PRACTICES = 750
_WITHOUT_PATIENTS = 16
_GROUPS = 28
_REGIONS = (
    ("Y56", "LONDON COMMISSIONING REGION"), ("Y58", "SOUTH WEST COMMISSIONING REGION"),
    ("Y59", "SOUTH EAST COMMISSIONING REGION"), ("Y60", "MIDLANDS COMMISSIONING REGION"),
    ("Y61", "EAST OF ENGLAND COMMISSIONING REGION"), ("Y62", "NORTH WEST COMMISSIONING REGION"),
    ("Y63", "NORTH EAST AND YORKSHIRE COMMISSIONING REGION"),
)  # fmt: skip
_REGISTERED = "Number of Registered Patients (Last Known Figure)"
_WEIGHTED = "Number of Weighted Patients (Last Known Figure)"
_TOTAL = "Total NHS Payments to General Practice"
_DEDUCTIONS = "Deductions for Pensions, Levies and Prescription Charge Income"
_AVERAGE = "Average payments per {} patient"

# Each payment: its name in the older and the newer file ('' where it is not one), pounds a patient, and the
# share of practices that get it.
_PAYMENTS: tuple[tuple[str, str, float, float], ...] = (
    ("Global Sum", "", 92, 1.0),
    ("MPIG Correction factor", "", 1.1, 0.1),
    ("Balance of PMS Expenditure", "", 9, 0.3),
    ("Total QOF Payments", "", 12.5, 1.0),
    ("Childhood Vaccination and Immunisation Scheme", "", 0.9, 1.0),
    ("GP Extended Hours Access", "", 0.4, 0.5),
    ("Influenza and Pneumococcal Immunisations", "", 1.6, 1.0),
    ("Learning Disabilities", "", 0.4, 0.9),
    ("Meningitis", "", 0.3, 1.0),
    ("Minor Surgery", "", 0.8, 0.8),
    ("Out Of Area in Hours Urgent Care", "", 0.02, 0.1),
    ("Pertussis", "", 0.03, 1.0),
    ("Rotavirus and Shingles Immunisation", "", 0.2, 1.0),
    ("Services for Violent Patients", "", 0.1, 0.05),
    ("", "Medical Assessment Reviews", 0.05, 0.1),
    ("", "Weight Management Service", 0.1, 0.8),
    ("Total Local Incentive Schemes", "Local Incentive Schemes", 4.5, 0.9),
    ("Premises Payments", "", 14, 0.95),
    ("Seniority", "", 0.6, 0.3),
    ("Doctors Retainer Scheme Payments", "", 0.3, 0.1),
    ("Total Locum Allowances", "", 0.7, 0.2),
    ("Appraisal Costs ", "Appraisal - Appraiser Costs in Respect of Locums", 0.02, 0.1),
    ("Prolonged Study Leave", "", 0.01, 0.01),
    ("PCO Admin Other", "", 0.5, 0.7),
    ("Information Management and Technology", "", 0.2, 0.2),
    ("Non DES Item Pneumococcal Vaccine, Childhood Immunisation Main Programme", "", 0.3, 1.0),
    ("General Practice Forward View", "General Practice Transformation", 1.4, 0.6),
    ("PCN Participation", "", 1.76, 0.97),
    ("Prescribing Fee Payments", "", 0.6, 0.9),
    ("Dispensing Fee Payments", "", 3, 0.15),
    ("Reimbursement of Drugs", "", 6, 0.6),
    ("", "winter Access Fund", 0.4, 0.6),
    ("Other Payments", "", 0.9, 0.8),
)
_NETWORK = (
    "PCN Leadership", "PCN Support", "PCN Extended Hours Access", "PCN Workforce",
    "PCN Investment and impact Fund", "PCN Care Home Premium", "PCN Enhanced Access",
)  # fmt: skip
_COVID = ("Covid Immunisation", "Covid Support and Expansion", "Long Covid")
_WITH_NETWORK = "including PCN Workforce, Leadership and Support"
_WITH_COVID = "including covid vaccination, covid support and long covid payments"


@dataclass(frozen=True)
class _Practices:
    """What a practice is in both years; `patients` are quarters of a patient, averaged over four quarters."""

    codes: list[str]
    names: list[str]
    addresses: list[str]
    postcodes: list[str]
    group: Ints
    region: Ints
    network: Ints
    patients: Ints
    weight: Ints
    need: Ints
    contract: list[str]
    dispensing: list[str]
    rurality: list[str]


def _practices(land: Geography, seed: int) -> _Practices:
    chance = stream(seed, f"{RETURN} practices")
    towns = [authority.name for authority in land.upper]
    lines, codes = addresses(chance, towns, PRACTICES)
    styles = ("SURGERY", "MEDICAL CENTRE", "HEALTH CENTRE", "MEDICAL PRACTICE")
    town = chance.integers(0, len(towns), PRACTICES)
    group = np.sort(chance.integers(0, _GROUPS, PRACTICES))
    return _Practices(
        codes=[f"Z8{1000 + nth}" for nth in range(1, PRACTICES + 1)],
        names=[f"{towns[t].upper()} {styles[n % len(styles)]}" for n, t in enumerate(town.tolist())],
        addresses=lines,
        postcodes=codes,
        group=group,
        region=group * len(_REGIONS) // _GROUPS,
        network=group * 5 + chance.integers(0, 5, PRACTICES),
        patients=np.round(4 * 8_600 * np.exp(0.45 * chance.standard_normal(PRACTICES))).astype(np.int64),
        weight=np.round(1000 * np.exp(0.08 * chance.standard_normal(PRACTICES))).astype(np.int64),
        need=np.round(1000 * (1 + 0.06 * land.deprivation[town])).astype(np.int64),
        contract=chance.choice(["GMS", "PMS", "APMS"], PRACTICES, p=[0.7, 0.26, 0.04]).tolist(),
        dispensing=chance.choice(["No", "Yes"], PRACTICES, p=[0.85, 0.15]).tolist(),
        rurality=chance.choice(["Urban", "Rural"], PRACTICES, p=[0.84, 0.16]).tolist(),
    )


def _average(pence: Ints, hundredths: Ints) -> Ints:
    """Pence for one patient, rounded half up, of patients in hundredths; zero where there are none."""
    patients = np.maximum(hundredths, 1)
    return np.where(hundredths > 0, (200 * pence + patients) // (2 * patients), 0)


def _payments(practices: _Practices, newer: bool, empty: Flags, chance: np.random.Generator) -> dict[str, Ints]:
    """Pence of each payment; practices without patients keep a few."""
    paid: dict[str, Ints] = {}
    size = len(practices.codes)
    for old_name, new_name, rate, share in _PAYMENTS:
        name = new_name or old_name if newer else old_name
        if not name:
            continue
        gets = (chance.random(size) < share) & (~empty | (chance.random(size) < 0.15))
        each = rate * 25 * (1.04 if newer else 1.0) * practices.patients * practices.need / 1000
        amount = np.round(each * np.exp(0.12 * chance.standard_normal(size))).astype(np.int64)
        paid[name] = np.where(gets, np.where(empty, amount // 40, amount), 0)
    return paid


def _shared_columns(
    practices: _Practices, newer: bool, empty: Flags, chance: np.random.Generator
) -> dict[str, list[str]]:
    """The first seventeen columns, under the names of that year."""
    size = len(practices.codes)
    unknown = "Unknown" if newer else "UNKNOWN"
    region = [_REGIONS[place] for place in practices.region.tolist()]
    groups = [f"{90 + place % 10}{chr(65 + place // 10)}" for place in practices.group.tolist()]
    home = {group: practices.names[int(group[:2]) * 7].split()[0] for group in groups}
    network = practices.network.tolist()
    alone = chance.random(size) < 0.03
    strange = np.where(empty, "| Part year of data || No registered patients |", "")
    strange = np.where(~empty & (chance.random(size) < 0.03), "| Large fluctuation in patients |", strange)
    unsaid = empty & (chance.random(size) < 0.7)
    no_rurality = np.zeros(size, dtype=np.bool_) if newer else chance.random(size) < 0.015

    def unless(out: Flags, otherwise: str, values: list[str]) -> list[str]:
        return [otherwise if left else value for left, value in zip(out, values, strict=True)]

    return {
        "NHS England (Region) code": [code for code, _ in region],
        "NHS England (Region) Name": [_region_name(name, newer) for _, name in region],
        "CCG Code": groups,
        ("Sub ICB NAME" if newer else "CCG NAME"): [
            f"NHS {home[group]} ICB - {group}" if newer else f"NHS {home[group]} CCG" for group in groups
        ],
        ("Code" if newer else "PCN Code"): unless(alone, "Unknown or no PCN", [f"U9{n:04d}" for n in network]),
        ("CCG NAME" if newer else "PCN Name"): unless(
            alone,
            "Unknown or no PCN",
            [f"{practices.names[n * 5].split()[0]} {n % 5 + 1} PCN" for n in network],
        ),
        "Practice Code": practices.codes,
        "Practice Name": practices.names,
        "Practice Address": practices.addresses,
        "Practice Postcode": practices.postcodes,
        "Practice Open Date": ["01/04/1974"] * size,
        "Practice Close Date": ["30/11/2022" if gone else "" for gone in empty],
        "Contract Type": unless(unsaid, unknown, practices.contract),
        "Dispensing Practice": unless(unsaid, unknown, practices.dispensing),
        ("Practice type" if newer else "Practice Type"): [
            "Walk in centre" if nth % 300 == 7 else "GP practice" for nth in range(size)
        ],
        "Practice Rurality": unless(no_rurality, "MISSING", practices.rurality),
        ("Atypical characteristics" if newer else "Atypical Characteristics"): strange.tolist(),
    }


def _region_name(name: str, newer: bool) -> str:
    """The longest name was cut in the newer file."""
    return name.replace("YORKSHIRE COMMISSIONING", "YORKSHIRE COMM") if newer else name


def _year(practices: _Practices, newer: bool, seed: int) -> dict[str, list[str]]:
    """All columns of one year."""
    chance = stream(seed, f"{RETURN} {'newer' if newer else 'older'}")
    size = len(practices.codes)
    empty = np.zeros(size, dtype=np.bool_)
    empty[chance.choice(size, _WITHOUT_PATIENTS, replace=False)] = True
    quarters = np.round(practices.patients * (1 + (0.01 if newer else 0) + 0.01 * chance.standard_normal(size)))
    registered = np.where(empty, 0, quarters * 25).astype(np.int64)
    weighted = registered * practices.weight // 1000
    paid = _payments(practices, newer, empty, chance)
    total = np.sum(list(paid.values()), axis=0)
    deductions = -np.round(total * np.clip(0.11 + 0.02 * chance.standard_normal(size), 0.02, 0.2)).astype(np.int64)

    def averages(pence: Ints) -> list[list[str]]:
        both = [pounds(_average(pence, patients)) for patients in (registered, weighted)]
        if newer:
            return both
        return [["N/A" if none else text for text, none in zip(texts, empty, strict=True)] for texts in both]

    columns = _shared_columns(practices, newer, empty, chance)
    columns[_REGISTERED], columns[_WEIGHTED] = trimmed(registered / 100), trimmed(weighted / 100)
    columns[_AVERAGE.format("registered")], columns[_AVERAGE.format("weighted")] = averages(total)
    columns.update({name: pounds(amount) for name, amount in paid.items()})
    columns[_TOTAL], columns[_DEDUCTIONS] = pounds(total), pounds(deductions)
    columns[f"{_TOTAL} Minus Deductions"] = pounds(total + deductions)
    if not newer:
        return columns
    network, covid = _extra(_NETWORK, registered, chance), _extra(_COVID, registered, chance)
    with_network = total + np.sum(list(network.values()), axis=0)
    with_covid = total + np.sum(list(covid.values()), axis=0)
    everything = with_network + with_covid - total
    columns[f"{_TOTAL} {_WITH_COVID}"] = pounds(with_covid)
    columns[f"Total NHS Payments {_WITH_NETWORK}"] = pounds(with_network)
    columns[f"{_TOTAL} including Covid and PCN payments"] = pounds(everything)
    columns[f"{_TOTAL} including Covid and PCN payments minus deductions"] = pounds(everything + deductions)
    columns.update({name: pounds(amount) for name, amount in (network | covid).items()})
    for suffix, pence in ((_WITH_NETWORK, with_network), (_WITH_COVID, with_covid)):
        for kind, texts in zip(("registered", "weighted"), averages(pence), strict=True):
            columns[f"{_AVERAGE.format(kind)} {suffix}"] = texts
    return columns


def _extra(names: tuple[str, ...], registered: Ints, chance: np.random.Generator) -> dict[str, Ints]:
    """Payments that few practices get directly."""
    size = len(registered)
    return {
        name: np.where(chance.random(size) < 0.2, registered * chance.integers(5, 90, size) // 100, 0) for name in names
    }


def write_gp_payments(folder: Path, land: Geography, seed: int) -> list[Sent]:
    """Write both years below `folder`; some practices of the older year are gone in the newer one."""
    practices = _practices(land, seed)
    write_csv(folder / OLDER, _year(practices, False, seed), newline="\r\n", ends_in_newline=False)
    newer = _year(practices, True, seed)
    stays = [nth % 40 != 3 for nth in range(PRACTICES)]
    kept = {name: [value for value, here in zip(values, stays, strict=True) if here] for name, values in newer.items()}
    write_csv(folder / NEWER, kept, bom=True, newline="\r\n", ends_in_newline=False)
    return [
        Sent(OLDER, RETURN, "2023-11-30T09:30:00Z", "FY2022-23"),
        Sent(NEWER, RETURN, "2024-11-28T09:30:00Z", "FY2023-24"),
    ]

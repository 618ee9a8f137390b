"""Made-up names of places, people's practices and hospitals.

Belongs here: name parts and how they join. Does not belong here: which place gets which name.
The parts are chosen so that no join is the name of a council that exists; a test holds them to it.
"""

import numpy as np

_HEADS = (
    "Alver", "Brindle", "Corve", "Dunmer", "Elling", "Farrow", "Garth", "Hollen", "Ivel", "Jessam",
    "Kelm", "Lorn", "Marl", "Nethan", "Orrin", "Pimper", "Quarl", "Rusk", "Sallow", "Tarn",
    "Ulver", "Vesper", "Wend", "Yarrow", "Zeal", "Bexing", "Coppard", "Dray", "Ember", "Fennel",
    "Gorse", "Hazel", "Islan", "Kestrel", "Linden", "Mallow", "Nettle", "Osier", "Penna", "Ravel",
)  # fmt: skip
_TAILS = (
    "bourne", "combe", "dale", "don", "fold", "holme", "low", "mere", "minster", "stead", "thorpe", "wick",
    "worth", "wold",
)  # fmt: skip
_STREETS = ("ALDER LANE", "CHURCH ROW", "CANAL STREET", "MILL ROAD", "ORCHARD WAY", "STATION APPROACH")


def place_names(chance: np.random.Generator) -> list[str]:
    """Every name the parts can make, once each, in a random order: `Marlworth`, `Gorsecombe` …"""
    names = [head + tail for head in _HEADS for tail in _TAILS]
    return [names[index] for index in chance.permutation(len(names))]


def county_names(chance: np.random.Generator) -> list[str]:
    """Names of counties, once each, in a random order: `Wendshire` …"""
    return [f"{_HEADS[index]}shire" for index in chance.permutation(len(_HEADS))]


def addresses(chance: np.random.Generator, places: list[str], count: int) -> tuple[list[str], list[str]]:
    """Addresses and postcodes; one address in twelve holds a comma, so its cell must be quoted."""
    numbers = chance.integers(1, 180, count)
    streets = chance.integers(0, len(_STREETS), count)
    towns = chance.integers(0, len(places), count)
    lines = []
    for row, (number, street, town) in enumerate(zip(numbers, streets, towns, strict=True)):
        start = f"UNIT {number}, " if row % 12 == 0 else f"{number} "
        lines.append(f"{start}{_STREETS[street]}  {places[town].upper()} ")
    codes = [f"ZZ{town % 90 + 1:<2} {number % 9 + 1}QX" for number, town in zip(numbers, towns, strict=True)]
    return lines, codes

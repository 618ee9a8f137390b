"""Deaths and residents by age, of which the warehouse makes standardised rates and life expectancies.

Belongs here: age structure, mortality and the two files of `ons.deaths_by_age`. Does not belong here: expectancies that
come ready made (`ons_healthy_life_expectancy`).

Death rates grow by a tenth with each year of age (Gompertz), from a floor that infants exceed; they are higher for men
and where life is harder. Old people live in the counties, young ones in London, so that crude rates mislead. Regions
are not sent: the warehouse adds them up.
"""

from pathlib import Path

import numpy as np

from orchestration.sample.chance import Floats, Ints, stream
from orchestration.sample.delimited import repeat, whole, write_csv
from orchestration.sample.facts import ENGLAND, LONDON
from orchestration.sample.geography import Geography, people_in
from orchestration.sample.submissions import Sent

RETURN = "ons.deaths_by_age"
FILES = {
    2023: ("health/ons_deaths_by_age_2023.csv", "2024-10-24T09:30:00Z"),
    2024: ("health/ons_deaths_by_age_2024.csv", "2025-10-23T09:30:00Z"),
}
_STARTS = np.array([0, 1, *range(5, 91, 5)])
_WIDTHS = np.diff([*_STARTS, 100])
_SEXES = ("Males", "Females", "Persons")
_MALE_SHARE = 0.512
_AGES = ("Aged under 1", *(f"Aged {a} to {a + w - 1}" for a, w in zip(_STARTS[1:-1], _WIDTHS[1:-1], strict=True)),
         "Aged 90 and over", "All ages")  # fmt: skip


def _rates(sex: int, latent: Floats) -> Floats:
    """Chance of dying within the year, by place and age."""
    age = _STARTS + 0.5 * np.minimum(_WIDTHS, 8)
    level = np.where(_STARTS == 0, 0.0037, 0.00012 + np.exp(-10.65 + 0.095 * age))
    harder = np.exp((0.16 * latent)[:, None] * np.where(age < 80, 1.0, 0.4))
    men = np.where(age < 80, 1.25, 1.15)
    rates: Floats = level * harder * (men if sex == 0 else 1 / men)
    return rates


def _figures(land: Geography, year: int, chance: np.random.Generator) -> tuple[Ints, Ints]:
    """Deaths and residents, shaped (sexes, places, ages); the last sex is both, the last place England."""
    everybody = people_in(land.upper, year)
    latent = land.deprivation
    older = np.array([{"SC": 6.0, "UA": 2.0}.get(a.kind, -5.0 if a.region == LONDON else 0.0) for a in land.upper])
    # Few people are old, later or sooner; the share of a band is what survives to its middle.
    middle = _STARTS + _WIDTHS / 2
    shares = _WIDTHS / (1 + np.exp((middle - 73 - older[:, None]) / 7.5))
    shares /= shares.sum(axis=1, keepdims=True)
    people, deaths = [], []
    for sex in range(2):
        part = _MALE_SHARE - 0.002 * np.maximum(_STARTS - 25, 0)
        residents = np.rint(everybody[:, None] * shares * (part if sex == 0 else 1 - part)).astype(np.int64)
        people.append(residents)
        deaths.append(np.minimum(chance.poisson(residents * _rates(sex, latent)), residents))
    both = [np.stack([*parts, parts[0] + parts[1]]) for parts in (deaths, people)]
    with_england = [np.concatenate([part, part.sum(axis=1, keepdims=True)], axis=1) for part in both]
    of_all_ages = [np.concatenate([part, part.sum(axis=2, keepdims=True)], axis=2) for part in with_england]
    return of_all_ages[0], of_all_ages[1]


def write_deaths_by_age(folder: Path, land: Geography, seed: int) -> list[Sent]:
    """Write a file for each year below `folder`."""
    chance = stream(seed, RETURN)
    places = [*((a.code, a.name) for a in land.upper), (ENGLAND, "England")]
    rows = len(places) * len(_AGES)
    sent = []
    for year, (file, received_at) in FILES.items():
        deaths, people = _figures(land, year, chance)
        columns = {
            "DATE": [str(year)] * (rows * len(_SEXES)),
            "GEOGRAPHY_CODE": repeat((code for code, _ in places), len(_AGES)) * len(_SEXES),
            "GEOGRAPHY_NAME": repeat((name for _, name in places), len(_AGES)) * len(_SEXES),
            "GENDER_NAME": repeat(_SEXES, rows),
            "AGE_NAME": list(_AGES) * (len(places) * len(_SEXES)),
            "DEATHS": whole(deaths.ravel()),
            "POPULATION": whole(people.ravel()),
        }
        write_csv(folder / file, columns)
        sent.append(Sent(file, RETURN, received_at))
    return sent

"""Life tables by a plain loop over the bands, and each reason to withhold one."""

import math

import pytest

ESTIMATED = "{{ life_expectancy_estimated('given', ['area'], 'age', 'deaths', 'people') }}"
AGES = [0, 1, *range(5, 91, 5)]


def table(area: str, deaths: list[float | None], people: list[float | None], ages: list[int] = AGES) -> str:
    rows = ", ".join(
        f"('{area}', {age}, {'NULL' if d is None else d}::DOUBLE, {'NULL' if p is None else p}::DOUBLE)"
        for age, d, p in zip(ages, deaths, people, strict=True)
    )
    return f"SELECT * FROM (VALUES {rows}) AS t (area, age, deaths, people)"


def with_one(values: list[float], index: int, value: float | None) -> list[float | None]:
    return [*values[:index], value, *values[index + 1 :]]


PEOPLE: list[float] = [1000.0] * 20
DEATHS: list[float] = [6, 1, 1, 1, 2, 2, 3, 3, 4, 5, 8, 12, 18, 27, 40, 60, 90, 140, 200, 300]


def by_loop(deaths: list[float], people: list[float]) -> list[tuple[float, float]]:
    """Expectancy and standard error at each age, band by band."""
    widths, lived = [1, 4, *[5] * 18], [0.1, *[0.5] * 19]
    dying = [w * d / (p + w * d * (1 - a)) for w, d, p, a in zip(widths, deaths, people, lived, strict=True)]
    alive = [100000.0]
    for chance in dying[:-1]:
        alive.append(alive[-1] * (1 - chance))
    years = [w * (here * (1 - q) + a * here * q) for w, here, q, a in zip(widths, alive, dying, lived, strict=True)]
    years[-1] = alive[-1] * people[-1] / deaths[-1]
    ahead = [sum(years[i:]) / alive[i] for i in range(20)]
    spread = [
        dying[i] ** 2 * (1 - dying[i]) / deaths[i] * alive[i] ** 2 * ((1 - lived[i]) * widths[i] + ahead[i + 1]) ** 2
        for i in range(19)
    ]
    spread.append((alive[-1] / 2) ** 2 * 4 / (deaths[-1] * (deaths[-1] / people[-1]) ** 2))
    return [(ahead[i], math.sqrt(sum(spread[i:])) / alive[i]) for i in range(20)]


def test_a_life_table_is_that_of_a_loop_over_its_bands(rows_of):
    both = f"{table('b', DEATHS, PEOPLE)} UNION ALL {table('a', [2 * d for d in DEATHS], [9 * p for p in PEOPLE])}"
    rows = rows_of(ESTIMATED, both)
    assert [row["area"] for row in rows] == ["a"] * 20 + ["b"] * 20
    for rows_of_one, factors in ((rows[:20], (2, 9)), (rows[20:], (1, 1))):
        expected = by_loop([factors[0] * d for d in DEATHS], [factors[1] * p for p in PEOPLE])
        for row, (years, error) in zip(rows_of_one, expected, strict=True):
            assert row["reason"] is None
            assert row["value"] == pytest.approx(years, rel=1e-12)
            assert row["lower_95"] == pytest.approx(years - 1.959963984540054 * error, rel=1e-12)
            assert row["upper_99_8"] == pytest.approx(years + 3.090232306167813 * error, rel=1e-12)


def test_a_band_without_deaths_adds_no_uncertainty(rows_of):
    rows = rows_of(ESTIMATED, table("a", with_one(DEATHS, 3, 0), PEOPLE))
    assert rows[3]["value"] - 5 == pytest.approx(rows[4]["value"])
    assert rows[3]["upper_95"] - rows[3]["value"] == pytest.approx(rows[4]["upper_95"] - rows[4]["value"])


@pytest.mark.parametrize(
    ("deaths", "people", "reason"),
    [
        (with_one(DEATHS, 4, -1), PEOPLE, "deaths below 0"),
        (with_one(DEATHS, 4, None), PEOPLE, "deaths or population missing"),
        (DEATHS, with_one(PEOPLE, 4, 0), "no population in an age band"),
        (with_one(DEATHS, 4, 1001), PEOPLE, "more deaths than population"),
        ([d / 4 for d in DEATHS], [250.0] * 20, "population of 5,000 or fewer"),
        (with_one(DEATHS, 19, 0), PEOPLE, "no deaths at 90 and over"),
        (with_one(DEATHS, 4, 500), PEOPLE, "no survivors of an age band"),
    ],
)
def test_a_table_that_cannot_be_trusted_says_why_and_gives_nothing(rows_of, deaths, people, reason):
    rows = rows_of(ESTIMATED, f"{table('a', deaths, people)} UNION ALL {table('b', DEATHS, PEOPLE)}")
    assert {(row["reason"], row["value"], row["lower_95"]) for row in rows[:20]} == {(reason, None, None)}
    assert all(row["value"] is not None for row in rows[20:])


@pytest.mark.parametrize("ages", [AGES[:-1], [*AGES[:-1], 85], [*AGES[:-1], 95], [*AGES, 95]])
def test_other_age_bands_make_no_table(rows_of, ages):
    rows = rows_of(ESTIMATED, table("a", [*DEATHS, 1][: len(ages)], [*PEOPLE, 1][: len(ages)], ages))
    assert {(row["reason"], row["value"]) for row in rows} == {("not the 20 age bands", None)}


def test_an_expectancy_within_ten_years_either_side_at_best_is_withheld_but_its_limits_are_not(rows_of):
    rows = rows_of(ESTIMATED, table("a", [0] * 19 + [1], [300.0] * 20))
    assert {(row["reason"], row["value"]) for row in rows} == {("interval wider than 20 years", None)}
    assert all(row["upper_95"] - row["lower_95"] > 20 for row in rows)

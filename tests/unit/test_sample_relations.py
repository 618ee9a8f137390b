"""Figures of the sample hang together as published ones do."""

import math
from collections import defaultdict
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from orchestration.sample import write_sample
from tests.unit.sample_files import rows, sheet

CLA = ("education/cla_number_and_rate_v2024-11-14.csv", "education/cla_number_and_rate_v2025-11-27.csv")
LAIT = "education/lait_v2026-02-11.parquet"
RO3 = ("localgov/RO3_2024-25_v2025-09-26.ods", "localgov/RO3_2024-25_v2026-01-19.ods")
GP = ("health/gp_payments_2022-23.csv", "health/gp_payments_2023-24.csv")
FINGERTIPS = "health/fingertips_child_injury_admissions_la.csv"
COUNTY_DECILES = "County & UA deprivation deciles in England (IMD2019, 4/23 geography)"
REGISTER = "geography/uk_local_authorities_mysociety.csv"


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_sample(tmp_path_factory.mktemp("sample")).parent


def half_up(value: Decimal, places: str) -> Decimal:
    return value.quantize(Decimal(places), ROUND_HALF_UP)


def on_31_march(sample: Path, vintage: int) -> list[dict[str, str]]:
    """Rows on children looked after on 31 March, under the column names of the earlier file."""
    table = []
    for row in rows(sample / CLA[vintage]):
        kind = row.get("population_count") or row["population_type"]
        if "31 March" in kind:
            table.append(row | {"number": row.get("number") or row["children_count"]})
    return table


@pytest.mark.parametrize("vintage", [0, 1])
def test_the_rate_of_children_is_count_over_population_times_ten_thousand(sample: Path, vintage: int) -> None:
    compared = 0
    for row in rows(sample / CLA[vintage]):
        count = row.get("number") or row["children_count"]
        if count.isdigit() and row["population_estimate"].isdigit():
            exact = Decimal(count) / Decimal(row["population_estimate"]) * 10_000
            assert Decimal(row["rate_per_10000"]) == half_up(exact, "1")
            compared += 1
    assert compared > 2_000


@pytest.mark.parametrize("vintage", [0, 1])
def test_children_of_regions_are_those_of_their_authorities_to_the_nearest_ten(sample: Path, vintage: int) -> None:
    table = on_31_march(sample, vintage)
    sums: dict[tuple[str, str], int] = defaultdict(int)
    hidden: set[tuple[str, str]] = set()
    for row in table:
        if row["geographic_level"] == "Local authority":
            key = (row["time_period"], row["region_code"])
            if row["number"].isdigit():
                sums[key] += int(row["number"])
            elif row["population_estimate"].isdigit():
                hidden.add(key)
    for row in table:
        key = (row["time_period"], row["region_code"])
        if row["geographic_level"] == "Regional" and row["region_code"] != "E12000007" and key not in hidden:
            assert abs(int(row["number"]) - sums[key]) <= 5


def test_the_weekly_cost_of_a_child_needs_the_count_known_when_it_was_compiled(sample: Path) -> None:
    """Known by 31 January after the year's end: the first file for 2023-24, the second for 2024-25."""
    table = pq.read_table(sample / LAIT).to_pylist()
    codes = {row["nice-name"]: row["gss-code"] for row in rows(sample / REGISTER) if row["current-authority"] == "True"}
    figures = {
        (row["Short Desc"], row["Years"], codes[row["LA and Regions"]]): row["Values"]
        for row in table
        if row["Short Desc"] in ("LACFinance", "TotalLACFinance") and row["LA and Regions"] in codes
    }

    def misses(label: str, year: str, vintage: int) -> tuple[int, int]:
        wrong = compared = 0
        for row in on_31_march(sample, vintage):
            spend = figures.get(("TotalLACFinance", label, row["new_la_code"]), "-")
            if row["time_period"] != year or not row["number"].isdigit() or spend == "-":
                continue
            weekly = Decimal(spend) / Decimal(row["number"]) / 365 * 7
            wrong += Decimal(figures["LACFinance", label, row["new_la_code"]]) != half_up(weekly / 5, "1") * 5
            compared += 1
        return wrong, compared

    assert misses("2023-24 (OT)", "2024", 0) == (0, 149)
    assert misses("2024-25 (OT)", "2025", 1) == (0, 149)
    assert misses("2023-24 (OT)", "2024", 1)[0] > 20


@pytest.mark.parametrize("release", [0, 1])
def test_items_of_the_outturn_add_up_on_every_line(sample: Path, release: int) -> None:
    table = sheet(sample / RO3[release], "RO3_LA_Data_202425")
    header = [str(column) for column in table[6]]
    employees = [at for at, column in enumerate(header) if column.endswith("(C1)")]
    compared = 0
    for row in table[7:-1]:
        for at in employees:
            c1, c2, c3, c4, c5, c6, c7 = row[at : at + 7]
            if isinstance(c1, float):
                assert c3 == pytest.approx(c1 + c2, abs=0.005)
                assert c6 == pytest.approx(c4 + c5, abs=0.005)
                assert c7 == pytest.approx(c3 - c6, abs=0.005)
                compared += 1
    assert len(employees) == 19
    assert compared > 3_500


@pytest.mark.parametrize("release", [0, 1])
def test_lines_of_the_outturn_add_up_to_their_totals(sample: Path, release: int) -> None:
    table = sheet(sample / RO3[release], "RO3_LA_Data_202425")
    header = [str(column).replace(" [note 3]", "") for column in table[6]]
    net = {column.rsplit(" - Net", 1)[0]: at for at, column in enumerate(header) if "(C7" in column}
    children = [at for line, at in net.items() if line.startswith("Children's social care") and "of which" not in line]
    of_which = [at for line, at in net.items() if "of which" in line]
    looked_after = net["Children's social care - Children Looked After"]
    for row in table[7:-1]:
        if all(isinstance(row[at], float) for at in net.values()):
            assert row[looked_after] == pytest.approx(sum(row[at] for at in of_which), abs=0.05)
            assert row[net["TOTAL CHILDREN SOCIAL CARE"]] == pytest.approx(sum(row[at] for at in children), abs=0.05)


def test_the_england_row_is_the_sum_of_the_classes(sample: Path) -> None:
    table = sheet(sample / RO3[1], "RO3_LA_Data_202425")
    england = next(at for at, row in enumerate(table) if row[2] == "ENGLAND")
    classes = table[england + 2 : -1]

    for at, total in enumerate(table[england][7:], start=7):
        if isinstance(total, float):
            assert total == pytest.approx(sum(float(row[at]) for row in classes), abs=0.05)


@pytest.mark.parametrize("file", GP)
def test_the_average_payment_is_total_over_patients_to_the_penny(sample: Path, file: str) -> None:
    compared = 0
    for row in rows(sample / file):
        for kind in ("Registered", "Weighted"):
            patients = Decimal(row[f"Number of {kind} Patients (Last Known Figure)"])
            if patients:
                exact = Decimal(row["Total NHS Payments to General Practice"]) / patients
                assert Decimal(row[f"Average payments per {kind.lower()} patient"]) == half_up(exact, "0.01")
                compared += 1
    assert compared > 1_400


@pytest.mark.parametrize("file", GP)
def test_payments_add_up_to_their_totals(sample: Path, file: str) -> None:
    table = rows(sample / file)
    columns = list(table[0])
    total = "Total NHS Payments to General Practice"
    deductions = "Deductions for Pensions, Levies and Prescription Charge Income"
    kinds = columns[columns.index("Global Sum") : columns.index(total)]
    for row in table:
        assert sum(Decimal(row[kind]) for kind in kinds) == Decimal(row[total])
        assert Decimal(row[total]) + Decimal(row[deductions]) == Decimal(row[f"{total} Minus Deductions"])
        assert Decimal(row[deductions]) <= 0


def test_totals_with_further_payments_add_them(sample: Path) -> None:
    total = "Total NHS Payments to General Practice"
    for row in rows(sample / GP[1]):
        covid = sum(Decimal(row[kind]) for kind in ("Covid Immunisation", "Covid Support and Expansion", "Long Covid"))
        network = sum(
            Decimal(amount)
            for kind, amount in row.items()
            if kind.startswith("PCN ") and kind not in ("PCN Participation",)
        )
        with_covid = Decimal(row[f"{total} including covid vaccination, covid support and long covid payments"])
        assert with_covid == Decimal(row[total]) + covid
        assert Decimal(row[f"{total} including Covid and PCN payments"]) == with_covid + network


def test_a_rate_of_admissions_is_count_over_children_times_ten_thousand(sample: Path) -> None:
    compared = 0
    for row in rows(sample / FINGERTIPS):
        if row["Value"]:
            rate = int(row["Count"]) / int(row["Denominator"]) * 10_000
            assert float(row["Value"]) == pytest.approx(rate, abs=1e-5)
            compared += 1
    assert compared > 6_000


def byar(count: int, z: float) -> tuple[float, float]:
    more = count + 1
    lower = count * (1 - 1 / (9 * count) - z / (3 * math.sqrt(count))) ** 3
    return lower, more * (1 - 1 / (9 * more) + z / (3 * math.sqrt(more))) ** 3


def test_limits_of_admissions_are_byars_exactly_before_rounding_began_and_nearly_after(sample: Path) -> None:
    off = []
    for row in rows(sample / FINGERTIPS):
        if not row["Value"] or not int(row["Count"]):
            continue
        limits = byar(int(row["Count"]), 1.959963984540054)
        for expected, column in zip(limits, ("Lower CI 95.0 limit", "Upper CI 95.0 limit"), strict=True):
            published = float(row[column])
            gap = abs(published - expected / int(row["Denominator"]) * 10_000)
            if row["Time period"] == "2011/12":
                assert gap < 1e-6
            else:
                off.append(gap)
    assert max(off) < 40
    assert sorted(off)[len(off) // 2] > 0.001


def test_areas_are_better_or_worse_than_england_by_their_limits(sample: Path) -> None:
    table = rows(sample / FINGERTIPS)
    england = {
        (row["Time period"], row["Sex"]): float(row["Value"])
        for row in table
        if row["Area Code"] == "E92000001" and not row["Category"]
    }
    verdicts = set()
    for row in table:
        if row["Area Code"] == "E92000001" or not row["Value"]:
            continue
        value = england[row["Time period"], row["Sex"]]
        lower, upper = float(row["Lower CI 95.0 limit"]), float(row["Upper CI 95.0 limit"])
        verdict = "Worse" if lower > value else "Better" if upper < value else "Similar"
        assert row["Compared to England value or percentiles"] == verdict
        verdicts.add(verdict)
    assert verdicts == {"Worse", "Better", "Similar"}


def test_children_of_the_ten_deciles_are_the_children_of_england(sample: Path) -> None:
    first = [row for row in rows(sample / FINGERTIPS) if not row["Parent Code"] and row["Area Code"] == "E92000001"]
    for year in ("2016/17", "2023/24"):
        for sex in ("Male", "Female", "Persons"):
            here = [row for row in first if (row["Time period"], row["Sex"]) == (year, sex)]
            deciles = [int(row["Denominator"]) for row in here if row["Category Type"] == COUNTY_DECILES]
            (england,) = [int(row["Denominator"]) for row in here if not row["Category Type"]]
            assert len(deciles) == 10
            assert sum(deciles) == england


def test_admissions_rise_with_deprivation(sample: Path) -> None:
    rates = {
        row["Category"]: float(row["Value"])
        for row in rows(sample / FINGERTIPS)
        if row["Category Type"] == COUNTY_DECILES and row["Sex"] == "Persons" and row["Time period"] == "2023/24"
    }

    assert rates["Most deprived decile (IMD2019)"] > 1.2 * rates["Least deprived decile (IMD2019)"]


def test_the_rate_of_england_in_work_is_workers_over_adults(sample: Path) -> None:
    for row in rows(sample / "employment/ons_employment_rate_v2023-08-16_wide.csv"):
        if row["areacd"] == "E92000001":
            for name in ("employment_rate", "economic_activity_rate", "unemployment_activity_rate"):
                rate = 100 * float(row[f"{name}_numerator"]) / float(row[f"{name}_denominator"])
                assert float(row[name]) == pytest.approx(rate, abs=0.051)


def test_the_active_and_the_inactive_are_all_adults(sample: Path) -> None:
    for row in rows(sample / "employment/ons_employment_rate_v2023-08-16_wide.csv"):
        if row["economically_inactive"]:
            both = float(row["economically_inactive"]) + float(row["economic_activity_rate"])
            assert both == pytest.approx(100, abs=0.11)


def test_a_life_expectancy_lies_between_its_limits_and_falls_with_deprivation(sample: Path) -> None:
    table = rows(sample / "health/ons_healthy_life_expectancy_v2026-01-12.csv")
    scores = {row["ltla23_code"]: float(row["Score"]) for row in rows(sample / "geography/imd2019_england_ltla23.csv")}

    assert all(float(row["lci_95"]) < float(row["observation"]) < float(row["uci_95"]) for row in table)
    known = [(scores[row["areacd"]], float(row["observation"])) for row in table if row["areacd"] in scores]
    known.sort()
    fifth = len(known) // 5
    least, most = known[:fifth], known[-fifth:]
    assert sum(years for _, years in least) / fifth > sum(years for _, years in most) / fifth + 3


def test_the_workforce_of_a_region_is_that_of_its_forces(sample: Path) -> None:
    heads: dict[tuple[str, ...], int] = defaultdict(int)
    regions: dict[tuple[str, ...], int] = {}
    for row in rows(sample / "justice/police_workforce_force_v2025-02-26.csv"):
        key = (row["region"], row["sex"], row["rank_description"])
        if row["geo_code"].startswith(("E23", "W15")):
            heads[key] += int(row["total_headcount"])
        else:
            regions[key] = int(row["total_headcount"])

    assert len(regions) == 10 * 5 * 16
    assert regions == heads


def test_ethnic_groups_are_searched_at_different_rates(sample: Path) -> None:
    groups: dict[str, int] = defaultdict(int)
    for row in rows(sample / "justice/stop_search_by_ethnicity_force.csv"):
        if row["searches"] != "NA":
            groups[row["ethnic_group_self_defined"]] += int(row["searches"])

    assert groups["White"] > groups["Black or Black British"] > groups["Mixed"] > 0


def test_every_gss_code_of_a_return_with_a_closed_list_is_in_a_reference(sample: Path) -> None:
    register = {row["gss-code"] for row in rows(sample / REGISTER)}
    known = register | {row["RGNCD"] for row in rows(sample / "geography/la_all_codes.csv")}
    used = {row["new_la_code"] for vintage in (0, 1) for row in on_31_march(sample, vintage)}
    used |= {row["Area Code"] for row in rows(sample / FINGERTIPS)} - {"E92000001"}
    used |= {
        row["areacd"]
        for row in rows(sample / "employment/ons_employment_rate_v2025-08-13.csv")
        if row["areacd"][0] != "K" and row["areacd"][1:3] != "92"
    }

    assert used - known - {""} == set()


def test_every_lookup_speaks_of_the_same_lower_tier_authorities(sample: Path) -> None:
    geography = sample / "geography"
    codes = {row["ltla24_code"] for row in rows(geography / "lookup_ltla24_region24.csv")}

    assert len(codes) == 129 + 42
    assert {row["ltla23_code"] for row in rows(geography / "imd2019_england_ltla23.csv")} == codes
    assert {row["ltla24_code"] for row in rows(geography / "imd2025_england_ltla24.csv")} == codes
    assert {row["ltla24_code"] for row in rows(geography / "lookup_ltla_ltla_changes.csv")} == codes
    for file, column in (
        ("lookup_ltla24_csp24_pfa24.csv", "ltla24_code"),
        ("lookup_ltla23_utla23.csv", "LTLA23CD"),
    ):
        assert {row[column] for row in rows(geography / file) if row[column].startswith("E")} == codes


def test_every_authority_has_ten_neighbours_of_today_and_none_is_itself(sample: Path) -> None:
    table = sheet(sample / "education/lait_statistical_neighbours_2025-05.xlsx", "LA SN Groups")[3:]
    neighbours = {row[0]: [row[5 + 2 * n] for n in range(10)] for row in table if isinstance(row[0], float)}
    listed = sheet(sample / "education/lait_la_code_list.xlsx", "Sheet1")[1:]
    assert set(neighbours) == {row[0] for row in listed if row[3] != "NA"}
    for number, ten in neighbours.items():
        assert len(set(ten)) == 10
        assert number not in ten
        assert set(ten) <= set(neighbours)


def test_population_is_that_of_the_lower_tier_authorities_of_every_year(sample: Path) -> None:
    people: dict[str, dict[str, int]] = defaultdict(dict)
    for row in rows(sample / "denominators/la_population_2001_2024.csv"):
        people[row["code"]][row["year"]] = int(row["population"])
    assert set(people) == {row["LTLA23CD"] for row in rows(sample / "geography/lookup_ltla23_utla23.csv")}
    assert {tuple(years) for years in people.values()} == {tuple(str(year) for year in range(2024, 2000, -1))}
    register = {row["gss-code"]: row["pop-2020"] for row in rows(sample / REGISTER)}
    for code, years in people.items():
        assert years["2024"] == float(register[code])


def test_old_codes_lead_to_todays_in_the_year_of_the_merger(sample: Path) -> None:
    changed = [
        row
        for row in rows(sample / "geography/lookup_ltla_ltla_changes.csv")
        if row["ltla16_code"] != row["ltla24_code"]
    ]

    assert len(changed) == 4
    for row in changed:
        assert row["ltla22_code"] == row["ltla16_code"]
        assert row["ltla23_code"] == row["ltla24_code"]


def test_deaths_and_residents_of_sexes_and_places_and_ages_add_up(sample: Path) -> None:
    for year in (2023, 2024):
        sums: dict[tuple[bool, bool, bool], list[int]] = defaultdict(lambda: [0, 0])
        for row in rows(sample / f"health/ons_deaths_by_age_{year}.csv"):
            aspects = (
                row["GEOGRAPHY_CODE"] == "E92000001",
                row["GENDER_NAME"] == "Persons",
                row["AGE_NAME"] == "All ages",
            )
            assert row["DATE"] == str(year)
            assert 0 <= int(row["DEATHS"]) <= int(row["POPULATION"])
            sums[aspects][0] += int(row["DEATHS"])
            sums[aspects][1] += int(row["POPULATION"])
        assert len(sums) == 8
        assert len({tuple(figures) for figures in sums.values()}) == 1

"""What the sample promises of oddities: one test a promise."""

import csv
import re
import zipfile
from collections import Counter
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from orchestration.sample import write_sample
from tests.unit.sample_files import Cell, rows, sheet

CLA = ("education/cla_number_and_rate_v2024-11-14.csv", "education/cla_number_and_rate_v2025-11-27.csv")
LAIT = ("education/lait_v2025-12-22.parquet", "education/lait_v2026-02-11.parquet")
RO3 = ("localgov/RO3_2024-25_v2025-09-26.ods", "localgov/RO3_2024-25_v2026-01-19.ods")
GP = ("health/gp_payments_2022-23.csv", "health/gp_payments_2023-24.csv")
AE = (
    "health/nhs_ae_attendances_trust_monthly_2023_2024.csv",
    "health/nhs_ae_attendances_trust_monthly_2024_h1.csv",
    "health/nhs_ae_attendances_trust_monthly_2024_q3.csv",
)
HLE = (
    "health/ons_healthy_life_expectancy_v2024-12-19.csv",
    "health/ons_healthy_life_expectancy_v2026-01-12.csv",
)
EMPLOYMENT = (
    "employment/ons_employment_rate_v2023-08-16_wide.csv",
    "employment/ons_employment_rate_v2025-08-13.csv",
)
FINGERTIPS = "health/fingertips_child_injury_admissions_la.csv"
SEARCHES = "justice/stop_search_by_ethnicity_force.csv"
POLICE = ("justice/police_workforce_force_v2023-07-26.csv", "justice/police_workforce_force_v2025-02-26.csv")
REGISTER = "geography/uk_local_authorities_mysociety.csv"
Row = dict[str, str]


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_sample(tmp_path_factory.mktemp("sample")).parent


def received(sample: Path, return_code: str) -> list[tuple[str, str]]:
    """Files of a return with the day they came, in order of arrival."""
    with (sample / "SUBMISSIONS.tsv").open(encoding="utf-8", newline="") as file:
        entries = [row for row in csv.DictReader(file, delimiter="\t") if row["return_code"] == return_code]
    return sorted(((row["received_at"][:10], row["file"]) for row in entries), key=lambda entry: entry[0])


def lait(sample: Path, vintage: int) -> list[Row]:
    table: list[Row] = pq.read_table(sample / LAIT[vintage]).to_pylist()
    return table


def outturn(sample: Path, release: int) -> list[list[Cell]]:
    return sheet(sample / RO3[release], "RO3_LA_Data_202425")


def merged(sample: Path) -> list[Row]:
    """Authorities of the register that are no more and ran children's services."""
    return [
        row
        for row in rows(sample / REGISTER)
        if row["end-date"] and row["local-authority-type"] != "NMD" and row["gss-code"]
    ]


# The list -------------------------------------------------------------------------------------------------


def test_one_return_is_late(sample: Path) -> None:
    """The workforce of 31 March 2024 is due at the end of July and comes in February."""
    day, file = received(sample, "ho.police_workforce")[-1]

    assert {row["date"] for row in rows(sample / file)} == {"2024-03-01"}
    assert day == "2025-02-26"


def test_one_return_is_sent_twice_with_the_same_bytes(sample: Path) -> None:
    (_, second), (_, third) = received(sample, "dfe.children_looked_after")[-2:]

    assert second != third
    assert (sample / second).read_bytes() == (sample / third).read_bytes()


def test_every_return_but_two_comes_in_more_than_one_file(sample: Path) -> None:
    with (sample / "SUBMISSIONS.tsv").open(encoding="utf-8", newline="") as file:
        returns = Counter(row["return_code"] for row in csv.DictReader(file, delimiter="\t") if row["kind"] == "return")

    assert len(returns) == 11
    assert {code for code, count in returns.items() if count == 1} == {
        "ohid.fingertips_export",
        "ho.stop_and_search",
    }


# Places ---------------------------------------------------------------------------------------------------


def test_there_are_150_authorities_of_today_and_three_that_merged(sample: Path) -> None:
    kinds = Counter(
        row["local-authority-type"] for row in rows(sample / REGISTER) if row["current-authority"] == "True"
    )

    assert kinds["UA"] + kinds["MD"] + kinds["LBO"] + kinds["CTY"] == 150
    assert len(merged(sample)) == 3


def test_a_merged_authority_has_a_last_day_and_a_successor_that_began_then(sample: Path) -> None:
    register = {row["local-authority-code"]: row for row in rows(sample / REGISTER)}

    for row in merged(sample):
        assert row["end-date"] == "2023-04-01"
        assert register[row["replaced-by"]]["start-date"] == "2023-04-01"


def test_one_merged_authority_has_its_successors_name(sample: Path) -> None:
    register = {row["local-authority-code"]: row for row in rows(sample / REGISTER)}

    same = [row for row in merged(sample) if register[row["replaced-by"]]["nice-name"] == row["nice-name"]]
    assert [row["gss-code"][:3] for row in same] == ["E10"]


def test_some_names_need_quotes(sample: Path) -> None:
    assert any("," in row["nice-name"] for row in rows(sample / REGISTER))


# Children looked after ------------------------------------------------------------------------------------


def test_the_later_file_on_children_looked_after_renames_two_columns(sample: Path) -> None:
    earlier, later = (set(rows(sample / file)[0]) for file in CLA)

    assert earlier - later == {"population_count", "number"}
    assert later - earlier == {"population_type", "children_count"}


def test_the_later_file_on_children_looked_after_words_a_category_anew(sample: Path) -> None:
    earlier, later = rows(sample / CLA[0]), rows(sample / CLA[1])

    assert "Children looked after at 31 March each year" in {row["population_count"] for row in earlier}
    assert "Children looked after on 31 March each year" in {row["population_type"] for row in later}


def test_the_later_file_on_children_looked_after_drops_merged_authorities_and_the_first_year(
    sample: Path,
) -> None:
    codes = {row["gss-code"] for row in merged(sample)}
    earlier, later = rows(sample / CLA[0]), rows(sample / CLA[1])

    assert codes <= {row["new_la_code"] for row in earlier if row["time_period"] in ("2021", "2022", "2023")}
    assert not codes & {row["new_la_code"] for row in later}
    assert {row["time_period"] for row in earlier} - {row["time_period"] for row in later} == {"2020"}


def test_counts_and_populations_of_children_are_revised_for_some_and_not_for_most(sample: Path) -> None:
    def figures(file: str, count: str, kind: str) -> dict[tuple[str, str, str], tuple[str, str]]:
        return {
            (row["time_period"], row["new_la_code"], row[kind].replace(" at ", " on ")): (
                row[count],
                row["population_estimate"],
            )
            for row in rows(sample / file)
            if row["geographic_level"] == "Local authority" and row[count].isdigit()
        }

    first = figures(CLA[0], "number", "population_count")
    second = figures(CLA[1], "children_count", "population_type")
    common = first.keys() & second.keys()
    counts = sum(first[key][0] != second[key][0] for key in common)
    populations = sum(first[key][1] != second[key][1] for key in common)

    assert 0.1 < counts / len(common) < 0.4
    assert 0.2 < populations / len(common) < 0.6


def test_children_looked_after_has_its_markers(sample: Path) -> None:
    earlier, later = rows(sample / CLA[0]), rows(sample / CLA[1])

    assert {"c", "z"} <= {row["number"] for row in earlier}
    assert {"x", "z"} <= {row["population_estimate"] for row in earlier}
    assert "z" in {row["children_count"] for row in later}


# Interactive tool -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "pattern",
    [
        r"\d{4}",
        r"\d{4}-\d{2}",
        r"\d{4}-\d{2} \(OT\)",
        r"\d{4}/\d{2}",
        r"\d{4}/\d{2}-\d{2}/\d{2}",
        r"\d{4} \(prov\)",
        r"\d{4} \(Rev\)",
        r"\d{4} \(Final\)",
        r"0",
    ],
)
def test_the_interactive_tool_labels_periods_in_every_way(sample: Path, pattern: str) -> None:
    assert any(re.fullmatch(pattern, row["Years"]) for row in lait(sample, 0))


def test_the_interactive_tool_has_spans_of_calendar_years(sample: Path) -> None:
    labels = {row["Years"] for row in lait(sample, 0) if row["Short Desc"] == "RTA"}

    assert "2018-20" in labels


def test_the_junk_period_holds_nothing(sample: Path) -> None:
    junk = [row for row in lait(sample, 1) if row["Years"] == "0"]

    assert len(junk) == 164
    assert {row["Values"] for row in junk} == {"-"}


def test_a_provisional_figure_becomes_final_by_a_new_label_and_mostly_another_value(sample: Path) -> None:
    def one(vintage: int, label: str) -> dict[str, str]:
        return {
            row["LA and Regions"]: row["Values"]
            for row in lait(sample, vintage)
            if row["Short Desc"] == "AVG_Attain8_Score" and row["Years"] == label
        }

    provisional, final = one(0, "2025 (prov)"), one(1, "2025")

    assert provisional.keys() == final.keys()
    assert not one(1, "2025 (prov)")
    changed = sum(provisional[name] != final[name] for name in final)
    assert 100 < changed < len(final)


def test_the_window_of_years_moves_between_vintages(sample: Path) -> None:
    earlier, later = (
        {row["Years"] for row in lait(sample, vintage) if row["Short Desc"] == "RTA"} for vintage in (0, 1)
    )

    assert "2017-19" in earlier - later
    assert "2021-23" in later - earlier


def test_values_of_the_interactive_tool_are_text_with_a_dash_for_a_gap_and_odd_spellings(
    sample: Path,
) -> None:
    values = [row["Values"] for row in lait(sample, 1)]

    assert 0.02 < values.count("-") / len(values) < 0.2
    assert any(re.fullmatch(r"\d\.\d+E-\d", value) for value in values)
    assert any(len(value) > 16 for value in values)


def test_the_number_of_an_area_is_a_float_and_regions_are_spelt_in_two_ways(sample: Path) -> None:
    table = lait(sample, 1)

    assert {type(row["LA Number"]) for row in table} == {float}
    assert "Yorkshire and the Humber" in {row["LA and Regions"] for row in table}
    assert "Yorkshire and The Humber" in {row["Region"] for row in table}


def test_the_dictionary_describes_every_measure_and_one_of_them_twice(sample: Path) -> None:
    described = Counter(row["Measure_short"] for row in rows(sample / "education/lait_data_dictionary_v2026-02-11.csv"))

    assert set(described) == {row["Short Desc"] for row in lait(sample, 1)}
    assert len(described) >= 30
    assert [short for short, count in described.items() if count > 1] == ["CINPermExclusion"]


# Revenue outturn ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("release", [0, 1])
def test_the_outturn_has_six_rows_before_its_header_and_a_second_table_below_england(
    sample: Path, release: int
) -> None:
    table = outturn(sample, release)

    assert all(row[1:] == [""] * (len(row) - 1) for row in table[:6])
    assert table[6][0] == "E-code"
    england = next(number for number, row in enumerate(table) if row[2] == "ENGLAND")
    assert table[england + 1] == table[6]
    assert [row[2] for row in table[england + 2 : england + 4]] == ["Unitary Authorities", "Shire Districts"]


def test_the_last_row_of_the_outturn_is_hidden_and_holds_codes(sample: Path) -> None:
    with zipfile.ZipFile(sample / RO3[0]) as package:
        content = package.read("content.xml").decode()

    assert content.count('table:visibility="collapse"') == 1
    last = outturn(sample, 0)[-1]
    assert last[:7] == [""] * 7
    assert str(last[7]).startswith("RO3-")


def test_a_header_of_the_first_release_carries_a_note_that_the_second_has_lost(sample: Path) -> None:
    first, second = (outturn(sample, release)[6] for release in (0, 1))

    differing = [(a, b) for a, b in zip(first, second, strict=True) if a != b]
    assert len(differing) == 7
    assert all(str(a).replace(" [note 3]", "") == b for a, b in differing)


def test_authorities_without_a_return_are_all_x_and_fewer_in_the_second_release(sample: Path) -> None:
    missing = []
    for release in (0, 1):
        table = outturn(sample, release)
        missing.append({row[0] for row in table if row[3] == "M"})
        for row in table:
            assert (row[3] == "M") == (set(row[6:]) == {"[x]"})

    first, second = missing
    assert len(first) == 12
    assert len(second) == 5
    assert second < first


@pytest.mark.parametrize(("release", "marks"), [(0, {"[note 4]"}), (1, {"[note 3]", "[note 4]"})])
def test_notes_stand_in_cells_for_values(sample: Path, release: int, marks: set[str]) -> None:
    cells = {cell for row in outturn(sample, release)[7:] for cell in row[7:] if isinstance(cell, str)}

    assert {cell for cell in cells if cell.startswith("[note")} == marks


def test_items_that_are_not_estimated_for_england_are_marked(sample: Path) -> None:
    england = next(row for row in outturn(sample, 0) if row[2] == "ENGLAND")

    assert england.count("[n]") == 3


def test_the_gla_reports_under_the_code_of_its_region_and_one_body_under_its_own(sample: Path) -> None:
    table = outturn(sample, 0)
    bodies = table[7 : next(number for number, row in enumerate(table) if row[2] == "ENGLAND")]

    assert [row[2] for row in bodies if row[1] == "E12000007"] == ["Greater London Authority"]
    assert [row[0] for row in bodies if row[0] == row[1]] == ["E6803"]


def test_the_second_release_corrects_figures_of_some_authorities(sample: Path) -> None:
    first, second = ({row[0]: row for row in outturn(sample, release)[7:]} for release in (0, 1))

    corrected = [
        code
        for code in first
        if any(
            isinstance(a, float) and isinstance(b, float) and a != b
            for a, b in zip(first[code][7:], second[code][7:], strict=True)
        )
    ]
    assert 30 < len(corrected) < 80


# NHS ------------------------------------------------------------------------------------------------------


def test_attendances_have_three_types_and_months_that_begin_on_the_first(sample: Path) -> None:
    table = rows(sample / AE[0])

    assert {row["type"] for row in table} == {"1", "2", "other"}
    assert sorted({row["period"] for row in table})[0] == "2023-04-01"
    assert len({row["period"] for row in table}) == 12


def test_field_test_trusts_report_attendances_and_no_breaches(sample: Path) -> None:
    blank = [row for row in rows(sample / AE[0]) if row["breaches"] == ""]

    assert len({row["org_code"] for row in blank}) == 6
    assert all(int(row["attendances"]) > 0 for row in blank)


def test_the_second_file_on_attendances_corrects_some_figures_of_the_first(sample: Path) -> None:
    first, second = (
        {(row["period"], row["org_code"], row["type"]): row["attendances"] for row in rows(sample / file)}
        for file in AE[:2]
    )
    common = first.keys() & second.keys()

    assert {key[0] for key in common} == {"2024-01-01", "2024-02-01", "2024-03-01"}
    assert 0 < sum(first[key] != second[key] for key in common) < len(common) / 5


def test_the_third_file_on_attendances_has_text_in_a_number(sample: Path) -> None:
    assert [row["attendances"] for row in rows(sample / AE[2]) if not row["attendances"].isdigit()] == ["n/k"]


def test_the_third_file_on_attendances_has_a_month_that_does_not_exist(sample: Path) -> None:
    assert "2024-13-01" in {row["period"] for row in rows(sample / AE[2])}


def test_the_third_file_on_attendances_has_more_breaches_than_attendances(sample: Path) -> None:
    above = [
        row
        for row in rows(sample / AE[2])
        if row["breaches"] and row["attendances"].isdigit() and int(row["breaches"]) > int(row["attendances"])
    ]

    assert len(above) == 1


def test_the_third_file_on_attendances_repeats_a_key_with_another_value(sample: Path) -> None:
    table = rows(sample / AE[2])
    keys = Counter((row["period"], row["org_code"], row["type"]) for row in table)
    (repeated,) = [key for key, count in keys.items() if count > 1]

    values = {row["attendances"] for row in table if (row["period"], row["org_code"], row["type"]) == repeated}
    assert len(values) == 2


def test_columns_of_payments_come_go_and_are_renamed(sample: Path) -> None:
    older, newer = (list(rows(sample / file)[0]) for file in GP)

    assert (len(older), len(newer)) == (54, 75)
    assert {"Total Local Incentive Schemes", "Appraisal Costs ", "PCN Name"} <= set(older) - set(newer)
    assert {"Local Incentive Schemes", "winter Access Fund", "Sub ICB NAME"} <= set(newer) - set(older)


@pytest.mark.parametrize(("file", "average"), [(GP[0], "N/A"), (GP[1], "0")])
def test_practices_without_patients_are_paid_and_have_no_average(sample: Path, file: str, average: str) -> None:
    empty = [row for row in rows(sample / file) if row["Number of Registered Patients (Last Known Figure)"] == "0"]

    assert len(empty) > 10
    assert {row["Average payments per registered patient"] for row in empty} == {average}
    assert sum(float(row["Total NHS Payments to General Practice"]) > 0 for row in empty) > len(empty) / 2


def test_patients_may_be_fractions_and_practices_close_between_the_years(sample: Path) -> None:
    older, newer = (rows(sample / file) for file in GP)

    assert any("." in row["Number of Registered Patients (Last Known Figure)"] for row in older)
    assert {row["Practice Code"] for row in older} > {row["Practice Code"] for row in newer}


def test_addresses_with_a_comma_are_quoted(sample: Path) -> None:
    assert any("," in row["Practice Address"] for row in rows(sample / GP[0]))


# Fingertips -----------------------------------------------------------------------------------------------


def test_the_england_block_stands_twice_with_equal_values_and_different_verdicts(sample: Path) -> None:
    england = [row for row in rows(sample / FINGERTIPS) if row["Area Code"] == "E92000001"]
    blocks = [
        {
            (row["Sex"], row["Category Type"], row["Category"], row["Time period"]): row
            for row in england
            if row["Parent Code"] == parent
        }
        for parent in ("", "E92000001")
    ]

    assert blocks[0].keys() == blocks[1].keys()
    assert len(england) == 2 * len(blocks[0]) > 1000
    assert all(blocks[0][key]["Value"] == blocks[1][key]["Value"] for key in blocks[0])
    verdict = "Compared to England value or percentiles"
    differing = [key for key in blocks[0] if blocks[0][key][verdict] != blocks[1][key][verdict]]
    assert 0 < len(differing) < 30


def test_deprivation_deciles_are_given_by_sex_in_two_editions_and_blank_in_a_third(sample: Path) -> None:
    deciles = [row for row in rows(sample / FINGERTIPS) if row["Category Type"]]
    filled = {(row["Category Type"], row["Sex"]) for row in deciles if row["Value"]}

    assert len({edition for edition, _ in filled}) == 2
    assert {sex for _, sex in filled} == {"Male", "Female", "Persons"}
    assert {row["Category Type"] for row in deciles} - {edition for edition, _ in filled} == {
        "County & UA deprivation deciles in England (IMD2019, 4/21 geography)"
    }


def test_counts_are_rounded_to_five_from_2012_but_for_england(sample: Path) -> None:
    table = [row for row in rows(sample / FINGERTIPS) if row["Count"]]
    areas = [row for row in table if row["Area Code"] != "E92000001"]

    assert all(int(row["Count"]) % 5 == 0 for row in areas if row["Time period"] != "2011/12")
    assert any(int(row["Count"]) % 5 for row in areas if row["Time period"] == "2011/12")
    assert any(int(row["Count"]) % 5 for row in table if row["Area Code"] == "E92000001" and not row["Category"])


def test_tiny_authorities_are_blank_and_counted_with_a_neighbour(sample: Path) -> None:
    noted = [row for row in rows(sample / FINGERTIPS) if re.fullmatch("Value for .* combined", row["Value note"])]

    assert len({row["Area Code"] for row in noted}) == 4
    assert len({row["Area Code"] for row in noted if not row["Value"]}) == 2


def test_one_small_count_is_suppressed_with_a_note(sample: Path) -> None:
    suppressed = [row for row in rows(sample / FINGERTIPS) if "suppressed" in row["Value note"]]

    assert [row["Value"] + row["Count"] for row in suppressed] == [""]


# Office for National Statistics ---------------------------------------------------------------------------


def test_employment_is_wide_at_first_and_long_later_with_intervals_from_midnight(sample: Path) -> None:
    wide, long = (rows(sample / file) for file in EMPLOYMENT)

    assert len(wide[0]) == 33
    assert {row["indicator"] for row in long} == {"Employment rate", "Economically inactive"}
    for row in (wide[0], long[0]):
        assert re.fullmatch(r"\d{4}-01-01T00:00:00/P1Y", row["period"])


def test_limits_of_employment_carry_the_noise_of_floating_point(sample: Path) -> None:
    limits = [row["employment_rate_lower_confidence_interval_95"] for row in rows(sample / EMPLOYMENT[0])]

    assert any(len(limit) > 10 for limit in limits)


def test_small_samples_of_employment_are_x_u_or_unreliable(sample: Path) -> None:
    wide, long = (rows(sample / file) for file in EMPLOYMENT)

    gone = [row for row in wide if row["unemployment_activity_rate_observation_status"] == "x"]
    assert gone
    assert {row["unemployment_activity_rate"] for row in gone} == {""}
    assert {row["observation_status"] for row in long} == {"", "x", "u"}
    unreliable = [row for row in long if row["notes"]]
    assert unreliable
    assert all(row["observation"] and not row["lower_confidence_interval_95"] for row in unreliable)


def test_the_reissue_of_life_expectancy_changes_headers_and_fills_three_pairs_of_limits(sample: Path) -> None:
    first = {
        (row["areacd"], row["indicator"], row["period"].replace("T00:00:00", "")): row for row in rows(sample / HLE[0])
    }
    again = {(row["areacd"], row["indicator"], row["period"]): row for row in rows(sample / HLE[1])}

    assert first.keys() == again.keys()
    filled = []
    for key, old in first.items():
        new = again[key]
        assert float(old["observation"]) == float(new["observation"])
        if old["lower_confidence_interval_95"] == "":
            filled.append((new["lci_95"], new["uci_95"]))
        else:
            assert float(old["lower_confidence_interval_95"]) == float(new["lci_95"])
            assert float(old["upper_confidence_interval_95"]) == float(new["uci_95"])
    assert len(filled) == 3
    assert all(lower and upper for lower, upper in filled)


def test_the_reissue_notes_an_obsolete_code(sample: Path) -> None:
    noted = {row["areacd"] for row in rows(sample / HLE[1]) if row["notes"].startswith("Obsolete code")}

    assert len(noted) == 1
    assert noted <= {row["gss-code"] for row in merged(sample)}


# Home Office ----------------------------------------------------------------------------------------------


def test_searches_that_were_not_recorded_are_na(sample: Path) -> None:
    table = rows(sample / SEARCHES)

    assert 0.1 < sum(row["searches"] == "NA" for row in table) / len(table) < 0.6
    assert "0" not in {row["searches"] for row in table}
    assert any(row["searches"] == "NA" != row["resultant_arrests"] for row in table)


def test_a_few_rows_have_more_arrests_than_searches(sample: Path) -> None:
    above = [
        row
        for row in rows(sample / SEARCHES)
        if "NA" not in (row["searches"], row["resultant_arrests"])
        and int(row["resultant_arrests"]) > int(row["searches"])
    ]

    assert len(above) == 20


def test_forces_are_named_in_two_ways_and_one_is_in_no_lookup(sample: Path) -> None:
    searches = {row["force_name"] for row in rows(sample / SEARCHES)}
    workforce = {row["force_name"] for row in rows(sample / POLICE[0])}
    lookup = {row["pfa24_name"] for row in rows(sample / "geography/lookup_ltla24_csp24_pfa24.csv")}

    assert searches - lookup == {"Devon and Cornwall", "British Transport Police"}
    assert workforce - lookup == {"Avon & Somerset"}
    assert len(lookup) == 43


def test_each_reason_for_a_search_has_one_legislation(sample: Path) -> None:
    pairs = {(row["reason_for_search_arrest"], row["legislation"]) for row in rows(sample / SEARCHES)}

    assert len(pairs) == len({reason for reason, _ in pairs}) == 9


def test_a_region_and_a_force_bear_one_name_and_only_the_code_tells(sample: Path) -> None:
    codes = {row["geo_code"] for row in rows(sample / POLICE[1]) if row["force_name"] == "West Midlands"}

    assert codes == {"E12000005", "E23000014"}


def test_a_rank_is_spelt_anew_and_sexes_are_added(sample: Path) -> None:
    table = rows(sample / POLICE[0])
    by_year = {
        year: {(row["rank_description"], row["sex"]) for row in table if row["date"] == year}
        for year in ("2022-03-01", "2023-03-01")
    }

    assert {sex for _, sex in by_year["2022-03-01"]} == {"Female", "Male"}
    assert len({sex for _, sex in by_year["2023-03-01"]}) == 5
    assert "Police support volunteer" in {rank for rank, _ in by_year["2022-03-01"]}
    assert "Police Support Volunteer" in {rank for rank, _ in by_year["2023-03-01"]}


def test_posts_carry_the_noise_of_floating_point(sample: Path) -> None:
    assert any(len(row["total_fte"].partition(".")[2]) > 10 for row in rows(sample / POLICE[0]))

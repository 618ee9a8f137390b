"""The sample's files have the shape of the real ones, and no invented name or code is a real place's."""

from pathlib import Path

import pyarrow.parquet as pq
import pytest
from python_calamine import CalamineWorkbook

from orchestration.sample import write_sample
from tests.unit.sample_files import REAL, header, needs_real, rows, sheet

pytestmark = [pytest.mark.real, needs_real]

ATTENDANCES = "health/nhs_ae_attendances_trust_monthly_2016_2019.csv"
WORKFORCE = "justice/police_workforce_force_2007_2022.csv"
SAME_NAME = (
    "education/cla_number_and_rate_v2025-11-27.csv",
    "health/fingertips_child_injury_admissions_la.csv",
    "health/ons_healthy_life_expectancy_v2024-12-19.csv",
    "health/ons_healthy_life_expectancy_v2026-01-12.csv",
    "employment/ons_employment_rate_v2023-08-16_wide.csv",
    "employment/ons_employment_rate_v2025-08-13.csv",
    "justice/stop_search_by_ethnicity_force.csv",
    "geography/imd2019_england_ltla23.csv",
    "geography/imd2025_england_ltla24.csv",
    "geography/la_all_codes.csv",
    "geography/lookup_ltla23_utla23.csv",
    "geography/lookup_ltla24_csp24_pfa24.csv",
    "geography/lookup_ltla24_region24.csv",
    "geography/lookup_ltla_ltla_changes.csv",
    "geography/uk_local_authorities_mysociety.csv",
)
SAME_HEADER = {
    **{name: name for name in SAME_NAME},
    "denominators/la_population_2001_2024.csv": "denominators/la_population_2001_2020.csv",
    "education/cla_number_and_rate_v2024-11-14.csv": "education/cla_number_and_rate_v2024-02-13.csv",
    "education/lait_data_dictionary_v2026-02-11.csv": "education/lait_data_dictionary_v2026-04-08.csv",
    "health/gp_payments_2022-23.csv": "health/gp_payments_2019-20.csv",
    "health/gp_payments_2023-24.csv": "health/gp_payments_2022-23.csv",
    "health/nhs_ae_attendances_trust_monthly_2023_2024.csv": ATTENDANCES,
    "health/nhs_ae_attendances_trust_monthly_2024_h1.csv": ATTENDANCES,
    "health/nhs_ae_attendances_trust_monthly_2024_q3.csv": ATTENDANCES,
    "justice/police_workforce_force_v2023-07-26.csv": WORKFORCE,
    "justice/police_workforce_force_v2025-02-26.csv": WORKFORCE,
}
RELEASES = ("RO3_2024-25_v2025-09-26.ods", "RO3_2024-25_v2026-01-19.ods")
DATA_SHEET = "RO3_LA_Data_202425"


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_sample(tmp_path_factory.mktemp("sample")).parent


def first_line(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.readline()


@pytest.mark.parametrize(("name", "real"), SAME_HEADER.items(), ids=lambda value: value.split("/")[-1])
def test_the_header_line_is_that_of_the_real_file_byte_for_byte(sample: Path, name: str, real: str) -> None:
    """Marks, quotes, spaces and line end included."""
    assert first_line(sample / name) == first_line(REAL / real)


@pytest.mark.parametrize(("name", "real"), SAME_HEADER.items(), ids=lambda value: value.split("/")[-1])
def test_lines_and_the_file_end_as_in_the_real_one(sample: Path, name: str, real: str) -> None:
    ours, theirs = ((sample / name).read_bytes(), (REAL / real).read_bytes())

    assert ours.endswith(b"\n") == theirs.endswith(b"\n")
    assert (ours.count(b"\r\n") == ours.count(b"\n")) == (theirs.count(b"\r\n") == theirs.count(b"\n"))


@pytest.mark.parametrize("name", ["lait_v2025-12-22.parquet", "lait_v2026-02-11.parquet"])
def test_the_interactive_tool_has_the_columns_and_types_of_the_real_one(sample: Path, name: str) -> None:
    ours = pq.read_schema(sample / "education" / name).remove_metadata()

    assert ours == pq.read_schema(REAL / "education" / "lait_v2026-04-08.parquet").remove_metadata()


@pytest.mark.parametrize("name", RELEASES)
def test_the_outturn_workbook_has_the_sheets_of_the_real_one(sample: Path, name: str) -> None:
    ours, theirs = (CalamineWorkbook.from_path(root / "localgov" / name) for root in (sample, REAL))

    assert ours.sheet_names == theirs.sheet_names


@pytest.mark.parametrize("name", RELEASES)
def test_the_outturn_header_stands_in_row_seven_and_every_column_is_one_of_the_real_ones(
    sample: Path, name: str
) -> None:
    ours, theirs = (sheet(root / "localgov" / name, DATA_SHEET)[6] for root in (sample, REAL))

    assert ours[:7] == theirs[:7]
    places = [theirs.index(column) for column in ours]
    assert places == sorted(places)


def test_the_list_of_areas_of_the_interactive_tool_has_the_real_header(sample: Path) -> None:
    name = "education/lait_la_code_list.xlsx"

    assert sheet(sample / name, "Sheet1")[0] == sheet(REAL / name, "Sheet1")[0]


def test_the_list_of_statistical_neighbours_has_the_real_head_and_words(sample: Path) -> None:
    name = "education/lait_statistical_neighbours_2025-05.xlsx"
    ours, theirs = (sheet(root / name, "LA SN Groups") for root in (sample, REAL))

    assert ours[:3] == theirs[:3]
    closeness, real_closeness = ({row[6 + 2 * n] for row in table[3:] for n in range(10)} for table in (ours, theirs))
    assert closeness <= real_closeness


def test_the_dictionary_describes_measures_that_the_real_one_has(sample: Path) -> None:
    ours, theirs = (
        {row["Measure_short"]: row for row in rows(root / "education" / name)}
        for root, name in (
            (sample, "lait_data_dictionary_v2026-02-11.csv"),
            (REAL, "lait_data_dictionary_v2026-04-08.csv"),
        )
    )

    assert ours.keys() <= theirs.keys()
    for short, row in ours.items():
        assert (row["Year_Type"], row["y_axis_name"]) == (
            theirs[short]["Year_Type"],
            theirs[short]["y_axis_name"],
        )


@pytest.mark.parametrize(
    ("file", "real", "column"),
    [
        (
            "police_workforce_force_v2025-02-26.csv",
            "police_workforce_force_2007_2022.csv",
            "rank_description",
        ),
        ("police_workforce_force_v2025-02-26.csv", "police_workforce_force_2007_2022.csv", "sex"),
        (
            "stop_search_by_ethnicity_force.csv",
            "stop_search_by_ethnicity_force.csv",
            "ethnicity_self_defined",
        ),
        (
            "stop_search_by_ethnicity_force.csv",
            "stop_search_by_ethnicity_force.csv",
            "reason_for_search_arrest",
        ),
        ("stop_search_by_ethnicity_force.csv", "stop_search_by_ethnicity_force.csv", "force_name"),
    ],
)
def test_labels_of_the_police_returns_are_those_of_the_real_ones(
    sample: Path, file: str, real: str, column: str
) -> None:
    ours, theirs = (
        {row[column] for row in rows(root / "justice" / name)} for root, name in ((sample, file), (REAL, real))
    )

    assert ours <= theirs


def test_no_authority_bears_the_name_or_the_code_of_a_real_one(sample: Path) -> None:
    name = "geography/uk_local_authorities_mysociety.csv"
    ours, theirs = (
        [row for row in rows(root / name) if row["local-authority-code"] != "GLA"] for root in (sample, REAL)
    )

    assert len(header(sample / name)) == 38
    assert not {row["nice-name"].lower() for row in ours} & {row["nice-name"].lower() for row in theirs}
    assert not {row["gss-code"] for row in ours} & {row["gss-code"] for row in theirs if row["gss-code"]}
    assert not {row["ecode"] for row in ours if row["ecode"]} & {row["ecode"] for row in theirs}


def test_no_trust_practice_or_number_of_an_authority_is_real(sample: Path) -> None:
    pairs = [
        ("health/nhs_ae_attendances_trust_monthly_2023_2024.csv",
         "health/nhs_ae_attendances_trust_monthly_2016_2019.csv", "org_code"),
        ("health/gp_payments_2022-23.csv", "health/gp_payments_2019-20.csv", "Practice Code"),
    ]  # fmt: skip
    for ours, theirs, column in pairs:
        assert not {row[column] for row in rows(sample / ours)} & {row[column] for row in rows(REAL / theirs)}
    numbers, real_numbers = (
        {row[0] for row in sheet(root / "education/lait_la_code_list.xlsx", "Sheet1")[1:] if row[3] != "NA"}
        for root in (sample, REAL)
    )
    assert not numbers & real_numbers

"""The sample: reproducible, complete, accepted or refused by screening as its seeds state, and plausible.

Contains rules for every contract, and a few figures. Not here: releases of the sample (`tests/end_to_end`).
"""

import csv
import os
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import duckdb
import pytest

from orchestration.contracts import load_contracts
from orchestration.contracts.references import ReferenceContract
from orchestration.contracts.samples import FileSeed, Seed
from orchestration.foundation.errors import OversightError
from orchestration.foundation.settings import PROJECT_ROOT, Settings
from orchestration.returns.screening.outcomes import Incoming, Outcome
from orchestration.returns.screening.references import read_reference
from orchestration.returns.screening.screener import Screener
from orchestration.sample import write_sample
from orchestration.sample.patterns import text_for
from orchestration.sample.write import HEADER, files_of, load_seeds

FOLDER = PROJECT_ROOT / "contracts"
CONTRACTS = load_contracts(FOLDER)
SEEDS = load_seeds(FOLDER / "samples", CONTRACTS)
FILES = [
    pytest.param(code, file, id=file.file)
    for code, seed in SEEDS.items()
    for file in files_of(seed, CONTRACTS.returns[code])
]


def contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def listed(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t"))


class Screened:
    """Files of a sample; each is screened once."""

    def __init__(self, sample: Path, home: Path, contracts: Path = FOLDER) -> None:
        self._folder, self._home, self._settings = sample.parent, home, Settings(home=home, contracts=contracts)
        loaded = load_contracts(contracts)
        self.entries = {entry["file"]: entry for entry in listed(sample)}
        references = {}
        for file, entry in self.entries.items():
            if entry["kind"] == "reference":
                code, target = entry["return_code"], home / "references" / entry["return_code"]
                target.parent.mkdir(parents=True, exist_ok=True)
                contract: ReferenceContract = loaded.references[code]
                assert read_reference(self._settings, sample.parent / file, Path(file).name, contract, target) == []
                references[code] = target / "reference.parquet"
        self._screener = Screener(self._settings, loaded, references)
        self._outcomes: dict[str, Outcome] = {}

    def outcome(self, file: str) -> Outcome:
        if file not in self._outcomes:
            entry = self.entries[file]
            received = datetime.fromisoformat(entry["received_at"].removesuffix("Z"))
            incoming = Incoming(self._folder / file, Path(file).name, "key", entry["return_code"], entry["department"],
                                received, entry["period_hint"] or None)  # fmt: skip
            (self._home / "screened").mkdir(exist_ok=True)
            self._outcomes[file] = self._screener.screen(incoming, self._home / "screened" / file.replace("/", " "))
        return self._outcomes[file]

    def query(self, file: str, query: str) -> list[tuple[object, ...]]:
        """Return the rows of a query on the observations `o` of a file."""
        self.outcome(file)
        observations = next((self._home / "screened" / file.replace("/", " ")).glob("observations*.parquet"))
        return duckdb.sql(f"WITH o AS (FROM read_parquet('{observations}')) {query}").fetchall()


@pytest.fixture(scope="module")
def screened(sample: Path, tmp_path_factory: pytest.TempPathFactory) -> Screened:
    return Screened(sample, tmp_path_factory.mktemp("screened"))


# ---------------------------------------------------------------- reproducible and complete


def test_the_same_seed_gives_the_same_bytes_in_another_folder_and_process(sample: Path, tmp_path: Path) -> None:
    """The order of sets and the time zone have no effect."""
    command = "import sys, pathlib, orchestration.sample as s; s.write_sample(pathlib.Path(sys.argv[1]))"
    environment = os.environ | {"PYTHONHASHSEED": "4711", "TZ": "Pacific/Auckland"}
    subprocess.run([sys.executable, "-c", command, str(tmp_path)], check=True, env=environment, timeout=120)
    assert contents(tmp_path) == contents(sample.parent)


def test_another_seed_gives_other_figures_and_locations_under_the_same_file_names(sample: Path, tmp_path: Path) -> None:
    first, second = contents(sample.parent), contents(write_sample(tmp_path, seed=7).parent)
    assert first.keys() == second.keys()
    equal = {Path(name).name for name in first if first[name] == second[name]}
    # The list, prices and the names of measures do not depend on the locations.
    assert equal == {"SUBMISSIONS.tsv", "lait_data_dictionary.csv", "ons_gdp_deflator_ybgb.csv"}


def test_the_list_has_every_file_once_and_the_documented_columns(sample: Path) -> None:
    entries = listed(sample)
    assert tuple(entries[0]) == HEADER
    assert sorted(entry["file"] for entry in entries) == sorted(contents(sample.parent).keys() - {sample.name})


@pytest.mark.parametrize("code", [*CONTRACTS.returns, *CONTRACTS.references])
def test_every_contract_has_a_sample(code: str, sample: Path) -> None:
    entries = [entry for entry in listed(sample) if entry["return_code"] == code]
    assert entries
    assert {entry["department"] for entry in entries} == {(CONTRACTS.returns | CONTRACTS.references)[code].department}


def test_workbooks_do_not_contain_the_time_of_writing(sample: Path) -> None:
    packages = [*sample.parent.rglob("*.ods"), *sample.parent.rglob("*.xlsx")]
    assert len(packages) >= 4
    for package in packages:
        with zipfile.ZipFile(package) as opened:
            assert {entry.date_time for entry in opened.infolist()} == {(1980, 1, 1, 0, 0, 0)}


# ---------------------------------------------------------------- screened as the seeds state


@pytest.mark.parametrize(("code", "file"), FILES)
def test_a_file_is_accepted_or_refused_as_its_seed_states(code: str, file: FileSeed, screened: Screened) -> None:
    outcome = screened.outcome(file.file)
    errors = {str(problem["rule"]) for problem in outcome.problems if problem["severity"] == "error"}
    assert errors == set(file.refused)
    assert outcome.accepted is not bool(file.refused)
    assert outcome.layout == file.layout or file.layout is None
    assert outcome.values > 0


@pytest.mark.parametrize(("code", "file"), [param for param in FILES if not param.values[1].refused])  # type: ignore[union-attr]
def test_published_relations_hold(code: str, file: FileSeed, screened: Screened) -> None:
    """Controls of the contract, the range of each measure, and limits around values."""
    rules = {str(problem["rule"]) for problem in screened.outcome(file.file).problems}
    assert not rules & {"control.sum", "control.ratio", "value.out_of_range"}
    assert screened.query(file.file, "SELECT * FROM o WHERE NOT value BETWEEN lower_95 AND upper_95 LIMIT 1") == []
    ratios = [m.code for m in CONTRACTS.returns[code].measures if m.aggregation == "ratio" and not m.counts_rounded_to]
    for measure in ratios:
        multiplier = next(m.multiplier for m in CONTRACTS.returns[code].measures if m.code == measure)
        apart = screened.query(
            file.file,
            f"""SELECT count(*) FILTER (abs(value - {multiplier} * numerator / denominator) > 1), count(value) FROM o
                WHERE measure_code = '{measure}' AND denominator > 0 AND numerator IS NOT NULL""",
        )
        assert apart[0][0] == 0, measure


def test_england_is_the_sum_of_its_parts(screened: Screened) -> None:
    query = """SELECT sum(numerator) FILTER (location_level = 'country'), sum(numerator) FILTER (location_level = '{}'),
                      sum(denominator) FILTER (location_level = 'country'), sum(denominator) FILTER (location_level = '{}')
               FROM o WHERE population_group_code = 'Total' AND measure_code = '{}'"""
    for file, level, measure in (
        ("health/ons_deaths_by_age_2024.csv", "local_authority", "ons.mortality_rate"),
        ("health/qof_prevalence_by_authority_2023-24.csv", "region", "nhse.qof_prevalence"),
    ):
        [(events, of_parts, people, people_of_parts)] = screened.query(file, query.format(level, level, measure))
        assert (events, people) == (of_parts, people_of_parts)


def test_groups_and_lines_add_up_to_their_totals(screened: Screened) -> None:
    deaths = """SELECT location_code, sum(numerator) FILTER (population_group_code = 'Total'),
                       sum(numerator) FILTER (population_group_code LIKE '%age=%' AND population_group_code LIKE '%sex=%')
                FROM o GROUP BY 1"""
    rows = screened.query("health/ons_deaths_by_age_2024.csv", deaths)
    assert len(rows) > 140
    assert [row for row in rows if row[1] != row[2]] == []


# ---------------------------------------------------------------- quirks


def test_a_column_and_a_category_are_renamed_between_two_files(sample: Path) -> None:
    first, second = ((sample.parent / "education" / f"cla_number_and_rate_v{day}.csv").read_text("utf-8-sig")
                     for day in ("2024-11-14", "2025-11-27"))  # fmt: skip
    assert "population_count" in first.splitlines()[0]
    assert "population_type" in second.splitlines()[0]
    assert "at 31 March" in first
    assert "at 31 March" not in second


def test_a_file_is_sent_again_with_the_same_bytes(sample: Path) -> None:
    repeats = [(file.file, file.same_as) for seed in SEEDS.values() for file in seed.files if file.same_as]
    assert repeats
    for file, other in repeats:
        assert (sample.parent / file).read_bytes() == (sample.parent / str(other)).read_bytes()


def test_a_merged_authority_has_figures_only_until_its_last_day(screened: Screened) -> None:
    file = "education/cla_number_and_rate_v2024-11-14.csv"
    query = """SELECT location_code, year(period_end) > 2023, count(value), any_value(value_status) FROM o
               WHERE measure_code = 'dfe.children_looked_after_rate' AND location_code IN ('E06000961', 'E06000960')
               GROUP BY ALL ORDER BY ALL"""
    assert [(code, later, count > 0) for code, later, count, _ in screened.query(file, query)] == [  # type: ignore[operator]
        ("E06000960", False, False), ("E06000960", True, True), ("E06000961", False, True), ("E06000961", True, False),
    ]  # fmt: skip


def test_an_edit_without_a_matching_row_or_column_is_an_error(tmp_path: Path) -> None:
    for edit, message in (
        ("{where: {areacd: [E99999999]}, set: {notes: x}}", "matches no row"),
        ("{where: {colour: [blue]}, set: {notes: x}}", "names column 'colour'"),
    ):
        contracts = copied(tmp_path / message.split()[0])
        path = contracts / "samples" / "ons" / "claimant_count.yml"
        path.write_text(path.read_text(encoding="utf-8") + f"    edits: [{edit}]\n", encoding="utf-8")
        with pytest.raises(OversightError, match=message):
            write_sample(tmp_path / "out", contracts_folder=contracts)


# ---------------------------------------------------------------- a new return


def copied(target: Path) -> Path:
    shutil.copytree(FOLDER, target)
    return target


def test_a_new_return_has_a_sample_without_a_seed(tmp_path: Path) -> None:
    contracts = copied(tmp_path / "contracts")
    text = (contracts / "returns" / "ho" / "crime_outcomes.yml").read_text(encoding="utf-8")
    renamed = text.replace("ho.crime_outcomes", "ho.knife_crime").replace("ho.recorded_crimes", "ho.knife_crimes")
    (contracts / "returns" / "ho" / "knife_crime.yml").write_text(renamed, encoding="utf-8")
    sample = write_sample(tmp_path / "sample", contracts_folder=contracts)
    screened = Screened(sample, tmp_path / "home", contracts)
    [file] = [name for name, entry in screened.entries.items() if entry["return_code"] == "ho.knife_crime"]
    assert screened.outcome(file).accepted


@pytest.mark.parametrize("code", [code for code in CONTRACTS.returns if code != "dfe.lait"])
def test_every_return_has_a_sample_without_its_seed(code: str, tmp_path: Path) -> None:
    from orchestration.contracts.load import parse
    from orchestration.contracts.samples import GeographySeed
    from orchestration.sample.axes import Inputs
    from orchestration.sample.places import make_land
    from orchestration.sample.rows import File

    land = make_land(parse(FOLDER / "samples" / "geography.yml", GeographySeed), CONTRACTS.codes, "2008")
    empty = Seed.model_validate({"return": code})
    [file] = files_of(empty, CONTRACTS.returns[code])
    assert len(File(Inputs(CONTRACTS.returns[code], empty, land, CONTRACTS.codes, "2008"), file).rows()) > 20


def test_a_pattern_without_a_generated_text_is_an_error() -> None:
    assert text_for(r"^RO3_LA_Data_\d+") == "RO3_LA_Data_0"
    assert text_for(r"(?P<line>.+) - \((?P<item>C[1-7])\)", {"line": "Roads", "item": "C2"}) == "Roads - (C2)"
    with pytest.raises(OversightError, match="add `wide` or `sheet` to the seed"):
        text_for(r"(?<=x)y")


# ---------------------------------------------------------------- plausible


def test_some_trusts_meet_the_standard_others_miss_it_and_winters_are_worse(screened: Screened) -> None:
    months = screened.query(
        "health/nhs_ae_attendances_trust_monthly_2023_2024.csv",
        """SELECT m, 100 * sum(b) / sum(n), count(*) FILTER (b / n <= 0.05), count(*) FILTER (b / n > 0.05)
           FROM (SELECT month(period_start) AS m, location_code, sum(numerator) AS b, sum(denominator) AS n FROM o
                 WHERE measure_code = 'nhse.ae_breach_proportion' AND numerator IS NOT NULL GROUP BY ALL)
           GROUP BY m ORDER BY m""",
    )
    share = {int(str(month)): float(str(value)) for month, value, _, _ in months}
    assert max(share[1], share[2]) > 1.2 * min(share[7], share[8])
    assert len({round(value, 1) for value in share.values()}) > 6
    assert sum(int(str(met)) for *_, met, _ in months) > 20
    assert sum(int(str(missed)) for *_, missed in months) > 200


def test_deprived_areas_have_worse_figures(screened: Screened, sample: Path) -> None:
    scores = f"read_csv('{sample.parent}/geography/imd2019_england_ltla23.csv')"
    for file, measure, sign in (
        ("education/cla_number_and_rate_v2025-11-27.csv", "dfe.children_looked_after_rate", 1),
        ("health/ons_healthy_life_expectancy_v2026-01-12.csv", "ons.healthy_life_expectancy", -1),
        ("education/ons_persistent_absence_v2025-05-01.csv", "ons.persistent_absence_proportion", 1),
        ("employment/ons_employment_rate_v2025-08-13.csv", "ons.employment_rate", -1),
    ):
        query = f"""SELECT corr(value, s.Score) FROM o JOIN {scores} AS s ON o.location_code = s.ltla23_code
                    WHERE measure_code = '{measure}'"""
        [(correlation,)] = screened.query(file, query)
        assert 0.25 < sign * float(str(correlation)) < 0.99, measure


def test_some_areas_improve_and_others_get_worse(screened: Screened) -> None:
    query = """SELECT count(*) FILTER (later > sooner), count(*) FILTER (later < sooner) FROM (
                   SELECT arg_max(value, period_end) AS later, arg_min(value, period_end) AS sooner FROM o
                   WHERE measure_code = 'ons.unemployment_rate' AND location_level = 'local_authority' GROUP BY location_code)"""
    [(up, down)] = screened.query("employment/ons_employment_rate_v2025-08-13.csv", query)
    assert min(int(str(up)), int(str(down))) > 20


# ---------------------------------------------------------------- not real


@pytest.fixture(scope="module")
def real_places(real_returns: Path) -> Iterator[tuple[set[str], set[str]]]:
    rows = duckdb.sql(
        f"""SELECT "gss-code", "nice-name" FROM read_csv('{real_returns}/geography/uk_local_authorities_mysociety.csv')"""
    ).fetchall()
    return {code for code, _ in rows if code}, {name for _, name in rows}


def test_no_authority_has_the_name_or_code_of_a_real_one(real_places: tuple[set[str], set[str]], sample: Path) -> None:
    with (sample.parent / "geography" / "uk_local_authorities.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    codes, names = real_places
    assert len(rows) > 190
    assert not {row["gss-code"] for row in rows} & codes
    assert not {row["nice-name"] for row in rows} & names


def test_codes_of_locations_are_in_unused_ranges(sample: Path) -> None:
    with (sample.parent / "geography" / "la_all_codes.csv").open(encoding="utf-8", newline="") as file:
        assert all(re.fullmatch(r"[EWSN]\d\d0009\d\d", row["LADCD"]) for row in csv.DictReader(file))

"""The dictionary of a release, on its page and in the terminal.

Contains checks that it is complete, described and searchable. Not here: the quality of descriptions.
"""

from dataclasses import replace
from html.parser import HTMLParser
from typing import Any, get_args

import duckdb
import pytest

from orchestration.contracts.codes import Dimension
from orchestration.contracts.measures import Measure, PeriodRule
from orchestration.contracts.model import ReturnContract
from orchestration.contracts.parts import Domain, Level, Status, ValueType
from orchestration.dictionary.gathering import Dictionary, accepted_values, gather
from orchestration.dictionary.page import write_dictionary
from orchestration.warehouse.store.catalogue import resolve_release
from orchestration.warehouse.store.manifest import read_manifest
from tests.conftest import Home

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def dictionary(published: Home) -> Dictionary:
    with duckdb.connect(str(resolve_release(published.settings) / "warehouse.duckdb"), read_only=True) as con:
        return gather(con)


class Page(HTMLParser):
    """Ids, tags with their attributes, and text of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def ids(self) -> list[str]:
        return [str(attributes["id"]) for _, attributes in self.tags if "id" in attributes]


@pytest.fixture(scope="module")
def page(published: Home) -> Page:
    folder = resolve_release(published.settings)
    assert "dictionary/index.html" in read_manifest(folder)["files"]
    return Page((folder / "dictionary" / "index.html").read_text(encoding="utf-8"))


def test_every_table_and_column_is_described(dictionary: Dictionary) -> None:
    silent = {name for name in dictionary.undescribed() if name.startswith(("marts.", "analysis."))}
    assert silent == set()
    assert len(dictionary.tables) > 40


def test_every_number_that_is_no_key_says_its_unit(dictionary: Dictionary) -> None:
    """The rule: the description of a column of numbers whose name does not end in `_key` ends in `Unit: ….`"""
    assert dictionary.without_unit() == []
    units = {column.name: column.unit for table in dictionary.tables for column in table.columns}
    assert (units["value"], units["coverage"], units["received_at"]) == (
        "that of the measure", "share, 0 to 1", "a time in UTC",
    )  # fmt: skip


ENDINGS = {"_pct": {"percent"}, "_points": {"percentage points"}, "_hours": {"hours"}, "_bytes": {"bytes"},
           "_days": {"days"}, "_months": {"months"}, "_share": {"share, 0 to 1"},
           "_efficiency": {"share, 0 to 1", "ratio, from 1 up"}}  # fmt: skip


def test_a_unit_is_what_the_name_of_its_column_says(dictionary: Dictionary) -> None:
    for table in dictionary.tables:
        for column in table.columns:
            for ending, units in ENDINGS.items():
                assert not column.name.endswith(ending) or column.unit in units, column


def test_times_say_that_they_are_in_utc(dictionary: Dictionary) -> None:
    times = [column for table in dictionary.tables for column in table.columns if column.type == "timestamp"]
    assert len(times) > 10
    assert [column.name for column in times if "(UTC)" not in column.description] == []


# ---------------------------------------------------------------- code lists


def codes(dictionary: Dictionary, name: str) -> set[str]:
    [found] = [one for one in dictionary.code_lists if one.name == name]
    return {one.code for one in found.codes}


def test_every_code_in_the_release_is_in_its_list_with_its_meaning(dictionary: Dictionary, published: Home) -> None:
    lists = {one.name: one for one in dictionary.code_lists}
    unknown = set()
    with duckdb.connect(str(resolve_release(published.settings) / "warehouse.duckdb"), read_only=True) as con:
        for table in dictionary.tables:
            for column in table.columns:
                one = lists.get(column.code_list)
                if one is None or not one.codes or table.schema != "marts":
                    continue
                rows = con.execute(f'SELECT DISTINCT "{column.name}"::VARCHAR FROM marts."{table.name}"').fetchall()
                held = {code for (code,) in rows if code is not None}
                known = {code.code for code in one.codes} | {code.meaning for code in one.codes}
                unknown |= {(table.name, column.name, code) for code in held - known - _JOINED.get(one.name, set())}
    # Combined groups consist of categories, and only views have them.
    assert {one for one in unknown if one[1] not in ("characteristic", "category")} == set()
    assert [one.name for one in dictionary.code_lists for code in one.codes if not code.meaning] == []


_JOINED = {"category": {"Total"}, "characteristic": {"Total"}}


@pytest.mark.parametrize(("name", "type_", "field"), [
    ("value_status", Status, None), ("domain", Domain, None), ("value_type", ValueType, None),
    ("location_level", Level, None), ("polarity", Measure, "polarity"), ("aggregation", Measure, "aggregation"),
    ("dimension", Dimension, "dimension"), ("cadence", ReturnContract, "cadence"),
    ("speaks_for", ReturnContract, "speaks_for"),
])  # fmt: skip
def test_a_list_has_what_contracts_may_say(dictionary: Dictionary, name: str, type_: Any, field: str | None) -> None:
    allowed = type_.model_fields[field].annotation if field else type_
    assert codes(dictionary, name) == set(get_args(allowed))


def test_kinds_of_period_are_those_of_contracts_and_spans_of_years(dictionary: Dictionary) -> None:
    kinds = set(get_args(PeriodRule.model_fields["kind"].annotation)) - {"iso_interval", "auto"}
    spans = {f"{kind}_span" for kind in kinds if len(kind) == 2}
    assert codes(dictionary, "period_kind") == kinds | spans


def test_a_list_has_what_the_tests_of_the_build_accept(dictionary: Dictionary) -> None:
    columns = {(table.name, column.name): column for table in dictionary.tables for column in table.columns}
    accepted = {key: values for key, values in accepted_values().items() if key in columns}
    assert len(accepted) >= 10
    for key, values in accepted.items():
        named = codes(dictionary, columns[key].code_list)
        # An accepted submission may be withdrawn later, and is listed with the outcomes.
        assert named - set(values) <= ({"withdrawn"} if key[1] == "outcome" else set()), key
        assert set(values) <= named, key


def test_a_list_that_is_too_long_says_where_it_is(dictionary: Dictionary) -> None:
    [place] = [one for one in dictionary.code_lists if one.name == "place"]
    assert place.codes == ()
    assert place.note.startswith("The ")
    assert place.note.endswith(" codes are in `marts.dim_location`, in column `location_key`.")


def test_every_column_of_a_list_is_there(dictionary: Dictionary) -> None:
    names = {column.name for table in dictionary.tables for column in table.columns}
    names |= {f"{table.name}.{column.name}" for table in dictionary.tables for column in table.columns}
    assert [(one.name, column) for one in dictionary.code_lists for column in one.columns if column not in names] == []


# ---------------------------------------------------------------- measures


def test_a_measure_that_is_named_in_the_file_is_defined_by_the_dictionary_of_its_department(
    dictionary: Dictionary,
) -> None:
    [rate] = [measure for measure in dictionary.measures if measure.code == "dfe.RTA"]
    assert rate.definition.startswith(
        "Number of children killed and seriously injured in road traffic accidents. Made up"
    )
    assert "\r" not in rate.definition


def test_a_derived_measure_says_what_it_is_made_of(dictionary: Dictionary) -> None:
    [cost] = [measure for measure in dictionary.measures if measure.code == "dfe.looked_after_weekly_cost_as_compiled"]
    assert cost.recipe == (
        "7/365 × spend ÷ children, where spend is the value of `dfe.TotalLACFinance`; children is the numerator of "
        "`dfe.children_looked_after_rate` on the last day reported within the period, as known 10 months after the "
        "end of the period."
    )


def test_a_measure_without_definition_says_so_and_what_is_known(dictionary: Dictionary) -> None:
    [rate] = [measure for measure in dictionary.measures if measure.code == "dfe.RTA"]
    assert replace(rate, definition="").meaning == (
        "The return does not define this measure. Type: rate (events per number of people or per unit of time). "
        "Unit: Rate per 100,000."
    )


# ---------------------------------------------------------------- the page and the command


def test_measures_that_are_only_sent_have_their_places_and_periods(dictionary: Dictionary) -> None:
    [headcount] = [measure for measure in dictionary.measures if measure.code == "ho.police_headcount"]
    assert headcount.levels == "police force, region"
    assert (headcount.first_period, headcount.last_period) == ("2022-03-31", "2024-03-31")


def test_every_table_says_what_one_row_is(dictionary: Dictionary) -> None:
    other = [table.name for table in dictionary.tables if not table.description.startswith("One row per ")]
    assert other == []


def test_the_page_has_everything_once(page: Page, dictionary: Dictionary) -> None:
    wanted = [f"{table.schema}.{table.name}" for table in dictionary.tables]
    wanted += [f"{table.schema}.{table.name}.{column.name}" for table in dictionary.tables for column in table.columns]
    wanted += [f"measure-{measure.code}" for measure in dictionary.measures]
    wanted += [f"metric-{metric.name}" for metric in dictionary.metrics]
    wanted += [f"codes-{one.name}" for one in dictionary.code_lists]
    found = page.ids()
    assert sorted(found) == sorted({*wanted, "tables", "measures", "metrics", "codes", "search", "words", "found"})
    for table in dictionary.tables:
        for column in table.columns:
            assert column.description.split("`")[0] in page.text, column


def test_the_page_can_be_read_without_seeing_it(page: Page) -> None:
    """Requirements of WCAG that can be checked in the source of the page."""
    tags = [tag for tag, _ in page.tags]
    assert dict(page.tags)["html"]["lang"] == "en-GB"
    assert tags.count("h1") == tags.count("main") == 1
    assert tags.count("caption") == tags.count("table")
    assert all(attributes.get("scope") in ("col", "row") for tag, attributes in page.tags if tag == "th")
    assert {attributes["for"] for tag, attributes in page.tags if tag == "label"} == {
        attributes["id"] for tag, attributes in page.tags if tag == "input"
    }
    outside = [value for _, attributes in page.tags for name, value in attributes.items() if name in ("src", "href")]
    assert [value for value in outside if not str(value).startswith("#")] == []
    assert {str(value)[1:] for value in outside} <= set(page.ids())


def test_a_column_that_nobody_described_is_named(tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("other") / "warehouse.duckdb"
    with duckdb.connect(str(path)) as con:
        con.execute("CREATE SCHEMA marts; CREATE TABLE marts.dim_period (period_code VARCHAR, mine INT)")
        assert gather(con).undescribed() == ["marts.dim_period.mine"]


def test_text_of_a_department_is_no_markup(published: Home, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("hostile")
    page = write_dictionary(
        published.settings, resolve_release(published.settings) / "warehouse.duckdb", folder / "d", "<script>alert(1)"
    )
    text = page.read_text(encoding="utf-8")
    assert text.count("<script>") == 1
    assert "&lt;script&gt;alert(1)" in text


@pytest.mark.parametrize(("words", "text"), [
    ((), "analysis.observations"),
    (("analysis.standards",), "One row per"),
    (("nhse.ae_breach_proportion",), "unit     % (proportion)"),
    (("value_status",), "codes    value_status"),
    (("value_status",), "provisional"),
    (("coverage",), "unit     share, 0 to 1"),
    (("location_level",), "Level of a location (code list location_level)"),
    (("category",), "area_deprivation_quintile:imd2019"),
    (("share_of_places_meeting_standard",), "view     analysis.standards"),
    (("ho.officers_per_1000_crimes",), "based on 1,000 × officers ÷ crimes"),
])  # fmt: skip
def test_describe_says_what_something_means(published: Home, words: tuple[str, ...], text: str) -> None:
    assert text in published.run("describe", *words).stdout


def test_describe_suggests_what_was_meant(published: Home) -> None:
    done = published.run("describe", "value_statu", check=False)
    assert done.returncode == 1
    assert "Nothing in the release is called 'value_statu'; did you mean value_status" in done.stderr

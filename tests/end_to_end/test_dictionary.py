"""The dictionary of a release, on its page and in the terminal.

Belongs here: that everything is in it, described, and found. Does not belong here: whether descriptions are good.
"""

from html.parser import HTMLParser

import duckdb
import pytest

from orchestration.dictionary.gathering import Dictionary, gather
from orchestration.dictionary.page import write_dictionary
from orchestration.warehouse.manifest import read_manifest
from orchestration.warehouse.releases import resolve_release
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


def test_measures_that_are_only_sent_have_their_places_and_periods(dictionary: Dictionary) -> None:
    [headcount] = [measure for measure in dictionary.measures if measure.code == "ho.police_headcount"]
    assert headcount.levels == "country, police force, region"
    assert (headcount.first_period, headcount.last_period) == ("2022-03-31", "2024-03-31")


def test_every_table_says_what_one_row_is(dictionary: Dictionary) -> None:
    other = [table.name for table in dictionary.tables if not table.description.startswith("One row per ")]
    assert other == []


def test_the_page_has_everything_once(page: Page, dictionary: Dictionary) -> None:
    wanted = [f"{table.schema}.{table.name}" for table in dictionary.tables]
    wanted += [f"measure-{measure.code}" for measure in dictionary.measures]
    found = page.ids()
    assert sorted(found) == sorted({*wanted, "tables", "measures", "words", "found"})
    for table in dictionary.tables:
        for column in table.columns:
            assert column.description.split("`")[0] in page.text, column


def test_the_page_can_be_read_without_seeing_it(page: Page) -> None:
    """What WCAG asks of such a page and can be told from its source."""
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


@pytest.mark.parametrize(("words", "said"), [
    ((), "analysis.observations"),
    (("analysis.standards",), "One row per"),
    (("nhse.ae_breach_proportion",), "unit     % (proportion)"),
    (("value_status",), "codes: (empty), x, z, c, u, low, k, p, r, e, b"),
])  # fmt: skip
def test_describe_says_what_something_means(published: Home, words: tuple[str, ...], said: str) -> None:
    assert said in published.run("describe", *words).stdout


def test_describe_suggests_what_was_meant(published: Home) -> None:
    done = published.run("describe", "value_statu", check=False)
    assert done.returncode == 1
    assert "Nothing here is called 'value_statu': did you mean value_status" in done.stderr

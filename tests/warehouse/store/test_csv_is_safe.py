"""What departments sent is opened in spreadsheets: no text of theirs may become a formula there."""

import io

import pytest

from orchestration.foundation.settings import Settings
from orchestration.warehouse.publishing.promotion import publish
from orchestration.warehouse.store.query import ask
from tests.expectations.small_warehouse import passed_candidate as passed


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    settings = Settings(home=tmp_path_factory.mktemp("home"))
    publish(settings, passed(settings, "r1"))
    return settings


def as_csv(settings: Settings, query: str) -> str:
    with ask(settings, query) as answer:
        out = io.StringIO()
        answer.write_csv(out)
        return out.getvalue()


@pytest.mark.parametrize("beginning", ["=", "+", "-", "@", "\t", "\r", "\n"])
def test_text_that_begins_like_a_formula_gets_an_apostrophe(settings: Settings, beginning: str) -> None:
    written = as_csv(settings, f"SELECT concat(chr({ord(beginning)}), '1+1') AS note")
    assert written.splitlines()[0] == "note"
    assert written[5:].strip('"').startswith("'" + beginning)


def test_numbers_dates_and_other_text_stay_as_they_are(settings: Settings) -> None:
    written = as_csv(settings, "SELECT -1.5 AS a, -2 AS b, DATE '2024-03-31' AS c, 'a=b' AS d, NULL AS e")
    assert written == "a,b,c,d,e\n-1.5,-2,2024-03-31,a=b,\n"


def test_a_heading_is_text_too(settings: Settings) -> None:
    assert as_csv(settings, 'SELECT 1 AS "=cmd"') == "'=cmd\n1\n"

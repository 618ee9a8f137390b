"""The `pull:` block of a contract: valid settings, and the errors of invalid ones."""

from typing import Any

import pytest

from orchestration.foundation.errors import ContractError
from orchestration.returns.connectors import definition


@pytest.mark.parametrize(
    ("block", "words"),
    [
        (
            {"connector": "ftp"},
            r"dfe\.lait: pull names an unknown connector, 'ftp'; use one of drop_folder, http\.$",
        ),
        ({}, "pull names an unknown connector, 'None'"),
        ({"connector": "http"}, "url: Field required"),
        ({"connector": "http", "url": "ftp://example.org/a.csv"}, "is not an address that starts with http"),
        ({"connector": "http", "url": "https:///a.csv"}, "is not an address that starts with http"),
        ({"connector": "http", "url": "https://me:pw@example.org/a.csv"}, "must not contain a password"),
        ({"connector": "http", "url": "https://example.org/a.csv", "period": "("}, "is not a regular expression"),
        ({"connector": "drop_folder", "patern": "*.csv"}, "patern: Extra inputs are not permitted"),
        ({"connector": "drop_folder", "pattern": ""}, "pattern: String should have at least 1 character"),
    ],
)
def test_the_error_of_an_invalid_pull_block_names_the_return_and_the_fault(block: dict[str, Any], words: str) -> None:
    with pytest.raises(ContractError, match=words) as caught:
        definition(block, "dfe.lait")
    assert str(caught.value).startswith("dfe.lait: ")
    assert "\n" not in str(caught.value)


def test_a_valid_pull_block_is_read() -> None:
    assert definition({"connector": "drop_folder"}, "dfe.lait").model_dump() == {
        "connector": "drop_folder",
        "pattern": "*",
    }
    assert definition({"connector": "http", "url": "https://example.org/a.csv"}, "dfe.lait").connector == "http"

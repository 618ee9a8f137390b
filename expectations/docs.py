"""The verdict as a static page in the release, and every expectation as JSON.

Contains the expectations and their results. Not here: running them (`gate`), or the layout of the page
(`verdict.html.jinja`, `orchestration.pages`).

Great Expectations' own Data Docs are not used: each page loads scripts and styles from the internet, and
building them takes half as long as the gate (`docs/decisions/0010`).
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from expectations.suites import Suites
from expectations.vocabulary import rule_of, sentence_of
from orchestration.pages import render
from orchestration.warehouse.store.sealing import write_json
from orchestration.warehouse.store.verdict import FailedRule, Verdict

if TYPE_CHECKING:
    from great_expectations import ExpectationSuite

DATA_DOCS = "data-docs"


@dataclass(frozen=True)
class _Row:
    """One expectation: its description, its name and its failure."""

    sentence: str
    rule: str
    failed: FailedRule | None


@dataclass(frozen=True)
class _Table:
    """The expectations about one table of the warehouse."""

    name: str
    rows: list[_Row]


def write_docs(folder: Path, verdict: Verdict, suites: Suites) -> Path:
    """Write `folder`/data-docs/index.html and expectations.json; return the page."""
    docs = folder / DATA_DOCS
    if docs.exists():
        shutil.rmtree(docs)
    docs.mkdir()
    write_json(
        docs / "expectations.json",
        {mart: [one.configuration.to_json_dict() for one in suite.expectations] for mart, suite in suites},
    )
    page = docs / "index.html"
    page.write_text(_page(verdict, suites), encoding="utf-8")
    return page


def _page(verdict: Verdict, suites: Suites) -> str:
    failed = {rule.rule: rule for rule in verdict.failed}
    tables = [_Table(mart, _rows(suite, failed)) for mart, suite in suites]
    shown = {f"{suite.name}.{rule_of(one)}" for _, suite in suites for one in suite.expectations}
    return render(
        "expectations",
        "verdict.html.jinja",
        verdict=verdict,
        expectations=sum(suite.expectations for suite in verdict.suites),
        # Failures outside suites: dbt tests, and marts that are missing or have no suite.
        others=[rule for name, rule in failed.items() if name not in shown],
        tables=tables,
    )


def _rows(suite: ExpectationSuite, failed: dict[str, FailedRule]) -> list[_Row]:
    return [
        _Row(sentence_of(one), rule_of(one), failed.get(f"{suite.name}.{rule_of(one)}")) for one in suite.expectations
    ]

"""The verdict for a person: one static page in the release, and every expectation as JSON for the record.

Belongs here: showing what was expected and what was found. Does not belong here: judging.

Great Expectations' own Data Docs are not used: they fetch scripts and styles from hosts on the internet each
time a page is opened, and take half as long to build as the gate takes (`docs/decisions/0010`).
"""

from __future__ import annotations

import json
import shutil
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from expectations.suites import Suites
from expectations.vocabulary import rule_of, sentence_of
from orchestration.warehouse.store.sealing import write_json
from orchestration.warehouse.store.verdict import FailedRule, Verdict

if TYPE_CHECKING:
    from great_expectations import ExpectationSuite

DATA_DOCS = "data-docs"

_STYLE = """
* { box-sizing: border-box; }
body { margin: 0; font: 1rem/1.5 "Helvetica Neue", Arial, sans-serif; color: #0b0c0c; background: #fff;
       overflow-wrap: anywhere; }
header { background: #0b0c0c; color: #fff; padding: 0.75rem 0; font-weight: bold; }
.width { max-width: 62rem; margin: 0 auto; padding: 0 1rem 2rem; } header .width { padding-bottom: 0; }
h1 { font-size: 2rem; line-height: 1.15; margin: 2rem 0 1rem; }
h2 { font-size: 1.6rem; line-height: 1.2; margin: 2rem 0 1rem; }
table { border-collapse: collapse; width: 100%; margin-bottom: 2rem; font-size: 0.95rem; line-height: 1.45; }
caption { text-align: left; font-weight: bold; font-size: 1.2rem; padding: 0.5rem 0; }
th, td { text-align: left; vertical-align: top; border-bottom: 1px solid #b1b4b6;
         padding: 0.5rem 1rem 0.5rem 0; }
tbody th { font-weight: normal; width: 55%; } tr > :last-child { min-width: 4.5rem; }
code { font-family: ui-monospace, Menlo, Consolas, monospace; font-size: 0.92em; }
.critical { color: #942514; font-weight: bold; }
.warning { color: #6a3f00; font-weight: bold; }
@media (max-width: 40rem) { h1 { font-size: 1.6rem; } th, td { padding-right: 0.5rem; } tbody th { width: auto; } }
@media print { header { display: none; } body { font-size: 10pt; } tr { break-inside: avoid; } }
"""


def write_docs(folder: Path, verdict: Verdict, suites: Suites) -> Path:
    """Write `folder`/data-docs/index.html and expectations.json anew; return the page."""
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
    count = sum(suite.expectations for suite in verdict.suites)
    word = "passed" if verdict.passed else "was refused"
    tables = "\n".join(_table(mart, suite, failed) for mart, suite in suites)
    shown = {f"{suite.name}.{rule_of(one)}" for _, suite in suites for one in suite.expectations}
    others = [rule for name, rule in failed.items() if name not in shown]
    return f"""<!DOCTYPE html>
<html lang="en-GB">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>Verdict on {escape(verdict.release_id)}</title>
<style>{_STYLE}</style>
</head>
<body>
<header><div class="width">Oversight warehouse</div></header>
<main class="width">
<h1>Release {escape(verdict.release_id)} {word}</h1>
<p>{count} expectations and {verdict.dbt.tests if verdict.dbt else "no"} dbt tests, checked at
{escape(verdict.checked_at)}; {len(failed)} failed, the worst being {verdict.max_severity}.
Fingerprint <code>{escape(verdict.fingerprint)}</code>.</p>
{_others(others)}
{tables}
</main>
</body>
</html>
"""


def _table(mart: str, suite: ExpectationSuite, failed: dict[str, FailedRule]) -> str:
    rows = []
    for expectation in suite.expectations:
        rule = f"{suite.name}.{rule_of(expectation)}"
        rows.append(
            f'<tr><th scope="row">{escape(sentence_of(expectation))}</th>'
            f"<td><code>{escape(rule_of(expectation))}</code></td><td>{_found(failed.get(rule))}</td></tr>"
        )
    return (
        f"<table><caption>{escape(mart)}</caption>"
        '<thead><tr><th scope="col">Expected</th><th scope="col">Rule</th>'
        '<th scope="col">Found</th></tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table>"
    )


def _others(rules: list[FailedRule]) -> str:
    """Failures of no suite: dbt tests, marts that are missing or that no suite speaks of."""
    if not rules:
        return ""
    items = "".join(f"<li><code>{escape(rule.rule)}</code> {escape(rule.says)} {_found(rule)}</li>" for rule in rules)
    return f"<h2>Beside the suites</h2><ul>{items}</ul>"


def _found(rule: FailedRule | None) -> str:
    if rule is None:
        return "holds"
    sample = "".join(f"<br><code>{escape(json.dumps(one, ensure_ascii=False))}</code>" for one in rule.sample)
    return f'<span class="{rule.severity}">{rule.severity}</span>: {escape(rule.observed)}{sample}'

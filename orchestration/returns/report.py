"""Screening report for the sender: what is wrong, where, and how to fix it.

Contains the report as text and as JSON, and writing it to the outbox. Not here: finding problems, or sending anything.
"""

import json
import textwrap
from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

from orchestration.foundation.atomic_files import write_whole
from orchestration.foundation.settings import Settings
from orchestration.returns.intake import Screened, outcome_of
from orchestration.returns.screening.screener import Outcome

_WIDTH = 100
_LISTED = 50
_ORDER = {"error": 0, "warning": 1, "info": 2}
_HEADS = {"error": "Errors to fix", "warning": "Warnings to check", "info": "For information"}


def as_text(outcome: Outcome, file_name: str) -> str:
    """Return the report in plain text, at most 100 characters wide; its first line shows the result."""
    return "\n".join(_lines(outcome, file_name)) + "\n"


def as_json(outcome: Outcome, file_name: str) -> str:
    """Return the report for programs: counts, result, and every problem with the same keys."""
    facts = {
        "file": file_name,
        "return": outcome.return_code,
        "accepted": outcome.accepted,
        "errors": outcome.errors,
        "warnings": outcome.warnings,
        "layout": outcome.layout,
        "sheet": outcome.sheet,
        "rows": outcome.rows,
        "cells": outcome.cells,
        "observations": outcome.observations,
        "contract_version": outcome.contract_version,
        "problems": sorted(outcome.problems, key=_rank),
    }
    return json.dumps(facts, indent=2, ensure_ascii=False, default=str)


def write_reports(settings: Settings, screened: Sequence[Screened]) -> list[Path]:
    """Write a report for each refused submission to the outbox; return the paths of the new texts.

    An unchanged report is not written again, so that the sender is not notified twice.
    """
    written = []
    for submission in screened:
        if submission.outcome != "refused":
            continue
        receipt = submission.receipt
        path = settings.outbox / receipt.return_code / f"{receipt.submission_key}.txt"
        outcome = _with_problems(submission)
        text = as_text(outcome, receipt.file_name)
        if path.exists() and path.read_text(encoding="utf-8") == text:
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path.parent, path.with_suffix(".json"), as_json(outcome, receipt.file_name))
        write_whole(path.parent, path, text)
        written.append(path)
    return written


def _with_problems(screened: Screened) -> Outcome:
    """Return the outcome of a submission with the problems in its folder."""
    import duckdb

    outcome = outcome_of(screened.facts)
    with duckdb.connect() as con:
        problems = con.read_parquet(str(screened.folder / "problems.parquet"))
        outcome.problems = [dict(zip(problems.columns, row, strict=True)) for row in problems.fetchall()]
    return outcome


def _rank(problem: dict[str, Any]) -> tuple[int, str, int]:
    row = problem["source_row"]
    return (_ORDER[problem["severity"]], problem["rule"], row if row is not None else 1 << 62)


def _counted(number: int, singular: str, plural: str) -> str:
    return f"{number:,} {singular if number == 1 else plural}"


def _lines(outcome: Outcome, file_name: str) -> Iterator[str]:
    verdict = "Accepted" if outcome.accepted else "Refused"
    errors = _counted(outcome.errors, "error", "errors")
    warnings = _counted(outcome.warnings, "warning", "warnings")
    yield f"{verdict}: {file_name} ({outcome.return_code}), {errors}, {warnings}"
    if outcome.accepted:
        rows = _counted(outcome.rows, "row", "rows")
        observations = _counted(outcome.observations, "observation", "observations")
        yield f"{rows} gave {observations}, {outcome.values:,} of them with a value."
    else:
        yield "Nothing in this file was used; the last accepted submission of this return still applies."
    problems = sorted(outcome.problems, key=_rank)
    if any(p["severity"] == "error" and p["stage"] in ("file", "structure") for p in problems):
        yield "Screening stopped early; the rows can be checked once this is fixed."
    for severity, of_severity in groupby(problems, key=lambda p: str(p["severity"])):
        yield ""
        yield f"{_HEADS[severity]}"
        yield "-" * len(_HEADS[severity])
        for rule, of_rule in groupby(of_severity, key=lambda p: str(p["rule"])):
            yield from _rule_lines(rule, list(of_rule))


def _rule_lines(rule: str, problems: list[dict[str, Any]]) -> Iterator[str]:
    total = sum(int(problem["occurrence_count"]) for problem in problems)
    yield ""
    yield f"{rule} ({_counted(total, 'time', 'times')})"
    yield from textwrap.wrap(
        f"What to do: {problems[0]['remedy']}", _WIDTH, initial_indent="  ", subsequent_indent="  "
    )
    for problem in problems[:_LISTED]:
        yield from textwrap.wrap(_sentence(problem), _WIDTH, initial_indent="  - ", subsequent_indent="    ")
    if len(problems) > _LISTED:
        left = len(problems) - _LISTED
        yield f"  … {_counted(left, 'more is', 'more are')} listed in the JSON report in the same folder"


def _sentence(problem: dict[str, Any]) -> str:
    """Return the position of the problem, the value if the message does not quote it, and the message."""
    message, value = " ".join(str(problem["message"]).split()), problem["value"]
    where = []
    if problem["source_row"] is not None:
        where.append(f"row {problem['source_row']}")
    if problem["column_name"]:
        where.append(f"column {problem['column_name']}")
    if value is not None and where and str(value) not in str(problem["message"]):
        where.append(f"value '{value}'")
    times = int(problem["occurrence_count"])
    also = f" (and {_counted(times - 1, 'more time', 'more times')})" if times > 1 and where else ""
    return f"{', '.join(where)}: {message}{also}" if where else message

"""Plain English: words and phrases that this project does not use, kept out of what people read.

Contains the check and the list of folders that it covers. Not here: the words, which are data in `tests/words`.

Prose is what is checked: of a page everything but code and quotations, of a notebook its text, of Python the
docstrings, comments and string literals, of SQL the comments, of YAML and templates everything.
"""

import csv
import io
import json
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

from orchestration.foundation.settings import PROJECT_ROOT

CHECKED = [
    "README.md",
    "CONTRIBUTING.md",
    "CHANGELOG.md",
    "GLOSSARY.md",
    "benchmarks",
    "bi",
    "contracts",
    "dbt_project/code_lists.yml",
    "dbt_project/dbt_project.yml",
    "dbt_project/macros",
    "dbt_project/models",
    "dbt_project/tests",
    "dbt-bouncer.yml",
    "docs",
    "expectations",
    "notebooks",
    "orchestration",
    "setup",
    "tests",
]
"""Files and folders without any of the words; this file is left out, since it has examples of them."""

_ENDINGS = (".md", ".svg", ".ipynb", ".py", ".sql", ".yml", ".yaml", ".jinja")
_PAGES = (".md", ".svg", ".ipynb")
_NOT_PROSE = re.compile(
    # Code blocks, worked examples, comments, code, names of classes, links, quotations.
    r"^ *```.*?^ *```$|<!-- (?:given|example)[^>]*-->\n(?:\|[^\n]*\n)*|<!--.*?-->|`[^`\n]*`"
    r"|^### [A-Z]\w+$|\[[A-Z]\w+\]\(#\w+\)|\]\([^)\s]*\)|\"[^\"\n]*\"|“[^”\n]*”",
    re.MULTILINE | re.DOTALL,
)
_SQL_COMMENT = re.compile(r"--[^\n]*|/\*.*?\*/|\{#.*?#\}", re.DOTALL)
_UNQUOTED = re.compile(r"^[A-Za-z]*(?:\"\"\"|\"|')|(?:\"\"\"|\"|')$")
_EXPRESSION = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)
_SVG_TEXT = re.compile(r">[^<]+<")


def _listed(name: str) -> list[list[str]]:
    with (PROJECT_ROOT / "tests" / "words" / name).open(encoding="utf-8") as file:
        return list(csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE))[1:]


def _of_phrase(phrase: str) -> str:
    """A pattern for a phrase in which {…} stands for any value and space for any space."""
    known = [re.escape(part.strip()).replace(r"\ ", r"\s+") for part in phrase.rstrip(".").split("{…}")]
    return r"[^.\n]{0,80}?".join(part for part in known if part)


WORDS = [(re.compile(pattern, re.IGNORECASE), instead, where) for pattern, instead, where in _listed("words.tsv")]
"""Words with what to use instead, and where they are checked: names in code may still have those of `pages`."""
PHRASES = [
    (re.compile(_of_phrase(phrase), re.IGNORECASE), instead, "everywhere") for phrase, instead in _listed("phrases.tsv")
]


def files(name: str) -> list[Path]:
    path = PROJECT_ROOT / name
    assert path.exists(), name
    inside = sorted(p for p in path.rglob("*") if p.suffix in _ENDINGS and p != Path(__file__))
    return inside if path.is_dir() else [path]


def _blanked(text: str, pattern: re.Pattern[str]) -> str:
    """The text with every match replaced by as many lines."""
    return pattern.sub(lambda match: "\n" * str(match[0]).count("\n") or " ", text)


def prose(path: Path, text: str) -> Iterator[tuple[int, str]]:
    """Each stretch of prose with the line that it begins on."""
    if path.suffix == ".ipynb":
        for cell in json.loads(text)["cells"]:
            if cell["cell_type"] == "markdown":
                yield 1, _blanked("".join(cell["source"]), _NOT_PROSE)
    elif path.suffix == ".py":
        yield from _python(text)
    elif path.suffix in (".sql", ".svg"):
        for match in (_SQL_COMMENT if path.suffix == ".sql" else _SVG_TEXT).finditer(text):
            yield text.count("\n", 0, match.start()) + 1, match[0]
    elif path.suffix == ".jinja":
        yield 1, _blanked(_blanked(text, _EXPRESSION), _NOT_PROSE)
    else:
        yield 1, _blanked(text, _NOT_PROSE)


def _python(text: str) -> Iterator[tuple[int, str]]:
    """Comments, and strings with those that follow them directly, since a sentence may be several strings."""
    strings: list[str] = []
    begun = 0
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.STRING:
            begun = begun if strings else token.start[0]
            # A string of one word is a name: a key, a code, a column.
            text = _UNQUOTED.sub("", re.sub(r"`[^`\n]*`", " ", token.string))
            strings.append("" if text.isidentifier() else text)
            continue
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string
        elif token.type != tokenize.NL and strings:
            yield begun, "".join(strings)
            strings = []


def faults(path: Path, text: str) -> list[str]:
    """Every word and phrase of the lists in the prose of a file, with its line and what to use instead."""
    name = path.relative_to(PROJECT_ROOT) if path.is_absolute() else path
    return [
        f"{name}:{line + stretch.count(chr(10), 0, match.start())}: {' '.join(match[0].split())!r}; use {instead!r}"
        for line, stretch in prose(path, text)
        for pattern, instead, where in WORDS + PHRASES
        if where == "everywhere" or path.suffix in _PAGES
        for match in pattern.finditer(stretch)
    ]


@pytest.mark.parametrize("name", CHECKED)
def test_prose_has_none_of_the_words_that_this_project_does_not_use(name: str) -> None:
    assert [fault for path in files(name) for fault in faults(path, path.read_text(encoding="utf-8"))] == []


@pytest.mark.parametrize(
    ("name", "text", "count"),
    [
        ("page.md", "Nobody\nsays `nobody`.\n```\nnobody\n```\nIt ended\nanew.", 3),
        ("page.md", 'It prints "nobody mends it". <!-- nobody -->', 0),
        ("code.py", '"""Whoever reads."""\nnobody = "nought, zero"  # mend it\n', 3),
        ("query.sql", "select nobody -- anew\nfrom places", 1),
        ("notebook.ipynb", json.dumps({"cells": [{"cell_type": "markdown", "source": ["seldom"]}]}), 1),
        ("code.py", 'rule["says"] = "nought or one"\n', 1),
        ("page.html.jinja", "<p>{{ rule.says }} nought</p>", 1),
        ("page.md", "no column is\nthere like X", 1),
        ("code.py", 'raise ValueError(\n    f"no column is "\n    f"there like {pattern}"\n)\n', 1),
    ],
)
def test_the_check_finds_words_in_prose_and_leaves_code_and_quotations(name: str, text: str, count: int) -> None:
    assert len(faults(Path(name), text)) == count


def test_the_lists_are_read_whole() -> None:
    assert len(WORDS) > 40
    assert len(PHRASES) > 100

"""Everything named in the documentation exists: commands, options, links, paths, settings, rules and tables.

Contains checks of README, CONTRIBUTING and docs against the project. Not here: the worked examples
(`test_docs_examples`).
"""

import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
import typer.main

from orchestration.cli import app
from orchestration.foundation.settings import PROJECT_ROOT, Settings
from orchestration.reference.readme import COUNTS, PICTURE, picture, question, with_table
from orchestration.returns.rules import RULES
from tests.conftest import Home

PAGES = [
    PROJECT_ROOT / "README.md",
    PROJECT_ROOT / "CONTRIBUTING.md",
    PROJECT_ROOT / "CHANGELOG.md",
    PROJECT_ROOT / "GLOSSARY.md",
    *sorted((PROJECT_ROOT / "docs").rglob("*.md")),
]
INVENTED = {"contracts/returns/ho/knife_crime.yml", "value.all_zero"}
"""What CONTRIBUTING.md has its reader write."""

_FENCED = re.compile(r"^ *```(?P<language>\w*)\n(?P<text>.*?)^ *```$", re.MULTILINE | re.DOTALL)
_INLINE = re.compile(r"`([^`\n]+)`")
_LINK = re.compile(r"\]\((?P<target>[^)\s]+)\)")
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
_ENDINGS = (".py", ".yml", ".yaml", ".sql", ".md", ".toml", ".lock", ".svg", ".txt")

each_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(PROJECT_ROOT)))


def text_of(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def blocks(page: Path, language: str) -> list[str]:
    return [found["text"] for found in _FENCED.finditer(text_of(page)) if found["language"] == language]


def inline_code(page: Path) -> list[str]:
    return _INLINE.findall(_FENCED.sub("", text_of(page)))


def tracked() -> list[Path]:
    """Every file of the repository: what git has, and what it would take in."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=PROJECT_ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    paths = [PROJECT_ROOT / name for name in listed.stdout.split("\0") if name]
    return [path for path in paths if path.is_file()]


def shell_lines(page: Path) -> list[str]:
    """The commands of a page's shell blocks, each in one line."""
    quoted = re.compile(r'"[^"]*"')
    joined = [quoted.sub(lambda found: " ".join(str(found[0]).split()), block) for block in blocks(page, "sh")]
    return [line.partition("#")[0].strip() for block in joined for line in block.splitlines()]


def invocations(page: Path) -> Iterator[list[str]]:
    """The words after `oversight`, wherever the page writes that command."""
    for line in inline_code(page) + shell_lines(page):
        found = re.search(r"(?:^|[ /])oversight (?P<words>[a-z-].*)$", line)
        if found:
            lexer = shlex.shlex(found["words"], posix=True, punctuation_chars=True)
            lexer.whitespace_split = True
            yield list(lexer)


def command_of(words: list[str]) -> click.Command | None:
    """The command that these words call, or None."""
    command: object = typer.main.get_command(app)
    for word in words:
        below = getattr(command, "commands", None)
        if below is None:
            break
        if word not in below:
            return None
        command = below[word]
    return command  # type: ignore[return-value]


@each_page
def test_every_command_that_a_page_names_exists_with_its_options(page: Path) -> None:
    for words in invocations(page):
        command = command_of(words)
        assert command is not None, f"oversight {' '.join(words)}"
        known = {option for parameter in command.params for option in parameter.opts}
        used = {word.partition("=")[0] for word in words if word.startswith("--")}
        assert used <= known, f"oversight {' '.join(words)}"


def test_the_readme_is_short_and_links_the_glossary() -> None:
    readme = text_of(PROJECT_ROOT / "README.md")
    assert len(readme.splitlines()) <= 120
    assert "(GLOSSARY.md)" in readme


def test_the_glossary_has_each_term_once_with_its_source() -> None:
    text = text_of(PROJECT_ROOT / "GLOSSARY.md")
    sources = {
        name.strip() for row in re.findall(r"^\| ([^|]+) \| [^|]+ \|$", text, re.MULTILINE) for name in row.split(",")
    }
    rows = re.findall(r"^\| ([^|]+) \| [^|]+ \| ([^|]+) \|$", text, re.MULTILINE)
    terms = [term for term, source in rows if (term, source) != ("term", "source") and set(term) != {"-"}]
    assert len(terms) > 80
    assert len(set(terms)) == len(terms)
    assert {source for term, source in rows if term in terms} <= {*sources, "project"}


@each_page
def test_every_make_target_that_a_page_names_exists(page: Path) -> None:
    targets = set(re.findall(r"^([a-z]+):", text_of(PROJECT_ROOT / "Makefile"), re.MULTILINE))
    code = inline_code(page) + shell_lines(page)
    named = {found[1] for line in code if (found := re.match(r"make ([a-z]+)", line))}
    assert named <= targets


def anchors(page: Path) -> set[str]:
    """Anchors of a page's headings, as code hosts make them."""
    plain = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in _HEADING.findall(_FENCED.sub("", text_of(page))))
    return {heading.replace(" ", "-") for heading in plain}


@each_page
def test_every_relative_link_resolves(page: Path) -> None:
    for found in _LINK.finditer(_FENCED.sub("", text_of(page))):
        target, _, anchor = found["target"].partition("#")
        if re.match(r"[a-z]+:", target):
            continue
        there = (page.parent / target).resolve() if target else page
        assert there.exists(), found["target"]
        assert not anchor or anchor in anchors(there), found["target"]


@each_page
def test_every_path_in_the_project_that_a_page_names_exists(page: Path) -> None:
    files = [path.relative_to(PROJECT_ROOT) for path in tracked()]
    known = {str(path) for path in files} | {str(folder) for path in files for folder in path.parents}
    known.discard(".")
    for code in inline_code(page):
        if code in INVENTED or re.search(r"[\s<>*$…]", code):
            continue
        first, slash, _ = code.partition("/")
        if slash and first in known:
            assert code.partition("::")[0].rstrip("/") in known, code
        elif not slash and code.endswith(_ENDINGS):
            assert code in {path.name for path in files}, code


@each_page
def test_every_setting_that_a_page_names_is_read_somewhere(page: Path) -> None:
    settings = {f"OVERSIGHT_{name.upper()}" for name in Settings.model_fields}
    for path in tracked():
        if path.suffix in (".py", ".yml") or path.name == "Makefile":
            settings |= set(re.findall(r"environ\S*?[\"'(](OVERSIGHT_[A-Z_]+)", text_of(path)))
    assert set(re.findall(r"\bOVERSIGHT_[A-Z_]+\b", text_of(page))) <= settings


@each_page
def test_every_screening_rule_that_a_page_names_is_in_the_catalogue(page: Path) -> None:
    kinds = "|".join({code.partition(".")[0] for code in RULES})
    named = {code for code in inline_code(page) if re.fullmatch(rf"(?:{kinds})\.[a-z_]+", code)}
    assert {code for code in named - INVENTED if not code.endswith(_ENDINGS)} <= set(RULES)


def test_the_alerts_page_lists_every_event_that_is_told() -> None:
    events = set()
    for path in (PROJECT_ROOT / "orchestration").rglob("*.py"):
        events |= set(re.findall(r'"event": "(\w+)"', text_of(path)))
    page = PROJECT_ROOT / "docs" / "runbooks" / "schedule-and-alerts.md"
    assert set(re.findall(r"^\| `(\w+)` \| `", text_of(page), re.MULTILINE)) == events


def test_every_decision_is_in_the_list_of_decisions() -> None:
    folder = PROJECT_ROOT / "docs" / "decisions"
    listed = set(_LINK.findall(text_of(folder / "README.md")))
    assert listed == {path.name for path in folder.glob("[0-9]*.md")}
    for path in folder.glob("[0-9]*.md"):
        assert text_of(path).startswith(f"# {path.name[:4]} ")


def test_no_page_names_a_machine_or_a_package_host() -> None:
    hosts = "|".join(("pypi", "python" + "hosted", "arti" + "factory", "jf" + "rog"))
    places = "|".join(("work", "root", "home", "Users"))
    machine = re.compile(rf"(?:^|[\s\"'`(=])/(?:{places})/\w|://[\w.-]*(?:{hosts})", re.MULTILINE)
    for path in tracked():
        if path.suffix in (".png", ".duckdb", ".parquet", ".xlsx", ".ods"):
            continue
        found = machine.search(path.read_text(encoding="utf-8", errors="replace"))
        assert found is None, f"{path.relative_to(PROJECT_ROOT)}: {found and found[0]}"


@pytest.mark.slow
@pytest.mark.parametrize("query", blocks(PROJECT_ROOT / "README.md", "sql"))
def test_the_queries_of_the_readme_find_something_in_the_sample(query: str, published: Home) -> None:
    assert published.rows(query)


@pytest.mark.slow
@pytest.mark.parametrize(
    "page", [PROJECT_ROOT / "README.md", PROJECT_ROOT / "docs" / "connecting.md"], ids=["readme", "connecting"]
)
def test_the_python_of_a_page_reads_the_release(page: Path, published: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OVERSIGHT_HOME", str(published.root))
    [code] = blocks(page, "python")
    scope: dict[str, object] = {}
    exec(code, scope)
    assert len(scope["frame"]) > 0  # type: ignore[arg-type]


@pytest.mark.slow
def test_the_readme_shows_what_the_sample_gives(published: Home) -> None:
    text = text_of(PROJECT_ROOT / "README.md")
    advice = "the sample has changed: run `make readme`"
    assert with_table(text, published.rows(COUNTS)) == text, advice
    assert picture(published.rows(question(text))) == text_of(PROJECT_ROOT / PICTURE), advice

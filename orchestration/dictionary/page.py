"""The dictionary as one page in the release, to read without a server.

Belongs here: the page. Does not belong here: what it says (`gathering`), or how it looks (`page.html.jinja`).
"""

import re
import shutil
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from orchestration.dictionary.gathering import gather
from orchestration.foundation.database import connect
from orchestration.foundation.settings import Settings

DICTIONARY = "dictionary"


def write_dictionary(settings: Settings, database: Path, folder: Path, title: str) -> Path:
    """Write `folder`/index.html anew, about the tables of `database`; return the page."""
    with connect(database, settings, read_only=True) as con:
        dictionary = gather(con, contracts=settings.contracts)
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir()
    environment = Environment(
        loader=PackageLoader("orchestration.dictionary", "."), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    environment.filters["code"] = _with_code
    page = folder / "index.html"
    titles = {one.name: one.title for one in dictionary.code_lists}
    page.write_text(
        environment.get_template("page.html.jinja").render(dictionary=dictionary, title=title, titles=titles),
        encoding="utf-8",
    )
    return page


def _with_code(text: str) -> Markup:
    """Text in which words between backticks are code."""
    return Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", str(escape(text))))  # noqa: S704 - escaped before

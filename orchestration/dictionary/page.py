"""The dictionary as one page in the release, which needs no server.

Contains writing the page. Not here: its content (`gathering`), or its appearance (`page.html.jinja`,
`orchestration.pages`).
"""

import shutil
from pathlib import Path

from orchestration.dictionary.gathering import gather
from orchestration.foundation.database import connect
from orchestration.foundation.settings import Settings
from orchestration.pages import render

DICTIONARY = "dictionary"


def write_dictionary(settings: Settings, database: Path, folder: Path, title: str) -> Path:
    """Replace `folder` with a new index.html about the tables of `database`; return the page."""
    with connect(database, settings, read_only=True) as con:
        dictionary = gather(con, contracts=settings.contracts)
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir()
    page = folder / "index.html"
    titles = {code_list.name: code_list.title for code_list in dictionary.code_lists}
    page.write_text(
        render("orchestration.dictionary", "page.html.jinja", dictionary=dictionary, title=title, titles=titles),
        encoding="utf-8",
    )
    return page

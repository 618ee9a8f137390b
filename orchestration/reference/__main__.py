"""`python -m orchestration.reference`: write the generated pages of docs/, and the JSON Schemas of contracts.

With `--readme`, redraw what the README shows of the sample, from the current release instead.
"""

import sys

from orchestration.contracts.json_schema import write_schemas
from orchestration.foundation.settings import PROJECT_ROOT
from orchestration.reference.commands import commands_page
from orchestration.reference.contracts import contracts_page


def _write_pages() -> None:
    for name, page in (("docs/commands.md", commands_page()), ("docs/contracts.md", contracts_page())):
        (PROJECT_ROOT / name).write_text(page, encoding="utf-8")
    write_schemas(PROJECT_ROOT / "contracts" / "schema")


def _redraw_readme() -> None:
    import orchestration
    from orchestration.reference.readme import COUNTS, PICTURE, picture, question, with_table

    readme = PROJECT_ROOT / "README.md"
    text = readme.read_text(encoding="utf-8")
    with orchestration.connect() as warehouse:
        counts, answer = (warehouse.frame(query).to_dict("records") for query in (COUNTS, question(text)))
    readme.write_text(with_table(text, counts), encoding="utf-8")
    (PROJECT_ROOT / PICTURE).write_text(picture(answer), encoding="utf-8")


if __name__ == "__main__":
    _redraw_readme() if "--readme" in sys.argv else _write_pages()

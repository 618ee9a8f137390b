"""`python -m orchestration.reference`: write the generated pages of docs/."""

from orchestration.reference.commands import commands_page
from orchestration.reference.contracts import contracts_page
from orchestration.settings import PROJECT_ROOT

if __name__ == "__main__":
    for name, page in (("commands.md", commands_page()), ("contracts.md", contracts_page())):
        (PROJECT_ROOT / "docs" / name).write_text(page, encoding="utf-8")
        print(f"docs/{name}")

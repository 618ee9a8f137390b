"""The statistics macros of the dbt project as plain SQL, without dbt.

Contains the rendering of the same files that the models use. Not here: the SQL of a method, and its results. Macros
that need dbt (`ref`, `var`) are loaded too and fail only when called.
"""

from functools import cache
from pathlib import Path
from typing import Any

import jinja2

from orchestration.foundation.settings import PROJECT_ROOT

MACROS = PROJECT_ROOT / "dbt_project" / "macros"
ROOMS = ("statistics", "sql")


def macro_files() -> list[Path]:
    """The files of the rooms whose macros only make SQL."""
    return [file for room in ROOMS for file in sorted((MACROS / room).glob("*.sql"))]


@cache
def _environment() -> jinja2.Environment:
    """Jinja as dbt sets it up; a misspelt name is an error and not an empty string."""
    return jinja2.Environment(extensions=["jinja2.ext.do"], undefined=jinja2.StrictUndefined)


@cache
def _macros() -> dict[str, Any]:
    """Every macro by name. They see one another because they are one template, as in dbt."""
    source = "\n".join(file.read_text(encoding="utf-8") for file in macro_files())
    module = _environment().from_string(source).module
    return {name: value for name, value in vars(module).items() if isinstance(value, jinja2.runtime.Macro)}


def render(expression: str) -> str:
    """SQL of an expression of macros, such as `select {{ z_value('95') }}`."""
    return _environment().from_string(expression).render(**_macros()).strip()

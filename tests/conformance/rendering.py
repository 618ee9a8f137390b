"""Renders the statistics macros to SQL without dbt.

The macros are plain Jinja, so these tests run the very files that the models use. Nothing here knows a method.
"""

from functools import cache

from jinja2 import Environment, StrictUndefined

from orchestration.settings import PROJECT_ROOT

MACROS = PROJECT_ROOT / "dbt_project" / "macros"


@cache
def _library() -> str:
    """Every macro that needs no dbt to render; an expression is put behind them."""
    files = sorted((MACROS / "statistics").glob("*.sql")) + sorted((MACROS / "sql").glob("*.sql"))
    return "\n".join(file.read_text(encoding="utf-8") for file in files)


@cache
def render(expression: str) -> str:
    """SQL of a Jinja expression such as `{{ spc_icons('charted', ['series'], 'month') }}`."""
    environment = Environment(extensions=["jinja2.ext.do"], undefined=StrictUndefined, autoescape=False)  # noqa: S701
    return environment.from_string(_library() + expression).render().strip()

"""Contains what every HTML page of this project shares: the base template, its style, and how templates are rendered.

Not here: any one page; its template extends `base.html.jinja` and is kept in the package that writes it.
"""

import json
import re
from typing import Any

from markupsafe import Markup, escape


def render(package: str, template: str, **values: Any) -> str:
    """Return the page that `template` of `package` makes of `values`; they are escaped, and each must be given."""
    from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=ChoiceLoader([PackageLoader(package, "."), PackageLoader(__name__, ".")]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["code"] = _with_code
    environment.filters["counted"] = _counted
    environment.filters["json"] = _as_json
    return environment.get_template(template).render(**values)


def _with_code(text: str) -> Markup:
    """Return text in which words between backticks are code."""
    return Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", str(escape(text))))  # noqa: S704 - escaped before


def _counted(count: int, one: str, many: str) -> str:
    """Return a number with its noun."""
    return f"{count:,} {one if count == 1 else many}"


def _as_json(value: object) -> str:
    """Return a value as JSON; unlike Jinja's own filter, with every letter as it is."""
    return json.dumps(value, ensure_ascii=False)

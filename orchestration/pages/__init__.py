"""Shared parts of this project's HTML pages.

Contains the base template, its style, and rendering. Not here: the pages; the template of each extends
`base.html.jinja` and is in the package that writes it.
"""

import json
import re
from typing import Any

from markupsafe import Markup, escape


def render(package: str, template: str, **values: Any) -> str:
    """Return the page rendered from `template` of `package`; `values` are escaped, and none may be missing."""
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
    """Return text with words between backticks as code."""
    return Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", str(escape(text))))  # noqa: S704 - escaped before


def _counted(count: int, singular: str, plural: str) -> str:
    """Return a number with its noun."""
    return f"{count:,} {singular if count == 1 else plural}"


def _as_json(value: object) -> str:
    """Return a value as JSON; unlike Jinja's own filter, without escaping non-ASCII letters."""
    return json.dumps(value, ensure_ascii=False)

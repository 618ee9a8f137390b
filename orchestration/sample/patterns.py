"""Contains regular expressions turned round: the shortest text that a pattern of a contract takes.
Not here: matching a text to a pattern (`orchestration.returns.screening.layout.matching`).
"""

import re
from re import _constants as signs  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

from orchestration.foundation.errors import OversightError


def text_for(pattern: str, groups: dict[str, str] | None = None, flags: int = re.IGNORECASE) -> str:
    """The shortest text that `pattern` takes whole, with these texts for its named groups; raises OversightError where
    no such text is found."""
    known = groups or {}
    tree = parser.parse(pattern)
    names = {number: name for name, number in tree.state.groupdict.items()}
    text = _shortest(tree, names, known)
    if re.fullmatch(pattern, text, flags) is None:
        raise OversightError(
            f"no text can be made for the pattern {pattern}; write one in the seed (`wide` or `sheet`)."
        )
    return text


def choices(pattern: str, group: str) -> list[str]:
    """The texts that a named group may be, where the pattern lists them; else none."""
    tree = parser.parse(pattern)
    number = tree.state.groupdict.get(group)
    for kind, about in tree:
        if kind is signs.SUBPATTERN and about[0] == number:
            parts = list(about[3])
            for at, (part, branches) in enumerate(parts):
                if part is signs.BRANCH:
                    before, after = _shortest(parts[:at], {}, {}), _shortest(parts[at + 1 :], {}, {})
                    return [before + _shortest(branch, {}, {}) + after for branch in branches[1]]
    return []


def _shortest(tree: Any, names: dict[int, str], known: dict[str, str]) -> str:
    return "".join(_piece(kind, about, names, known) for kind, about in tree)


def _piece(kind: Any, about: Any, names: dict[int, str], known: dict[str, str]) -> str:
    """The text for one part of a parsed pattern."""
    if kind is signs.LITERAL:
        return chr(about)
    if kind in (signs.MAX_REPEAT, signs.MIN_REPEAT):
        return _shortest(about[2], names, known) * int(about[0])
    if kind is signs.SUBPATTERN:
        name = names.get(about[0], "")
        return known[name] if name in known else _shortest(about[3], names, known)
    if kind is signs.BRANCH:
        return _shortest(about[1][0], names, known)
    if kind is signs.IN:
        first, sign = about[0]
        if first is signs.NEGATE:
            return next(sign for sign in "aA0 -" if re.match(_class(about), sign))
        if first is signs.CATEGORY:
            return "0" if sign is signs.CATEGORY_DIGIT else " "
        return chr(sign if first is signs.LITERAL else sign[0])
    if kind is signs.ANY:
        return "a"
    if kind in (signs.AT, signs.ASSERT_NOT, signs.ASSERT):
        return ""
    raise OversightError(f"a pattern has a part ({kind}) that the sample cannot write; write its text in the seed.")


def _class(about: Any) -> str:
    """The pattern of a negated class of single signs."""
    return "[^" + "".join(re.escape(chr(sign)) for kind, sign in about[1:] if kind is signs.LITERAL) + "]"

"""Texts for regular expressions: the shortest text that a pattern of a contract matches.

Contains the generation of such texts. Not here: matching a text with a pattern
(`orchestration.returns.screening.layout.matching`).
"""

import re
from re import _constants as kinds  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

from orchestration.foundation.errors import OversightError


def text_for(pattern: str, groups: dict[str, str] | None = None) -> str:
    """Return the shortest text that matches all of `pattern`, with the given texts for its named groups.

    Raise OversightError if no text can be generated.
    """
    tree, known = parser.parse(pattern), groups or {}
    text = _shortest(tree, {number: known[name] for name, number in tree.state.groupdict.items() if name in known})
    if re.fullmatch(pattern, text, re.IGNORECASE) is None:
        raise OversightError(f"No text can be generated for the pattern {pattern}; add `wide` or `sheet` to the seed.")
    return text


def choices(pattern: str, group: str) -> list[str]:
    """Return the texts that a named group may match if the pattern lists them, or else nothing."""
    tree = parser.parse(pattern)
    for kind, content in tree:
        if kind is kinds.SUBPATTERN and content[0] == tree.state.groupdict.get(group):
            parts = list(content[3])
            for at, (part, branches) in enumerate(parts):
                if part is kinds.BRANCH:
                    before, after = _shortest(parts[:at], {}), _shortest(parts[at + 1 :], {})
                    return [before + _shortest(branch, {}) + after for branch in branches[1]]
    return []


def _shortest(tree: Any, groups: dict[int, str]) -> str:
    return "".join(_piece(kind, content, groups) for kind, content in tree)


def _piece(kind: Any, content: Any, groups: dict[int, str]) -> str:
    """Return the text for one part of a parsed pattern; `groups` holds the texts of groups by number."""
    if kind is kinds.LITERAL:
        return chr(content)
    if kind in (kinds.MAX_REPEAT, kinds.MIN_REPEAT):
        return _shortest(content[2], groups) * int(content[0])
    if kind is kinds.SUBPATTERN:
        return groups[content[0]] if content[0] in groups else _shortest(content[3], groups)
    if kind is kinds.BRANCH:
        return _shortest(content[1][0], groups)
    if kind is kinds.IN:
        first, character = content[0]
        if first is kinds.NEGATE:
            excluded = {chr(code) for part, code in content[1:] if part is kinds.LITERAL}
            return next(text for text in "aA0 -" if text not in excluded)
        if first is kinds.CATEGORY:
            return "0" if character is kinds.CATEGORY_DIGIT else " "
        return chr(character if first is kinds.LITERAL else character[0])
    if kind is kinds.ANY:
        return "a"
    if kind in (kinds.AT, kinds.ASSERT_NOT, kinds.ASSERT):
        return ""
    raise OversightError(f"The sample cannot write a text for part {kind} of a pattern; write the text in the seed.")

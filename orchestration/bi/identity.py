"""Identities of what Superset imports: the same each time, so that an import replaces what an earlier one made.

Belongs here: identities and the version of Superset's format. Does not belong here: what they are given to.
"""

import uuid

VERSION = "1.0.0"
"""Of the form in which Superset imports and exports."""

_SPACE = uuid.uuid5(uuid.NAMESPACE_DNS, "oversight-warehouse")


def identity(kind: str, *names: str) -> str:
    """The identity of a thing of this kind and name, as text."""
    return str(uuid.uuid5(_SPACE, "/".join((kind, *names))))

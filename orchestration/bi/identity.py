"""Identifiers of Superset assets, which never change, so that an import replaces the assets of an earlier one.

Contains identifiers and the version of Superset's format. Not here: the assets (`charts`, `datasets`, `layout`).
"""

import uuid

VERSION = "1.0.0"
"""Version of the format in which Superset imports and exports."""

_SPACE = uuid.uuid5(uuid.NAMESPACE_DNS, "oversight-warehouse")


def identity(kind: str, *names: str) -> str:
    """Return the UUID of the asset of this kind and name, as text."""
    return str(uuid.uuid5(_SPACE, "/".join((kind, *names))))

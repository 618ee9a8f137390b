"""The seam between where submissions come from and how they land.

Belongs here: what every connector is given, what it gives back, and the errors of a source. Does not belong
here: any one way of fetching; each has its own module and one line in `connectors.CONNECTORS`.

A connector is two things: a definition (what the contract's `pull:` block may say, as a pydantic model) and
a function `fetch(definition, source, settings, landing, pulled)` that lands what is new. It hands landing a
path, or anything with a `read`, so that S3 or SFTP needs a definition and a short `fetch`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ConfigDict

from orchestration.foundation.errors import OversightError
from orchestration.foundation.settings import Settings
from orchestration.returns.landing.landing_area import Kind, Landing
from orchestration.returns.landing.receipts import Receipt


class SourceError(OversightError):
    """A source did not give what it should; other sources are not touched by it."""


class Definition(BaseModel):
    """Base of every `pull:` block: unknown words are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    connector: str


@dataclass(frozen=True)
class Source:
    """One return that is pulled, and how: `pull` is the block as it stands in the contract."""

    return_code: str
    department_code: str
    pull: Mapping[str, Any]
    kind: Kind = "return"


@dataclass
class Pulled:
    """What came of pulling one source; nothing in any list means nothing new.

    `arrived` are new receipts; `waiting` names files still being written; `notes` are sentences worth
    reading, `failed` sentences that somebody must act on.
    """

    return_code: str
    connector: str
    arrived: list[Receipt] = field(default_factory=list)
    waiting: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)


D = TypeVar("D", bound=Definition)


@dataclass(frozen=True)
class Connector(Generic[D]):
    """One way of fetching.

    `fetch` writes down in its last argument what came, as it comes; an OversightError that it raises is
    reported beside that and ends this source only.
    """

    definition: type[D]
    fetch: Callable[[D, Source, Settings, Landing, Pulled], None]

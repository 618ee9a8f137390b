"""Interface of all connectors, between the sources of submissions and the landing area.

Contains what a connector gets, what it returns, and the errors of a source. Not here: any one way of fetching; each
has its own module and one line in `connectors.CONNECTORS`.

A connector consists of a definition (the contract's `pull:` block as a pydantic model) and a function
`fetch(definition, source, settings, landing, pulled)` that lands new files. It passes the landing area a path, or any
object with a `read`, so S3 or SFTP needs only a definition and a short `fetch`.
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
    """A source that failed; other sources are not affected."""


class Definition(BaseModel):
    """Base of every `pull:` block: unknown keys are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    connector: str


@dataclass(frozen=True)
class Source:
    """One return or reference that is pulled; `pull` is the block of its contract."""

    return_code: str
    department_code: str
    pull: Mapping[str, Any]
    kind: Kind = "return"


@dataclass
class Pulled:
    """Results of pulling one source; if all lists are empty, it had nothing new.

    `arrived` has the new receipts, `waiting` the names of files that are still being written. `notes` are sentences
    for information, `failed` sentences about problems that need action.
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
    """Definition and function of one way of fetching.

    `fetch` adds each result to its last argument at once. An OversightError that it raises is added to these results
    and ends this source only.
    """

    definition: type[D]
    fetch: Callable[[D, Source, Settings, Landing, Pulled], None]

"""Connectors: fetch submissions from their sources where no list of files is given.

Contains the connectors by name, and pulling many sources so that a failure of one does not stop the others. Not here:
how each connector works (its module), or the interface that they share (`interface`).

To add a connector, write a module with a definition and a `fetch`, and add one line to `CONNECTORS`.
"""

import logging
from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import ValidationError

from orchestration.foundation.errors import ContractError, OversightError
from orchestration.foundation.settings import Settings
from orchestration.returns.connectors import drop_folder, web
from orchestration.returns.connectors.interface import Connector, Definition, Pulled, Source, SourceError
from orchestration.returns.landing.landing_area import Landing

__all__ = ["CONNECTORS", "Definition", "Pulled", "Source", "SourceError", "definition", "pull"]

CONNECTORS: Mapping[str, Connector[Any]] = {
    "drop_folder": Connector(drop_folder.DropFolder, drop_folder.fetch),
    "http": Connector(web.Http, web.fetch),
}

log = logging.getLogger(__name__)


def definition(block: Mapping[str, Any], return_code: str) -> Definition:
    """Return the `pull:` block of a contract as the definition of its connector; raise ContractError if invalid."""
    name = str(block.get("connector"))
    if name not in CONNECTORS:
        raise ContractError(
            f"{return_code}: pull names an unknown connector, '{name}'; use one of {', '.join(sorted(CONNECTORS))}."
        )
    parsed: Definition
    try:
        parsed = CONNECTORS[name].definition.model_validate(block)
    except ValidationError as error:
        problems = [(".".join(map(str, p["loc"])), p["msg"].removeprefix("Value error, ")) for p in error.errors()]
        details = "; ".join(f"{key}: {message}" for key, message in problems)
        raise ContractError(f"{return_code}: pull is not valid for the connector '{name}': {details}.") from error
    return parsed


def pull(settings: Settings, pulled_sources: Iterable[Source]) -> list[Pulled]:
    """Fetch the sources in turn and land what is new; return one result for each, in the same order.

    An error of a source does not raise: it is added to `failed` of its result, and files landed before it stay.
    """
    landing = Landing(settings)
    return [_pull(settings, landing, source) for source in pulled_sources]


def _pull(settings: Settings, landing: Landing, source: Source) -> Pulled:
    pulled = Pulled(source.return_code, str(source.pull.get("connector")))
    try:
        defined = definition(source.pull, source.return_code)
        CONNECTORS[defined.connector].fetch(defined, source, settings, landing, pulled)
    except OversightError as error:
        pulled.failed.append(str(error))
    except Exception as error:
        # An unexpected error in one source must not stop the others.
        log.exception("Pulling %s failed unexpectedly.", source.return_code)
        pulled.failed.append(
            f"Pulling {source.return_code} failed unexpectedly ({type(error).__name__}); see the log for details."
        )
    return pulled

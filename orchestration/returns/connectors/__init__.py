"""Connectors: how submissions are fetched when nobody sends a list.

Belongs here: the connectors by name, and pulling many sources so that none stops another. Does not belong
here: how one connector works (its module), or what they share (`seam`).

A new connector is a module with a definition and a `fetch`, and one line in `CONNECTORS`.
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
    """The `pull:` block of a contract, as its connector understands it; raises ContractError."""
    name = str(block.get("connector"))
    if name not in CONNECTORS:
        raise ContractError(
            f"{return_code}: pull names the connector '{name}', which does not exist; "
            f"use one of {', '.join(sorted(CONNECTORS))}."
        )
    found: Definition
    try:
        found = CONNECTORS[name].definition.model_validate(block)
    except ValidationError as error:
        problems = [(".".join(map(str, p["loc"])), p["msg"].removeprefix("Value error, ")) for p in error.errors()]
        wrong = "; ".join(f"{where}: {said}" for where, said in problems)
        raise ContractError(f"{return_code}: pull is not right for the connector '{name}': {wrong}.") from error
    return found


def pull(settings: Settings, pulled_sources: Iterable[Source]) -> list[Pulled]:
    """Fetches every source in turn and lands what is new; one result each, in the order given.

    Never raises for what a source does: whatever goes wrong stands in `failed` of its result, beside what
    had landed before.
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
        # One source must not end the night of the others, whatever it has come up with.
        log.exception("Pulling %s broke.", source.return_code)
        pulled.failed.append(
            f"Pulling {source.return_code} broke unexpectedly ({type(error).__name__}); the log says where."
        )
    return pulled

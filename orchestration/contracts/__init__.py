"""Contracts: what each department must send, and what each measure means.

Contains the typed contract, its loading, and its other forms (ODCS, JSON Schema). Not here: anything that reads a
return (`orchestration.returns`).
"""

from orchestration.contracts.load import Contracts, load_contracts
from orchestration.contracts.measures import Measure
from orchestration.contracts.model import ReturnContract
from orchestration.contracts.references import ReferenceContract

__all__ = ["Contracts", "Measure", "ReferenceContract", "ReturnContract", "load_contracts"]

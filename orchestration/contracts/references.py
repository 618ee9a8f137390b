"""A reference contract: one lookup or list of denominators, and which codes and names of places it teaches.

Belongs here: the shape of `contracts/references/*.yml`. Does not belong here: reading such a file
(`orchestration.returns.screening.references`), or returns (`model`).
"""

from datetime import date

from pydantic import Field, model_validator

from orchestration.contracts.model import Column, FileFormat, Owner
from orchestration.contracts.parts import Code, Part


class CodeColumns(Part):
    """Columns of a reference that hold a code and the names of the same place. `gss` is given where `code` is
    an issuer's own code (`scheme`) for a place that has a GSS code in another column."""

    code: str
    names: list[str] = []
    scheme: str = "gss"
    gss: str | None = None
    ended: str | None = None


class ReferenceContract(Part):
    """One reference file: its shape, and which codes and names of places it teaches."""

    reference: Code
    name: str
    description: str
    department: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    owner: Owner
    file: FileFormat
    columns: dict[str, Column]
    places: list[CodeColumns] = []
    valid_from: date | None = None
    valid_to: date | None = None

    @model_validator(mode="after")
    def _names_columns_that_exist(self) -> "ReferenceContract":
        for place in self.places:
            for column in (place.code, place.gss, place.ended, *place.names):
                if column is not None and column not in self.columns:
                    raise ValueError(f"places names column '{column}', which columns does not list")
        return self

"""Reference contracts: lookups and denominators, and the location codes and names that they provide.

Contains the shape of `contracts/references/*.yml`. Not here: reading such a file
(`orchestration.returns.screening.references`), or returns (`model`).
"""

from datetime import date

from pydantic import Field, model_validator

from orchestration.contracts.model import Column, FileFormat, Owner
from orchestration.contracts.parts import Code, Part


class CodeColumns(Part):
    """Columns of a reference that hold a code and the names of the same location."""

    code: str = Field(examples=["LADCD"])
    """Column with the code."""
    names: list[str] = Field(default=[], examples=[["LADNM"]])
    """Columns with its names."""
    scheme: str = Field(default="gss", examples=["dfe-la"])
    """Code scheme of `code`."""
    gss: str | None = Field(default=None, examples=["gss_code"])
    """Column with the GSS code of the same location, where `code` is of another scheme."""
    ended: str | None = Field(default=None, examples=["termination_date"])
    """Column that is filled for locations that have been abolished, such as an end date."""


class ReferenceContract(Part):
    """One reference file: its format, and the location codes and names that it provides."""

    reference: Code = Field(examples=["ref.population"])
    """Code of the reference."""
    name: str = Field(examples=["Mid-year population by lower-tier authority"])
    """Name of the reference."""
    description: str = Field(examples=["One row per authority and year: residents in mid-year."])
    """What the file contains."""
    department: str = Field(pattern=r"^[a-z][a-z0-9_]*$", examples=["ons"])
    """Department that publishes the file."""
    owner: Owner = Field(examples=[{"name": "ONS Geography", "email": "ons.geography@ons.gov.uk"}])
    """Contact for the file."""
    file: FileFormat = Field(examples=[{"format": "csv"}])
    """How to read the file."""
    columns: dict[str, Column] = Field(
        examples=[{"code": {"aliases": ["ladcd"], "meaning": "GSS code of the authority"}}]
    )
    """Columns that are used, by the name that the contract gives them."""
    places: list[CodeColumns] = Field(default=[], examples=[[{"code": "code", "names": ["name"]}]])
    """Columns with codes and names of locations."""
    valid_from: date | None = Field(default=None, examples=["2019-09-26"])
    """First day on which the file applies."""
    valid_to: date | None = Field(default=None, examples=["2025-10-29"])
    """Last day on which the file applies."""

    @model_validator(mode="after")
    def _names_columns_that_exist(self) -> "ReferenceContract":
        for location in self.places:
            for column in (location.code, location.gss, location.ended, *location.names):
                if column is not None and column not in self.columns:
                    raise ValueError(f"places names column '{column}', which is not listed in columns")
        return self

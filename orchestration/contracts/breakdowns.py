"""Breakdowns of people and services: characteristics and service lines.

Contains the columns and labels of a breakdown. Not here: the values beside them (`layout`), or what a characteristic
means in every return (`codes`).
"""

import re

from pydantic import Field, model_validator

from orchestration.contracts.parts import Part


class Category(Part):
    """One category of a characteristic."""

    name: str = Field(examples=["Asian or Asian British"])
    """Name of the category."""
    labels: list[str] = Field(default=[], examples=[["Asian", "A"]])
    """Labels under which it is sent; an empty label means a blank cell."""


class Scheme(Part):
    """One edition of a characteristic."""

    code: str = Field(examples=["deprivation_decile:imd2019_utla_2023"])
    """Code of the characteristic with its edition."""
    name: str = Field(examples=["Deprivation decile (IMD 2019)"])
    """Name of the edition."""


class Characteristic(Part):
    """Breakdown of people, such as sex, ethnicity or deprivation. One column may hold several characteristics: `when`,
    `label` and `otherwise` then select the rows of each. A row that no characteristic selects must have a label listed
    under some `total`."""

    code: str = Field(pattern=r"^[a-z][a-z0-9_]*(:[a-z0-9_]+)?$", examples=["ethnicity"])
    """Code of the characteristic; an edition follows a colon."""
    name: str = Field(examples=["Ethnicity"])
    """Name of the characteristic."""
    column: str | None = Field(default=None, examples=["ethnic_group"])
    """Column with the label."""
    when: dict[str, list[str]] = Field(default={}, examples=[{"breakdown": ["Ethnicity"]}])
    """Rows that this characteristic selects: a column and its labels."""
    label: str | None = Field(default=None, examples=["(?:Male|Female) (\\d+-\\d+)"])
    """Regular expression with one group, which is the label; a text that it does not match is not a label of this
    characteristic. `Age 10 Male` contains both an age and a sex."""
    otherwise: bool = Field(default=False, examples=[True])
    """Whether this characteristic takes the rows that no other characteristic of the column selects."""
    total: list[str] = Field(default=[], examples=[["All", "Total"]])
    """Labels that mean all people."""
    categories: dict[str, Category] = Field(
        default={}, examples=[{"asian": {"name": "Asian", "labels": ["Asian", "A"]}}]
    )
    """Categories, by code."""
    open: bool = Field(default=False, examples=[True])
    """Add unknown labels with a warning; otherwise they are refused."""
    scheme_column: str | None = Field(default=None, examples=["imd_version"])
    """Column that names the edition."""
    schemes: dict[str, Scheme] = Field(
        default={},
        examples=[{"IMD 2019": {"code": "deprivation_decile:imd2019", "name": "Deprivation decile (IMD 2019)"}}],
    )
    """Editions, by the label in `scheme_column`."""

    @model_validator(mode="after")
    def _selects_its_rows(self) -> "Characteristic":
        if self.is_partial and self.column is None:
            raise ValueError(f"characteristic '{self.code}' needs the column that when, label or otherwise applies to")
        if self.otherwise and (self.when or self.label):
            raise ValueError(
                f"characteristic '{self.code}' has otherwise together with when or label; keep one of them"
            )
        if self.label is not None and re.compile(self.label).groups != 1:
            raise ValueError(f"label of '{self.code}' needs exactly one group, which matches the label")
        return self

    @property
    def is_partial(self) -> bool:
        """True if the characteristic selects only some rows of its column."""
        return bool(self.when or self.label or self.otherwise)


class ServiceLine(Part):
    """Breakdown that is not of people, such as spend line, offence or rank."""

    column: str | None = Field(default=None, examples=["offence"])
    """Column with the service line."""
    described_by: str | None = Field(default=None, examples=["Description"])
    """Column that describes a code in `column`; the service line is then both together."""
    total: list[str] = Field(default=[], examples=[["All offences"]])
    """Labels that mean the whole service."""
    aliases: dict[str, str] = Field(default={}, examples=[{"1": "Type 1"}])
    """Other labels of a service line, with the label to use."""

"""How the people and the services that a figure is about are divided: characteristics and service lines.

Belongs here: what a contract says of the columns and labels that divide. Does not belong here: which figures stand
beside them (`model`), or what a characteristic means whatever its return (`codes`).
"""

import re

from pydantic import Field, model_validator

from orchestration.contracts.parts import Part


class Category(Part):
    """One category of a characteristic and the labels under which it is sent; an empty label is a blank cell."""

    name: str
    labels: list[str] = []


class Scheme(Part):
    """One edition of a characteristic (`deprivation_decile:imd2019_utla_2023`) with the name people read."""

    code: str
    name: str


class Characteristic(Part):
    """A split of people: sex, ethnicity, deprivation. `total` lists the labels that mean everyone.

    One column may hold several characteristics, while another says which of them a row is about: then `when` and
    `label` say which rows this one takes. `label` is a regular expression over the text of `column` that has one
    group: a text that it does not find is no label of this characteristic, and the group is the label (`Age 10 Male`
    is both an age and a sex). `otherwise` takes the rows that no other characteristic of the column takes. A row that
    none takes is about everyone only if its label stands under some `total`; else the label is unknown.
    """

    code: str = Field(pattern=r"^[a-z][a-z0-9_]*(:[a-z0-9_]+)?$")
    name: str
    column: str | None = None
    when: dict[str, list[str]] = {}
    label: str | None = None
    otherwise: bool = False
    total: list[str] = []
    categories: dict[str, Category] = {}
    open: bool = False
    scheme_column: str | None = None
    schemes: dict[str, Scheme] = {}

    @model_validator(mode="after")
    def _can_be_told(self) -> "Characteristic":
        if self.is_partial and self.column is None:
            raise ValueError(f"characteristic '{self.code}' needs the column that when, label or otherwise are about")
        if self.otherwise and (self.when or self.label):
            raise ValueError(f"characteristic '{self.code}' takes what the others leave; it has no when or label")
        if self.label is not None and re.compile(self.label).groups != 1:
            raise ValueError(f"label of '{self.code}' needs exactly one group: the part that is the label")
        return self

    @property
    def is_partial(self) -> bool:
        """True where only some rows are about it."""
        return bool(self.when or self.label or self.otherwise)


class ServiceLine(Part):
    """A split that is not of people: spend line, offence, rank. `aliases` maps drifted labels to the line.

    `described_by` is the column that says in words what a code in `column` means; the line is then both together.
    """

    column: str | None = None
    described_by: str | None = None
    total: list[str] = []
    aliases: dict[str, str] = {}

"""A return contract as a typed object: who sends the return, when, in which formats, and what its figures mean.

Contains the top level of a contract file and the checks that need only that one file. Not here: formats (`layout`),
what a value means (`measures`), breakdowns (`breakdowns`), reading files (`load`), or applying a contract to a return
(`orchestration.returns`).
"""

from datetime import date
from typing import Any, Literal

from pydantic import Field, field_validator, model_validator

from orchestration.contracts.disclosure import Disclosure
from orchestration.contracts.layout import (
    CellRule,
    Column,
    FileFormat,
    Layout,
    LocationRule,
    MeasureReference,
    RowRules,
    Within,
    with_meaning,
)
from orchestration.contracts.measures import Measure
from orchestration.contracts.parts import Code, Part, Severity, Status

__all__ = [
    "Burden",
    "CellRule",
    "Column",
    "Control",
    "Due",
    "FileFormat",
    "Layout",
    "LocationRule",
    "MeasureReference",
    "Owner",
    "ReturnContract",
    "RowRules",
    "Waiver",
    "Within",
]


class Owner(Part):
    """Contact for a return or a reference."""

    name: str = Field(examples=["Police workforce statistics team"])
    """Team that answers questions about the file."""
    email: str = Field(pattern=r"^[^@\s]+@[^@\s]+$", examples=["policingstatistics@homeoffice.gov.uk"])
    """Its email address."""


class Due(Part):
    """When a return is due, counted from the end of the latest period that it reports."""

    months_after_period_end: int = Field(ge=0, le=60, examples=[4])
    """Months from the end of the period to the due date."""
    grace_days: int = Field(default=0, ge=0, examples=[7])
    """Days of grace, added to the due date."""


class Waiver(Part):
    """Permission not to send a return for one period."""

    period_end: date = Field(examples=["2026-03-31"])
    """Last day of the period that is waived."""
    reason: str = Field(examples=["Collection paused for the new system"])
    """Why the return need not be sent."""
    granted_by: str = Field(examples=["Head of profession"])
    """Who granted the waiver."""


class Burden(Part):
    """Cost of the return to those who complete it. The centre adds it up in order to reduce it."""

    hours_per_return: float = Field(ge=0, examples=[3])
    """Hours that one respondent spends on one return."""
    respondents: int = Field(default=1, ge=1, examples=[43])
    """Number of organisations that complete the return."""


class Control(Part):
    """Identity that the figures must satisfy."""

    name: str = Field(examples=["Net current expenditure"])
    """Name of the control, as the report shows it."""
    kind: Literal["sum", "ratio"] = Field(examples=["sum"])
    """`sum`: the total equals its parts. `ratio`: the value equals multiplier × numerator / denominator."""
    total: Code = Field(examples=["mhclg.ro3_net_current_expenditure"])
    """Measure that is checked."""
    parts: list[str] = Field(default=[], examples=[["mhclg.ro3_total_expenditure", "-mhclg.ro3_total_income"]])
    """Measures that add up to the total; `-` before a code subtracts it."""
    tolerance: float = Field(default=0, examples=[1])
    """Largest difference allowed, in the unit of the figures."""
    severity: Severity = Field(default="refuse", examples=["warn"])
    """Whether a failed control refuses the file or adds a warning."""


class ReturnContract(Part):
    """One return: who sends it, when, in which formats, and what its figures mean."""

    return_code: Code = Field(alias="return", examples=["ho.police_workforce"])
    """Code of the return, which begins with its department. Written `return` in the file."""
    name: str = Field(examples=["Police workforce"])
    """Name of the return."""
    description: str = Field(examples=["Police officers and staff by force, rank and sex on 31 March."])
    """What the return contains."""
    department: str = Field(pattern=r"^[a-z][a-z0-9_]*$", examples=["ho"])
    """Department that sends the return; `codes.yml` lists departments."""
    owner: Owner = Field(examples=[{"name": "Crime statistics team", "email": "crime.statistics@example.gov.uk"}])
    """Contact for the return."""
    cadence: Literal["monthly", "quarterly", "annual", "ad_hoc"] = Field(examples=["annual"])
    """How often the return is sent."""
    due: Due = Field(examples=[{"months_after_period_end": 4}])
    """When the return is due."""
    waivers: list[Waiver] = Field(
        default=[],
        examples=[[{"period_end": "2026-03-31", "reason": "Collection paused", "granted_by": "Head of profession"}]],
    )
    """Periods for which the return need not be sent."""
    burden: Burden = Field(examples=[{"hours_per_return": 3, "respondents": 43}])
    """Cost of the return to those who complete it."""
    disclosure: Disclosure = Field(default=Disclosure(), examples=[{"tiers": ["restricted", "open"], "threshold": 5}])
    """Tiers in which the return is published, and the rules for small numbers."""
    covers: str | None = Field(default=None, examples=["E92000001"])
    """GSS code of the country that the locations make up together, where their codes do not show it (NHS
    organisations), or where a return counts two countries as one."""
    speaks_for: Literal["slice", "return", "keys"] = Field(default="slice", examples=["return"])
    """What a new submission replaces: each measure and period that it contains (`slice`), everything (`return`), or
    only the observations that it contains (`keys`)."""
    markers: dict[str, Status] = Field(default={}, examples=[{"..": "x", "*": "c"}])
    """Missing-value symbols and the status that each stands for."""
    blank: Status = Field(default="x", examples=["x"])
    """Status of a blank cell."""
    cell_notes: str | None = Field(default=None, examples=["\\[note \\d+\\]"])
    """Regular expression for notes inside cells; they are removed from the figure and kept as its note."""
    unreadable_period: Severity = Field(default="refuse", examples=["warn"])
    """Whether a period that cannot be read refuses the file, or its rows are left out with a warning."""
    pull: dict[str, Any] | None = Field(
        default=None, examples=[{"connector": "http", "url": "https://www.example.gov.uk/latest.csv"}]
    )
    """Where to collect new files; without it, from the drop folder."""
    measures: list[Measure] = Field(
        default=[],
        examples=[
            [
                {
                    "code": "ho.police_fte",
                    "name": "Police officers",
                    "unit": "full-time equivalents",
                    "value_type": "count",
                    "domain": "workforce",
                }
            ]
        ],
    )
    """Measures that the return contains, unless the file names them itself."""
    controls: list[Control] = Field(
        default=[], examples=[[{"name": "Total", "kind": "sum", "total": "ho.all", "parts": ["ho.men", "ho.women"]}]]
    )
    """Identities that the figures must satisfy."""
    layouts: list[Layout] = Field(
        min_length=1,
        examples=[
            [
                {
                    "name": "long",
                    "file": {"format": "csv"},
                    "columns": {"area": {}, "year": {}, "officers": {}},
                    "period": {"column": "year"},
                    "locations": [{"code": "area"}],
                    "cells": [{"measure": "ho.police_fte", "value": "officers"}],
                }
            ]
        ],
    )
    """Formats in which the return is sent; the most specific comes first."""

    @field_validator("markers")
    @classmethod
    def _markers_have_a_meaning(cls, markers: dict[str, Status]) -> dict[str, Status]:
        return with_meaning(markers)

    @model_validator(mode="after")
    def _is_coherent(self) -> "ReturnContract":
        if not self.return_code.startswith(self.department + "."):
            raise ValueError(f"return '{self.return_code}' must begin with its department '{self.department}.'")
        known = {measure.code for measure in self.measures}
        if len(known) < len(self.measures):
            raise ValueError("measures lists a code twice")
        for layout in self.layouts:
            for cell in layout.cells:
                named = cell.measure_from.codes.values() if cell.measure_from else ()
                for code in [cell.measure, *cell.items.values(), *named]:
                    if code is not None and code not in known:
                        raise ValueError(
                            f"layout '{layout.name}' reads measure '{code}', which is not listed in measures"
                        )
        compared = self.disclosure.compares_groups
        for code in {*self.disclosure.measures, *compared, *compared.values()}:
            if known and code not in known:
                raise ValueError(f"disclosure names measure '{code}', which is not listed in measures")
        for control in self.controls:
            for code in (control.total, *(part.lstrip("-") for part in control.parts)):
                if code not in known:
                    raise ValueError(
                        f"control '{control.name}' names measure '{code}', which is not listed in measures"
                    )
        return self

    def measure(self, code: str) -> Measure | None:
        """Return the measure with that code, or None if the file names its measures itself."""
        return next((measure for measure in self.measures if measure.code == code), None)

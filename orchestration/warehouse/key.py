"""Which number somebody asks for.

Belongs here: the parts that name a number, how they become a condition, and where every number is. Does not belong
here: finding one.
"""

from dataclasses import dataclass

_NAMED_BY = (
    "measure_code, location_code, location_level, period_code, period_start, period_end, characteristic, category, "
    "service_line"
)
MADE = (
    "(SELECT * FROM analysis.estimates WHERE origin <> 'sent' UNION ALL BY NAME "
    "SELECT *, 'derived' AS origin FROM analysis.derived_measures "
    "WHERE measure_code NOT IN (SELECT measure_code FROM analysis.estimates))"
)
"""SQL for each figure that the warehouse made; counts and sums of money that were derived are no estimates."""

FIGURES = f"(SELECT {_NAMED_BY} FROM analysis.observations UNION ALL SELECT {_NAMED_BY} FROM {MADE})"
"""SQL for what names each figure of a release: all that were sent, and all that the warehouse made of them."""


@dataclass(frozen=True)
class Key:
    """The number asked for; what is None is left open."""

    measure_code: str
    location_code: str
    period_code: str
    return_code: str | None = None
    characteristic: str | None = None
    category: str | None = None
    service_line: str | None = None

    def in_words(self) -> str:
        """As a person would ask for it."""
        wanted = [self.measure_code, self.location_code, self.period_code, self.return_code,
                  self.characteristic, self.category, self.service_line]  # fmt: skip
        return ", ".join(part for part in wanted if part)

    def conditions(self) -> tuple[str, list[str]]:
        """A WHERE clause and its parameters."""
        wanted = {name: value for name, value in self.__dict__.items() if value is not None}
        return " AND ".join(f"{name} = ?" for name in wanted), list(wanted.values())

"""Dimensions that identify the figure to look up.

Contains the key and the SQL condition made from it. Not here: finding the figure (`tracing`).
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Key:
    """Dimensions that identify the figure; None matches anything."""

    measure_code: str
    location_code: str
    period_code: str
    return_code: str | None = None
    characteristic: str | None = None
    category: str | None = None
    service_line: str | None = None

    def in_words(self) -> str:
        """Return the key as a person would write it."""
        wanted = [self.measure_code, self.location_code, self.period_code, self.return_code,
                  self.characteristic, self.category, self.service_line]  # fmt: skip
        return ", ".join(part for part in wanted if part)

    def conditions(self) -> tuple[str, list[str]]:
        """Return a WHERE clause and its parameters."""
        wanted = {name: value for name, value in self.__dict__.items() if value is not None}
        return " AND ".join(f"{name} = ?" for name in wanted), list(wanted.values())

"""Contains what a seed of the sample may say: the numbers, names and quirks that a contract does not tell.
Not here: how a sample is made of contract and seed (`orchestration.sample`), or contracts themselves (`model`).

Every field has a default, so that a return without a seed has a sample too.
"""

from datetime import date
from typing import Literal

from pydantic import Field

from orchestration.contracts.parts import Code, Part

Table = dict[str, list[str]]
Size = Literal["people", "children"]


class Level(Part):
    """How the figures of a measure, or of a column of people, are made.

    A count is `per_head` of those it is `of`; any other figure is around `level`. `spread` is how far places differ,
    `deprivation` how much worse the deprived are, `trend` and `season` what a year and the winter add (as shares of
    the spread of places), `narrows` by what share a year the gaps between groups shrink. `like` is another measure
    whose places and years this one follows. `label` writes its periods (as `Periods.label` does) and `described` is its
    row in the reference that describes it.
    """

    of: Size = "people"
    per_head: float | None = None
    level: float | None = None
    spread: float | None = None
    deprivation: float | None = None
    trend: float = 0.0
    season: float = 0.0
    narrows: float = 0.03
    like: str | None = None
    decimals: int | None = None
    label: str | None = None
    described: dict[str, str] = {}


class Periods(Part):
    """The periods of a file, from `first` to `last`: years (`2024`) or months (`2024-03`).

    `label` is how the file writes one: `{y}` is its year, `{m:02d}` its month, `{a}` the year before, `{b:02d}` and
    `{c:02d}` the last two digits of its own year and of the year before, `{d}` three years before.
    """

    first: str
    last: str
    label: str | None = None


class Edit(Part):
    """A quirk: rows in which a column in `where` has one of its texts get other texts.

    `every` takes one of so many, beginning with the first; `at_most` stops. `below` takes only rows whose figure in a
    column is a number above 0 and below another. `repeat` adds the edited rows again and leaves the first as they are.
    """

    where: Table = {}
    below: dict[str, float] = {}
    every: int = Field(default=1, ge=1)
    at_most: int | None = None
    set: dict[str, str] = {}
    repeat: bool = False


class Revision(Part):
    """A share of places whose figures this file gives otherwise than others, and by how much (0.02 is 2%)."""

    share: float = Field(gt=0, le=1)
    by: float


class Shape(Part):
    """What seed and file may both say; a file's word counts before the seed's.

    `places` says how many places of each level there are, `groups` and `lines` which categories and service lines, with
    their weight (0 to leave out), `effects` how far each group or line is above the others (on the scale of a measure's
    spread), `line_totals` which lines are sums. `without_total` lists characteristics and `service_line` whose total
    the file does not send, `crossed` those that are divided by each other, `groups_at` the levels at which groups are
    sent. `constants` fills columns of which no figure tells; `wide` writes headers of wide columns, by item or
    measure, and `only` says which lines one has.
    """

    layout: str | None = None
    places: dict[str, int] = {}
    groups: dict[str, dict[str, float]] = {}
    lines: dict[str, float] = {}
    effects: dict[str, float] = {}
    line_totals: Table = {}
    shared_lines: bool | None = None
    without_total: list[str] = []
    crossed: list[str] | None = None
    groups_at: list[str] = []
    constants: dict[str, str | dict[str, str]] = {}
    wide: dict[str, str] = {}
    only: Table = {}
    history: bool | None = None


class FileSeed(Shape):
    """One file: its periods, when it came, and in what it differs from the others.

    `same_as` repeats the bytes of another file. `refused` lists the screening rules for which it is refused, if it is.
    """

    file: str
    received_at: date
    hint: str = ""
    periods: Periods | None = None
    headers: dict[str, str] = {}
    edits: list[Edit] = []
    revised: Revision | None = None
    same_as: str | None = None
    refused: list[str] = []
    sheet: str | None = None
    bom: bool = False


class Seed(Shape):
    """The seed of one return: `contracts/samples/<department>/<return>.yml`.

    `measures` goes by code, or by label where a file names its measures itself; `sizes` by column.
    """

    return_code: Code = Field(alias="return")
    measures: dict[str, Level] = {}
    sizes: dict[str, Level] = {}
    files: list[FileSeed] = []


class ReferenceSeed(Part):
    """One reference file: which places, and what stands in each column as a format of a place's fields.

    `rows` is a set of places (`places.Land.sets`), or `table` holds the rows themselves. `over` repeats each row with
    further fields, `above` are rows before the header.
    """

    reference: Code
    file: str
    received_at: date
    hint: str = ""
    rows: str = ""
    table: list[list[str]] = []
    over: list[dict[str, str]] = [{}]
    columns: dict[str, str]
    above: list[list[str]] = []
    sheet: str = "Sheet1"


class Region(Part):
    """A region or nation: its authorities by kind, its deprivation, and its police forces."""

    name: str
    authorities: dict[str, int]
    deprivation: float
    forces: dict[str, str] = {}


class Kind(Part):
    """A kind of authority."""

    prefix: str
    ecode: str
    people: int
    deprivation: float
    type: str
    type_name: str
    style: str
    powers: str


class GeographySeed(Part):
    """The places of the sample: `contracts/samples/geography.yml`."""

    names: Table
    regions: dict[str, Region]
    kinds: dict[str, Kind]

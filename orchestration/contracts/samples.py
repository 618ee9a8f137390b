"""Seeds of the sample: the numbers, names and quirks of the invented files, which contracts do not contain.

Contains the shape of `contracts/samples`. Not here: generating the files from contracts and seeds
(`orchestration.sample`), or contracts (`model`). Every field of a return's seed has a default, so that a return without
a seed has a sample too.
"""

from datetime import date
from typing import Literal

from pydantic import Field

from orchestration.contracts.parts import Code, Part

Table = dict[str, list[str]]
Size = Literal["people", "children"]


class Level(Part):
    """How the figures of a measure, or of a column of population, are generated.

    A count is `per_head` of the population `of`; any other figure varies around `level`. `spread` is the variation
    between locations, and `deprivation` the difference that deprivation makes. `trend` and `season` are the effects of
    a year and of winter, as shares of the spread. `narrows` is the share by which gaps between groups shrink each year.
    `like` names a measure whose variation by location and year this one copies. `label` formats its periods (as
    `Periods.label` does), and `described` is its row in the reference that describes it.
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

    `label` is the format of a period in the file: `{y}` is its year, `{m:02d}` its month, `{a}` the year before,
    `{b:02d}` and `{c:02d}` the last two digits of its own year and of the year before, `{d}` the year three years
    before.
    """

    first: str
    last: str
    label: str | None = None


class Edit(Part):
    """A quirk: new texts (`set`) for the rows whose columns have one of the texts in `where`.

    `every` selects every nth of them, beginning with the first, and `at_most` limits their number. `below` selects only
    rows whose figure in a column is above 0 and below a limit. `repeat` leaves the selected rows as they are and adds
    the edited rows as well.
    """

    where: Table = {}
    below: dict[str, float] = {}
    every: int = Field(default=1, ge=1)
    at_most: int | None = None
    set: dict[str, str] = {}
    repeat: bool = False


class Revision(Part):
    """Share of locations whose figures differ in this file, and by how much (0.02 is 2%)."""

    share: float = Field(gt=0, le=1)
    by: float


class Shape(Part):
    """Settings of a return or of one of its files; those of the file take precedence.

    `places` is the number of locations at each level. `groups` and `lines` are the categories and service lines with
    their weights (0 leaves one out), and `effects` how far each is above the others, on the scale of a measure's
    spread. `line_totals` lists the lines that are sums of others. `without_total` lists characteristics (and
    `service_line`) whose total the file leaves out, `crossed` the characteristics that are combined with each other,
    and `groups_at` the levels that have groups. `constants` fills columns that hold no figure. `wide` formats the
    headers of wide columns, by item or measure, and `only` limits the lines of each.
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
    """One file: its periods, when it was received, and how it differs from the others.

    `same_as` copies the bytes of another file. `refused` lists the screening rules that refuse it, if any.
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

    The keys of `measures` are codes, or labels if the file names its measures itself; those of `sizes` are columns.
    """

    return_code: Code = Field(alias="return")
    measures: dict[str, Level] = {}
    sizes: dict[str, Level] = {}
    files: list[FileSeed] = []


class ReferenceSeed(Part):
    """One reference file: its locations, and the content of each column as a format of their fields.

    `rows` names a set of locations (`places.Land.sets`), or `table` holds the rows themselves. `over` repeats each row
    with further fields, and `above` holds rows before the header.
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
    """A kind of authority: prefixes of its codes, its size and deprivation, and its terms in registers."""

    prefix: str
    ecode: str
    people: int
    deprivation: float
    type: str
    type_name: str
    style: str


class Organisations(Part):
    """Organisations of one level. Their codes are each prefix with each number from `first` to `last`."""

    prefixes: list[str]
    first: int
    last: int
    people: int
    names: list[str]


class Body(Part):
    """Bodies of one level that share the name of a county."""

    prefix: str
    ecode: str
    count: int
    name: str


class GeographySeed(Part):
    """The locations of the sample: `contracts/samples/geography.yml`."""

    names: Table
    regions: dict[str, Region]
    kinds: dict[str, Kind]
    countries: dict[str, str]
    odd_names: Table
    organisations: dict[str, Organisations]
    bodies: dict[str, Body]

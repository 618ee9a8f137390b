"""The parts of the README that show the sample: the table at the end of a refresh, and the picture of an answer.

Contains how both are drawn from rows of a release. Not here: the queries of the README, which it contains itself.
"""

import io
import re
from collections.abc import Iterable, Mapping, Sequence

from rich.console import Console
from rich.table import Table

COUNTS = """
    SELECT department_code AS department, count(DISTINCT return_code) AS returns, count(*) AS submissions,
        count(*) FILTER (outcome = 'refused') AS refused,
        coalesce(sum(observation_count) FILTER (outcome = 'accepted'), 0)::BIGINT AS observations
    FROM analysis.submissions GROUP BY ALL ORDER BY ALL
"""
PICTURE = "docs/answer.svg"

_TITLE = "Injuries among children: the gap between the most and least deprived areas"
_SUBTITLE = "Hospital admissions per 10,000 children, most deprived decile minus least deprived decile, England"
_SOURCE = "Invented figures from the sample. Source: analysis.fairness, with the query in the README."
_TABLE = re.compile(r"^┏.*?┘\n", re.MULTILINE | re.DOTALL)
_BLOCK = re.compile(r"^\*Fairness\*.*?```sql\n(.*?)```", re.MULTILINE | re.DOTALL)
_WIDTH, _HEIGHT = 960, 430
_LEFT, _RIGHT, _TOP, _BOTTOM = 70, 890, 110, 350


def question(readme: str) -> str:
    """Return the query on fairness that the README shows, whose answer is the picture."""
    found = _BLOCK.search(readme)
    assert found is not None, "the README has a query on fairness"
    return found[1]


def with_table(readme: str, rows: Iterable[Mapping[str, object]]) -> str:
    """Return the README with its table of departments replaced by `rows` of `COUNTS`."""
    table = Table()
    table.add_column("department")
    for column in ("returns", "submissions", "refused", "observations"):
        table.add_column(column, justify="right")
    for row in rows:
        department, *counts = row.values()
        table.add_row(str(department), *(f"{count:,}" for count in counts))
    drawn = io.StringIO()
    Console(file=drawn, width=100).print(table)
    return _TABLE.sub(lambda _: drawn.getvalue(), readme, count=1)


def picture(rows: Sequence[Mapping[str, object]]) -> str:
    """Return an SVG of `rows` of the question: the gap in each period with its 95% confidence interval."""
    periods = [str(row["period_code"]).removeprefix("FY") for row in rows]
    gaps, lowers, uppers = ([float(str(row[c])) for row in rows] for c in ("more_per_10_000", "lower_95", "upper_95"))
    step = 5 if max(uppers) < 25 else 10
    ceiling = step * (int(max(uppers) // step) + 1)
    between = (_RIGHT - _LEFT - 60) / max(len(rows) - 1, 1)
    xs = [_LEFT + 30 + between * at for at in range(len(rows))]

    def y(value: float) -> float:
        return _BOTTOM - (_BOTTOM - _TOP) * value / ceiling

    lines = [
        f'<line x1="{_LEFT}" y1="{y(tick):.1f}" x2="{_RIGHT}" y2="{y(tick):.1f}" '
        f'stroke="{"#0b0c0c" if tick == 0 else "#d8dcde"}"/>'
        f'<text x="{_LEFT - 10}" y="{y(tick) + 5:.1f}" text-anchor="end" fill="#505a5f">{tick}</text>'
        for tick in range(0, ceiling + 1, step)
    ]
    edge = [(x, y(upper)) for x, upper in zip(xs, uppers, strict=True)]
    edge += [(x, y(lower)) for x, lower in reversed(list(zip(xs, lowers, strict=True)))]
    points = [(x, y(gap)) for x, gap in zip(xs, gaps, strict=True)]
    labels = [
        f'<text x="{x:.1f}" y="{_BOTTOM + 24}" text-anchor="middle" fill="#0b0c0c">{period}</text>'
        for x, period in zip(xs, periods, strict=True)
    ]
    values = [
        f'<circle cx="{x:.1f}" cy="{at:.1f}" r="4.5" fill="#1d70b8" stroke="#ffffff" stroke-width="1.5"/>'
        f'<text x="{x:.1f}" y="{y(upper) - 9:.1f}" text-anchor="middle" font-weight="bold">{gap:.1f}</text>'
        for (x, at), upper, gap in zip(points, uppers, gaps, strict=True)
    ]
    first, last = rows[0], rows[-1]
    text = (
        f"Gap of {gaps[0]:.1f} per 10,000 in {periods[0]} and {gaps[-1]:.1f} in {periods[-1]}, "
        f"when the rate in the most deprived areas was {last['times']} times that in the least deprived "
        f"({first['times']} times in {periods[0]})."
    )
    shapes = [
        f'<polygon points="{_path(edge)}" fill="#1d70b8" fill-opacity="0.16"/>',
        f'<polyline points="{_path(points)}" fill="none" stroke="#1d70b8" stroke-width="3"/>',
    ]
    body = "\n  ".join([*lines, *shapes, *values, *labels])
    left, ink, grey = _LEFT - 40, 'fill="#0b0c0c"', 'fill="#505a5f"'
    return f"""\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-labelledby="title text"
  font-family="Arial, Helvetica, 'Liberation Sans', sans-serif" font-size="15">
  <title id="title">{_TITLE}</title>
  <desc id="text">{text}</desc>
  <rect width="{_WIDTH}" height="{_HEIGHT}" fill="#ffffff"/>
  <text x="{left}" y="36" font-size="21" font-weight="bold" {ink}>{_TITLE}</text>
  <text x="{left}" y="62" {grey}>{_SUBTITLE}</text>
  <rect x="{left}" y="78" width="22" height="12" fill="#1d70b8" fill-opacity="0.16"/>
  <text x="{left + 30}" y="89" font-size="13" {grey}>95% confidence interval</text>
  {body}
  <text x="{left}" y="{_HEIGHT - 20}" font-size="13" {grey}>{_SOURCE}</text>
</svg>
"""


def _path(points: Iterable[tuple[float, float]]) -> str:
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in points)

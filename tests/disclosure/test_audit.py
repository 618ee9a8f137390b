"""The disclosure audit finds each disclosure by its rule, and finds nothing in a good draft."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from scipy.optimize import linprog

from orchestration.contracts.load import Contracts
from tests.disclosure.bench import (
    ENGLAND,
    NORTH,
    SECOND,
    SEXES,
    SOUTH,
    A,
    B,
    C,
    Cell,
    D,
    audit_results,
    contracts,
    people,
    suppressed_keys,
    with_suppressed,
)

WORLD = [
    *people(2, 50, 60, 70),
    *people(12, 55, 65, 75, measure="other.people"),
    *people(2, 30, 30, 40, measure="dept.gap", group=SEXES[0]),
]
RULES = {"measures": {"dept.gap": {"threshold": 2}}, "compares_groups": {"dept.gap": "dept.people"}}
CELL = "location_key = '{}' AND measure_code = '{}'"


@pytest.fixture
def contract_set(tmp_path: Path) -> Contracts:
    return contracts(tmp_path, **RULES)


def broken_rules(rules: dict[str, object]) -> set[str]:
    return {name for name, rule in rules.items() if rule.found}  # type: ignore[attr-defined]


def show(location: str, measure: str, value: float) -> str:
    return f"UPDATE draft.marts.fct_observation SET value = {value} WHERE {CELL.format(location, measure)}"


def test_a_good_draft_discloses_nothing(contract_set: Contracts) -> None:
    rules = audit_results(contract_set, WORLD, with_suppressed(WORLD, suppressed_keys(contract_set, WORLD)))
    assert broken_rules(rules) == set()
    assert len(rules) == 7


DAMAGES = {
    "the small count is shown": (show(A, "dept.people", 2), {"no_small_count_is_shown"}),
    "its limits are shown": (
        f"UPDATE draft.marts.fct_observation SET upper_95 = 7 WHERE {CELL.format(A, 'dept.people')}",
        {"no_small_count_is_shown"},
    ),
    "its secondary suppression is shown": (show(B, "dept.people", 50), {"no_small_count_can_be_told"}),
    "the gap of its location is shown": (
        f"UPDATE draft.marts.fct_observation SET value = 2 WHERE {CELL.format(A, 'dept.gap')}",
        {"figures_fall_together"},
    ),
    "a sender is named": ("UPDATE draft.marts.dim_submission SET sender = 'Someone'", {"nothing_is_quoted"}),
    "a value of a file is quoted": (
        "INSERT INTO draft.marts.fct_screening VALUES ('one', '2', 'Details are reported to the sender only.')",
        {"nothing_is_quoted"},
    ),
    "a message of a problem is quoted": (
        "INSERT INTO draft.marts.fct_screening VALUES ('one', NULL, 'code 2 is not known')",
        {"nothing_is_quoted"},
    ),
    "a submission of a restricted return is listed": (
        "INSERT INTO draft.marts.dim_submission VALUES ('two', 'dept.secret', NULL)",
        {"only_open_measures"},
    ),
}


@pytest.mark.parametrize(("damage", "expected"), DAMAGES.values(), ids=DAMAGES)
def test_each_disclosure_is_found_by_its_rule_alone(contract_set: Contracts, damage: str, expected: set[str]) -> None:
    rules = audit_results(
        contract_set, WORLD, with_suppressed(WORLD, suppressed_keys(contract_set, WORLD)), damage=damage
    )
    assert broken_rules(rules) == expected
    assert all(rule.is_critical for name, rule in rules.items() if name in expected)


def test_a_finding_names_the_cell_and_never_its_figure(contract_set: Contracts) -> None:
    rules = audit_results(
        contract_set,
        WORLD,
        with_suppressed(WORLD, suppressed_keys(contract_set, WORLD)),
        damage=show(A, "dept.people", 2),
    )
    assert rules["no_small_count_is_shown"].sample == (f"dept.people, {A}, FY2023-24, Total, Total",)


def test_a_measure_that_the_public_may_not_see_is_found(tmp_path: Path) -> None:
    closed = contracts(tmp_path, measures={"dept.people": {"tiers": ["restricted"]}})
    cells = people(20, 50, 60, 70)
    assert broken_rules(audit_results(closed, cells, cells)) == {"only_open_measures"}
    assert broken_rules(audit_results(closed, cells, [])) == set()


def test_linked_measures_are_audited_together(tmp_path: Path) -> None:
    contract_set = contracts(tmp_path, falls_together=[["dept.people", "dept.gap"]])
    cells = [*people(2, 50, 60, 70), *(Cell("dept.gap", location, 7) for location in (A, B, C, D))]
    keys = suppressed_keys(contract_set, cells)
    assert broken_rules(audit_results(contract_set, cells, with_suppressed(cells, keys))) == set()
    shown = audit_results(contract_set, cells, with_suppressed(cells, keys), damage=show(A, "dept.gap", 7))
    assert broken_rules(shown) == {"figures_fall_together"}


def test_an_undeclared_measure_that_counts_the_same_is_found(tmp_path: Path) -> None:
    """Two returns report the same counts for twelve service lines in two locations."""
    counts = {(location, f"line {number}"): 10.0 + number * 7 + index for number in range(12)
              for index, location in enumerate((A, B))}  # fmt: skip
    counts[A, "line 3"] = 3
    cells = [Cell(measure, location, count, line=line) for (location, line), count in counts.items()
             for measure in ("dept.people", "other.people")]  # fmt: skip
    apart = contracts(tmp_path, other={"threshold": 2})
    keys = {("dept.people", A, "Total", "line 3")}
    assert suppressed_keys(apart, cells) == keys
    rules = audit_results(apart, cells, with_suppressed(cells, keys))
    assert broken_rules(rules) == {"no_other_measure_tells"}
    assert rules["no_other_measure_tells"].sample == ("value of dept.people is value of other.people",)
    declared = contracts(tmp_path, falls_together=[["dept.people", "other.people"]], other={"threshold": 2})
    both = suppressed_keys(declared, cells)
    assert both == keys | {("other.people", A, "Total", "line 3")}
    assert broken_rules(audit_results(declared, cells, with_suppressed(cells, both))) == set()


def test_two_measures_that_happen_to_agree_once_are_not_the_same(contract_set: Contracts) -> None:
    cells = [*WORLD, Cell("other.people", A, 2, line="extra"), Cell("dept.people", A, 2, line="extra")]
    rules = audit_results(contract_set, cells, with_suppressed(cells, suppressed_keys(contract_set, cells)))
    assert not rules["no_other_measure_tells"].found


# ---------------------------------------------------------------- with earlier releases


def test_a_small_count_in_an_earlier_release_is_a_warning(contract_set: Contracts) -> None:
    cells = people(2, 50, 60, 70)
    rules = audit_results(
        contract_set, cells, with_suppressed(cells, suppressed_keys(contract_set, cells, cells)), cells
    )
    assert broken_rules(rules) == {"nothing_small_was_public"}
    assert not rules["nothing_small_was_public"].is_critical


def test_differencing_with_an_earlier_release_is_found(contract_set: Contracts) -> None:
    """Differencing between releases: the draft alone would be safe."""
    cells = people(2, 50, 60, 70)
    draft = with_suppressed(cells, suppressed_keys(contract_set, cells))
    assert broken_rules(audit_results(contract_set, cells, draft)) == set()
    before = with_suppressed(cells, {("dept.people", A, "Total", "Total"), ("dept.people", C, "Total", "Total")})
    assert broken_rules(audit_results(contract_set, cells, draft, before)) == {"no_small_count_can_be_told"}


def test_each_knowledge_time_is_audited_separately(contract_set: Contracts) -> None:
    """A count that is no longer small was small at an earlier knowledge time, and could be derived from B."""
    cells = [*people(2, 50, 60, 70, until=SECOND), *people(20, 50, 60, 70, since=SECOND)]
    draft = with_suppressed(cells, suppressed_keys(contract_set, cells))
    assert broken_rules(audit_results(contract_set, cells, draft)) == set()
    then = f"{CELL.format(B, 'dept.people')} AND known_from < '{SECOND}'"
    damage = f"UPDATE draft.marts.fct_observation SET value = 50 WHERE {then}"
    assert broken_rules(audit_results(contract_set, cells, draft, damage=damage)) == {"no_small_count_can_be_told"}


# ---------------------------------------------------------------- independent intruder


def ranges(cells: Sequence[Cell], keys: set[tuple[str, str, str, str]], asked: Cell) -> tuple[float, float]:
    """Return the feasibility interval of a suppressed count, for an intruder who knows that no such count is zero.

    The linear programme is written for these tests and shares no code with the project.
    """
    cells = [cell for cell in cells if cell.measure == asked.measure and cell.v is not None]
    index = {(cell.location, cell.group): number for number, cell in enumerate(cells)}
    rows, rights = [], []
    families = [((ENGLAND, g), [(NORTH, g), (SOUTH, g)]) for g in ("Total", *SEXES)]
    families += [((NORTH, g), [(A, g), (B, g)]) for g in ("Total", *SEXES)]
    families += [((SOUTH, g), [(C, g), (D, g)]) for g in ("Total", *SEXES)]
    families += [((p, "Total"), [(p, sex) for sex in SEXES]) for p in (ENGLAND, NORTH, SOUTH, A, B, C, D)]
    for whole, parts in families:
        if whole in index and all(part in index for part in parts):
            row = np.zeros(len(cells))
            row[index[whole]] = 1
            row[[index[part] for part in parts]] = -1
            rows.append(row)
            rights.append(0.0)
    limits = [(1, None) if cell.key in keys else (cell.v, cell.v) for cell in cells]
    target = np.zeros(len(cells))
    target[index[asked.location, asked.group]] = 1
    ends = []
    for sign in (1, -1):
        done = linprog(sign * target, A_eq=np.array(rows), b_eq=rights, bounds=limits, method="highs")
        ends.append(sign * done.fun if done.success else sign * -np.inf)
    return ends[0], ends[1]


@pytest.mark.parametrize("seed", range(30))
def test_an_independent_intruder_cannot_derive_any_small_count(tmp_path: Path, seed: int) -> None:
    random = np.random.default_rng(seed)
    contract_set = contracts(tmp_path)
    parts = {sex: random.choice([0, 1, 2, 3, 4, 6, 9, 15, 40], 4).astype(float) for sex in SEXES}
    cells = [cell for sex in SEXES for cell in people(*parts[sex], group=sex)]
    cells += people(*(parts[SEXES[0]] + parts[SEXES[1]]))
    keys = suppressed_keys(contract_set, cells)
    small = [cell for cell in cells if 0 < (cell.v or 0) < 5]
    assert all(cell.key in keys for cell in small)
    for cell in small:
        least, most = ranges(cells, keys, cell)
        assert most - least >= 1 - 1e-6, f"{cell} is between {least} and {most}"
    assert broken_rules(audit_results(contract_set, cells, with_suppressed(cells, keys))) == set()
    # Publish one secondary suppression: the audit and this intruder must agree.
    for key in sorted(keys - {cell.key for cell in small})[:2]:
        fewer = keys - {key}
        ours = any(ranges(cells, fewer, cell)[1] - ranges(cells, fewer, cell)[0] < 1 - 1e-6 for cell in small)
        theirs = "no_small_count_can_be_told" in broken_rules(
            audit_results(contract_set, cells, with_suppressed(cells, fewer))
        )
        assert ours == theirs

"""Which cells of a release are suppressed, for every reason that the contracts give and for no other."""

from pathlib import Path

import pytest

from tests.disclosure.bench import (
    ENGLAND,
    NORTH,
    SECOND,
    SEXES,
    A,
    B,
    C,
    Cell,
    D,
    contracts,
    people,
    shares,
    suppress_cells,
    suppressed_keys,
    with_suppressed,
)

Keys = set[tuple[str, str, str, str]]


def locations(keys: Keys, measure: str = "dept.people", group: str = "Total") -> set[str]:
    return {key[1] for key in keys if (key[0], key[2]) == (measure, group)}


# ---------------------------------------------------------------- primary and secondary suppression


def test_without_small_counts_nothing_is_suppressed(tmp_path: Path) -> None:
    assert suppressed_keys(contracts(tmp_path), people(5, 50, 60, 70)) == set()


def test_a_small_count_is_protected_by_the_other_part_of_its_region(tmp_path: Path) -> None:
    keys, counts = suppress_cells(contracts(tmp_path), people(2, 50, 60, 70))
    assert locations(keys) == {A, B}
    assert (counts.small, counts.besides, counts.exposed) == (1, 1, 0)


def test_two_small_counts_of_one_region_protect_each_other(tmp_path: Path) -> None:
    assert locations(suppressed_keys(contracts(tmp_path), people(3, 4, 60, 70))) == {A, B}


@pytest.mark.parametrize(("count", "is_small"), [(0, False), (1, True), (4, True), (5, False)])
def test_counts_from_one_to_below_the_threshold_are_small(tmp_path: Path, count: float, is_small: bool) -> None:
    assert (A in locations(suppressed_keys(contracts(tmp_path), people(count, 50, 60, 70)))) is is_small


def test_zero_is_small_if_the_contract_does_not_publish_zeros(tmp_path: Path) -> None:
    assert locations(suppressed_keys(contracts(tmp_path, shows_zeros=False), people(0, 50, 60, 70))) == {A, B}


def test_a_small_total_is_suppressed_with_its_parts(tmp_path: Path) -> None:
    keys = locations(suppressed_keys(contracts(tmp_path), people(1, 2, 60, 70)))
    assert {A, B, NORTH} <= keys
    assert ENGLAND in keys, "England minus the South is the North"


def test_a_sum_with_missing_locations_discloses_nothing(tmp_path: Path) -> None:
    """Without B, differencing is impossible."""
    cells = [cell for cell in people(2, 50, 60, 70) if cell.location != B]
    assert locations(suppressed_keys(contracts(tmp_path), cells)) == {A}


def test_parts_that_nearly_add_up_are_protected_too(tmp_path: Path) -> None:
    """Departments round: a total of 53 beside 2 and 50 still discloses the 2."""
    cells = [Cell("dept.people", A, 2), Cell("dept.people", B, 50), Cell("dept.people", NORTH, 53)]
    assert locations(suppressed_keys(contracts(tmp_path), cells)) == {A, B}


def test_population_groups_are_parts_of_all_people(tmp_path: Path) -> None:
    female = people(2, 30, 30, 40, group=SEXES[0])
    male = people(40, 30, 30, 40, group=SEXES[1])
    total = people(42, 60, 60, 80)
    keys = suppressed_keys(contracts(tmp_path), [*female, *male, *total])
    assert A in locations(keys, group=SEXES[0])
    assert A in locations(keys, group=SEXES[1]) or A in locations(keys)
    assert len(locations(keys, group=SEXES[0])) >= 2, "otherwise the region of the group discloses it"


def test_service_lines_are_parts_of_their_total(tmp_path: Path) -> None:
    lines = {"home": 3, "day": 40, "respite": 50, "Total": 93}
    cells = [Cell("dept.people", A, count, line=line) for line, count in lines.items()]
    keys = {key[3] for key in suppressed_keys(contracts(tmp_path), cells)}
    assert "home" in keys
    assert keys & {"day", "respite"}
    assert "Total" not in keys


def test_measures_that_add_up_by_contract_are_parts_of_their_total(tmp_path: Path) -> None:
    contract_set = contracts(
        tmp_path,
        measures={"dept.gap": {"counted": ["value"]}},
        controls=[{"name": "sum", "kind": "sum", "total": "dept.people", "parts": ["dept.gap"], "tolerance": 0}],
    )
    cells = [Cell("dept.people", A, 3), Cell("dept.gap", A, 3)]
    assert {key[0] for key in suppressed_keys(contract_set, cells)} == {"dept.people", "dept.gap"}


# ---------------------------------------------------------------- the other rules of a contract


def test_denominator_minus_numerator_is_a_count_too(tmp_path: Path) -> None:
    keys = suppressed_keys(contracts(tmp_path), shares((48, 50), (20, 60), (30, 60), (30, 70)))
    assert {A, B} <= locations(keys, "dept.share")


def test_a_proportion_below_the_minimum_denominator_is_suppressed(tmp_path: Path) -> None:
    sides = ((10, 20), (20, 60), (30, 60), (30, 70))
    assert (
        locations(suppressed_keys(contracts(tmp_path, minimum_denominator=10), shares(*sides)), "dept.share") == set()
    )
    assert A in locations(suppressed_keys(contracts(tmp_path, minimum_denominator=30), shares(*sides)), "dept.share")


@pytest.mark.parametrize(("dominance", "hides_the_total"), [(None, False), (0.9, False), (0.75, True)])
def test_a_total_dominated_by_a_suppressed_part_is_suppressed(
    tmp_path: Path, dominance: float | None, hides_the_total: bool
) -> None:
    """4 of 5.2, full-time equivalents, are 77%."""
    cells = [Cell("dept.people", A, count, line=line) for line, count in (("home", 4), ("day", 1.2), ("Total", 5.2))]
    lines = {key[3] for key in suppressed_keys(contracts(tmp_path, dominance=dominance), cells)}
    assert lines == {"home", "day"} | ({"Total"} if hides_the_total else set())


def test_linked_measures_are_suppressed_together(tmp_path: Path) -> None:
    cells = [*people(2, 50, 60, 70), *shares((20, 40), (20, 60), (30, 60), (30, 70))]
    apart = suppressed_keys(contracts(tmp_path), cells)
    together = suppressed_keys(contracts(tmp_path, falls_together=[["dept.people", "dept.share"]]), cells)
    assert locations(apart, "dept.share") == set()
    assert locations(together, "dept.share") == locations(together) == {A, B}


def test_measures_are_linked_across_returns_and_through_a_chain_of_lists(tmp_path: Path) -> None:
    contract_set = contracts(
        tmp_path,
        falls_together=[["dept.people", "dept.share"]],
        other={"falls_together": [["other.people", "dept.share"]]},
    )
    cells = [*people(2, 50, 60, 70), *people(20, 50, 60, 70, measure="other.people")]
    assert locations(suppressed_keys(contract_set, cells), "other.people") == {A, B}


def test_a_comparison_is_suppressed_only_where_one_of_its_groups_is(tmp_path: Path) -> None:
    contract_set = contracts(tmp_path, compares_groups={"dept.gap": "dept.people"})
    cells = [
        *people(2, 30, 30, 40, group=SEXES[0]),
        *people(40, 30, 30, 40, group=SEXES[1]),
        *(Cell("dept.gap", location, 7) for location in (A, B, C, D)),
    ]
    keys = suppressed_keys(contract_set, cells)
    assert locations(keys, group=SEXES[0]) == {A, B}
    assert locations(keys, "dept.gap") == {A, B}


def test_a_measure_may_have_a_rule_of_its_own(tmp_path: Path) -> None:
    contract_set = contracts(tmp_path, measures={"dept.people": {"threshold": 3}})
    assert suppressed_keys(contract_set, people(3, 50, 60, 70)) == set()
    assert locations(suppressed_keys(contract_set, people(2, 50, 60, 70))) == {A, B}


def test_closed_measures_cause_no_suppression(tmp_path: Path) -> None:
    closed = contracts(tmp_path, measures={"dept.people": {"tiers": ["restricted"]}})
    assert suppressed_keys(closed, people(2, 50, 60, 70)) == set()
    assert suppressed_keys(contracts(tmp_path, tiers=["restricted"]), people(2, 50, 60, 70)) == set()


def test_a_return_with_a_reason_instead_of_a_threshold_has_no_suppression(tmp_path: Path) -> None:
    assert (
        suppressed_keys(contracts(tmp_path, threshold=None, reason="money, not people"), people(2, 50, 60, 70)) == set()
    )


# ---------------------------------------------------------------- time


def test_a_cell_that_was_small_once_is_suppressed_at_every_knowledge_time(tmp_path: Path) -> None:
    """Otherwise the history of a 2 that was revised to 20 would disclose both."""
    cells = [*people(2, 50, 60, 70, until=SECOND), *people(20, 50, 60, 70, since=SECOND)]
    keys = suppressed_keys(contracts(tmp_path), cells)
    assert locations(keys) == {A, B}
    assert all(cell.v is None for cell in with_suppressed(cells, keys) if cell.location == A)


def test_secondary_suppressions_apply_at_every_knowledge_time(tmp_path: Path) -> None:
    cells = [*people(2, 50, 60, 70, until=SECOND), *people(20, 50, 60, 3, since=SECOND)]
    assert locations(suppressed_keys(contracts(tmp_path), cells)) == {A, B, C, D}


def test_a_cell_suppressed_in_an_open_release_stays_suppressed(tmp_path: Path) -> None:
    """The threshold was lowered, or a secondary suppression is no longer needed: differencing releases must fail."""
    cells = people(20, 50, 60, 70)
    assert locations(
        suppressed_keys(contracts(tmp_path), cells, with_suppressed(cells, {("dept.people", A, "Total", "Total")}))
    ) == {A}


def test_a_suppressed_cell_stays_suppressed_after_its_submission_is_withdrawn(tmp_path: Path) -> None:
    """The earlier release showed 52 in the North: minus B, which is unchanged, this would disclose the earlier 2."""
    before = people(2, 50, 60, 70)
    keys = suppressed_keys(contracts(tmp_path), before)
    now = people(20, 50, 60, 70, since=SECOND)
    assert locations(suppressed_keys(contracts(tmp_path), now, with_suppressed(before, keys))) == {A, B}


def test_a_figure_that_the_department_first_left_out_is_not_suppressed(tmp_path: Path) -> None:
    before = [Cell("dept.people", A, None)]
    cells = [Cell("dept.people", A, None, until=SECOND), *people(20, 50, 60, 70, since=SECOND)]
    assert suppressed_keys(contracts(tmp_path), cells, before) == set()


def test_a_public_small_count_is_reported_without_secondary_suppression(tmp_path: Path) -> None:
    cells = people(2, 50, 60, 70)
    keys, counts = suppress_cells(contracts(tmp_path), cells, cells)
    assert counts.exposed == 1
    assert locations(keys) == {A}


def test_a_public_cell_is_not_used_for_secondary_suppression(tmp_path: Path) -> None:
    """B was published when A was not small, so the region must be suppressed to protect A."""
    before = people(20, 50, 60, 70)
    now = [cell for cell in before if cell.location not in (A, NORTH, ENGLAND)]
    now += [Cell("dept.people", A, 20, until=SECOND), Cell("dept.people", A, 2, since=SECOND)]
    now += [Cell("dept.people", NORTH, 70, until=SECOND), Cell("dept.people", NORTH, 52, since=SECOND)]
    now += [Cell("dept.people", ENGLAND, 200, until=SECOND), Cell("dept.people", ENGLAND, 182, since=SECOND)]
    keys, counts = suppress_cells(contracts(tmp_path), now, before)
    assert counts.exposed == 0
    assert NORTH in locations(keys)
    assert B not in locations(keys)

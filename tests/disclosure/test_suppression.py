"""Which cells of a release are hidden, rule by rule: no more reasons than the contracts give, and none forgotten."""

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
    hidden,
    masked,
    people,
    shares,
    suppressed,
)

Keys = set[tuple[str, str, str, str]]


def places(keys: Keys, measure: str = "dept.people", group: str = "Total") -> set[str]:
    return {key[1] for key in keys if (key[0], key[2]) == (measure, group)}


# ---------------------------------------------------------------- small cells, and those that would tell them


def test_nothing_small_hides_nothing(tmp_path: Path) -> None:
    assert hidden(contracts(tmp_path), people(5, 50, 60, 70)) == set()


def test_a_small_count_takes_the_other_part_of_its_region_with_it(tmp_path: Path) -> None:
    keys, counted = suppressed(contracts(tmp_path), people(2, 50, 60, 70))
    assert places(keys) == {A, B}
    assert (counted.small, counted.besides, counted.exposed) == (1, 1, 0)


def test_two_small_counts_of_one_region_protect_each_other(tmp_path: Path) -> None:
    assert places(hidden(contracts(tmp_path), people(3, 4, 60, 70))) == {A, B}


@pytest.mark.parametrize(("count", "is_small"), [(0, False), (1, True), (4, True), (5, False)])
def test_small_is_from_one_to_below_the_threshold(tmp_path: Path, count: float, is_small: bool) -> None:
    assert (A in places(hidden(contracts(tmp_path), people(count, 50, 60, 70)))) is is_small


def test_nought_is_small_where_the_contract_does_not_show_it(tmp_path: Path) -> None:
    assert places(hidden(contracts(tmp_path, shows_zeros=False), people(0, 50, 60, 70))) == {A, B}


def test_a_total_that_is_small_is_hidden_with_its_parts(tmp_path: Path) -> None:
    keys = places(hidden(contracts(tmp_path), people(1, 2, 60, 70)))
    assert {A, B, NORTH} <= keys
    assert ENGLAND in keys, "with England and the South shown the North is what is left"


def test_a_sum_whose_places_are_missing_binds_nothing(tmp_path: Path) -> None:
    """Without B nobody can subtract."""
    cells = [cell for cell in people(2, 50, 60, 70) if cell.place != B]
    assert places(hidden(contracts(tmp_path), cells)) == {A}


def test_parts_that_nearly_make_their_total_bind_too(tmp_path: Path) -> None:
    """Departments round: a total of 53 beside 2 and 50 tells the 2 all the same."""
    cells = [Cell("dept.people", A, 2), Cell("dept.people", B, 50), Cell("dept.people", NORTH, 53)]
    assert places(hidden(contracts(tmp_path), cells)) == {A, B}


def test_groups_of_people_are_parts_of_everybody(tmp_path: Path) -> None:
    female = people(2, 30, 30, 40, group=SEXES[0])
    male = people(40, 30, 30, 40, group=SEXES[1])
    total = people(42, 60, 60, 80)
    keys = hidden(contracts(tmp_path), [*female, *male, *total])
    assert A in places(keys, group=SEXES[0])
    assert A in places(keys, group=SEXES[1]) or A in places(keys)
    assert len(places(keys, group=SEXES[0])) >= 2, "the region of the group would tell it else"


def test_service_lines_are_parts_of_their_total(tmp_path: Path) -> None:
    lines = {"home": 3, "day": 40, "respite": 50, "Total": 93}
    cells = [Cell("dept.people", A, count, line=line) for line, count in lines.items()]
    keys = {key[3] for key in hidden(contracts(tmp_path), cells)}
    assert "home" in keys
    assert keys & {"day", "respite"}
    assert "Total" not in keys


def test_measures_that_a_contract_says_add_up_are_parts_of_their_sum(tmp_path: Path) -> None:
    said = contracts(
        tmp_path,
        measures={"dept.gap": {"counted": ["value"]}},
        controls=[{"name": "sum", "kind": "sum", "total": "dept.people", "parts": ["dept.gap"], "tolerance": 0}],
    )
    cells = [Cell("dept.people", A, 3), Cell("dept.gap", A, 3)]
    assert {key[0] for key in hidden(said, cells)} == {"dept.people", "dept.gap"}


# ---------------------------------------------------------------- the other rules of a contract


def test_those_whom_a_proportion_leaves_out_are_people_too(tmp_path: Path) -> None:
    keys = hidden(contracts(tmp_path), shares((48, 50), (20, 60), (30, 60), (30, 70)))
    assert {A, B} <= places(keys, "dept.share")


def test_a_share_of_few_people_is_hidden_whatever_their_number(tmp_path: Path) -> None:
    sides = ((10, 20), (20, 60), (30, 60), (30, 70))
    assert places(hidden(contracts(tmp_path, minimum_denominator=10), shares(*sides)), "dept.share") == set()
    assert A in places(hidden(contracts(tmp_path, minimum_denominator=30), shares(*sides)), "dept.share")


@pytest.mark.parametrize(("dominance", "hides_the_total"), [(None, False), (0.9, False), (0.75, True)])
def test_a_total_that_a_hidden_part_dominates_is_hidden(
    tmp_path: Path, dominance: float | None, hides_the_total: bool
) -> None:
    """4 of 5.2, full-time equivalents, are 77%."""
    cells = [Cell("dept.people", A, count, line=line) for line, count in (("home", 4), ("day", 1.2), ("Total", 5.2))]
    lines = {key[3] for key in hidden(contracts(tmp_path, dominance=dominance), cells)}
    assert lines == {"home", "day"} | ({"Total"} if hides_the_total else set())


def test_measures_that_say_the_same_people_fall_together(tmp_path: Path) -> None:
    cells = [*people(2, 50, 60, 70), *shares((20, 40), (20, 60), (30, 60), (30, 70))]
    apart = hidden(contracts(tmp_path), cells)
    together = hidden(contracts(tmp_path, falls_together=[["dept.people", "dept.share"]]), cells)
    assert places(apart, "dept.share") == set()
    assert places(together, "dept.share") == places(together) == {A, B}


def test_they_do_so_across_returns_and_through_a_chain_of_lists(tmp_path: Path) -> None:
    said = contracts(
        tmp_path,
        falls_together=[["dept.people", "dept.share"]],
        other={"falls_together": [["other.people", "dept.share"]]},
    )
    cells = [*people(2, 50, 60, 70), *people(20, 50, 60, 70, measure="other.people")]
    assert places(hidden(said, cells), "other.people") == {A, B}


def test_what_compares_groups_falls_with_any_of_them_and_only_there(tmp_path: Path) -> None:
    said = contracts(tmp_path, compares_groups={"dept.gap": "dept.people"})
    cells = [
        *people(2, 30, 30, 40, group=SEXES[0]),
        *people(40, 30, 30, 40, group=SEXES[1]),
        *(Cell("dept.gap", place, 7) for place in (A, B, C, D)),
    ]
    keys = hidden(said, cells)
    assert places(keys, group=SEXES[0]) == {A, B}
    assert places(keys, "dept.gap") == {A, B}


def test_a_measure_may_have_a_rule_of_its_own(tmp_path: Path) -> None:
    said = contracts(tmp_path, measures={"dept.people": {"threshold": 3}})
    assert hidden(said, people(3, 50, 60, 70)) == set()
    assert places(hidden(said, people(2, 50, 60, 70))) == {A, B}


def test_what_the_public_does_not_see_at_all_hides_nothing(tmp_path: Path) -> None:
    closed = contracts(tmp_path, measures={"dept.people": {"tiers": ["restricted"]}})
    assert hidden(closed, people(2, 50, 60, 70)) == set()
    assert hidden(contracts(tmp_path, tiers=["restricted"]), people(2, 50, 60, 70)) == set()


def test_a_return_with_a_reason_instead_of_a_threshold_hides_nothing(tmp_path: Path) -> None:
    assert hidden(contracts(tmp_path, threshold=None, reason="money, not people"), people(2, 50, 60, 70)) == set()


# ---------------------------------------------------------------- time


def test_a_cell_that_was_small_once_is_hidden_at_every_time(tmp_path: Path) -> None:
    """Of 2 that became 20 the history would tell both."""
    cells = [*people(2, 50, 60, 70, until=SECOND), *people(20, 50, 60, 70, since=SECOND)]
    keys = hidden(contracts(tmp_path), cells)
    assert places(keys) == {A, B}
    assert all(cell.v is None for cell in masked(cells, keys) if cell.place == A)


def test_partners_of_every_time_are_hidden_at_every_time(tmp_path: Path) -> None:
    cells = [*people(2, 50, 60, 70, until=SECOND), *people(20, 50, 60, 3, since=SECOND)]
    assert places(hidden(contracts(tmp_path), cells)) == {A, B, C, D}


def test_what_an_open_release_hid_stays_hidden(tmp_path: Path) -> None:
    """The threshold was lowered, or a partner is needed no more: the earlier release would tell by the later."""
    cells = people(20, 50, 60, 70)
    assert places(hidden(contracts(tmp_path), cells, masked(cells, {("dept.people", A, "Total", "Total")}))) == {A}


def test_what_an_open_release_hid_stays_hidden_though_its_submission_was_withdrawn(tmp_path: Path) -> None:
    """The release before showed 52 in the North: beside B, which did not change, it would tell of the 2 of then."""
    before = people(2, 50, 60, 70)
    keys = hidden(contracts(tmp_path), before)
    now = people(20, 50, 60, 70, since=SECOND)
    assert places(hidden(contracts(tmp_path), now, masked(before, keys))) == {A, B}


def test_what_a_department_itself_did_not_tell_at_first_is_not_ours_to_hide(tmp_path: Path) -> None:
    before = [Cell("dept.people", A, None)]
    cells = [Cell("dept.people", A, None, until=SECOND), *people(20, 50, 60, 70, since=SECOND)]
    assert hidden(contracts(tmp_path), cells, before) == set()


def test_a_small_count_that_is_public_is_counted_and_nothing_is_hidden_for_it_in_vain(tmp_path: Path) -> None:
    cells = people(2, 50, 60, 70)
    keys, counted = suppressed(contracts(tmp_path), cells, cells)
    assert counted.exposed == 1
    assert places(keys) == {A}


def test_a_partner_that_is_public_already_is_no_partner(tmp_path: Path) -> None:
    """B was shown when A was not small: the region must go, or A is told."""
    before = people(20, 50, 60, 70)
    now = [cell for cell in before if cell.place not in (A, NORTH, ENGLAND)]
    now += [Cell("dept.people", A, 20, until=SECOND), Cell("dept.people", A, 2, since=SECOND)]
    now += [Cell("dept.people", NORTH, 70, until=SECOND), Cell("dept.people", NORTH, 52, since=SECOND)]
    now += [Cell("dept.people", ENGLAND, 200, until=SECOND), Cell("dept.people", ENGLAND, 182, since=SECOND)]
    keys, counted = suppressed(contracts(tmp_path), now, before)
    assert counted.exposed == 0
    assert NORTH in places(keys)
    assert B not in places(keys)

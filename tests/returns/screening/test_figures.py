"""How figures, markers, statuses and missing values are read, and that every cell is accounted for."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.returns.screening.screening_bench import (
    CODES,
    CONTRACT,
    GOOD,
    GOOD_ROWS,
    HEADER,
    Bench,
    contract_with,
    csv_of,
    found,
)

COUNT = "2022-23,E06000002,Beta,,Count,,,{value},{status},{note}"


def count_row(value: str = "20", status: str = "", note: str = "") -> str:
    return COUNT.format(value=value, status=status, note=note)


def read(bench: Bench, value: str = "20", status: str = "", note: str = "") -> tuple[object, ...]:
    """Value, status and note of one count, sent as these texts."""
    assert found(bench.screen(csv_of(count_row(f'"{value}"', status, note))), "error") == []
    return bench.rows("SELECT value, value_status, note FROM observations")[0]


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0", 0.0), ("12", 12.0), ("1,234", 1234.0), ("1,234,567.50", 1234567.5), ("12.", 12.0), (".5", 0.5), ("+5", 5.0),
        ("1e3", 1000.0), ("1.5E-3", 0.0015), ("63%", 63.0), ("£12.50", 12.5), ("£ 12", 12.0), (" 7 ", 7.0), ("007", 7.0),
        ("5505.6500000000015", 5505.6500000000015),
    ],
)  # fmt: skip
def test_numbers_are_read_as_people_write_them(bench: Bench, text: str, number: float) -> None:
    assert read(bench, text) == (number, "", None)


@pytest.mark.parametrize(
    ("text", "status"), [("c", "c"), ("[x]", "x"), ("..", "x"), ("999", "u"), ("", "x"), ("  ", "x")]
)
def test_a_missing_value_is_never_zero_and_says_why(bench: Bench, text: str, status: str) -> None:
    assert read(bench, text) == (None, status, None)


def test_the_status_column_says_why_a_value_is_missing(bench: Bench) -> None:
    assert read(bench, "", "[z]") == (None, "z", None)
    assert read(bench, "20", "p") == (20.0, "p", None)


def test_a_remark_in_the_status_column_is_kept_as_a_note(bench: Bench) -> None:
    assert read(bench, "20", "see page 2", "rounded") == (20.0, "", "rounded; see page 2")


def test_the_status_of_a_period_label_is_the_status_of_its_values(bench: Bench) -> None:
    assert bench.screen(csv_of(count_row().replace("2022-23", "2022-23 (prov)"))).problems == []
    assert bench.rows("SELECT period_code, value_status FROM observations") == [("FY2022-23", "p")]


def test_two_labels_of_one_period_are_one_key(bench: Bench) -> None:
    outcome = bench.screen(csv_of(count_row(), count_row("21").replace("2022-23", "2022/23")))
    assert found(outcome) == ["key.repeated_with_different_values"]


def test_a_note_inside_a_cell_is_taken_out_and_kept(tmp_path: Path) -> None:
    bench = Bench(tmp_path, contract_with(cell_notes=r"\[notes? [^\]]*\]"))
    assert read(bench, "20 [note 4]") == (20.0, "", "[note 4]")
    assert read(bench, "[x] [note 4]") == (None, "x", "[note 4]")
    assert read(bench, "[note 4][note 5]") == (None, "x", "[note 4] [note 5]")


def test_a_note_may_say_why_a_value_is_missing(tmp_path: Path) -> None:
    bench = Bench(tmp_path, contract_with(layouts__0__note_statuses={"^Suppressed": "c", "small": "low"}))
    assert read(bench, "", note="Suppressed for confidentiality") == (None, "c", "Suppressed for confidentiality")
    assert read(bench, "", note="too small")[:2] == (None, "low")
    assert read(bench, "", note="another")[:2] == (None, "x")
    assert read(bench, "5", note="too small")[:2] == (5.0, "")


def rate(numerator: str, denominator: str, value: str) -> str:
    return csv_of(f"2022-23,E06000001,Alpha,Male,Rate,{numerator},{denominator},{value},,")


PARTS = "SELECT numerator, denominator, value, value_status, numerator_status, denominator_status FROM observations"


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        (("5", "10", "50"), (5, 10, 50, "", "", "")),
        (("c", "10", "c"), (None, 10, None, "c", "c", "")),
        (("c", "10", ""), (None, 10, None, "c", "c", "")),
        (("", "..", "50"), (None, None, 50, "", "x", "x")),
        (("0", "0", "0"), (0, 0, None, "z", "", "")),
        (("0", "0", "c"), (0, 0, None, "z", "", "")),
    ],
)
def test_parts_keep_their_own_statuses(bench: Bench, sent: tuple[str, ...], expected: tuple[object, ...]) -> None:
    assert bench.screen(rate(*sent)).problems == []
    assert bench.rows(PARTS) == [expected]


def test_a_value_that_is_not_sent_follows_from_its_parts(tmp_path: Path) -> None:
    bench = Bench(
        tmp_path, contract_with(layouts__0__cells__0__value=None, layouts__0__cells__0__numerator_is_complement=False)
    )
    assert bench.screen(rate("1", "3", "999")).problems == []
    assert bench.rows(PARTS) == [(1, 3, 100 * 1 / 3, "", "", "")]
    assert bench.screen(rate("c", "3", "")).problems == []
    assert bench.rows(PARTS) == [(None, 3, None, "c", "c", "")]


def test_a_value_whose_column_this_file_lacks_follows_from_its_parts(tmp_path: Path) -> None:
    bench = Bench(
        tmp_path, contract_with(layouts__0__columns__rate={"required": False}, layouts__0__cells__0__value="rate")
    )
    assert bench.screen(rate("1", "4", "")).problems == []
    assert bench.rows(PARTS) == [(1, 4, 25, "", "", "")]
    sent = f"{HEADER},rate\n2022-23,E06000001,Alpha,Male,Rate,1,4,,,,c\n"
    assert bench.screen(sent).problems == []
    assert bench.rows(PARTS) == [(1, 4, None, "c", "", "")]


def test_a_numerator_sent_as_its_complement_is_turned_round(tmp_path: Path) -> None:
    bench = Bench(
        tmp_path, contract_with(layouts__0__cells__0__value=None, layouts__0__cells__0__numerator_is_complement=True)
    )
    assert bench.screen(rate("1", "4", "")).problems == []
    assert bench.rows(PARTS) == [(3, 4, 75, "", "", "")]


def test_control_totals_do_not_stumble_over_the_last_digits_of_doubles(tmp_path: Path) -> None:
    part = {
        "code": "dept.part",
        "name": "Part",
        "unit": "people",
        "value_type": "count",
        "domain": "context",
        "period": {"kind": "FY"},
    }
    contract = contract_with(
        measures__2=part,
        measures__3={**part, "code": "dept.rest"},
        controls=[{"name": "sum", "kind": "sum", "total": "dept.count", "parts": ["dept.part", "-dept.rest"]}],
        layouts__0__cells__2={"measure": "dept.part", "when": {"indicator": ["Part"]}, "value": "value"},
        layouts__0__cells__3={"measure": "dept.rest", "when": {"indicator": ["Rest"]}, "value": "value"},
    )
    bench = Bench(tmp_path, contract)

    def rows(total: str, part: str, rest: str) -> str:
        return csv_of(
            count_row(total), count_row(part).replace("Count", "Part"), count_row(rest).replace("Count", "Rest")
        )

    assert bench.screen(rows("0.2", "0.3", "0.1")).problems == []
    assert bench.screen(rows("c", "0.3", "0.1")).problems == []
    assert bench.screen(rows("5", "0.3", "c")).problems == []
    outcome = bench.screen(rows("0.21", "0.3", "0.1"))
    assert str(outcome.problems[0]["message"]).startswith("sum: the total is 0.21, its parts add up to 0.19999")


def test_repeated_keys_with_blanks_in_them_are_compared_too(bench: Bench) -> None:
    twice = csv_of(count_row("c", note="a"), count_row("c", note="b"))
    assert found(bench.screen(twice), "info", "error") == ["key.repeated"]
    assert bench.rows("SELECT source_row, note FROM observations") == [(2, "a")]
    assert found(bench.screen(csv_of(count_row("c"), count_row("5")))) == ["key.repeated_with_different_values"]
    assert found(bench.screen(csv_of(count_row("c"), count_row(".."))), "error") == [
        "key.repeated_with_different_values"
    ]


def test_unknown_places_and_labels_are_not_taken_for_repeats_of_each_other(tmp_path: Path) -> None:
    bench = Bench(tmp_path, contract_with(layouts__0__locations=[{"name": "area_name", "resolve": "name"}]))
    outcome = bench.screen(csv_of(count_row("1").replace("Beta", "Psi"), count_row("2").replace("Beta", "Chi")))
    assert found(outcome) == ["location.unknown_name"]


# Accounting


def accounted(outcome: object) -> bool:
    counts = ("observations", "collapsed", "filtered", "unreadable_periods")
    return outcome.cells == sum(getattr(outcome, name) for name in counts)


def test_rows_the_contract_leaves_out_are_counted_cell_by_cell(tmp_path: Path) -> None:
    contract = contract_with(
        layouts__0__rows={
            "until": {"area_name": ["England"]},
            "drop": {"sex": ["Unknown"], "status": ["skip"]},
            "keep": {"indicator": ["Count", "Rate"]},
        },
        layouts__0__cells__2={
            "measure": "dept.rate",
            "when": {"indicator": ["Rate"]},
            "sets": {"sex": "male"},
            "value": "value",
        },
    )
    below = "anything,at,all,,,,,,,"
    outcome = Bench(tmp_path, contract).screen(
        csv_of(
            count_row(),
            count_row().replace("Beta,", "Beta,Unknown"),
            GOOD_ROWS[1],
            GOOD_ROWS[0].replace(",50,,", ",50,skip,"),
            count_row().replace("Count", "Other"),
            "2022-23,E92000001,England,,Count,,,5,,",
            below,
        )
    )
    assert outcome.problems == []
    assert (outcome.rows, outcome.cells, outcome.observations, outcome.filtered) == (7, 9, 4, 5)
    assert accounted(outcome)


def test_unreadable_periods_are_counted_where_the_contract_lets_them_pass(tmp_path: Path) -> None:
    outcome = Bench(tmp_path, contract_with(unreadable_period="warn")).screen(
        GOOD + csv_of(count_row().replace("2022-23", "0"), header="")[1:]
    )
    assert outcome.accepted
    assert found(outcome) == ["period.unreadable"]
    assert (outcome.cells, outcome.observations, outcome.unreadable_periods) == (5, 4, 1)


def test_a_period_that_no_calendar_has_is_unreadable(bench: Bench) -> None:
    for label in ("0000-01", "9999-00", "9998-99", "31/02/2023"):
        assert found(bench.screen(csv_of(count_row().replace("2022-23", label)))) == ["period.unreadable"]


cells = st.sampled_from(["5", "10", "c", "", "5.0"])
row = st.builds(
    lambda *parts: ",".join(parts),
    st.sampled_from(["2022-23", "2022/23", "2021-22", "0", ""]),
    st.sampled_from(["E06000001", "E06000002"]),
    st.sampled_from(["Alpha", "Beta", ""]),
    st.sampled_from(["Male", "male ", "Female", "Persons", "", "Leave out"]),
    st.sampled_from(["Count", "count", "Rate"]),
    cells,
    st.sampled_from(["10", "20", "0", "c"]),
    cells,
    st.sampled_from(["", "x", "p", "a remark"]),
    st.sampled_from(["", "note"]),
)


@pytest.fixture(scope="module")
def lenient(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    """A bench whose contract warns of unreadable periods and leaves rows out."""
    contract = contract_with(unreadable_period="warn", layouts__0__rows={"drop": {"sex": ["Leave out"]}})
    return Bench(tmp_path_factory.mktemp("bench"), contract, codes=CODES)


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(rows=st.lists(row, min_size=1, max_size=12))
def test_every_cell_is_accounted_for_and_every_key_is_unique(lenient: Bench, rows: list[str]) -> None:
    bench = lenient
    outcome = bench.screen("\n".join([HEADER, *rows]) + "\n")
    if not outcome.accepted:
        assert found(outcome, "error")
        return
    assert outcome.rows == len(rows) == outcome.cells
    assert accounted(outcome)
    shown = "measure_code, location_code, location_level, period_code, characteristic, category, service_line"
    assert bench.rows(f"SELECT count(*), count(DISTINCT ({shown})), count(value) FROM observations") == [
        (outcome.observations, outcome.observations, outcome.values)
    ]
    assert bench.rows("SELECT count(*) FROM observations WHERE value IS NULL AND coalesce(value_status, '') = ''") == [
        (0,)
    ]


def test_the_order_of_columns_and_rows_makes_no_difference(bench: Bench) -> None:
    lines = [line.split(",") for line in GOOD.splitlines()]
    turned = "".join(",".join(reversed(line)) + "\n" for line in [lines[0], *reversed(lines[1:])])
    query = "SELECT * EXCLUDE (source_row) FROM observations ORDER BY ALL"
    bench.screen(GOOD)
    straight = bench.rows(query)
    assert bench.screen(turned).problems == []
    assert bench.rows(query) == straight


def test_the_contract_used_here_is_valid(tmp_path: Path) -> None:
    assert Bench(tmp_path, CONTRACT).screen(GOOD).accepted

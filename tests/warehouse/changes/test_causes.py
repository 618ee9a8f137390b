"""Why a release differs from the one before: the cause of every cell, the number of the data, and the notes in words."""

from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.foundation.errors import OversightError
from orchestration.foundation.settings import Settings
from orchestration.warehouse.changes.change_list import Changes
from orchestration.warehouse.changes.comparison import compared
from orchestration.warehouse.changes.data_version import next_version
from orchestration.warehouse.publishing.promotion import Published, publish, rollback
from orchestration.warehouse.store.manifest import read_manifest
from tests.expectations.small_warehouse import passed_candidate as passed

NEWER = "dfe.children.20250601T090000Z.abcdabcd"
ARRIVED = f"""INSERT INTO marts.dim_submission
    SELECT * REPLACE ('{NEWER}' AS submission_key, TIMESTAMP '2025-06-01 09:00' AS received_at, {{}} AS is_late)
    FROM marts.dim_submission WHERE submission_key LIKE '%bbbbbbbb';"""
SAID = f"""UPDATE marts.fct_observation SET value = 35, numerator = 14, submission_key = '{NEWER}'
           WHERE observation_key = 1 AND version_number = 2;"""
RAISED = "UPDATE marts.fct_observation SET value = 35 WHERE observation_key = 1 AND version_number = 2;"
DERIVED = """CREATE VIEW analysis.derived_measures AS
    SELECT facts.*, places.location_code, places.location_level, 'Total' AS characteristic, 'Total' AS category
    FROM marts.fct_derived_measure AS facts JOIN marts.dim_location AS places USING (location_key);"""
DEARER = "UPDATE marts.fct_derived_measure SET numerator = 4200, value = 105 WHERE observation_key = 302;"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "var")


def publish_two(settings: Settings, change: str, first: str = "", **told: dict[str, object]) -> Published:
    """Publish the small warehouse, then the same with `change`; `before` and `now` are provenances."""
    publish(settings, passed(settings, "r1", first), provenance=told.get("before"))
    return publish(settings, passed(settings, "r2", first + change), provenance=told.get("now"))


def causes(published: Published) -> list[tuple[Any, ...]]:
    """Kind, cause and measure of each cell that differs."""
    file = published.folder / "changes.parquet"
    return duckdb.sql(f"SELECT change, cause, measure_code FROM '{file}' ORDER BY ALL").fetchall()


@pytest.mark.parametrize(
    ("change", "cause"),
    [
        (ARRIVED.format("false") + SAID, "new submission"),
        (ARRIVED.format("true") + SAID, "late return"),
        # The second file is withdrawn, and the figure of the first is current again.
        (
            """UPDATE marts.dim_submission SET submission_status = 'withdrawn', withdrawn_at = '2025-06-01',
                   withdrawal_reason = 'Wrong year.' WHERE submission_key LIKE '%bbbbbbbb';
               UPDATE marts.fct_observation SET known_to = '2025-06-01' WHERE observation_key = 1 AND version_number = 2;
               INSERT INTO marts.fct_observation
               SELECT * REPLACE (3 AS version_number, TIMESTAMP '2025-06-01' AS known_from,
                                 TIMESTAMP '9999-12-31' AS known_to)
               FROM marts.fct_observation WHERE observation_key = 1 AND version_number = 1""",
            "submission withdrawn",
        ),
        (RAISED + "UPDATE marts.dim_return SET contract_version = 'other'", "contract change"),
        (RAISED, "unexplained"),
    ],
)
def test_a_revised_cell_has_its_cause(settings: Settings, change: str, cause: str) -> None:
    assert causes(publish_two(settings, change)) == [("revised", cause, "dfe.in_school")]


@pytest.mark.parametrize(
    ("now", "cause"),
    [({"code": "b", "reference_files": {}}, "method change"), ({"code": "a"}, "reference change")],
)
def test_code_comes_before_references(settings: Settings, now: dict[str, object], cause: str) -> None:
    published = publish_two(settings, RAISED, before={"code": "a", "reference_files": {"ref.imd": 1}}, now=now)
    assert causes(published) == [("revised", cause, "dfe.in_school")]


def test_a_cell_that_a_later_file_leaves_out_went_with_it(settings: Settings) -> None:
    gone = "UPDATE marts.fct_observation SET known_to = '2025-06-01 09:00' WHERE observation_key = 4;"
    assert causes(publish_two(settings, ARRIVED.format("false") + gone)) == [
        ("withdrawn", "new submission", "dfe.in_school")
    ]


@pytest.mark.parametrize(
    ("change", "cause"),
    [
        (ARRIVED.format("true") + DEARER, "late return"),
        (
            DEARER + "UPDATE marts.bridge_measure_component SET pin_months = 10 WHERE component_number = 2",
            "contract change",
        ),
        (
            DEARER + "UPDATE marts.bridge_measure_component SET summed_categories = ['sex=male'] WHERE is_lead",
            "contract change",
        ),
        (DEARER + "UPDATE marts.dim_measure SET rounded_to = 1 WHERE rounded_to = 5", "contract change"),
        (DEARER, "unexplained"),
    ],
)
def test_a_derived_measure_changes_with_what_it_is_made_of(settings: Settings, change: str, cause: str) -> None:
    assert causes(publish_two(settings, change, DERIVED)) == [("revised", cause, "dfe.child_cost")]


@pytest.mark.parametrize(
    ("changes", "version"),
    [
        (Changes({"added": 1, "withdrawn": 1}), "3.0.0"),
        (Changes({"added": 1}, redefined=("dfe.in_school",)), "3.0.0"),
        (Changes(dropped=("dfe.in_school",)), "3.0.0"),
        (Changes({"added": 3}), "2.5.0"),
        (Changes({"revised": 3}), "2.5.0"),
        (Changes(), "2.4.2"),
    ],
)
def test_the_number_says_how_much_changed(changes: Changes, version: str) -> None:
    assert next_version("2.4.1", changes) == version
    assert next_version(None, changes) == "1.0.0"


def test_every_release_has_a_number_and_none_is_given_twice(settings: Settings) -> None:
    first = publish_two(settings, ARRIVED.format("false") + SAID)
    assert [read_manifest(settings.releases / "restricted" / name)["data_version"] for name in ("r1", "r2")] == [
        "1.0.0",
        "1.1.0",
    ]
    assert read_manifest(first.folder)["change_causes"] == {"new submission": 1}
    rollback(settings, "r1")
    third = publish(settings, passed(settings, "r3", RAISED), lifts_hold=True)
    assert read_manifest(third.folder)["data_version"] == "1.2.0"


def test_another_meaning_is_another_major_number(settings: Settings) -> None:
    published = publish_two(settings, "UPDATE marts.dim_measure SET unit = 'pupils' WHERE unit = 'children'")
    assert read_manifest(published.folder)["data_version"] == "2.0.0"
    assert "## Measures with a new definition\n\n- dfe.children_count\n" in notes(published)


def notes(published: Published) -> str:
    return (published.folder / "release-notes.md").read_text(encoding="utf-8")


def test_the_notes_say_in_words_what_changed_and_why(settings: Settings) -> None:
    text = notes(publish_two(settings, ARRIVED.format("true") + SAID))
    assert "Compared with release r1: 1 figure was revised." in text
    assert "| dfe.children | revised | a late return | 1 | 1 | 1 |" in text
    assert "- In school, York, FY2022-23: 30 became 35 (%)." in text


def test_the_first_notes_say_what_there_is(settings: Settings) -> None:
    text = notes(publish(settings, passed(settings, "r1")))
    assert "It is the first release and contains 8 figures of 3 measures from 2 returns." in text


def test_any_two_releases_can_be_compared(settings: Settings) -> None:
    publish_two(settings, ARRIVED.format("false") + SAID)
    with compared(settings, None, None) as forwards:
        assert (forwards.old, forwards.new, forwards.old_version, forwards.new_version) == (
            "r1",
            "r2",
            "1.0.0",
            "1.1.0",
        )
        assert forwards.counts().fetch(9) == [("dfe.children", "sent", "revised", "new submission", 1, 1, 1)]
        assert [row[-2:] for row in forwards.examples().fetch(9)] == [(30.0, 35.0)]
    with compared(settings, "r2", "r1") as backwards:
        cells = backwards.cells()
        rows = [dict(zip(cells.columns, row, strict=True)) for row in cells.fetch(9)]
    assert [(row["old_value"], row["new_value"]) for row in rows] == [(35.0, 30.0)]


def test_the_first_release_has_none_to_be_compared_with(settings: Settings) -> None:
    publish(settings, passed(settings, "r1"))
    with pytest.raises(OversightError, match="r1 is the first release"), compared(settings, None, None):
        pass

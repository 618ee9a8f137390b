"""An invalid contract is refused with a sentence that names file, line and word."""

from pathlib import Path

import pytest

from orchestration.contracts import load_contracts
from orchestration.foundation.errors import ContractError

CODES = """\
departments: {dep: A department}
gss_entities:
  E06: {level: local_authority, type: unitary_authority, description: Unitary authorities}
"""
REFERENCE = """\
reference: ref.dictionary
name: Dictionary
description: One row per measure.
department: dep
owner: {name: Team, email: team@dep.gov.uk}
file: {format: csv}
columns:
  label: {}
  title: {}
"""
RETURN = """\
return: dep.things
name: Things
description: Things by area.
department: dep
owner:
  name: Team
  email: team@dep.gov.uk
cadence: annual
due: {months_after_period_end: 3}
burden: {hours_per_return: 1}
markers: {"-": x}
measures:
  - code: dep.thing_count
    name: Things
    unit: things
    value_type: count
    domain: context
    period: {kind: FY}
controls:
  - name: total
    kind: sum
    total: dep.thing_count
    parts: [dep.thing_count]
layouts:
  - name: long
    file: {format: csv}
    columns:
      year: {}
      code: {}
      things: {}
      label: {required: false}
    period: {column: year}
    locations:
      - {code: code}
    cells:
      - {measure: dep.thing_count, value: things}
      - measure_from:
          column: label
          prefix: dep.
          described_by: {reference: ref.dictionary, key: label, name: title}
          defaults: {}
        value: things
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "returns" / "dep").mkdir(parents=True)
    (tmp_path / "references").mkdir()
    (tmp_path / "codes.yml").write_text(CODES)
    (tmp_path / "references" / "dictionary.yml").write_text(REFERENCE)
    (tmp_path / "returns" / "dep" / "things.yml").write_text(RETURN)
    return tmp_path


def line_of(text: str, part: str) -> int:
    return next(number for number, line in enumerate(text.splitlines(), start=1) if part in line)


def test_the_contract_that_the_errors_start_from_is_valid(folder: Path) -> None:
    assert list(load_contracts(folder).returns) == ["dep.things"]


@pytest.mark.parametrize(
    ("old", "new", "at", "message"),
    [
        ("cadence: annual\n", "", "return: dep.things", "cadence: Field required"),
        ("  email: team@dep.gov.uk\n", "", "owner:", "owner.email: Field required"),
        (
            "cadence: annual",
            "cadence: annual\ncolour: blue",
            "colour: blue",
            "colour: Extra inputs are not permitted",
        ),
        (
            "cadence: annual",
            "cadence: annual\ncadence: monthly",
            "cadence: monthly",
            "duplicate key 'cadence'",
        ),
        ("cadence: annual", "cadence: weekly", "cadence: weekly", "cadence: Input should be 'monthly'"),
        ("period: {column: year}", "period: {column: month}", "column: month", "period names column 'month'"),
        ("value: things}", "value: thing}", "value: thing}", "cells names column 'thing'"),
        ("- {measure: dep.thing_count", "- {measure: dep.other", "dep.other", "reads measure 'dep.other'"),
        ("parts: [dep.thing_count]", "parts: [dep.part]", "[dep.part]", "names measure 'dep.part'"),
        ('{"-": x}', '{"-": ""}', "markers", "marker '-' needs a status"),
        ("key: label,", "key: word,", "key: word", "the contract of 'ref.dictionary' has no column 'word'"),
        ("ref.dictionary", "ref.lost", "ref.lost", "reference 'ref.lost' has no contract"),
        (
            "return: dep.things",
            "return: dep.others",
            "return: dep.others",
            "the path of the file requires 'dep.things'",
        ),
        ("    kind: sum", "    kind: [sum", "cells:", "fix the YAML"),
    ],
)
def test_an_error_names_the_file_the_line_and_what_is_wrong(
    folder: Path, old: str, new: str, at: str, message: str
) -> None:
    path = folder / "returns" / "dep" / "things.yml"
    assert old in RETURN
    text = RETURN.replace(old, new, 1)
    path.write_text(text)
    with pytest.raises(ContractError) as caught:
        load_contracts(folder)
    error = str(caught.value)
    assert message in error
    if message != "fix the YAML":
        assert f"{path}:{line_of(text, at)}: " in error
    else:
        assert str(path) in error


def test_all_errors_in_a_file_are_reported_together(folder: Path) -> None:
    path = folder / "returns" / "dep" / "things.yml"
    path.write_text(RETURN.replace("cadence: annual", "cadence: weekly").replace("domain: context", "domain: colour"))
    with pytest.raises(ContractError) as caught:
        load_contracts(folder)
    assert len(str(caught.value).splitlines()) == 2


def test_a_measure_has_one_owner(folder: Path) -> None:
    text = RETURN.replace("return: dep.things", "return: dep.zebras")
    path = folder / "returns" / "dep" / "zebras.yml"
    path.write_text(text)
    with pytest.raises(ContractError) as caught:
        load_contracts(folder)
    assert str(caught.value).startswith(f"{path}:{line_of(text, '- code: dep.thing_count')}: ")
    assert "measure 'dep.thing_count' already belongs to dep.things" in str(caught.value)


def test_a_department_must_be_listed(folder: Path) -> None:
    (folder / "codes.yml").write_text(CODES.replace("dep:", "other:"))
    with pytest.raises(ContractError, match=r"things\.yml:\d+: department 'dep' is not in codes\.yml"):
        load_contracts(folder)


def test_the_code_of_a_reference_must_match_its_file_name(folder: Path) -> None:
    (folder / "references" / "dictionary.yml").rename(folder / "references" / "words.yml")
    with pytest.raises(ContractError, match=r"words\.yml:1: reference is 'ref\.dictionary', expected 'ref\.words'"):
        load_contracts(folder)


def test_an_empty_file_and_a_missing_folder_are_errors(folder: Path, tmp_path: Path) -> None:
    (folder / "returns" / "dep" / "things.yml").write_text("")
    with pytest.raises(ContractError, match="does not contain a contract"):
        load_contracts(folder)
    with pytest.raises(ContractError, match=r"has no codes\.yml"):
        load_contracts(tmp_path / "nowhere")


def test_parts_shared_by_an_anchor_may_be_merged(folder: Path) -> None:
    shared = RETURN.replace("  - code: dep.thing_count\n", "  - &thing\n    code: dep.thing_count\n")
    merged = shared.replace("controls:\n", "  - <<: *thing\n    code: dep.more_things\ncontrols:\n")
    (folder / "returns" / "dep" / "things.yml").write_text(merged)
    measures = load_contracts(folder).returns["dep.things"].measures
    assert [(measure.code, measure.unit) for measure in measures] == [
        ("dep.thing_count", "things"),
        ("dep.more_things", "things"),
    ]

"""Population groups: each distinct combination of characteristics and categories, as sorted pairs.

Contains categories, totals, editions of a scheme, and the code of a group. Not here: the dimension of groups
(dbt's `dim_population_group`).
"""

import duckdb

from orchestration.contracts.breakdowns import Characteristic
from orchestration.contracts.model import Layout
from orchestration.foundation.sql import literal, literals, sent_column
from orchestration.returns.screening.layout.labels import condition, plain, plain_label, squeezed

_BLANK = "(blank)"
"""How a blank is shown if the contract gives it a category."""

_PAIR = "STRUCT(characteristic_code VARCHAR, characteristic_name VARCHAR, category_code VARCHAR, category_name VARCHAR)"
_FLAW = "STRUCT(rule VARCHAR, shown VARCHAR, contract_column VARCHAR)"
# A code keeps the signs that distinguish categories: `<16` is not `>16`, and `65+` is not `65`.
_SIGNS = {"+": " plus ", "<": " under ", ">": " over ", "%": " pct ", "&": " and "}


def make_groups(con: duckdb.DuckDBPyConnection, layout: Layout, sets: list[dict[str, str]]) -> None:
    """Create `groups`: one row per row of `group_keys` and set of fixed categories.

    `group_no` is group_key × the number of sets + the number of the set; `flaws` lists (rule, shown, contract_column)
    for labels that are wrong or new.
    """
    _make_labels(con, layout)
    parts = [_for_sets(layout, number, len(sets), fixed) for number, fixed in enumerate(sets)]
    con.execute(
        f"""
        CREATE TABLE groups AS
        SELECT *, {_joined("m.characteristic_code || '=' || m.category_code", ";")} AS population_group_code,
               {_joined("m.characteristic_name", " × ")} AS characteristic,
               {_joined("m.category_name", " × ")} AS category
        FROM ({" UNION ALL BY NAME ".join(parts)})
        """
    )
    con.execute("DROP TABLE group_labels")


def _make_labels(con: duckdb.DuckDBPyConnection, layout: Layout) -> None:
    """Create `group_labels`: `group_keys` with the label of each characteristic, as sent and as compared, and whether
    the row is about it. Each is used many times, so it is calculated once."""
    splits = layout.characteristics
    labels = "".join(f", {_text(split)} AS label_{n}" for n, split in enumerate(splits) if split.column)
    plains = "".join(f", {plain_label(f'label_{n}')} AS plain_{n}" for n, split in enumerate(splits) if split.column)
    takes = "".join(f", {_takes(split, splits)} AS takes_{n}" for n, split in enumerate(splits) if split.column)
    con.execute(f"CREATE TABLE group_labels AS SELECT *{plains} FROM (SELECT *{labels}{takes} FROM group_keys)")


def _joined(shown: str, separator: str) -> str:
    texts = f"array_to_string(list_transform(members, lambda m: {shown}), {literal(separator)})"
    return f"coalesce(nullif({texts}, ''), 'Total')"


def _for_sets(layout: Layout, number: int, count: int, fixed: dict[str, str]) -> str:
    pairs, flaws = [], []
    for n, split in enumerate(layout.characteristics):
        if split.code in fixed:
            category = fixed[split.code]
            known = split.categories.get(category)
            name = known.name if known else category
            pairs.append(_struct(literal(split.code), literal(split.name), literal(category), literal(name)))
        elif split.column:
            pairs.append(f"CASE WHEN takes_{n} THEN {_pair(n, split)} END")
            flaws.append(f"CASE WHEN takes_{n} THEN {_flaw(n, split)} END")
    flaws += _left_over({n: split for n, split in enumerate(layout.characteristics) if split.code not in fixed})
    listed = f"[{', '.join(pairs)}]" if pairs else f"CAST([] AS {_PAIR}[])"
    found = f"[{', '.join(flaws)}]" if flaws else "[]"
    return f"""
        SELECT CAST(group_key * {count} + {number} AS INTEGER) AS group_no,
               list_sort(list_filter({listed}, lambda m: m IS NOT NULL)) AS members,
               list_filter(CAST({found} AS {_FLAW}[]), lambda f: f.rule IS NOT NULL) AS flaws
        FROM group_labels"""


def _takes(split: Characteristic, splits: list[Characteristic]) -> str:
    """Return SQL, never null, that is true for rows about the characteristic `split`."""
    if split.otherwise:
        others = [_takes(s, splits) for s in splits if s.column == split.column and s.is_partial and not s.otherwise]
        return f"NOT ({' OR '.join(others) or 'false'})"
    tests = [f"({condition(split.when)})"] if split.when else []
    if split.label:
        text = squeezed(sent_column(str(split.column)))
        tests.append(f"coalesce(regexp_matches({text}, {literal(split.label)}), false)")
    return " AND ".join(tests) or "true"


def _left_over(splits: dict[int, Characteristic]) -> list[str]:
    """Return SQL for the flaw of each column that several characteristics share: a label that fits none of them."""
    flaws = []
    for column in dict.fromkeys(split.column for split in splits.values() if split.column and split.is_partial):
        numbers = [n for n, split in splits.items() if split.column == column]
        sharing = [splits[n] for n in numbers]
        if all(split.is_partial and not split.otherwise for split in sharing):
            text = sent_column(column)
            taken = " OR ".join(f"takes_{n}" for n in numbers)
            totals = {plain(label) for split in sharing for label in split.total}
            tests = [f"{plain_label(text)} IN ({literals(sorted(totals - {''}))})"] if totals - {""} else []
            tests += [f"{text} IS NULL"] if "" in totals else []
            everyone = f"coalesce({' OR '.join(tests)}, false)" if tests else "false"
            beside = ", ".join(sent_column(c) for c in dict.fromkeys(c for split in sharing for c in split.when))
            flaws.append(
                f"CASE WHEN NOT ({taken}) AND NOT {everyone} THEN {{'rule': 'category.unknown', "
                f"'shown': concat_ws(': ', {beside + ', ' if beside else ''}{text}), "
                f"'contract_column': {literal(column)}}} END"
            )
    return flaws


def _text(split: Characteristic) -> str:
    """Return SQL for the label of a characteristic, which may be a part of the text in its column."""
    text = sent_column(str(split.column))
    if split.label:
        text = f"nullif(regexp_extract({squeezed(text)}, {literal(split.label)}, 1), '')"
    has_blank = any(not plain(label) for category in split.categories.values() for label in category.labels)
    return f"coalesce({text}, {literal(_BLANK)})" if has_blank else text


def _struct(code: str, name: str, category: str, category_name: str) -> str:
    return (
        f"CAST({{'characteristic_code': {code}, 'characteristic_name': {name}, "
        f"'category_code': {category}, 'category_name': {category_name}}} AS {_PAIR})"
    )


def _learned(text: str) -> str:
    """Return SQL for the code of a label that the contract does not list; never empty."""
    spoken = f"lower({text})"
    for sign, word in _SIGNS.items():
        spoken = f"replace({spoken}, {literal(sign)}, {literal(word)})"
    made = f"trim(regexp_replace({spoken}, '[^a-z0-9]+', '_', 'g'), '_')"
    return f"coalesce(nullif({made}, ''), 'label_' || left(md5({spoken}), 8))"


def _is_total(n: int, split: Characteristic) -> str:
    """Return SQL that is true if the label means all people."""
    labels = [plain(label) for label in split.total if plain(label)]
    return f"plain_{n} IN ({literals(labels)})" if labels else "false"


def _known(split: Characteristic) -> dict[str, tuple[str, str]]:
    """Return (code, name) of every category in the contract, by label. Labels come before names: a file that numbers
    quintiles in reverse sends `5` for the category named `1`."""
    found: dict[str, tuple[str, str]] = {}
    for code, category in split.categories.items():
        for label in category.labels:
            found.setdefault(plain(label) or _BLANK, (code, category.name))
    for code, category in split.categories.items():
        found.setdefault(plain(category.name), (code, category.name))
    return found


def _chosen(plain_text: str, cases: dict[str, str], otherwise: str) -> str:
    """Return SQL for the entry of `cases` for a label, otherwise `otherwise`."""
    whens = " ".join(f"WHEN {literal(label)} THEN {literal(chosen)}" for label, chosen in cases.items())
    return f"CASE {plain_text} {whens} ELSE {otherwise} END" if whens else otherwise


def _pair(n: int, split: Characteristic) -> str:
    """Return SQL for the (characteristic, category) of a label; null for all people and for a blank."""
    text, known = f"label_{n}", _known(split)
    category = _chosen(f"plain_{n}", {label: code for label, (code, _) in known.items()}, _learned(text))
    category_name = _chosen(f"plain_{n}", {label: name for label, (_, name) in known.items()}, squeezed(text))
    code, name = literal(split.code), literal(split.name)
    if split.scheme_column:
        scheme = sent_column(split.scheme_column)
        editions = {plain(label): edition for label, edition in split.schemes.items()}
        unlisted = f"coalesce({code} || ':' || {_learned(scheme)}, {code})"
        unnamed = f"coalesce({name} || ' (' || {squeezed(scheme)} || ')', {name})"
        code = _chosen(plain_label(scheme), {label: edition.code for label, edition in editions.items()}, unlisted)
        name = _chosen(plain_label(scheme), {label: edition.name for label, edition in editions.items()}, unnamed)
    pair = _struct(code, name, category, category_name)
    return f"CASE WHEN {text} IS NOT NULL AND NOT {_is_total(n, split)} THEN {pair} END"


def _flaw(n: int, split: Characteristic) -> str:
    """Return SQL for the flaw in the label of a characteristic; its rule is null if the label is known."""
    text, known = f"label_{n}", list(_known(split))
    rule = literal("category.learned" if split.open else "category.unknown")
    blank = "NULL" if any(not plain(label) for label in split.total) else "'category.unknown'"
    listed = f"plain_{n} IN ({literals(known)})" if known else "false"
    shown = text
    if split.scheme_column:
        scheme, labels = sent_column(split.scheme_column), [plain(label) for label in split.schemes]
        listed += f" AND coalesce({plain_label(scheme)} IN ({literals(labels)}), false)" if labels else " AND false"
        shown = f"concat_ws(': ', {scheme}, {text})"
    return (
        f"{{'rule': CASE WHEN {text} IS NULL THEN {blank} WHEN {_is_total(n, split)} THEN NULL "
        f"WHEN {listed} THEN NULL ELSE {rule} END, 'shown': {shown}, 'contract_column': {literal(split.column)}}}"
    )

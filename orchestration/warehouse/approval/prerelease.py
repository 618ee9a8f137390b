"""Pre-release access: who sees figures before they are public, and their copy of the draft.

Contains the published list, and access to a draft in the hours before publication. Not here: who is on the list
(`contracts/publication.yml`), and whether the draft is approved (`publication_checks`).
"""

import io
import shutil
from datetime import timedelta
from pathlib import Path

from orchestration.contracts.publication import Publication
from orchestration.foundation import clock
from orchestration.foundation.database import connect
from orchestration.foundation.errors import GateRefusedError, UsageError
from orchestration.foundation.settings import Settings
from orchestration.warehouse.approval import embargo
from orchestration.warehouse.approval.signoff import SignOff
from orchestration.warehouse.store.audit import record
from orchestration.warehouse.store.candidate import DATABASE
from orchestration.warehouse.store.catalogue import OPEN
from orchestration.warehouse.store.query import Answer

ACCESS_LIST = "pre-release-access.csv"


def write_access_list(settings: Settings, rules: Publication, folder: Path) -> None:
    """Write `folder`/pre-release-access.csv: name, role, organisation, reason and hours before publication.

    If no person has access, the file contains only the header. No cell starts a spreadsheet formula.
    """
    access = rules.open.pre_release_access
    target = folder / ACCESS_LIST
    target.unlink(missing_ok=True)  # an interrupted publication may have made it read-only
    columns = ["name", "role", "organisation", "reason", "hours_before_publication"]
    out = io.StringIO()
    with connect(None, settings) as connection:
        connection.execute(
            "CREATE TABLE access (name VARCHAR, role VARCHAR, organisation VARCHAR, reason VARCHAR, hours INTEGER)"
        )
        for person in access.people:
            row = [person.name, person.role, person.organisation, person.reason, access.hours]
            connection.execute("INSERT INTO access VALUES (?, ?, ?, ?, ?)", row)
        connection.execute("FROM access ORDER BY ALL")
        Answer(connection, columns).write_csv(out)
    target.write_text(out.getvalue(), encoding="utf-8")


def hand_out(
    settings: Settings, rules: Publication, folder: Path, signatures: list[SignOff], reader: str, target: Path
) -> Path:
    """Give `reader` pre-release access: copy the approved draft in `folder` into `target`; return the copy.

    The access is recorded in the audit log before anything is copied. Raises GateRefusedError outside the hours before
    publication, and UsageError if the reader is not on the list or the copy already exists.
    """
    access = rules.open.pre_release_access
    if reader not in {person.name for person in access.people}:
        raise UsageError(f"'{reader}' is not on the pre-release access list; use a name from publication.yml.")
    moment, present = signatures[0].moment, clock.now()
    opens = moment - timedelta(hours=access.hours)
    if not opens <= present < moment:
        when = f"from {embargo.in_words(opens, rules.open)} to {embargo.in_words(moment, rules.open)}"
        raise GateRefusedError(f"Pre-release access to {folder.name} is {when}; nothing was copied.")
    copy = target / DATABASE
    if copy.exists():
        raise UsageError(f"{copy} already exists; choose another folder.")
    target.mkdir(parents=True, exist_ok=True)
    record(
        settings,
        "pre_release_access",
        tier=OPEN,
        release_id=folder.name,
        reader=reader,
        fingerprint=signatures[0].fingerprint,
    )
    shutil.copyfile(folder / DATABASE, copy)
    return copy

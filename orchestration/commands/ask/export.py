"""`oversight export`: a release as CSV files and spreadsheets."""

from itertools import groupby
from pathlib import Path
from typing import Annotated

import typer

from orchestration.commands.output import OfTier, Tier
from orchestration.foundation.errors import UsageError
from orchestration.foundation.settings import Settings


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("export", epilog="Exit code: 0.")(export)


def export(
    folder: Annotated[Path, typer.Argument(help="Folder to create.")],
    release: Annotated[str | None, typer.Option(help="Release to use (default: the current release).")] = None,
    tier: OfTier = Tier.open,
) -> None:
    """Export a release as CSV with a Frictionless data package and CSVW metadata, and as accessible spreadsheets."""
    from orchestration.dictionary.gathering import gather
    from orchestration.exporting.package import write_package
    from orchestration.exporting.spreadsheets import MOST_ROWS, write_spreadsheet
    from orchestration.foundation.database import attach, connect
    from orchestration.warehouse.store.candidate import DATABASE
    from orchestration.warehouse.store.catalogue import resolve_release
    from orchestration.warehouse.store.read_lock import reading

    if folder.exists():
        raise UsageError(f"{folder} already exists; name a new folder, because nothing is overwritten.")
    settings = Settings()
    source = resolve_release(settings, release, tier)
    title = f"release {source.name}"
    with reading(source), connect(source / DATABASE, settings, read_only=True) as con:
        dictionary = gather(con, contracts=settings.contracts)
    with reading(source), connect(None, settings) as con:
        attach(con, source / DATABASE, "release")
        files = write_package(
            con, dictionary, folder, f"oversight-{source.name.lower()}", f"Oversight warehouse, {title}"
        )
        typer.echo(f"{len(files)} CSV files with a data package and CSVW metadata: {folder}")
        (folder / "spreadsheets").mkdir()
        owners = dict(
            con.execute(
                "SELECT return_code, owner_name || ', ' || owner_email FROM release.marts.dim_return"
            ).fetchall()
        )
        by_return = sorted(dictionary.measures, key=lambda measure: measure.return_code)
        for code, measures in groupby(by_return, key=lambda measure: measure.return_code):
            with_figures = [measure for measure in measures if measure.first_period]
            if not with_figures:
                continue
            path = write_spreadsheet(con, with_figures, folder / "spreadsheets", title, owners.get(code, ""))
            typer.echo(
                str(path)
                if path
                else f"no spreadsheet for {code}: it has more than {MOST_ROWS:,} figures, or only derived ones"
            )

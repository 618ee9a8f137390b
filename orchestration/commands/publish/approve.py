"""`oversight checklist`, `approve`, `withdraw-approval` and `preview`: what comes before figures are public.

Belongs here: words, options and what a person is shown. Does not belong here: any demand (`warehouse.approval`).
"""

import enum
import json
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from orchestration.commands.output import Tier
from orchestration.foundation.errors import GateRefusedError, UsageError
from orchestration.foundation.settings import Settings

if TYPE_CHECKING:
    from orchestration.contracts.publication import Publication
    from orchestration.warehouse.approval.checklist import Checklist, Finding
    from orchestration.warehouse.approval.signoff import SignOff

SHOWN = 10
"""Cases behind a finding that are shown."""


class ChecklistFormat(enum.StrEnum):
    """How a checklist is written."""

    text = "text"
    json = "json"


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("checklist")(checklist)
    app.command("approve")(approve)
    app.command("withdraw-approval")(withdraw_approval)
    app.command("preview")(preview)


def checklist(
    release: Annotated[str | None, typer.Argument(help="A draft; the newest that waits if not given.")] = None,
    tier: Annotated[Tier, typer.Option(help="Only releases of tier open are approved.")] = Tier.open,
    format: Annotated[
        ChecklistFormat, typer.Option(help="For people, or one line of JSON for programs.")
    ] = ChecklistFormat.text,
) -> None:
    """What stands in the way of a draft, what those who sign must acknowledge, and who has signed; refused (3) while
    anything stands in the way."""
    from orchestration.contracts.publication import load_publication
    from orchestration.warehouse.approval.checklist import check
    from orchestration.warehouse.approval.drafts import draft_folder
    from orchestration.warehouse.approval.signoff import signed, unsettled, valid

    if tier is not Tier.open:
        raise UsageError(f"Releases of tier {tier} need no approval: only those of tier open have a checklist.")
    settings = Settings()
    rules = load_publication(settings.contracts)
    found = check(settings, rules, draft_folder(settings, release))
    signatures = valid(rules, found, signed(settings, found.release_id))
    standing = unsettled(found, signatures)
    if format is ChecklistFormat.json:
        facts = {"unsettled": [one.code for one in standing], "signed": [vars(one) for one in signatures]}
        typer.echo(json.dumps({**found.as_dict(), **facts}, default=str))
    else:
        _show(found, signatures, standing, rules)
    if standing:
        things = "1 thing stands" if len(standing) == 1 else f"{len(standing)} things stand"
        raise GateRefusedError(f"{found.release_id} cannot be approved: {things} in the way, see its checklist.")


def approve(
    release: Annotated[str, typer.Argument(help="A draft, by its release id.")],
    role: Annotated[str, typer.Option(help="The role that you sign for, one of publication.yml.")],
    acknowledge: Annotated[
        list[str] | None, typer.Option(metavar="CODE", help="A warning of the checklist that you have seen.")
    ] = None,
    note: Annotated[
        list[str] | None, typer.Option(metavar="CODE=TEXT", help="Why something that stands in the way may stand.")
    ] = None,
    on: Annotated[
        str | None, typer.Option(metavar="DATE", help="The day it becomes public; else the next time of publication.")
    ] = None,
) -> None:
    """Sign a draft, as the account you logged in with; refused (3) while anything stands in the way or is not
    acknowledged."""
    from orchestration.contracts.publication import load_publication
    from orchestration.warehouse.approval.checklist import check
    from orchestration.warehouse.approval.drafts import draft_folder
    from orchestration.warehouse.approval.embargo import in_words
    from orchestration.warehouse.approval.publication_checks import was_public
    from orchestration.warehouse.approval.signoff import sign, signed, valid

    settings = Settings()
    rules = load_publication(settings.contracts)
    folder = draft_folder(settings, release)
    if was_public(settings, folder):
        raise GateRefusedError(f"{release} has been public already: there is nothing to approve.")
    day = _day(on) if on else None
    found = check(settings, rules, folder)
    made = sign(settings, rules, found, role, acknowledge or [], _notes(note or []), day)
    typer.echo(f"{made.name} has signed {release} as {rules.roles[role].name}.")
    have = {one.role for one in valid(rules, found, signed(settings, release))}
    if missing := [rules.roles[one].name for one in rules.open.signed_by if one not in have]:
        typer.echo(f"Still to sign: {', '.join(missing)}.")
    typer.echo(f"It becomes public on {in_words(made.moment, rules.open)}, if everybody has signed by then.")


def withdraw_approval(
    release: Annotated[str, typer.Argument(help="A draft that somebody has signed.")],
    reason: Annotated[str, typer.Option(help="Why; kept in the audit log.")],
) -> None:
    """Void every signature under a draft that is not public; it may be signed anew."""
    from orchestration.contracts.publication import load_publication
    from orchestration.warehouse.approval.signoff import withdraw
    from orchestration.warehouse.store.catalogue import safe_id

    settings = Settings()
    count = withdraw(settings, load_publication(settings.contracts), safe_id(release), reason)
    typer.echo(f"No signature under {release} counts any more (it had {count}).")


def preview(
    release: Annotated[str, typer.Argument(help="An approved draft.")],
    folder: Annotated[Path, typer.Argument(help="Where the copy goes.")],
    reader: Annotated[str, typer.Option("--for", metavar="NAME", help="Who gets it, as publication.yml names them.")],
) -> None:
    """Hand a copy of an approved draft to somebody on the published list, within the hours before publication."""
    from orchestration.contracts.publication import load_publication
    from orchestration.warehouse.approval.checklist import check
    from orchestration.warehouse.approval.drafts import draft_folder
    from orchestration.warehouse.approval.prerelease import hand_out
    from orchestration.warehouse.approval.publication_checks import approved

    settings = Settings()
    rules = load_publication(settings.contracts)
    draft = draft_folder(settings, release)
    signatures = approved(settings, rules, check(settings, rules, draft))
    copy = hand_out(settings, rules, draft, signatures, reader, folder)
    typer.echo(f"For {reader} alone, until it is public: {copy}")


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise UsageError(f"'{text}' is no day; write it like 2026-03-30.") from error


def _notes(words: list[str]) -> dict[str, str]:
    notes = {}
    for word in words:
        code, sign, text = word.partition("=")
        if not sign:
            raise UsageError(f"'{word}' is no note; write it like CODE=TEXT.")
        notes[code.strip()] = text
    return notes


def _show(found: "Checklist", signatures: "list[SignOff]", standing: "list[Finding]", rules: "Publication") -> None:
    """The checklist as a person reads it."""
    from orchestration.warehouse.approval.embargo import in_words

    against = f"compared with {found.before}, which is public" if found.before else "the first of tier open"
    typer.echo(f"Draft {found.release_id}, {against}")
    notes = {code: (one.name, text) for one in signatures for code, text in one.notes.items()}
    for finding in found.findings:
        word = finding.severity if finding.severity == "warning" or finding in standing else "noted"
        typer.echo(f"{word:<8} {finding.code}: {finding.says}")
        for case in finding.cases[:SHOWN]:
            typer.echo(f"             {case}")
        if len(finding.cases) > SHOWN:
            typer.echo(f"             and {len(finding.cases) - SHOWN} more (--format json has all)")
        if finding.code in notes:
            typer.echo("             {}: {}".format(*notes[finding.code]))
        elif finding.noted_by in rules.roles:
            typer.echo(f"             The note is {rules.roles[finding.noted_by].name}'s to write.")
    if not found.findings:
        typer.echo("Nothing stands in the way, and nothing needs to be acknowledged.")
    for one in signatures:
        typer.echo(f"signed   {one.role}: {one.name}, {one.at}")
    if missing := [role for role in rules.open.signed_by if role not in {one.role for one in signatures}]:
        typer.echo(f"unsigned {', '.join(missing)}")
    if signatures:
        typer.echo(f"To become public on {in_words(signatures[0].moment, rules.open)}.")

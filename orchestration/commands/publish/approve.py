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
    app.command("checklist", epilog="Exit codes: 0 nothing is unresolved, 3 something is.")(checklist)
    app.command("approve", epilog="Exit codes: 0 signed, 3 refused.")(approve)
    app.command("withdraw-approval", epilog="Exit codes: 0 withdrawn, 3 refused.")(withdraw_approval)
    app.command("preview", epilog="Exit codes: 0 copied, 3 refused.")(preview)


def checklist(
    release: Annotated[str | None, typer.Argument(help="Draft (default: the newest that is waiting).")] = None,
    tier: Annotated[Tier, typer.Option(help="Only the open tier needs approval.")] = Tier.open,
    format: Annotated[
        ChecklistFormat, typer.Option(help="`text`, or one line of JSON for programs.")
    ] = ChecklistFormat.text,
) -> None:
    """Show what is unresolved in a draft, which warnings must be acknowledged, and who has signed."""
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
    release: Annotated[str, typer.Argument(help="Release id of the draft.")],
    role: Annotated[str, typer.Option(help="Role in which you sign, from publication.yml.")],
    acknowledge: Annotated[
        list[str] | None, typer.Option(metavar="CODE", help="Checklist warning that you have seen.")
    ] = None,
    note: Annotated[
        list[str] | None, typer.Option(metavar="CODE=TEXT", help="Explanation that resolves a checklist error.")
    ] = None,
    on: Annotated[
        str | None, typer.Option(metavar="DATE", help="Day of publication (default: the next time of publication).")
    ] = None,
) -> None:
    """Sign a draft as the account you logged in with. Refused while anything is unresolved or not acknowledged."""
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
    release: Annotated[str, typer.Argument(help="Release id of a signed draft.")],
    reason: Annotated[str, typer.Option(help="Reason; kept in the audit log.")],
) -> None:
    """Cancel all signatures on an unpublished draft, so that it can be signed again."""
    from orchestration.contracts.publication import load_publication
    from orchestration.warehouse.approval.signoff import withdraw
    from orchestration.warehouse.store.catalogue import safe_id

    settings = Settings()
    count = withdraw(settings, load_publication(settings.contracts), safe_id(release), reason)
    typer.echo(f"No signature under {release} counts any more (it had {count}).")


def preview(
    release: Annotated[str, typer.Argument(help="Release id of an approved draft.")],
    folder: Annotated[Path, typer.Argument(help="Folder for the copy.")],
    reader: Annotated[str, typer.Option("--for", metavar="NAME", help="Reader, as named in publication.yml.")],
) -> None:
    """Give a person on the published list pre-release access to an approved draft, in the hours before publication."""
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

"""`oversight checklist`, `approve`, `withdraw-approval` and `preview`: the approval of drafts.

Contains options and output. Not here: the conditions for publication (`orchestration.warehouse.approval`).
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
"""Maximum number of cases shown for a finding."""


class ChecklistFormat(enum.StrEnum):
    """Format of a checklist."""

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
        raise UsageError(f"Releases in the {tier} tier need no approval; use --tier open.")
    settings = Settings()
    rules = load_publication(settings.contracts)
    result = check(settings, rules, draft_folder(settings, release))
    signatures = valid(rules, result, signed(settings, result.release_id))
    unresolved = unsettled(result, signatures)
    if format is ChecklistFormat.json:
        facts = {"unsettled": [item.code for item in unresolved], "signed": [vars(signoff) for signoff in signatures]}
        typer.echo(json.dumps({**result.as_dict(), **facts}, default=str))
    else:
        _show(result, signatures, unresolved, rules)
    if unresolved:
        items = "1 item is" if len(unresolved) == 1 else f"{len(unresolved)} items are"
        raise GateRefusedError(f"{result.release_id} cannot be approved: {items} unresolved; see its checklist.")


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
        raise GateRefusedError(f"{release} has already been published; it needs no further approval.")
    day = _day(on) if on else None
    result = check(settings, rules, folder)
    signoff = sign(settings, rules, result, role, acknowledge or [], _notes(note or []), day)
    typer.echo(f"{signoff.name} has signed {release} as {rules.roles[role].name}.")
    roles = {signature.role for signature in valid(rules, result, signed(settings, release))}
    if missing := [rules.roles[code].name for code in rules.open.signed_by if code not in roles]:
        typer.echo(f"Still to sign: {', '.join(missing)}.")
    typer.echo(f"It becomes public on {in_words(signoff.moment, rules.open)}, if all signatures are in place by then.")


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
    typer.echo(f"Cancelled {count} signature{'' if count == 1 else 's'} on {release}.")


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
    typer.echo(f"For {reader} only, until it is public: {copy}")


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise UsageError(f"'{text}' is not a date; use the format 2026-03-30.") from error


def _notes(texts: list[str]) -> dict[str, str]:
    notes = {}
    for text in texts:
        code, sign, explanation = text.partition("=")
        if not sign:
            raise UsageError(f"'{text}' is not a note; use the format CODE=TEXT.")
        notes[code.strip()] = explanation
    return notes


def _show(result: "Checklist", signatures: "list[SignOff]", unresolved: "list[Finding]", rules: "Publication") -> None:
    """Print the checklist for a person."""
    from orchestration.warehouse.approval.embargo import in_words

    comparison = f"compared with {result.before}, which is public" if result.before else "the first in the open tier"
    typer.echo(f"Draft {result.release_id}, {comparison}")
    notes = {code: (signoff.name, text) for signoff in signatures for code, text in signoff.notes.items()}
    for finding in result.findings:
        label = finding.severity if finding.severity == "warning" or finding in unresolved else "noted"
        message = finding.says
        typer.echo(f"{label:<8} {finding.code}: {message}")
        for case in finding.cases[:SHOWN]:
            typer.echo(f"             {case}")
        if len(finding.cases) > SHOWN:
            typer.echo(f"             and {len(finding.cases) - SHOWN} more (use --format json for all)")
        if finding.code in notes:
            typer.echo("             {}: {}".format(*notes[finding.code]))
        elif finding.noted_by in rules.roles:
            typer.echo(f"             Explanation needed from: {rules.roles[finding.noted_by].name}")
    if not result.findings:
        typer.echo("Nothing is unresolved, and nothing needs to be acknowledged.")
    for signoff in signatures:
        typer.echo(f"signed   {signoff.role}: {signoff.name}, {signoff.at}")
    if missing := [role for role in rules.open.signed_by if role not in {signoff.role for signoff in signatures}]:
        typer.echo(f"unsigned {', '.join(missing)}")
    if signatures:
        typer.echo(f"Becomes public on {in_words(signatures[0].moment, rules.open)}.")

"""The command for model cards: `card`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click

from modelshelf.cli.command import command
from modelshelf.cli.session import Session
from modelshelf.cli.values import FILE, NUMBER, REFERENCE
from modelshelf.cli.views import cards as view
from modelshelf.domain.errors import Invalid, ModelshelfError, Refused, Unavailable
from modelshelf.domain.provenance import CARD_MOST
from modelshelf.domain.text import safe

if TYPE_CHECKING:
    from modelshelf.tui.editing import CardDraft, Edited

_BYTES_OF_A_CHARACTER = 4
_BYTES_MOST = CARD_MOST * _BYTES_OF_A_CHARACTER + 1
_ACTS = ("render", "edit", "set", "history", "diff", "score")


@command("card", example="modelshelf card churn:v3 --edit")
@click.argument("reference", type=REFERENCE)
@click.option("--render", is_flag=True, help="Make one from what the registry knows.")
@click.option("--edit", is_flag=True, help="Edit it in $VISUAL or $EDITOR, and record it.")
@click.option("--set", "set", type=FILE, metavar="FILE", help="Record the text of a file.")
@click.option("--history", is_flag=True, help="Who wrote it when, newest first.")
@click.option("--diff", is_flag=True, help="What changed last; or see the next two.")
@click.option("--since", type=NUMBER, metavar="ENTRY", help="With --diff: since that entry.")
@click.option(
    "--with", "other", type=REFERENCE, metavar="REFERENCE", help="With --diff: from that version's."
)
@click.option("--score", is_flag=True, help="How complete it is, and what to add.")
@click.pass_obj
def card(session: Session, /, reference: str, **asked: Any) -> None:  # noqa: ANN401 - the options above
    """Show a version's model card, edit it, or see how it changed and what it lacks.

    Where nobody has written one, a card is made from what the registry knows; what is not recorded
    is "unknown" in it. --edit begins with the card, or with one made so.
    """
    acts = [act for act in _ACTS if asked[act]]
    if len(acts) > 1:
        raise Invalid(f"--{acts[0]} and --{acts[1]} cannot stand together", hint="Give one.")
    if not asked["diff"] and (asked["since"] is not None or asked["other"] is not None):
        raise Invalid("--since and --with go with --diff", hint="Add --diff.")
    match acts[0] if acts else "":
        case "edit":
            _edit(session, reference)
        case "set":
            _set(session, reference, asked["set"])
        case "history":
            _history(session, reference)
        case "diff":
            _diff(session, reference, asked)
        case "score":
            _score(session, reference)
        case act:
            _show(session, reference, made=act == "render")


def _show(session: Session, reference: str, *, made: bool) -> None:
    with session.open() as registry:
        detail = registry.versions.detail(reference)
        named = detail.version.reference
        rendered = made or not detail.card
        text = registry.cards.render(named) if rendered else detail.card
    answer = {"reference": named, "card": text, "rendered": rendered}
    session.show(answer, lambda to: view.text(to, text))
    if rendered and not made:
        session.say(f"{named} has no card; this one is made from what the registry knows.")


def _history(session: Session, reference: str) -> None:
    with session.open() as registry:
        found = registry.cards.history(reference)
    session.show({"history": found}, lambda to: view.history(to, found))
    if not found:
        session.say(f"{reference} never had a card.")


def _diff(session: Session, reference: str, asked: Mapping[str, Any]) -> None:
    with session.open() as registry:
        found = registry.cards.diff(reference, since=asked["since"], other=asked["other"])
    session.show({"diff": found}, lambda to: view.diff(to, found))
    if not found:
        session.say("Nothing differs.")


def _score(session: Session, reference: str) -> None:
    with session.open() as registry:
        found = registry.cards.score(reference)
    answer = {"reference": found.reference, "percent": found.percent, "items": found.items}
    session.show(answer, lambda to: view.score(to, found))


def _set(session: Session, reference: str, path: str) -> None:
    text = _read(path)
    with session.open() as registry:
        detail = registry.versions.detail(reference)
        named = detail.version.reference
        if detail.card == text and session.as_of is None:
            _unchanged(session, named)
            return
        registry.versions.amend(named, card=text)
    _recorded(session, named)


def _edit(session: Session, reference: str) -> None:
    from modelshelf.tui.editing import BYTES_MOST, Edited, begin_card, find_editor

    if session.as_of is not None:
        raise Refused("the past cannot be changed", hint="Leave out --as-of.")
    editor = find_editor()
    with session.open() as registry:
        draft = begin_card(registry, reference)
    edited = Edited(draft.text, "card.md")
    edited.run(editor)  # with nothing open: a person takes their time
    written = edited.read(BYTES_MOST)
    if written is None:
        edited.forget()
        _unchanged(session, draft.reference)
        return
    _record_edited(session, draft, written, edited)
    edited.forget()
    _recorded(session, draft.reference)


def _record_edited(session: Session, draft: CardDraft, text: str, edited: Edited) -> None:
    """Record an edited text unless somebody else wrote one meanwhile; it stays where it is then.

    Raises:
        Conflict: Somebody did.
        ModelshelfError: It cannot be recorded.
    """
    from modelshelf.tui.editing import record_card

    try:
        with session.open() as registry:
            record_card(registry, draft, text)
    except ModelshelfError as exc:
        exc.hint = f"{exc.hint} {edited.kept}".strip()
        raise
    except BaseException:
        session.warn(edited.kept)
        raise


def _unchanged(session: Session, named: str) -> None:
    session.show({"reference": named, "changed": False}, lambda _to: [])
    session.say("Nothing was changed, and nothing is recorded.")


def _recorded(session: Session, named: str) -> None:
    session.show({"reference": named, "changed": True}, lambda _to: [named])
    session.say(f"Recorded the card of {named}.")


def _read(path: str) -> str:
    try:
        with open(path, "rb") as file:  # noqa: PTH123 - a path of any bytes
            return file.read(_BYTES_MOST).decode("utf-8-sig")
    except (OSError, ValueError) as exc:
        what = f"the model card {safe(path, 80)} cannot be used"
        if isinstance(exc, OSError):
            raise Unavailable(what, why=exc.strerror or "", subject=safe(path)) from exc
        raise Invalid(what, why=safe(exc), subject=safe(path)) from exc


COMMANDS = {c.name: c for c in (card,)}

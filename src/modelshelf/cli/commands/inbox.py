"""The command for what was dropped: `inbox`."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import click

from modelshelf.cli.command import command
from modelshelf.cli.session import Session
from modelshelf.cli.values import MODEL, NUMBER, one_word, whole
from modelshelf.cli.views import inbox as view
from modelshelf.cli.views.models import line
from modelshelf.cli.wording import plural
from modelshelf.domain.errors import Invalid
from modelshelf.domain.text import safe

if TYPE_CHECKING:
    from modelshelf.domain.intake import Sighting
    from modelshelf.registry import Registry
    from modelshelf.registry.inbox import Listed

_STATES = ("waiting", "taken", "same", "refused", "ignored", "quarantined")


@command("inbox", example="modelshelf inbox --state refused")
@click.argument(
    "action",
    required=False,
    type=click.Choice(["list", "quarantine", "show", "retry", "point", "release", "discard"]),
)
@click.argument("words", nargs=-1, metavar="[ID]...")
@click.option("--state", type=click.Choice(_STATES), help="list: only of this state.")
@click.option("-n", "--limit", type=NUMBER, default=50, help="list: at most so many.")
@click.option("--model", type=MODEL, help="release: into this model.")
@click.option("--reason", default="", metavar="TEXT", help="release, discard: why; for the log.")
@click.pass_obj
def inbox(
    session: Session,
    action: str | None,
    words: tuple[str, ...],
    *,
    state: str | None,
    limit: int,
    model: str | None,
    reason: str,
) -> None:
    """Show what became of everything dropped, and decide about what was not taken in.

    Without an action the lines are listed, newest first; "quarantine" lists what is held there.
    "show ID" tells all about one. "retry ID..." has it looked at again at the next sweep, and
    "point ID MODEL" has it taken into that model. "release ID" makes a version of what is in
    quarantine after all, and "discard ID" closes it for good; its bytes are never deleted.

    An ID is the number of a line, or quarantine:7 for what is or was in quarantine.
    """
    with session.open() as registry:
        match action or "list":
            case "list":
                _none(words)
                _list(session, registry, cast("Listed | None", state), limit)
            case "quarantine":
                _none(words)
                _quarantine(session, registry, limit)
            case "show":
                _show(session, registry, _one(words, "ID"))
            case "retry":
                _retry(session, registry, words)
            case "point":
                _point(session, registry, words)
            case "release":
                _release(session, registry, _one(words, "ID"), model, reason)
            case _:
                _discard(session, registry, _one(words, "ID"), reason)


def _list(session: Session, registry: Registry, state: Listed | None, limit: int) -> None:
    found, counts = registry.inbox.lines(state, limit=limit), registry.inbox.counts()
    session.show({"lines": found, "counts": counts}, lambda to: view.lines(to, found))
    session.say(view.summary(counts) if any(counts.values()) else "Nothing was dropped yet.")


def _quarantine(session: Session, registry: Registry, limit: int) -> None:
    held = registry.inbox.quarantined(limit=limit)
    session.show({"quarantined": held}, lambda to: view.quarantined(to, held))
    if not held:
        session.say("Nothing is held in quarantine.")


def _show(session: Session, registry: Registry, which: str) -> None:
    number = view.number_of(which)
    seen = None if number is not None else registry.inbox.get(_line(which))
    if seen is not None and seen.state == "refused":
        number = view.number_of(seen.reference)
    kept = None if number is None else registry.inbox.quarantined_one(number)
    session.show({"line": seen, "quarantined": kept}, lambda to: view.one(to, seen, kept))


def _retry(session: Session, registry: Registry, words: tuple[str, ...]) -> None:
    if not words:
        raise Invalid("no line is named", hint="modelshelf inbox retry 3")
    retried = [registry.inbox.retry(_line(word)) for word in words]
    _tell(session, retried)
    session.say(f"{plural(len(retried), 'line')} will be looked at again at the next sweep.")


def _point(session: Session, registry: Registry, words: tuple[str, ...]) -> None:
    if len(words) != 2:  # noqa: PLR2004 - a line and a model
        raise Invalid("point takes a line and a model", hint="modelshelf inbox point 3 churn")
    pointed = registry.inbox.point(_line(words[0]), words[1])
    _tell(session, [pointed])
    session.say(f"{pointed.path} is meant for {pointed.model}.")


def _release(
    session: Session, registry: Registry, which: str, model: str | None, reason: str
) -> None:
    done = registry.inbox.release(_which(which), reason=reason, model=model)
    reference = done.version.reference
    session.show({"version": done.version, "created": done.created}, lambda to: line(to, reference))
    session.say(
        f"{reference} was released from quarantine; its verdict stays {done.version.verdict}."
    )


def _discard(session: Session, registry: Registry, which: str, reason: str) -> None:
    kept = registry.inbox.discard(_which(which), reason=reason)
    session.show({"quarantined": kept}, lambda to: line(to, kept.reference))
    session.say(f"{kept.reference} is discarded; its bytes lie at {kept.place}.")


def _tell(session: Session, lines: list[Sighting]) -> None:
    session.show({"lines": lines}, lambda to: view.lines(to, lines))


def _which(word: str) -> int | str:
    return word if view.number_of(word) is not None else _line(word)


def _line(word: str) -> int:
    return whole(word, "the number of a line", "modelshelf inbox shows the numbers.")


def _one(words: tuple[str, ...], what: str) -> str:
    return one_word(words, what, "See modelshelf inbox.")


def _none(words: tuple[str, ...]) -> None:
    if words:
        raise Invalid(f"{safe(words[0], 60)!r} is not understood", hint="modelshelf inbox --help")


COMMANDS = {c.name: c for c in (inbox,)}

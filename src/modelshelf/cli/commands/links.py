"""Commands for edges by hand and suggested ones: `link`, `unlink`, `suggestions`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from modelshelf.cli import wording
from modelshelf.cli.command import command
from modelshelf.cli.commands.look import LIMIT
from modelshelf.cli.session import Session
from modelshelf.cli.things import THING
from modelshelf.cli.values import REFERENCE, Word
from modelshelf.cli.views import links as view
from modelshelf.domain.errors import Invalid, NotFound
from modelshelf.domain.text import safe
from modelshelf.domain.things import RULES

if TYPE_CHECKING:
    from modelshelf.domain.lineage_answers import Suggestion
    from modelshelf.registry import Registry

_KIND = click.Choice(tuple(RULES))
_TARGET = Word("suggested")
_THING = "VERSION|THING"
_LOOKED_FOR = 10_000


@command("link", example="modelshelf link churn:v3 trained_on dataset:customers@4")
@click.argument("subject", type=THING, metavar=_THING)
@click.argument("kind", type=_KIND, metavar="KIND")
@click.argument("target", type=THING, metavar=_THING)
@click.option("--reason", default="", metavar="TEXT", help="Why; it goes into the log.")
@click.pass_obj
def link(session: Session, *, subject: str, kind: str, target: str, reason: str) -> None:
    """Say that a version came from something, or that somebody uses it.

    KIND is trained_on, evaluated_on, derived_from, produced_by, built_from, uses_features or
    consumed_by. What is no version is written as dataset:NAME, dataset:NAME@VERSION,
    dataset:sha256:DIGEST, code:COMMIT, run:ID, features:STORE/NAME@VERSION, consumer:NAME or
    hf:ORG/NAME@REVISION.
    """
    with session.open() as registry:
        entry = registry.lineage.link(subject, kind, target, reason=reason)
    _show(session, "linked", (subject, kind, target), entry)
    session.say(f"Linked, in entry {entry}. To take it back: modelshelf undo {entry}")


@command(
    "unlink",
    example="modelshelf unlink churn:v3 trained_on dataset:customers@4 --reason 'it was 5'",
)
@click.argument("subject", type=THING, metavar=_THING)
@click.argument("kind", type=_KIND, metavar="KIND")
@click.argument("target", type=THING, metavar=_THING)
@click.option("--reason", required=True, metavar="TEXT", help="Why.")
@click.pass_obj
def unlink(session: Session, *, subject: str, kind: str, target: str, reason: str) -> None:
    """Take away a link that was added by hand; what a version says itself is amended."""
    with session.open() as registry:
        entry = registry.lineage.unlink(subject, kind, target, reason=reason)
    _show(session, "unlinked", (subject, kind, target), entry)
    session.say(f"Taken away, in entry {entry}. To have it again: modelshelf undo {entry}")


@command("suggestions", example="modelshelf suggestions churn:v3 --confirm hf:org/base")
@click.argument("reference", required=False, type=REFERENCE)
@LIMIT
@click.option("--confirm", type=_TARGET, metavar="TARGET", help="Make this suggestion a link.")
@click.option("--reject", type=_TARGET, metavar="TARGET", help="Never suggest this again.")
@click.option("--as", "kind", type=_KIND, metavar="KIND", help="Which, where TARGET has several.")
@click.option("--reason", default="", metavar="TEXT", help="Why it is confirmed or rejected.")
@click.pass_obj
def suggestions(
    session: Session,
    *,
    reference: str | None,
    limit: int,
    confirm: str | None,
    reject: str | None,
    kind: str | None,
    reason: str,
) -> None:
    """Show what versions may have come from: what files, cards and equal tensors give away.

    Nothing of it counts until somebody confirms it. What is rejected is not suggested again.
    """
    with session.open() as registry:
        if confirm is None and reject is None:
            _list(session, registry, reference, limit)
            return
        target = confirm if reject is None else reject
        if reference is None or target is None or (confirm is not None and reject is not None):
            raise Invalid(
                "one version and one of --confirm and --reject are needed",
                hint="modelshelf suggestions churn:v3 --confirm hf:org/base",
            )
        meant = _meant(registry, reference, target, kind)
        words = (meant.subject, meant.kind, meant.target)
        act = registry.lineage.reject if confirm is None else registry.lineage.link
        entry = act(*words, reason=reason)
    _show(session, "rejected" if confirm is None else "linked", words, entry)
    session.say(
        f"Rejected, in entry {entry}: it is not suggested again."
        if confirm is None
        else f"Linked, in entry {entry}. To take it back: modelshelf undo {entry}"
    )


def _list(session: Session, registry: Registry, reference: str | None, limit: int) -> None:
    found = registry.lineage.suggestions(reference, limit=limit)
    session.show({"suggestions": found}, lambda to: view.suggestions(to, found))
    if not found:
        session.say("Nothing is suggested.")
        return
    first = found[0]
    session.say(
        f"{wording.plural(len(found), 'suggestion')}. To make one a link: modelshelf suggestions"
        f" {first.subject} --confirm {_quoted(first.target)}; or --reject it for good."
    )


def _quoted(target: str) -> str:
    """Return a target as it is written on a command line."""
    from shlex import quote

    return quote(safe(target, 200))


def _meant(registry: Registry, reference: str, target: str, kind: str | None) -> Suggestion:
    """Return the suggestion that somebody names by its target.

    Raises:
        NotFound: There is none.
        Invalid: There are several, of several kinds.
    """
    found = [
        each
        for each in registry.lineage.suggestions(reference, limit=_LOOKED_FOR)
        if each.target == target and kind in (None, each.kind)
    ]
    if not found:
        raise NotFound(
            f"{safe(target, 80)} is not suggested for {safe(reference, 80)}",
            hint=f"modelshelf suggestions {safe(reference, 80)} shows what is; modelshelf link adds"
            " what nobody suggests.",
        )
    if len(found) > 1:
        kinds = ", ".join(each.kind for each in found)
        raise Invalid(f"{safe(target, 80)} is suggested as {kinds}", hint="Say which with --as.")
    return found[0]


def _show(session: Session, done: str, words: tuple[str, str, str], entry: int) -> None:
    subject, kind, target = words
    answer = {"done": done, "entry": entry, "subject": subject, "kind": kind, "target": target}
    session.show(answer, lambda to: view.edge(to, *words))


COMMANDS = {c.name: c for c in (link, unlink, suggestions)}

"""The command for who uses what: `consumers`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from modelshelf.cli import wording
from modelshelf.cli.command import command
from modelshelf.cli.session import Session
from modelshelf.cli.values import CONSUMED, NUMBER
from modelshelf.cli.views import consumers as view
from modelshelf.cli.views.models import line
from modelshelf.domain.errors import Invalid
from modelshelf.domain.names import parse_reference
from modelshelf.domain.text import safe, size_text

if TYPE_CHECKING:
    from modelshelf.registry import Registry

_PAST = "Who uses what is kept for the present only; of the past nothing is known."


@command("consumers", example="modelshelf consumers churn@production")
@click.argument(
    "words", nargs=-1, type=CONSUMED, metavar="[MODEL|REFERENCE | unused | forget NAME]"
)
@click.option("--stale", metavar="TIME", help="Only those not seen for so long, such as 30d.")
@click.option(
    "--older-than", metavar="TIME", default="90d", show_default=True,
    help="unused: nobody used them for so long.",
)  # fmt: skip
@click.option("--models", metavar="PATTERN", default="*", help="unused: only of these models.")
@click.option("-n", "--limit", type=NUMBER, default=200, show_default=True, help="At most so many.")
@click.pass_obj
def consumers(
    session: Session,
    words: tuple[str, ...],
    *,
    stale: str | None,
    older_than: str,
    models: str,
    limit: int,
) -> None:
    """Show which consumer uses which version, since when, and when it was last seen.

    A consumer says who it is: "modelshelf resolve churn@production --as my-service". The version
    that it got last is in use; those it got before are marked "left".

    "unused" lists the versions that nobody uses: no consumer asked for them, no stage and no alias
    holds them. "forget NAME" takes a consumer that is gone off the list.
    """
    with session.open() as registry:
        match words:
            case ("unused",):
                _unused(session, registry, models, _seconds(older_than), limit)
            case ("forget", name):
                count = registry.consumers.forget(name)
                session.show({"consumer": name, "forgotten": count}, lambda to: line(to, name))
                session.say(
                    f"{safe(name, 60)} is forgotten, with {wording.plural(count, 'lease')}."
                )
            case () | (_,):
                _list(session, registry, words, None if stale is None else _seconds(stale), limit)
            case _:
                raise Invalid(
                    f"{safe(' '.join(words), 80)!r} is not understood",
                    hint="modelshelf consumers --help",
                )
        if registry.moment is not None:
            session.say(_PAST)


def _list(
    session: Session, registry: Registry, words: tuple[str, ...], stale: float | None, limit: int
) -> None:
    about: dict[str, Any] = {}
    if words:
        bare = parse_reference(words[0]).kind == "model"
        about = {"model" if bare else "reference": words[0]}
    found = registry.consumers.list(**about, stale=stale, limit=limit)
    session.show({"consumers": found}, lambda to: view.consumers(to, found))
    if not found and registry.moment is None:
        from modelshelf.domain.policy.durations import duration_text

        of = " of these versions" if words else ""
        lately = "" if stale is None else f" that was not seen for {duration_text(stale)}"
        session.say(f"No consumer{of} is known{lately}.")
        session.say("A consumer says who it is: modelshelf resolve churn@production --as NAME")


def _unused(session: Session, registry: Registry, models: str, seconds: float, limit: int) -> None:
    found = registry.consumers.unused(models=models, older_than=seconds, limit=limit)
    session.show({"unused": found}, lambda to: view.unused(to, found))
    size = size_text(sum(one.version.size for one in found))
    more = "; there may be more, see --limit" if len(found) == limit else ""
    session.say(f"{wording.plural(len(found), 'version')} of {size} that nobody uses{more}.")


def _seconds(text: str) -> float:
    from modelshelf.domain.policy.durations import duration

    found = duration(text.strip())
    if found is None:
        raise Invalid(f"{safe(text, 60)!r} is not a stretch of time", hint="Write 30d, 12h or 15m.")
    return found


COMMANDS = {c.name: c for c in (consumers,)}

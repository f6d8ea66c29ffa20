"""The command that reads the audit log: `log`."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import click

from modelshelf.cli.command import command
from modelshelf.cli.session import Session, moment
from modelshelf.cli.values import EVENT, MODEL, NUMBER, REFERENCE
from modelshelf.cli.views import audit as view
from modelshelf.domain.errors import Invalid


@command("log", example="modelshelf log --model churn --event 'stage.*' --since 2026-05-01")
@click.argument("entry", required=False, type=NUMBER, metavar="[ENTRY]")
@click.option("--model", type=MODEL, metavar="NAME", help="Only of this model.")
@click.option("--reference", type=REFERENCE, metavar="REF", help="Only of this version.")
@click.option("--event", type=EVENT, metavar="NAME", help="Only of this kind; stage.* for several.")
@click.option("--actor", metavar="NAME", help="Only what this person or program did.")
@click.option("--since", metavar="WHEN", help="Not before this time, UTC.")
@click.option("--until", metavar="WHEN", help="Not after this time, UTC.")
@click.option(
    "-n",
    "--limit",
    type=click.IntRange(1, 100_000),
    default=50,
    show_default=True,
    metavar="N",
    help="At most so many.",
)
@click.option("--after", type=NUMBER, metavar="ENTRY", help="Only entries below this.")
@click.pass_obj
def log(
    session: Session,
    /,
    entry: int | None,
    *,
    since: str | None,
    until: str | None,
    limit: int,
    **filters: Any,  # noqa: ANN401 - model, reference, event, actor and after, as the registry names them
) -> None:
    """Show the audit log, newest entry first, or everything of one entry."""
    with session.open() as registry:
        if entry is not None:
            one = registry.audit.get(entry)
            session.show({"entry": one}, lambda to: view.entry(to, one))
            return
        found = registry.audit.entries(
            since=_time("--since", since), until=_time("--until", until), limit=limit, **filters
        )
    last = found[-1].seq if len(found) == limit and found[-1].seq > 1 else None
    session.show({"entries": found, "after": last}, lambda to: view.entries(to, found))
    if not found:
        session.say("No entry fits.")
    if last is not None:
        session.say(f"There may be more: --after {last}")


def _time(option: str, text: str | None) -> datetime | None:
    at = None if text is None else moment(text)
    if isinstance(at, int):
        raise Invalid(f"{option} takes a time, not the number of an entry", observed=at)
    return at


COMMANDS = {c.name: c for c in (log,)}

"""Commands that take the log out of the house: `checkpoint`, `export`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from modelshelf.cli.command import command
from modelshelf.cli.screen import look
from modelshelf.cli.session import Session, moment
from modelshelf.cli.values import FILE
from modelshelf.cli.views import audit as view
from modelshelf.domain.errors import Invalid, Unavailable

if TYPE_CHECKING:
    from modelshelf.registry.exporting import Form


@command("checkpoint", example="modelshelf checkpoint")
@click.option("--sign", is_flag=True, help="Refuse to write one that is not signed.")
@click.option("--key", type=FILE, metavar="FILE", help="Sign with this key, not the policy's.")
@click.option("--make-key", type=FILE, metavar="FILE", help="Make a key, print the public one.")
@click.pass_obj
def checkpoint(session: Session, *, sign: bool, key: str | None, make_key: str | None) -> None:
    """Write number and seal of the newest entry down, and print them to be kept elsewhere.

    The policy's command is handed them too. Ends with 7 when it does not take them.
    """
    if make_key is not None:
        _make_key(session, make_key, alone=not sign and key is None)
        return
    with session.open() as registry:
        made = registry.audit.checkpoint(key=key, sign=sign)
    session.show({"checkpoint": made}, lambda _to: made.note.splitlines())
    if not made.written:
        session.say("It was written down before; the log did not grow since.")
    if made.trouble:
        raise Unavailable(
            "the checkpoint is written, and the policy's command did not take it", why=made.trouble
        )


def _make_key(session: Session, file: str, *, alone: bool) -> None:
    from modelshelf.registry.signing import make_key

    if not alone:
        raise Invalid("--make-key stands alone", hint="Make the key first, then sign with it.")
    public = make_key(file)
    session.show({"key": {"public": public.text, "path": file}}, lambda _to: [public.text])
    session.say(f"The private key is in {file}; keep the line above where verifying happens.")


@command("export", example="modelshelf export -o audit.jsonl")
@click.option(
    "--format",
    "form",
    type=click.Choice(["jsonl", "csv"]),
    help="JSON Lines, or CSV; by default what the file's name says, else jsonl.",
)
@click.option("-o", "--output", type=FILE, metavar="FILE", help="A new file; stdout without it.")
@click.option("--since", metavar="WHEN", help="From this time (UTC) or entry on.")
@click.option("--until", metavar="WHEN", help="Up to this time or entry, and its checkpoint.")
@click.pass_obj
def export(
    session: Session,
    *,
    form: Form | None,
    output: str | None,
    since: str | None,
    until: str | None,
) -> None:
    """Write the log out with everything that was sealed, so that a stranger can check it.

    A part of the log goes on to the next checkpoint after it, where there is one. docs/audit.md
    has the forty lines of Python that check an export.
    """
    chosen: Form = form or ("csv" if (output or "").lower().endswith(".csv") else "jsonl")
    if output is None:
        _check_stdout(session, chosen)
    with session.open() as registry, session.progress("writing", counted=True) as progress:
        told = registry.audit.export(
            sys.stdout.buffer if output is None else Path(output),
            form=chosen,
            since=None if since is None else moment(since),
            until=None if until is None else moment(until),
            progress=progress,
        )
    if output is not None:
        session.show({"export": told}, lambda to: view.exported(to, told))
    elif told.wanted < told.last:
        session.say(view.reaching(told))


def _check_stdout(session: Session, form: Form) -> None:
    if session.json:
        raise Invalid("--json tells of a file, and none is named", hint="Name it with -o.")
    if form == "csv" and look(sys.stdout, plain=True).width is not None:
        raise Invalid(
            "CSV is not for a terminal",
            why="it holds every text exactly as somebody wrote it",
            hint="Name a file with -o, or write it to a pipe.",
        )


COMMANDS = {c.name: c for c in (checkpoint, export)}

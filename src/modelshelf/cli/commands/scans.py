"""Commands about what was found inside: `scan`, `vouch`."""

from __future__ import annotations

import click

from modelshelf.cli.command import command
from modelshelf.cli.commands.lifecycle import REASON
from modelshelf.cli.session import Session
from modelshelf.cli.values import REFERENCE
from modelshelf.cli.views import scans as view
from modelshelf.cli.views.models import line
from modelshelf.cli.wording import plural
from modelshelf.domain.errors import Invalid, Refused


@command("scan", example="modelshelf scan --dry-run")
@click.argument("references", type=REFERENCE, nargs=-1, metavar="[REFERENCE]...")
@click.option("--all", "everything", is_flag=True, help="Look into every version that has bytes.")
@click.option("--dry-run", is_flag=True, help="Say what would be recorded, and record nothing.")
@click.pass_obj
def scan(session: Session, references: tuple[str, ...], *, everything: bool, dry_run: bool) -> None:
    """Look again into stored versions; without any named, those an older scanner looked into.

    Ends with 5 when a version would be refused today. It stays where it is, and cannot be promoted.
    """
    if references and everything:
        raise Invalid("--all leaves no version to be named", hint="Leave one of them out.")
    with session.open() as registry, session.progress("scanning", counted=True) as progress:
        found = registry.scans.run(
            references, everything=everything, dry=dry_run, progress=progress
        )
    session.show({"scan": found}, lambda to: view.report(to, found))
    session.say(view.summary(found))
    if found.refused:
        raise Refused(
            f"{plural(len(found.refused), 'version')} would now be refused",
            why=found.refused[0].reason,
            subject=found.refused[0].reference,
            hint="Look at them, and roll back where one serves: modelshelf show REFERENCE.",
        )


@command("vouch", example="modelshelf vouch churn:v3 --reason 'our own layers, reviewed'")
@click.argument("reference", type=REFERENCE)
@REASON
@click.pass_obj
def vouch(session: Session, reference: str, *, reason: str) -> None:
    """Say that the unknown code a version's pickles use may be used, for exactly this list.

    Without that, no stage can be given to the version.
    """
    with session.open() as registry:
        names = registry.scans.vouch(reference, reason=reason)
    session.show({"globals": names}, lambda to: [text for n in names for text in line(to, n)])
    session.say(f"{plural(len(names), 'global')} of {reference} may be used.")


COMMANDS = {c.name: c for c in (scan, vouch)}

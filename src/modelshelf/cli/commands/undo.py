"""The command that takes a change back: `undo`."""

from __future__ import annotations

import click

from modelshelf.cli.command import command
from modelshelf.cli.session import Session
from modelshelf.cli.values import NUMBER
from modelshelf.cli.views import audit
from modelshelf.cli.views import undo as view


@command("undo", example="modelshelf undo 8 --reason 'the wrong model' --yes")
@click.argument("entry", required=False, type=NUMBER, metavar="[ENTRY]")
@click.option("--reason", default="", metavar="TEXT", help="Why; needed where a stage moves.")
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
@click.option("--dry-run", is_flag=True, help="Only show what would be recorded.")
@click.pass_obj
def undo(session: Session, *, entry: int | None, reason: str, yes: bool, dry_run: bool) -> None:
    """Take back a change by new entries that put things back; nothing is erased.

    ENTRY is its number in the log. Without it: your newest change that you did not take back yet.
    To have a change again, take back the entry that took it back.
    """
    with session.open() as registry:
        plan = registry.undo.plan(entry)
        if dry_run:
            session.show({"plan": plan}, lambda to: view.plan(to, plan))
            return
        if plan.refused is None and not yes:
            session.tell(lambda to: view.plan(to, plan))
            session.ask(f"Take back entry {plan.entry.seq}?")
        # By its number: somebody may have changed something since it was shown.
        made = registry.undo.take_back(plan.entry.seq, reason=reason)
    session.show({"entries": made}, lambda to: audit.entries(to, made))
    if reason and not plan.keeps_reason:
        session.warn("warning: a yank comes back with the reason it had; yours is not in the log")
    session.say(
        f"Entry {plan.entry.seq} is taken back. To have it again: modelshelf undo {made[0].seq}"
    )


COMMANDS = {c.name: c for c in (undo,)}

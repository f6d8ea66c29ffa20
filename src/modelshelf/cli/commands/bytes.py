"""Commands that move bytes: `checkout`, `gc`, `backup`."""

from __future__ import annotations

import click

from modelshelf.cli.command import command
from modelshelf.cli.commands.look import CONSUMER
from modelshelf.cli.session import Session
from modelshelf.cli.values import FILE, REFERENCE
from modelshelf.cli.views import upkeep as view
from modelshelf.cli.views.models import line


@command("checkout", example="modelshelf checkout churn@production ./churn.onnx")
@click.argument("reference", type=REFERENCE)
@click.argument("destination", type=FILE)
@click.option("--overwrite", is_flag=True, help="Replace what is there.")
@CONSUMER
@click.pass_obj
def checkout(
    session: Session, reference: str, destination: str, *, overwrite: bool, consumer: str | None
) -> None:
    """Write the bytes of a version to a file or folder, checked against their digests."""
    unsaid: list[str] = []
    with (
        session.open() as registry,
        session.progress("writing", undone="nothing was written") as progress,
    ):
        place = registry.versions.checkout(
            reference,
            destination,
            overwrite=overwrite,
            progress=progress,
            consumer=consumer,
            warn=unsaid.append,
        )
    for warning in unsaid:
        session.warn(f"warning: {warning}")
    session.show({"reference": reference, "path": place}, lambda to: line(to, str(place)))


@command("gc", example="modelshelf gc --grace-days 30 --dry-run")
@click.option(
    "--grace-days",
    type=click.IntRange(0, 36_500),
    default=30,
    show_default=True,
    metavar="DAYS",
    help="Only versions yanked at least so long ago.",
)
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
@click.option("--dry-run", is_flag=True, help="Only show what would be freed.")
@click.pass_obj
def gc(session: Session, *, grace_days: int, yes: bool, dry_run: bool) -> None:
    """Free the bytes of versions that were yanked long ago; shows the plan, then asks."""
    with session.open() as registry:
        plan = registry.upkeep.gc_plan(grace_days)
        if dry_run:
            session.show({"plan": plan}, lambda to: view.gc_plan(to, plan))
            return
        session.tell(lambda to: view.gc_plan(to, plan))
        if not yes and (plan.versions or plan.size):
            session.ask("Free these bytes?")
        done = registry.upkeep.gc(plan)
    session.show({"freed": done}, lambda to: view.gc_done(to, done))


@command("backup", example="modelshelf backup /mnt/safe/registry-2026-05-03")
@click.argument("destination", type=FILE)
@click.pass_obj
def backup(session: Session, destination: str) -> None:
    """Write a copy of the whole registry while it is in use."""
    with session.open() as registry:
        place = registry.upkeep.backup(destination)
    session.show({"path": place}, lambda to: line(to, str(place)))


COMMANDS = {c.name: c for c in (checkout, gc, backup)}

"""The command that lays versions side by side: `compare`."""

from __future__ import annotations

import click

from modelshelf.cli.command import command
from modelshelf.cli.session import Session
from modelshelf.cli.values import REFERENCE


@command("compare", example="modelshelf compare churn@production churn:latest")
@click.argument("references", nargs=-1, required=True, type=REFERENCE, metavar="REFERENCE...")
@click.option("--all", "everything", is_flag=True, help="What is the same too.")
@click.pass_obj
def compare(session: Session, references: tuple[str, ...], *, everything: bool) -> None:
    """Lay versions side by side: metrics, parameters, content, data; the first is the baseline."""
    from modelshelf.cli.views.comparison import comparison

    with session.open() as registry:
        found = registry.comparisons.compare(references)
    session.show({"comparison": found}, lambda to: comparison(to, found, everything=everything))


COMMANDS = {c.name: c for c in (compare,)}

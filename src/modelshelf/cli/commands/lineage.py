"""Commands about lineage: `lineage`."""

from __future__ import annotations

import click

from modelshelf.cli.command import command
from modelshelf.cli.session import Session
from modelshelf.cli.values import REFERENCE


@command("lineage", example="modelshelf lineage churn:v3 --hops 5")
@click.argument("reference", type=REFERENCE)
@click.option(
    "--hops",
    type=click.IntRange(0, 100),
    default=3,
    show_default=True,
    metavar="N",
    help="How many steps to go, up and down.",
)
@click.pass_obj
def lineage(session: Session, reference: str, *, hops: int) -> None:
    """Show what a version was made with and from, and what was made from it."""
    from modelshelf.cli.views import weights
    from modelshelf.cli.views.lineage import tree

    with session.open() as registry:
        graph = registry.lineage.of(reference, hops=hops)
        detail = registry.versions.detail(reference)
        same = registry.versions.same_weights(reference) if detail.inspection.weights else ()
    session.show({"lineage": graph, "same_weights": same}, lambda to: tree(to, graph))
    if hint := weights.offer(detail, same):
        session.say(f"Same weights as {weights.same(same)}. {hint}")


COMMANDS = {c.name: c for c in (lineage,)}

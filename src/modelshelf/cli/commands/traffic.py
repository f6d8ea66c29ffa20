"""The command of A/B tests: `ramp`."""

from __future__ import annotations

import click

from modelshelf.cli.command import command
from modelshelf.cli.session import Session
from modelshelf.cli.values import REFERENCE, STAGE
from modelshelf.cli.views import traffic as view
from modelshelf.cli.views.models import holders
from modelshelf.domain.errors import Invalid
from modelshelf.domain.names import parse_reference


@command("ramp", example="modelshelf ramp churn:v3 50 --reason 'no errors at 20 %'")
@click.argument("reference", type=REFERENCE, metavar="MODEL|REFERENCE")
@click.argument("percent", required=False, type=click.IntRange(1, 100), metavar="[PERCENT]")
@click.option("--end", is_flag=True, help="End the test: this version gets all of the traffic.")
@click.option("--history", is_flag=True, help="Show how the traffic was shared.")
@click.option(
    "--stage",
    default="production",
    show_default=True,
    type=STAGE,
    metavar="STAGE",
    help="Which stage.",
)
@click.option("--reason", default="", metavar="TEXT", help="Why; it goes into the log.")
@click.pass_obj
def ramp(
    session: Session,
    reference: str,
    percent: int | None,
    *,
    end: bool,
    history: bool,
    stage: str,
    reason: str,
) -> None:
    """Give a version in an A/B test another share, or all of it; the others keep proportions."""
    if (percent is not None) + end + history != 1:
        raise Invalid(
            "it is not clear what to do with the traffic",
            hint="Give a percentage, --end or --history.",
        )
    with session.open() as registry:
        if history:
            found = registry.traffic.splits(parse_reference(reference).model, stage)
            session.show({"splits": found}, lambda to: view.splits(to, found))
            if not found:
                session.say(f"Nobody has held {stage} yet.")
            return
        given = (
            registry.traffic.end(reference, stage, reason=reason)
            if percent is None
            else registry.traffic.ramp(reference, stage, weight=percent, reason=reason)
        )
    session.show({"assignment": given}, lambda to: holders(to, given.holders))
    session.say(f"{given.model}@{given.stage} is shared so (entry {given.id}).")


COMMANDS = {c.name: c for c in (ramp,)}

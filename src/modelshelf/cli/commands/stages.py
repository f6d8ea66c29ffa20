"""Commands that move stages: `promote`, `rollback`."""

from __future__ import annotations

import click

from modelshelf.cli.command import command
from modelshelf.cli.session import Session
from modelshelf.cli.values import MODEL, NUMBER, PAIR, REFERENCE, STAGE, weights
from modelshelf.cli.views import stages as view
from modelshelf.cli.views.models import holders

REASON = click.option("--reason", default="", metavar="TEXT", help="Why; it goes into the log.")
YES = click.option("-y", "--yes", is_flag=True, help="Do not ask.")
DRY_RUN = click.option("--dry-run", is_flag=True, help="Only show what would change.")


@command("promote", example="modelshelf promote churn:v3 production --reason 'best so far' --yes")
@click.argument("reference", type=REFERENCE)
@click.argument("stage", type=STAGE)
@click.option(
    "--weight",
    type=click.IntRange(1, 100),
    metavar="PERCENT",
    help="Its share; the present holders keep the rest.",
)
@click.option(
    "--split",
    type=PAIR,
    multiple=True,
    metavar="REFERENCE=PERCENT",
    help="A holder and its share; give all of them.",
)
@REASON
@YES
@DRY_RUN
@click.pass_obj
def promote(
    session: Session,
    reference: str,
    stage: str,
    *,
    weight: int | None,
    split: tuple[tuple[str, str], ...],
    reason: str,
    yes: bool,
    dry_run: bool,
) -> None:
    """Give a stage to a version, all of it or a share, after the gates agree."""
    shares = weights(split)
    with session.open() as registry:
        if dry_run or not yes:
            plan = registry.promotions.plan(reference, stage, weight=weight, split=shares)
            if dry_run:
                session.show({"plan": plan}, lambda to: view.promotion(to, plan))
                return
            session.tell(lambda to: view.promotion(to, plan))
            if plan.allowed:  # what is not allowed is asked for all the same: the log keeps it
                session.ask(f"Give {stage} of {plan.model} to {plan.reference}?")
        given = registry.promotions.promote(
            reference, stage, weight=weight, split=shares, reason=reason
        )
    session.show({"assignment": given}, lambda to: holders(to, given.holders))
    session.say(f"{given.model}@{given.stage} is assigned (entry {given.id}).")


@command(
    "rollback", example="modelshelf rollback churn --stage production --reason 'errors up' --yes"
)
@click.argument("model", type=MODEL)
@click.option("--stage", required=True, type=STAGE, metavar="STAGE", help="Which stage.")
@click.option(
    "--to",
    type=NUMBER,
    metavar="ENTRY",
    help="The assignment to return to (modelshelf show MODEL --history); else the one before.",
)
@REASON
@YES
@DRY_RUN
@click.pass_obj
def rollback(
    session: Session,
    model: str,
    *,
    stage: str,
    to: int | None,
    reason: str,
    yes: bool,
    dry_run: bool,
) -> None:
    """Give a stage back to who held it before; the bytes are checked first."""
    with session.open() as registry:
        if dry_run or not yes:
            plan = registry.promotions.plan_rollback(model, stage, to=to)
            if dry_run:
                session.show({"plan": plan}, lambda screen: view.rollback(screen, plan))
                return
            session.tell(lambda screen: view.rollback(screen, plan))
            session.ask(f"Roll {stage} of {plan.model} back?")
        given = registry.promotions.rollback(model, stage, reason=reason, to=to)
    session.show({"assignment": given}, lambda screen: holders(screen, given.holders))
    session.say(
        f"{given.model}@{given.stage} is back at entry {given.restores} (entry {given.id})."
    )


COMMANDS = {c.name: c for c in (promote, rollback)}

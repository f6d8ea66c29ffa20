"""Commands that move stages: `promote`, `rollback`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from modelshelf.cli.command import command
from modelshelf.cli.commands.rollbacks import Wanted, check_single, go_back, of_many
from modelshelf.cli.session import Session
from modelshelf.cli.values import MODEL, NUMBER, REFERENCE, STAGE, shares, weights
from modelshelf.cli.views import stages as view
from modelshelf.cli.views.models import holders

if TYPE_CHECKING:
    from modelshelf.domain.promotion import PromotionPlan
    from modelshelf.domain.stages import Assignment
    from modelshelf.registry import Registry

REASON = click.option("--reason", default="", metavar="TEXT", help="Why; it goes into the log.")
YES = click.option("-y", "--yes", is_flag=True, help="Do not ask.")
DRY_RUN = click.option("--dry-run", is_flag=True, help="Only show what would change.")


@command("promote", example="modelshelf promote churn:v3 production --reason 'best so far' --yes")
@click.argument("reference", type=REFERENCE)
@click.argument("stage", type=STAGE)
@shares()
@click.option(
    "--bypass", is_flag=True, help="Set aside what is not met, if the policy lets you; recorded."
)
@REASON
@YES
@DRY_RUN
@click.pass_obj
def promote(
    session: Session,
    /,
    reference: str,
    stage: str,
    *,
    weight: int | None,
    split: tuple[tuple[str, str], ...],
    yes: bool,
    dry_run: bool,
    **how: Any,  # noqa: ANN401 - reason and bypass, as the registry names them
) -> None:
    """Give a stage to a version, all of it or a share, after gates and approvals agree.

    Where the stage takes approvals, the open request for just this is applied.
    """
    shares = weights(split)
    with session.open() as registry:
        if dry_run or not yes:
            plan = registry.promotions.plan(reference, stage, weight=weight, split=shares)
            if dry_run:
                session.show({"plan": plan}, lambda to: view.promotion(to, plan))
                return
            session.tell(lambda to: view.promotion(to, plan))
            ask_about(session, registry, plan, bypass=how["bypass"])
        given = registry.promotions.promote(reference, stage, weight=weight, split=shares, **how)
    tell_given(session, given)


def ask_about(
    session: Session, registry: Registry, plan: PromotionPlan, *, bypass: bool = False
) -> None:
    """Ask whether a plan is to be carried out; what is refused anyhow is not asked about.

    It is tried all the same, because the log keeps refusals. A gate that is measured may agree when
    it is run.
    """
    missing = [v for v in plan.verdicts if v.outcome != "pass"]
    if bypass and missing:
        names = ", ".join(dict.fromkeys(v.gate for v in missing))
        session.ask(f"Set {names} aside and give {plan.stage} of {plan.model} to {plan.reference}?")
    elif all(v.gate != "approvals" and registry.policy.gate(v.gate).measured for v in missing):
        session.ask(f"Give {plan.stage} of {plan.model} to {plan.reference}?")


def tell_given(session: Session, given: Assignment) -> None:
    """Show an assignment that was made."""
    session.show({"assignment": given}, lambda to: holders(to, given.holders))
    asked = f", as request {given.request} asked" if given.request is not None else ""
    session.say(f"{given.model}@{given.stage} is assigned (entry {given.id}{asked}).")
    if given.bypass is not None:
        session.warn(f"warning: this is a bypass; set aside: {given.bypass}")


@command(
    "rollback", example="modelshelf rollback churn --stage production --reason 'errors up' --yes"
)
@click.argument("model", required=False, type=MODEL, metavar="[MODEL]")
@click.option("--stage", type=STAGE, metavar="STAGE", help="Which stage; with --as-of, else all.")
@click.option(
    "--to",
    type=NUMBER,
    metavar="ENTRY",
    help="The assignment to return to (modelshelf show MODEL --history); else the one before.",
)
@of_many
@REASON
@YES
@DRY_RUN
@click.pass_obj
def rollback(
    session: Session,
    /,
    model: str | None,
    *,
    reason: str,
    yes: bool,
    dry_run: bool,
    **what: Any,  # noqa: ANN401 - stage, to, models and skip, as Wanted names them
) -> None:
    """Give a stage back to who held it before; the bytes are checked first.

    With --as-of, every stage goes back to who held it at that moment: of MODEL, of the --models
    that fit a pattern, or of all.
    """
    wanted = Wanted(model, **what)
    if session.as_of is not None:
        go_back(session, wanted, reason=reason, yes=yes, dry_run=dry_run)
        return
    model, stage, to = check_single(wanted)
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
    session.say(f"The way back: {way_back(given)}")


def way_back(given: Assignment) -> str:
    """Return the command that undoes a rollback."""
    return (
        f"modelshelf rollback {given.model} --stage {given.stage} --to {given.replaced} --reason …"
    )


COMMANDS = {c.name: c for c in (promote, rollback)}

"""The command that asks the gates: `check`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from modelshelf.cli.command import command
from modelshelf.cli.session import Session
from modelshelf.cli.values import NUMBER, REFERENCE, STAGE, shares, weights
from modelshelf.cli.views import gates as view
from modelshelf.cli.wording import RULES_OF_THEN, plural
from modelshelf.domain.errors import Invalid, Refused
from modelshelf.domain.text import safe

_NAMED = 5


@command("check", example="modelshelf check churn:v3 production")
@click.argument("reference", type=REFERENCE, required=False)
@click.argument("stage", type=STAGE, required=False)
@shares()
@click.option("--run", is_flag=True, help="Run the gates that must be measured first.")
@click.option(
    "--output", metavar="GATE", help="Show what a command wrote when it was run on the version."
)
@click.option(
    "--entry", type=NUMBER, metavar="ENTRY", help="Of which measurement; else of the newest."
)
@click.option("--all", "every", is_flag=True, help="Check all versions; then give at most a STAGE.")
@click.option("--models", metavar="PATTERN", help="With --all: only models called so, as risk/*.")
@click.pass_obj
def check(
    session: Session,
    /,
    reference: str | None,
    stage: str | None,
    **asked: Any,  # noqa: ANN401 - the options above
) -> None:
    """Say whether a version may hold a stage, and why not; nothing is changed.

    Ends with 0 when it may, with 5 when it may not. With --all it ends with 5 when a version that
    holds a stage now would not be given it.
    """
    if asked["every"]:
        _none_of(asked, "weight", "split", "run", "output", "entry", beside="--all")
        if stage is not None:
            raise Invalid("with --all at most a stage is named", observed=f"{reference} {stage}")
        _check_all(session, reference, asked["models"] or "*")
    elif reference is not None and asked["output"] is not None:
        _none_of(asked, "weight", "split", "run", "models", beside="--output")
        _show_output(session, reference, asked["output"], asked["entry"])
    elif reference is not None and stage is not None:
        _none_of(asked, "models", "entry", beside="a version and a stage")
        _check(session, reference, stage, asked)
    else:
        raise Invalid(
            "a version and a stage are needed", hint="modelshelf check churn:v3 production"
        )


def _none_of(asked: Mapping[str, Any], *names: str, beside: str) -> None:
    given = [f"--{name}" for name in names if asked[name] not in (None, False, ())]
    if given:
        raise Invalid(f"{', '.join(given)} cannot stand beside {beside}", hint="Leave it out.")


def _check(session: Session, reference: str, stage: str, asked: Mapping[str, Any]) -> None:
    with session.open() as registry, session.progress("running the gates") as progress:
        plan = registry.gates.check(
            reference,
            stage,
            weight=asked["weight"],
            split=weights(asked["split"]),
            run=asked["run"],
            progress=progress,
        )
    session.show({"plan": plan}, lambda to: view.check(to, plan))
    session.say_now("The rules by which this is judged", RULES_OF_THEN)
    missing = [v for v in plan.verdicts if v.outcome != "pass"]
    if missing:
        raise Refused(
            f"{plan.reference} may not hold {plan.stage} yet",
            why=", ".join(dict.fromkeys(f"{v.gate} {view.WORDS[v.outcome]}" for v in missing)),
            subject=plan.reference,
        )


def _check_all(session: Session, stage: str | None, models: str) -> None:
    with session.open() as registry, session.progress("checking", counted=True) as progress:
        checked = registry.gates.check_all(stage, models=models, progress=progress)
    session.show({"checked": checked}, lambda to: view.checked(to, checked))
    session.say_now("The rules by which this is judged", RULES_OF_THEN)
    allowed = sum(line.allowed for line in checked)
    session.say(f"{plural(len(checked), 'answer')}, {allowed:,} yes.")
    out = [line for line in checked if line.holds and not line.allowed]
    if out:
        named = ", ".join(f"{line.stage} to {line.reference}" for line in out[:_NAMED])
        more = f" and {len(out) - _NAMED:,} more" if len(out) > _NAMED else ""
        raise Refused(
            f"{plural(len(out), 'stage')} would not be given now to who holds"
            f" {'it' if len(out) == 1 else 'them'}",
            why=f"{safe(named)}{more}",
        )


def _show_output(session: Session, reference: str, gate: str, entry: int | None) -> None:
    with session.open() as registry:
        found = registry.gates.output(reference, gate, entry=entry)
    text = found.decode("utf-8", "backslashreplace")
    session.show(
        {"output": {"reference": reference, "gate": gate, "bytes": len(found), "text": text}},
        lambda to: view.output(to, text),
    )
    if not found:
        session.say("It wrote nothing.")


COMMANDS = {c.name: c for c in (check,)}

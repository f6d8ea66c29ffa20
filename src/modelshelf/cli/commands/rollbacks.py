"""Rolling back to a moment: `rollback --as-of`, for one model, a pattern of models, or all."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import click

from modelshelf.cli import wording
from modelshelf.cli.session import Session, moment
from modelshelf.cli.views import returning as view
from modelshelf.domain.errors import Invalid

_MODELS = click.option(
    "--models",
    metavar="PATTERN",
    help="With --as-of: the models to roll back, such as 'risk/*'; else all.",
)
_SKIP = click.option(
    "--skip", is_flag=True, help="With --as-of: leave as they are the stages that cannot go back."
)


def of_many(function: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options of rolling back many models."""
    return _MODELS(_SKIP(function))


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a command line asks to roll back to a moment.

    Attributes:
        model: One model; ``None`` for those of the pattern.
        models: A pattern of names; ``None`` for all.
        stage: One stage; ``None`` for all.
        skip: Whether what cannot go back is left as it is.
        to: An assignment, which goes with no moment.
    """

    model: str | None
    models: str | None
    stage: str | None
    skip: bool
    to: int | None

    @property
    def pattern(self) -> str:
        """The models that are meant."""
        if self.to is not None:
            raise Invalid("--to and --as-of were both given", hint="Give one of them.")
        if self.model is not None and self.models is not None:
            raise Invalid("a model and --models were both given", hint="Give one of them.")
        return self.model or self.models or "*"


def check_single(wanted: Wanted) -> tuple[str, str, int | None]:
    """Return the model, the stage and the assignment of a rollback without a moment.

    Raises:
        Invalid: An option is there that goes with a moment only.
        click.UsageError: The model or its stage is missing.
    """
    if wanted.models is not None or wanted.skip:
        raise Invalid(
            f"{'--models' if wanted.models is not None else '--skip'} goes with --as-of",
            hint="Say to which moment: --as-of 2026-05-03T09:12",
        )
    if wanted.model is None or wanted.stage is None:
        raise click.UsageError(
            "Give a model and its --stage, or --as-of TIME for all models.",
            click.get_current_context(),
        )
    return wanted.model, wanted.stage, wanted.to


def go_back(session: Session, wanted: Wanted, *, reason: str, yes: bool, dry_run: bool) -> None:
    """Roll stages back to the moment of ``--as-of``, after showing what changes."""
    when, session.as_of = moment(session.as_of or ""), None  # not a look at the past: a way there
    what: dict[str, Any] = {"models": wanted.pattern, "stage": wanted.stage}
    with session.open() as registry:
        plan = registry.returns.plan(when, **what)
        if dry_run:
            session.show({"plan": plan}, lambda to: view.returning(to, plan))
            return
        going = len(plan.moves) - (len(plan.refused) if wanted.skip else 0)
        if plan.moves and not yes:
            session.tell(lambda to: view.returning(to, plan))
            if going and (wanted.skip or not plan.refused):
                session.ask(f"Roll {wording.plural(going, 'stage')} back to entry {plan.entry}?")
        with session.progress("verifying", undone="nothing was moved", counted=True) as progress:
            made = registry.returns.apply(
                plan.entry, **what, reason=reason, skip=wanted.skip, progress=progress
            )
    back = _way_back(made[0].id - 1, wanted) if made else None
    session.show({"assignments": made, "way_back": back}, lambda to: view.assignments(to, made))
    if not made:
        session.say("Nothing was moved: every stage that can go back is held as it was then.")
        return
    session.say(f"{wording.plural(len(made), 'stage')} went back to entry {plan.entry}.")
    session.say(f"The way back: {back}")


def _way_back(entry: int, wanted: Wanted) -> str:
    words = ["modelshelf", "rollback", "--as-of", str(entry)]
    if wanted.pattern != "*":
        words += ["--models", wanted.pattern]
    if wanted.stage is not None:
        words += ["--stage", wanted.stage]
    return shlex.join([*words, "--reason", "…"])

"""Commands about who agreed: `request`, and `evidence` for an auditor."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import click

from modelshelf.cli.command import command
from modelshelf.cli.commands.stages import ask_about, tell_given
from modelshelf.cli.session import Session
from modelshelf.cli.values import MODEL, NUMBER, REFERENCE, STAGE, shares, weights, whole
from modelshelf.cli.views import requests as view
from modelshelf.cli.views.models import line
from modelshelf.cli.wording import RULES_OF_THEN, plural
from modelshelf.domain.errors import Invalid, NotFound

if TYPE_CHECKING:
    from collections.abc import Callable

    from click.shell_completion import CompletionItem

    from modelshelf.domain.requests import Request, RequestState, Tally
    from modelshelf.registry import Registry

_STATES = ("open", "applied", "rejected", "withdrawn", "expired", "all")


@dataclass(frozen=True, slots=True)
class _Words:
    """What stands after `request`, as far as an action uses it."""

    words: tuple[str, ...]
    weight: int | None
    split: tuple[tuple[str, str], ...]
    reason: str
    comment: str
    state: str
    model: str | None
    waiting_for: str | None
    limit: int
    yes: bool
    dry_run: bool

    @property
    def number(self) -> int:
        """The one number that is given."""
        if len(self.words) != 1:
            raise Invalid("the number of one request is needed", hint="See modelshelf request list")
        word = self.words[0].strip().removeprefix("#")
        return whole(word, "the number of a request", "modelshelf request list shows the numbers.")


def _offer(context: click.Context, param: click.Parameter, begun: str) -> list[CompletionItem]:
    """Return what a shell is offered behind `open`: a version, then a stage."""
    if context.params.get("action") != "open":
        return []
    kind = STAGE if context.params.get("words") else REFERENCE
    return kind.shell_complete(context, param, begun)


@command("request", example="modelshelf request open churn:v3 production --reason 'best so far'")
@click.argument(
    "action",
    required=False,
    type=click.Choice(["list", "open", "show", "approve", "reject", "withdraw", "apply"]),
)
@click.argument("words", nargs=-1, metavar="[NUMBER|REFERENCE STAGE]", shell_complete=_offer)
@shares("open: its share of the stage.", "open: a holder and its share; give all of them.")
@click.option("--reason", default="", metavar="TEXT", help="open, withdraw, apply: why.")
@click.option("--comment", default="", metavar="TEXT", help="approve, reject: what you say to it.")
@click.option(
    "--state", type=click.Choice(_STATES), default="open", help="list: only of this state."
)
@click.option("--model", type=MODEL, metavar="NAME", help="list: only of this model.")
@click.option(
    "--waiting-for", metavar="PERSON", help="list: only what this person's yes would bring on."
)
@click.option("-n", "--limit", type=NUMBER, default=50, help="list: at most so many.")
@click.option("-y", "--yes", is_flag=True, help="apply: do not ask.")
@click.option("--dry-run", is_flag=True, help="apply: only show what would change.")
@click.pass_obj
def request(session: Session, /, *, action: str | None, **given: Any) -> None:  # noqa: ANN401 - as _Words names them
    """Ask that a version hold a stage, answer such questions, and carry them out.

    "open REFERENCE STAGE" asks. "approve NUMBER" says yes, "reject NUMBER" no, with a --comment.
    "apply NUMBER" gives the stage once gates and approvals agree; "withdraw NUMBER" takes the
    question back. "show NUMBER" tells all about one. Without an action the open ones are listed.
    """
    with session.open() as registry:
        _ACTIONS[action or "list"](session, registry, _Words(**given))


def _list(session: Session, registry: Registry, given: _Words) -> None:
    if given.words:
        raise Invalid("list takes no number", hint="See modelshelf request show NUMBER.")
    state = None if given.state == "all" else cast("RequestState", given.state)
    found = registry.requests.list(
        state=state, model=given.model, waiting_for=given.waiting_for, limit=given.limit
    )
    session.show({"requests": found}, lambda to: view.requests(to, found))
    if given.waiting_for:
        session.say_now("The rules and roles by which a yes counts", RULES_OF_THEN)
    if not found:
        session.say("No request fits." if state != "open" else "No request is open.")
    elif len(found) == given.limit:
        session.say("There may be more: raise --limit.")


def _open(session: Session, registry: Registry, given: _Words) -> None:
    if len(given.words) != 2:  # noqa: PLR2004 - a version and a stage
        raise Invalid(
            "a version and a stage are needed", hint="modelshelf request open churn:v3 production"
        )
    reference, stage = given.words
    opened = registry.requests.open(
        reference, stage, weight=given.weight, split=weights(given.split), reason=given.reason
    )
    count = _tally(registry, opened)
    session.show({"request": opened, "approvals": count}, lambda to: line(to, str(opened.id)))
    session.say(f"Request {opened.id} is open: {opened.stage} of {opened.model}.")
    if count is not None and count.needed:
        session.say(f"{count.words}.")


def _show(session: Session, registry: Registry, given: _Words) -> None:
    shown = registry.requests.get(given.number)
    count, plan = _tally(registry, shown), None
    if shown.state == "open":
        with suppress(NotFound, Invalid):
            plan = registry.requests.plan(shown.id)
    answer = {"request": shown, "approvals": count, "plan": plan}
    session.show(answer, lambda to: view.request(to, shown, count, plan))
    if count is not None:
        session.say_now("The rules and roles by which a yes counts", RULES_OF_THEN)


def _tally(registry: Registry, of: Request) -> Tally | None:
    try:
        return registry.requests.tally(of.id)
    except NotFound:  # its stage is in the policy no more
        return None


def _approve(session: Session, registry: Registry, given: _Words) -> None:
    _answered(session, registry, registry.requests.approve(given.number, comment=given.comment))


def _reject(session: Session, registry: Registry, given: _Words) -> None:
    _answered(session, registry, registry.requests.reject(given.number, comment=given.comment))


def _withdraw(session: Session, registry: Registry, given: _Words) -> None:
    _answered(session, registry, registry.requests.withdraw(given.number, reason=given.reason))


def _answered(session: Session, registry: Registry, after: Request) -> None:
    count = _tally(registry, after)
    session.show(
        {"request": after, "approvals": count}, lambda to: line(to, f"{after.id} {after.state}")
    )
    if after.state != "open" or count is None:
        return
    session.say(f"{count.words}.")
    if not count.missing:
        session.say(f"It may be carried out: modelshelf request apply {after.id}")


def _apply(session: Session, registry: Registry, given: _Words) -> None:
    number = given.number
    if given.dry_run or not given.yes:
        from modelshelf.cli.views.stages import promotion

        plan = registry.requests.plan(number)
        if given.dry_run:
            session.show({"plan": plan}, lambda to: promotion(to, plan))
            return
        session.tell(lambda to: promotion(to, plan))
        ask_about(session, registry, plan)
    tell_given(session, registry.requests.apply(number, reason=given.reason or None))


_ACTIONS: dict[str, Callable[[Session, Registry, _Words], None]] = {
    "list": _list,
    "open": _open,
    "show": _show,
    "approve": _approve,
    "reject": _reject,
    "withdraw": _withdraw,
    "apply": _apply,
}


@command("evidence", example="modelshelf evidence churn:v2 production")
@click.argument("reference", type=REFERENCE)
@click.argument("stage", type=STAGE)
@click.pass_obj
def evidence(session: Session, reference: str, stage: str) -> None:
    """Print why a version holds a stage, as Markdown: gates, people, times, bytes, code and data.

    With --as-of: why it held it then.
    """
    with session.open() as registry:
        found = registry.promotions.decision(reference, stage)
    from modelshelf.domain.dossier import dossier

    session.show({"decision": found}, lambda _to: dossier(found))
    if found.checkpoint is None:
        session.say("No checkpoint covers it yet: modelshelf checkpoint writes one down.")
    if not found.seal_holds:
        session.warn(f"warning: entry {found.entry} is not what was written; modelshelf verify")
    if len(found.artifacts) > 1:
        session.say(f"{plural(len(found.artifacts), 'version')} hold {found.stage} together.")


COMMANDS = {c.name: c for c in (request, evidence)}

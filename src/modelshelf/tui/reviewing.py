"""The thread side of the reviews: which requests there are, and how one of them stands now."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from modelshelf.domain.errors import Conflict, Invalid, NotFound
from modelshelf.domain.requests import never_counts
from modelshelf.domain.roles import has_role
from modelshelf.domain.text import safe
from modelshelf.tui.store import contrast
from modelshelf.tui.verdicts import lacks_approval

if TYPE_CHECKING:
    from modelshelf.domain.comparison import Comparison
    from modelshelf.domain.promotion import PromotionPlan
    from modelshelf.domain.requests import Request, RequestState
    from modelshelf.domain.undo import UndoPlan
    from modelshelf.registry import Registry
    from modelshelf.tui.facts import Facts

Progress = Callable[[int, int, str], None]
SHOWN = 500
_NEWEST = 20
STATES = ("open", "", "applied", "rejected", "withdrawn", "expired")
"""What can be asked for; the empty one is all."""


@dataclass(frozen=True, slots=True)
class Standing:
    """One request, and what would come of it now.

    Attributes:
        request: The request.
        plan: What applying it would change; ``None`` when it is closed or cannot be planned.
        comparison: The holder of now against the version asked for.
        trouble: Why it cannot be planned.
    """

    request: Request
    plan: PromotionPlan | None = None
    comparison: Comparison | None = None
    trouble: str = ""


def requests(registry: Registry, state: str) -> tuple[Request, ...]:
    """Return the newest requests of a state, or of all."""
    wanted = cast("RequestState", state) if state else None
    return registry.requests.list(state=wanted, limit=SHOWN)


def waiting(registry: Registry) -> int:
    """Return how many open requests this person's approval would count for; none in the past."""
    if registry.moment is not None:
        return 0
    return len(registry.requests.list(waiting_for=registry.actor, limit=SHOWN))


def standing(registry: Registry, number: int) -> Standing:
    """Return how a request stands now; every gate is judged on the spot, none is run."""
    request = registry.requests.get(number)
    if request.state != "open":
        return Standing(request)
    try:
        plan = registry.requests.plan(number)
    except (Conflict, Invalid, NotFound) as error:
        return Standing(request, trouble=str(error))
    comparison = None
    with suppress(NotFound):
        comparison = contrast(registry, plan.holders_now, plan.holders_after)
    return Standing(request, plan, comparison)


def measure(registry: Registry, number: int, progress: Progress | None = None) -> None:
    """Run the gates of a request that must be measured; bytes are told while they are hashed."""
    request = registry.requests.get(number)
    split = {holder.reference: holder.weight for holder in request.holders}
    registry.gates.check(request.reference, request.stage, split=split, run=True, progress=progress)


def against(name: str, found: Standing, facts: Facts) -> str:
    """Return why this person cannot change a request in a way; empty when they can.

    The registry refuses it all the same; here it is only said before anybody tries.

    Args:
        name: ``approve``, ``reject``, ``apply``, ``withdraw`` or ``run``.
        found: The request as it stands.
        facts: What is known of the registry and of who acts.
    """
    asked = found.request
    if asked.state != "open":
        return f"The request is {asked.state} already."
    if name in ("approve", "reject"):
        return _against_answer(facts, asked)
    if name == "withdraw":
        return _against_withdrawing(facts, asked)
    if name == "apply" and found.plan is not None and lacks_approval(found.plan):
        return "It has not got the approvals yet that it takes."
    return ""


def _against_answer(facts: Facts, request: Request) -> str:
    try:
        stage = facts.policy.of(request.model).stage(request.stage)
    except NotFound as error:
        return f"{error}."
    never = never_counts(
        stage, facts.policy, facts.actor, model=request.model, requester=request.actor
    )
    return "" if never is None else f"{never}."


def _against_withdrawing(facts: Facts, request: Request) -> str:
    own = facts.actor == request.actor
    if own or has_role(facts.policy, facts.actor, "admin", request.model):
        return ""
    return f"{safe(request.actor, 60)} asked for it: they withdraw it, or an admin. x rejects it."


@dataclass(frozen=True, slots=True)
class Undoing:
    """What can be taken back now.

    Attributes:
        plan: What taking it back would record.
        again: Whether it is a change taken back before, which would be had again.
        other: The change taken back last that can be had again; ``None`` when there is none, or
            where it is what ``plan`` is about.
    """

    plan: UndoPlan
    again: bool = False
    other: UndoPlan | None = None


def undoing(registry: Registry, *, again: bool = False) -> Undoing:
    """Return what taking back this person's newest change would record.

    Args:
        registry: The registry.
        again: Whether what was taken back last is to be had again instead, if anything was.

    Raises:
        NotFound: This person changed nothing that could be taken back.
    """
    try:
        plan = registry.undo.plan()
    except NotFound:
        if (only := _taken_back(registry, 0)) is None:
            raise
        return Undoing(only, again=True)
    other = _taken_back(registry, plan.entry.seq)
    return Undoing(plan, other=other) if other is None or not again else Undoing(other, again=True)


def _taken_back(registry: Registry, newer_than: int) -> UndoPlan | None:
    """Return what has this person's newest undo again; ``None`` if something came after it."""
    for entry in registry.audit.entries(actor=registry.actor, limit=_NEWEST):
        of = entry.body.get("undoes")
        if entry.seq <= newer_than or type(of) is not int or not 0 < of < entry.seq:
            return None
        if registry.audit.get(of).body.get("undoes") is None:
            plan = registry.undo.plan(entry.seq)
            if plan.refused is None:
                return plan
    return None

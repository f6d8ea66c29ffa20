"""The thread side of the reviews: which requests there are, and how one of them stands now."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from modelshelf.domain.errors import Conflict, Invalid, NotFound
from modelshelf.tui.store import contrast

if TYPE_CHECKING:
    from modelshelf.domain.comparison import Comparison
    from modelshelf.domain.promotion import PromotionPlan
    from modelshelf.domain.requests import Request, RequestState
    from modelshelf.domain.undo import UndoPlan
    from modelshelf.registry import Registry

SHOWN = 500
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


def measure(registry: Registry, number: int) -> None:
    """Run the gates of a request that must be measured."""
    request = registry.requests.get(number)
    split = {holder.reference: holder.weight for holder in request.holders}
    registry.gates.check(request.reference, request.stage, split=split, run=True)


def undoing(registry: Registry) -> UndoPlan:
    """Return what taking back this person's newest change would record."""
    return registry.undo.plan()

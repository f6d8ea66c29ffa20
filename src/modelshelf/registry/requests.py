"""Requests: may these versions hold that stage? Ask, answer, take back, carry out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from modelshelf.domain.errors import Invalid
from modelshelf.domain.requests import Request, RequestState, Tally
from modelshelf.domain.text import accept, safe
from modelshelf.registry.naming import REASON_MOST, check_limit, check_reason
from modelshelf.registry.rights import right

if TYPE_CHECKING:
    from modelshelf.domain.promotion import PromotionPlan
    from modelshelf.domain.stages import Assignment
    from modelshelf.registry.context import Context

_STATES = ("open", "applied", "rejected", "withdrawn", "expired")
_ACTOR_MOST = 200


class Requests:
    """The requests of a registry, and the answers to them."""

    def __init__(self, context: Context) -> None:
        """Work in ``context``."""
        self._context = context

    @right("contributor", of="reference", doing="ask for a stage for")
    def open(
        self,
        reference: str,
        stage: str,
        *,
        weight: int | None = None,
        split: Mapping[str, int] | None = None,
        reason: str,
    ) -> Request:
        """Ask that a version hold a stage, alone or beside others.

        Args:
            reference: The version.
            stage: A stage of the ladder.
            weight: Its share in percent, as in :meth:`Promotions.promote`.
            split: Instead of ``weight``: every holder's share by reference.
            reason: Why; it is recorded.

        Raises:
            NotFound: There is no such version or stage.
            Invalid: The weights do not sum to 100, or the reason is empty.
            Conflict: The stage is held exactly so already, or just this is asked already.
        """
        from modelshelf.registry.answering import ask
        from modelshelf.registry.giving import Asked

        why = check_reason(reason)
        return ask(self._context, Asked(reference, stage, weight, split, why))

    @right("viewer", of="number", kind="request", doing="answer request")
    def approve(self, number: int, *, comment: str = "") -> Request:
        """Say yes to a request.

        Args:
            number: The request.
            comment: What is to be remembered with it.

        Raises:
            NotFound: There is no such request.
            Conflict: It is closed, or was approved by this person already.
            Refused: This person's approval can never count.
        """
        from modelshelf.registry.answering import answer

        said = accept("comment", comment, most=REASON_MOST, lines=True).strip()
        return answer(self._context, number, "approve", said)

    @right("viewer", of="number", kind="request", doing="answer request")
    def reject(self, number: int, *, comment: str) -> Request:
        """Say no to a request, and why; that closes it.

        Raises:
            NotFound: There is no such request.
            Conflict: It is closed.
            Refused: This person's answer does not count.
            Invalid: The comment is empty.
        """
        from modelshelf.registry.answering import answer

        said = accept("comment", comment, most=REASON_MOST, empty=False, lines=True).strip()
        return answer(self._context, number, "reject", said)

    @right("viewer", of="number", kind="request", doing="withdraw request")
    def withdraw(self, number: int, *, reason: str) -> Request:
        """Take a request back: who opened it may, or an admin.

        Raises:
            NotFound: There is no such request.
            Conflict: It is closed.
            Refused: This person may not.
            Invalid: The reason is empty.
        """
        from modelshelf.registry.answering import take_back

        return take_back(self._context, number, check_reason(reason))

    @right("contributor", of="number", kind="request", doing="apply request")
    def apply(self, number: int, *, reason: str | None = None) -> Assignment:
        """Give the stage as a request asks, if gates and approvals agree now.

        Args:
            number: The request.
            reason: Why; by default the reason of the request.

        Raises:
            NotFound: There is no such request.
            Conflict: It is closed, or the stage has changed since it was opened.
            Refused: A gate or the approvals say no; the refusal is recorded.
        """
        from modelshelf.registry.approving import check_number, made
        from modelshelf.registry.giving import Asked, give

        why = None if reason is None else check_reason(reason)
        asked = Asked(reason=why, request=check_number(number))
        return made(self._context, give(self._context, asked))

    @right("viewer", of="number", kind="request")
    def get(self, number: int) -> Request:
        """Return a request; one whose time is over is shown as expired.

        Raises:
            NotFound: There is none of that number.
        """
        from modelshelf.registry.answering import found

        return found(self._context, number)[0]

    @right("viewer", of="number", kind="request")
    def tally(self, number: int) -> Tally:
        """Return what the approvals of a request come to by the rules of now.

        Raises:
            NotFound: There is no such request, or the policy has its stage no more.
        """
        from modelshelf.domain.requests import tally
        from modelshelf.registry.answering import found
        from modelshelf.registry.approving import moment_of

        request = found(self._context, number)[0]
        stage = self._context.policy.of(request.model).stage(request.stage)
        return tally(stage, self._context.policy, request, moment_of(self._context))

    @right("viewer", of="number", kind="request")
    def plan(self, number: int) -> PromotionPlan:
        """Return what :meth:`apply` would change, without changing anything.

        Raises:
            NotFound: There is no such request, or the policy has its stage no more.
        """
        from modelshelf.registry.answering import found
        from modelshelf.registry.approving import move_of, planned
        from modelshelf.registry.planning import looking

        request, connection = found(self._context, number)
        look = looking(self._context, request.model)
        return planned(self._context, look, move_of(look, request), connection, request)

    @right("viewer", of="model")
    def list(
        self,
        *,
        state: RequestState | None = "open",
        model: str | None = None,
        waiting_for: str | None = None,
        limit: int = 50,
    ) -> tuple[Request, ...]:
        """Return requests, newest first.

        Args:
            state: Only those in this state; ``None`` for all.
            model: Only of this model.
            waiting_for: Only open ones that this person's approval would still count for.
            limit: At most so many.

        Raises:
            NotFound: There is no such model.
            Invalid: A filter is of no use.
        """
        from modelshelf.registry.answering import listed

        if state is not None and state not in _STATES:
            raise Invalid(
                f"{safe(state, 40)!r} is no state of a request", required=", ".join(_STATES)
            )
        who = waiting_for
        if who is not None:
            who = accept("name", who, most=_ACTOR_MOST, empty=False)
        return listed(self._context, state, model, who, check_limit(limit))

    @right("contributor")
    def lapse(self) -> tuple[Request, ...]:
        """Record that the requests whose time is over have expired, and return them."""
        from modelshelf.registry.answering import lapse_all

        return lapse_all(self._context)

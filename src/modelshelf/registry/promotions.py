"""Promotions and rollbacks: who holds a stage, and who shall."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from modelshelf.domain.models import Resolution
from modelshelf.domain.names import parse_reference
from modelshelf.domain.stages import Assignment, sticky_holder
from modelshelf.domain.text import accept, safe
from modelshelf.registry.naming import check_limit, check_reason
from modelshelf.registry.rights import right

if TYPE_CHECKING:
    from modelshelf.domain.decision import Decision
    from modelshelf.domain.promotion import PromotionPlan, RollbackPlan
    from modelshelf.domain.stages import Holder
    from modelshelf.registry.context import Context

_KEY_MOST = 10_000


class Promotions:
    """The stages of a registry and who holds them."""

    def __init__(self, context: Context) -> None:
        """Work in ``context``."""
        self._context = context

    @right("viewer", of="reference")
    def plan(
        self,
        reference: str,
        stage: str,
        *,
        weight: int | None = None,
        split: Mapping[str, int] | None = None,
    ) -> PromotionPlan:
        """Return what :meth:`promote` would change, without changing anything.

        Raises:
            NotFound: There is no such version or stage.
            Invalid: The weights do not sum to 100, or name versions of other models.
        """
        from modelshelf.registry.approving import planned
        from modelshelf.registry.planning import looking

        model = parse_reference(reference).model
        look = looking(self._context, model)
        move = look.promotion(reference, stage, weight=weight, split=split)
        return planned(self._context, look, move, self._context.about(model))

    @right("contributor", of="reference")
    def promote(
        self,
        reference: str,
        stage: str,
        *,
        weight: int | None = None,
        split: Mapping[str, int] | None = None,
        reason: str,
        bypass: bool = False,
        seen: Sequence[Holder] | None = None,
    ) -> Assignment:
        """Give a stage to a version, alone or beside others.

        Where the stage takes approvals, the open request for exactly these holders is applied.

        Args:
            reference: The version.
            stage: A stage of the ladder.
            weight: Its share in percent; the present holders share the rest in their proportions.
                ``None``: all of it.
            split: Instead of ``weight``: every holder's share by reference, 100 in sum.
            reason: Why; it is recorded.
            bypass: Set aside the gates and approvals that are not met, if the policy lets the actor
                do that; it is recorded as a bypass.
            seen: Who held the stage when it was decided; when others do by now, nothing is done.
                ``None``: whoever holds it gives way.

        Returns:
            The assignment that holds from now on.

        Raises:
            NotFound: There is no such version or stage.
            Invalid: The weights do not sum to 100, or the reason is empty.
            Refused: A verdict says no, or approvals are missing; the refusal is recorded.
            Conflict: The stage is held exactly so already, or changed since the request for it, or
                is not held as it was ``seen``.
        """
        from modelshelf.registry.approving import made
        from modelshelf.registry.giving import Asked, give

        why = check_reason(reason)
        asked = Asked(reference, stage, weight, split, why, bypass=bypass, seen=seen)
        return made(self._context, give(self._context, asked))

    @right("viewer", of="reference")
    def decision(self, reference: str, stage: str) -> Decision:
        """Return why a version holds a stage, with everything that decision rests on.

        Raises:
            NotFound: There is no such version, or it does not hold the stage; says when it did.
        """
        from modelshelf.registry.evidence import decision

        return decision(self._context, reference, stage)

    @right("viewer", of="model")
    def plan_rollback(self, model: str, stage: str, *, to: int | None = None) -> RollbackPlan:
        """Return what :meth:`rollback` would change, without changing anything.

        Raises:
            NotFound: There is no such model or stage, or nothing earlier to return to.
        """
        from modelshelf.registry.rolling import planned

        return planned(self._context, model, stage, to)

    @right("contributor", of="model", doing="roll back")
    def rollback(
        self,
        model: str,
        stage: str,
        *,
        reason: str,
        to: int | None = None,
        seen: Sequence[Holder] | None = None,
    ) -> Assignment:
        """Give a stage back to the holders of an earlier assignment; gates are not asked again.

        The bytes of those versions are verified first.

        Args:
            model: The model.
            stage: The stage.
            reason: Why; it is recorded.
            to: Id of the assignment to return to; by default the one before the present.
            seen: Who held the stage when it was decided; when others do by now, nothing is done.

        Raises:
            NotFound: There is nothing to return to.
            Conflict: The stage is not held as it was ``seen``, or changed while it was verified.
            Refused: A version to return to is yanked, or its bytes were freed.
            Corrupt: Its bytes are damaged.
        """
        from modelshelf.registry.approving import made
        from modelshelf.registry.rolling import roll_back

        why = check_reason(reason)
        return made(self._context, roll_back(self._context, model, stage, to, why, seen))

    @right("viewer", of="model")
    def history(
        self, model: str, stage: str | None = None, limit: int = 50
    ) -> tuple[Assignment, ...]:
        """Return assignments of ``model``, newest first; of one stage, or of all.

        Raises:
            NotFound: There is no such model.
        """
        models = self._context.models(model)
        rung = None if stage is None else accept("stage", stage, most=_KEY_MOST)
        return models.assignments(models.model_id(model), rung, check_limit(limit))

    @right("viewer")
    def serving(self, stage: str = "production", limit: int = 200) -> tuple[Assignment, ...]:
        """Return the present assignment of ``stage`` for every model that has one, by name."""
        rung = self._context.policy.stage(stage)
        return self._context.models().serving(rung.name, check_limit(limit))

    @right("viewer", of="reference")
    def resolve(
        self, reference: str, *, key: str | None = None, consumer: str | None = None
    ) -> Resolution:
        """Return who serves ``reference``: all holders, or the one that serves a sticky key.

        Args:
            reference: Any reference; a stage may have several holders.
            key: For one holder: the same key is served by the same one while the weights stand.
            consumer: Who uses them from now on: a lease is left, or a warning says why not.

        Raises:
            Invalid, NotFound: It names nobody.
        """
        parsed = parse_reference(reference)
        found = self._context.versions(parsed.model).find(parsed)
        if parsed.kind == "digest":
            found = found[:1]
        warnings = tuple(
            f"{f.reference} is yanked: {safe(f.yanked)}" for f in found if f.yanked is not None
        )
        if parsed.model and found[0].model != parsed.model:
            warnings += (f"{parsed.model} is called {found[0].model} now",)
        holders = tuple(f.holder for f in found)
        if key is not None:
            key = accept("key", key, most=_KEY_MOST, lines=True)
            holders = (sticky_holder(holders, key, f"{found[0].model_id}@{parsed.label}"),)
        if consumer is not None:
            from modelshelf.registry.consumers import leave

            ids = [holder.version_id for holder in holders]
            warnings += leave(self._context, consumer, str(parsed), ids)
        return Resolution(reference, holders, key, warnings)

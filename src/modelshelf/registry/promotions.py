"""Promotions and rollbacks: who holds a stage, and who shall."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from modelshelf.domain.errors import Conflict, NotFound, Refused
from modelshelf.domain.models import Resolution
from modelshelf.domain.names import parse_reference
from modelshelf.domain.plain import compact
from modelshelf.domain.stages import Assignment, sticky_holder
from modelshelf.domain.text import accept, safe
from modelshelf.registry.naming import check_limit, check_reason

if TYPE_CHECKING:
    from modelshelf.domain.events import PromotionRefused, StageAssigned
    from modelshelf.domain.promotion import PromotionPlan, RollbackPlan
    from modelshelf.registry.context import Context
    from modelshelf.registry.planning import Move

_KEY_MOST = 10_000


class Promotions:
    """The stages of a registry and who holds them."""

    def __init__(self, context: Context) -> None:
        """Work in ``context``."""
        self._context = context

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
        from modelshelf.registry.planning import looking

        look = looking(self._context, parse_reference(reference).model)
        return look.promotion_plan(look.promotion(reference, stage, weight=weight, split=split))

    def promote(
        self,
        reference: str,
        stage: str,
        *,
        weight: int | None = None,
        split: Mapping[str, int] | None = None,
        reason: str,
    ) -> Assignment:
        """Give a stage to a version, alone or beside others.

        Args:
            reference: The version.
            stage: A stage of the ladder.
            weight: Its share in percent; the present holders share the rest in their proportions.
                ``None``: all of it.
            split: Instead of ``weight``: every holder's share by reference, 100 in sum.
            reason: Why; it is recorded.

        Returns:
            The assignment that holds from now on.

        Raises:
            NotFound: There is no such version or stage.
            Invalid: The weights do not sum to 100, or the reason is empty.
            Refused: A verdict says no; the refusal is recorded.
            Conflict: The stage is held exactly so already.
        """
        from modelshelf.registry.planning import Look
        from modelshelf.registry.policing import record_policy

        why = check_reason(reason)
        record_policy(self._context)
        with self._context.write(f"promote {reference}") as transaction:
            look = Look(*self._context.inside(transaction), self._context.policy)
            move = look.promotion(reference, stage, weight=weight, split=split)
            if move.changes_nothing:
                raise Conflict(
                    f"{move.words} {'hold' if len(move.holders) > 1 else 'holds'} {stage} already",
                    subject=reference,
                )
            failed = [v for v in move.verdicts if v.outcome == "fail"]
            event = self._refusal(move, why) if failed else self._assignment(move, why)
            recorded = transaction.record(event, f"{move.model}@{stage}")
        if failed:
            raise Refused(
                f"{move.words} may not hold {stage}",
                why="; ".join(v.message for v in failed),
                observed=failed[0].observed,
                required=failed[0].required,
                subject=reference,
            )
        return self._assignment_made(recorded.seq)

    @staticmethod
    def _assignment(move: Move, why: str) -> StageAssigned:
        from modelshelf.domain.events import StageAssigned

        return StageAssigned(
            move.model_id,
            move.model,
            move.stage.name,
            move.as_recorded,
            why,
            move.replaced,
            move.archived,
            move.unarchived,
            tuple(compact(v) for v in move.verdicts),
        )

    @staticmethod
    def _refusal(move: Move, why: str) -> PromotionRefused:
        from modelshelf.domain.events import PromotionRefused

        return PromotionRefused(
            move.model_id,
            move.model,
            move.stage.name,
            move.as_recorded,
            why,
            tuple(compact(v) for v in move.verdicts),
        )

    def plan_rollback(self, model: str, stage: str, *, to: int | None = None) -> RollbackPlan:
        """Return what :meth:`rollback` would change, without changing anything.

        Raises:
            NotFound: There is no such model or stage, or nothing earlier to return to.
        """
        from modelshelf.registry.planning import looking

        look = looking(self._context, model)
        return look.rollback_plan(look.rollback(model, stage, to=to))

    def rollback(self, model: str, stage: str, *, reason: str, to: int | None = None) -> Assignment:
        """Give a stage back to the holders of an earlier assignment; gates are not asked again.

        The bytes of those versions are verified first.

        Args:
            model: The model.
            stage: The stage.
            reason: Why; it is recorded.
            to: Id of the assignment to return to; by default the one before the present.

        Raises:
            NotFound: There is nothing to return to.
            Refused: A version to return to is yanked, or its bytes were freed.
            Corrupt: Its bytes are damaged.
        """
        from modelshelf.domain.events import StageRolledBack
        from modelshelf.registry.contents import check_bytes
        from modelshelf.registry.planning import Look, looking
        from modelshelf.registry.policing import record_policy

        why = check_reason(reason)
        look = looking(self._context, model)
        move = look.rollback(model, stage, to=to)
        for version in look.versions_of(move):
            self._check_usable(version.reference, version.yanked)
            check_bytes(self._context, version)
        record_policy(self._context)
        with self._context.write(f"roll back {model}") as transaction:
            look = Look(*self._context.inside(transaction), self._context.policy)
            again = look.rollback(model, stage, to=to)
            if again != move:
                raise Conflict(
                    f"{stage} of {model} changed while its bytes were verified",
                    hint="Look again and roll back once more.",
                )
            for version in look.versions_of(again):  # yanked while the bytes were verified
                self._check_usable(version.reference, version.yanked)
            event = StageRolledBack(
                move.model_id,
                move.model,
                stage,
                move.as_recorded,
                why,
                move.restores or 0,
                move.replaced,
                move.archived,
                move.unarchived,
            )
            recorded = transaction.record(event, f"{move.model}@{stage}")
        return self._assignment_made(recorded.seq)

    @staticmethod
    def _check_usable(reference: str, yanked: str | None) -> None:
        if yanked is not None:
            raise Refused(
                f"{reference} cannot take over again",
                why=f"it is yanked: {safe(yanked)}",
                hint="Choose another assignment with --to, or restore the version first.",
                subject=reference,
            )

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

    def serving(self, stage: str = "production", limit: int = 200) -> tuple[Assignment, ...]:
        """Return the present assignment of ``stage`` for every model that has one, by name."""
        rung = self._context.policy.stage(stage)
        return self._context.models().serving(rung.name, check_limit(limit))

    def resolve(self, reference: str, *, key: str | None = None) -> Resolution:
        """Return who serves ``reference``: all holders, or the one that serves a sticky key.

        Args:
            reference: Any reference; a stage may have several holders.
            key: For one holder: the same key is served by the same one while the weights stand.

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
        if key is None:
            return Resolution(reference, holders, None, warnings)
        sticky = accept("key", key, most=_KEY_MOST, lines=True)
        salt = f"{found[0].model_id}@{parsed.label}"
        return Resolution(reference, (sticky_holder(holders, sticky, salt),), sticky, warnings)

    def _assignment_made(self, seq: int) -> Assignment:
        made = self._context.live_models().assignment(seq)
        if made is None:  # the commit succeeded, so this is a bug, not a user's failure
            raise NotFound(f"assignment {seq} is not in the catalog")
        return made

"""Rolling back: the bytes of an earlier assignment are verified, then it holds again."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from modelshelf.domain.errors import Conflict, Refused
from modelshelf.domain.text import safe

if TYPE_CHECKING:
    from collections.abc import Sequence

    from modelshelf.domain.promotion import RollbackPlan
    from modelshelf.domain.stages import Holder
    from modelshelf.registry.context import Context
    from modelshelf.registry.planning import Look, Move

    Seen = Sequence[Holder] | None


def planned(context: Context, model: str, stage: str, to: int | None) -> RollbackPlan:
    """Return what a rollback would change; see ``Promotions.plan_rollback``."""
    from modelshelf.registry.approving import users_of
    from modelshelf.registry.planning import looking

    look = looking(context, model)
    move = look.rollback(model, stage, to=to)
    return replace(look.rollback_plan(move), consumers=users_of(context, move.present))


def roll_back(
    context: Context, model: str, stage: str, to: int | None, why: str, seen: Seen = None
) -> int:
    """Give a stage back and return the number of the assignment; see ``Promotions.rollback``."""
    from modelshelf.domain.events import StageRolledBack
    from modelshelf.registry.contents import check_bytes
    from modelshelf.registry.planning import looking, looking_inside
    from modelshelf.registry.policing import record_policy

    look = looking(context, model)
    move = look.rollback(model, stage, to=to)
    move.check_seen(seen)
    _check_usable(look, move)
    for version in look.versions_of(move):
        check_bytes(context, version)
    record_policy(context)
    with context.write(f"roll back {model}") as transaction:
        look = looking_inside(context, transaction)
        again = look.rollback(model, stage, to=to)
        if again != move:
            raise Conflict(
                f"{stage} of {model} changed while its bytes were verified",
                hint="Look again and roll back once more.",
            )
        _check_usable(look, again)  # yanked while the bytes were verified
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
        return transaction.record(event, f"{move.model}@{stage}").seq


def _check_usable(look: Look, move: Move) -> None:
    for version in look.versions_of(move):
        if version.yanked is not None:
            raise Refused(
                f"{version.reference} cannot take over again",
                why=f"it is yanked: {safe(version.yanked)}",
                hint="Choose another assignment with --to, or restore the version first.",
                subject=version.reference,
            )

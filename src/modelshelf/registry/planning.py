"""What a promotion or rollback would do: looked up and judged, before anything is written.

The same look serves the review screen and the write transaction, so what a person confirms is what
is done.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from modelshelf.catalog.detail import read_detail
from modelshelf.domain.errors import Conflict, Invalid, NotFound
from modelshelf.domain.models import ModelVersion, RegisteredModel
from modelshelf.domain.names import parse_reference
from modelshelf.domain.policy import Policy, Stage
from modelshelf.domain.promotion import PromotionPlan, RollbackPlan, Verdict
from modelshelf.domain.stages import (
    WHOLE,
    Assignment,
    Holder,
    check_weights,
    earlier_assignment,
    holders_in_words,
    split_with,
)
from modelshelf.domain.text import safe

if TYPE_CHECKING:
    from modelshelf.catalog.audit import Transaction
    from modelshelf.catalog.driver import Connection
    from modelshelf.catalog.model_reader import ModelReader
    from modelshelf.catalog.reader import Reader
    from modelshelf.domain.comparison import Comparison
    from modelshelf.registry.context import Context

_HISTORY_MOST = 100_000


@dataclass(frozen=True, slots=True)
class Move:
    """A change of one stage of one model, decided and not yet written.

    Attributes:
        reference: The version asked for, or the model for a rollback.
        model_id: The model's id.
        model: The model's name.
        stage: The stage.
        present: Who holds it now.
        holders: Who will, in order.
        verdicts: The gates' answers; empty for a rollback.
        replaced: Id of the present assignment.
        restores: For a rollback, id of the assignment it returns to.
        archived: Ids of the versions to put away.
        unarchived: Ids of the versions to take out of the archive.
        judged: Ids of the versions that the gates were asked about: those that do not hold the
            stage yet; when all of them do, the one asked for.
    """

    reference: str
    model_id: int
    model: str
    stage: Stage
    present: tuple[Holder, ...]
    holders: tuple[Holder, ...]
    verdicts: tuple[Verdict, ...]
    replaced: int | None
    restores: int | None
    archived: tuple[int, ...]
    unarchived: tuple[int, ...]
    judged: tuple[int, ...] = ()

    @property
    def changes_nothing(self) -> bool:
        """Whether the stage is held exactly so already."""
        return _shares(self.present) == _shares(self.holders)

    @property
    def as_recorded(self) -> tuple[tuple[int, int, int], ...]:
        """The holders as an event carries them: version id, number, weight."""
        return tuple(
            (h.version_id, int(h.reference.rpartition(":v")[2]), h.weight) for h in self.holders
        )

    @property
    def words(self) -> str:
        """The holders in words."""
        return ", ".join(
            h.reference if h.weight == WHOLE else f"{h.reference} {h.weight} %"
            for h in self.holders
        )

    def check_seen(self, seen: Sequence[Holder] | None) -> None:
        """Check that the stage is still held as whoever decides saw it; ``None``: nobody looked.

        Raises:
            Conflict: Others hold it by now, or with other shares.
        """
        if seen is None or _shares(self.present) == _shares(seen):
            return
        raise Conflict(
            f"{self.stage.name} changed hands while you were reading",
            why=f"it is held by {holders_in_words(self.present)} now",
            hint="Look again, then confirm.",
            subject=self.reference,
        )


def _shares(holders: Sequence[Holder]) -> dict[int, int]:
    return {h.version_id: h.weight for h in holders}


def looking(context: Context, model: str) -> Look:
    """Return a look at one model outside any transaction."""
    return Look(context.versions(model), context.models(model), context.policy, _clock_of(context))


def looking_inside(context: Context, transaction: Transaction) -> Look:
    """Return a look that sees what ``transaction`` has recorded so far."""
    return Look(*context.inside(transaction), context.policy, context.clock)


def _clock_of(context: Context) -> Callable[[], datetime]:
    """Return what tells the moment of judging; of the past, that of its last entry."""

    def clock() -> datetime:
        from modelshelf.registry.approving import moment_of

        return moment_of(context)

    return clock


class Look:
    """Questions behind a promotion or rollback, on one connection."""

    def __init__(
        self,
        versions: Reader,
        models: ModelReader,
        policy: Policy,
        clock: Callable[[], datetime],
    ) -> None:
        """Ask ``versions`` and ``models``; judge by ``policy`` at the moment ``clock`` tells."""
        self._versions = versions
        self._models = models
        self._policy = policy
        self._clock = clock

    def promotion(
        self, reference: str, stage: str, *, weight: int | None, split: Mapping[str, int] | None
    ) -> Move:
        """Return the move that gives ``stage`` to ``reference``; see ``Promotions.promote``."""
        self._policy.stage(stage)
        wanted = self._versions.one(parse_reference(reference))
        model = self._models.get(wanted.model)
        rung = self._policy.of(model.name).stage(stage)
        present = model.stages.get(stage, ())
        shares = self._asked(wanted.id, wanted.model_id, present, weight, split)
        candidates = self._versions.versions(list(shares))
        holders = tuple(Holder(v.id, v.reference, shares[v.id]) for v in candidates)
        now = self._models.assignments(model.id, stage, 1)
        held = {h.version_id for h in present}
        coming = tuple(v.id for v in candidates if v.id not in held)
        judged = coming or (wanted.id,)
        return Move(
            reference=wanted.reference,
            model_id=model.id,
            model=model.name,
            stage=rung,
            present=present,
            holders=holders,
            verdicts=self._judge(model, rung, candidates, judged),
            replaced=now[0].id if now else None,
            restores=None,
            archived=self._left(rung, present, holders),
            unarchived=tuple(v.id for v in candidates if v.archived),
            judged=judged,
        )

    def _judge(
        self,
        model: RegisteredModel,
        stage: Stage,
        holders: Sequence[ModelVersion],
        judged: Sequence[int],
    ) -> tuple[Verdict, ...]:
        from modelshelf.registry.gating import verdicts_on

        return verdicts_on(
            self._versions,
            self._models.connection,
            self._policy,
            self._clock,
            model=model,
            stage=stage,
            holders=holders,
            judged=judged,
        )

    def _asked(
        self,
        version_id: int,
        model_id: int,
        present: Sequence[Holder],
        weight: int | None,
        split: Mapping[str, int] | None,
    ) -> dict[int, int]:
        if split is None:
            return split_with(
                [(h.version_id, h.weight) for h in present],
                version_id,
                WHOLE if weight is None else weight,
            )
        if weight is not None:
            raise Invalid("a weight and a split were both given", hint="Give one of them.")
        shares: dict[int, int] = {}
        for reference, share in split.items():
            found = self._versions.one(parse_reference(reference))
            if found.model_id != model_id:
                raise Invalid(
                    f"{found.reference} is of another model",
                    why="the holders of a stage are versions of one model",
                    subject=reference,
                )
            if found.id in shares:
                raise Invalid(f"{found.reference} is named twice in the split", subject=reference)
            shares[found.id] = share
        check_weights(shares)
        if version_id not in shares:
            raise Invalid("the split leaves out the version it is asked for")
        return shares

    def _left(
        self, stage: Stage, present: Sequence[Holder], after: Sequence[Holder]
    ) -> tuple[int, ...]:
        """Return ids of the holders that hold nothing any more and are not archived yet."""
        if stage.on_replaced != "archive":
            return ()
        staying = {h.version_id for h in after}
        gone = [h.version_id for h in present if h.version_id not in staying]
        return tuple(
            v.id
            for v in self._versions.versions(gone)
            if not v.archived and set(v.stages) <= {stage.name}
        )

    def rollback(self, model: str, stage: str, *, to: int | None) -> Move:
        """Return the move that gives ``stage`` back; see ``Promotions.rollback``."""
        self._policy.stage(stage)
        registered = self._models.get(model)
        rung = self._policy.of(registered.name).stage(stage)
        history = self._models.assignments(registered.id, stage, _HISTORY_MOST)[::-1]
        earlier = self._earlier(history, registered.name, stage, to)
        present = registered.stages.get(stage, ())
        returning = self._versions.versions([h.version_id for h in earlier.holders])
        return Move(
            reference=registered.name,
            model_id=registered.id,
            model=registered.name,
            stage=rung,
            present=present,
            holders=earlier.holders,
            verdicts=(),
            replaced=history[-1].id,
            restores=earlier.id,
            archived=self._left(rung, present, earlier.holders),
            unarchived=tuple(v.id for v in returning if v.archived),
        )

    @staticmethod
    def _earlier(
        history: Sequence[Assignment], model: str, stage: str, to: int | None
    ) -> Assignment:
        if to is not None:
            chosen = next((a for a in history[:-1] if a.id == to and a.holders), None)
            if chosen is None:
                raise NotFound(
                    f"{safe(to, 40)} is no earlier assignment of {stage} of {model}",
                    observed=to,
                    required=", ".join(str(a.id) for a in history[:-1][-10:]) or "none",
                )
            return chosen
        earlier = earlier_assignment(history)
        if earlier is None:
            raise NotFound(
                f"there is nothing to roll {stage} of {safe(model, 80)} back to",
                why="nothing came before it" if history else "nobody has held it",
            )
        return earlier

    def versions_of(self, move: Move) -> tuple[ModelVersion, ...]:
        """Return the versions that will hold the stage."""
        return self._versions.versions([h.version_id for h in move.holders])

    def promotion_plan(self, move: Move) -> PromotionPlan:
        """Return ``move`` as a person reviews it."""
        return PromotionPlan(
            reference=move.reference,
            model=move.model,
            stage=move.stage.name,
            holders_now=move.present,
            holders_after=move.holders,
            verdicts=move.verdicts,
            allowed=all(v.outcome == "pass" for v in move.verdicts),
            archived=self._references(move.archived),
            comparison=comparison(
                self._versions, self._models.connection, move.present, move.holders
            ),
        )

    def rollback_plan(self, move: Move) -> RollbackPlan:
        """Return ``move`` as a person reviews it."""
        returns_to = self._models.assignment(move.restores or 0)
        if returns_to is None:
            raise NotFound(f"assignment {move.restores} is not in the catalog")
        return RollbackPlan(
            model=move.model,
            stage=move.stage.name,
            holders_now=move.present,
            returns_to=returns_to,
            archived=self._references(move.archived),
            unarchived=self._references(move.unarchived),
            comparison=comparison(
                self._versions, self._models.connection, move.present, move.holders
            ),
        )

    def _references(self, ids: Sequence[int]) -> tuple[str, ...]:
        return tuple(v.reference for v in self._versions.versions(ids))


def comparison(
    versions: Reader, connection: Connection, present: Sequence[Holder], coming: Sequence[Holder]
) -> Comparison | None:
    """Return the first holder of a stage beside the first who comes; ``None`` without such two."""
    from modelshelf.domain.comparison import compare

    staying = {h.version_id for h in present}
    new = [h.version_id for h in coming if h.version_id not in staying]
    if not present or not new:
        return None
    pair = versions.versions([present[0].version_id, new[0]])
    return compare([read_detail(connection, v) for v in pair])

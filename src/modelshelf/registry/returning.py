"""How stages go back to a moment: found, verified, and moved in one transaction or not at all."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from modelshelf.catalog import audit_reader
from modelshelf.catalog.model_reader import ModelReader
from modelshelf.catalog.moved import Moved, moved_since
from modelshelf.catalog.reader import Reader
from modelshelf.domain import events
from modelshelf.domain.errors import Conflict, Corrupt, NotFound, Refused
from modelshelf.domain.names import MODEL_NAME_MOST
from modelshelf.domain.returning import (
    LeftAlone,
    ReturnMove,
    ReturnPlan,
    Shift,
    Sides,
    refusal,
    sides,
)
from modelshelf.domain.text import accept, safe
from modelshelf.registry.moments import entry_at
from modelshelf.registry.naming import check_reason

if TYPE_CHECKING:
    from modelshelf.catalog.driver import Connection
    from modelshelf.domain.models import ModelVersion, RegisteredModel
    from modelshelf.domain.stages import Assignment, Holder
    from modelshelf.registry.context import Context

Progress = Callable[[int, int, str], object]
_WILD = frozenset("*?[")
_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Step:
    """One stage of one model that goes back, decided and not yet written."""

    model: RegisteredModel
    stage: str
    then: tuple[Holder, ...]
    restores: int | None
    replaced: int
    refused: str | None
    sides: Sides = ((), ())

    @property
    def now(self) -> tuple[Holder, ...]:
        """Who holds it now."""
        return self.model.stages.get(self.stage, ())

    @property
    def event(self) -> events.StageRolledBack | events.StageVacated:
        """The event that makes the move, without its reason."""
        about = (self.model.id, self.model.name, self.stage)
        archived, unarchived = self.sides
        if self.restores is None:
            return events.StageVacated(*about, "", self.replaced, archived, unarchived)
        holders = tuple(
            (h.version_id, int(h.reference.rpartition(":v")[2]), h.weight) for h in self.then
        )
        return events.StageRolledBack(
            *about, holders, "", self.restores, self.replaced, archived, unarchived
        )


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to go back: to which entry, which models, and which stage if not all."""

    entry: int
    models: str
    stage: str | None


def wish_for(context: Context, moment: datetime | int, models: str, stage: str | None) -> Wish:
    """Return what is asked for, checked."""
    context.check_present()
    live = context.database.reader()
    pattern = accept("pattern", models, most=MODEL_NAME_MOST, empty=False)
    reader = ModelReader(live)
    if not _WILD & set(pattern):
        pattern = reader.get(pattern).name
    elif pattern != "*" and not any(fnmatchcase(n, pattern) for n in reader.names("", 1 << 62)):
        raise NotFound(f"no model is called like {safe(pattern, 80)}", subject=safe(pattern, 80))
    rung = None if stage is None else context.policy.stage(stage).name
    return Wish(entry_at(live, moment), pattern, rung)


def plan(context: Context, wish: Wish) -> ReturnPlan:
    """Return what :func:`apply` would do."""
    live = context.database.reader()
    steps, alone = _steps(context, live, wish)
    written = audit_reader.entries(live, below=wish.entry + 1, limit=1)[0]
    return ReturnPlan(
        entry=wish.entry,
        at=written.at,
        newest=audit_reader.head(live)[0],
        moves=tuple(_shown(live, step) for step in steps),
        left_alone=alone,
    )


def apply(
    context: Context, wish: Wish, reason: str, *, skip: bool, progress: Progress | None
) -> tuple[Assignment, ...]:
    """Move the stages, all or none; with ``skip``, those that can move."""
    from modelshelf.registry.policing import record_policy

    why = check_reason(reason)
    steps = _able(_steps(context, context.database.reader(), wish)[0], skip=skip)
    damaged = _damaged(context, steps, skip=skip, progress=progress)
    steps = _steps(context, context.database.reader(), wish, without=damaged)[0]
    steps = [step for step in steps if step.refused is None]
    if not steps:
        return ()
    record_policy(context)
    with context.write("go back to a moment") as transaction:
        again = _steps(context, transaction.raw, wish, without=damaged)[0]
        if steps != [s for s in _able(again, skip=skip) if s.refused is None]:
            raise Conflict(
                "stages were given to others while the bytes were verified",
                hint="Look again and go back once more.",
            )
        made = [
            transaction.record(replace(s.event, reason=why), f"{s.model.name}@{s.stage}").seq
            for s in steps
        ]
    models = context.live_models()
    return tuple(a for seq in made if (a := models.assignment(seq)) is not None)


def _able(steps: list[Step], *, skip: bool) -> list[Step]:
    """Return the steps, if all of them can be made or those that cannot shall be left out."""
    refused = [step for step in steps if step.refused is not None]
    if not refused or skip:
        return steps
    more = len(refused) - _SHOWN
    raise Refused(
        f"{len(refused)} of {len(steps)} stages cannot go back",
        why="; ".join(f"{s.stage} of {s.model.name}: {s.refused}" for s in refused[:_SHOWN])
        + (f"; and {more} more" if more > 0 else ""),
        hint="Leave them as they are with --skip, or restore those versions first.",
        subject=refused[0].model.name,
    )


def _damaged(
    context: Context, steps: list[Step], *, skip: bool, progress: Progress | None
) -> dict[int, str]:
    """Verify the bytes of everything that comes back; return what is damaged, and how."""
    from modelshelf.registry.contents import check_bytes

    coming = {
        h.version_id
        for s in steps
        if s.refused is None
        for h in s.then
        if h.version_id not in {n.version_id for n in s.now}
    }
    found: dict[int, str] = {}
    versions = context.versions().versions(sorted(coming))
    for done, version in enumerate(versions):
        if progress is not None:
            progress(done, len(versions), version.reference)
        try:
            check_bytes(context, version)
        except (Corrupt, NotFound) as exc:
            if not skip:
                raise
            found[version.id] = f"the bytes of {version.reference} are damaged: {exc.what}"
    return found


def _steps(
    context: Context, connection: Connection, wish: Wish, without: dict[int, str] | None = None
) -> tuple[list[Step], tuple[LeftAlone, ...]]:
    """Return every stage that moves, by model and rung, and those that are left alone."""
    by_model: dict[str, list[Moved]] = defaultdict(list)
    alone: list[LeftAlone] = []
    for moved in moved_since(connection, wish.entry):
        if not fnmatchcase(moved.model, wish.models) or wish.stage not in (None, moved.stage):
            continue
        why = _left_alone(context, moved, wish.entry)
        if why:
            alone.append(LeftAlone(moved.model, moved.stage, why))
        else:
            by_model[moved.model].append(moved)
    found = [
        step
        for name, stages in by_model.items()
        for step in _of_model(context, connection, name, stages, without or {})
    ]
    return found, tuple(alone)


def _left_alone(context: Context, moved: Moved, entry: int) -> str:
    if moved.born > entry:
        return f"{moved.model} did not exist then"
    if moved.stage not in context.policy.of(moved.model).assignable:
        return f"the policy has no stage {moved.stage} any more"
    return ""


def _of_model(
    context: Context,
    connection: Connection,
    name: str,
    stages: list[Moved],
    without: dict[int, str],
) -> list[Step]:
    models, rules = ModelReader(connection), context.policy.of(name)
    model = models.get(name)
    ladder = rules.assignable
    steps: list[Step] = []
    for moved in sorted(stages, key=lambda m: ladder.index(m.stage)):
        then = None if moved.then is None else models.assignment(moved.then)
        holders = () if then is None else then.holders
        if _shares(holders) != _shares(model.stages.get(moved.stage, ())):
            restores = moved.then if holders else None
            steps.append(Step(model, moved.stage, holders, restores, moved.now, None))
    versions = _versions(connection, steps)
    judged = [replace(s, refused=_refusal(s, versions, without)) for s in steps]
    going = [s for s in judged if s.refused is None]
    shifts = [
        Shift(s.stage, s.now, s.then, rules.stage(s.stage).on_replaced == "archive") for s in going
    ]
    found = dict(zip((s.stage for s in going), sides(shifts, model.stages, versions), strict=True))
    return [replace(s, sides=found.get(s.stage, s.sides)) for s in judged]


def _refusal(step: Step, versions: dict[int, ModelVersion], without: dict[int, str]) -> str | None:
    damaged = next((without[h.version_id] for h in step.then if h.version_id in without), None)
    return damaged or refusal(step.then, versions)


def _versions(connection: Connection, steps: list[Step]) -> dict[int, ModelVersion]:
    ids = {h.version_id for s in steps for h in (*s.now, *s.then)}
    return {v.id: v for v in Reader(connection, ()).versions(sorted(ids))}


def _shares(holders: tuple[Holder, ...]) -> dict[int, int]:
    return {h.version_id: h.weight for h in holders}


def _shown(live: Connection, step: Step) -> ReturnMove:
    """Return a step as a person reviews it."""
    from modelshelf.catalog.leases import consumers_of
    from modelshelf.registry.planning import comparison

    reader = Reader(live, ())
    archived, unarchived = (tuple(v.reference for v in reader.versions(ids)) for ids in step.sides)
    return ReturnMove(
        model=step.model.name,
        stage=step.stage,
        holders_now=step.now,
        holders_then=step.then,
        restores=step.restores,
        refused=step.refused,
        archived=archived,
        unarchived=unarchived,
        comparison=comparison(reader, live, step.now, step.then),
        consumers=consumers_of(live, [h.version_id for h in step.now]),
    )

"""Taking back: which new events undo an entry, or why none can.

Decided from three states of the model: before the entry, right after it, and now. Only what the
entry really changed counts, and all of it must still be as the entry left it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from modelshelf.domain import events
from modelshelf.domain.errors import Invalid
from modelshelf.domain.names import check_alias
from modelshelf.domain.text import safe
from modelshelf.domain.undo_fields import KEYED, Field, State, off, touches, value_of, words_of
from modelshelf.domain.undo_words import NEVER, NO_WAY

if TYPE_CHECKING:
    from modelshelf.domain.audit import Entry
    from modelshelf.domain.models import ModelVersion
    from modelshelf.domain.stages import Holder


@dataclass(frozen=True, slots=True)
class Change:
    """One change that is to be taken back, with all that decides whether it can be.

    Attributes:
        seq: Number of its entry; of the first, where one undo took two.
        made: What was recorded then.
        before: The model before it.
        after: The model right after it.
        now: The model now.
        later: Number and event of every later entry about the model, oldest first.
        reason: Why it is taken back.
        ladder: Stages that can be held now.
        reserved: What no alias may be called now.
        circular: What would come back as an origin and is itself made from the version now.
    """

    seq: int
    made: tuple[events.Event, ...]
    before: State
    after: State
    now: State
    later: tuple[tuple[int, events.Event], ...] = ()
    reason: str = ""
    ladder: tuple[str, ...] = ()
    reserved: tuple[str, ...] = ()
    circular: str = ""

    def present_stage(self, name: str) -> str:
        """Return what the policy calls a stage now that was called ``name`` at the time."""
        for _seq, event in self.later:
            if isinstance(event, events.StageRenamed) and event.stage == name:
                name = event.renamed_to
        return name


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a change cannot be taken back, and what can be done instead."""

    why: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class UndoPlan:
    """What taking an entry back would record.

    Attributes:
        entry: The entry.
        sentences: What would be recorded, in words; empty where it is refused.
        refused: Why it cannot be taken back, a sentence; ``None`` when it can.
        needs_reason: Whether it moves a stage, which takes a reason.
        keeps_reason: Whether a reason that is given is recorded: not where all that happens is that
            a yank comes back, with the reason that it had.
    """

    entry: Entry
    sentences: tuple[str, ...]
    refused: str | None = None
    needs_reason: bool = False
    keeps_reason: bool = False


def never(name: str) -> Refusal:
    """Return why an event of this name, which is not :data:`INVERTIBLE`, has no inverse."""
    return Refusal(*NEVER.get(name, NO_WAY))


def taken_back_by(seq: int, later: Sequence[tuple[int, events.Event]]) -> int | None:
    """Return the entry that took entry ``seq`` back and still counts, or ``None``.

    Args:
        seq: Number of an entry; of the first, where one undo took two.
        later: Number and event of the later entries about the same model, oldest first.
    """
    undone = [(n, of) for n, e in later if (of := getattr(e, "undoes", None)) is not None]
    return _counts(seq, _leaders(undone))


def _counts(seq: int, undone: Sequence[tuple[int, int]]) -> int | None:
    for later, of in reversed(undone):
        if of == seq < later and _counts(later, undone) is None:
            return later
    return None


def invert(change: Change) -> tuple[events.Event, ...] | Refusal:
    """Return the events that take ``change`` back, in order, or why it cannot be."""
    by = taken_back_by(change.seq, change.later)
    if by is not None:
        return Refusal(
            f"entry {by} took it back already",
            f"To have it again, take that one back: modelshelf undo {by}",
        )
    changed = _changed(change)
    if not changed:
        return Refusal("it changed nothing", "An older change goes by its number: modelshelf log")
    clash = next((f for f in changed if _differs(change, f)), None)
    if clash is not None:
        return _changed_since(change, clash)
    return _INVERSES[type(change.made[0])](change, changed)


def _leaders(undone: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return only the first of entries that took one back together."""
    known = set(undone)
    return [(n, of) for n, of in undone if (n - 1, of) not in known]


def _changed(change: Change) -> list[Field]:
    """Return what the change really changed, of what decides whether it can be taken back."""
    touched = [f for e in change.made for f in sorted(touches(e))]
    if any(f[0] == "stage" for f in touched):  # who was put away with it follows from the stage
        touched = [f for f in touched if f[0] == "stage"]
    return [
        f for f in dict.fromkeys(touched) if value_of(change.before, f) != value_of(change.after, f)
    ]


def _differs(change: Change, at: Field) -> bool:
    left, found = value_of(change.after, at), value_of(change.now, _renamed_field(change, at))
    return bool(left != found)


def _renamed_field(change: Change, at: Field) -> Field:
    return (at[0], at[1], change.present_stage(at[2])) if at[0] == "stage" else at


def _changed_since(change: Change, clash: Field) -> Refusal:
    same = {clash, _renamed_field(change, clash)}
    seq = next((n for n, e in reversed(change.later) if same & touches(e)), None)
    version = change.now.versions.get(clash[1])
    what = words_of(clash, "" if version is None else version.reference)
    if seq is None:
        return Refusal(f"{what} changed again since")
    return Refusal(
        f"{what} changed again since, in entry {seq}",
        f"Take that one back first: modelshelf undo {seq}",
    )


def _why(change: Change) -> Any:  # noqa: ANN401 - the last fields of events without a need of a reason
    """Return which entry is taken back, and why if that was said."""
    return {"undoes": change.seq, "reason": change.reason or None}


def _described(change: Change, changed: Sequence[Field]) -> tuple[events.Event, ...]:
    before, now = change.before.model, change.now.model
    was = {name: getattr(before, name) for name, _id, _key in changed}
    return (events.ModelDescribed(now.id, now.name, **was, **_why(change)),)


def _tagged(change: Change, changed: Sequence[Field]) -> tuple[events.Event, ...]:
    put, gone = _tags(change.before.model.tags, changed)
    now = change.now.model
    return (events.ModelTagged(now.id, now.name, put, gone, **_why(change)),)


def _tags(
    before: Mapping[str, str], changed: Iterable[Field]
) -> tuple[dict[str, str], tuple[str, ...]]:
    keys = [key for _what, _id, key in changed]
    put = {key: before[key] for key in keys if key in before}
    return put, tuple(key for key in keys if key not in before)


def _renamed(change: Change, _changed: Sequence[Field]) -> tuple[events.Event, ...]:
    now = change.now.model
    return (events.ModelRenamed(now.id, now.name, change.before.model.name, **_why(change)),)


def _retired(change: Change, _changed: Sequence[Field]) -> tuple[events.Event, ...]:
    now = change.now.model
    kind = events.ModelRetired if change.before.model.retired else events.ModelRestored
    return (kind(now.id, now.name, change.reason, change.seq),)


def _aliased(change: Change, changed: Sequence[Field]) -> tuple[events.Event, ...] | Refusal:
    now, alias = change.now.model, changed[0][2]
    former = change.before.aliases.get(alias)
    if former is None:
        return (events.AliasRemoved(now.id, now.name, alias, change.reason, change.seq),)
    try:
        check_alias(alias, change.reserved)
    except Invalid as exc:
        return Refusal(f"{exc.what}: {exc.why}", exc.hint)
    version = change.now.versions[former[0]]
    if version.freed:
        return _freed(version)
    return (events.AliasSet(now.id, now.name, alias, *former, change.reason, change.seq),)


def _freed(version: ModelVersion) -> Refusal:
    return Refusal(
        f"the bytes of {version.reference} were freed since",
        "Register the file again.",
    )


def _amended(change: Change, changed: Sequence[Field]) -> tuple[events.Event, ...] | Refusal:
    ident = changed[0][1]
    was, version = change.before.versions[ident], change.now.versions[ident]
    lost = [f for f in changed if not _can_return(change.before, f)]
    details: dict[str, Any] = {}
    for name, kind in KEYED.items():
        before = getattr(was, name)
        keys = [key for what, _id, key in changed if what == kind]
        if put := {key: before[key] for key in keys if key in before}:
            details[name] = put
    texts, base_id = change.before.texts[ident], None
    if sources := _sources(texts, [f for f in changed if f not in lost]):
        details["metric_sources"] = sources
    if change.circular:
        return _circle(change, version.reference)
    for name in (f[2] for f in changed if f[0] == "text" and f not in lost):
        if name != "base_id":
            details[name] = texts[name]
            continue
        details["base"], base_id = texts["base"], texts["base_id"]
    gone = _tags(was.tags, [f for f in changed if f[0] == "version tag"])[1]
    now = change.now.model
    return (
        events.VersionAmended(
            *(ident, now.id, now.name, version.number, details, gone, base_id),
            **_why(change),
            taken_off=tuple(sorted(off(f) for f in lost)) or None,
            base_ids=(texts.get("base_ids") if "bases" in details else None) or None,
        ),
    )


def _sources(texts: Mapping[str, Any], changed: Iterable[Field]) -> dict[str, Any]:
    """Return where metrics came from before, by name."""
    return {key: texts["metric_sources"][key] for what, _id, key in changed if what == "source"}


def _can_return(before: State, at: Field) -> bool:
    """Whether there is something to put back; else the field is taken off again."""
    return at[0] == "version tag" or value_of(before, at) is not None


def _circle(change: Change, called: str) -> Refusal:
    return Refusal(f"{safe(change.circular)} was made from {safe(called)} since")


def _linked(change: Change, _changed: Sequence[Field]) -> tuple[events.Event, ...] | Refusal:
    """Take a link by hand away, or put it back."""
    event: Any = change.made[0]
    if change.circular:
        return _circle(change, event.child["label"])
    added = isinstance(event, events.LineageLinked)
    kind = events.LineageUnlinked if added else events.LineageLinked
    ends = (change.now.end(event.child), change.now.end(event.parent))
    model = change.now.model.name or None
    about: Any = (event.version_id, event.model_id, model, event.number)
    return (kind(event.kind, *ends, *about, **_why(change)),)


def _life(change: Change, changed: Sequence[Field]) -> tuple[events.Event, ...] | Refusal:
    """Bring back whether a version is archived and yanked; what did not change stays."""
    ident = changed[0][1]
    version, was = change.now.versions[ident], change.before.versions[ident]
    kinds = {what for what, _id, _key in changed}
    archived = was.archived if "archived" in kinds else version.archived
    yanked = was.yanked if "yanked" in kinds else version.yanked
    if archived and version.stages:
        held = ", ".join(version.stages)
        return Refusal(
            f"{version.reference} holds {held} now, and would be archived",
            "Give the stage to another version first.",
        )
    about = (ident, change.now.model.id, change.now.model.name, version.number)
    found: list[events.Event] = []
    at = (version.archived, version.yanked)
    if (at[0] and not archived) or (at[1] is not None and yanked is None):
        if version.freed:
            return _freed(version)
        found.append(events.VersionRestored(*about, change.reason, change.seq))
        at = (False, None)
    if archived and not at[0]:
        found.append(events.VersionArchived(*about, change.reason, change.seq))
    if yanked is not None and yanked != at[1]:  # a yank's reason is part of what comes back
        found.append(events.VersionYanked(*about, yanked, change.seq))
    return tuple(found)


def _staged(change: Change, changed: Sequence[Field]) -> tuple[events.Event, ...] | Refusal:
    old = changed[0][2]
    stage = _renamed_field(change, changed[0])[2]
    if stage not in change.ladder:
        return Refusal(f"the policy has no stage {safe(stage, 60)} any more")
    then = change.before.model.stages.get(old, ())
    for holder in then:
        version = change.now.versions[holder.version_id]
        if version.freed:
            return _freed(version)
        if version.yanked is not None:
            return Refusal(
                f"{version.reference} held {stage} before, and is yanked: {safe(version.yanked)}",
                "Restore the version first, or roll back to another assignment.",
            )
    about = (change.now.model.id, change.now.model.name, stage)
    archived, unarchived = _put_away(change, stage, then)
    replaced = change.now.assignments.get(stage)
    sides: Any = {"archived": archived, "unarchived": unarchived, "undoes": change.seq}
    if not then:
        return (events.StageVacated(*about, change.reason, replaced, **sides),)
    holders = tuple(
        (h.version_id, change.now.versions[h.version_id].number, h.weight) for h in then
    )
    restores = change.before.assignments[old]
    return (events.StageRolledBack(*about, holders, change.reason, restores, replaced, **sides),)


def coming_back(event: events.Event, before: State) -> frozenset[int]:
    """Return ids of the versions that what undoes ``event`` would name, beside its own."""
    if isinstance(event, events.AliasSet | events.AliasRemoved):
        return frozenset(before.aliases.get(event.alias, ())[:1])
    stage = getattr(event, "stage", None)
    return (
        frozenset(h.version_id for h in before.model.stages.get(stage, ()))
        if stage
        else frozenset()
    )


def _put_away(
    change: Change, stage: str, then: Sequence[Holder]
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return who goes back into the archive and who comes out of it again."""
    event, versions = change.made[0], change.now.versions
    coming = [h.version_id for h in then]
    was_in: Sequence[int] = getattr(event, "unarchived", ())
    was_out: Sequence[int] = getattr(event, "archived", ())
    archived = tuple(
        v
        for v in was_in
        if v not in coming and not versions[v].archived and set(versions[v].stages) <= {stage}
    )
    unarchived = dict.fromkeys(v for v in (*coming, *was_out) if versions[v].archived)
    return archived, tuple(unarchived)


_INVERSES: dict[
    type[events.Event],
    Callable[[Change, Sequence[Field]], tuple[events.Event, ...] | Refusal],
] = {
    events.ModelDescribed: _described,
    events.ModelTagged: _tagged,
    events.ModelRenamed: _renamed,
    events.ModelRetired: _retired,
    events.ModelRestored: _retired,
    events.AliasSet: _aliased,
    events.AliasRemoved: _aliased,
    events.VersionAmended: _amended,
    events.VersionYanked: _life,
    events.VersionArchived: _life,
    events.VersionRestored: _life,
    events.StageAssigned: _staged,
    events.StageRolledBack: _staged,
    events.StageVacated: _staged,
    events.LineageLinked: _linked,
    events.LineageUnlinked: _linked,
}
INVERTIBLE: frozenset[str] = frozenset(kind.name for kind in _INVERSES)
"""Names of the events that can be taken back, if nothing since stands against it."""

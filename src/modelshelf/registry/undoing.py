"""How a change is taken back: what it was is replayed first, and what is now is asked last.

The past cannot change, so it is read before the write lock; what decides is read under it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from modelshelf.catalog import audit_reader
from modelshelf.catalog.graph import node_id
from modelshelf.catalog.rungs import stages_known
from modelshelf.catalog.undoing import later_events, read_state
from modelshelf.domain import events
from modelshelf.domain.audit import sentence
from modelshelf.domain.errors import NotFound, Refused
from modelshelf.domain.text import accept, safe
from modelshelf.domain.things import Thing, edges_of, outside_thing
from modelshelf.domain.undo import (
    INVERTIBLE,
    Change,
    Refusal,
    UndoPlan,
    coming_back,
    invert,
    never,
    taken_back_by,
)
from modelshelf.domain.undo_fields import Link, touches
from modelshelf.domain.undo_words import SKIPPED
from modelshelf.registry.acyclic import came_from
from modelshelf.registry.naming import REASON_MOST, check_reason
from modelshelf.registry.rights import check_name, check_right

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from modelshelf.catalog.driver import Connection
    from modelshelf.domain.audit import Entry
    from modelshelf.domain.undo_fields import State
    from modelshelf.registry.context import Context

_PAGE = 50
# What takes an admin takes one to be taken back.
_OF_ADMINS = tuple(
    kind.name for kind in (events.ModelRenamed, events.ModelRetired, events.ModelRestored)
)
_LATER = (*INVERTIBLE, events.StageRenamed.name)
_STAGES = (events.StageAssigned, events.StageRolledBack, events.StageVacated)


@dataclass(frozen=True, slots=True)
class Past:
    """A change as it was made: its entries, and the model before and after them."""

    entry: Entry
    first: int
    made: tuple[events.Event, ...]
    before: State
    after: State
    asked: frozenset[int]

    @property
    def model_id(self) -> int | None:
        """The model it was about; ``None`` for a link between things that are no versions."""
        return self.before.model.id or None

    @property
    def links(self) -> tuple[Link, ...]:
        """The edges by hand that it added or took away."""
        return _links_of(self.made)

    @property
    def moves_stage(self) -> bool:
        """Whether it was about who holds a stage."""
        return isinstance(self.made[0], _STAGES)


def plan(context: Context, number: int | None) -> UndoPlan:
    """Return what :func:`take_back` would record."""
    context.check_present()
    entry = _entry(context, number)
    past = _past(context, entry)
    if isinstance(past, Refusal):
        return UndoPlan(entry, (), str(_refused(entry, past)))
    found = _decide(context, context.database.reader(), past, "")
    if isinstance(found, Refusal):
        return UndoPlan(entry, (), str(_refused(entry, found)))
    return UndoPlan(
        entry,
        tuple(sentence(e.name, e.body()) for e in found),
        needs_reason=past.moves_stage,
        keeps_reason=any(not isinstance(e, events.VersionYanked) for e in found),
    )


def take_back(context: Context, number: int | None, reason: str) -> tuple[Entry, ...]:
    """Record what takes an entry back; return the new entries."""
    context.check_present()
    why = accept("reason", reason, most=REASON_MOST, lines=True).strip()
    entry = _entry(context, number)
    if entry.event in _OF_ADMINS:
        check_right(context, "admin", entry.seq, kind="entry", doing="take back")
    past = _past(context, entry)
    if isinstance(past, Refusal):
        raise _refused(entry, past)
    if isinstance(past.made[0], events.ModelRenamed):
        check_name(context, past.before.model.name, doing="rename back to")
    found = _decide(context, context.database.reader(), past, why)
    if isinstance(found, Refusal):
        raise _refused(entry, found)
    if past.moves_stage:
        _before_stage(context, past, reason)
    with context.write(f"undo entry {entry.seq}") as transaction:
        found = _decide(context, transaction.raw, past, why)
        if isinstance(found, Refusal):
            raise _refused(entry, found)
        made = [transaction.record(event, _subject(event)).seq for event in found]
    live = context.database.reader()
    newest_first = audit_reader.entries(live, below=made[-1] + 1, limit=len(made))
    return newest_first[::-1]


def _before_stage(context: Context, past: Past, reason: str) -> None:
    """Do what a rollback does before the lock: ask for a reason, read the bytes."""
    from modelshelf.registry.contents import check_bytes
    from modelshelf.registry.policing import record_policy

    check_reason(reason)
    for version in context.versions().versions(sorted(coming_back(past.made[0], past.before))):
        check_bytes(context, version)
    record_policy(context)


def _decide(
    context: Context, connection: Connection, past: Past, reason: str
) -> tuple[events.Event, ...] | Refusal:
    """Return what takes a change back, by what ``connection`` shows now."""
    change = Change(
        seq=past.first,
        made=past.made,
        before=past.before,
        after=past.after,
        now=read_state(connection, past.model_id, past.asked, past.links),
        later=later_events(connection, past.model_id, past.entry.seq, _LATER),
        reason=reason,
        ladder=context.policy.assignable,
        reserved=(*context.policy.names, *context.policy.former, *stages_known(connection)),
        circular=_circular(connection, past),
    )
    found = invert(change)
    return found if isinstance(found, Refusal) else _with_code(context, found)


def _with_code(
    context: Context, found: tuple[events.Event, ...]
) -> tuple[events.Event, ...] | Refusal:
    """Return the events, or a refusal where code would come back that was collected since."""
    for event in found:
        code = event.details.get("code", {}) if isinstance(event, events.VersionAmended) else {}
        for part in ("patch", "snapshot"):
            if part in code and not context.blobs.has(code[part]):
                return Refusal(
                    f"the {part} of that code was collected since", "Amend the code instead."
                )
    return found


def _circular(connection: Connection, past: Past) -> str:
    """Return what would come back as an origin and was itself made from the version since."""
    event = past.made[0]
    if isinstance(event, events.LineageUnlinked):
        child = _known(connection, event.child)
        parent = _known(connection, event.parent)
        things = {} if parent is None else {parent: str(event.parent["label"])}
        found = None if child is None else came_from(connection, child, things)
        return "" if found is None else things[found]
    if not isinstance(event, events.VersionAmended):
        return ""
    told = {name for what, _id, name in touches(event) if what == "text"}
    things = _origins(connection, past.before.texts[event.version_id], told)
    found = came_from(connection, event.version_id, things)
    return "" if found is None else things[found]


def _origins(
    connection: Connection, texts: Mapping[str, Any], fields: Collection[str]
) -> dict[int, str]:
    """Return what these fields of a version's texts say it came from, by id, as it is called.

    A thing that nothing was ever linked to is left out.
    """
    found: dict[int, str] = {}
    if "base_id" in fields and texts["base_id"] is not None:
        found[texts["base_id"]] = texts["base"]
    names = texts["bases"] if "bases" in fields else ()
    ids = texts["base_ids"]
    found |= {ids[name]: name for name in names if name in ids}
    things = [thing for _, thing in edges_of({f: texts[f] for f in fields if texts.get(f)})]
    things += [outside_thing(name) for name in names if name not in ids]
    for thing in things:
        ident = node_id(connection, thing)
        if ident is not None:
            found[ident] = thing.label
    return found


def _known(connection: Connection, end: Mapping[str, Any]) -> int | None:
    """Return the id of an end of a link; ``None`` when nothing is known of it any more."""
    if end["kind"] == "version":
        return int(end["id"])
    return node_id(connection, Thing(end["kind"], end["key"], end["name"], end["label"]))


def _entry(context: Context, number: int | None) -> Entry:
    live = context.database.reader()
    if number is None:
        return _newest(context, live)
    newest = audit_reader.head(live)[0]
    whole = type(number) is int
    if not whole or not 1 <= number <= newest:
        raise NotFound(f"there is no entry {safe(number, 40)}", why=f"the newest is {newest}")
    return audit_reader.entries(live, below=number + 1, limit=1)[0]


def _newest(context: Context, live: Connection) -> Entry:
    """Return the newest change of this actor that is none of taking back and still counts."""
    below: int | None = None
    while found := audit_reader.entries(live, actor=context.actor, below=below, limit=_PAGE):
        for entry in found:
            if entry.event in SKIPPED or entry.body.get("undoes") is not None:
                continue
            if taken_back_by(entry.seq, _later(live, entry)) is None:
                return entry
        below = found[-1].seq
    raise NotFound(
        f"nothing that {safe(context.actor, 60)} changed could be taken back",
        hint="To take back what somebody else did, give the number of its entry: modelshelf log.",
    )


def _later(live: Connection, entry: Entry) -> tuple[tuple[int, events.Event], ...]:
    if entry.event not in INVERTIBLE:
        return ()
    return later_events(live, entry.body.get("model_id"), entry.seq, INVERTIBLE)


def _past(context: Context, entry: Entry) -> Past | Refusal:
    """Return the change that ``entry`` belongs to, as it was made."""
    if entry.event not in INVERTIBLE:
        return never(entry.event)
    group = _together(context, entry)
    first, last = group[0].seq, group[-1].seq
    made = tuple(events.read_event(e.event, dict(e.body)) for e in group)
    model_id, links = group[0].body.get("model_id"), _links_of(made)
    asked = frozenset(_versions_of(made))
    before = _state_at(context, first - 1, model_id, asked, links)
    asked |= coming_back(made[0], before)
    after = _state_at(context, last, model_id, asked, links)
    return Past(group[-1], first, made, before, after, asked)


def _together(context: Context, entry: Entry) -> list[Entry]:
    """Return the entries of one undo that took two, else the entry alone; oldest first."""
    undoes = entry.body.get("undoes")
    if undoes is None:
        return [entry]
    live = context.database.reader()
    near = audit_reader.entries(live, below=entry.seq + 3, limit=5)[::-1]
    at = next(n for n, e in enumerate(near) if e.seq == entry.seq)
    low = high = at
    while low > 0 and near[low - 1].body.get("undoes") == undoes:
        low -= 1
    while high + 1 < len(near) and near[high + 1].body.get("undoes") == undoes:
        high += 1
    return list(near[low : high + 1])


def _versions_of(made: tuple[events.Event, ...]) -> set[int]:
    found: set[int] = set()
    for event in made:
        body: dict[str, Any] = event.body()
        found.update(*(body.get(key, ()) for key in ("archived", "unarchived")))
        found.update(holder[0] for holder in body.get("holders", ()))
        found |= {body["version_id"]} if "version_id" in body else set()
        ends = (body["child"], body["parent"]) if isinstance(event, Link) else ()
        found |= {end["id"] for end in ends if end["kind"] == "version"}
    return found


def _links_of(made: tuple[events.Event, ...]) -> tuple[Link, ...]:
    return tuple(event for event in made if isinstance(event, Link))


def _state_at(
    context: Context,
    seq: int,
    model_id: int | None,
    versions: Collection[int],
    links: tuple[Link, ...],
) -> State:
    then = context.at(seq)
    models = None if model_id is None else frozenset({model_id})
    try:
        return read_state(then.connection(models), model_id, versions, links)
    finally:
        then.close()


def _refused(entry: Entry, refusal: Refusal) -> Refused:
    return Refused(
        f"entry {entry.seq} cannot be taken back",
        why=refusal.why,
        observed=entry.sentence,
        hint=refusal.hint and f"{refusal.hint.rstrip('.')}.",
        subject=entry.subject,
    )


def _subject(event: events.Event) -> str:
    body = event.body()
    if "stage" in body:
        return f"{body['model']}@{body['stage']}"
    if "version_id" in body:
        return f"{body['model']}:v{body['number']}"
    return str(body.get("model") or body["child"]["label"])

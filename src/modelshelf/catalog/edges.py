"""What the projection writes about lineage: things, edges, reproductions and answers to probes.

Part of :mod:`modelshelf.catalog.projection`, which is the only one that calls it. A thing that is
no version gets the next negative id when it is first named; a replay names them in the same order.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from modelshelf.catalog import rows
from modelshelf.catalog.rows import Row, Rows, Stamp, insert
from modelshelf.domain.plain import canonical
from modelshelf.domain.things import edges_of, outside_thing

if TYPE_CHECKING:
    from modelshelf.domain import events
    from modelshelf.domain.things import Thing

TOLD, HAND = "told", "hand"
_REPLACED: dict[str, tuple[str, ...]] = {
    "datasets": ("trained_on", "evaluated_on"),
    "code": ("built_from",),
    "run": ("produced_by",),
    "features": ("uses_features",),
}
"""Edges that a field of the details says, so that a new value of it replaces them."""
_CLEAR = f"DELETE FROM edge WHERE child = ? AND kind = ? AND origin = '{TOLD}'"
_CLEAR_BASE = (
    f"DELETE FROM edge WHERE child = ? AND kind = 'derived_from' AND origin = '{TOLD}'"
    " AND parent = (SELECT base_id FROM version WHERE id = ?)"
    # One that is among the further bases too stays.
    " AND label NOT IN (SELECT b.value FROM version_text t, json_each(t.bases) b"
    " WHERE t.version_id = ?)"
)
# One statement for a told or added edge, whatever its ends: a node is found by kind and key.
_JOIN = """
INSERT INTO edge (child, kind, parent, origin, label)
SELECT coalesce(?, (SELECT id FROM node WHERE kind = ? AND key = ?)), ?,
       coalesce(?, (SELECT id FROM node WHERE kind = ? AND key = ?)), ?, ?
WHERE TRUE ON CONFLICT DO NOTHING
"""
_PART = """
DELETE FROM edge WHERE origin = ? AND kind = ?
  AND child = coalesce(?, (SELECT id FROM node WHERE kind = ? AND key = ?))
  AND parent = coalesce(?, (SELECT id FROM node WHERE kind = ? AND key = ?))
"""
_REJECT = """
INSERT INTO rejected_edge (child, kind, parent, reason, actor, at_us)
SELECT coalesce(?, (SELECT id FROM node WHERE kind = ? AND key = ?)), ?,
       coalesce(?, (SELECT id FROM node WHERE kind = ? AND key = ?)), ?, ?, ?
WHERE TRUE ON CONFLICT DO UPDATE SET reason = excluded.reason, actor = excluded.actor,
  at_us = excluded.at_us
"""
_REPRODUCTION = insert(
    "reproduction", "id", "version_id", "outcome", "report", "output", "at_us", "actor"
)
_PROBED = (
    "definition", "data", "rows", "milliseconds", "output", "at_us", "actor", "id",
)  # fmt: skip
_PROBE = insert(
    "probe_result", "version_id", "probe", *_PROBED,
    conflict="ON CONFLICT DO UPDATE SET " + ", ".join(f"{c} = excluded.{c}" for c in _PROBED),
)  # fmt: skip


def told(ident: int, details: Mapping[str, Any], event: _Based, out: Rows) -> None:
    """Write the edges that the details of a version say."""
    things = [(kind, thing) for kind, thing in edges_of(details)]
    more, outside = _bases(ident, details, event)
    things += [("derived_from", thing) for thing in outside]
    out.defer(rows.NODE, [(t.kind, t.key, t.name, t.label) for _, t in things])
    out.defer(rows.EDGE_TO_NODE, [(ident, kind, t.label, t.kind, t.key) for kind, t in things])
    if event.base_id is not None:
        base = (ident, "derived_from", event.base_id, TOLD, details.get("base", ""))
        out.defer(rows.EDGE, [base])
    out.defer(rows.EDGE_TO_BASE, more)


def amended(event: events.VersionAmended, out: Rows) -> None:
    """Replace the edges that an amendment says otherwise."""
    ident, details = event.version_id, event.details
    for field, kinds in _REPLACED.items():
        if field in details:
            out.run_many(_CLEAR, [(ident, kind) for kind in kinds])
    if event.base_id is not None:
        out.run(_CLEAR_BASE, (ident, ident, ident))
        out.run("UPDATE version SET base_id = ? WHERE id = ?", (event.base_id, ident))
    if "bases" in details:
        out.run(
            f"{_CLEAR} AND parent IS NOT (SELECT base_id FROM version WHERE id = ?)",
            (ident, "derived_from", ident),
        )
    told(ident, details, event, out)


def taken_off(ident: int, field: str, out: Rows) -> None:
    """Take off the edges of a field that an undo takes off."""
    if field == "base":
        out.run(_CLEAR_BASE, (ident, ident, ident))
        out.run("UPDATE version SET base_id = NULL WHERE id = ?", (ident,))
    for kind in _REPLACED.get(field, ()):
        out.run(_CLEAR, (ident, kind))


def linked(event: events.LineageLinked, _stamp: Stamp, out: Rows) -> None:
    """Write an edge that somebody added."""
    out.defer(rows.NODE, [n for end in (event.child, event.parent) for n in _node(end)])
    ends = (*_end(event.child), event.kind, *_end(event.parent))
    out.run(_JOIN, (*ends, HAND, event.parent["label"]))


def unlinked(event: events.LineageUnlinked, _stamp: Stamp, out: Rows) -> None:
    """Take away an edge that somebody added."""
    out.run(_PART, (HAND, event.kind, *_end(event.child), *_end(event.parent)))


def rejected(event: events.LineageRejected, stamp: Stamp, out: Rows) -> None:
    """Remember that a suggested edge is none."""
    out.defer(rows.NODE, [n for end in (event.child, event.parent) for n in _node(end)])
    ends = (*_end(event.child), event.kind, *_end(event.parent))
    out.run(_REJECT, (*ends, event.reason or "", stamp.actor, stamp.at_us))


def reproduced(event: events.VersionReproduced, stamp: Stamp, out: Rows) -> None:
    """Write down that a version was made again."""
    about = (stamp.seq, event.version_id, event.outcome, canonical(event.report), event.output)
    out.run(_REPRODUCTION, (*about, stamp.at_us, stamp.actor))


def probed(event: events.VersionProbed, stamp: Stamp, out: Rows) -> None:
    """Keep the newest answers of a version to a probe."""
    out.run(
        _PROBE,
        (
            event.version_id, event.probe, event.definition, event.data, event.rows,
            event.milliseconds, event.output, stamp.at_us, stamp.actor, stamp.seq,
        ),
    )  # fmt: skip


def _bases(
    ident: int, details: Mapping[str, Any], event: _Based
) -> tuple[list[Row], Iterable[Thing]]:
    """Return the edges to versions that are further bases, and those of these that are none."""
    ids: Mapping[str, int] = event.base_ids or {}
    names = details.get("bases", ())
    based = [(ident, "derived_from", ids[n], TOLD, n) for n in names if n in ids]
    return based, [outside_thing(name) for name in names if name not in ids]


def _node(end: Mapping[str, Any]) -> list[Row]:
    if end["kind"] == "version":
        return []
    return [(end["kind"], end["key"], end["name"], end["label"])]


def _end(end: Mapping[str, Any]) -> Row:
    """Return an end as the statements above bind it: a version's id, or kind and key of a node."""
    if end["kind"] == "version":
        return (end["id"], None, None)
    return (None, end["kind"], end["key"])


if TYPE_CHECKING:
    _Based = events.VersionRegistered | events.VersionAmended

"""Rows and layers out of what reading came to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from modelshelf.domain.tensor_comparison import (
    LayerGroup,
    TensorComparison,
    TensorRow,
    TensorState,
    layer_of,
)
from modelshelf.formats.comparing.kinds import MOST, SIZES_MOST, elements_of
from modelshelf.formats.comparing.norms import Part, together

if TYPE_CHECKING:
    from modelshelf.formats.comparing.planning import Entry, Notes, Plan
    from modelshelf.formats.comparing.running import Outcome, Tally
    from modelshelf.formats.interface import Placed

_Found = tuple[TensorState, Part | None]


def told(plan: Plan, outcome: Outcome) -> TensorComparison:
    """Return the comparison that a plan and its outcome make."""
    tallies = {id(job): tally for job, tally in zip(plan.jobs, outcome.tallies, strict=True)}
    notes = plan.notes.copy()
    found = [_found(entry, tallies, notes) for entry in plan.entries]
    rows = tuple(_row(plan, *each) for each in zip(plan.entries, found, strict=True))
    return TensorComparison(
        plan.left.reference,
        plan.right.reference,
        rows,
        _groups(rows, [part for _, part in found]),
        outcome.bytes_read,
        notes.told(),
        plan.whole and not notes.counts.get("stopped"),
    )


def _found(entry: Entry, tallies: dict[int, Tally], notes: Notes) -> _Found:
    """Return the state of a row, and its numbers where values were compared."""
    if entry.job is None:
        known = entry.state or "unread"
        return known, Part() if entry.same else None
    tally = tallies[id(entry.job)]
    stopped = tally.waiting > 0 and (entry.job.values or not tally.differs)
    if stopped:
        notes.add("stopped", entry.pair.name)
        return entry.state or "unread", None
    if entry.job.values:
        state: TensorState = entry.state or ("changed" if tally.differs else "same")
        return state, Part() if state == "same" else tally.whole
    if not tally.differs:
        return entry.state or "same", Part()
    if entry.state is None:
        notes.add("bytes", entry.pair.name)
    return entry.state or "changed", None


def _row(plan: Plan, entry: Entry, found: _Found) -> TensorRow:
    state, part = found
    left = None if entry.pair.left is None else plan.left.placed[entry.pair.left]
    right = None if entry.pair.right is None else plan.right.placed[entry.pair.right]
    return TensorRow(
        entry.pair.name,
        layer_of(entry.pair.name),
        state,
        ("" if left is None else left.dtype, "" if right is None else right.dtype),
        (_shape(left), _shape(right)),
        _elements(left or right),
        None if part is None else part.changed,
        None if part is None else part.relative,
        None if part is None else part.largest,
    )


def _shape(placed: Placed | None) -> tuple[int, ...] | None:
    if placed is None:
        return None
    return tuple(min(max(size, 0), MOST) for size in placed.shape[:SIZES_MOST])


def _elements(placed: Placed | None) -> int:
    return 0 if placed is None else elements_of(placed) or 0


def _groups(rows: tuple[TensorRow, ...], parts: list[Part | None]) -> tuple[LayerGroup, ...]:
    layers: dict[str, list[int]] = {}
    for number, row in enumerate(rows):
        layers.setdefault(row.group, []).append(number)
    return tuple(_group(name, rows, parts, members) for name, members in layers.items())


def _group(
    name: str, rows: tuple[TensorRow, ...], parts: list[Part | None], members: list[int]
) -> LayerGroup:
    compared = [part for at in members if (part := parts[at]) is not None]
    whole = together(compared)
    return LayerGroup(
        name,
        len(members),
        sum(rows[at].state != "same" for at in members),
        min(sum(rows[at].elements for at in members), MOST),
        whole.relative if compared else None,
        whole.largest if compared else None,
    )

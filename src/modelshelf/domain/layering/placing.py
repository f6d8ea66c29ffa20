"""Rows: every slot near the middle of its neighbours, in the order of its layer."""

from __future__ import annotations

from collections.abc import Sequence
from operator import lt

from modelshelf.domain.layering.layers import Layered

_SWEEPS = 6


def place(graph: Layered, layers: Sequence[Sequence[str]]) -> dict[str, int]:
    """Return a row for each slot; no two slots of a layer share one, and no row is empty."""
    rows = {slot: row for layer in layers for row, slot in enumerate(layer)}
    for sweep in range(_SWEEPS):
        down = sweep % 2 == 0
        for layer in layers if down else reversed(layers):
            near = graph.above if down else graph.below
            other = graph.below if down else graph.above
            wanted = []
            for slot in layer:
                beside = near.get(slot) or (other.get(slot) if sweep > 1 else ()) or (slot,)
                wanted.append(
                    rows[beside[0]]
                    if len(beside) == 1
                    else sorted([rows[s] for s in beside])[(len(beside) - 1) // 2]
                )
            rows.update(zip(layer, _rising(wanted), strict=True))
    used = {row: number for number, row in enumerate(sorted(set(rows.values())))}
    return {slot: used[row] for slot, row in rows.items()}


def _rising(wanted: Sequence[int]) -> Sequence[int]:
    """Return strictly rising rows as near to ``wanted`` as can be: pool adjacent violators."""
    if all(map(lt, wanted, wanted[1:])):
        return wanted
    sums: list[int] = []
    counts: list[int] = []
    for number, row in enumerate(wanted):
        total, count = row - number, 1
        while sums and sums[-1] * count > total * counts[-1]:  # the mean before is greater
            total += sums.pop()
            count += counts.pop()
        sums.append(total)
        counts.append(count)
    rows: list[int] = []
    for total, count in zip(sums, counts, strict=True):
        first = round(total / count) + len(rows)
        rows += range(first, first + count)
    return rows

"""Rows: every slot near the middle of its neighbours, in the order of its layer."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median_low

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
                beside = near.get(slot) or (other.get(slot) if sweep > 1 else ()) or ()
                wanted.append(median_low([rows[s] for s in beside]) if beside else rows[slot])
            rows.update(zip(layer, _rising(wanted), strict=True))
    used = {row: number for number, row in enumerate(sorted(set(rows.values())))}
    return {slot: used[row] for slot, row in rows.items()}


def _rising(wanted: Sequence[int]) -> list[int]:
    """Return strictly rising rows as near to ``wanted`` as can be: pool adjacent violators."""
    blocks: list[list[float]] = []  # sum, count
    for number, row in enumerate(wanted):
        blocks.append([row - number, 1])
        while len(blocks) > 1 and _mean(blocks[-2]) > _mean(blocks[-1]):
            total, count = blocks.pop()
            blocks[-1][0] += total
            blocks[-1][1] += count
    rows: list[int] = []
    for block in blocks:
        level = round(_mean(block))
        rows += [level + len(rows) + n for n in range(int(block[1]))]
    return rows


def _mean(block: Sequence[float]) -> float:
    return block[0] / block[1]

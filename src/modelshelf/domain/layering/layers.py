"""Layers: how far from the origins things stand, and stand-ins where an edge passes a layer."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

Edge = tuple[str, str]
_MARK = "\0"  # no id of a thing holds one


@dataclass(frozen=True, slots=True)
class Layered:
    """A graph in which every edge leads from one layer to the next.

    A slot is a thing, or a stand-in where edges of one origin pass a layer.

    Attributes:
        layers: The slots of each layer.
        below: The slots of the next layer that a slot leads to.
        above: The slots of the layer before that lead to it.
        targets: The things that the edges through a stand-in lead to in the end.
        left_out: Edges that close a circle.
    """

    layers: tuple[tuple[str, ...], ...]
    below: Mapping[str, tuple[str, ...]]
    above: Mapping[str, tuple[str, ...]]
    targets: Mapping[str, frozenset[str]]
    left_out: tuple[Edge, ...]

    def carried(self, slot: str, child: str) -> frozenset[Edge]:
        """Return the edges that the line from a slot to one of the next layer stands for."""
        source = origin_of(slot)
        return frozenset((source, target) for target in self.targets.get(child, (child,)))


def is_stand_in(slot: str) -> bool:
    """Whether a slot is no thing, but a place where edges pass."""
    return _MARK in slot


def origin_of(slot: str) -> str:
    """Return the thing whose edges pass a stand-in; a thing is its own."""
    return slot.partition(_MARK)[0]


def layered(ids: Sequence[str], pairs: Iterable[Edge]) -> Layered:
    """Return things in layers; the order within a layer is that of ``ids``."""
    known = set(ids)
    edges = list(dict.fromkeys(p for p in pairs if p[0] in known and p[1] in known))
    ranks, left_out = _ranks(ids, edges)
    gone = set(left_out)
    outward: dict[str, list[str]] = {}
    for edge in edges:
        if edge not in gone:
            outward.setdefault(edge[0], []).append(edge[1])
    _pull_right(ids, ranks, outward, {t for targets in outward.values() for t in targets})
    layers: list[list[str]] = [[] for _ in range(max(ranks.values(), default=-1) + 1)]
    for ident in ids:
        layers[ranks[ident]].append(ident)
    below: dict[str, list[str]] = {}
    targets: dict[str, frozenset[str]] = {}
    for source, children in outward.items():
        _lead(source, children, ranks, layers, below, targets)
    above: dict[str, list[str]] = {}
    for slot, children in below.items():
        for child in children:
            above.setdefault(child, []).append(slot)
    return Layered(
        tuple(map(tuple, layers)),
        {slot: tuple(children) for slot, children in below.items()},
        {slot: tuple(parents) for slot, parents in above.items()},
        targets,
        tuple(left_out),
    )


def _ranks(ids: Sequence[str], edges: Sequence[Edge]) -> tuple[dict[str, int], list[Edge]]:
    """Return the longest way to each thing, and the edges that close a circle."""
    outward: dict[str, list[str]] = {}
    waiting_for = dict.fromkeys(ids, 0)
    for source, target in edges:
        outward.setdefault(source, []).append(target)
        waiting_for[target] += 1
    ranks = dict.fromkeys(ids, 0)
    done: set[str] = set()
    left_out: list[Edge] = []
    ready = deque(ident for ident in ids if not waiting_for[ident])
    rest = iter(ids)
    while True:
        if not ready:
            forced = next((ident for ident in rest if ident not in done), None)
            if forced is None:
                return ranks, left_out
            left_out += [(s, t) for s, t in edges if t == forced and s not in done]
            ready.append(forced)
        node = ready.popleft()
        if node in done:
            continue
        done.add(node)
        for target in outward.get(node, ()):
            if target in done:
                continue
            ranks[target] = max(ranks[target], ranks[node] + 1)
            waiting_for[target] -= 1
            if not waiting_for[target]:
                ready.append(target)


def _pull_right(
    ids: Sequence[str],
    ranks: dict[str, int],
    outward: Mapping[str, Sequence[str]],
    reached: set[str],
) -> None:
    """Put a thing that came from nothing right before what came of it."""
    for ident in ids:
        if ident not in reached and outward.get(ident):
            ranks[ident] = min(ranks[target] for target in outward[ident]) - 1


def _lead(
    source: str,
    children: Sequence[str],
    ranks: Mapping[str, int],
    layers: list[list[str]],
    below: dict[str, list[str]],
    targets: dict[str, frozenset[str]],
) -> None:
    """Lead the edges of one thing from layer to layer; its long ones share their stand-ins."""
    slot, rank = source, ranks[source]
    far = sorted(children, key=lambda child: ranks[child])
    while far:
        rank += 1
        here = [child for child in far if ranks[child] == rank]
        far = [child for child in far if ranks[child] > rank]
        below[slot] = here
        if far:
            stand_in = f"{source}{_MARK}{rank}"
            layers[rank].append(stand_in)
            targets[stand_in] = frozenset(far)
            below[slot].append(stand_in)
            slot = stand_in

"""The order within layers: few lines should cross."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from modelshelf.domain.layering.layers import Layered

_SWEEPS = 12
_GIVE_UP = 4  # sweeps without a better order


def order(graph: Layered) -> list[list[str]]:
    """Return the layers in an order with few crossings: the best of some sweeps by barycentres."""
    layers = [list(layer) for layer in graph.layers]
    best, fewest, since = layers, crossings(graph, layers), 0
    for sweep in range(_SWEEPS):
        if not fewest or since == _GIVE_UP:
            break
        layers = [list(layer) for layer in layers]
        down = sweep % 2 == 0
        numbers = range(1, len(layers)) if down else range(len(layers) - 2, -1, -1)
        for number in numbers:
            beside = layers[number - 1 if down else number + 1]
            _sort(layers[number], beside, graph.above if down else graph.below)
        found = crossings(graph, layers)
        since += 1
        if found < fewest:
            best, fewest, since = layers, found, 0
    return best


def _sort(layer: list[str], beside: Sequence[str], neighbours: Mapping[str, Sequence[str]]) -> None:
    places = {slot: place for place, slot in enumerate(beside)}
    weights = {}
    for place, slot in enumerate(layer):
        near = [places[other] for other in neighbours.get(slot, ())]
        weights[slot] = sum(near) / len(near) if near else float(place)
    layer.sort(key=weights.__getitem__)


def crossings(graph: Layered, layers: Sequence[Sequence[str]]) -> int:
    """Return how many pairs of lines cross between neighbouring layers."""
    return sum(_between(graph, layers[n], layers[n + 1]) for n in range(len(layers) - 1))


def _between(graph: Layered, upper: Sequence[str], lower: Sequence[str]) -> int:
    """Count inversions with a Fenwick tree (Barth, Mutzel and Jünger 2004)."""
    places = {slot: place for place, slot in enumerate(lower)}
    tree = [0] * (len(lower) + 1)
    seen = count = 0
    for slot in upper:
        ends = sorted(places[child] for child in graph.below.get(slot, ()))
        for end in ends:
            before, place = 0, end + 1
            while place:
                before += tree[place]
                place &= place - 1
            count += seen - before
        for end in ends:
            seen += 1
            place = end + 1
            while place <= len(lower):
                tree[place] += 1
                place += place & -place
    return count

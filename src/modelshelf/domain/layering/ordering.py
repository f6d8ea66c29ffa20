"""The order within layers: few lines should cross."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence

from modelshelf.domain.layering.layers import Layered

_SWEEPS = 12
_GIVE_UP = 4  # sweeps without a better order


def order(graph: Layered) -> list[list[str]]:
    """Return the layers in an order with few crossings: the best of some sweeps by barycentres."""
    layers = [list(layer) for layer in graph.layers]
    places = _places(layers)
    best, fewest, since = layers, _crossings(graph, layers, places), 0
    for sweep in range(_SWEEPS):
        if not fewest or since == _GIVE_UP:
            break
        layers = [list(layer) for layer in layers]
        down = sweep % 2 == 0
        for layer in layers[1:] if down else layers[-2::-1]:
            _sort(layer, places, graph.above if down else graph.below)
        found = _crossings(graph, layers, places)
        since += 1
        if found < fewest:
            best, fewest, since = layers, found, 0
    return best


def _places(layers: Sequence[Sequence[str]]) -> dict[str, int]:
    return {slot: place for layer in layers for place, slot in enumerate(layer)}


def _sort(
    layer: list[str], places: dict[str, int], neighbours: Mapping[str, Sequence[str]]
) -> None:
    """Sort a layer by where the neighbours of its slots are, and note the new places."""
    weights: dict[str, float] = {}
    for slot in layer:
        near = neighbours.get(slot)
        if near is None:
            weights[slot] = places[slot]
        elif len(near) == 1:
            weights[slot] = places[near[0]]
        else:
            weights[slot] = sum([places[other] for other in near]) / len(near)
    layer.sort(key=weights.__getitem__)
    places.update(zip(layer, range(len(layer)), strict=True))


def crossings(graph: Layered, layers: Sequence[Sequence[str]]) -> int:
    """Return how many pairs of lines cross between neighbouring layers."""
    return _crossings(graph, layers, _places(layers))


def _crossings(graph: Layered, layers: Sequence[Sequence[str]], places: Mapping[str, int]) -> int:
    """Count the ends that lie beyond an end seen later (Barth, Mutzel and Jünger 2004).

    They stay sorted in a list: that beats their tree by far until a gap has ten thousands of lines.
    """
    count, below = 0, graph.below
    for layer in layers[:-1]:
        ends: list[int] = []
        for slot in layer:
            children = below.get(slot, ())
            if len(children) == 1:
                ends.append(places[children[0]])
            else:
                ends += sorted([places[child] for child in children])
        seen: list[int] = []
        for before, end in enumerate(ends):
            place = bisect_right(seen, end)
            count += before - place
            seen.insert(place, end)
    return count

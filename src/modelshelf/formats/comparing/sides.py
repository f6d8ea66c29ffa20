"""One of the two artifacts of a comparison, and its tensors laid beside those of the other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from modelshelf.formats.interface import Placed
from modelshelf.formats.source import Source

if TYPE_CHECKING:
    from modelshelf.domain.inspection import Weights

_HARDLY = 10
"""Of so many tensors less than one has its name in both: then names say nothing."""

_Key = tuple[str, str, tuple[int, ...]]


@dataclass(frozen=True, slots=True)
class Side:
    """One artifact with its tensors.

    Attributes:
        reference: What it is called.
        source: Its bytes.
        placed: Where its tensors lie.
        digests: SHA-256 of the elements of a tensor, by its number in ``placed``, where known.
        files: SHA-256 of its files by path, where known.
    """

    reference: str
    source: Source
    placed: tuple[Placed, ...]
    digests: Mapping[int, str] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Pair:
    """Two tensors that stand for each other, by number; one of them may be absent."""

    name: str
    left: int | None
    right: int | None


def recorded(placed: tuple[Placed, ...], weights: Weights | None) -> dict[int, str]:
    """Return the digests that were recorded of tensors, by number.

    Only where name, type and shape occur once in either list, so that none is another's.
    """
    entries = weights.tensors if weights is not None else ()
    told = Counter((entry.name, entry.dtype, entry.shape) for entry in entries)
    lying = Counter(map(_key, placed))
    digests = {
        key: entry.digest
        for entry in entries
        if told[key := (entry.name, entry.dtype, entry.shape)] == 1 and entry.digest
    }
    return {
        number: digests[key]
        for number, each in enumerate(placed)
        if (key := _key(each)) in digests and lying[key] == 1
    }


def pair(left: Side, right: Side) -> tuple[list[Pair], str]:
    """Lay the tensors of two sides beside each other: by name, or else by digest.

    Of tensors with one name the first stands for the first, the second for the second.

    Returns:
        Pairs in the order of the left side, then what only the right one has; and a sentence when
        they were not matched by name.
    """
    ours, theirs = _by_name(left.placed), _by_name(right.placed)
    common = len(ours.keys() & theirs.keys())
    matched = {ours[key]: theirs[key] for key in ours.keys() & theirs.keys()}
    note = ""
    if common * _HARDLY < min(len(ours), len(theirs)):
        found = _by_digest(left, right, matched)
        if found:
            note = (
                f"Hardly any name occurs in both, so {len(found):,} tensors were matched by"
                f" the digests of their values, under the names of {left.reference}."
            )
        matched |= found
    taken = set(matched.values())
    pairs = [Pair(each.name, at, matched.get(at)) for at, each in enumerate(left.placed)]
    added = (at for at in range(len(right.placed)) if at not in taken)
    return [*pairs, *(Pair(right.placed[at].name, None, at) for at in added)], note


def _by_name(placed: tuple[Placed, ...]) -> dict[tuple[str, int], int]:
    seen: Counter[str] = Counter()
    found: dict[tuple[str, int], int] = {}
    for number, each in enumerate(placed):
        found[each.name, seen[each.name]] = number
        seen[each.name] += 1
    return found


def _by_digest(left: Side, right: Side, matched: Mapping[int, int]) -> dict[int, int]:
    taken = set(matched.values())
    waiting: dict[tuple[str, str], list[int]] = {}
    for number, digest in sorted(right.digests.items(), reverse=True):
        if number not in taken:
            waiting.setdefault((right.placed[number].dtype, digest), []).append(number)
    found: dict[int, int] = {}
    for number, digest in sorted(left.digests.items()):
        others = waiting.get((left.placed[number].dtype, digest))
        if number not in matched and others:
            found[number] = others.pop()
    return found


def _key(placed: Placed) -> _Key:
    return placed.name, placed.dtype, placed.shape

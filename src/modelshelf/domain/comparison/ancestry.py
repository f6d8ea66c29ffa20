"""What versions came from, side by side: steps up to everything, and the nearest that is common."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from modelshelf.domain.comparison.sheet import Sheet, plain_deltas
from modelshelf.domain.comparison.values import ComparedRow, Section
from modelshelf.domain.lineage import LineageNode
from modelshelf.domain.text import safe

_ROWS_MOST = 200
_NEAREST_SHOWN = 3
_WAY_SHOWN = 10
_LABEL_SHOWN = 80
# What the other sections lay side by side, where the details of a version say it themselves.
_SAID_ELSEWHERE = frozenset({"dataset", "code", "run", "features"})


@dataclass(frozen=True)
class Ancestry:
    """Everything upstream of the versions that are compared.

    Attributes:
        ids: Of the versions, in order.
        steps: Edges as (parent, child, kind, origin), by id.
        nodes: What stands behind the ids.
        cut: Whether there is more upstream than was walked.
    """

    ids: tuple[int, ...]
    steps: frozenset[tuple[int, int, str, str]] = frozenset()
    nodes: Mapping[int, LineageNode] = field(default_factory=dict)
    cut: bool = False

    @cached_property
    def parents(self) -> dict[int, list[int]]:
        """What each thing came from directly, in a stable order."""
        found: dict[int, list[int]] = {}
        for parent, child, *_ in sorted(self.steps):
            if parent not in found.setdefault(child, []):
                found[child].append(parent)
        return found

    @cached_property
    def by_hand(self) -> frozenset[tuple[int, int]]:
        """Edges that the details of no version say."""
        return frozenset(
            (parent, child) for parent, child, _, origin in self.steps if origin != "told"
        )

    def above(self, start: int) -> dict[int, tuple[int, int]]:
        """Return everything upstream of ``start`` and itself: steps up, and the next thing down."""
        seen = {start: (0, start)}
        level, distance = [start], 0
        while level:
            distance += 1
            new: dict[int, tuple[int, int]] = {}
            for below in level:
                for parent in self.parents.get(below, ()):
                    if parent not in seen and parent not in new:
                        new[parent] = (distance, below)
            seen.update(new)
            level = list(new)
        return seen

    def label(self, ident: int) -> str:
        """Return what a thing is called, with its kind where the name alone does not say it."""
        node = self.nodes.get(ident)
        if node is None:
            return f"#{ident}"
        named = node.kind in ("version", "outside", "code") or node.label.startswith(node.kind)
        return node.label if named else f"{node.kind} {node.label}"

    def is_model(self, ident: int) -> bool:
        """Whether a thing is a version, or a model that is not registered here."""
        return ident in self.nodes and self.nodes[ident].kind in ("version", "outside")


def lineage(sheet: Sheet, ancestry: Ancestry | None) -> Section:
    """Lay side by side how many steps each version is from what any of them came from."""
    if ancestry is None or not ancestry.steps:
        return Section("lineage", ())
    above = [ancestry.above(ident) for ident in ancestry.ids]
    things = {ident for one in above for ident, (steps, _) in one.items() if steps}
    told = [ident for ident in things if not _said_elsewhere(ancestry, ident, above)]
    names = _names(ancestry, told)
    told.sort(key=lambda ident: (_least(ident, above), names[ident]))
    rows = [_row(sheet, names[ident], ident, above) for ident in told]
    notes = [
        _meeting(sheet, ancestry, above, place)
        for place in range(len(above))
        if ancestry.ids[place] != ancestry.ids[sheet.baseline]
    ]
    if len(rows) > _ROWS_MOST:
        rows.sort(key=lambda row: not row.differs)  # stable: the nearest of both stay first
        notes.append(f"{len(rows) - _ROWS_MOST:,} more things upstream are not shown.")
    if ancestry.cut:
        notes.append("There is more upstream than was looked at.")
    return Section("lineage", tuple(rows[:_ROWS_MOST]), tuple(notes))


Above = Mapping[int, tuple[int, int]]


def _row(sheet: Sheet, name: str, ident: int, above: Sequence[Above]) -> ComparedRow:
    steps = [one[ident][0] if ident in one else 0 for one in above]
    return plain_deltas(sheet.row(name, [step or None for step in steps]))


def _said_elsewhere(ancestry: Ancestry, ident: int, above: Sequence[Above]) -> bool:
    node = ancestry.nodes.get(ident)
    if node is None or node.kind not in _SAID_ELSEWHERE:
        return False
    holders = [
        (one[ident][0], version)
        for one, version in zip(above, ancestry.ids, strict=True)
        if ident in one
    ]
    return all(s == 1 and (ident, version) not in ancestry.by_hand for s, version in holders)


def _least(ident: int, above: Sequence[Above]) -> int:
    return min(one[ident][0] for one in above if ident in one and one[ident][0])


def _names(ancestry: Ancestry, things: Iterable[int]) -> dict[int, str]:
    """Return a name for each thing that no other has."""
    names: dict[int, str] = {}
    taken: set[str] = set()
    for ident in sorted(things):
        name = ancestry.label(ident)
        node = ancestry.nodes.get(ident)
        names[ident] = f"{name} ({node.id if node else ident})" if name in taken else name
        taken.add(names[ident])
    return names


def _meeting(sheet: Sheet, ancestry: Ancestry, above: Sequence[Above], place: int) -> str:
    """Say what a version and the baseline both came from, and on which ways."""
    base, other = above[sheet.baseline], above[place]
    first = sheet.details[sheet.baseline].version.reference
    second = sheet.details[place].version.reference
    near = _nearest(ancestry, base, other)
    if not near:
        return f"{second} and {first} have no common ancestor that is known."
    told = "; ".join(_ways(ancestry, ident, base, other) for ident in near[:_NEAREST_SHOWN])
    more = f"; and {len(near) - _NEAREST_SHOWN:,} more" if len(near) > _NEAREST_SHOWN else ""
    return f"Nearest that {second} and {first} have in common: {told}{more}."


def _nearest(ancestry: Ancestry, base: Above, other: Above) -> list[int]:
    """Return the common ancestors that none of the others came from: models, if there are any."""
    common = base.keys() & other.keys()
    upper = {parent for ident in common for parent in ancestry.parents.get(ident, ())}
    near = sorted(common - upper, key=lambda ident: (base[ident][0] + other[ident][0], ident))
    return [ident for ident in near if ancestry.is_model(ident)] or near


def _ways(ancestry: Ancestry, ident: int, base: Above, other: Above) -> str:
    down = [_way(ancestry, ident, one) for one in (other, base) if one[ident][0]]
    return " and ".join(down) if down else safe(ancestry.label(ident), _LABEL_SHOWN)


def _way(ancestry: Ancestry, ident: int, above: Above) -> str:
    way = [ident]
    while above[way[-1]][0]:
        way.append(above[way[-1]][1])
    names = [safe(ancestry.label(each), _LABEL_SHOWN) for each in way]
    if len(names) > _WAY_SHOWN:
        left_out = len(names) - _WAY_SHOWN + 1
        half = _WAY_SHOWN // 2
        names = [*names[:half], f"({left_out:,} more)", *names[-half + 1 :]]
    return " → ".join(names)

"""Lines: one vertical track for each origin in each gap between two layers.

A line leaves its row left of any other line that arrives on that row. Where such wishes run in a
circle, one of the lines takes a detour over a row of its own below everything.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from modelshelf.domain.layering.layers import Edge, Layered, is_stand_in

UP, DOWN, LEFT, RIGHT = 1, 2, 4, 8
_SIGNS = {
    UP: "│", DOWN: "│", UP | DOWN: "│", LEFT: "─", RIGHT: "─", LEFT | RIGHT: "─",
    DOWN | RIGHT: "╭", DOWN | LEFT: "╮", UP | RIGHT: "╰", UP | LEFT: "╯",
    UP | DOWN | RIGHT: "├", UP | DOWN | LEFT: "┤", DOWN | LEFT | RIGHT: "┬",
    UP | LEFT | RIGHT: "┴", UP | DOWN | LEFT | RIGHT: "┼",
}  # fmt: skip
ARROW = "▸"
_BEFORE, _AFTER = 1, 2  # columns of a gap before its tracks, and after them: a line, an arrow


@dataclass(frozen=True, slots=True)
class Cell:
    """One character of a line.

    Attributes:
        sign: The character.
        edges: The edges that pass here, as (origin, result).
    """

    sign: str
    edges: frozenset[Edge]


@dataclass(frozen=True, slots=True)
class Routing:
    """All lines of a drawing, and the first column of each layer."""

    starts: tuple[int, ...]
    cells: Mapping[tuple[int, int], Cell]


@dataclass(slots=True)
class _Net:
    """The line of one slot through a gap."""

    row: int
    ends: dict[int, frozenset[Edge]]
    slot: str
    track: int = -1
    first: int = -1  # its track before a detour, and the row of that
    detour: int = -1

    @property
    def straight(self) -> bool:
        return set(self.ends) == {self.row}

    def span(self) -> tuple[int, int]:
        rows = (self.row if self.detour < 0 else self.detour, *self.ends)
        return min(rows), max(rows)


@dataclass(slots=True)
class _Ink:
    """What is drawn so far: directions by cell, slot and edge."""

    cells: dict[tuple[int, int], dict[str, int]] = field(default_factory=dict)
    edges: dict[tuple[int, int], frozenset[Edge]] = field(default_factory=dict)
    arrows: set[tuple[int, int]] = field(default_factory=set)

    def put(self, x: int, y: int, bits: int, slot: str, edges: frozenset[Edge]) -> None:
        # Most cells have one line in them, and no set is made for those.
        place = x, y
        cell = self.cells.get(place)
        if cell is None:
            self.cells[place] = {slot: bits}
            self.edges[place] = edges
            return
        cell[slot] = cell.get(slot, 0) | bits
        known = self.edges[place]
        if known is not edges:
            self.edges[place] = known | edges

    def across(self, x: int, end: int, y: int, slot: str, edges: frozenset[Edge]) -> None:
        for column in range(x, end):
            self.put(column, y, LEFT | RIGHT, slot, edges)

    def upright(self, x: int, y: int, end: int, slot: str, edges: frozenset[Edge]) -> None:
        """Draw from row ``y`` to row ``end`` at column ``x``."""
        if y == end:
            return
        step = 1 if end > y else -1
        ahead, behind = (DOWN, UP) if step > 0 else (UP, DOWN)
        self.put(x, y, ahead, slot, edges)
        for row in range(y + step, end, step):
            self.put(x, row, UP | DOWN, slot, edges)
        self.put(x, end, behind, slot, edges)


def route(
    graph: Layered,
    layers: Sequence[Sequence[str]],
    rows: Mapping[str, int],
    columns: Sequence[int],
) -> Routing:
    """Return the lines between layers.

    Args:
        graph: The graph.
        layers: Its slots in order.
        rows: The row of each slot.
        columns: How wide each layer is.
    """
    ink, x, starts = _Ink(), 0, []
    spare = max(rows.values(), default=0) + 1
    for number, layer in enumerate(layers):
        starts.append(x)
        end = x + columns[number]
        for slot in layer:
            if is_stand_in(slot):
                passing = frozenset(e for c in graph.below[slot] for e in graph.carried(slot, c))
                ink.across(x, end, rows[slot], slot, passing)
        if number + 1 < len(layers):
            nets = _nets(graph, layer, rows)
            tracks = _assign(nets, spare)
            x = end + _BEFORE + tracks + _AFTER
            for net in nets:
                _draw(ink, net, end, x)
            ink.arrows |= {(x - 1, rows[s]) for s in layers[number + 1] if not is_stand_in(s)}
    return Routing(tuple(starts), _signs(ink))


def _nets(graph: Layered, layer: Sequence[str], rows: Mapping[str, int]) -> list[_Net]:
    return [
        _Net(rows[slot], {rows[c]: graph.carried(slot, c) for c in graph.below[slot]}, slot)
        for slot in layer
        if graph.below.get(slot)
    ]


def _assign(nets: Sequence[_Net], spare: int) -> int:
    """Give every net that bends its track; return how many tracks there are."""
    bent = [net for net in nets if not net.straight]
    by_row = {net.row: net for net in bent}
    before = {
        id(net): {id(by_row[row]) for row in net.ends if row in by_row and by_row[row] is not net}
        for net in bent
    }
    taken: list[list[_Taken]] = []
    done: dict[int, int] = {}
    waiting = sorted(bent, key=lambda net: (net.span()[0], net.row))
    while waiting:
        net = next((n for n in waiting if before[id(n)] <= done.keys()), None)
        if net is None:  # a circle: one of it goes round below
            net = _circular({id(n): n for n in waiting}, before, done)
            net.detour, spare = spare, spare + 1
            net.first = _track(taken, (net.row, net.detour), frozenset({net.detour}), 0)
            done[id(net)] = net.first  # it has left its row
            continue
        least = max((done[other] + 1 for other in before[id(net)]), default=0)
        waiting.remove(net)
        net.track = _track(taken, net.span(), frozenset(net.ends), max(least, net.first + 1))
        done.setdefault(id(net), net.track)
    return len(taken)


def _circular(
    waiting: Mapping[int, _Net], before: Mapping[int, set[int]], done: Mapping[int, int]
) -> _Net:
    """Return a net that waits, over others, for itself."""
    seen: set[int] = set()
    one = next(iter(waiting))
    while one not in seen:
        seen.add(one)
        one = next(other for other in before[one] if other not in done)
    return waiting[one]


_Taken = tuple[tuple[int, int], frozenset[int]]  # first and last row, and where the line ends


def _track(
    taken: list[list[_Taken]], span: tuple[int, int], ends: frozenset[int], least: int
) -> int:
    """Return the first track from ``least`` on that is free over ``span``, and take it.

    Lines that end at the same things may run together.
    """
    for number in range(least, len(taken)):
        if all(_apart(span, other) or ends == theirs for other, theirs in taken[number]):
            taken[number].append((span, ends))
            return number
    taken.extend([] for _ in range(max(1, least + 1 - len(taken))))
    taken[-1].append((span, ends))
    return len(taken) - 1


def _apart(span: tuple[int, int], other: tuple[int, int]) -> bool:
    return span[1] < other[0] or other[1] < span[0]


def _draw(ink: _Ink, net: _Net, left: int, right: int) -> None:
    """Draw a net from the end of its layer to the beginning of the next."""
    for row, edges in net.ends.items():
        if net.straight:
            ink.across(left, right, row, net.slot, edges)
            continue
        x, y = left, net.row
        for track, through in ((net.first, net.detour), (net.track, row)):
            if track < 0:
                continue
            turn = left + _BEFORE + track
            ink.across(x, turn, y, net.slot, edges)
            ink.put(turn, y, LEFT, net.slot, edges)
            ink.upright(turn, y, through, net.slot, edges)
            ink.put(turn, through, RIGHT, net.slot, edges)
            x, y = turn + 1, through
        ink.across(x, right, y, net.slot, edges)


def _signs(ink: _Ink) -> dict[tuple[int, int], Cell]:
    made: dict[tuple[str, frozenset[Edge]], Cell] = {}
    found = {}
    for place, by_slot in ink.cells.items():
        if place in ink.arrows:
            sign = ARROW
        elif len(by_slot) == 1:
            (bits,) = by_slot.values()
            sign = _SIGNS[bits]
        else:
            sign = _sign(list(by_slot.values()))
        key = sign, ink.edges[place]
        cell = made.get(key)
        if cell is None:
            cell = made[key] = Cell(*key)
        found[place] = cell
    return found


def _sign(bits: Sequence[int]) -> str:
    """Return the character of a cell; of two lines that only cross, the upright one is seen."""
    upright = [b for b in bits if not b & (LEFT | RIGHT)]
    across = [b for b in bits if not b & (UP | DOWN)]
    if upright and across and len(upright) + len(across) == len(bits):
        return "│"
    whole = 0
    for one in bits:
        whole |= one
    return _SIGNS[whole]

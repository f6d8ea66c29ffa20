"""Lines: one vertical track for each origin in each gap between two layers.

A line leaves its row left of any other line that arrives on that row. Where such wishes run in a
circle, one of the lines takes a detour over a row of its own below everything.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from modelshelf.domain.layering.layers import Edge, Layered, is_stand_in
from modelshelf.domain.layering.lines import DOWN, HEAD, LEFT, RIGHT, UP, Lines

_BEFORE, _AFTER = 1, 2  # columns of a gap before its tracks, and after them: a line, an arrow


@dataclass(frozen=True, slots=True)
class Routing:
    """All lines of a drawing, and the first column of each layer."""

    starts: tuple[int, ...]
    lines: Lines


@dataclass(slots=True)
class _Net:
    """The line of one slot through a gap; it begins where the label of the slot ends."""

    row: int
    begin: int
    ends: dict[int, frozenset[Edge]]
    track: int = -1
    first: int = -1  # its track before a detour, and the row of that
    detour: int = -1

    @property
    def straight(self) -> bool:
        return len(self.ends) == 1 and self.row in self.ends

    def span(self) -> tuple[int, int]:
        rows = (self.row if self.detour < 0 else self.detour, *self.ends)
        return min(rows), max(rows)


def route(
    graph: Layered,
    layers: Sequence[Sequence[str]],
    rows: Mapping[str, int],
    widths: Mapping[str, int],
) -> Routing:
    """Return the lines between layers.

    Args:
        graph: The graph.
        layers: Its slots in order.
        rows: The row of each slot.
        widths: How wide each thing is; its layer is as wide as the widest.
    """
    lines, x, starts = Lines(), 0, []
    spare = max(rows.values(), default=0) + 1
    for number, layer in enumerate(layers):
        starts.append(x)
        end = x + max((widths.get(slot, 1) for slot in layer), default=1)
        if number + 1 < len(layers):
            nets = _nets(graph, layer, rows, {slot: x + widths.get(slot, 0) for slot in layer})
            tracks = _assign(nets, spare)
            x = end + _BEFORE + tracks + _AFTER
            things = {rows[slot] for slot in layers[number + 1] if not is_stand_in(slot)}
            for net in nets:
                _draw(lines, net, (end + _BEFORE, x), things)
    return Routing(tuple(starts), lines)


def _nets(
    graph: Layered, layer: Sequence[str], rows: Mapping[str, int], begins: Mapping[str, int]
) -> list[_Net]:
    return [
        _Net(rows[slot], begins[slot], {rows[c]: graph.carried(slot, c) for c in children})
        for slot in layer
        if (children := graph.below.get(slot))
    ]


def _assign(nets: Sequence[_Net], spare: int) -> int:
    """Give every net that bends its track; return how many tracks there are."""
    bent = {net.row: net for net in nets if not net.straight}
    before = {
        row: {end for end in net.ends if end in bent and end != row} for row, net in bent.items()
    }
    taken: list[list[_Taken]] = []
    done: dict[int, int] = {}
    waiting = sorted(bent.values(), key=lambda net: (net.span()[0], net.row))
    while waiting:
        net = next((n for n in waiting if before[n.row] <= done.keys()), None)
        if net is None:  # a circle: one of it goes round below
            net = bent[_circular(waiting[0].row, before, done)]
            net.detour, spare = spare, spare + 1
            net.first = _track(taken, (net.row, net.detour), frozenset({net.detour}), 0)
            done[net.row] = net.first  # it has left its row
            continue
        least = max((done[other] + 1 for other in before[net.row]), default=0)
        waiting.remove(net)
        net.track = _track(taken, net.span(), frozenset(net.ends), max(least, net.first + 1))
        done.setdefault(net.row, net.track)
    return len(taken)


def _circular(one: int, before: Mapping[int, set[int]], done: Mapping[int, int]) -> int:
    """Return the row of a net that waits, over others, for itself; always the same one."""
    seen: set[int] = set()
    while one not in seen:
        seen.add(one)
        one = min(other for other in before[one] if other not in done)
    return one


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


def _draw(lines: Lines, net: _Net, gap: tuple[int, int], things: set[int]) -> None:
    """Draw a net from its label to the next layer; ``gap`` is its first track and its end."""
    (tracks, right), x, row = gap, net.begin, net.row
    if net.detour >= 0:
        whole = frozenset[Edge]().union(*net.ends.values())
        turn = tracks + net.first
        _bend(lines, (x, turn, row), {net.detour: whole})
        x, row = turn + 1, net.detour
    if not net.straight:
        turn = tracks + net.track
        _bend(lines, (x, turn, row), net.ends)
        x = turn + 1
    for end, edges in net.ends.items():
        if end in things:
            lines.put(x, right - 1, end, LEFT | RIGHT, edges)
            lines.put(right - 1, right, end, HEAD, edges)
        else:
            lines.put(x, right, end, LEFT | RIGHT, edges)


def _bend(lines: Lines, at: tuple[int, int, int], ends: Mapping[int, frozenset[Edge]]) -> None:
    """Draw a line to its track and along it; ``at`` is its first column, its track, its row."""
    x, turn, row = at
    bits, edges = LEFT | (RIGHT if row in ends else 0), ends.get(row, frozenset())
    rows = sorted(ends)
    for ahead, back, far in (
        (DOWN, UP, [end for end in reversed(rows) if end > row]),
        (UP, DOWN, [end for end in rows if end < row]),
    ):
        # From the far end back: what passes a row is all that ends there or beyond.
        beyond, last, more = frozenset[Edge](), row, 0
        for end in far:
            if more:
                lines.upright(turn, end, last, beyond)
            beyond |= ends[end]
            lines.put(turn, turn + 1, end, back | RIGHT | more, beyond)
            last, more = end, ahead
        lines.upright(turn, row, last, beyond)
        bits, edges = bits | more, edges | beyond
    lines.put(x, turn, row, LEFT | RIGHT, edges)
    lines.put(turn, turn + 1, row, bits, edges)

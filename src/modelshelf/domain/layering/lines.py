"""Lines of a drawing, kept as pieces; the runs of a row are made when that row is looked at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from operator import itemgetter
from sys import maxsize
from typing import NamedTuple

from modelshelf.domain.layering.layers import Edge

UP, DOWN, LEFT, RIGHT, HEAD = 1, 2, 4, 8, 16
_SIGNS = {
    UP: "│", DOWN: "│", UP | DOWN: "│", LEFT: "─", RIGHT: "─", LEFT | RIGHT: "─",
    DOWN | RIGHT: "╭", DOWN | LEFT: "╮", UP | RIGHT: "╰", UP | LEFT: "╯",
    UP | DOWN | RIGHT: "├", UP | DOWN | LEFT: "┤", DOWN | LEFT | RIGHT: "┬",
    UP | LEFT | RIGHT: "┴", UP | DOWN | LEFT | RIGHT: "┼", HEAD: "▸",
}  # fmt: skip
_BLOCK = 16  # rows whose upright pieces are looked for together


class Run(NamedTuple):
    """Cells side by side in one row that look the same.

    Attributes:
        x: The first column.
        length: Columns it takes.
        sign: The character in each of them.
        edges: The edges that pass here, as (origin, result).
    """

    x: int
    length: int
    sign: str
    edges: frozenset[Edge]


_Piece = tuple[int, int, int, frozenset[Edge]]  # first column, column after it, directions, edges
_BEYOND: _Piece = (maxsize, maxsize, 0, frozenset())  # right of everything


@dataclass(slots=True)
class Lines:
    """All lines of a drawing.

    No two pieces of one line overlap, so what shares a cell belongs to lines that meet or cross.
    """

    _across: dict[int, list[_Piece]] = field(default_factory=dict)
    _upright: dict[int, list[tuple[int, int, _Piece]]] = field(default_factory=dict)  # by block
    _made: dict[int, tuple[Run, ...]] = field(default_factory=dict, compare=False, repr=False)

    @property
    def height(self) -> int:
        """The row below the last one that holds a line."""
        return max(self._across, default=-1) + 1

    def put(self, x: int, end: int, y: int, bits: int, edges: frozenset[Edge]) -> None:
        """Draw the same directions from column ``x`` to before column ``end`` of row ``y``."""
        if x < end:
            self._across.setdefault(y, []).append((x, end, bits, edges))

    def upright(self, x: int, y: int, end: int, edges: frozenset[Edge]) -> None:
        """Draw at column ``x`` what lies between two rows, whichever of them is the upper one."""
        first, after = (y + 1, end) if y < end else (end + 1, y)
        if first >= after:
            return
        piece = first, after, (x, x + 1, UP | DOWN, edges)
        for block in range(first // _BLOCK, (after - 1) // _BLOCK + 1):
            self._upright.setdefault(block, []).append(piece)

    def row(self, y: int) -> tuple[Run, ...]:
        """Return what is drawn in a row, from left to right."""
        made = self._made.get(y)
        if made is None:
            passing = self._upright.get(y // _BLOCK, ())
            pieces = [piece for first, after, piece in passing if first <= y < after]
            pieces += self._across.get(y, ())
            pieces.sort(key=itemgetter(0))
            made = self._made[y] = tuple(_runs(pieces))
        return made


def _runs(pieces: Sequence[_Piece]) -> list[Run]:
    """Cut pieces, sorted by their first column, wherever one of them begins or ends."""
    found: list[Run] = []
    here: list[_Piece] = []
    x = 0
    for piece in (*pieces, _BEYOND):
        start = piece[0]
        while here and x < start:
            _, end, bits, edges = here[0]
            if len(here) == 1:
                sign = _SIGNS[bits]
            else:
                end = min([other[1] for other in here])
                sign = _sign(tuple([other[2] for other in here]))
                edges = edges.union(*[other[3] for other in here])
            end = min(end, start)
            found.append(Run(x, end - x, sign, edges))
            x = end
            here = [other for other in here if other[1] > end]
        x = start
        here.append(piece)
    return found


@lru_cache(maxsize=1024)
def _sign(bits: tuple[int, ...]) -> str:
    """Return the character of a cell; of two lines that only cross, the upright one is seen."""
    upright = [b for b in bits if not b & ~(UP | DOWN)]
    across = [b for b in bits if not b & ~(LEFT | RIGHT)]
    if upright and across and len(upright) + len(across) == len(bits):
        return "│"
    whole = 0
    for one in bits:
        whole |= one
    return _SIGNS[whole]

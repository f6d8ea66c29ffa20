"""Everything on the screen in ASCII, cell for cell, for terminals and fonts that have no more."""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING

from rich.cells import cell_len, get_character_cell_size
from rich.segment import Segment
from textual.filter import LineFilter

if TYPE_CHECKING:
    from textual.color import Color

# Signs of ours and of Textual, and what is common in texts; lines and blocks go by their names.
# Hyphens, minus and single quotes are written by number: they look like what replaces them.
_SIGNS = dict(
    zip(
        "…⏎␍→←↑↓▸▶▼▲◀▾▴◂●○◉◌•·∙★☆✓✔✗✘×⚠–—\u2010\u2011\u2212≠≤≥≈±÷“”„\u2018’\u201a«»\u2039\u203a"
        "¬°§©®™€£¥√∞Δµσλ⌫⇥◆◇■□▪▫✕",
        "~$$><^v>>v^<v^<*oo.*..**vvxxx!-----#<>~+/" + '"""' + "'''<><>!o$cRTELYv%duslx>*o#o.ox",
        strict=True,
    )
)
_SHADES = {"▁": "_", "▂": "_", "▃": ".", "▄": "-", "▅": "=", "▆": "^", "▇": "#", "█": "#"}
_BLOCKS = {"░": ".", "▒": ":", "▓": "#", "▀": "^", "▔": "-", "▌": "|", "▐": "|"}
_JOINER, _EMOJI = "\u200d", "\ufe0f"
_BRAILLE = range(0x2800, 0x2900)


class AsciiOnly(LineFilter):
    """Draws a line with ASCII alone; every segment keeps its width in cells."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """Return the segments with every other character replaced."""
        del background
        return [
            segment
            if segment.control or segment.text.isascii()
            else Segment(ascii_text(segment.text), segment.style)
            for segment in segments
        ]


@lru_cache(maxsize=4_096)
def ascii_text(text: str) -> str:
    """Return ``text`` in ASCII, as many cells wide as it was."""
    if text.isascii():
        return text
    shown: list[str] = []
    joined = False
    for char in text:
        if joined:  # drawn into the one before
            joined = False
        elif char == _JOINER:
            joined = True
        elif char == _EMOJI:
            _widen(shown)
        else:
            shown.append(_sign(char))
    return _exactly("".join(shown), cell_len(text))


def _widen(shown: list[str]) -> None:
    """Make room for the sign before, which this makes two cells wide."""
    if shown and len(shown[-1]) == 1:
        shown[-1] += " "


def _exactly(text: str, width: int) -> str:
    return text[:width].ljust(width)


@lru_cache(maxsize=4_096)
def _sign(char: str) -> str:
    if char.isascii():
        return char
    width = get_character_cell_size(char)
    if width != 1:
        return "?" * width
    return _SIGNS.get(char) or _SHADES.get(char) or _BLOCKS.get(char) or _drawn(char)


def _drawn(char: str) -> str:
    """Return what is most like a line, a block or a letter of one cell."""
    if ord(char) in _BRAILLE:
        return ":" if char != "\u2800" else " "
    name = unicodedata.name(char, "")
    if name.startswith("BOX DRAWINGS"):
        return _box(name)
    if "BLOCK" in name or "QUADRANT" in name:
        return "|" if name.startswith(("LEFT", "RIGHT")) else "#"
    plain = unicodedata.normalize("NFKD", char)[0]
    if plain.isspace():
        return " "
    return plain if plain.isascii() and plain.isprintable() else "?"


def _box(name: str) -> str:
    if "DIAGONAL" in name:
        return "X" if "CROSS" in name else "/" if "UPPER RIGHT TO" in name else "\\"
    level = any(word in name for word in ("HORIZONTAL", "LEFT", "RIGHT"))
    upright = any(word in name for word in ("VERTICAL", "UP", "DOWN"))
    if level and upright:
        return "+"
    return "|" if upright else "=" if "DOUBLE" in name else "-"

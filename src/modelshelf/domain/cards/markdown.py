"""Any text as Markdown that means itself: no markup, no HTML, no second line."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from modelshelf.domain.text import safe

UNKNOWN = "unknown"
_SPECIAL = re.compile(r"[\\`*\[\]<>|~$&]")
# Between letters an underscore is one: accuracy_score.
_UNDERSCORE = re.compile(r"(?<![^\W_])_|_(?![^\W_])")
# What begins a heading, a list, a quotation or a rule where it begins a line.
_BEGINS = re.compile(r"([#+=>-])|(\d{1,9})([.)])")
_TICKS = re.compile(r"`+")
_MOST = 500


def text(value: object, most: int = _MOST) -> str:
    """Return ``value`` as one line of Markdown in which no sign means anything else."""
    shown = _SPECIAL.sub(r"\\\g<0>", safe(value, most).strip())
    return _UNDERSCORE.sub(r"\\_", shown)


def line(value: object, most: int = _MOST) -> str:
    """Like :func:`text` for what begins a line of its own."""
    shown = text(value, most)
    begins = _BEGINS.match(shown)
    if begins is None:
        return shown
    rest = shown[begins.end() :]
    return f"\\{begins[1]}{rest}" if begins[1] else f"{begins[2]}\\{begins[3]}{rest}"


def paragraphs(value: str, most: int) -> Iterator[str]:
    """Yield the lines of a longer text; empty ones part its paragraphs."""
    shown = value[:most].splitlines()
    for each in shown:
        yield line(each, most)
    if len(value) > most:
        yield "…"


def code(value: object, most: int = _MOST) -> str:
    """Return ``value`` as code; nothing in it ends the code."""
    shown = safe(value, most)
    if not shown.strip():
        return UNKNOWN
    if "|" in shown:  # which ends a cell of a table even in code
        return text(value, most)
    ticks = "`" * (max(map(len, _TICKS.findall(shown)), default=0) + 1)
    pad = " " if shown[0] in "` " or shown[-1] in "` " else ""
    return f"{ticks}{pad}{shown}{pad}{ticks}"


def table(titles: Sequence[str], rows: Iterable[Sequence[str]], most: int) -> Iterator[str]:
    """Yield a table of cells that are Markdown already, and how many rows are left out."""
    every = list(rows)
    yield f"| {' | '.join(titles)} |"
    yield f"|{'---|' * len(titles)}"
    for row in every[:most]:
        yield f"| {' | '.join(cell or '-' for cell in row)} |"
    if len(every) > most:
        yield ""
        yield f"{len(every) - most:,} more are not shown."


def items(pairs: Iterable[tuple[str, str]]) -> Iterator[str]:
    """Yield a list of names and values that are Markdown already; what is empty is unknown."""
    for name, value in pairs:
        yield f"- **{name}:** {value or UNKNOWN}"

"""How values look: everything from the catalog passes here and comes out harmless to a terminal."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from rich.cells import cell_len, set_cell_size
from textual.content import Content

from modelshelf.domain.errors import ModelshelfError
from modelshelf.domain.models import ModelVersion, RegisteredModel
from modelshelf.domain.stages import WHOLE, Holder
from modelshelf.domain.text import safe

Look = Literal["plain", "dim", "strong", "accent", "warn"]

# Content styles for looks, outside of tables.
STYLES: Mapping[Look, str] = {
    "plain": "",
    "dim": "$quiet",
    "strong": "bold",
    "accent": "bold $accent",
    "warn": "$warning",
}

_MINUTE, _HOUR, _DAY = 60, 3_600, 86_400
_MONTH, _YEAR = 30 * _DAY, 365 * _DAY
_AGES = ((_YEAR, "y"), (2 * _MONTH, "mo"), (_DAY, "d"), (_HOUR, "h"), (_MINUTE, "min"))
_THOUSAND = 1_000
_MANY = 1e6
_FEW = 1e-3


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of a table: harmless text and how it looks."""

    text: str
    look: Look = "plain"


def line(value: object, limit: int = 300) -> Content:
    """Return any value as one harmless line that is never read as markup."""
    return Content(safe(value, limit))


def styled(*parts: tuple[object, Look] | str) -> Content:
    """Return harmless text put together from (value, look) pairs and plain literals of ours."""
    pieces: list[Content | str | tuple[str, str]] = []
    for part in parts:
        if isinstance(part, str):
            pieces.append(Content(safe(part)))
        else:
            value, look = part
            pieces.append((safe(value), STYLES[look]))
    return Content.assemble(*pieces)


def lines(parts: Iterable[Content]) -> Content:
    """Return contents below each other."""
    return Content("\n").join(parts)


def fit(text: str, width: int, *, right: bool = False, begins: bool = False) -> str:
    """Return ``text`` at exactly ``width`` cells.

    What is too long loses its middle, or its end where the beginning tells most.
    """
    if width <= 0:
        return ""
    length = cell_len(text)
    if length > width:
        tail = 0 if begins else (width - 1) // 3
        text, length = _shortened(text, width, tail), width
    if right and length < width:
        return " " * (width - cell_len(text)) + text
    return set_cell_size(text, width)


def _shortened(text: str, width: int, tail: int) -> str:
    if width == 1:
        return "…"
    head = width - 1 - tail
    end = text[-tail:] if tail else ""
    while cell_len(end) > tail:
        end = end[1:]
    return set_cell_size(set_cell_size(text, head).rstrip() + "…" + end, width)


def age(now: datetime, then: datetime) -> str:
    """Return how long ago ``then`` was, in one unit."""
    seconds = (now - then).total_seconds()
    if seconds < _MINUTE:
        return "now"
    for length, unit in _AGES:
        if seconds >= length:
            divisor = _MONTH if unit == "mo" else length
            return f"{int(seconds // divisor)} {unit}"
    return "now"


def ago(now: datetime, then: datetime) -> str:
    """Return how long ago ``then`` was, for a sentence."""
    shown = age(now, then)
    return shown if shown == "now" else f"{shown} ago"


def moment(at: datetime) -> str:
    """Return a moment to the minute, in UTC as the audit log has it."""
    return at.strftime("%Y-%m-%d %H:%M")


def number(value: float, *, sign: bool = False, like: float = 0.0) -> str:
    """Return a metric at a length at which neighbours in a column can be compared.

    Args:
        value: The metric, or the distance between two of them.
        sign: Whether a plus is written.
        like: A number beside which it stands; a distance gets no more places than that.
    """
    plus = "+" if sign else ""
    if value == 0 or not math.isfinite(value):
        return f"{value:{plus}.0f}" if math.isfinite(value) else str(value)
    great = max(abs(value), abs(like))
    if great >= _MANY or great < _FEW:
        return f"{value:{plus}.2e}"
    if great >= _THOUSAND:
        return f"{value:{plus},.0f}"
    places = 4 if great < 1 else 3 if great < 10 else 2  # noqa: PLR2004
    return f"{value:{plus}.{places}f}"


def letters(stages: Sequence[str]) -> dict[str, str]:
    """Return a letter for every stage; where two want the same, the higher rung has it."""
    taken: dict[str, str] = {"archived": "A", "draft": "D"}
    for stage in reversed(stages):
        if stage in taken:
            continue
        free = (c.upper() for c in stage if c.isalpha() and c.upper() not in taken.values())
        taken[stage] = next(free, "?")
    return taken


def share(letter: str, weight: int) -> str:
    """Return a stage letter with its share of the traffic, unless that is all of it."""
    return letter if weight in (0, WHOLE) else f"{letter}{weight}"


def _split(letter: str, who: Sequence[Holder]) -> str:
    weights = sorted((holder.weight for holder in who), reverse=True)
    return letter if len(weights) == 1 else letter + "/".join(str(weight) for weight in weights)


def model_mark(model: RegisteredModel, marks: Mapping[str, str]) -> Cell:
    """Return which stages of a model are held, the highest first, and how: ``P80/20 S``."""
    held = [(s, model.stages[s]) for s in marks if model.stages.get(s)]
    words = [_split(marks[stage], holders) for stage, holders in held]
    top = next(iter(marks), "")
    if not words:
        return Cell("–" if model.versions == 0 else "D", "dim")
    return Cell(" ".join(words), "accent" if held[0][0] == top else "plain")


def version_mark(version: ModelVersion, marks: Mapping[str, str]) -> Cell:
    """Return a version's stages with weights, or what else it is: ``P20 S``, ``A``, ``Y``."""
    held = [s for s in marks if s in version.stages]
    words = [share(marks[s], version.stages[s]) for s in held]
    if not words:
        words = ["A" if version.archived else "D"]
    if version.yanked is not None:
        return Cell(" ".join([*words, "Y"]), "warn")
    if not held:
        return Cell(words[0], "dim")
    return Cell(" ".join(words), "accent" if held[0] == next(iter(marks)) else "strong")


def ladder(stages: Sequence[str]) -> dict[str, str]:
    """Return the letters of the assignable stages, highest first, as tables want them."""
    found = letters(stages)
    return {s: found[s] for s in reversed(stages) if s not in ("draft", "archived")}


def sentence(error: ModelshelfError) -> str:
    """Return an error as the sentence a person reads."""
    text = safe(str(error), 500)
    first = text.split(" ", 1)[0]
    # A model's name at the beginning keeps its letters.
    return text[0].upper() + text[1:] if first.isalpha() and first.islower() else text

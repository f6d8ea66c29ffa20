"""Model cards: their text, their history, what changed, and how complete they are."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from modelshelf.cli import wording
from modelshelf.cli.screen import Screen, Tone
from modelshelf.cli.table import GAP, Column, cells, table
from modelshelf.domain.provenance import CARD_MOST
from modelshelf.domain.text import safe, safe_block

if TYPE_CHECKING:
    from modelshelf.domain.cards import CardChange, CardItem, CardScore

_TITLE_MOST = 80
_HINT_LEAST = 24
_TONES: dict[str, Tone] = {"+": "accent", "-": "bold", "@": "dim"}


def text(_screen: Screen, card: str) -> Iterator[str]:
    """Yield a card, harmless to show."""
    if card:
        yield safe_block(card, 4 * CARD_MOST)


def history(screen: Screen, found: Sequence[CardChange]) -> Iterator[str]:
    """Yield a table of the texts that a card had, newest first."""
    if not found:
        return
    columns = (
        Column("entry", right=True, keep=True),
        Column("when (UTC)", keep=True),
        Column("by"),
        Column("lines", right=True, keep=True),
        Column("begins", begins=True, spare=1),
    )
    yield from table(screen, columns, (_change(each) for each in found))


def _change(each: CardChange) -> tuple[str, ...]:
    lines = each.text.splitlines()
    title = next((line for line in lines if line.startswith("#")), lines[0] if lines else "")
    return (
        str(each.seq),
        wording.when(each.at),
        each.actor,
        f"{len(lines):,}" if each.text else "taken off",
        safe(title.lstrip("# "), _TITLE_MOST),
    )


def diff(screen: Screen, found: str) -> Iterator[str]:
    """Yield a unified diff line by line."""
    for line in found.split("\n")[:-1]:
        shown = safe(line.replace("\t", "    "), CARD_MOST)
        yield screen.tone(shown, _TONES.get(line[:1], ""))


def score(screen: Screen, found: CardScore) -> Iterator[str]:
    """Yield what a good card says, each with who says it or what to write, and the share."""
    room = max((cells(each.name) for each in found.items), default=0)
    for each in found.items:
        yield from _item(screen, each, room)
    said = sum(each.said for each in found.items)
    yield ""
    yield f"{found.percent} % complete: {said} of {len(found.items)}."


def _item(screen: Screen, each: CardItem, room: int) -> Iterator[str]:
    begin = f"{'✓' if each.said else '✗'} {each.name}"
    pad = " " * (room + len(GAP) - cells(each.name))
    text = f"the {each.where} says it" if each.said else each.hint
    lines = [text]
    if screen.width is not None:
        width = max(screen.width - cells(begin + pad), _HINT_LEAST)
        lines = textwrap.wrap(text, width, break_on_hyphens=False)
    yield f"{screen.tone(begin, '' if each.said else 'bold')}{pad}{lines[0]}"
    yield from (f"{' ' * cells(begin + pad)}{line}" for line in lines[1:])

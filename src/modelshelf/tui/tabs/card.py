"""The tab with the model card: how complete it is, its head, and its text as Markdown."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from modelshelf.domain.text import plural, safe, safe_block
from modelshelf.tui.show import styled
from modelshelf.tui.tabs import Telling, Told, plainly

if TYPE_CHECKING:
    from datetime import datetime

    from modelshelf.domain.cards import CardScore
    from modelshelf.registry import Registry
    from modelshelf.tui.widgets.paragraphs import Paragraph

CARD_SHOWN = 20_000
_HEAD_SHOWN = 400
_NONE = "There is no model card yet: e begins one with what the registry knows."


def look(registry: Registry, reference: str) -> Telling:
    """Return the card of a version and its score."""
    found = registry.versions.detail(reference)
    return partial(_tell, found.card, registry.cards.score(reference))


def _tell(text: str, score: CardScore, _now: datetime) -> Told:
    rows = [_score(score)]
    if not text.strip():
        return Told([*rows, plainly(_NONE)])
    head, body = split_card(safe_block(text, CARD_SHOWN))
    if len(text) > CARD_SHOWN:
        body += f"\n\n*The first {CARD_SHOWN:,} characters of {len(text):,}.*\n"
    if head.strip():
        rows.append(plainly(safe(" · ".join(heads(head)), _HEAD_SHOWN)))
    return Told(rows, body)


def _score(score: CardScore) -> Paragraph:
    missing = ", ".join(item.name for item in score.items if not item.said)
    told = f"  missing: {missing}" if missing else "  nothing is missing"
    return "", styled((f"{score.percent} % complete", "strong"), (told, "dim"))


def heads(head: str) -> list[str]:
    """Return the fields of a card's head in a line each; of what has fields itself, its length."""
    fields: list[tuple[str, list[str]]] = []
    for row in head.splitlines():
        if fields and row[:1] in (" ", "-"):
            fields[-1][1].append(row.lstrip(" -"))
        elif row.strip():
            fields.append((row, []))
    return [_field(name, below) for name, below in fields]


def _field(name: str, below: list[str]) -> str:
    if any(":" in row for row in below):
        return f"{name} {plural(len(below), 'line')}"
    return " ".join((name, *below))


def split_card(text: str) -> tuple[str, str]:
    """Return the YAML head of a card, without its rules, and what follows it."""
    if text.startswith("---\n") and (end := text.find("\n---", 3)) > 0:
        rest = text[end + 4 :].partition("\n")[2]
        return text[4:end], rest.lstrip("\n")
    return "", text

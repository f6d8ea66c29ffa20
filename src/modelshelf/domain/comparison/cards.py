"""Model cards side by side: the fields of their heads, and what changed line by line."""

from __future__ import annotations

import re
from collections.abc import Sequence

from modelshelf.domain.comparison.hunks import ends, hunks
from modelshelf.domain.comparison.sheet import Sheet
from modelshelf.domain.comparison.values import LongText, Section, Value

_RULE = "---"
_KEY = re.compile(r"([A-Za-z_][\w-]*)[ \t]*:")
_HEAD_MOST = 400  # lines
# What is laid line by line: the work grows with the product of what differs on both sides.
_LINES_MOST = 1_000
_CONTEXT = 2


def card(sheet: Sheet) -> Section:
    """Lay the cards and descriptions side by side."""
    cards = [detail.card for detail in sheet.details]
    texts: list[LongText] = []
    notes: list[str] = []
    shown: list[Value] = [_lines(text) for text in cards]
    for place, text in enumerate(cards):
        changed = _changed(sheet, place)
        if changed:
            texts.append(LongText(place, f"card, {_title(changed)}", "\n".join(changed), "diff"))
            shown[place] = f"{_lines(text)} ({_title(changed)})" if text else None
        elif changed is None:
            reference = sheet.details[place].version.reference
            notes.append(f"The card of {reference} differs in too many lines to show them.")
        elif text != cards[sheet.baseline]:
            shown[place] = f"{_lines(text) or 'empty'} (other ends of lines)"
    rows = (
        *sheet.texts("description", lambda detail: detail.description),
        *sheet.shortened([head(text) for text in cards], "head "),
        *sheet.present((sheet.row("text", shown, told_apart=cards),)),
    )
    return Section("card", rows, tuple(notes), tuple(texts))


def _lines(text: str) -> str | None:
    count = len(text.splitlines())
    return f"{count:,} line{'' if count == 1 else 's'}" if text else None


def _changed(sheet: Sheet, place: int) -> list[str] | None:
    base, other = sheet.details[sheet.baseline], sheet.details[place]
    if base.card == other.card:
        return []
    return unified(base.card, other.card, base.version.reference, other.version.reference)


def head(text: str) -> dict[str, str]:
    """Return the fields at the top of a card, each as it is written there, on one line.

    Nothing is read as YAML here: what differs in writing differs.
    """
    lines = text.removeprefix("\ufeff").splitlines()[: _HEAD_MOST + 1]
    if not lines or lines[0].rstrip() != _RULE:
        return {}
    found: dict[str, list[str]] = {}
    key = ""
    for line in lines[1:]:
        if line.rstrip() == _RULE:
            return {name: _one_line(said) for name, said in found.items()}
        if begun := _KEY.match(line):
            key = begun[1]
            found.setdefault(key, []).append(line[begun.end() :])
        elif key:
            found[key].append(line)
    return {}  # a head without an end is none


def unified(before: str, after: str, first: str, second: str) -> list[str] | None:
    """Return the lines of a unified diff; ``None`` when too much differs to be laid out.

    What both begin and end with is set aside first, so a long card with a small change is quick.
    """
    one, other = before.splitlines(), after.splitlines()
    if max(len(one), len(other)) - sum(ends(one, other)) > _LINES_MOST:
        return None
    found = list(hunks(one, other, context=_CONTEXT, most=_LINES_MOST))
    return [f"--- {first}", f"+++ {second}", *found] if found else []


def _title(changed: Sequence[str]) -> str:
    body = changed[2:]  # the two lines that name the versions
    added = sum(line.startswith("+") for line in body)
    removed = sum(line.startswith("-") for line in body)
    return f"+{added} -{removed} lines"


def _one_line(said: Sequence[str]) -> str:
    return " ".join(part for line in said if (part := line.strip()))

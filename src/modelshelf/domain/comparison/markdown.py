"""Versions side by side as Markdown for a pull request; no text in it is read as markup."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from modelshelf.domain.comparison import parts
from modelshelf.domain.text import safe

if TYPE_CHECKING:
    from modelshelf.domain.comparison.parts import Part
    from modelshelf.domain.comparison.values import Comparison, LongText
    from modelshelf.domain.probes import BehaviourComparison
    from modelshelf.domain.tensor_comparison import TensorComparison

# A description of a pull request takes 65,536 characters.
_ROWS_SHOWN = 100
_ROWS_UNFOLDED = 20
_LINES_SHOWN = 100
_LINE_MOST = 300
_CODE_MOST = 1_000
# Whatever Markdown or HTML could read stands as the number of its character. A dot makes a link
# only after "www"; other dots are left to be read by people.
_MARKUP = re.compile(r"[&<>|`*_\[\]\\~@#:!\"'$^{}]|(?<=[wW]{3})\.")


def markdown(
    found: Comparison,
    *,
    changed: bool,
    tensors: Sequence[TensorComparison] = (),
    behaviour: Sequence[BehaviourComparison] = (),
) -> Iterator[str]:
    """Yield the lines of a comparison: a heading, a table for each part, long texts folded.

    Args:
        found: The comparison.
        changed: Whether what is the same is left out.
        tensors: Comparisons of tensors.
        behaviour: Comparisons of answers.
    """
    base = found.references[found.baseline]
    others = [r for n, r in enumerate(found.references) if n != found.baseline]
    yield f"## {', '.join(map(code, others))} against {code(base)}"
    shown = found.differing() if changed else found
    if not any(section.rows for section in shown.sections):
        yield from ("", "Nothing that is recorded differs.")
    for part in parts.of(shown, tensors, behaviour):
        yield ""
        yield from _part(part)


def escape(text: object, most: int) -> str:
    """Return any text as one line that Markdown and HTML show as it is, also inside a table."""
    return _MARKUP.sub(lambda found: f"&#{ord(found[0])};", safe(text, most))


def code(text: object) -> str:
    """Return any text as a literal: nobody is notified by it, and nothing becomes a link."""
    shown = escape(text, _CODE_MOST)
    return f"<code>{shown}</code>" if shown.strip() else ""


def _part(part: Part) -> Iterator[str]:
    if part.sentence:
        yield f"**{code(part.title)}**"
    elif len(part.rows) > _ROWS_UNFOLDED:
        yield from _folded(f"{part.title}: {len(part.rows):,} rows", _table(part))
    else:
        yield from _table(part)
    for note in part.notes:
        yield from ("", f"<sub>{code(note)}</sub>")
    for heading, text in part.texts:
        yield ""
        yield from _folded(heading, _fenced(text))


def _table(part: Part) -> Iterator[str]:
    yield _line([f"**{part.title}**", *map(code, part.heads)])
    yield "|---" * (len(part.heads) + 1) + "|"
    for row in part.rows[:_ROWS_SHOWN]:
        yield _line([code(row[0].text), *(_cell(cell.text) for cell in row[1:])])
    if len(part.rows) > _ROWS_SHOWN:
        more = f"and {len(part.rows) - _ROWS_SHOWN:,} more"
        yield _line([more, *("" for _ in part.heads)])


def _cell(text: str) -> str:
    if text.endswith(parts.BEST):
        return f"**{code(text.removesuffix(parts.BEST))}**"
    return "" if text == "-" else code(text)


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _folded(heading: str, lines: Iterator[str]) -> Iterator[str]:
    yield f"<details><summary>{code(heading)}</summary>"
    yield ""
    yield from lines
    yield ""
    yield "</details>"


def _fenced(text: LongText) -> Iterator[str]:
    """Yield the lines between fences that are longer than any in them."""
    lines = text.text.split("\n")
    shown = [safe(line, _LINE_MOST) for line in lines[:_LINES_SHOWN]]
    if len(lines) > _LINES_SHOWN:
        shown.append(f"… {len(lines) - _LINES_SHOWN:,} more lines")
    runs = [len(run) for line in shown for run in re.findall(r"`+", line)]
    fence = "`" * max(3, *(n + 1 for n in runs), 3)
    yield f"{fence}{'diff' if text.kind == 'diff' else 'text'}"
    yield from shown
    yield fence

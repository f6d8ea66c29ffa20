"""A comparison in parts, each with a title and a table, whether for a terminal or for Markdown."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import TYPE_CHECKING, Literal, NamedTuple

from modelshelf.domain.text import size_text

if TYPE_CHECKING:
    from modelshelf.domain.comparison.values import (
        ComparedRow,
        Comparison,
        LongText,
        Section,
        Value,
    )
    from modelshelf.domain.probes import BehaviourComparison, Flip
    from modelshelf.domain.tensor_comparison import LayerGroup, TensorComparison, TensorRow

BEST = " *"
_TENSORS_SHOWN = 10
_FLIPS_SHOWN = 10


class Cell(NamedTuple):
    """A cell's text, not yet harmless to a terminal, and what it stands out by."""

    text: str
    tone: Literal["", "bold", "accent"] = ""


class Part(NamedTuple):
    """One part of a comparison.

    Attributes:
        title: What it is about; of a table, the heading of its first column.
        heads: The headings of the other columns; without any there is no table.
        rows: A name and what stands in the other columns.
        notes: Sentences below it.
        texts: Long texts, each with its heading.
        sentence: Whether the title is a sentence that stands above the table.
    """

    title: str
    heads: Sequence[str] = ()
    rows: Sequence[Sequence[Cell]] = ()
    notes: Sequence[str] = ()
    texts: Sequence[tuple[str, LongText]] = ()
    sentence: bool = False


def of(
    found: Comparison,
    tensors_of: Sequence[TensorComparison] = (),
    behaviour_of: Sequence[BehaviourComparison] = (),
) -> Iterator[Part]:
    """Yield all parts in their order: what is recorded, the tensors, the answers."""
    yield from sections(found)
    yield from chain.from_iterable(map(tensors, tensors_of))
    yield from chain.from_iterable(map(behaviour, behaviour_of))


def sections(found: Comparison) -> Iterator[Part]:
    """Yield a part for each section that has rows."""
    heads = [
        f"{reference} (baseline)" if place and place == found.baseline else reference
        for place, reference in enumerate(found.references)
    ]
    for section in found.sections:
        if section.rows:
            texts = [(f"{found.references[t.place]}: {t.title}", t) for t in section.texts]
            yield Part(section.name, heads, list(_rows(section)), section.notes, texts)


def tensors(found: TensorComparison) -> Iterator[Part]:
    """Yield what a comparison of tensors comes to: layers, then tensors, most changed first."""
    count = Counter(row.state for row in found.rows)
    told = ", ".join(f"{number:,} {state}" for state, number in count.most_common())
    title = f"tensors of {found.reference} against {found.baseline}: {told or 'none'}"
    notes = (*found.notes, *(() if found.whole else ("Not everything was compared.",)))
    layers = [_layer(group) for group in found.groups if group.differing]
    heads = ("tensors", "differing", "elements", "relative L2", "largest change")
    yield Part(title, sentence=True, notes=notes)
    if layers:
        yield Part("layer", heads, layers)
    differing = sorted((row for row in found.rows if row.state != "same"), key=_by_change)
    if differing:
        more = len(differing) - _TENSORS_SHOWN
        left_out = (f"and {more:,} more",) if more > 0 else ()
        columns = ("state", "shape", "type", "changed", "relative L2", "largest change")
        yield Part("tensor", columns, list(map(_tensor, differing[:_TENSORS_SHOWN])), left_out)


def behaviour(found: BehaviourComparison) -> Iterator[Part]:
    """Yield which examples a version answers differently, the first ones of them."""
    told = f"{len(found.flips):,} of {_plural(found.examples, 'answer')} differ"
    told += f", {found.mended:,} mended, {found.broken:,} broken"
    title = f"probe {found.probe}, {found.reference} against {found.baseline}: {told}"
    notes = []
    if found.largest is not None:
        notes.append(f"The largest difference is {_number(found.largest)}.")
    if found.only_one:
        notes.append(f"{_plural(found.only_one, 'example')} only one of them answered.")
    yield Part(title, sentence=True, notes=notes)
    if found.flips:
        more = len(found.flips) - _FLIPS_SHOWN
        left_out = (f"and {more:,} more",) if more > 0 else ()
        heads = (found.baseline, found.reference, "truth", "")
        rows = list(map(_flip, found.flips[:_FLIPS_SHOWN]))
        yield Part("example", heads, rows, left_out)


def _rows(section: Section) -> Iterator[Sequence[Cell]]:
    for row in section.rows:
        values = (_value(section.name, row, place) for place in range(len(row.values)))
        yield (Cell(row.key, "bold" if row.differs else ""), *values)


def _value(section: str, row: ComparedRow, place: int) -> Cell:
    shown = _text(section, row.key, row.values[place])
    delta = row.deltas[place] if place < len(row.deltas) else None
    if delta:
        shown += f" ({_change(section, row.key, delta)})"
    best = place in row.best
    return Cell(shown + (BEST if best else ""), "accent" if best else "")


def _change(section: str, key: str, delta: float) -> str:
    if section == "files" or (section == "format" and key == "size"):
        return f"{'+' if delta > 0 else '-'}{size_text(int(abs(delta)))}"
    whole = section != "metrics" and delta.is_integer()
    shown = f"{delta:+,.0f}" if whole else f"{delta:+.4g}"
    return f"{shown} rows" if section == "datasets" else shown


def _text(section: str, key: str, value: Value) -> str:
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if section == "format" and key == "size" and isinstance(value, int):
        return size_text(value)
    return _digits(value) if isinstance(value, float) else str(value)


def _layer(group: LayerGroup) -> Sequence[Cell]:
    told = (
        f"{group.tensors:,}", f"{group.differing:,}", f"{group.elements:,}",
        _number(group.relative_l2), _number(group.max_change),
    )  # fmt: skip
    return (Cell(group.name), *map(Cell, told))


def _tensor(row: TensorRow) -> Sequence[Cell]:
    shapes = _pair([None if s is None else "×".join(map(str, s)) or "scalar" for s in row.shapes])
    changed = "-" if row.changed is None else f"{row.changed:,} of {row.elements:,}"
    told = (
        row.state, shapes, _pair(row.dtypes), changed, _number(row.relative_l2),
        _number(row.max_change),
    )  # fmt: skip
    return (Cell(row.name), *map(Cell, told))


def _pair(both: Sequence[str | None]) -> str:
    """Return what is in the baseline and in the other, once where it is the same."""
    return " → ".join(dict.fromkeys(one for one in both if one)) or "-"


def _by_change(row: TensorRow) -> tuple[bool, float]:
    """Order by change, the largest first; what cannot be measured stands before, or last."""
    if row.relative_l2 is None:
        return True, 0.0
    return False, -math.inf if math.isnan(row.relative_l2) else -row.relative_l2


def _flip(flip: Flip) -> Sequence[Cell]:
    verdict = "mended" if flip.mended else "broken" if flip.broken else ""
    return tuple(map(Cell, (flip.example, flip.baseline, flip.answer, flip.truth or "-", verdict)))


def _number(value: float | None) -> str:
    return "-" if value is None else _digits(value)


def _digits(value: float) -> str:
    return f"{value:.6g}"


def _plural(count: int, one: str) -> str:
    return f"{count:,} {one}{'' if count == 1 else 's'}"

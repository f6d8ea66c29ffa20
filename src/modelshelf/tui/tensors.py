"""Tensors on the compare screen: asked for on demand, layer by layer, with progress."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from modelshelf.domain.comparison import ComparedRow, Section
from modelshelf.domain.text import size_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from modelshelf.domain.tensor_comparison import LayerGroup, TensorComparison
    from modelshelf.registry import Registry


@dataclass(slots=True)
class Reading:
    """How far a comparison is, between the thread that reads and the screen.

    Attributes:
        stopped: Whether somebody wants it to end.
        done: Bytes read.
        whole: Bytes to read.
    """

    stopped: bool = False
    done: int = 0
    whole: int = 0

    def progress(self, done: int, whole: int, _name: str) -> None:
        """Note how far it is."""
        self.done, self.whole = done, whole

    @property
    def words(self) -> str:
        """How far it is, a sentence."""
        if not self.whole:
            return "comparing tensors …"
        return f"comparing tensors: {size_text(self.done)} of {size_text(self.whole)}."


@dataclass(frozen=True, slots=True)
class Found:
    """What came of it: rows for the table, and what else is to be said."""

    section: Section
    words: str


def compared(
    registry: Registry, references: Sequence[str], baseline: str, reading: Reading
) -> Found:
    """Compare the tensors of versions with those of the baseline, a row for each layer."""
    found = registry.comparisons.tensors(
        references,
        baseline=baseline,
        progress=reading.progress,
        cancelled=lambda: reading.stopped,
    )
    names = [registry.versions.get(reference).reference for reference in references]
    by_name = {one.reference: one for one in found}
    layers = dict.fromkeys(group.name for one in found for group in one.groups)
    rows = tuple(_row(layer, names, by_name) for layer in layers)
    notes = dict.fromkeys(note for one in found for note in one.notes)
    partly = () if all(one.whole for one in found) else ("Stopped: not everything was compared.",)
    same = "Every tensor is the same, bit by bit." if not any(one.differs for one in found) else ""
    return Found(Section("tensor values", rows), " ".join(filter(None, (*partly, same, *notes))))


def _row(layer: str, names: Sequence[str], by_name: dict[str, TensorComparison]) -> ComparedRow:
    groups = [
        next((g for g in by_name[name].groups if g.name == layer), None)
        if name in by_name
        else None
        for name in names
    ]
    whole = next((group for group in groups if group is not None), None)
    values = tuple(
        _words(group) if name in by_name else _baseline(whole)
        for name, group in zip(names, groups, strict=True)
    )
    differs = any(group is not None and group.differing for group in groups)
    return ComparedRow(layer, values, differs, (None,) * len(values))


def _baseline(group: LayerGroup | None) -> str | None:
    return None if group is None else f"{group.elements:,} values"


def _words(group: LayerGroup | None) -> str | None:
    if group is None:
        return None
    if not group.differing:
        return "same"
    if group.relative_l2 is None:
        return f"{group.differing} of {group.tensors} differ"
    return f"L2 {group.relative_l2:.1e}"

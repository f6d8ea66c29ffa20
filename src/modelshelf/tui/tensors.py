"""Tensors on the compare screen: asked for on demand, layer by layer, with progress."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from modelshelf.domain.comparison import ComparedRow, Section
from modelshelf.domain.text import plural

if TYPE_CHECKING:
    from collections.abc import Sequence

    from modelshelf.domain.tensor_comparison import LayerGroup, TensorComparison
    from modelshelf.registry import Registry
    from modelshelf.tui.tasks import Task

SECTION, _IN_PART = "tensor values", "tensors, in part"
_PARTLY = "Stopped: not everything was compared."


@dataclass(frozen=True, slots=True)
class Found:
    """What came of it: rows for the table, and what else is to be said.

    Attributes:
        asked: The versions that were asked for, and the baseline behind them.
        section: A row for each layer.
        words: What no row says.
        comparisons: The whole answer, for documents.
    """

    asked: tuple[str, ...]
    section: Section
    words: str
    comparisons: tuple[TensorComparison, ...]


def compared(registry: Registry, references: Sequence[str], baseline: str, task: Task) -> Found:
    """Compare the tensors of versions with those of the baseline, a row for each layer.

    Whoever stops the task gets what was compared until then, which says that it is not the whole.
    """
    found = registry.comparisons.tensors(
        references, baseline=baseline, progress=task.note, cancelled=lambda: task.stopped
    )
    names = [registry.versions.get(reference).reference for reference in references]
    by_name = {one.reference: one for one in found}
    layers = dict.fromkeys(group.name for one in found for group in one.groups)
    rows = tuple(_row(layer, names, by_name) for layer in layers)
    notes = dict.fromkeys(note for one in found for note in one.notes)
    whole = all(one.whole for one in found)
    same = whole and not any(one.differs for one in found)
    told = ("" if whole else _PARTLY, "Every tensor is the same, bit by bit." if same else "")
    return Found(
        (*references, baseline),
        Section(SECTION if whole else _IN_PART, rows),
        " ".join(filter(None, (*told, *notes))),
        found,
    )


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
    return None if group is None else plural(group.elements, "value")


def _words(group: LayerGroup | None) -> str | None:
    if group is None:
        return None
    if not group.differing:
        return "same"
    if group.relative_l2 is None:
        return f"{group.differing} of {group.tensors} differ"
    return f"L2 {group.relative_l2:.1e}"

"""What differs between the tensors of two versions, as plain values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

TensorState = Literal["same", "changed", "added", "removed", "other shape", "other type", "unread"]


@dataclass(frozen=True, slots=True)
class TensorRow:
    """One tensor, matched by its name in both artifacts.

    Attributes:
        name: As the files name it.
        group: The layer it belongs to, see :func:`layer_of`.
        state: ``same`` bit by bit; ``changed`` in any bit; only in the other version (``added``)
            or only in the baseline (``removed``); of ``other shape`` or ``other type``; ``unread``
            where values are stored in a way that is not read here (compressed, column-major), or
            were not reached before it was stopped.
        dtypes: Element types in the baseline and the other; empty where there is none.
        shapes: Sizes, likewise; ``None`` where there is none.
        elements: Number of elements in the baseline, or in the other where it was added.
        changed: How many elements differ; ``None`` where values were not compared, as in packed
            blocks or where another shape holds other values. Two that are not numbers count as
            equal, and so do the two zeros: 0 of a ``changed`` tensor says that only such bits
            differ. Of another type, both are converted first.
        relative_l2: L2 norm of the difference over that of the baseline, both over values that
            are finite; ``None`` where not compared, infinite where the baseline is zero, not a
            number where an element became one that is not finite, or was one.
        max_change: The largest absolute difference; ``None`` where not compared, infinite or not
            a number where an element became so, or was so.
    """

    name: str
    group: str
    state: TensorState
    dtypes: tuple[str, str]
    shapes: tuple[tuple[int, ...] | None, tuple[int, ...] | None]
    elements: int
    changed: int | None = None
    relative_l2: float | None = None
    max_change: float | None = None


@dataclass(frozen=True, slots=True)
class LayerGroup:
    """The tensors of one layer together.

    Attributes:
        name: The layer.
        tensors: How many.
        differing: How many are not the same.
        elements: Elements in all.
        relative_l2: Of its tensors that differ and were compared, as one vector; 0 where they are
            the same, ``None`` where none was compared. Tensors that are the same have no share in
            it, whether they were read or known by their digests.
        max_change: The largest of theirs.
    """

    name: str
    tensors: int
    differing: int
    elements: int
    relative_l2: float | None = None
    max_change: float | None = None


@dataclass(frozen=True, slots=True)
class TensorComparison:
    """The tensors of a version against those of a baseline.

    Attributes:
        baseline: Reference.
        reference: Reference of the other.
        rows: In the order of the baseline, then what was added.
        groups: Layers in the order in which they occur.
        bytes_read: How many bytes were read from both.
        notes: What could not be compared, a sentence each.
        whole: False when it was cancelled or a part could not be read.
    """

    baseline: str
    reference: str
    rows: tuple[TensorRow, ...]
    groups: tuple[LayerGroup, ...]
    bytes_read: int = 0
    notes: tuple[str, ...] = ()
    whole: bool = True

    @property
    def differs(self) -> bool:
        """Whether any tensor is not the same, or could not be compared."""
        return not self.whole or any(row.state != "same" for row in self.rows)


def layer_of(name: str) -> str:
    """Return the layer that a tensor belongs to, by its name.

    Everything up to and with the last part that is a number: ``encoder.layer.3`` of
    ``encoder.layer.3.attention.weight``; else everything before the last part; else the name.
    """
    parts = name.replace("/", ".").split(".")
    numbered = [place for place, part in enumerate(parts[:-1]) if part.isdecimal()]
    if numbered:
        return ".".join(parts[: numbered[-1] + 1])
    return ".".join(parts[:-1]) or name

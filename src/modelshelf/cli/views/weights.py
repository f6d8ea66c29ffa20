"""Tensors of a version, and other versions that hold the same, as lines of text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from modelshelf.cli.screen import Screen
from modelshelf.cli.table import Cell, Column, table

if TYPE_CHECKING:
    from modelshelf.domain.inspection import TensorEntry, Weights
    from modelshelf.domain.lineage import SameWeights
    from modelshelf.domain.models import VersionDetail

_SHOWN = 5
_SHORT_DIGEST = 12
_NOT_QUITE = 99


def same(found: Sequence[SameWeights]) -> str:
    """Return ``a:v1 (exact), b:v3 (92 %)``."""
    parts = [f"{each.reference} ({_share(each)})" for each in found[:_SHOWN]]
    rest = len(found) - len(parts)
    return ", ".join(parts) + (f" and {rest} more" if rest else "")


def offer(shown: VersionDetail, found: Sequence[SameWeights]) -> str:
    """Return how to record the best of the earlier ones as the base, where none is; else nothing.

    A later version cannot be what this one was made from.
    """
    version = shown.version
    earlier = next((each for each in found if each.id < version.id), None)
    if earlier is None or shown.base is not None:
        return ""
    return (
        f"If it was made from {earlier.reference}:"
        f" modelshelf amend {version.reference} --base {earlier.reference}"
    )


def tensors(screen: Screen, weights: Weights | None) -> Iterator[str]:
    """Yield a table of the stored tensors; of very many, of the largest."""
    if weights is None:
        return
    columns = (
        Column("tensor"),
        Column("dtype", keep=True),
        Column("shape"),
        Column("digest", keep=True),
    )
    rows = (
        (Cell(each.name, "bold"), each.dtype, _shape(each), each.digest[:_SHORT_DIGEST])
        for each in weights.tensors
    )
    yield from table(screen, columns, rows)
    if weights.count > len(weights.tensors):
        yield f"… these are the {len(weights.tensors):,} largest of {weights.count:,}"


def _share(found: SameWeights) -> str:
    return "exact" if found.exact else f"{min(int(found.share * 100), _NOT_QUITE)} %"


def _shape(tensor: TensorEntry) -> str:
    return " × ".join(str(size) for size in tensor.shape) or "scalar"

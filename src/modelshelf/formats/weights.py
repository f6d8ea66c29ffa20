"""The weights of an artifact by their tensors alone, whatever container they came in."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Iterable, Sequence

from modelshelf.domain.inspection import TensorEntry, Weights
from modelshelf.formats.interface import Placed

TENSORS_MOST = 1_000
"""Of more tensors than these, an inspection lists the largest."""

_TITLE = "modelshelf-weights-v1"
_MOST_TEXT = 300
_MOST_SIZES = 64
_MOST_SIZE = 2**63 - 1

DigestOf = Callable[[str, int, int], str]
"""Returns the SHA-256 of a file's bytes by path, first byte and length; empty when unknown."""


def ranges_of(placed: Iterable[Placed]) -> dict[str, list[tuple[int, int]]]:
    """Return where tensors lie plainly: for each file its ranges, as first byte and length."""
    ranges: dict[str, list[tuple[int, int]]] = {}
    for tensor in placed:
        if tensor.start >= 0 and tensor.length > 0:
            ranges.setdefault(tensor.file, []).append((tensor.start, tensor.length))
    return ranges


def weights_of(placed: Sequence[Placed], digest_of: DigestOf) -> Weights | None:
    """Return the weights that lie in these places; nothing where there is no tensor.

    Their digest is the SHA-256 of a text in UTF-8: the line ``modelshelf-weights-v1``, then a line
    ``dtype elements digest`` for each distinct tensor that has elements, sorted, each line ended by
    a line feed. ``dtype`` is the type of the elements, ``elements`` their number, ``digest`` the
    SHA-256 of their bytes, row-major and little-endian. So neither names nor order, neither shape
    nor container count, and a tensor that is stored twice counts once. Where a tensor with elements
    has no digest, there is none for all; nor where no tensor has an element.
    """
    if not placed:
        return None
    lines: set[str] = set()
    known = True
    kept = _largest(placed)
    entries: list[TensorEntry] = []
    for number, tensor in enumerate(placed):
        elements = _elements(tensor)
        digest = _digest(tensor, elements, digest_of)
        known = known and (elements == 0 or bool(digest))
        if digest:
            lines.add(f"{_word(tensor.dtype)} {elements} {digest}\n")
        if number in kept:
            shape = tuple(min(max(size, 0), _MOST_SIZE) for size in tensor.shape[:_MOST_SIZES])
            entries.append(TensorEntry(_text(tensor.name), _word(tensor.dtype), shape, digest))
    whole = "".join([f"{_TITLE}\n", *sorted(lines)])
    digest = hashlib.sha256(whole.encode()).hexdigest() if known and lines else ""
    return Weights(digest, tuple(entries), len(placed))


def _largest(placed: Sequence[Placed]) -> frozenset[int]:
    by_size = sorted(range(len(placed)), key=lambda number: (-placed[number].length, number))
    return frozenset(by_size[:TENSORS_MOST])


def _elements(tensor: Placed) -> int | None:
    """Return the number of elements; nothing for a shape that no tensor can have."""
    if len(tensor.shape) > _MOST_SIZES or any(not 0 <= s <= _MOST_SIZE for s in tensor.shape):
        return None
    return math.prod(tensor.shape)


def _digest(tensor: Placed, elements: int | None, digest_of: DigestOf) -> str:
    if not elements or tensor.start < 0 or tensor.length <= 0:
        return ""
    return digest_of(tensor.file, tensor.start, tensor.length)


def _word(dtype: str) -> str:
    """Return a type as one word, so that no type can look like another line."""
    return "_".join(_text(dtype).split()) or "unknown"


def _text(value: str) -> str:
    """Cut a text and spell out half characters, which no database and no UTF-8 file takes."""
    return value[:_MOST_TEXT].encode("utf-8", "backslashreplace").decode()[:_MOST_TEXT]

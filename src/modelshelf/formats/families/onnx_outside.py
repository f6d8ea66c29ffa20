"""Tensors of an ONNX model that are stored in other files: which names are let through.

One field, five security fixes in four years (CVE-2022-25882, CVE-2024-27318, CVE-2026-27489,
CVE-2026-34446, CVE-2026-34447). So the name is never looked up on a disk: it has to be, letter for
letter, the name of a file that arrived together with the model.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator, Mapping

from modelshelf.domain.inspection import Finding
from modelshelf.formats import findings as say
from modelshelf.formats.containers.names import leaves_folder
from modelshelf.formats.families.onnx_tensors import Outside, Stored
from modelshelf.formats.interface import Placed
from modelshelf.formats.source import Source


def judge_outside(places: Iterable[Outside], source: Source) -> Iterator[Finding]:
    """Yield a finding for each file that tensors are said to be in, the worst that can be said."""
    folder = posixpath.dirname(source.only.path)
    sizes = {file.path: file.size for file in source.siblings}
    by_name: dict[str, list[Outside]] = {}
    for place in places:
        by_name.setdefault(place.location, []).append(place)
    for name, ranges in sorted(by_name.items()):
        if leaves_folder(name):
            detail = f"tensors are to be read from {name!r}, outside the model"
            yield say.dangerous("onnx.external_path", source.name, detail)
            continue
        size = sizes.get(posixpath.join(folder, name))
        if size is None:
            detail = f"tensors are stored in {name!r}, which did not come with the model"
            yield say.warning("onnx.external_missing", source.name, detail)
        elif not all(_inside(place, size) for place in ranges):
            detail = f"tensors are to be read from outside the {size:,} bytes of {name!r}"
            yield say.dangerous("onnx.external_range", source.name, detail)
        else:
            detail = f"it holds tensors of {source.name!r}"
            yield say.info("onnx.external_data", posixpath.join(folder, name), detail)


def needed(places: Iterable[Outside]) -> tuple[str, ...]:
    """Return the names of the other files, sorted, without those that lead out of the folder."""
    return tuple(sorted({p.location for p in places if not leaves_folder(p.location)}))


def placed(stored: Iterable[Stored], source: Source) -> Iterator[Placed]:
    """Yield where the elements of stored tensors lie, in this file or in one that came with it."""
    here = source.only.path
    sizes = {file.path: file.size for file in source.siblings}
    for tensor in stored:
        path, start = here, -1
        if tensor.data is not None and tensor.has_its_size():
            start = tensor.data.start
        elif tensor.outside is not None:
            path, start = _elsewhere(tensor, tensor.outside, here, sizes)
        yield Placed(tensor.name, tensor.dtype, tensor.shape, path, start, tensor.length)


def _elsewhere(
    tensor: Stored, outside: Outside, here: str, sizes: Mapping[str, int]
) -> tuple[str, int]:
    path = posixpath.join(posixpath.dirname(here), outside.location)
    given = outside.range()
    if leaves_folder(outside.location) or path not in sizes or given is None:
        return here, -1
    start, length = given
    fits = length in {None, tensor.length} and start + tensor.length <= sizes[path]
    return path, start if fits and tensor.length else -1


def _inside(place: Outside, size: int) -> bool:
    given = place.range()
    return given is not None and given[0] + (given[1] or 0) <= size

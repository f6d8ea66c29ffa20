"""Tensors of an ONNX model that are stored in other files: which names are let through.

One field, five security fixes in four years (CVE-2022-25882, CVE-2024-27318, CVE-2026-27489,
CVE-2026-34446, CVE-2026-34447). So the name is never looked up on a disk: it has to be, letter for
letter, the name of a file that arrived together with the model.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator

from modelshelf.domain.inspection import Finding
from modelshelf.formats import findings as say
from modelshelf.formats.containers.names import leaves_folder
from modelshelf.formats.families.onnx_graph import Outside
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


def _inside(place: Outside, size: int) -> bool:
    numbers = (place.offset or "0", place.length or "0")
    if not all(text.isascii() and text.isdigit() and len(text) < 20 for text in numbers):  # noqa: PLR2004
        return False
    return int(numbers[0]) + int(numbers[1]) <= size

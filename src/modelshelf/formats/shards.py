"""Weights that come in several files: which belong to one set, and which set is the model's own."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Mapping

# Both Hugging Face's libraries and llama.cpp name the parts of a set so.
PART = re.compile(r"(?P<stem>.+)-(?P<number>\d{5})-of-(?P<count>\d{5})(?P<rest>\.[^/]+)")
# What loads a Hugging Face folder looks for the weights under these names, in this order.
_FIRST = ("model", "diffusion_pytorch_model", "adapter_model", "pytorch_model")
_PREFERRED = ("safetensors", "torch")  # of the same weights the first is what libraries take


def other_parts(name: str, most: int) -> tuple[str, ...]:
    """Return the names of the other files of the set that a file's name says it is a part of.

    There are none when the name does not say so, or speaks of more than ``most`` parts.
    """
    match = PART.fullmatch(name)
    if match is None or int(match["count"]) > most:
        return ()
    names = (
        f"{match['stem']}-{number:05}-of-{match['count']}{match['rest']}"
        for number in range(1, int(match["count"]) + 1)
    )
    return tuple(each for each in names if each != name)


def one_set(paths: Iterable[str]) -> bool:
    """Tell whether all files are the parts of one set; a single file is one as well."""
    given = list(paths)
    if len(given) == 1:
        return True
    sets = {(m["stem"], m["count"], m["rest"]) if (m := PART.fullmatch(p)) else p for p in given}
    return len(sets) == 1


def main_weights(formats: Mapping[str, str], sizes: Mapping[str, int]) -> tuple[str, ...]:
    """Return the paths of the files that hold a folder's weights, each weight once.

    Folders of Hugging Face often hold the same weights in several formats and precisions.

    Args:
        formats: Path of each file that is a model to its format.
        sizes: Path of each file to its length in bytes.
    """
    for wanted in _PREFERRED:
        if paths := sorted(path for path, each in formats.items() if each == wanted):
            return tuple(_without_copies(paths))
    if not formats:
        return ()
    largest = max(formats, key=lambda path: sizes[path])
    return tuple(sorted(path for path in formats if _stem(path) == _stem(largest)))


def _without_copies(paths: list[str]) -> Iterable[str]:
    folders: dict[str, dict[str, list[str]]] = {}
    for path in paths:
        stems = folders.setdefault(posixpath.dirname(path), {})
        stems.setdefault(posixpath.basename(_stem(path)), []).append(path)
    for stems in folders.values():
        first = next((stem for stem in _FIRST if stem in stems), None)
        for stem, files in stems.items():
            if (first is None and stem.rpartition(".")[0] not in stems) or stem == first:
                whole = [path for path in files if not PART.fullmatch(path)]
                yield from whole or files


def _stem(path: str) -> str:
    """Return a path without the number of its part and its extension."""
    match = PART.fullmatch(path)
    return match["stem"] if match else posixpath.splitext(path)[0]

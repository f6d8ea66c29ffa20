"""Files that describe data, read with distrust: DVC's YAML and Croissant's JSON-LD."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from modelshelf.domain.errors import Invalid, Unavailable
from modelshelf.domain.text import safe

DVC_MOST = 64 * 1024
CROISSANT_MOST = 4 * 1024 * 1024

_CROISSANT = "mlcommons.org/croissant"
_NODES_MOST = 200_000
_DEPTH_MOST = 20


def read_dvc(file: Path) -> Mapping[str, Any]:
    """Return the one output that a ``.dvc`` file is about.

    Raises:
        Invalid: It cannot be read, or is about none or several.
        Unavailable: The file cannot be read.
    """
    import yaml

    data = _bytes(file, DVC_MOST)
    if len(data) > DVC_MOST:
        raise _unusable(file, f"it has more than {DVC_MOST:,} bytes")
    text = _decoded(file, data)
    try:
        depth = 0
        for event in yaml.parse(text, Loader=yaml.SafeLoader):
            if isinstance(event, yaml.AliasEvent):  # a few lines of them fill any memory
                raise _unusable(file, "it has aliases")
            depth += isinstance(event, yaml.CollectionStartEvent)
            depth -= isinstance(event, yaml.CollectionEndEvent)
            if depth > _DEPTH_MOST:
                raise _unusable(file, f"it is nested more than {_DEPTH_MOST} levels deep")
        tree = yaml.load(text, Loader=yaml.BaseLoader)  # noqa: S506 - makes text only, no objects
    except (yaml.YAMLError, RecursionError, ValueError) as exc:
        raise _unusable(file, "it is not YAML") from exc
    outs = tree.get("outs") if isinstance(tree, Mapping) else None
    if not isinstance(outs, list) or len(outs) != 1 or not isinstance(outs[0], Mapping):
        raise _unusable(file, "it is not about one file or folder")
    return outs[0]


def read_croissant(file: Path) -> Mapping[str, Any] | None:
    """Return a description in Croissant; ``None`` when the file holds something else.

    Raises:
        Invalid: It is one, and cannot be read.
        Unavailable: The file cannot be read.
    """
    data = _bytes(file, CROISSANT_MOST)
    if len(data) > CROISSANT_MOST or _CROISSANT.encode() not in data:
        return None
    text = _decoded(file, data)
    if text.count("{") + text.count("[") + text.count(",") > _NODES_MOST:
        raise _unusable(file, f"it holds more than {_NODES_MOST:,} values")
    try:
        tree = json.loads(text, object_pairs_hook=_unique)
    except (ValueError, RecursionError) as exc:
        raise _unusable(file, safe(exc, 120)) from exc
    told = tree.get("conformsTo") if isinstance(tree, dict) else None
    said = told if isinstance(told, list) else [told]
    return tree if any(isinstance(s, str) and _CROISSANT in s for s in said) else None


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key occurs twice in one object")
    return found


def _bytes(file: Path, most: int) -> bytes:
    try:
        with file.open("rb") as stream:
            return stream.read(most + 1)
    except OSError as exc:
        raise Unavailable(
            f"{safe(file)} cannot be read", why=exc.strerror or "", subject=safe(file)
        ) from exc


def _decoded(file: Path, data: bytes) -> str:
    try:
        return data.decode().removeprefix("\ufeff")
    except UnicodeDecodeError as exc:
        raise _unusable(file, "it is not UTF-8 text") from exc


def _unusable(file: Path, why: str) -> Invalid:
    return Invalid(f"{safe(file)} does not describe a data set", why=why, subject=safe(file))

"""What a framework says of a file of its own, as data that one process writes and another reads."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

_NAME = "stated.json"

Spec = tuple[str, str, tuple[int | str | None, ...]]
"""Name, element type (empty where the framework does not say) and shape of an input or output."""

Weight = tuple[str, str, tuple[int, ...], str]
"""Name, element type, shape, and the SHA-256 of its elements or nothing where it is not plain."""


@dataclass(frozen=True, slots=True)
class Stated:
    """One real file or folder, and what its own framework reads out of it.

    Attributes:
        path: Where it lies.
        says: Fields of an ``Inspection`` that must be exactly so.
        metadata: Some of its metadata; there may be more.
        inputs: Declared inputs in their order, where the framework says them.
        outputs: Declared outputs in their order, where the framework says them.
        weights: All its tensors, where the framework tells them by name.
        holds: Digests of some of its tensors, where it does not.
    """

    path: Path
    says: Mapping[str, Any] = field(default_factory=dict)
    metadata: Mapping[str, str] = field(default_factory=dict)
    inputs: tuple[Spec, ...] | None = None
    outputs: tuple[Spec, ...] | None = None
    weights: tuple[Weight, ...] | None = None
    holds: tuple[str, ...] = ()


def is_written(folder: Path) -> bool:
    """Tell whether :func:`write` has written into a folder."""
    return (folder / _NAME).exists()


def write(every: Mapping[str, Stated | str], folder: Path) -> None:
    """Write what is said of each file, or why there is no such file."""
    plain = {
        name: each if isinstance(each, str) else asdict(each) | {"path": str(each.path)}
        for name, each in every.items()
    }
    text = json.dumps(plain)
    (folder / _NAME).write_text(text, encoding="utf-8")


def read(folder: Path) -> dict[str, Stated | str]:
    """Return what :func:`write` wrote."""
    every = json.loads((folder / _NAME).read_text(encoding="utf-8"))
    return {name: each if isinstance(each, str) else _stated(each) for name, each in every.items()}


def _stated(each: dict[str, Any]) -> Stated:
    return Stated(
        Path(each["path"]),
        {key: tuple(v) if isinstance(v, list) else v for key, v in each["says"].items()},
        each["metadata"],
        _specs(each["inputs"]),
        _specs(each["outputs"]),
        None if each["weights"] is None else tuple(map(_weight, each["weights"])),
        tuple(each["holds"]),
    )


def _specs(every: Iterable[Any] | None) -> tuple[Spec, ...] | None:
    if every is None:
        return None
    return tuple((name, dtype, tuple(shape)) for name, dtype, shape in every)


def _weight(each: Any) -> Weight:  # noqa: ANN401 - as JSON gives it
    name, dtype, shape, digest = each
    return name, dtype, tuple(shape), digest

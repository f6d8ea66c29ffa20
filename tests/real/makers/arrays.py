"""Arrays, as NumPy writes and reads them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from tests.real.stated import Stated, Weight

RANDOM = np.random.default_rng(7)


def weight(name: str, array: Any, *, plain: bool = True) -> Weight:  # noqa: ANN401 - NumPy is not typed here
    """Return what NumPy says of an array that a file holds; ``plain`` if byte for byte."""
    little = np.ascontiguousarray(array.astype(array.dtype.newbyteorder("<")))
    digest = hashlib.sha256(little.tobytes()).hexdigest() if plain else ""
    return name, str(array.dtype.newbyteorder("=")), array.shape, digest


def floats(folder: Path) -> Stated:
    """Numbers row by row."""
    return _alone(folder / "floats.npy", RANDOM.normal(size=(30, 40)).astype(np.float32))


def columns(folder: Path) -> Stated:
    """Numbers column by column, which no digest can be taken of."""
    return _alone(folder / "columns.npy", np.asfortranarray(RANDOM.normal(size=(30, 40))))


def foreign(folder: Path) -> Stated:
    """Numbers of a big-endian machine."""
    return _alone(folder / "foreign.npy", np.arange(1_000, dtype=">i4"))


def several(folder: Path) -> Stated:
    """Arrays side by side."""
    arrays = {"kernel": RANDOM.normal(size=(30, 40)), "bias": np.zeros(40, np.float16)}
    arrays |= {"mask": np.ones(9, bool), "step": np.array(3), "wave": np.ones(4, np.complex64)}
    np.savez(folder / "several.npz", **arrays)
    return _together(folder / "several.npz", plain=True)


def packed(folder: Path) -> Stated:
    """Arrays side by side, compressed."""
    np.savez_compressed(folder / "packed.npz", kernel=np.eye(30), bias=RANDOM.normal(size=2_000))
    return _together(folder / "packed.npz", plain=False)


def objects(folder: Path) -> Stated:
    """Python objects, which NumPy pickles."""
    np.save(folder / "objects.npy", np.array(["a", None, 1.5] * 30, object), allow_pickle=True)
    says = {"format": "npy", "verdict": "warning", "parameters": 90}
    return Stated(folder / "objects.npy", says, {"dtype": "object"}, weights=())


def _alone(path: Path, array: Any) -> Stated:  # noqa: ANN401 - NumPy is not typed here
    np.save(path, array)
    with path.open("rb") as file:
        major, minor = np.lib.format.read_magic(file)
    read = np.load(path)
    plain = read.flags.c_contiguous and read.dtype == read.dtype.newbyteorder("<")
    weights = (weight(path.stem, read, plain=plain),)
    says = {"format": "npy", "framework": "NumPy", "verdict": "clean", "parameters": read.size}
    return Stated(path, says | {"version": f"{major}.{minor}", "tensors": 1}, weights=weights)


def _together(path: Path, *, plain: bool) -> Stated:
    with np.load(path) as read:
        arrays: Mapping[str, Any] = dict(read)
    weights = tuple(weight(name, array, plain=plain) for name, array in arrays.items())
    count = sum(array.size for array in arrays.values())
    says = {"format": "npz", "framework": "NumPy", "verdict": "clean", "parameters": count}
    return Stated(path, says | {"tensors": len(arrays)}, weights=weights)

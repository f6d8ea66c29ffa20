"""Safetensors, as its own package writes and reads it."""

from __future__ import annotations

from pathlib import Path

import ml_dtypes
import numpy as np
from safetensors import safe_open
from safetensors.numpy import load_file, save_file

from tests.real.makers.arrays import RANDOM, weight
from tests.real.shipped import shipped
from tests.real.stated import Stated


def safetensors(folder: Path) -> Stated:
    """Tensors of many types, with text about them."""
    types = (np.float32, np.float64, np.float16, ml_dtypes.bfloat16, np.int8, np.int64, bool)
    tensors = {f"as.{np.dtype(t)}": RANDOM.normal(size=(8, 16)).astype(t) for t in types}
    tensors |= {"nothing": np.zeros((0, 3), np.float32), "single": np.array(1.5)}
    save_file(tensors, folder / "many.safetensors", {"format": "pt", "author": "ana"})
    return of_safetensors(folder / "many.safetensors")


def silero(folder: Path) -> Stated:  # noqa: ARG001 - it is there already
    """The weights of a voice detector."""
    return of_safetensors(shipped("silero-vad") / "silero_vad/data/silero_vad_16k.safetensors")


def of_safetensors(path: Path) -> Stated:
    """Return what the package reads."""
    with safe_open(path, framework="np") as file:
        metadata = file.metadata() or {}
    tensors = load_file(path)
    weights = tuple(weight(name, tensor) for name, tensor in tensors.items())
    count = sum(tensor.size for tensor in tensors.values())
    says = {"format": "safetensors", "verdict": "clean", "parameters": count}
    framework = "PyTorch" if metadata.get("format") == "pt" else ""
    says |= {"tensors": len(tensors), "framework": framework}
    return Stated(path, says, metadata, weights=weights)

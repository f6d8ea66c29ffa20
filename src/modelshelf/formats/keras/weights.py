"""The weights of a Keras model among the datasets of an HDF5 file."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator

from modelshelf.formats.hdf5.survey import Survey
from modelshelf.formats.interface import Placed

_OLD_GROUP = "model_weights"
_VARIABLE = re.compile(r"(?:.*/)?vars/\d+")
_NUMBERS = ("int", "uint", "float", "bfloat", "complex", "bool")
_RAW = "V2"  # how Keras stores bfloat16, which HDF5 has no word for
_STATE = frozenset({"optimizer", "optimizer_weights", "seed_generator", "metrics"})


def are_weights(survey: Survey) -> bool:
    """Tell whether an HDF5 file was written by Keras."""
    marks = {"model_config", "keras_version", "layer_names"}
    return (
        bool(marks & survey.root.keys())
        or {"_layer_checkpoint_dependencies"} <= survey.groups
        or any(map(_VARIABLE.fullmatch, survey.datasets))
    )


def placed(survey: Survey, file: str, start: int = 0, *, keras: bool = True) -> Iterator[Placed]:
    """Yield where the model's weights lie, without the state of its training.

    Args:
        survey: The HDF5 file.
        file: Path of the file of the source that holds it.
        start: Byte of that file at which the HDF5 file begins; -1 where it is packed.
        keras: Whether Keras wrote it; else all tensors count.
    """
    for path, dataset in survey.datasets.items():
        dtype = "bfloat16" if keras and dataset.dtype == _RAW else dataset.dtype
        if dataset.shape is None or not dtype.startswith(_NUMBERS):
            continue
        if keras and not _is_weight(path, survey):
            continue
        plain = dataset.start >= 0 and start >= 0
        at = dataset.start + start if plain else -1
        yield Placed(path, dtype, dataset.shape, file, at, dataset.length)


def count(tensors: list[Placed]) -> int:
    """Return how many numbers the tensors hold."""
    return sum(math.prod(tensor.shape) for tensor in tensors)


def _is_weight(path: str, survey: Survey) -> bool:
    parts = path.split("/")
    if _OLD_GROUP in survey.groups and parts[0] != _OLD_GROUP:
        return False
    return parts[0] not in _STATE and "seed_generator" not in parts

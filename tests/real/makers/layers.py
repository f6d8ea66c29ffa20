"""Keras' three kinds of files and plain HDF5, as Keras and h5py write and read them."""

from __future__ import annotations

import io
import os
import zipfile
from pathlib import Path
from typing import Any, BinaryIO

os.environ["KERAS_BACKEND"] = "openvino"  # the lightest; files do not depend on it

import h5py
import keras
import numpy as np

from tests.real.makers.arrays import RANDOM, weight
from tests.real.stated import Spec, Stated, Weight


def packed(folder: Path) -> Stated:
    """A model in Keras' own format."""
    path = folder / "small.keras"
    _network().save(path)
    read = keras.models.load_model(path)
    with zipfile.ZipFile(path) as archive:
        weights = _weights(io.BytesIO(archive.read("model.weights.h5")))
    says = _says("keras", read) | {"framework": f"Keras {keras.__version__}"}
    return Stated(path, says, {"name": read.name}, _specs(read.inputs), _outputs(read), weights)


def whole(folder: Path) -> Stated:
    """A model in HDF5, as older Keras wrote it."""
    path = folder / "small.h5"
    _network().save(path)
    read = keras.models.load_model(path)
    with path.open("rb") as file:
        weights = _weights(file)
    says = _says("keras-h5", read) | {"framework": f"Keras {keras.__version__}"}
    return Stated(
        path, says, {"keras_version": keras.__version__}, _specs(read.inputs), None, weights
    )


def parts(folder: Path) -> Stated:
    """Nothing but weights."""
    path = folder / "small.weights.h5"
    _network().save_weights(path)
    read = _network()
    read.load_weights(path)
    with path.open("rb") as file:
        weights = _weights(file)
    return Stated(path, _says("keras-h5", read) | {"architecture": ""}, weights=weights)


def early(folder: Path) -> Stated:
    """Arrays in HDF5 as its first version lays them out."""
    return _hdf5(folder / "early.h5", "earliest")


def late(folder: Path) -> Stated:
    """The same as its newest version lays them out."""
    return _hdf5(folder / "late.h5", "latest")


def _network() -> Any:  # noqa: ANN401 - Keras is not typed here
    keras.utils.set_random_seed(7)
    layers = keras.layers
    picture = keras.Input((8, 8, 3), name="picture")
    words = keras.Input((6,), dtype="int32", name="words")
    seen = layers.Conv2D(4, 3, activation="relu", name="conv")(picture)
    seen = layers.Flatten(name="flat")(layers.BatchNormalization(name="norm")(seen))
    inner = keras.Sequential(
        [keras.Input((6, 8)), layers.Conv1D(3, 2), layers.Flatten()], name="in"
    )
    heard = inner(layers.Embedding(50, 8, name="embed")(words))
    joined = layers.Dense(5, name="head")(layers.Concatenate(name="both")([seen, heard]))
    return keras.Model([picture, words], joined, name="small")


def _says(form: str, model: Any) -> dict[str, Any]:  # noqa: ANN401 - as above
    return {
        "format": form,
        "verdict": "clean",
        "architecture": type(model).__name__,
        "parameters": model.count_params(),
        "tensors": len(model.weights),
    }


def _specs(tensors: Any) -> tuple[Spec, ...]:  # noqa: ANN401 - as above
    return tuple((each.name, str(each.dtype), tuple(each.shape)) for each in tensors)


def _outputs(model: Any) -> tuple[Spec, ...]:  # noqa: ANN401 - as above
    """Return its outputs under the names of their layers, which is what the file calls them."""
    return tuple(
        (name, str(each.dtype), tuple(each.shape))
        for name, each in zip(model.output_names, model.outputs, strict=True)
    )


def _hdf5(path: Path, oldest: str) -> Stated:
    with h5py.File(path, "w", libver=(oldest, "latest")) as file:
        file["deep/er/kernel"] = RANDOM.normal(size=(30, 40))
        file["deep/bias"] = np.zeros(40, np.float16)
        file["single"] = 3
        file["foreign"] = np.arange(9, dtype=">i2")
        file.create_dataset("chunks", data=np.eye(64, dtype=np.float32), chunks=(16, 16))
        file.create_dataset("packed", data=np.ones((50, 50)), compression="gzip")
        for number in range(40):  # more than one node of an index holds
            file[f"many/{number}"] = np.full(number + 1, number)
        file.attrs["author"] = "ana"
    with path.open("rb") as file:
        weights = _weights(file)
    says = {"format": "hdf5", "verdict": "clean", "tensors": len(weights)}
    return Stated(path, says, {"author": "ana"}, weights=weights)


def _weights(file: BinaryIO) -> tuple[Weight, ...]:
    found: list[Weight] = []

    def visit(name: str, each: Any) -> None:  # noqa: ANN401 - h5py is not typed here
        if isinstance(each, h5py.Dataset):
            plain = each.chunks is None and each.dtype == each.dtype.newbyteorder("<")
            found.append(weight(name, each[()], plain=plain))

    with h5py.File(file) as opened:
        opened.visititems(visit)
    return tuple(found)

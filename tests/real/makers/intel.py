"""OpenVINO's own files, and a TensorFlow SavedModel as OpenVINO reads it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import openvino

from tests.real.makers.arrays import weight
from tests.real.shipped import shipped
from tests.real.stated import Spec, Stated

CORE = openvino.Core()


def pair(folder: Path) -> Stated:
    """A graph and its weights, side by side."""
    return _converted(folder / "plain", compress_to_fp16=False)


def halved(folder: Path) -> Stated:
    """The same with weights of half the size."""
    return _converted(folder / "half", compress_to_fp16=True)


def saved(folder: Path) -> Stated:  # noqa: ARG001 - it is there already
    """A finder of notes as TensorFlow saved it."""
    path = shipped("basic-pitch") / "basic_pitch/saved_models/icassp_2022/nmp"
    model = CORE.read_model(path)
    says = {"format": "savedmodel", "verdict": "clean"}
    kernels = tuple(_kernels(model))
    return Stated(path, says, {}, _specs(model.inputs), _specs(model.outputs), holds=kernels)


def _kernels(model: Any) -> Iterator[str]:  # noqa: ANN401 - openvino is not typed here
    """Yield the digests of what it learned, in the order of axes that TensorFlow stores."""
    for each in model.get_ops():
        if each.get_type_name() == "Convolution":
            kernel = each.input_value(1).get_node().data
            if kernel.shape[2] > 1:  # the others are fixed filters of its graph
                stored = np.ascontiguousarray(kernel.transpose(2, 3, 1, 0))
                yield hashlib.sha256(stored.tobytes()).hexdigest()


def _converted(folder: Path, *, compress_to_fp16: bool) -> Stated:
    source = shipped("silero-vad") / "silero_vad/data/silero_vad_openvino_16k.onnx"
    folder.mkdir(exist_ok=True)
    path = folder / "model.xml"
    openvino.save_model(CORE.read_model(source), path, compress_to_fp16=compress_to_fp16)
    model = CORE.read_model(path)
    held = [each for each in model.get_ops() if each.get_type_name() == "Constant"]
    weights = tuple(weight(each.get_friendly_name(), each.data) for each in held)
    says = {
        "format": "openvino",
        "framework": "OpenVINO",
        "verdict": "clean",
        "producer": f"OpenVINO {openvino.get_version()}",
        "tensors": len(weights),
    }
    return Stated(folder, says, {}, _specs(model.inputs), _specs(model.outputs), weights)


def _specs(ports: Any) -> tuple[Spec, ...]:  # noqa: ANN401 - openvino is not typed here
    return tuple(
        (each.get_any_name(), each.get_element_type().to_dtype().name, _shape(each))
        for each in ports
    )


def _shape(port: Any) -> tuple[int | None, ...]:  # noqa: ANN401 - openvino is not typed here
    sizes = port.get_partial_shape()
    return tuple(size.get_length() if size.is_static else None for size in sizes)

"""ONNX models of many producers, as the onnx package reads them."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, external_data_helper, helper, numpy_helper

from tests.real.makers.arrays import RANDOM, weight
from tests.real.shipped import shipped
from tests.real.stated import Spec, Stated, Weight

FEW = 64
"""Constants of at most so many elements are no weights where a model has a list of weights."""


def silero(folder: Path) -> Stated:  # noqa: ARG001 - it is there already
    """A voice detector with graphs inside graphs."""
    return of_onnx(shipped("silero-vad") / "silero_vad/data/silero_vad.onnx")


def silero_15(folder: Path) -> Stated:  # noqa: ARG001 - it is there already
    """The same, exported otherwise."""
    return of_onnx(shipped("silero-vad") / "silero_vad/data/silero_vad_16k_op15.onnx")


def silero_18(folder: Path) -> Stated:  # noqa: ARG001 - it is there already
    """The same, from a newer exporter."""
    return of_onnx(shipped("silero-vad") / "silero_vad/data/silero_vad_op18_ifless.onnx")


def silero_half(folder: Path) -> Stated:  # noqa: ARG001 - it is there already
    """The same in half precision."""
    return of_onnx(shipped("silero-vad") / "silero_vad/data/silero_vad_half.onnx")


def magika(folder: Path) -> Stated:  # noqa: ARG001 - it is there already
    """A classifier of file types, from JAX."""
    return of_onnx(shipped("magika") / "magika/models/standard_v3_3/model.onnx")


def brain(folder: Path) -> Stated:  # noqa: ARG001 - it is there already
    """A judge of what a signal of the brain comes from; PyTorch's own file of it is there too."""
    models = shipped("mne-icalabel") / "mne_icalabel/iclabel/network/assets"
    return of_onnx(models / "ICLabelNet.onnx")


def text_finder(folder: Path) -> Stated:  # noqa: ARG001 - it is there already
    """A finder of text in pictures, from PaddlePaddle: all weights are constants in nodes."""
    models = shipped("rapidocr-onnxruntime") / "rapidocr_onnxruntime/models"
    return of_onnx(models / "ch_PP-OCRv4_det_infer.onnx")


def text_reader(folder: Path) -> Stated:  # noqa: ARG001 - it is there already
    """A reader of text, which carries its alphabet."""
    models = shipped("rapidocr-onnxruntime") / "rapidocr_onnxruntime/models"
    return of_onnx(models / "ch_PP-OCRv4_rec_infer.onnx")


def text_turner(folder: Path) -> Stated:  # noqa: ARG001 - it is there already
    """An older one of the same family."""
    models = shipped("rapidocr-onnxruntime") / "rapidocr_onnxruntime/models"
    return of_onnx(models / "ch_ppocr_mobile_v2.0_cls_infer.onnx")


def pitch(folder: Path) -> Stated:  # noqa: ARG001 - it is there already
    """A finder of notes, from TensorFlow."""
    return of_onnx(shipped("basic-pitch") / "basic_pitch/saved_models/icassp_2022/nmp.onnx")


def pipeline(folder: Path) -> Stated:
    """A scikit-learn pipeline, whose weights are attributes of operators."""
    from skl2onnx import to_onnx  # what only this one needs
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    rows = RANDOM.normal(size=(60, 4)).astype(np.float32)
    model = make_pipeline(StandardScaler(), LogisticRegression()).fit(rows, rows[:, 0] > 0)
    path = folder / "pipeline.onnx"
    onnx.save(to_onnx(model, rows, options={"zipmap": False}), path)
    return of_onnx(path)


def typed(folder: Path) -> Stated:
    """Weights of many types, as raw bytes and as lists of numbers."""
    arrays = [RANDOM.normal(size=(8, 4)).astype(t) for t in (np.float16, np.float64, np.int8, bool)]
    held = [numpy_helper.from_array(array, f"raw.{array.dtype}") for array in arrays]
    kinds = (TensorProto.FLOAT, TensorProto.DOUBLE, TensorProto.INT64, TensorProto.BFLOAT16)
    held += [helper.make_tensor(f"listed.{kind}", kind, [3], [1, 2, 3]) for kind in kinds]
    path = folder / "typed.onnx"
    onnx.save(_identity(held), path)
    return of_onnx(path)


def outside(folder: Path) -> Stated:
    """A folder of a graph and a file with its weights."""
    arrays = {"up": RANDOM.normal(size=(64, 32)), "down": RANDOM.normal(size=(32, 64))}
    held = [numpy_helper.from_array(array.astype(np.float32), n) for n, array in arrays.items()]
    (folder / "outside").mkdir(exist_ok=True)
    path = folder / "outside" / "model.onnx"
    path.with_name("weights.bin").unlink(missing_ok=True)
    onnx.save(_identity(held), path, save_as_external_data=True, location="weights.bin")
    return replace(of_onnx(path), path=path.parent)


def _identity(held: list[Any]) -> Any:  # noqa: ANN401 - onnx is not typed here
    node = helper.make_node("Identity", ["x"], ["y"])
    given = helper.make_tensor_value_info("x", TensorProto.FLOAT, ["batch", 4, None])
    made = helper.make_tensor_value_info("y", TensorProto.FLOAT, ["batch", 4, None])
    graph = helper.make_graph([node], "identity", [given], [made], held)
    model = helper.make_model(graph, producer_name="ana", producer_version="1.2")
    helper.set_model_props(model, {"license": "MIT", "trained_on": "tuesday"})
    return model


def of_onnx(path: Path) -> Stated:
    """Return what the onnx package reads."""
    model = onnx.load(path)
    graph = model.graph
    weights = tuple(_weight(name, tensor) for name, tensor in _weights(graph))
    held = {tensor.name for tensor in graph.initializer}
    says = {
        "format": "onnx",
        "verdict": "clean",
        "framework": f"{model.producer_name} {model.producer_version}".strip(),
        "architecture": graph.name,
        "version": _version(model),
        "parameters": sum(math.prod(shape) for _, _, shape, _ in weights) if weights else None,
        "tensors": len(weights),
    }
    properties = {each.key: each.value for each in model.metadata_props if len(each.value) < 2_000}
    inputs = tuple(_spec(each) for each in graph.input if each.name not in held)
    return Stated(path, says, properties, inputs, tuple(map(_spec, graph.output)), weights)


def _version(model: Any) -> str:  # noqa: ANN401 - onnx is not typed here
    opsets = {each.domain or "ai.onnx": each.version for each in model.opset_import}
    main = [f"opset {opsets.pop('ai.onnx')}"] if "ai.onnx" in opsets else []
    others = ", ".join(f"{domain} {version}" for domain, version in sorted(opsets.items()))
    return ", ".join([f"IR {model.ir_version}", *main]) + (f" ({others})" if others else "")


def _weights(graph: Any) -> list[tuple[str, Any]]:  # noqa: ANN401 - onnx is not typed here
    """Return the initializers of all graphs, and those constants that we take for weights."""
    graphs = list(_graphs(graph))
    held = [(tensor.name, tensor) for each in graphs for tensor in each.initializer]
    constants = [pair for each in graphs for pair in _constants(each)]
    return held + [
        (name, tensor)
        for name, tensor in constants
        if math.prod(tensor.dims) > (FEW if held or _is_whole(tensor) else 1)
    ]


def _is_whole(tensor: Any) -> bool:  # noqa: ANN401 - onnx is not typed here
    """Tell whether its elements are whole numbers, which axes and shapes are."""
    return tensor.data_type in {TensorProto.INT64, TensorProto.INT32, TensorProto.BOOL}


def _graphs(graph: Any) -> Iterator[Any]:  # noqa: ANN401 - onnx is not typed here
    yield graph
    for node in graph.node:
        for attribute in node.attribute:
            if attribute.HasField("g"):
                yield from _graphs(attribute.g)


def _constants(graph: Any) -> Iterator[tuple[str, Any]]:  # noqa: ANN401 - onnx is not typed here
    for node in graph.node:
        for attribute in node.attribute:
            if node.op_type == "Constant" and attribute.name == "value":
                yield attribute.t.name or node.output[0], attribute.t


def _weight(name: str, tensor: Any) -> Weight:  # noqa: ANN401 - onnx is not typed here
    outside = external_data_helper.uses_external_data(tensor)
    plain = outside or tensor.HasField("raw_data") or tensor.float_data or tensor.double_data
    return weight(name, numpy_helper.to_array(tensor), plain=bool(plain))


def _spec(each: Any) -> Spec:  # noqa: ANN401 - onnx is not typed here
    kind = each.type.tensor_type
    shape = tuple(map(_size, kind.shape.dim))
    return each.name, str(helper.tensor_dtype_to_np_dtype(kind.elem_type)), shape


def _size(size: Any) -> int | str | None:  # noqa: ANN401 - onnx is not typed here
    """Return one size; some exporters write -1 for one that they do not know."""
    if size.HasField("dim_value"):
        return int(size.dim_value) if size.dim_value >= 0 else None
    return str(size.dim_param) or None

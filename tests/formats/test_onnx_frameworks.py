"""ONNX's own library: what is told about its files agrees with what it reads itself."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from modelshelf.formats import Source
from tests.formats.builders import look, source
from tests.formats.placing import digests_of, tensors_of

onnx: Any = pytest.importorskip("onnx")
numpy: Any = pytest.importorskip("numpy")


def model() -> Any:  # noqa: ANN401 - onnx has no types here
    """Return a model with tensors of many types."""
    helper, kinds = onnx.helper, onnx.TensorProto
    arrays = [
        onnx.numpy_helper.from_array(numpy.arange(12).reshape(3, 4).astype(dtype), str(dtype))
        for dtype in ("float32", "float64", "float16", "int8", "uint8", "int64", "bool")
    ]
    values = [helper.make_tensor("listed", kinds.FLOAT, [2, 2], [1.0, 2.0, 3.0, 4.0])]
    node = helper.make_node("Identity", ["x"], ["y"])
    given = helper.make_tensor_value_info("x", kinds.FLOAT, ["batch", 3])
    taken = helper.make_tensor_value_info("y", kinds.FLOAT, ["batch", 3])
    graph = helper.make_graph([node], "g", [given], [taken], initializer=[*arrays, *values])
    return helper.make_model(graph)


def agrees(given: Source, whole: Any) -> None:  # noqa: ANN401 - onnx has no types here
    """Check names, types, shapes and bytes."""
    found = {tensor.name: tensor for tensor in tensors_of(given)}
    taken = digests_of(given)
    assert len(found) == len(whole.graph.initializer)
    for tensor in whole.graph.initializer:
        array = onnx.numpy_helper.to_array(tensor)
        told = found[tensor.name]
        assert (told.dtype, told.shape) == (array.dtype.name, array.shape)
        assert taken[tensor.name] == sha256(array.tobytes()).hexdigest()


def test_stored_tensors_agree() -> None:
    """Inside the file."""
    data = model().SerializeToString()
    agrees(source("m.onnx", data), model())
    assert look("m.onnx", data).parameters == 7 * 12 + 4


def test_outside_tensors_agree(tmp_path: Path) -> None:
    """In a file beside it."""
    onnx.save(
        model(), tmp_path / "m.onnx", save_as_external_data=True, location="w.bin", size_threshold=0
    )
    folder = Source.from_path(tmp_path)
    file = folder.file("m.onnx")
    assert file is not None
    agrees(folder.member(file), onnx.load(tmp_path / "m.onnx"))

"""TensorFlow Lite and Core ML, as their own packages read them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import coremltools
import numpy as np
from ai_edge_litert.interpreter import Interpreter
from ai_edge_litert.schema_py_generated import ModelT
from coremltools.converters.mil import Builder
from coremltools.libmilstoragepython import _BlobStorageReader as BlobReader
from coremltools.models import datatypes
from coremltools.models.neural_network import NeuralNetworkBuilder
from coremltools.proto import FeatureTypes_pb2, MIL_pb2

from tests.real.makers.arrays import RANDOM, weight
from tests.real.shipped import shipped
from tests.real.stated import Spec, Stated, Weight

PITCH = "basic_pitch/saved_models/icassp_2022"


def pitch(folder: Path) -> Stated:  # noqa: ARG001 - it is there already
    """A finder of notes for telephones."""
    path = shipped("basic-pitch") / PITCH / "nmp.tflite"
    model = Interpreter(str(path))
    schema = ModelT.InitFromPackedBuf(path.read_bytes())
    held: dict[int, Weight] = {}
    for each in model.get_tensor_details():
        try:
            array = np.asarray(model.tensor(each["index"])())
        except ValueError:  # nothing is there before it runs
            continue
        # Constants of the same elements share a buffer, and the first gives it its name.
        buffer = schema.subgraphs[0].tensors[each["index"]].buffer
        held.setdefault(buffer, weight(each["name"], array))
    says = {"format": "tflite", "verdict": "clean", "tensors": len(held)}
    says |= {"version": f"TFLite schema {schema.version}"}
    metadata = {"signatures": ", ".join(model.get_signature_list())}
    given, made = model.get_input_details(), model.get_output_details()
    return Stated(path, says, metadata, _lite(given), _lite(made), tuple(held.values()))


def _lite(details: list[dict[str, Any]]) -> tuple[Spec, ...]:
    return tuple(
        (
            each["name"],
            np.dtype(each["dtype"]).name,
            tuple(int(size) if size >= 0 else None for size in each["shape_signature"]),
        )
        for each in details
    )


def pitch_package(folder: Path) -> Stated:  # noqa: ARG001 - it is there already
    """A finder of notes for Apple's."""
    return _program(shipped("basic-pitch") / PITCH / "nmp.mlpackage")


def package(folder: Path) -> Stated:
    """A program with its weights in a file beside it."""
    kernel = RANDOM.normal(size=(8, 3, 3, 3)).astype(np.float32)

    def layers(x: Any) -> Any:  # noqa: ANN401 - coremltools is not typed here
        return Builder.relu(x=Builder.conv(x=x, weight=kernel, name="conv"), name="out")

    given = [Builder.TensorSpec(shape=(1, 3, 8, 8))]
    program = Builder.program(input_specs=given, opset_version=coremltools.target.iOS16)(layers)
    made = coremltools.convert(program, convert_to="mlprogram", skip_model_load=True)
    made.author, made.license, made.short_description = "ana", "MIT", "small"
    made.save(folder / "small.mlpackage")
    return _program(folder / "small.mlpackage")


def network(folder: Path) -> Stated:
    """A network of the time before programs."""
    path = folder / "small.mlmodel"
    given, made = [("x", datatypes.Array(4))], [("y", datatypes.Array(2))]
    builder = NeuralNetworkBuilder(given, made, disable_rank5_shape_mapping=True)
    kernel, bias = RANDOM.normal(size=(2, 4)), np.zeros(2)
    builder.add_inner_product("dense", kernel, bias, 4, 2, True, "x", "y")  # noqa: FBT003 - has bias
    coremltools.models.utils.save_spec(builder.spec, str(path))
    stated = _described(path, coremltools.models.utils.load_spec(str(path)))
    says = {**stated.says, "parameters": kernel.size + bias.size}
    return Stated(path, says, {}, stated.inputs, stated.outputs)


def _program(path: Path) -> Stated:
    model = coremltools.models.MLModel(str(path), skip_model_load=True)
    spec = model.get_spec()
    stated = _described(path, spec)
    weights = tuple(_weights(spec.mlProgram, path / "Data/com.apple.CoreML/weights/weight.bin"))
    version = model.user_defined_metadata["com.github.apple.coremltools.version"]
    says = {"producer": f"coremltools {version}", "license": model.license}
    says |= {"tensors": len(weights)}
    about = {"author": model.author} if model.author else {}
    return Stated(path, {**stated.says, **says}, about, stated.inputs, stated.outputs, weights)


def _described(path: Path, spec: Any) -> Stated:  # noqa: ANN401 - coremltools is not typed here
    says = {
        "format": "coreml",
        "verdict": "clean",
        "version": f"Core ML specification {spec.specificationVersion}",
        "architecture": spec.WhichOneof("Type"),
    }
    given, made = map(_features, (spec.description.input, spec.description.output))
    return Stated(path, says, {}, given, made)


def _features(features: Any) -> tuple[Spec, ...]:  # noqa: ANN401 - as above
    names = FeatureTypes_pb2.ArrayFeatureType.ArrayDataType
    dtypes = {names.FLOAT32: "float32", names.DOUBLE: "float64", names.FLOAT16: "float16"}
    arrays = [(each.name, each.type.multiArrayType) for each in features]
    return tuple((name, dtypes[a.dataType], tuple(a.shape)) for name, a in arrays)


def _weights(program: Any, file: Path) -> Iterator[Weight]:  # noqa: ANN401 - as above
    """Yield its constants that are arrays of numbers with a point, or lie beside it."""
    blobs = BlobReader(str(file))
    kinds = {MIL_pb2.FLOAT16: "float16", MIL_pb2.FLOAT32: "float32"}
    for operation in _operations(program):
        value = operation.attributes["val"]
        kind = value.type.tensorType
        shape = tuple(int(each.constant.size) for each in kind.dimensions)
        name = operation.outputs[0].name
        if value.WhichOneof("value") == "blobFileValue":
            at, half = value.blobFileValue.offset, kind.dataType == MIL_pb2.FLOAT16
            data = blobs.read_fp16_data(at) if half else blobs.read_float_data(at)
            digest = hashlib.sha256(np.asarray(data).tobytes()).hexdigest()
            yield name, kinds[kind.dataType], shape, digest
        elif shape and kind.dataType in kinds:
            yield name, kinds[kind.dataType], shape, ""


def _operations(program: Any) -> Iterator[Any]:  # noqa: ANN401 - as above
    for function in program.functions.values():
        for block in function.block_specializations.values():
            yield from (each for each in block.operations if each.type == "const")

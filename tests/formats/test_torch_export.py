"""Exported PyTorch programs: the graph is read as JSON, and what in it is code is refused."""

from __future__ import annotations

import json
import struct
from hashlib import sha256

import pytest

from modelshelf.domain.inspection import TensorSpec
from tests.formats.builders import details, look, rules, torch_zip, zipped
from tests.formats.placing import digests, placed

WEIGHTS = struct.pack("<8f", *range(8))


def meta(shape: tuple[int, ...], strides: tuple[int, ...], offset: int = 0) -> dict[str, object]:
    """Return how the schema describes a tensor."""
    return {
        "dtype": 7,
        "sizes": [{"as_int": size} for size in shape],
        "strides": [{"as_int": step} for step in strides],
        "storage_offset": {"as_int": offset},
    }


def program(
    target: str = "torch.ops.aten.relu.default",
    size: str = "Symbol('s77', positive=True, integer=True)",
    guards: tuple[str, ...] = (),
) -> bytes:
    """Return the JSON of a graph with one input and one output."""
    value = {"dtype": 7, "sizes": [{"as_expr": {"expr_str": size}}, {"as_int": 3}]}
    stack = {"nn_module_stack": "L__self__,,shop.nets.Net;L__self__fc,fc,torch.nn.Linear"}
    graph = {
        "nodes": [{"target": target, "metadata": stack}],
        "tensor_values": {"x": value, "relu": value},
    }
    signature = {
        "input_specs": [
            {"parameter": {"arg": {"name": "p"}, "parameter_name": "w"}},
            {"user_input": {"arg": {"as_tensor": {"name": "x"}}}},
        ],
        "output_specs": [{"user_output": {"arg": {"as_tensor": {"name": "relu"}}}}],
    }
    return json.dumps(
        {
            "graph_module": {"graph": graph, "signature": signature},
            "opset_version": {"aten": 10},
            "schema_version": {"major": 8, "minor": 20},
            "torch_version": "2.13.0",
            "guards_code": list(guards),
        }
    ).encode()


def exported(graph: bytes | None = None, extra: dict[str, bytes] | None = None) -> bytes:
    """Return an archive as torch.export.save writes it."""
    config = {
        "w": {"path_name": "weight_0", "use_pickle": False, "tensor_meta": meta((2, 3), (3, 1))},
        "tied": {"path_name": "weight_0", "use_pickle": False, "tensor_meta": meta((2, 3), (3, 1))},
        "part": {"path_name": "weight_0", "use_pickle": False, "tensor_meta": meta((2,), (1,), 6)},
        "turned": {
            "path_name": "weight_0",
            "use_pickle": False,
            "tensor_meta": meta((2, 2), (1, 2)),
        },
        "lost": {"path_name": "weight_9", "use_pickle": False, "tensor_meta": meta((2,), (1,))},
    }
    members = {
        "m/archive_format": b"pt2",
        "m/archive_version": b"0",
        "m/models/model.json": program() if graph is None else graph,
        "m/data/weights/weight_0": WEIGHTS,
        "m/data/weights/model_weights_config.json": json.dumps({"config": config}).encode(),
    }
    return zipped(members | (extra or {}))


def test_a_program_is_described() -> None:
    """Version, class, inputs and outputs with symbolic sizes."""
    found = look("m.pt2", exported())
    assert (found.format, found.framework, found.mismatch) == ("pt2", "PyTorch 2.13.0", "")
    assert found.version == "pt2 archive version 0, schema 8.20, aten opset 10"
    assert found.architecture == "Net"
    assert found.inputs == (TensorSpec("x", "float32", ("s77", 3)),)
    assert found.outputs == (TensorSpec("relu", "float32", ("s77", 3)),)
    assert (found.verdict, found.needs_code) == ("clean", ())


def test_its_weights_are_found() -> None:
    """Each lies in a member of its own; shared, cut and turned ones as the description says."""
    found = digests("m.pt2", exported())
    assert found["w"] == found["tied"] == sha256(WEIGHTS[:24]).hexdigest()
    assert found["part"] == sha256(WEIGHTS[24:]).hexdigest()
    assert found.keys() == {"w", "tied", "part"}


def test_the_weights_of_an_older_archive_are_found() -> None:
    """There they lie in a PyTorch file of their own inside the archive."""
    members = {
        "serialized_exported_program.json": program(),
        "serialized_state_dict.pt": torch_zip(),
    }
    data = zipped(members)
    assert look("m.pt2", data).format == "pt2"
    assert [tensor.name for tensor in placed("m.pt2", data)] == ["weight", "bias"]
    assert digests("m.pt2", data) == digests("m.pt", torch_zip())


@pytest.mark.parametrize(
    "size",
    [
        "__import__('os').system('true')",
        "eval('1')",
        "S('open(1)')",
        "x.__class__",
        "(lambda: 1)()",
        "Symbol('s0').func(1)",
        "[1][0]",
    ],
)
def test_a_size_that_is_code_is_dangerous(size: str) -> None:
    """PyTorch evaluates it as Python while it loads the file."""
    found = look("m.pt2", exported(program(size=size)))
    assert (found.verdict, rules(found)) == ("dangerous", {"pt2.expression"})


@pytest.mark.parametrize(
    "size", ["2*s0 + 1", "Max(1, s0//2)", "Mod(s0, 8)", "FloorDiv(u0, 2) >= 3"]
)
def test_arithmetic_is_no_code(size: str) -> None:
    """Symbols, numbers and the functions of sizes."""
    assert look("m.pt2", exported(program(size=size))).verdict == "clean"


def test_a_guard_that_is_code_is_dangerous() -> None:
    """Guards are executed; comparisons are what they are for."""
    assert look("m.pt2", exported(program(guards=("L['x'].size()[0] >= 2",)))).verdict == "clean"
    found = look("m.pt2", exported(program(guards=("__import__('os')",))))
    assert (found.verdict, rules(found)) == ("dangerous", {"pt2.guard"})


def test_operators_of_others_are_pointed_out() -> None:
    """A library that is not part of the file, or a call that is no operator."""
    found = look("m.pt2", exported(program("torch.ops.acme.fancy.default")))
    assert found.needs_code == ("torch.ops.acme.fancy.default",)
    assert rules(found) == {"pt2.custom_operators"}
    assert rules(look("m.pt2", exported(program("torch.hub.load")))) == {"pt2.target"}


def test_code_and_pickles_in_it_are_found() -> None:
    """Compiled code is a warning; the sample inputs are a pickle like any other."""
    compiled = exported(extra={"m/data/aotinductor/model/x.so": b"\x7fELF"})
    assert rules(look("m.pt2", compiled)) == {"pt2.code"}
    evil = torch_zip(root=b"cos\nsystem\n(S'true'\ntR.")
    found = look("m.pt2", exported(extra={"m/data/sample_inputs/model.pt": evil}))
    assert found.verdict == "dangerous"
    assert details(found, "pickle.global.dangerous") == ["os.system"]


@pytest.mark.parametrize(
    "graph", [b"", b"[]", b"{}", b'{"graph_module": 3}', b"nonsense", b"[" * 9999]
)
def test_odd_graphs_end_the_looking_in_order(graph: bytes) -> None:
    """What is no graph is either empty or malformed."""
    found = look("m.pt2", exported(graph))
    assert found.format == "pt2"
    assert found.verdict in {"clean", "dangerous"}

"""ONNX models whose tensors, sizes and depths lead somewhere else."""

from __future__ import annotations

import os
import struct
from collections.abc import Callable
from pathlib import Path

from tests.formats.builders import field, fixture, onnx, outside_tensor
from tests.hostile.case import Case, Expected, Files, Stage, file, folder, lay
from tests.hostile.pickles import DENIED, mkdir

# What makes a folder one artifact to a drop folder.
INDEX = {"modelshelf.yaml": b"tags: {kind: test}\n"}


def _lie(
    id_: str, data: bytes, expected: Expected = "quarantined", rule: str = "onnx.malformed",
    *, waits: bool = False,
) -> Case:  # fmt: skip
    return file(f"onnx-{id_}", "m.onnx", data, expected, rule, waits=waits)


def _outside(**entries: str) -> bytes:
    return onnx(field(5, outside_tensor(**entries)))


def _leads(id_: str, location: str) -> Case:
    return _lie(f"outside-{id_}", _outside(location=location), rule="onnx.external_path")


def _hidden(id_: str, data: Callable[[bytes], bytes]) -> Case:
    return _lie(
        f"outside-in-{id_}", data(outside_tensor(location="../x")), rule="onnx.external_path"
    )


def _folder(
    id_: str, files: Files, expected: Expected = "quarantined", rule: str = "onnx.external_range"
) -> Case:
    return folder(f"onnx-{id_}", {**INDEX, **files}, expected, rule)


def _range(offset: str, length: str) -> dict[str, bytes]:
    model = _outside(location="w.bin", offset=offset, length=length)
    return {"model.onnx": model, "w.bin": bytes(64)}


def _linked(id_: str, link: Callable[[Path, Stage], None]) -> Case:
    """Return a model beside whose weights lies a link instead of a file."""

    def make(path: Path, stage: Stage) -> None:
        lay(path, {**INDEX, "model.onnx": _outside(location="w.bin")}, stage)
        link(path / "w.bin", stage)

    return Case(f"onnx-{id_}", "run", make, "refused")


def _to_canary(path: Path, stage: Stage) -> None:
    path.symlink_to(stage.canary)


def _parent_link(path: Path, stage: Stage) -> None:
    path.symlink_to(stage.canary.parent, target_is_directory=True)


def _hard_link(path: Path, stage: Stage) -> None:
    """Make another name of a file outside, of 64 bytes."""
    other = stage.marker.parent.parent / "outside" / f"{stage.marker.name}.bin"
    other.write_bytes(bytes(64))
    os.link(other, path / "w.bin")


def _with_hard_link() -> Case:
    def make(path: Path, stage: Stage) -> None:
        lay(path, {**INDEX, "model.onnx": _outside(location="w.bin", length="64")}, stage)
        _hard_link(path, stage)

    # A file with two names is a file; its bytes are copied, and nobody outside can change them.
    return Case("onnx-hard-link", "run", make, "clean")


def _nested(depth: int) -> bytes:
    graph = field(2, "deepest")
    for _ in range(depth):
        graph = field(1, field(5, field(1, "then_branch") + field(6, graph)))
    return graph


_NODE = field(1, field(4, "Evil") + field(7, "org.example"))

CASES: tuple[Case, ...] = (
    _leads("parent", "../../etc/passwd"),
    _leads("absolute", "/etc/passwd"),
    _leads("drive", "C:\\x"),
    _leads("share", "\\\\host\\x"),
    _leads("address", "file:///etc/passwd"),
    _leads("nothing", ""),
    _leads("nul", "a\x00b"),
    _leads("up-and-down", "a/../../x"),
    _hidden("attribute", lambda t: onnx(field(1, field(5, field(5, t))))),
    _hidden("sparse", lambda t: onnx(field(15, field(1, t)))),
    _hidden("subgraph", lambda t: onnx(field(1, field(5, field(6, field(5, t)))))),
    _hidden("training", lambda t: onnx(extra=field(20, field(2, field(5, t))))),
    _hidden("function", lambda t: onnx(extra=field(25, field(7, field(5, field(5, t)))))),
    file("onnx-outside-canary", "m.onnx", lambda s: _outside(location=str(s.canary)),
         rule="onnx.external_path"),
    _lie("outside-missing", _outside(location="w.bin"), "warning", "onnx.external_missing",
         waits=True),
    _folder("offset-over-the-end", _range("64", "1")),
    _folder("length-over-the-end", _range("0", "65")),
    _folder("offset-negative", _range("-1", "4")),
    _folder("offset-text", _range("x", "4")),
    _folder("offset-endless", _range("9" * 30, "1")),
    _folder("other-file-of-the-artifact", {
        "model.onnx": _outside(location="model.pkl", length="2"), "model.pkl": b"N."},
        "warning", "pickle.can_execute"),
    _folder("weights-are-a-payload", {
        "model.onnx": _outside(location="w.bin"), "w.bin": mkdir}, rule=DENIED),
    _linked("symbolic-link", _to_canary),
    _linked("link-to-a-folder", _parent_link),
    _with_hard_link(),
    _lie("two-locations", onnx(field(5, outside_tensor(location="a")
         + field(13, field(1, "location") + field(2, "b"))))),
    _lie("1000-graphs-deep", onnx(_nested(1_000)), rule="onnx.depth"),
    _lie("endless-tensor", onnx(field(5, field(1, (1 << 62) - 1) * 2))),
    _lie("negative-tensor", onnx(field(5, field(1, (1 << 64) - 1)))),
    _lie("300-dimensions", onnx(field(5, field(1, 1) * 300))),
    _lie("tensor-size", onnx(field(5, field(1, 9) + field(2, 1) + field(8, "w")
         + field(9, b"1234"))), "warning", "onnx.tensor_size"),
    _lie("length-lies", field(1, 9) + b"\x3a\xff\xff\xff\xff\x0fabc", waits=True),
    _lie("endless-number", field(1, 9) + b"\x28" + b"\xff" * 20),
    _lie("group", field(1, 9) + b"\x3b\x3c"),
    _lie("no-graph", field(1, 9) + field(2, "x")),
    _lie("graph-is-a-number", field(1, 9) + field(7, 4)),
    _lie("cut", fixture("graph.onnx")[:-20], waits=True),
    _lie("custom-operator", onnx(_NODE), "warning", "onnx.custom_operators"),
    _lie("not-a-model", struct.pack("<4f", 1, 2, 3, 4)),
)  # fmt: skip

"""TensorFlow SavedModels that read and write files, call Python, or are not all there."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from tests.formats.builders import FIXTURES, field
from tests.hostile.case import Case, Expected, folder
from tests.hostile.pickles import DENIED, mkdir

_GRAPH = "saved_model.pb"


def _node(name: str, operator: str, *inputs: str) -> bytes:
    return field(1, name) + field(2, operator) + b"".join(field(3, each) for each in inputs)


def saved(*operators: str, inside: str = "", extra: bytes = b"") -> bytes:
    """Return a saved_model.pb of operators; one of them ``inside`` a function of its library."""
    graph = b"".join(field(1, _node(f"n{n}", each)) for n, each in enumerate(operators))
    if inside:
        function = field(1, field(1, "f")) + field(3, _node("x", inside))
        graph += field(2, field(1, function))
    meta = field(1, field(4, "serve") + field(5, "2.15.0")) + field(2, graph) + extra
    return field(1, 1) + field(2, meta)


def _operators(
    id_: str, *operators: str, expected: Expected = "quarantined", rule: str = "savedmodel.files"
) -> Case:
    return folder(f"savedmodel-{id_}", {_GRAPH: saved(*operators)}, expected, rule)


def _fixture(*without: str) -> dict[str, bytes]:
    root = FIXTURES / "saved"
    files = (path for path in root.rglob("*") if path.is_file() and path.name not in without)
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in files}


def _changed(path: str, data: bytes) -> dict[str, bytes]:
    return {**_fixture(), path: data}


_INDEX = Path("variables/variables.index").as_posix()
_SHARD = "variables.data-00000-of-00001"

CASES = (
    _operators("read-file", "ReadFile"),
    _operators("write-file", "Const", "WriteFile"),
    _operators("matching-files", "MatchingFiles"),
    _operators("save-dataset", "SaveDatasetV2"),
    folder("savedmodel-in-a-function", {_GRAPH: saved("Const", inside="WriteFile")},
           rule="savedmodel.files"),
    _operators("py-func", "PyFunc", expected="warning", rule="savedmodel.python"),
    _operators("eager-py-func", "EagerPyFunc", expected="warning", rule="savedmodel.python"),
    _operators("custom", "EvilOp", expected="warning", rule="savedmodel.custom_operators"),
    _operators("pipeline", "TFRecordDatasetV2", expected="warning", rule="savedmodel.pipeline"),
    _operators("honest", "Const", "Identity", expected="clean", rule=""),
    folder("savedmodel-reading", {path.relative_to(FIXTURES / "reading").as_posix():
           path.read_bytes() for path in (FIXTURES / "reading").rglob("*") if path.is_file()},
           rule="savedmodel.files"),
    folder("savedmodel-cut", {_GRAPH: saved("Const")[:-3]}, rule="savedmodel.malformed"),
    folder("savedmodel-no-graph", {_GRAPH: field(1, 1)}, rule="savedmodel.malformed"),
    folder("savedmodel-length-lies", {_GRAPH: field(1, 1) + b"\x12\xff\xff\xff\xff\x0fabc"},
           rule="savedmodel.malformed"),
    folder("savedmodel-text", {_GRAPH: b"not a graph at all"}, rule="savedmodel.malformed"),
    folder("savedmodel-index-lies", _changed(_INDEX, bytes(48) + b"x" * 48),
           rule="savedmodel.malformed"),
    folder("savedmodel-asset-leads-out", {_GRAPH: saved("Const", extra=field(
           6, field(1, b"") + field(2, "../../x")))}, rule="savedmodel.asset_path"),
    folder("savedmodel-payload-beside", {_GRAPH: saved("Const"), "assets/vocab.txt": mkdir},
           rule=DENIED),
    folder("savedmodel-code-beside", {_GRAPH: saved("Const"), "assets.extra/x.py": b"import os"},
           "warning", "unknown.code"),
    replace(
        folder("savedmodel-shard-missing", _fixture(_SHARD), "warning", "folder.missing"),
        waits=True,
    ),
)  # fmt: skip

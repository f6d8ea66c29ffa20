"""Lies of the other families: a few of each, cut, nested, or naming what they should not."""

from __future__ import annotations

import json
import struct
from dataclasses import replace

from tests.formats.builders import PMML, fixture, safetensors, tensor, zipped
from tests.hostile.case import Bytes, Case, Expected, Files, file, folder
from tests.hostile.onnx import INDEX
from tests.hostile.pickles import DENIED, mkdir

_WEIGHTS = safetensors({"w": tensor(0, 4, [1])}, b"oth1")


def _node(module: str, name: str, loader: str, **more: object) -> dict[str, object]:
    return {"__class__": name, "__module__": module, "__loader__": loader, **more}


def skops(node: dict[str, object]) -> bytes:
    """Return a skops file around one object."""
    schema = {**node, "protocol": 2, "_skops_version": "0.16.0"}
    return zipped({"schema.json": json.dumps(schema).encode()})


def _cut(id_: str, name: str, data: bytes, *, waits: bool = False) -> Case:
    return file(f"{id_}-cut", name, data, waits=waits)


def _mlflow(
    id_: str, text: str, files: Files, expected: Expected = "warning", rule: str = ""
) -> Case:
    return folder(f"mlflow-{id_}", {"MLmodel": text.encode(), **files}, expected, rule)


def _hub(
    id_: str, config: object, files: Files, expected: Expected = "warning", rule: str = ""
) -> Case:
    data = json.dumps(config).encode()
    return folder(f"hub-{id_}", {"config.json": data, **files}, expected, rule)


def _index(place: str) -> Bytes:
    return json.dumps({"metadata": {}, "weight_map": {"w": place}}).encode()


_TREES = b'{"learner":{"gradient_booster":{"model":{"trees":['
_METHOD = _node("builtins", "method", "MethodNode", content={
    "obj": _node("subprocess", "Popen", "ObjectNode", content=_node("builtins", "str", "TypeNode")),
    "func": "communicate"})  # fmt: skip

SINGLE = (
    _cut("tflite", "m.tflite", fixture("dense.tflite")[:700], waits=True),
    file("tflite-table-outside", "m.tflite", b"\xff\xff\xff\x7fTFL3" + bytes(40),
         rule="tflite.malformed", waits=True),
    file("tflite-vector-lies", "m.tflite",
         fixture("dense.tflite").replace(b"\x01\0\0\0", b"\xff\xff\xff\x7f"),
         waits=True),
    _cut("coreml", "m.mlmodel", fixture("network.mlmodel")[:-30], waits=True),
    file("coreml-length-lies", "m.mlmodel", b"\x08\x05\x12\xff\xff\xff\xff\x0f",
         rule="coreml.malformed", waits=True),
    _cut("xgboost", "m.json", _TREES, waits=True),
    file("xgboost-deep", "m.json", b'{"learner":{"attributes":' + b"[" * 100_000 + b"]" * 100_000
         + b"}}"),
    file("xgboost-ubj-length-lies", "m.ubj", b"{L\0\0\0\0\0\0\0\x07learner{#L" + b"\x7f" * 8,
         waits=True),
    file("xgboost-binary-lies", "m.bin", b"binf" + b"\xff" * 300, "warning",
         "unknown.format"),
    _cut("lightgbm", "m.txt", b"tree\nversion=v4\nnum_class=1\ntree_sizes=900\n\nTree=0\n",
         waits=True),
    _cut("catboost", "m.cbm", b"CBM1" + struct.pack("<I", 5_000) + bytes(99), waits=True),
    file("catboost-lies", "m.cbm", b"CBM1" + struct.pack("<I", 64) + b"\xff" * 64,
         rule="catboost.malformed"),
    file("fasttext-lies", "m.ftz", struct.pack("<ii", 793712314, 12) + b"\xff" * 80,
         waits=True),
    file("openvino-doctype", "m.xml",
         b'<!DOCTYPE net [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
         b'<net version="11"><layers>&a;</layers></net>',
         rule=".doctype"),
    file("skops-method", "m.skops", skops(_METHOD)),
    file("skops-popen", "m.skops", skops(_node("subprocess", "Popen", "ObjectNode"))),
    file("skops-getter", "m.skops", skops(_node("operator", "attrgetter", "OperatorFuncNode",
         attrs=["__globals__"]))),
    file("skops-pickle-inside", "m.skops", lambda s: zipped({"schema.json": json.dumps(
         _node("builtins", "dict", "DictNode", protocol=2, _skops_version="0")).encode(),
         "a.pkl": mkdir(s)}), rule=DENIED),
    file("skops-schema-deep", "m.skops", zipped(
         {"schema.json": b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}"})),
    file("index-leads-out", "model.safetensors.index.json", _index("../../canary.bin"),
         rule="index.path"),
    file("pmml-honest", "m.pmml", PMML.encode(), "clean"),
)  # fmt: skip

FOLDERS = (
    _mlflow("loader", "flavors: {python_function: {loader_module: evil.module, code: code}}\n",
            {"code/evil.py": b"import os\n"}),
    _mlflow("payload", "flavors: {sklearn: {pickled_model: model.pkl}}\n", {"model.pkl": mkdir},
            "quarantined", DENIED),
    _mlflow("yaml-tag", "flavors: !!python/object/apply:os.mkdir [x]\n", {}, "quarantined",
            "mlflow.malformed"),
    _mlflow("alias-bomb", "a: &a [x,x]\nflavors: [*a,*a]\n", {}, "quarantined",
            "mlflow.malformed"),
    _hub("code", {"auto_map": {"AutoModel": "modeling.Evil"}},
         {"modeling.py": b"import os\n", "model.safetensors": _WEIGHTS}),
    _hub("payload", {"model_type": "bert"}, {"pytorch_model.bin": mkdir}, "quarantined", DENIED),
    _hub("index-leads-out", {"model_type": "bert"},
         {"model.safetensors.index.json": _index("/etc/passwd")}, "quarantined", "index.path"),
    replace(
        _hub("shard-missing", {"model_type": "bert"},
             {"model.safetensors.index.json": _index("model-00001-of-00001.safetensors")},
             "warning", "folder.missing"),
        waits=True,
    ),
    # transformers reads it, and the code it names, where a strict reader gives up.
    _hub("config-twice", {}, {"model.safetensors": _WEIGHTS, "config.json":
         b'{"model_type":"x","a":1,"a":2,"auto_map":{"AutoModel":"evil/repo--m.Evil"}}'},
         "warning", "huggingface.unreadable"),
    _hub("config-infinity", {"time_step_limit": [0.0, float("inf")], "model_type": "mamba2"},
         {"model.safetensors": _WEIGHTS}, "warning", "huggingface.unreadable"),
    folder("folder-payload-hidden", {**INDEX, "docs/.cache/notes.txt": mkdir}, rule=DENIED),
    folder("folder-code", {**INDEX, "setup.py": b"import os\n"}, "warning", "unknown.code"),
    folder("folder-lies-inside", {**INDEX, "m.safetensors": b"\xff" * 40}, rule=".malformed"),
    folder("folder-adapter", {"adapter_config.json": b'{"base_model_name_or_path":"/etc/passwd"}',
           "adapter_model.safetensors": _WEIGHTS}, "clean"),
)  # fmt: skip

CASES: tuple[Case, ...] = (*SINGLE, *FOLDERS)

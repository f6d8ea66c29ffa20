"""Folders: what they say about themselves, and the worst of what is inside."""

from __future__ import annotations

import json
import pickle
import subprocess
import sys

import pytest

from modelshelf.domain.inspection import TensorSpec
from modelshelf.formats import Source, inspect
from tests.formats.builders import SAMPLES, details, fixture, folder, onnx, rules

SYSTEM = b"cos\nsystem\n(S'true'\ntR."
MLMODEL = b"""\
flavors:
  python_function:
    loader_module: mlflow.sklearn
    model_path: model.pkl
  sklearn:
    pickled_model: model.pkl
    sklearn_version: 1.9.1
mlflow_version: 2.9.1
signature:
  inputs: '[{"type": "double", "name": "age", "required": true},
    {"type": "tensor", "tensor-spec": {"dtype": "float32", "shape": [-1, 3]}}]'
  outputs: '[{"type": "long"}]'
  params: null
utc_time_created: '2026-01-01 10:00:00'
"""
CONFIG = {"architectures": ["BertModel"], "model_type": "bert", "transformers_version": "4.57.0"}


def test_an_mlflow_model_is_described() -> None:
    """The flavor names library and version; the signature names inputs and outputs."""
    found = inspect(folder("m", {"MLmodel": MLMODEL, "model.pkl": fixture("pipeline.4.pkl")}))
    assert (found.format, found.framework) == ("mlflow", "scikit-learn 1.9.1")
    assert found.inputs == (
        TensorSpec("age", "float64", ()),
        TensorSpec("1", "float32", (None, 3)),
    )
    assert found.outputs == (TensorSpec("0", "int64", ()),)
    assert found.metadata["mlflow_version"] == "2.9.1"
    assert found.metadata["model_format"] == "pickle"
    assert (found.verdict, rules(found)) == ("warning", {"pickle.can_execute"})


@pytest.mark.parametrize("version", ["v1", "v2", "v3", "v4"])
def test_sample_mlflow_models_are_described(version: str) -> None:
    """The models that the demo registry ships."""
    found = inspect(Source.from_path(SAMPLES / "health" / "progression" / version / "model"))
    assert (found.format, found.framework) == ("mlflow", "scikit-learn 1.9.1")
    assert found.inputs
    assert (found.verdict, rules(found)) == ("warning", {"pickle.can_execute"})


def test_the_worst_file_decides() -> None:
    """A well-described folder with a bad file in it is a bad folder."""
    files = {"MLmodel": MLMODEL, "model.pkl": fixture("pipeline.4.pkl"), "data/x": SYSTEM}
    found = inspect(folder("m", files))
    assert found.verdict == "dangerous"
    assert details(found, "pickle.global.dangerous") == ["os.system"]


def test_code_that_comes_along_is_pointed_out() -> None:
    """MLflow imports the folder that the description names."""
    description = MLMODEL.replace(b"    model_path", b"    code: code\n    model_path")
    found = inspect(folder("m", {"MLmodel": description, "code/x.py": b"import os\n"}))
    assert {"mlflow.code", "unknown.code"} <= rules(found)
    assert found.verdict == "warning"


HOSTILE_YAML = {
    "a tag": b"flavors: !!python/object/apply:os.system ['true']\n",
    "an anchor": b"flavors: &a {}\nb: *a\n",
    "aliases that grow": b"a: &a [x,x]\nb: &b [*a,*a]\nc: &c [*b,*b]\n",
    "a merge": b"flavors: {}\nb:\n  <<: {}\n",
    "a key twice": b"flavors: {}\nflavors: {}\n",
    "two documents": b"flavors: {}\n---\nflavors: {}\n",
    "a list": b"- flavors\n",
    "nothing": b"",
    "no YAML": b"flavors: [\n",
    "a key of structure": b"[a, b]: c\n",
    "not UTF-8": b"flavors: \xff\n",
    "a broken signature": b"signature:\n  inputs: '[{'\n",
}


@pytest.mark.parametrize("case", HOSTILE_YAML)
def test_a_hostile_description_is_dangerous(case: str) -> None:
    """Only plain YAML is read, and it makes nothing but texts."""
    found = inspect(folder("m", {"MLmodel": HOSTILE_YAML[case]}))
    assert (found.format, found.verdict) == ("mlflow", "dangerous")
    assert rules(found) == {"mlflow.malformed"}


@pytest.mark.parametrize(
    "text",
    [b"[" * 100, b"a: " + b"x" * 2_000_000, b"".join(b"k%d: 1\n" % n for n in range(6_000))],
    ids=["deep", "long", "wide"],
)
def test_a_description_that_is_too_much_is_incomplete(text: bytes) -> None:
    """Depth, length and number of nodes have limits."""
    found = inspect(folder("m", {"MLmodel": text}))
    assert (found.verdict, rules(found)) == ("incomplete", {"mlflow.limit"})


def test_a_hugging_face_model_is_described() -> None:
    """The configuration names the architecture, the weights are counted once."""
    files = {
        "config.json": json.dumps(CONFIG).encode(),
        "model.safetensors": fixture("layers.safetensors"),
        "pytorch_model.bin": fixture("pipeline.2.pkl"),
    }
    found = inspect(folder("bert", files))
    assert (found.format, found.framework) == ("huggingface", "Transformers 4.57.0")
    assert found.metadata["architectures"] == "BertModel"
    assert (found.tensors, found.parameters) == (4, 19)
    assert found.verdict == "warning"


def test_remote_code_and_templates_are_pointed_out() -> None:
    """Both are programs that come along."""
    files = {
        "config.json": json.dumps(CONFIG | {"auto_map": {"AutoModel": "x.Y"}}).encode(),
        "chat_template.jinja": b"{{ x }}",
    }
    found = inspect(folder("bert", files))
    assert {"huggingface.remote_code", "huggingface.chat_template"} <= rules(found)


def test_a_hostile_configuration_makes_a_plain_folder() -> None:
    """A config.json of no known meaning decides nothing."""
    for text in (b"{" * 1_000, b'{"model_type": NaN}', b"[]", b"{}", b"\xff"):
        assert inspect(folder("f", {"config.json": text})).format == "folder"


def test_a_folder_with_one_model_is_that_model() -> None:
    """The other files are its company."""
    files = {"README.md": b"# Hello", "model.onnx": fixture("graph.onnx"), "labels.txt": b"a\nb\n"}
    found = inspect(folder("f", files))
    assert (found.format, found.framework) == ("onnx", "by-hand 1.0")
    assert [spec.name for spec in found.inputs] == ["x", "flag"]


def test_a_folder_of_several_formats_is_a_folder() -> None:
    """Its main model, the largest, still gives inputs and outputs."""
    files = {"a.onnx": fixture("graph.onnx"), "b.pkl": fixture("pipeline.0.pkl")}
    found = inspect(folder("f", files))
    assert (found.format, found.framework) == ("folder", "scikit-learn 1.9.1")


def test_an_empty_folder_is_a_folder() -> None:
    """There is nothing in it to warn about."""
    assert inspect(folder("f", {})).verdict == "clean"


def test_disguised_files_in_a_folder_are_named() -> None:
    """The sentence says which file promises what it does not keep."""
    found = inspect(folder("f", {"a.onnx": pickle.dumps([1]), "b.txt": b"x"}))
    assert found.mismatch == "a.onnx: Named .onnx, but the bytes are a pickle."


def test_weights_of_another_folder_are_not_found() -> None:
    """A location is relative to the model's own folder."""
    model = (fixture("outside/model.onnx"), fixture("outside/weights.bin"))
    found = inspect(folder("f", {"a/model.onnx": model[0], "weights.bin": model[1]}))
    assert "onnx.external_missing" in rules(found)
    found = inspect(folder("f", {"a/model.onnx": model[0], "a/weights.bin": model[1]}))
    assert "onnx.external_data" in rules(found)


def test_only_a_description_in_yaml_loads_yaml() -> None:
    """A folder without one costs no import."""
    work = (
        "import sys\nfrom modelshelf.formats import Source, inspect\n"
        "inspect(Source.from_files('f', 'folder', []))\nassert 'yaml' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", work], check=True, timeout=60)


def test_a_graph_in_a_folder_keeps_its_limits() -> None:
    """A folder is no way around the rules for files."""
    found = inspect(folder("f", {"m.onnx": onnx()[:-1]}))
    assert found.verdict == "dangerous"

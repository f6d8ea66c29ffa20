"""Folders: what they say about themselves, and the worst of what is inside."""

from __future__ import annotations

import json
import pickle
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelshelf.domain.inspection import TensorSpec
from modelshelf.formats import Source, inspect, inspectors
from modelshelf.formats.looking import look
from tests.formats.builders import SAMPLES, details, fixture, folder, npy, onnx, rules, source
from tests.formats.weighing import missing_of, needs_of, placed

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


PYFUNC = b"""\
artifact_path: somewhere/else
flavors:
  python_function:
    artifacts:
      words: {path: artifacts/words.txt, uri: "file:///home/ana/words.txt"}
    cloudpickle_version: 3.0.0
    code: code
    env: {conda: conda.yaml, virtualenv: python_env.yaml}
    loader_module: mine.loader
    python_model: python_model.pkl
  transformers:
    instance_type: TextGenerationPipeline
    model_binary: model
    pipeline_model_type: LlamaForCausalLM
    source_model_name: org/llama
    source_model_revision: abc
    task: text-generation
    transformers_version: 4.57.0
mlflow_version: 3.1.0
saved_input_example_info:
  artifact_path: input_example.json
  serving_input_path: serving_input_example.json
"""
NAMED = {
    "artifacts/words.txt": b"a",
    "code/x.py": b"import os\n",
    "conda.yaml": b"name: x\n",
    "input_example.json": b"{}",
    "model/config.json": b"{}",
    "python_env.yaml": b"python: 3.11.9\ndependencies:\n- -r requirements.txt\n",
    "python_model.pkl": b"N.",
    "requirements.txt": b"mlflow\n",
    "serving_input_example.json": b"{}",
}


def test_a_wrapped_model_of_a_hub_is_described() -> None:
    """Kind, base, task, and the module of somebody's that loads it."""
    found = inspect(folder("m", {"MLmodel": PYFUNC} | NAMED))
    assert (found.framework, found.producer) == ("transformers 4.57.0", "MLflow 3.1.0")
    assert (found.architecture, found.base_models) == ("LlamaForCausalLM", ("hf:org/llama@abc",))
    assert found.needs_code == ("mine.loader",)
    assert found.metadata["task"] == "text-generation"
    assert "folder.missing" not in rules(found)


@pytest.mark.parametrize("name", NAMED)
def test_each_file_that_a_description_names_is_needed(name: str) -> None:
    """A folder that it names is there when any file in it is."""
    files = {"MLmodel": PYFUNC} | NAMED
    del files[name]
    wanted = {"code/x.py": "code", "model/config.json": "model"}.get(name, name)
    assert missing_of(folder("m", files)) == (wanted,)
    (detail,) = details(inspect(folder("m", files)), "folder.missing")
    assert detail == f"1 missing: {wanted}"


def test_paths_out_of_a_folder_are_never_asked_for() -> None:
    """Addresses, absolute names and names that climb."""
    text = MLMODEL.replace(b"model.pkl", b"../model.pkl").replace(b"mlflow_v", b"x: /etc\nmlflow_v")
    text += b"saved_input_example_info: {artifact_path: 'dbfs:/x/y'}\n"
    assert needs_of(folder("m", {"MLmodel": text})) == ()


def test_a_broken_environment_says_nothing() -> None:
    """What else the description names is still known."""
    files = {"MLmodel": PYFUNC} | NAMED | {"python_env.yaml": b"- &a"}
    assert "requirements.txt" not in needs_of(folder("m", files))
    assert "conda.yaml" in needs_of(folder("m", files))


def test_a_broken_description_needs_nothing() -> None:
    """Looking says what is wrong with it."""
    assert needs_of(folder("m", {"MLmodel": b"a: &b c"})) == ()


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


def test_a_card_in_a_folder_tells_licence_and_base() -> None:
    """As repositories of GGUF files have them, without any configuration."""
    card = b"---\nlicense: apache-2.0\nbase_model: org/name\n---\n"
    found = inspect(folder("f", {"README.md": card, "model.gguf": fixture("tiny.gguf")}))
    assert (found.format, found.license) == ("gguf", "apache-2.0")
    assert (found.base_models, found.architecture) == (("hf:org/name",), "llama")
    assert found.version == "GGUF 3"


def test_tensors_of_one_model_have_plain_names_and_of_several_their_files() -> None:
    """So that no two are called alike."""
    array = npy("{'descr': '<f4', 'fortran_order': False, 'shape': (1,)}", bytes(4))
    assert list(placed(folder("f", {"a/x.npy": array, "b.txt": b"x"}))) == ["x"]
    found = placed(folder("f", {"a/x.npy": array, "b/x.npy": array}))
    assert [(name, each.file) for name, each in found.items()] == [
        ("a/x.npy:x", "a/x.npy"),
        ("b/x.npy:x", "b/x.npy"),
    ]
    assert placed(folder("f", {"a/x.npy": array, "b/y.npy": array[:-1]})) == {}
    assert placed(folder("f", {})) == {}


def test_a_file_knows_by_its_siblings_what_is_missing() -> None:
    """Alone it misses everything; what lies in its own folder counts."""
    data = fixture("tiny.gguf")
    one, two = "m-00001-of-00002.gguf", "m-00002-of-00002.gguf"
    assert missing_of(source(one, data)) == (two,)
    given = folder("f", {f"a/{one}": data, f"a/{two}": data, f"b/{one}": data})
    assert missing_of(given) == (f"b/{two}",)
    assert [missing_of(given.member(file)) for file in given.files] == [(), (), (two,)]


def test_countless_missing_files_are_counted_and_some_are_named() -> None:
    """The sentence stays short."""
    places = {f"t{n}": f"part{n:03}.bin" for n in range(100)}
    index = json.dumps({"weight_map": places}).encode()
    (detail,) = details(inspect(folder("f", {"m.index.json": index})), "folder.missing")
    assert detail.startswith("100 missing: part000.bin, part001.bin")
    assert detail.endswith("part019.bin")


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


KEYS = (
    "__version__", "_class_name", "_diffusers_version", "architectures", "artifact_path",
    "artifacts", "auto_map", "auto_mapping", "base_model", "base_model_name_or_path", "code",
    "config", "custom_pipelines", "data", "dependencies", "env", "flavors", "impl", "license",
    "metadata", "model_type", "path", "peft_type", "python_function", "quantization_config",
    "requirements_file", "saved_input_example_info", "signature", "type", "unet", "weight_map",
)  # fmt: skip
NAMES = (
    "MLmodel", "README.md", "adapter_config.json", "config.json", "generation_config.json",
    "config_sentence_transformers.json", "model_index.json", "modules.json", "python_env.yaml",
    "quantize_config.json", "tokenizer_config.json", "w.index.json",
)  # fmt: skip
TEXTS = st.sampled_from(
    ("", "../x", "/etc/passwd", "a/../../b", "x.Y", "diffusers", "UNet2DConditionModel", "a/b")
) | st.text(max_size=4)
VALUES = st.recursive(
    TEXTS | st.none() | st.booleans() | st.integers(-1, 9),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(KEYS) | TEXTS, inner, max_size=5)
    ),
    max_leaves=12,
)
TOLD = st.dictionaries(st.sampled_from(KEYS), VALUES, max_size=6)


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(st.sampled_from(NAMES), TOLD | VALUES, max_size=5))
def test_descriptions_of_any_shape_are_read_and_lead_nowhere_outside(
    files: dict[str, object],
) -> None:
    """Whatever stands where: there is an answer, and no file outside the folder is named."""
    texts = {name: json.dumps(value).encode() for name, value in files.items()}
    if "README.md" in texts:
        texts["README.md"] = b"---\n" + texts["README.md"] + b"\n---\n"
    whole = folder("f", texts)
    found = look(whole, inspectors())
    assert not any(rule.endswith(".failed") for rule in rules(found)), found.findings
    for name in needs_of(whole):
        assert not name.startswith("/")
        assert ".." not in name.split("/")
    assert placed(whole) == {}

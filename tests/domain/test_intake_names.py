"""What the names in a drop folder say: temporary, sidecar, document, folder artifact."""

from __future__ import annotations

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelshelf.domain.drop_names import (
    accompanies,
    is_document,
    is_folder_artifact,
    is_temporary,
    is_unfinished,
    sidecar_pending,
    sidecars_of,
    stands_alone,
    stem_of,
)
from modelshelf.domain.intake import escape_path, unescape_path

UNFINISHED = [
    "model.onnx.part", "model.onnx.PARTIAL", "a.tmp", "a.temp", "m.crdownload", "m.download",
    "m.aria2", "m.filepart", ".m.swp", ".m.swx", "m.incomplete", "ab.incomplete.safetensors",
    ".model.onnx.DDLjNF", ".model.onnx.a8k2mz",
]  # fmt: skip
HIDDEN = [
    "model.onnx~", "~$model.docx", ".~lock.model.odt#", ".nfs000000000012", ".goutputstream-A1B2C3",
    "._model.onnx", ".DS_Store", "Thumbs.db", "desktop.ini", ".git", ".ipynb_checkpoints",
    "__pycache__", "lost+found", ".hidden",
]  # fmt: skip
PLAIN = [
    "model.onnx", "model.partial.onnx", "template.json", "download", "part", "tmp", "a.b.c.d",
    "MLmodel", "temporary", "model (1).pkl", "模型.onnx", "variables.data-00001-of-00002",
]  # fmt: skip


@pytest.mark.parametrize("name", UNFINISHED)
def test_a_name_can_say_that_it_is_being_written(name: str) -> None:
    """Browsers, editors, rsync and download managers have their own ways."""
    assert is_unfinished(name)
    assert is_temporary(name)


@pytest.mark.parametrize("name", HIDDEN)
def test_what_programs_leave_behind_is_passed_over(name: str) -> None:
    """It is no model, and inside a folder artifact it is nothing to wait for."""
    assert is_temporary(name)
    assert not is_unfinished(name)


@pytest.mark.parametrize("name", PLAIN)
def test_an_ordinary_name_is_not_temporary(name: str) -> None:
    """A word in the middle of a name says nothing."""
    assert not is_temporary(name)


@pytest.mark.parametrize("name", [".gitattributes", ".eslintrc.config", ".python.sample"])
def test_hidden_files_of_a_folder_are_not_rsyncs(name: str) -> None:
    """They belong to the folder and must not make it wait for ever."""
    assert not is_unfinished(name)


@pytest.mark.parametrize(
    ("name", "holds", "artifact"),
    [
        ("run-42", {"MLmodel", "model.pkl"}, True),
        ("saved", {"saved_model.pb", "variables"}, True),
        ("bert", {"config.json", "model.safetensors"}, True),
        ("bert", {"config.json", "model.safetensors.index.json"}, True),
        ("lora", {"adapter_config.json", "adapter_model.safetensors"}, True),
        ("sdxl", {"model_index.json", "unet"}, True),
        ("any", {"modelshelf.yaml", "weights"}, True),
        ("lora", {"adapter_config.json"}, True),
        ("nlp", {"meta.json", "config.cfg", "ner"}, True),
        ("nlp", {"meta.json", "ner"}, False),
        ("churn", {"model.xml", "model.bin"}, False),
        ("churn", {"model.onnx", "model.onnx.data"}, False),
        ("Churn.mlpackage", set(), True),
        ("churn", {"model.onnx", "model.onnx.json", "README.md"}, False),
        ("churn", {"config.json"}, False),
        ("churn", {"a.safetensors", "b.safetensors"}, False),
        ("risk", {"churn"}, False),
        ("empty", set(), False),
    ],
)
def test_an_index_makes_a_folder_one_artifact(
    name: str, holds: set[str], *, artifact: bool
) -> None:
    """Any other folder is a namespace with artifacts in it."""
    assert is_folder_artifact(name, holds) is artifact


@pytest.mark.parametrize(
    ("holds", "artifact"),
    [
        ({"model.xml", "model.bin"}, True),
        ({"model.onnx", "model.onnx.data", "tokenizer.txt"}, True),
        ({"model.onnx", "model.onnx_data", "model.onnx_data_1"}, True),
        ({"m.safetensors.index.json", "m-00001-of-00001.safetensors"}, True),
        ({"a.onnx", "a.onnx.data", "b.onnx", "b.onnx.data"}, False),
        ({"a.xml", "b.bin"}, False),
        ({"a.onnx", "b.pkl"}, False),
    ],
)
def test_one_model_in_several_files_makes_a_deeper_folder_an_artifact(
    holds: set[str], *, artifact: bool
) -> None:
    """In a model's own folder several of them may lie, and nowhere two make one."""
    assert is_folder_artifact("run", holds, deep=True) is artifact
    assert not is_folder_artifact("run", holds)


@pytest.mark.parametrize(
    ("name", "stem", "alone"),
    [
        ("churn.onnx", "churn", False),
        ("churn.v2.pkl", "churn.v2", True),
        ("big.safetensors.index.json", "big", False),
        ("llm-00001-of-00002.gguf", "llm", False),
        ("llm.gguf", "llm", True),
        ("weights", "weights", False),
    ],
)
def test_a_name_tells_of_a_set(name: str, *, stem: str, alone: bool) -> None:
    """What its files are called together, and whether there can be others at all."""
    assert (stem_of(name), stands_alone(name)) == (stem, alone)


def test_tensors_and_markers_without_their_model_are_no_models() -> None:
    """They say whose they are."""
    assert "tensors of 'm.onnx'" in is_document("m.onnx.data", {"m.onnx.data"})
    assert not is_document("m.onnx_data", {"m.onnx_data", "m.onnx"})
    assert "it is a marker" in is_document("_SUCCESS")
    assert "it is a marker" in is_document("m.onnx.ready")
    assert accompanies("m.onnx.ready", {"m.onnx", "m.onnx.ready"})


def test_sidecars_carry_the_whole_name() -> None:
    """``model.json`` is beside ``model.onnx``, but not its sidecar."""
    beside = {"model.onnx", "model.onnx.json", "model.onnx.yml", "model.json", "other.yaml"}
    assert sidecars_of("model.onnx", beside) == ("model.onnx.json", "model.onnx.yml")
    assert accompanies("model.onnx.json", beside)
    assert not accompanies("model.json", beside)


@pytest.mark.parametrize("other", ["m.onnx.json.part", ".m.onnx.yaml.aB3dE9", "m.onnx.yml.tmp"])
def test_a_sidecar_on_its_way_is_noticed(other: str) -> None:
    """Its temporary name begins like the sidecar's."""
    assert sidecar_pending("m.onnx", {"m.onnx", other})
    assert not sidecar_pending("other.onnx", {"other.onnx", other})


@pytest.mark.parametrize(
    ("name", "document"),
    [
        ("README.md", True),
        ("notes.rst", True),
        ("LICENSE", True),
        ("model.onnx.json", True),
        ("model.pkl.json", True),
        ("conda.yaml", True),
        ("requirements.txt", True),
        ("model.json", False),
        ("booster.ubj", False),
        ("lightgbm.txt", False),
        ("weights", False),
    ],
)
def test_documents_are_no_models(name: str, *, document: bool) -> None:
    """A sidecar before its file, a card, a licence; but XGBoost's JSON is a model."""
    assert bool(is_document(name)) is document


@given(st.binary(max_size=80).filter(lambda raw: b"\0" not in raw))
def test_any_bytes_make_a_path_that_can_be_kept(raw: bytes) -> None:
    """The text is UTF-8 without control characters, and leads back to the same bytes."""
    path = raw.decode("utf-8", "surrogateescape")
    text = escape_path(path)
    assert unescape_path(text) == path
    assert unescape_path(text).encode("utf-8", "surrogateescape") == raw
    text.encode()
    assert all(char.isprintable() or ord(char) > 0x9F for char in text)


@given(st.text(alphabet=st.characters(), max_size=40))
def test_any_text_makes_a_path_that_can_be_kept(path: str) -> None:
    """Half characters of Windows too."""
    text = escape_path(path)
    text.encode()
    assert unescape_path(text) == path


def test_escapes_are_readable() -> None:
    """A newline, ESC, a byte that is no UTF-8 and a backslash."""
    assert escape_path("a\nb\x1b[c" + os.fsdecode(b"\xff") + "\\") == r"a\x0ab\x1b[c\xff\\"
    assert escape_path("inbox/churn/Modell für Übermorgen.onnx").endswith("Übermorgen.onnx")

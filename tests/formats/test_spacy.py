"""spaCy: a folder is described by its own words, and whatever it would load is looked into."""

from __future__ import annotations

import json
import pickle
import struct
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelshelf.domain.inspection import Inspection
from modelshelf.formats.families.spacy_config import foreign_functions
from modelshelf.formats.looking import look
from modelshelf.formats.needing import missing, needs
from modelshelf.formats.registry import gathered
from modelshelf.formats.source import Source
from tests.formats.builders import details, folder, npy, rules, torch_zip
from tests.formats.hostile import damaged

META = {
    "lang": "en",
    "name": "news",
    "version": "1.2.0",
    "spacy_version": ">=3.8,<3.9",
    "description": "Finds names.",
    "license": "MIT",
    "labels": {"ner": ["ORG", "PER"]},
    "pipeline": ["ner"],
    "performance": {"ents_f": 0.5, "ents_per_type": {}},
    "vectors": {"width": 3},
}
CONFIG = """
[nlp]
lang = "en"
pipeline = ["ner"]

[components.ner]
factory = "ner"

[components.ner.model]
@architectures = "spacy.TransitionBasedParser.v2"

[training.optimizer]
@optimizers = "Adam.v1"
"""


def packed(value: object) -> bytes:
    """Return a value as MessagePack, always in its long forms."""
    if isinstance(value, dict):
        pairs = b"".join(packed(key) + packed(each) for key, each in value.items())
        return b"\xdf" + struct.pack(">I", len(value)) + pairs
    if isinstance(value, list):
        return b"\xdd" + struct.pack(">I", len(value)) + b"".join(packed(each) for each in value)
    if isinstance(value, str):
        return b"\xdb" + struct.pack(">I", len(value.encode())) + value.encode()
    if isinstance(value, bytes):
        return b"\xc6" + struct.pack(">I", len(value)) + value
    if isinstance(value, bool):
        return b"\xc3" if value else b"\xc2"
    assert isinstance(value, int)
    return b"\xd3" + struct.pack(">q", value)


def weights(count: int) -> dict[object, object]:
    """Return an array as Thinc writes it."""
    return {
        b"nd": True,
        b"type": "<f4",
        b"kind": b"",
        b"shape": [count],
        b"data": bytes(4 * count),
    }


def thinc(*shims: bytes) -> bytes:
    """Return a model of Thinc, with the models of other libraries inside."""
    return packed(
        {
            "nodes": [{"index": 0, "name": "softmax", "refs": {}}],
            "attrs": [{"a name": packed("a long enough value of an attribute")}],
            "params": [{"W": weights(6), "b": weights(2)}],
            "shims": [list(shims)],
        }
    )


def pipeline(**files: bytes) -> dict[str, bytes]:
    """Return the files of a pipeline; underlines in names stand for slashes."""
    return {
        "meta.json": json.dumps(META).encode(),
        "config.cfg": CONFIG.encode(),
        "tokenizer": packed({"prefix_search": "x"}),
        "ner/model": thinc(),
        "ner/cfg": b"{}",
        "vocab/strings.json": b"[]",
        "vocab/lookups.bin": packed({}),
        "vocab/vectors": npy(
            "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 3), }", bytes(12)
        ),
    } | {name.replace("_", "/"): data for name, data in files.items()}


def see(files: dict[str, bytes]) -> Inspection:
    """Look into a folder in this process."""
    found = look(folder("news", files), gathered(()))
    assert not any(finding.rule.endswith(".failed") for finding in found.findings), found.findings
    return found


def test_a_pipeline_is_described() -> None:
    """By its own words, with all weights of all its files counted."""
    found = see(pipeline())
    assert (found.format, found.verdict, found.findings) == ("spacy", "clean", ())
    assert (found.framework, found.license) == ("spaCy >=3.8,<3.9", "MIT")
    assert (found.architecture, found.needs_code) == ("ner", ())
    assert found.metadata == {
        "lang": "en",
        "name": "news",
        "version": "1.2.0",
        "description": "Finds names.",
        "spacy_version": ">=3.8,<3.9",
        "pipeline": "ner",
        "labels.ner": "ORG, PER",
        "vectors.width": "3",
        "performance.ents_f": "0.5",
    }
    assert (found.parameters, found.tensors) == (8 + 3, 3)


def test_it_is_complete_by_its_own_index() -> None:
    """Each trained component has weights."""
    every = gathered(())
    assert {"ner/model", "vocab/strings.json"} <= set(needs(folder("n", pipeline()), every))
    files = pipeline()
    del files["ner/model"]
    assert missing(folder("n", files), every) == ("ner/model",)


def test_functions_of_others_need_code() -> None:
    """What is registered by spaCy or Thinc is not listed, whatever else is."""
    more = '[components.x]\nfactory = "magic"\n[components.y]\nsource = "en_core_web_sm"\n'
    more += '[initialize.z]\n@misc = "acme.read.v1"\n@layers = "Maxout.v1"\n@layers = "Maxout"\n'
    meta = json.dumps(META | {"requirements": ["spacy-llm>=0.7"]}).encode()
    found = see(pipeline() | {"config.cfg": (CONFIG + more).encode(), "meta.json": meta})
    assert found.needs_code == (
        "factory: magic",
        "layers: Maxout",
        "misc: acme.read.v1",
        "spacy-llm>=0.7",
    )
    assert found.base_models == ("en_core_web_sm",)
    assert (found.verdict, rules(found)) == ("warning", {"spacy.custom"})
    assert "acme.read.v1" in details(found, "spacy.custom")[0]


def test_code_in_the_folder_is_seen() -> None:
    """A package's own module beside its pipeline."""
    found = see({**pipeline(), "__init__.py": b"print('x')"})
    assert (found.verdict, rules(found)) == ("warning", {"unknown.code"})


BAD = b"\x80\x02cos\nsystem\nX\x01\x00\x00\x00xR."
HIDDEN = {
    "a pickle": BAD,
    "a torch zip": torch_zip(root=BAD),
    "one level deeper, as PyTorch's shim writes it": packed({"config": {}, "state": BAD}),
    "a torch zip one level deeper": packed({"config": {}, "state": torch_zip(root=BAD)}),
}


@pytest.mark.parametrize("case", HIDDEN)
def test_models_inside_of_weights_are_scanned(case: str) -> None:
    """They are unpickled when the pipeline is loaded."""
    found = see(pipeline(ner_model=thinc(HIDDEN[case])))
    assert found.verdict == "dangerous"
    assert "pickle.global.dangerous" in rules(found)
    assert all(f.where.startswith("ner/model: bytes") for f in found.findings)


def test_honest_models_inside_of_weights_are_counted() -> None:
    """PyTorch's tensors besides Thinc's own; a pickle stays a pickle, also in there."""
    found = see(pipeline(ner_model=thinc(packed({"state": torch_zip()}))))
    assert (found.parameters, found.verdict) == (8 + 3 + 8, "warning")
    assert found.unknown_globals == ()


def test_a_network_that_is_cut_is_refused() -> None:
    """Weights that begin as Thinc's do and end too early are no whole model."""
    begun = b"\x84" + thinc().removeprefix(b"\xdf\x00\x00\x00\x04")
    begun = begun.replace(packed("nodes"), b"\xa5nodes")
    assert see(pipeline(ner_model=begun)).verdict == "clean"
    found = see(pipeline(ner_model=begun[:-1]))
    assert (found.verdict, rules(found)) == ("dangerous", {"spacy.cut"})


def test_bytes_that_nobody_knows_stay_a_warning() -> None:
    """A file is only known when it is MessagePack to its last byte."""
    for data in (b"\x84\x00\x01\xff\xfe\x00", thinc() + b"\x00", thinc()[:-1], b"\xc1" * 20):
        found = see(pipeline(ner_model=data))
        assert (found.verdict, rules(found)) == ("warning", {"unknown.format"})


def test_too_many_parts_are_too_much() -> None:
    """A small file of very many small values is given up."""
    data = b"\xdd" + struct.pack(">I", 4_500_000) + b"\xc3" * 4_500_000
    found = see(pipeline(ner_model=data))
    assert (found.verdict, rules(found)) == ("incomplete", {"spacy.limit"})


def test_other_folders_are_left_alone() -> None:
    """A description that names no language, or one without settings."""
    files = pipeline()
    assert see({**files, "meta.json": b'{"name": "x"}'}).format != "spacy"
    assert see({**files, "meta.json": b"{"}).format != "spacy"
    del files["config.cfg"]
    assert see(files).format != "spacy"


@pytest.mark.parametrize("data", [b"\xff\xfe", b"[a]\n" * 300_000])
def test_settings_that_cannot_be_read(data: bytes) -> None:
    """Other letters, or more of them than any pipeline has."""
    found = see({**pipeline(), "config.cfg": data})
    assert (found.format, found.verdict != "clean") == ("spacy", True)


@given(st.text())
def test_any_settings_are_read(text: str) -> None:
    """Whatever stands there."""
    foreign_functions(text.encode("utf-8", "replace"))


@settings(max_examples=100, deadline=None)
@given(
    st.sampled_from(("meta.json", "config.cfg", "ner/model", "vocab/lookups.bin")).flatmap(
        lambda name: st.tuples(st.just(name), damaged(pipeline(ner_model=thinc(BAD))[name]))
    )
)
def test_any_damage_is_looked_at(case: tuple[str, bytes]) -> None:
    """Never an exception, whatever the bytes."""
    see(pipeline() | dict([case]))


def test_pickles_of_lists_are_found_whole() -> None:
    """A harmless pickle in the place of a model is looked into like any other."""
    found = see(pipeline(ner_model=thinc(pickle.dumps(["only", "texts", "in", "here"]))))
    assert found.verdict in {"clean", "warning"}


def test_what_spacy_writes(tmp_path: Path) -> None:
    """Its own answers about the same pipeline."""
    spacy = pytest.importorskip("spacy")
    nlp = spacy.blank("en")
    nlp.add_pipe("sentencizer")
    for label in ("GOOD", "BAD"):
        pipe = nlp.get_pipe("textcat") if "textcat" in nlp.pipe_names else nlp.add_pipe("textcat")
        pipe.add_label(label)
    nlp.initialize()
    nlp.meta["license"] = "CC0"
    nlp.to_disk(tmp_path / "m")
    found = look(Source.from_path(tmp_path / "m"), gathered(()))
    assert (found.format, found.verdict, found.license) == ("spacy", "clean", "CC0")
    assert found.framework == f"spaCy {nlp.meta['spacy_version']}"
    assert found.metadata["pipeline"] == ", ".join(nlp.pipe_names)
    assert found.metadata["labels.textcat"] == "GOOD, BAD"
    model = nlp.get_pipe("textcat").model
    arrays = [
        layer.get_param(name)
        for layer in model.walk()
        for name in layer.param_names
        if layer.has_param(name)
    ]
    assert found.parameters == sum(each.size for each in arrays)
    assert missing(Source.from_path(tmp_path / "m"), gathered(())) == ()

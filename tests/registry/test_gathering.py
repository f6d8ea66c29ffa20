"""What travels with a model is taken, each field with the place it was read at."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelshelf.domain.errors import Invalid
from modelshelf.domain.models import VersionDetail
from modelshelf.domain.origins import by_place
from modelshelf.domain.provenance import Details, Environment
from modelshelf.registry import Registry
from modelshelf.registry.arrival.gathering import UNUSABLE
from modelshelf.registry.arrival.os_facts import _public, arrival_of
from modelshelf.registry.arrival.told import Told
from modelshelf.registry.arrival.told_files import READERS
from tests.furnished import model_file, model_folder

Registering = Callable[..., VersionDetail]
CARD = """---
license: apache-2.0
tags: [vision, "two words"]
datasets: [imdb]
base_model: meta/llama
pipeline_tag: text-classification
our_own_key: {kept: as written}
model-index:
- name: m
  results:
  - dataset: {name: imdb, type: imdb}
    metrics: [{type: accuracy, value: 0.91}, {type: f1, value: 0.5}]
  - dataset: {name: yelp, type: yelp}
    metrics: [{type: f1, value: 0.25}, {type: broken, value: none}]
---
# A card
"""


@pytest.fixture
def register(registry: Registry, tmp_path: Path) -> Registering:
    """Return a function that registers a folder with these files and returns all about it."""

    def register(files: dict[str, str], **details: object) -> VersionDetail:
        folder = model_folder(tmp_path, 1)
        for name, text in files.items():
            (folder / name).write_text(text, "utf-8")
        made = registry.versions.register("m", folder, **details)  # type: ignore[arg-type]
        return registry.versions.detail(made.version.reference)

    return register


def test_a_card_is_taken_with_its_head(register: Registering) -> None:
    """License, data sets and results of the head are fields; the card keeps every key."""
    known = register({"README.md": CARD})
    assert known.card == CARD
    assert known.version.metrics == {"accuracy": 0.91, "f1.imdb": 0.5, "f1.yelp": 0.25}
    assert known.version.tags["license"] == "apache-2.0"
    assert known.version.tags["base_model"] == "meta/llama"
    assert known.version.tags["card.vision"] == "yes"
    assert [d.name for d in known.datasets] == ["imdb"]
    assert known.origins["metrics.accuracy"] == "README.md head, model-index"
    assert known.origins["card"] == "README.md"


def test_a_base_that_is_a_version_here_becomes_lineage(
    registry: Registry, register: Registering, tmp_path: Path
) -> None:
    """A head that names a reference of this registry leads to it."""
    registry.versions.register("base/one", model_file(tmp_path, 9))
    known = register({"README.md": "---\nbase_model: base/one:v1\n---\n"})
    assert known.base == "base/one:v1"
    assert known.origins["base"] == "README.md head"


def test_what_is_given_counts_and_has_no_origin(register: Registering) -> None:
    """A person's word stands above every file, name by name."""
    known = register({"README.md": CARD}, metrics={"accuracy": 0.5}, card="mine", tags={"a": "b"})
    assert known.version.metrics["accuracy"] == 0.5
    assert known.version.metrics["f1.imdb"] == 0.5
    assert (known.card, known.version.tags["a"]) == ("mine", "b")
    assert not {"metrics.accuracy", "card", "tags.a"} & known.origins.keys()


def test_given_details_may_say_where_they_were_read(register: Registering) -> None:
    """Whoever read a value elsewhere can tell, as the intake does for sidecars."""
    known = register({}, metrics={"auc": 0.5}, origins={"metrics.auc": "run.json"})
    assert known.origins["metrics.auc"] == "run.json"


def test_a_sidecar_inside_stands_above_the_other_files(register: Registering) -> None:
    """What was written for the registry is believed before what was written for others."""
    inside = json.dumps({"metrics": {"accuracy": 0.1}, "tags": {"license": "mit"}})
    known = register({"README.md": CARD, "modelshelf.json": inside})
    assert known.version.metrics["accuracy"] == 0.1
    assert known.version.tags["license"] == "mit"
    assert known.origins["tags.license"] == "modelshelf.json"


def test_a_broken_sidecar_inside_is_refused(register: Registering) -> None:
    """It was meant for the registry, so a mistake in it is told and not passed over."""
    with pytest.raises(Invalid, match=r"modelshelf\.json.*metric"):
        register({"modelshelf.json": '{"metrix": {}}'})


@pytest.mark.parametrize(
    ("name", "text", "packages"),
    [
        (
            "requirements.txt",
            'numpy==1.2 ; python_version > "3"\n# x\ntorch>=2\n',
            {"numpy": "1.2"},
        ),
        ("conda.yaml", "dependencies:\n- python=3.11\n- pip:\n  - a==1\n", {"a": "1"}),
        ("poetry.lock", '[[package]]\nname = "a"\nversion = "1"\n', {"a": "1"}),
        ("uv.lock", 'version = 1\n[[package]]\nname = "b"\nversion = "2"\n', {"b": "2"}),
        ("Pipfile.lock", '{"default": {"c": {"version": "==3"}}}', {"c": "3"}),
    ],
)
def test_packages_come_from_lock_files(
    register: Registering, name: str, text: str, packages: dict[str, str]
) -> None:
    """Each kind of file is read by its own rules, and only exact versions are believed."""
    known = register({name: text})
    assert known.environment is not None
    assert known.environment.packages == packages
    assert known.origins["environment.packages"] == name


def test_an_adapter_and_mlflow_tell_their_own(register: Registering) -> None:
    """Rank and base of an adapter, and the run of an MLmodel file, are fields."""
    adapter = {"base_model_name_or_path": "org/base", "r": 8, "peft_type": "LORA"}
    known = register(
        {"adapter_config.json": json.dumps(adapter), "MLmodel": "run_id: abc\nflavors: {}\n"}
    )
    assert known.version.params["adapter.r"] == "8"
    assert known.version.tags["base_model"] == "org/base"
    assert known.run is not None
    assert known.run.id == "abc"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("README.md", "---\na: &x [*x]\n---\n"),
        ("README.md", "---\n- a list\n---\n"),
        ("config.json", '{"a": 1, "a": 2}'),
        ("poetry.lock", "[[["),
    ],
)
def test_a_file_that_cannot_be_used_is_told(register: Registering, name: str, text: str) -> None:
    """The version is registered, and a finding says which file was not used and why."""
    known = register({name: text})
    assert [f.rule for f in known.inspection.findings if f.rule == UNUSABLE] == [UNUSABLE]
    assert any(name in f.detail for f in known.inspection.findings)


@given(st.sampled_from(sorted(READERS)), st.binary(max_size=200) | st.text().map(str.encode))
def test_no_bytes_make_a_reader_fail_otherwise(name: str, data: bytes) -> None:
    """A reader either takes what is there or says that it cannot."""
    told = Told()
    try:
        READERS[name](data, name, told)
    except Invalid:
        return
    told.under(Details())


def test_environments_are_completed_and_not_mixed() -> None:
    """A given Python version keeps the packages that were read, and the other way round."""
    told = Told()
    told.environment("a.lock", packages={"x": "1"})
    told.environment("b.lock", python="3.12", packages={"y": "2"})
    made = told.under(Details(environment=Environment("3.11")))
    assert made.environment == Environment("3.11", None, {"x": "1"})
    assert made.origins == {"environment.packages": "a.lock"}


@pytest.mark.parametrize(
    ("noted", "kept"),
    [
        ("https://ana:secret@host.org:8443/m.onnx?token=1#x", "https://host.org:8443/m.onnx"),
        ("javascript:alert(1)", ""),
        ("file:///etc/passwd", ""),
        ("https://[broken", ""),
        ("https://host.org/\x1b]52;c;x", r"https://host.org/\x1b]52;c;x"),
    ],
)
def test_an_address_is_kept_without_its_secrets(noted: str, kept: str) -> None:
    """Nothing is ever erased from the log, so what is as good as a key does not go in."""
    assert _public(noted) == kept


def test_the_file_system_is_asked(registry: Registry, tmp_path: Path) -> None:
    """Dates, owner and the address that a browser noted are kept."""
    file = model_file(tmp_path, 1)
    os.utime(file, (1_700_000_000, 1_700_000_000))
    if hasattr(os, "setxattr"):
        try:
            os.setxattr(file, "user.xdg.origin.url", b"https://host.org/m?key=1")
        except OSError:
            pytest.skip("this file system keeps no extended attributes")
    known = registry.versions.detail(registry.versions.register("m", file).version.reference)
    assert known.arrival is not None
    assert known.arrival.modified == "2023-11-14T22:13:20.000000Z"
    assert known.arrival.path == str(file)
    if hasattr(os, "setxattr"):
        assert known.arrival.url == "https://host.org/m"
    assert arrival_of(tmp_path / "gone", "gone") is None


def test_origins_are_told_by_place() -> None:
    """People read one line for each file, not one for each field."""
    assert by_place({"metrics.a": "x.json", "card": "README.md", "base": "x.json"}) == {
        "README.md": ["card"],
        "x.json": ["base", "metrics.a"],
    }

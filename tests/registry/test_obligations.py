"""Obligations: what the licences of a version and of all it was made from ask."""

from __future__ import annotations

import json
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelshelf.catalog import driver
from modelshelf.domain.errors import NotFound
from modelshelf.domain.lineage_answers import Obligation
from modelshelf.domain.obligations import TERMS, oblige, terms_of
from modelshelf.domain.provenance import Dataset, DatasetRole
from modelshelf.plugins.licences import check_licence, licence_names
from modelshelf.registry import Registry, open_registry
from modelshelf.registry.descent import descent
from tests.furnished import weights
from tests.registry.conftest import NewFile

A = "sha256:" + "a" * 64


def card(licence: str) -> str:
    """Return a model card that states a licence."""
    return f"---\nlicense: {licence}\n---\n# Card\n"


def terms(text: str) -> tuple[tuple[str, ...], bool]:
    """Return what a licence that is stated so asks, and whether that is known."""
    (one,) = oblige("m:v1", "version", (text,), 0, licence_names)
    return one.terms, one.known


def test_everything_above_is_told_nearest_first(registry: Registry, new_file: NewFile) -> None:
    """The version, its bases, their data and a base outside, each with its distance."""
    data = Dataset("customers", digest=A, license="CC-BY-SA-4.0")
    registry.versions.register("base", new_file(), card=card("apache-2.0"), datasets=[data])
    registry.versions.register(
        "m", new_file(), card=card("mit"), base="base:1", bases=["hf:org/name@1"]
    )
    assert registry.lineage.obligations("m:1") == (
        Obligation("m:v1", "version", "MIT", 0, ("attribution",), known=True),
        Obligation(
            "base:v1", "version", "Apache-2.0", 1, ("attribution", "state changes"), known=True
        ),
        Obligation("hf:org/name@1", "outside", "", 1),
        Obligation(
            "customers", "dataset", "CC-BY-SA-4.0", 2,
            ("attribution", "share-alike", "state changes"), known=True,
        ),
    )  # fmt: skip


def test_an_evaluation_set_is_no_part_of_a_version(registry: Registry, new_file: NewFile) -> None:
    """What a version was only measured on asks nothing of it."""
    roles: tuple[DatasetRole, ...] = get_args(DatasetRole)
    sets = [Dataset(role, role, license="CC-BY-NC-4.0") for role in roles]
    registry.versions.register("m", new_file(), datasets=sets)
    assert [one.label for one in registry.lineage.obligations("m:1")] == ["m:v1", "trained_on"]


def test_another_version_may_state_the_licence_of_a_set(
    registry: Registry, new_file: NewFile
) -> None:
    """Whoever names the same data set by its digest states its licence for all."""
    registry.versions.register("m", new_file(), datasets=[Dataset("mine", digest=A)])
    registry.versions.register(
        "n", new_file(), datasets=[Dataset("c", digest=A, license="ODbL-1.0")]
    )
    (_, data) = registry.lineage.obligations("m:1")
    assert (data.licence, data.terms) == ("ODbL-1.0", ("attribution", "share-alike"))


def test_data_behind_data_counts(registry: Registry, new_file: NewFile) -> None:
    """A data set that was made from another, said by hand, brings the other's licence along."""
    registry.versions.register("m", new_file(), datasets=[Dataset("part")])
    registry.versions.register(
        "n", new_file(), datasets=[Dataset("whole", license="CC-BY-NC-SA-4.0")]
    )
    registry.lineage.link("dataset:part", "derived_from", "dataset:whole")
    last = registry.lineage.obligations("m:1")[-1]
    assert (last.label, last.distance) == ("whole", 2)
    assert "non-commercial" in last.terms


def test_each_licence_that_is_stated_is_an_answer(registry: Registry, new_file: NewFile) -> None:
    """Several licences of a card and a tag count side by side, known or not."""
    card_ = card("[mit, gpl-3.0]")
    registry.versions.register("m", new_file(), card=card_, tags={"license": "x y"})
    found = registry.lineage.obligations("m:1")
    assert [(one.licence, one.known) for one in found] == [
        ("MIT", True), ("GPL-3.0-only", True), ("x y", False),
    ]  # fmt: skip
    with pytest.raises(NotFound):
        registry.lineage.obligations("m:2")


def test_what_a_file_names_stands_for_what_is_not_recorded(
    registry: Registry, tmp_path: Path
) -> None:
    """The base that an adapter's file names is told until a base is recorded."""
    adapter = tmp_path / "adapter"
    adapter.mkdir()
    (adapter / "adapter_model.safetensors").write_bytes(weights(7))
    config = {"peft_type": "LORA", "base_model_name_or_path": "org/base", "r": 4}
    (adapter / "adapter_config.json").write_text(json.dumps(config), "utf-8")
    registry.versions.register("m", adapter)
    assert registry.versions.detail("m:1").inspection.base_models
    outside = registry.lineage.obligations("m:1")[-1]
    assert (outside.kind, outside.licence, outside.distance) == ("outside", "", 1)
    assert outside.label == "hf:org/base"
    assert registry.lineage.of("m:1").edges == ()
    registry.versions.amend("m:1", bases=["hf:org/base@1"])
    assert [one.label for one in registry.lineage.obligations("m:1")] == ["m:v1", "hf:org/base@1"]


def test_a_licence_gate_sees_a_base_outside(registry: Registry, new_file: NewFile) -> None:
    """A recorded base outside has no licence here, so a gate that inherits is told of it."""
    registry.versions.register("base", new_file(), card=card("mit"))
    registry.versions.register("m", new_file(), base="base:1", bases=["hf:org/base@1"])
    context = registry._context
    found = descent(context.versions(), context.connection(), {}, [2])[2]
    assert {(one.reference, one.licences) for one in found} == {
        ("base:v1", ("mit",)),
        ("hf:org/base@1", ()),
    }


def test_a_circle_in_a_damaged_catalog_ends(registry: Registry, new_file: NewFile) -> None:
    """What cannot be is told once and not for ever, of licences and of leaks."""
    for seed in (1, 2):
        sets = [Dataset("c", "trained_on"), Dataset("c", "evaluated_on")]
        registry.versions.register("m", new_file(), datasets=sets if seed == 1 else sets[1:])
    registry.close()
    catalog = driver.dbapi.connect(str(registry.path / "catalog.db"), isolation_level=None)
    for child, parent in ((1, 2), (2, 1)):
        row = {"child": child, "parent": parent}
        catalog.execute(
            "INSERT INTO edge VALUES (:child, 'derived_from', :parent, 'told', 'm')", row
        )
    catalog.close()
    with open_registry(registry.path, actor="ana") as damaged:
        told = [one.label for one in damaged.lineage.obligations("m:1")]
        assert sorted(told) == ["c", "m:v1", "m:v2"]
        assert [(one.version, one.trained) for one in damaged.lineage.leaks()] == [
            ("m:v1", "m:v1"),
            ("m:v2", "m:v1"),
        ]


def test_a_long_line_needs_no_deep_stack(registry: Registry, new_file: NewFile) -> None:
    """Each version of a line is told once, by its distance."""
    registry.versions.register("m", new_file(), card=card("mit"))
    for number in range(1, 12):
        bases = ["m:1"] if number > 1 else []
        registry.versions.register("m", new_file(), base=f"m:{number}", bases=bases)
    found = registry.lineage.obligations("m:12")
    assert sorted(one.label for one in found) == sorted(f"m:v{n}" for n in range(1, 13))
    assert next(one.distance for one in found if one.label == "m:v1") == 1


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("Apache-2.0", "attribution, state changes"),
        ("bsd-3-clause", "attribution"),
        ("cc0-1.0", ""),
        ("cc-by-4.0", "attribution, state changes"),
        ("cc-by-2.0", "attribution"),
        ("cc-by-sa-3.0", "attribution, share-alike, state changes"),
        ("cc-by-nc-4.0", "attribution, non-commercial, state changes"),
        ("cc-by-nc-nd-4.0", "attribution, non-commercial, no-derivatives"),
        ("cc-by-nd-4.0", "attribution, no-derivatives"),
        ("odc-by", "attribution"),
        ("odbl", "attribution, share-alike"),
        ("pddl", ""),
        ("unlicense", ""),
        ("isc", "attribution"),
        ("openrail", "attribution, state changes, use restrictions"),
        ("creativeml-openrail-m", "attribution, state changes, use restrictions"),
        ("bigscience-bloom-rail-1.0", "attribution, state changes, use restrictions"),
        ("openrail++", "attribution, state changes, use restrictions"),
        ("llama2", "attribution, use restrictions"),
        ("llama3.1", "attribution, use restrictions"),
        ("gemma", "attribution, state changes, use restrictions"),
        ("agpl-3.0", "attribution, share-alike, state changes"),
        ("LGPL-2.1-or-later", "attribution, share-alike, state changes"),
        ("mpl-2.0", "attribution, share-alike"),
        ("epl-2.0", "attribution, share-alike"),
        ("CDLA-Sharing-1.0", "attribution, share-alike, state changes"),
        ("CDLA-Permissive-2.0", "attribution"),
        ("MIT OR GPL-3.0-only", "attribution, share-alike, state changes"),
        ("MIT AND CC-BY-NC-4.0", "attribution, non-commercial, state changes"),
        ("GPL-2.0-only WITH Classpath-exception-2.0", "attribution, share-alike, state changes"),
    ],
)
def test_what_a_licence_asks(text: str, asked: str) -> None:
    """The licences that models and data carry are known by the names that people write."""
    assert terms(text) == (tuple(filter(None, asked.split(", "))), True)


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("my own licence", ()),
        ("MIT AND Elastic-2.0", ("attribution",)),
        ("deepfloyd-if-license", ("non-commercial",)),
        ("(((", ()),
        ("MIT " * 400, ()),
        ("\x1b[2J", ()),
    ],
)
def test_what_is_not_known_is_said(text: str, asked: tuple[str, ...]) -> None:
    """A licence that is not in the table is unknown, and so is an expression that holds one."""
    assert terms(text) == (asked, False)


@given(st.text(max_size=60))
def test_any_text_is_an_answer(text: str) -> None:
    """No licence, however it is written, ends the question."""
    asked, known = terms(text)
    assert set(asked) <= set(TERMS)
    assert not known or licence_names(text) is not None


NAMES = st.sampled_from(["MIT", "Apache-2.0", "CC-BY-SA-4.0", "GPL-3.0-only", "gemma"])


@given(st.lists(NAMES, min_size=1, max_size=50))  # more than 100 words are not read
def test_an_expression_asks_what_its_parts_ask(names: list[str]) -> None:
    """However licences are joined, each of them counts."""
    joined = terms(" AND ".join(names))
    assert joined == terms(" OR ".join(names))
    assert set(joined[0]) == {term for name in names for term in terms_of(name)[0]}


@pytest.mark.parametrize(
    "name", ["MIT-0", "0BSD", "Zlib", "PostgreSQL", "C-UDA-1.0", "GFDL-1.3-only"]
)
def test_the_table_names_licences_that_exist(name: str) -> None:
    """What the table knows, the reader of licences knows too."""
    assert check_licence(name) is None
    assert terms_of(name)[1]

"""Suggestions from real files: what each kind gives away, what becomes of it, and its limits."""

from __future__ import annotations

import hashlib
import json
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from modelshelf.domain.errors import Conflict, Invalid, NotFound
from modelshelf.domain.provenance import Dataset, Run
from modelshelf.registry import Registry
from modelshelf.registry import suggesting as steps
from tests.formats.builders import field, gguf, gguf_text, onnx, safetensors, tensor
from tests.sentences import check_sentence, is_harmless

STRING = struct.pack("<I", 8)
NUMBER = struct.pack("<I", 4)


def weights(*seeds: int, told: Mapping[str, str] | None = None) -> bytes:
    """Return a safetensors file with a tensor for each seed, and with metadata."""
    data = b"".join(hashlib.sha256(bytes([seed])).digest() for seed in seeds)
    header: dict[str, Any] = {
        f"w{n}": tensor(32 * n, 32 * n + 32, [8]) for n in range(len(seeds))
    } | ({"__metadata__": dict(told)} if told else {})
    return safetensors(header, data)


def put(shelf: Registry, model: str, files: bytes | dict[str, bytes], **details: Any) -> str:  # noqa: ANN401
    """Register a file, or a folder of files; return the reference."""
    folder = shelf.path.parent / f"{model.replace('/', '-')}-{shelf.audit.head()[0]}"
    folder.mkdir()
    place = folder
    if isinstance(files, bytes):
        place = folder / "model.bin"
        files = {"model.bin": files}
    for name, data in files.items():
        Path(folder / name).write_bytes(data)
    made = shelf.versions.register(model, place, force_new=True, **details)
    return made.version.reference


def found(shelf: Registry, reference: str | None = None) -> list[tuple[str, str, float]]:
    """Return kind, target and confidence of what is suggested; each with a sentence."""
    every = shelf.lineage.suggestions(reference)
    assert all(each.evidence and is_harmless(each.evidence) for each in every)
    assert [e.confidence for e in every] == sorted((e.confidence for e in every), reverse=True)
    return [(each.kind, each.target, each.confidence) for each in every]


def adapter(base: str) -> dict[str, bytes]:
    """Return the files of a PEFT adapter."""
    config = {"peft_type": "LORA", "base_model_name_or_path": base, "r": 8}
    return {
        "adapter_config.json": json.dumps(config).encode(),
        "adapter_model.safetensors": weights(7, 8),
    }


class TestFiles:
    def test_an_adapter_names_its_base(self, registry: Registry) -> None:
        """A model outside goes by its address; one that is registered under that name, by it."""
        one = put(registry, "lora", adapter("meta/Llama-3"))
        assert found(registry, one) == [("derived_from", "hf:meta/Llama-3", 0.8)]
        put(registry, "llama-3", weights(1, 2))
        two = put(registry, "lora", {**adapter("meta/Llama-3"), "note.txt": b"2"})
        assert ("derived_from", "llama-3:v1", 0.4) in found(registry, two)
        put(registry, "meta/llama-3", weights(3, 4))
        three = put(registry, "other", {**adapter("meta/Llama-3"), "note.txt": b"3"})
        assert found(registry, three)[0][0] == "derived_from"
        assert ("derived_from", "meta/llama-3:v1", 0.6) in found(registry, three)

    def test_a_gguf_header_names_bases_and_data_sets(self, registry: Registry) -> None:
        """Several bases are all suggested; a name without an address is less sure."""
        pairs = [
            ("general.base_model.count", NUMBER, struct.pack("<I", 2)),
            ("general.base_model.0.repo_url", STRING, gguf_text("https://huggingface.co/org/a")),
            ("general.base_model.1.name", STRING, gguf_text("Mistral")),
            ("general.dataset.0.name", STRING, gguf_text("wiki")),
        ]
        header = b"".join(gguf_text(key) + kind + value for key, kind, value in pairs)
        reference = put(registry, "quant", gguf(header, counts=(0, len(pairs))))
        assert found(registry, reference) == [
            ("derived_from", "hf:org/a", 0.8),
            ("derived_from", "outside:Mistral", 0.4),
            ("trained_on", "dataset:wiki", 0.4),
        ]

    def test_safetensors_metadata_names_a_file_by_its_digest(self, registry: Registry) -> None:
        """Where that file is registered, its version is nearly sure; a path alone says nothing."""
        base = weights(1, 2)
        put(registry, "base", base)
        told = {"ss_new_sd_model_hash": hashlib.sha256(base).hexdigest()}
        reference = put(
            registry, "lora", weights(5, told={**told, "ss_sd_model_name": "/m/x.ckpt"})
        )
        assert found(registry, reference) == [("derived_from", "base:v1", 0.95)]

    def test_onnx_metadata_names_a_version_and_a_run(self, registry: Registry) -> None:
        """Properties of the model are read like any other pairs."""
        put(registry, "churn", weights(1))
        props = b"".join(
            field(14, field(1, key) + field(2, value))
            for key, value in (("base_model", "churn:v1"), ("run_id", "8812"))
        )
        reference = put(registry, "small", onnx(extra=props))
        assert found(registry, reference) == [
            ("derived_from", "churn:v1", 0.9), ("produced_by", "run:8812", 0.8),
        ]  # fmt: skip

    def test_the_run_of_an_mlmodel_file(self, registry: Registry) -> None:
        """It is recorded by itself; where somebody told another run, it is suggested."""
        mlmodel = (
            b"run_id: abc123\nflavors:\n  python_function:\n    loader_module: mlflow.sklearn\n"
        )
        folder = {"MLmodel": mlmodel, "model.safetensors": weights(1)}
        assert found(registry, put(registry, "churn", folder)) == []
        folder["model.safetensors"] = weights(2)
        other = put(registry, "churn", folder, run=Run("other"))
        assert found(registry, other) == [("produced_by", "run:abc123", 0.9)]  # which is known

    def test_a_card_that_was_written_later(self, registry: Registry) -> None:
        """Its head names data sets and bases; one that cannot be read says nothing."""
        reference = put(registry, "churn", weights(1))
        card = "---\ndatasets: [customers, d2]\nbase_model:\n- org/a\n- org/b\n---\n# Churn\n"
        registry.versions.amend(reference, card=card, datasets=[Dataset("d2", version="7")])
        assert found(registry, reference) == [
            ("derived_from", "hf:org/a", 0.8), ("derived_from", "hf:org/b", 0.8),
            ("trained_on", "dataset:customers", 0.4),
        ]  # fmt: skip
        for head in (
            "---\n- a\n---\n",
            "---\n&a [*a]\n---\n",
            "---\ndatasets: {a: b}\n---\n",
            "---",
        ):
            registry.versions.amend(reference, card=head)
            assert found(registry, reference) == []


class TestWeights:
    def test_the_same_tensors_came_from_the_earlier_version(self, registry: Registry) -> None:
        """All the same are nearly sure; the earliest is named, and never a later one."""
        first = put(registry, "one", weights(1, 2, 3))
        put(registry, "two", weights(3, 2, 1))
        third = put(registry, "three", weights(2, 1, 3))
        assert found(registry, third) == [("derived_from", "one:v1", 0.9)]
        assert found(registry, first) == []

    def test_a_share_of_the_tensors_is_less_sure(self, registry: Registry) -> None:
        """The sentence says how much is shared."""
        put(registry, "one", weights(1, 2, 3))
        (each,) = registry.lineage.suggestions(put(registry, "two", weights(1, 2, 9)))
        assert (each.target, each.confidence) == ("one:v1", 0.7)
        assert "holds 66 %" in each.evidence

    def test_an_ancestor_is_not_suggested_again(self, registry: Registry) -> None:
        """What it came from over another version is known already."""
        one = put(registry, "one", weights(1, 2))
        two = put(registry, "two", weights(2, 1), base=one)
        three = put(registry, "three", weights(1, 2, 2), base=two)
        assert found(registry, three) == []
        registry.lineage.link(put(registry, "four", weights(2, 1, 1)), "derived_from", one)
        assert found(registry) == []

    def test_two_hints_at_one_edge_are_one_suggestion(self, registry: Registry) -> None:
        """The surer of them counts, and both are named."""
        put(registry, "one", weights(1, 2))
        (each,) = registry.lineage.suggestions(
            put(registry, "two", weights(2, 1), tags={"base_model": "one"})
        )
        assert (each.target, each.confidence) == ("one:v1", 0.9)
        assert each.evidence.count(";") == 2


@pytest.fixture
def told(registry: Registry) -> Registry:
    """Return a registry whose one version names a base, a run and a data set in its tags."""
    tags = {"base_model": "org/a", "run_id": "8812", "dataset": "customers"}
    put(registry, "churn", weights(1), tags=tags)
    return registry


ALL = [
    ("derived_from", "hf:org/a", 0.8), ("produced_by", "run:8812", 0.8),
    ("trained_on", "dataset:customers", 0.4),
]  # fmt: skip


class TestDecided:
    def test_what_is_suggested_can_be_linked_as_it_is_written(self, told: Registry) -> None:
        """The entry keeps why and how sure it was; then it is suggested no more."""
        for each in told.lineage.suggestions():
            seq = told.lineage.link(each.subject, each.kind, each.target)
            body = told.audit.get(seq).body
            assert (body["evidence"], body["confidence"]) == (each.evidence, each.confidence)
        assert found(told) == []
        assert told.audit.verify().whole

    def test_what_nobody_suggests_has_no_evidence(self, told: Registry) -> None:
        """A link that somebody thought of is told apart."""
        body = told.audit.get(told.lineage.link("churn:v1", "trained_on", "dataset:other")).body
        assert "evidence" not in body
        assert "confidence" not in body

    def test_what_is_rejected_stays_rejected(self, told: Registry) -> None:
        """Also under the same name with a revision, after a rebuild, and not yet in the past."""
        before = told.audit.head()[0]
        for kind, target, _sure in ALL:
            told.lineage.reject("churn:v1", kind, target, reason="not so")
            with pytest.raises(Conflict, match="is rejected already"):
                told.lineage.reject("churn:v1", kind, target)
        told.versions.tag("churn:v1", set={"base_model": "org/a@main"})
        assert found(told) == []
        told.upkeep.rebuild()
        assert found(told) == []
        with told.at(before) as past:
            assert found(past) == ALL
            assert found(past, "churn:v1") == ALL
        told.lineage.link("churn:v1", "trained_on", "dataset:customers")  # a change of mind
        with pytest.raises(Conflict, match="is there already"):
            told.lineage.reject("churn:v1", "trained_on", "dataset:customers")
        assert told.audit.verify().whole

    def test_what_nobody_suggests_is_not_rejected(self, told: Registry) -> None:
        """Nothing is written."""
        head = told.audit.head()
        for words in (
            ("churn:v1", "trained_on", "dataset:other"),
            ("churn:v1", "derived_from", "hf:org/b"),
            ("dataset:customers", "derived_from", "churn:v1"),
        ):
            with pytest.raises(NotFound, match="nobody suggests") as error:
                told.lineage.reject(*words)
            check_sentence(error.value)
        assert told.audit.head() == head

    def test_what_is_told_by_the_version_is_not_suggested(self, told: Registry) -> None:
        """The same name in whatever version, and the same run."""
        told.versions.amend(
            "churn:v1", datasets=[Dataset("customers", version="4")], run=Run("8812"),
            bases=["hf:org/a@main"],
        )  # fmt: skip
        assert found(told) == []

    def test_a_circle_is_not_suggested(self, told: Registry) -> None:
        """What came of the version cannot be what it came from."""
        told.lineage.link("dataset:customers", "derived_from", "churn:v1")
        assert [kind for kind, _t, _s in found(told)] == ["derived_from", "produced_by"]


class TestLimits:
    def test_the_surest_of_the_newest(
        self, registry: Registry, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Without a version the newest ones are looked at, and no more than a number of them."""
        for seed in range(6):
            put(registry, "churn", weights(10 + seed), tags={"run_id": f"run{seed}"})
        assert len(found(registry)) == 6
        few = registry.lineage.suggestions(limit=2)
        assert [each.subject for each in few] == ["churn:v6", "churn:v5"]
        assert registry.lineage.suggestions(limit=0) == ()
        monkeypatch.setattr(steps, "_LOOKED_AT", 3)
        assert len(found(registry)) == 3

    @pytest.mark.parametrize("limit", [-1, True, None, 1.5, "7", 1 << 70])
    def test_a_limit_that_is_none(self, registry: Registry, limit: Any) -> None:  # noqa: ANN401
        """A sentence says so."""
        with pytest.raises(Invalid) as error:
            registry.lineage.suggestions(limit=limit)
        check_sentence(error.value)

    def test_hostile_names_are_left_out_or_shown_harmlessly(self, registry: Registry) -> None:
        """Whatever a file says, every suggestion can be linked."""
        names = [
            "\x1b[31m", "a\u202eb", "dataset:", "hf:", "outside:", "run:", "'; DROP TABLE edge; --",
            "x" * 1_500, "@", ":", "sha256:zz", "churn:v0", "a, b,, c", "[red]", "名前",
        ]  # fmt: skip
        for name in names:
            pairs = {"base_model": name, "datasets": name, "run_id": name}
            put(registry, "churn", weights(1, told=pairs))
        for each in registry.lineage.suggestions(limit=1_000):
            assert is_harmless(each.evidence)
            registry.lineage.link(each.subject, each.kind, each.target)
        assert found(registry) == []
        assert registry.audit.verify().whole

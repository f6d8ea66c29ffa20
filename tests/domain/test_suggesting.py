"""Suggestions, purely: what texts hint at, how each may be read, and how sure that is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelshelf.domain.suggesting import Clue, Seen, clues, of_weights, readings
from modelshelf.domain.things import THING_MOST
from tests.sentences import is_harmless

DIGEST = "ab" * 32


def found(**seen: object) -> list[tuple[str, str]]:
    """Return kind and text of the clues."""
    return [(clue.kind, clue.text) for clue in clues(Seen("safetensors", **seen))]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("key", "value", "clue"),
    [
        ("base_model", "org/name", ("derived_from", "hf:org/name")),
        ("base_model", "https://huggingface.co/org/name", ("derived_from", "hf:org/name")),
        ("modelspec.merged_from", "one.safetensors", ("derived_from", "one.safetensors")),
        ("Finetuned-From", "churn:v2", ("derived_from", "churn:v2")),
        ("ss_new_sd_model_hash", DIGEST, ("derived_from", DIGEST)),
        ("ss_new_sd_model_hash", "abc", None),
        ("card.datasets", "customers", ("trained_on", "customers")),
        ("training_data", "customers@4", ("trained_on", "customers@4")),
        ("dataset_digest", f"sha256:{DIGEST}", ("trained_on", f"sha256:{DIGEST}")),
        ("dataset_digest", "unknown", None),
        ("run_id", "8812", ("produced_by", "8812")),
        ("mlflow.run_id", "a b", None),
        ("license", "mit", None),
        ("base_model_relation", "adapter", None),
        ("base_model", "   ", None),
        ("base_model", "x" * (THING_MOST + 1), None),
    ],
)
def test_names_of_keys_say_what_a_value_is(
    key: str, value: str, clue: tuple[str, str] | None
) -> None:
    """A key is understood in the metadata of a file and as a tag alike, and others are left."""
    expected = [] if clue is None else [clue]
    assert found(metadata={key: value}) == expected
    assert found(tags={key: value}) == expected


def test_a_gguf_file_counts_its_data_sets() -> None:
    """They are numbered, with a version or without; the first that is missing ends them."""
    told = {
        "general.dataset.0.name": "wiki",
        "general.dataset.1.name": "news",
        "general.dataset.1.version": "2",
        "general.dataset.3.name": "lost",
    }
    assert found(metadata=told) == [("trained_on", "wiki"), ("trained_on", "news@2")]


def test_what_is_said_twice_counts_once() -> None:
    """The first place that says it is named."""
    seen = Seen(
        "peft", ("hf:org/a",), {}, {"base_model": "org/a"}, card_bases=("org/a", "org/b"),
        card_datasets=("d", "d"),
    )  # fmt: skip
    assert [(clue.text, clue.where) for clue in clues(seen)] == [
        ("hf:org/a", "its peft file"), ("hf:org/b", "its card"), ("d", "its card"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "forms"),
    [
        ("churn:v2", ["version churn:v2", "model churn:v2", "thing outside:churn:v2"]),
        ("hf:org/churn@main", ["version org/churn@main", "model org/churn", "model churn",
                               "thing hf:org/churn@main"]),
        ("/home/a/churn.safetensors", ["model /home/a/churn.safetensors", "model churn"]),
        ("C:\\models\\churn.gguf", ["version C:\\models\\churn.gguf",
                                    "model C:\\models\\churn.gguf", "model churn"]),
        ("bert-base", ["model bert-base", "thing outside:bert-base"]),
        (DIGEST, [f"version sha256:{DIGEST}"]),
        (f"sha256:{DIGEST}", [f"version sha256:{DIGEST}"]),
    ],
)  # fmt: skip
def test_a_base_is_read_in_the_ways_it_may_be_meant(text: str, forms: list[str]) -> None:
    """A version first, then a model, then something outside; a path means nothing outside."""
    ways = readings(Clue("derived_from", text, "its card"))
    assert [f"{way.form} {way.text}" for way in ways] == forms


TEXTS = st.text(max_size=60)


@given(st.dictionaries(TEXTS | st.sampled_from(["base_model", "datasets", "run_id"]), TEXTS), TEXTS)
def test_whatever_is_written_there_the_sentence_is_harmless(
    pairs: dict[str, str], name: str
) -> None:
    """Hostile keys and values give clues that can be shown, with a confidence from 0 to 1."""
    seen = Seen(name, (name,), pairs, pairs, (name,), (name,))
    for clue in clues(seen):
        assert is_harmless(clue.evidence)
        assert all(0 < way.confidence < 1 for way in readings(clue))


@given(st.floats(0, 1), st.floats(0, 1))
def test_the_more_tensors_are_shared_the_surer(one: float, other: float) -> None:
    """All of them is surer than any share, and a share is at most 99 % in words."""
    less, more = sorted((one, other))
    low, _ = of_weights(less, exact=False, reference="a:v1")
    high, why = of_weights(more, exact=False, reference="a:v1")
    sure, _ = of_weights(1.0, exact=True, reference="a:v1")
    assert 0 < low <= high <= sure < 1
    assert "100 %" not in why

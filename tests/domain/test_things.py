"""Things of a lineage: how each is written and read, and which kinds of edge join them."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelshelf.domain.errors import Invalid
from modelshelf.domain.things import (
    RULES,
    THING_MOST,
    Asked,
    Thing,
    check_edge,
    edges_of,
    is_outside,
    parse_thing,
    thing_of,
    thing_plain,
)
from tests.sentences import check_sentence

KINDS = ("version", "dataset", "code", "run", "features", "outside", "consumer")
WRITTEN = {
    "dataset:customers": Thing("dataset", "customers", "customers", "customers"),
    "dataset:customers@4": Thing("dataset", "customers 4", "customers", "customers 4"),
    "dataset: customers ": Thing("dataset", "customers", "customers", "customers"),
    "code:3f2a91c": Thing("code", "3f2a91c", "", "git 3f2a91c"),
    "run:8812": Thing("run", "8812", "8812", "run 8812"),
    "features:shop/basket@2": Thing("features", "shop/basket@2", "shop/basket", "shop/basket 2"),
    "features:basket": Thing("features", "basket", "basket", "basket"),
    "consumer:scoring-api": Thing("consumer", "scoring-api", "scoring-api", "scoring-api"),
    "hf:org/name@main": Thing("outside", "hf:org/name@main", "hf:org/name", "hf:org/name@main"),
    "https://x/m": Thing("outside", "https://x/m", "https://x/m", "https://x/m"),
    "outside:bert": Thing("outside", "bert", "bert", "bert"),
}


@pytest.mark.parametrize(("text", "thing"), WRITTEN.items(), ids=list(WRITTEN))
def test_a_thing_is_read_as_it_is_written(text: str, thing: Thing) -> None:
    """Each way of writing one leads to one kind, key, name and label."""
    asked = parse_thing(text)
    assert asked is not None
    assert thing_of(asked) == thing
    assert thing_plain(thing) == {
        "kind": thing.kind, "key": thing.key, "name": thing.name, "label": thing.label,
    }  # fmt: skip


@pytest.mark.parametrize("text", ["churn", "churn:v3", "churn@production", "sha256:ab12cd34", "x"])
def test_a_reference_is_no_thing(text: str) -> None:
    """What only a version can be called is left to whoever reads references."""
    assert parse_thing(text) is None
    assert not is_outside(text)


@pytest.mark.parametrize(
    "text",
    ["", "  ", "dataset:", "run: ", "a\x1b[31m", "dataset:\ud800", "d" * (THING_MOST + 1), None, 7],
)
def test_what_is_no_text_or_names_nothing_is_refused(text: object) -> None:
    """The refusal can be shown on any terminal."""
    with pytest.raises(Invalid) as refused:
        parse_thing(text)  # type: ignore[arg-type]
    check_sentence(refused.value)


LETTERS = st.characters(exclude_categories=["Cc", "Cs"])
TEXT = st.text(LETTERS, min_size=1, max_size=40).map(str.strip).filter(bool)


@given(st.sampled_from(["dataset", "code", "run", "consumer"]), TEXT)
def test_words_lead_back_to_the_same_thing(kind: str, text: str) -> None:
    """What a sentence calls a thing can be typed again, whatever is in it."""
    asked = parse_thing(f"{kind}:{text}")
    assert asked is not None
    again = parse_thing(asked.words)
    assert again == asked
    assert thing_of(again) == thing_of(asked)
    assert thing_of(asked).kind == kind


@given(TEXT, TEXT)
def test_a_data_set_is_the_same_however_it_is_told(name: str, version: str) -> None:
    """By hand and in the details of a version one name and version make one key."""
    asked = parse_thing(f"dataset:{name}@{version}")
    if asked is None or "@" in name or not name.strip() or name.startswith("sha256:"):
        return
    (edge,) = edges_of({"datasets": [{"name": asked.text.partition("@")[0],
                                      "version": asked.text.partition("@")[2]}]})  # fmt: skip
    assert edge == ("trained_on", thing_of(asked))


def test_a_version_goes_into_an_event_by_its_id() -> None:
    """Its label is for people; what it is called may change."""
    thing = Thing("version", "7", "churn", "churn:v3")
    assert thing_plain(thing) == {"kind": "version", "id": 7, "label": "churn:v3"}


JOINED = {
    ("version", "trained_on", "dataset"), ("outside", "trained_on", "dataset"),
    ("version", "evaluated_on", "dataset"), ("outside", "evaluated_on", "dataset"),
    *product(("version", "dataset", "features", "outside"), ["derived_from"],
             ("version", "dataset", "features", "outside")),
    *product(("version", "dataset", "features", "outside"), ["produced_by"],
             ("run", "version", "outside")),
    *product(("version", "dataset", "features", "outside", "run"), ["built_from"], ("code",)),
    ("version", "uses_features", "features"), ("outside", "uses_features", "features"),
    ("version", "consumed_by", "consumer"), ("outside", "consumed_by", "consumer"),
    ("dataset", "consumed_by", "consumer"),
}  # fmt: skip


def test_edges_join_what_the_words_say_and_nothing_else() -> None:
    """Every kind of edge between every two kinds of thing is allowed or refused with a sentence."""
    for subject, kind, target in product(KINDS, RULES, KINDS):
        if (subject, kind, target) in JOINED:
            assert check_edge(subject, kind, target).turned == (kind == "consumed_by")
            continue
        with pytest.raises(Invalid) as refused:
            check_edge(subject, kind, target)
        check_sentence(refused.value)


@pytest.mark.parametrize("kind", ["", "made of", "\x1b]0;x\x07", "x" * 500])
def test_a_kind_that_is_none_is_refused(kind: str) -> None:
    """The refusal names the kinds there are."""
    with pytest.raises(Invalid) as refused:
        check_edge("version", kind, "dataset")
    check_sentence(refused.value)
    assert "trained_on" in str(refused.value.required)


def test_nothing_is_its_own_origin_by_kind() -> None:
    """A consumer and a commit end a lineage: nothing comes from the one, the other from nothing."""
    for rule in RULES.values():
        children = rule.objects if rule.turned else rule.subjects
        parents = rule.subjects if rule.turned else rule.objects
        assert "code" not in children
        assert "consumer" not in parents


def test_an_asked_thing_says_itself() -> None:
    """An outside model is called by its address and needs no word before it."""
    assert Asked("outside", "hf:a/b").words == "hf:a/b"
    assert Asked("run", "8").words == "run:8"

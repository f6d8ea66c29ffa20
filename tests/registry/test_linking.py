"""Edges by hand: added, refused, taken away; and that hostile words change nothing."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest

from modelshelf.domain.errors import Conflict, Invalid, ModelshelfError, NotFound, Refused
from modelshelf.domain.provenance import Code, Dataset, Run
from modelshelf.registry import Registry, open_registry
from tests.conftest import Clock
from tests.registry.conftest import NewFile
from tests.sentences import check_sentence

DIGEST = "sha256:" + "d" * 64


@pytest.fixture
def shelf(registry: Registry, new_file: NewFile) -> Registry:
    """Return a registry with three versions of churn and one of risk/score."""
    for _ in range(3):
        registry.versions.register("churn", new_file())
    registry.versions.register("risk/score", new_file())
    return registry


def edges(shelf: Registry, thing: str) -> set[tuple[str, str, str, str]]:
    """Return the edges around a thing."""
    graph = shelf.lineage.of(thing, hops=9)
    return {(e.target, e.kind, e.source, e.origin) for e in graph.edges}


def refused(kind: type[ModelshelfError], use: Any, *words: str, **named: str) -> str:  # noqa: ANN401
    """Return the sentence with which a change is refused."""
    with pytest.raises(kind) as error:
        use(*words, **named)
    check_sentence(error.value)
    return str(error.value)


LINKS = [
    ("churn:v3", "trained_on", "dataset:customers@4", ("version:3", "dataset:customers 4")),
    ("churn:3", "evaluated_on", f"dataset:{DIGEST}", ("version:3", f"dataset:{DIGEST}")),
    ("churn:latest", "derived_from", "churn:v1", ("version:3", "version:1")),
    ("churn:v3", "derived_from", "hf:org/m@main", ("version:3", "outside:hf:org/m@main")),
    ("churn:v3", "produced_by", "run:8812", ("version:3", "run:8812")),
    ("churn:v3", "built_from", "code:3f2a91c", ("version:3", "code:3f2a91c")),
    ("churn:v3", "uses_features", "features:s/v@2", ("version:3", "features:s/v@2")),
    ("churn:v3", "consumed_by", "consumer:api", ("consumer:api", "version:3")),
    ("dataset:scores", "produced_by", "churn:v3", ("dataset:scores", "version:3")),
]


@pytest.mark.parametrize(("subject", "kind", "target", "ends"), LINKS)
def test_a_link_is_there_until_it_is_taken_away(
    shelf: Registry, subject: str, kind: str, target: str, ends: tuple[str, str]
) -> None:
    """It leads the way of time, its entry names the version, and nothing else changes."""
    before = shelf.versions.detail("churn:v3")
    entry = shelf.audit.get(shelf.lineage.link(subject, kind, target, reason="seen"))
    assert edges(shelf, "churn:v3") == {(ends[0], kind, ends[1], "hand")}
    assert (entry.subject, entry.body["version_id"], entry.body["number"]) == ("churn:v3", 3, 3)
    assert entry.sentence.endswith("“seen”")
    assert refused(Conflict, shelf.lineage.link, subject, kind, target).endswith(
        "is there already: somebody linked them."
    )
    shelf.lineage.unlink(subject, kind, target, reason="wrong")
    assert edges(shelf, "churn:v3") == set()
    assert shelf.versions.detail("churn:v3") == before
    refused(NotFound, shelf.lineage.unlink, subject, kind, target, reason="again")
    assert shelf.audit.verify().whole


def test_what_a_version_says_itself_is_amended_and_not_unlinked(shelf: Registry) -> None:
    """The refusal tells the command; the other way round it cannot be linked again."""
    shelf.versions.amend(
        "churn:v2", datasets=[Dataset("d")], base="churn:v1", run=Run("9"), code=Code(commit="abcd")
    )
    told = [
        ("trained_on", "dataset:d", "--dataset"), ("derived_from", "churn:v1", "--base"),
        ("produced_by", "run:9", "--run"), ("built_from", "code:abcd", "--code-commit"),
    ]  # fmt: skip
    for kind, target, option in told:
        assert option in refused(
            Refused, shelf.lineage.unlink, "churn:v2", kind, target, reason="r"
        )
        said = refused(Conflict, shelf.lineage.link, "churn:v2", kind, target)
        assert said.endswith("the version says so itself.")


def test_amending_leaves_links_by_hand_alone(shelf: Registry) -> None:
    """New data sets replace those that were told before, and not the one that somebody added."""
    shelf.versions.amend("churn:v1", datasets=[Dataset("a")], code=Code(commit="abcd"))
    shelf.lineage.link("churn:v1", "trained_on", "dataset:b")
    shelf.lineage.link("churn:v1", "built_from", "code:beef")
    shelf.versions.amend("churn:v1", datasets=[Dataset("c")], code=Code(commit="cafe"))
    assert {(s, o) for _t, _k, s, o in edges(shelf, "churn:v1")} == {
        ("dataset:b", "hand"), ("dataset:c", "told"), ("code:beef", "hand"), ("code:cafe", "told"),
    }  # fmt: skip


def test_a_circle_is_refused_however_long(shelf: Registry) -> None:
    """Told and added edges count alike, over data sets and models outside too."""
    link = shelf.lineage.link
    assert "made from itself" in refused(Invalid, link, "churn:v1", "derived_from", "churn:1")
    shelf.versions.amend("churn:v2", base="churn:v1")
    link("dataset:scores", "produced_by", "churn:v2")
    link("churn:v3", "trained_on", "dataset:scores")
    link("hf:o/m", "derived_from", "churn:v3")
    head = shelf.audit.head()
    for words in (
        ("churn:v1", "derived_from", "hf:o/m"),
        ("churn:v1", "trained_on", "dataset:scores"),
        ("dataset:scores", "derived_from", "dataset:scores"),
        ("churn:v1", "derived_from", "churn:v2"),
    ):
        refused(Invalid, link, *words)
    assert shelf.audit.head() == head


def test_a_registry_keeps_no_islands(shelf: Registry) -> None:
    """Of two things that nothing is known of, none is linked until one of them is known."""
    words = ("dataset:clean", "derived_from", "dataset:raw")
    assert "nothing is known of clean and of raw" in refused(Invalid, shelf.lineage.link, *words)
    shelf.lineage.link("churn:v1", "trained_on", "dataset:clean")
    entry = shelf.audit.get(shelf.lineage.link(*words))
    assert (entry.subject, "model_id" in entry.body) == ("clean", False)
    assert ("dataset:clean", "derived_from", "dataset:raw", "hand") in edges(shelf, "churn:v1")


def test_a_name_that_fits_several_things_is_asked_back(shelf: Registry) -> None:
    """Which data set is meant is never guessed."""
    shelf.lineage.link("churn:v1", "trained_on", "dataset:c@1")
    shelf.lineage.link("churn:v2", "trained_on", "dataset:c@2")
    assert "fits 2 things" in refused(
        Conflict, shelf.lineage.link, "churn:v3", "trained_on", "dataset:c"
    )
    shelf.lineage.link("churn:v3", "trained_on", "dataset:c@2")
    assert len(edges(shelf, "dataset:c@2")) == 2


def test_a_link_follows_a_model_to_its_new_name(shelf: Registry) -> None:
    """The edge is between versions, whatever they are called."""
    shelf.lineage.link("churn:v2", "derived_from", "risk/score:v1")
    shelf.models.rename("risk/score", "risk/points")
    refused(Conflict, shelf.lineage.link, "churn:v2", "derived_from", "risk/score:v1")
    shelf.lineage.unlink("churn:v2", "derived_from", "risk/points:v1", reason="r")
    assert edges(shelf, "churn:v2") == set()


HOSTILE: list[Any] = [
    "", " ", "\x1b[31m", "\ud800", "x" * 10_000, "dataset:", "dataset:\0", "churn", "churn:v99",
    "nobody:v1", "'; DROP TABLE edge; --:v1", None, 7, b"churn:v1", ["churn:v1"],
]  # fmt: skip


@pytest.mark.parametrize("use", ["link", "unlink", "reject"])
def test_hostile_words_are_refused_and_change_nothing(shelf: Registry, use: str) -> None:
    """At every place of the sentence, before anything is written."""
    act, head = getattr(shelf.lineage, use), shelf.audit.head()
    good = ("churn:v1", "trained_on", "dataset:d")
    for text, place in product(HOSTILE, range(3)):
        words = [text if n == place else word for n, word in enumerate(good)]
        with pytest.raises((Invalid, NotFound)) as error:
            act(*words, reason="r")
        check_sentence(error.value)
    for reason in ("\x1b[31m", "\ud800", "x" * 10_000, None, 7):
        with pytest.raises(Invalid) as error:
            act(*good, reason=reason)
        check_sentence(error.value)
    assert shelf.audit.head() == head


@pytest.mark.parametrize("name", ["<b>[red]x[/]", "a'b\"c; --", "%s{0}", "名前 é", "a\u202eb"])
def test_odd_names_are_kept_as_data(shelf: Registry, name: str) -> None:
    """What may be stored is stored, found again, and shown harmlessly."""
    for kind, prefix in (
        ("trained_on", "dataset"),
        ("produced_by", "run"),
        ("consumed_by", "consumer"),
    ):
        entry = shelf.audit.get(shelf.lineage.link("churn:v1", kind, f"{prefix}:{name}"))
        assert "\u202e" not in entry.sentence
        shelf.lineage.unlink("churn:v1", kind, f"{prefix}:{name}", reason="r")
    assert shelf.audit.verify().whole


def test_the_past_is_not_changed(shelf: Registry) -> None:
    """A registry as of an entry links nothing."""
    with shelf.at(3) as past:
        for use in ("link", "unlink", "reject"):
            with pytest.raises(Refused, match="the past cannot be changed"):
                getattr(past.lineage, use)("churn:v1", "trained_on", "dataset:d", reason="r")


ROLES = """
[roles]
viewer = ["vic"]
contributor = ["con", { who = ["ravi"], models = ["risk/*"] }]
"""


def test_a_limited_role_links_its_own_models_only(
    shelf: Registry, new_file: NewFile, clock: Clock
) -> None:
    """Every version in it must be theirs; without one it belongs to the whole registry."""
    shelf.versions.register("risk/score", new_file())
    root = shelf.path
    (root / "modelshelf.toml").write_text(ROLES, "utf-8")
    own = ("risk/score:v2", "derived_from", "risk/score:v1")
    for who, words, may in (
        ("vic", own, False),
        ("ravi", own, True),
        ("con", ("churn:v1", "trained_on", "dataset:d"), True),
        ("ravi", ("risk/score:v1", "trained_on", "dataset:d"), True),
        ("ravi", ("churn:v1", "evaluated_on", "dataset:d"), False),
        ("ravi", ("risk/score:v1", "derived_from", "churn:v1"), False),
        ("ravi", ("churn:v1", "derived_from", "risk/score:v1"), False),
        ("ravi", ("dataset:x", "derived_from", "dataset:d"), False),
    ):
        with open_registry(root, actor=who, clock=clock) as opened:
            if may:
                opened.lineage.link(*words)
            else:
                for use in ("link", "unlink", "reject"):
                    said = refused(Refused, getattr(opened.lineage, use), *words, reason="r")
                    assert f"{who} may not {use}" in said

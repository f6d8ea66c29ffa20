"""Taking links back: what undo does with edges, told and by hand."""

from __future__ import annotations

from typing import Any

import pytest

from modelshelf.domain.errors import Refused
from modelshelf.domain.provenance import Code, Dataset, Run
from modelshelf.registry import Registry, open_registry
from tests.conftest import Clock
from tests.registry.conftest import NewFile
from tests.registry.linked import edges, head, said


@pytest.fixture
def shelf(registry: Registry, new_file: NewFile) -> Registry:
    """Return a registry with three versions of churn."""
    for _ in range(3):
        registry.versions.register("churn", new_file())
    return registry


LINKS = [
    ("churn:v1", "trained_on", "dataset:d"),
    ("churn:v2", "derived_from", "churn:v1"),
    ("churn:v1", "consumed_by", "consumer:api"),
    ("dataset:known", "derived_from", "dataset:raw"),  # about no version
    ("hf:o/m", "derived_from", "churn:v1"),
]


@pytest.mark.parametrize("words", LINKS)
def test_a_link_goes_and_comes_and_goes(shelf: Registry, words: tuple[str, str, str]) -> None:
    """Taking back the taking back has it again, and every number along the way is the one meant."""
    shelf.lineage.link("churn:v3", "trained_on", "dataset:known")
    before = edges(shelf)
    entry = shelf.lineage.link(*words)
    linked = edges(shelf)
    assert len(linked - before) == 1
    plan = shelf.undo.plan()
    (gone,) = shelf.undo.take_back(reason="oops")
    assert (plan.entry.seq, edges(shelf)) == (entry, before)
    assert gone.body["undoes"] == entry
    assert gone.sentence == f"{plan.sentences[0]}: “oops”"
    assert f"entry {gone.seq} took it back already" in said(shelf, entry)
    (again,) = shelf.undo.take_back(gone.seq)
    assert edges(shelf) == linked
    shelf.undo.take_back(entry)
    assert edges(shelf) == before
    assert f"changed again since, in entry {head(shelf)}" in said(shelf, again.seq)
    assert shelf.audit.verify().whole
    with shelf.at(again.seq) as then:
        assert edges(then) == linked
    shelf.upkeep.rebuild()
    assert edges(shelf) == before


@pytest.mark.parametrize("words", LINKS)
def test_what_was_unlinked_since_names_the_entry(
    shelf: Registry, words: tuple[str, str, str]
) -> None:
    """A link that is gone is not taken away, one that is there again is not put back."""
    shelf.lineage.link("churn:v3", "trained_on", "dataset:known")
    first = shelf.lineage.link(*words)
    second = shelf.lineage.unlink(*words, reason="r")
    assert f"changed again since, in entry {second}" in said(shelf, first)
    third = shelf.lineage.link(*words)
    assert f"changed again since, in entry {third}" in said(shelf, second)
    assert words[1] in said(shelf, second)
    shelf.undo.take_back(third)
    shelf.undo.take_back(second)
    shelf.undo.take_back(first)
    assert len(edges(shelf)) == 1


def test_a_link_that_would_make_a_circle_does_not_come_back(shelf: Registry) -> None:
    """Over told edges, and over things that are no versions."""
    unlinked: list[int] = []
    for words in (
        ("churn:v2", "derived_from", "churn:v1"),
        ("churn:v1", "trained_on", "dataset:d"),
    ):
        shelf.lineage.link(*words)
        unlinked.append(shelf.lineage.unlink(*words, reason="r"))
    shelf.versions.amend("churn:v1", base="churn:v2")
    shelf.lineage.link("dataset:d", "produced_by", "churn:v1")
    assert "churn:v1 was made from churn:v2 since" in said(shelf, unlinked[0])
    assert "d was made from churn:v1 since" in said(shelf, unlinked[1])


def test_the_new_entry_calls_things_by_their_present_names(shelf: Registry) -> None:
    """Ids stay, names move."""
    entry = shelf.lineage.link("churn:v2", "derived_from", "churn:v1")
    shelf.models.rename("churn", "leavers")
    (made,) = shelf.undo.take_back(entry)
    assert made.sentence.startswith("took away the link leavers:v2 derived from leavers:v1")
    assert (made.subject, made.body["model"]) == ("leavers:v2", "leavers")


def test_a_rejection_stands(shelf: Registry) -> None:
    """It says what to do instead, also to who gives no number."""
    shelf.versions.tag("churn:v1", set={"run_id": "8812"})
    entry = shelf.lineage.reject("churn:v1", "produced_by", "run:8812")
    assert said(shelf, entry).endswith(
        "is rejected for good. If the link is right after all, add it: modelshelf link."
    )
    assert shelf.undo.plan().entry.seq == entry


class TestAmended:
    def test_bases_come_back_with_the_versions_they_name(self, shelf: Registry) -> None:
        """After undo and redo the graph is what it was, whatever a version is called by then."""
        shelf.versions.amend("churn:v3", bases=["churn:v1", "hf:o/m"])
        one = edges(shelf)
        shelf.versions.amend("churn:v3", bases=["churn:v2", "hf:o/n"])
        two = edges(shelf)
        assert one != two
        shelf.models.rename("churn", "leavers")
        (made,) = shelf.undo.take_back(head(shelf) - 1)
        assert made.body["base_ids"] == {"churn:v1": 1}
        assert edges(shelf) == one
        (again,) = shelf.undo.take_back(made.seq)
        assert again.body["base_ids"] == {"churn:v2": 2}
        assert edges(shelf) == two
        assert shelf.audit.verify().whole

    def test_first_bases_go_again(self, shelf: Registry) -> None:
        """What was not there before is gone, and comes again."""
        entry = head(shelf) + 1
        shelf.versions.amend("churn:v3", bases=["churn:v1", "hf:o/m"])
        there = edges(shelf)
        (made,) = shelf.undo.take_back(entry)
        assert edges(shelf) == set()
        assert shelf.versions.detail("churn:v3").bases == ()
        shelf.undo.take_back(made.seq)
        assert edges(shelf) == there

    @pytest.mark.parametrize(
        ("first", "second"),
        [
            ({"bases": ["churn:v2"]}, {"bases": ["hf:o/m"]}),
            ({"base": "churn:v2"}, {"base": "churn:v3"}),
            ({"datasets": [Dataset("d")]}, {"datasets": [Dataset("e")]}),
        ],
    )
    def test_an_origin_that_came_from_it_since(
        self, shelf: Registry, first: dict[str, Any], second: dict[str, Any]
    ) -> None:
        """Whatever field names it, it does not come back."""
        shelf.versions.amend("churn:v1", **first)
        shelf.versions.amend("churn:v1", **second)
        entry, seq = head(shelf), shelf.lineage.link
        seq("churn:v2", "derived_from", "churn:v1")
        if "datasets" in first:
            seq("dataset:d", "produced_by", "churn:v2")
        assert "was made from churn:v1 since" in said(shelf, entry)

    def test_a_base_that_was_taken_off_and_would_make_a_circle(self, shelf: Registry) -> None:
        """Taking back the taking back is asked the same."""
        shelf.versions.amend("churn:v1", base="churn:v2")
        (off,) = shelf.undo.take_back()
        shelf.versions.amend("churn:v2", base="churn:v1")
        assert "churn:v2 was made from churn:v1 since" in said(shelf, off.seq)

    def test_links_by_hand_stay_when_the_same_is_taken_back(self, shelf: Registry) -> None:
        """Run, code and data sets that were told go; what somebody added to them does not."""
        hand = [
            ("produced_by", "run:2"), ("built_from", "code:beef"), ("trained_on", "dataset:b"),
            ("derived_from", "churn:v2"),
        ]  # fmt: skip
        for kind, target in hand:
            shelf.lineage.link("churn:v1", kind, target)
        before = edges(shelf)
        shelf.versions.amend(
            "churn:v1", run=Run("1"), code=Code(commit="abcd"), datasets=[Dataset("a")],
            bases=["churn:v3"],
        )  # fmt: skip
        assert len(edges(shelf)) == 8
        shelf.undo.take_back(head(shelf))
        assert edges(shelf) == before


def test_who_may_link_may_take_it_back(shelf: Registry, clock: Clock) -> None:
    """A link between things that are no versions is the whole registry's."""
    shelf.lineage.link("churn:v1", "trained_on", "dataset:d")
    free = shelf.lineage.link("dataset:d", "derived_from", "dataset:raw")
    roles = '[roles]\nviewer = ["vic"]\ncontributor = [{ who = ["ravi"], models = ["churn"] }]\n'
    (shelf.path / "modelshelf.toml").write_text(roles, "utf-8")
    for who, entry, may in (
        ("vic", free - 1, False),
        ("ravi", free, False),
        ("ravi", free - 1, True),
    ):
        with open_registry(shelf.path, actor=who, clock=clock) as opened:
            if may:
                assert opened.undo.take_back(entry)
            else:
                with pytest.raises(Refused, match="may not take back"):
                    opened.undo.take_back(entry)

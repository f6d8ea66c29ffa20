"""Cards of real versions: made, their history, what changed, how complete, now and in the past."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
import yaml

from modelshelf.domain.cards.reading import split
from modelshelf.domain.errors import Invalid, NotFound
from modelshelf.domain.provenance import Code, Dataset
from modelshelf.registry import Registry, carding, open_registry
from tests.furnished import furnished, model_file
from tests.registry.asking import refused
from tests.registry.conftest import NewFile

CHURN = "risk/churn:1"


@pytest.fixture
def shelf(registry: Registry, new_file: NewFile) -> Registry:
    """Return a registry with a version that has no card."""
    registry.versions.register("churn", new_file(), metrics={"auc": 0.9})
    return registry


def write(registry: Registry, *cards: str) -> list[int]:
    """Write cards of the first version one after another; return the numbers of their entries."""
    made = []
    for card in cards:
        registry.versions.amend("churn:1", card=card)
        made.append(registry.audit.entries(limit=1)[0].seq)
    return made


def test_a_card_is_made_from_the_whole_registry(tmp_path: Path) -> None:
    """Head, sections and history of a version with a story; the same each time, and no entry."""
    with furnished(tmp_path) as registry:
        head_before = registry.audit.entries(limit=1)[0].seq
        card = registry.cards.render(CHURN)
        assert registry.cards.render(CHURN) == card
        told = yaml.safe_load(split(card)[0])
        assert told["datasets"] == ["churn-2026"]
        assert told["model-index"][0]["name"] == "risk/churn:v1"
        assert "- **Owner:** ravi" in card
        assert "| `auc` | 0.91 | higher (by its name) | unknown |" in card
        assert "production by ana with 80 %: errors up" in card
        assert "Now: production 80 %, staging 100 %." in card
        assert "# Churn" not in card  # a person's words are in the person's card
        assert registry.audit.entries(limit=1)[0].seq == head_before


def test_every_version_of_a_furnished_registry_has_a_card_now_and_then(tmp_path: Path) -> None:
    """At each entry of the log at which a version was there, its card can be made and judged."""
    with furnished(tmp_path) as registry:
        last = registry.audit.entries(limit=1)[0].seq
        for seq in range(4, last + 1, 5):
            past = registry.at(seq)
            assert past.cards.render(CHURN).startswith("---\n")
            assert past.cards.score(CHURN).percent > 0


def test_the_card_of_then_is_made_as_of_then(shelf: Registry) -> None:
    """What came later is not in the card of an earlier moment."""
    before = shelf.audit.entries(limit=1)[0].seq
    past = shelf.cards.render("churn:1")
    shelf.versions.amend("churn:1", metrics={"f1": 0.5}, description="later")
    shelf.promotions.promote("churn:1", "staging", reason="try")
    shelf.models.describe("churn", owner="li")
    assert shelf.at(before).cards.render("churn:1") == past
    assert "later" in shelf.cards.render("churn:1")


def test_the_history_is_every_text_newest_first(shelf: Registry, new_file: NewFile) -> None:
    """Registered, amended, undone: each with its entry and person; other amendments are none."""
    assert shelf.cards.history("churn:1") == ()
    entries = write(shelf, "# One\n", "# Two\n")
    shelf.versions.amend("churn:1", metrics={"f1": 0.5})
    found = shelf.cards.history("churn:1")
    assert [(c.seq, c.text, c.actor) for c in found] == [
        (entries[1], "# Two\n", "ana"),
        (entries[0], "# One\n", "ana"),
    ]
    shelf.undo.take_back(entries[1], reason="no")
    shelf.undo.take_back(entries[0], reason="no")
    assert [c.text for c in shelf.cards.history("churn:1")][:2] == ["", "# One\n"]
    assert shelf.versions.detail("churn:1").card == ""
    shelf.versions.register("churn", new_file(), card="# Of two\n")
    assert [c.text for c in shelf.cards.history("churn:2")] == ["# Of two\n"]
    assert [c.text for c in shelf.at(entries[1]).cards.history("churn:1")] == ["# Two\n", "# One\n"]
    assert shelf.audit.verify().whole


def test_a_diff_is_to_the_text_before_to_an_entry_or_to_another_version(
    shelf: Registry, new_file: NewFile
) -> None:
    """Unified, with what is compared named in its head; empty where nothing differs."""
    assert shelf.cards.diff("churn:1") == ""
    first, second, third = write(shelf, "# A\none\n", "# A\ntwo\n", "# A\none\nthree")
    assert shelf.cards.diff("churn:1") == (
        f"--- churn:v1 (entry {second})\n+++ churn:v1 (entry {third})\n"
        "@@ -1,2 +1,3 @@\n # A\n-two\n+one\n+three\n\\ No newline at end of file\n"
    )
    assert "-one" not in shelf.cards.diff("churn:1", since=first)
    assert shelf.cards.diff("churn:1", since=third) == ""
    shelf.versions.register("churn", new_file(), card="# A\none\nthree")
    assert shelf.cards.diff("churn:1", other="churn:2") == ""
    shelf.versions.amend("churn:2", card="# B\n")
    assert "--- churn:v2\n+++ churn:v1\n" in shelf.cards.diff("churn:1", other="churn:2")
    assert shelf.cards.diff("churn:2", since=None).startswith("--- churn:v2 (entry ")


def test_what_cannot_be_compared_is_a_sentence(shelf: Registry) -> None:
    """An entry that set no card, two things to compare with, and names that fit nothing."""
    write(shelf, "# A\n")
    assert "--history" in refused(lambda: shelf.cards.diff("churn:1", since=1), NotFound)
    refused(lambda: shelf.cards.diff("churn:1", since=1, other="churn:1"), Invalid)
    refused(lambda: shelf.cards.diff("churn:1", other="churn:9"), NotFound)
    for ask in (shelf.cards.render, shelf.cards.history, shelf.cards.diff, shelf.cards.score):
        refused(lambda ask=ask: ask("nobody:1"), NotFound)  # type: ignore[misc]


def test_long_cards_are_compared_in_one_piece(
    shelf: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Beyond the lines in which changes are looked for, the middle counts as changed."""
    monkeypatch.setattr(carding, "_LINES_MOST", 5)
    lines = [str(n) for n in range(10)]
    write(shelf, "\n".join(lines) + "\n", "\n".join([*lines[:4], "x", *lines[5:]]) + "\n")
    body = shelf.cards.diff("churn:1").partition("@@\n")[2]
    assert body == " 1\n 2\n 3\n-4\n+x\n 5\n 6\n 7\n"
    assert "@@ -2,7 +2,7 @@" in shelf.cards.diff("churn:1")


def test_the_largest_cards_that_differ_everywhere_are_compared(shelf: Registry) -> None:
    """Half a million lines against as many others: nobody waits for the shortest difference."""
    write(shelf, "a\nb\n" * 200_000, "b\nc\n" * 200_000)
    assert shelf.cards.diff("churn:1").count("\n") > 700_000


def test_the_score_knows_card_head_and_registry(shelf: Registry) -> None:
    """Each item is said by the card, by the registry, or has a hint."""
    assert {i.name for i in shelf.cards.score("churn:1").items if i.said} == {"metrics"}
    shelf.models.describe("churn", owner="li")
    shelf.versions.amend(
        "churn:1",
        card="---\nlicense: mit\n---\n# Churn\n\n## Intended use\n\nRanking.\n\n## Limits\n\nTBD\n",
        code=Code("git@host:churn"),
        datasets=[Dataset("customers"), Dataset("holdout", "evaluated_on")],
    )
    found = {i.name: i.where for i in shelf.cards.score("churn:1").items if i.said}
    assert found == {
        "licence": "card", "intended use": "card", "training data": "registry",
        "evaluation data": "registry", "metrics": "registry", "owner": "registry",
        "code": "registry",
    }  # fmt: skip
    assert shelf.cards.score("churn:1").percent == 58
    shelf.versions.amend("churn:1", card="---\n*alias: [\n---\n# A\n")
    assert not shelf.cards.score("churn:1").items[0].said


def test_a_body_that_another_hand_edited_is_no_card(shelf: Registry) -> None:
    """A number where the text was, and bytes that are no JSON, are stepped over."""
    first, second, third = write(shelf, "# A\n", "# B\n", "# C\n")
    shelf.close()
    connection = sqlite3.connect(shelf.path / "catalog.db")
    for (name,) in connection.execute(
        "SELECT name FROM sqlite_master WHERE type = 'trigger'"
    ).fetchall():
        connection.execute(f'DROP TRIGGER "{name}"')
    connection.execute(
        "UPDATE audit SET body = json_set(body, '$.details.card', 7) WHERE seq = ?", (first,)
    )
    connection.execute("UPDATE audit SET body = '{' WHERE seq = ?", (second,))
    connection.commit()
    connection.close()
    with open_registry(shelf.path) as again:
        assert [c.seq for c in again.cards.history("churn:1")] == [third]
        assert not again.audit.verify().whole


def test_hostile_texts_of_a_version_stay_texts(registry: Registry, tmp_path: Path) -> None:
    """What the registry took in is shown as it is, in a card whose head is one document."""
    evil = "---\n# x | <script>alert(1)</script> [a](javascript:b) *c*"
    registry.versions.register(
        "churn",
        model_file(tmp_path, 1),
        description=evil,
        tags={"team": "--- | `x`"},
        params={"lr": "<b>|</b>"},
        datasets=[Dataset("a | b <i>", version="{x: &y}", license="!!python/object:x")],
        code=Code("git@host:<x>|`y`", command=("python", "a b", "`z`")),
    )
    card = registry.cards.render("churn:1")
    head, body = split(card)
    assert yaml.safe_load(head)["datasets"] == ["a | b <i>"]
    assert "<script>" not in body.replace("\\<script", "")
    assert body.count("\n# ") == 1

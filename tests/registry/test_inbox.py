"""The inbox: its lines, and what people decide about them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from modelshelf.domain.errors import Conflict, Invalid, NotFound, Refused
from modelshelf.formats.interface import Surveyed
from modelshelf.registry.inbox import Inbox
from tests.registry.drops import BAD, Shelf, events, quarantine_bad, weights, whole
from tests.sentences import check_sentence

posix_only = pytest.mark.skipif(os.name == "nt", reason="Windows has no such names or files")


@pytest.fixture
def shelf(tmp_path: Path) -> Iterator[Shelf]:
    """Make a registry with an inbox."""
    made = Shelf(tmp_path / "registry")
    yield made
    made.registry.close()


@pytest.fixture
def bad(shelf: Shelf) -> Inbox:
    """Quarantine a file with a sidecar, and return the inbox."""
    return quarantine_bad(shelf)


class TestLines:
    def test_each_line_has_a_number_that_stays(self, shelf: Shelf) -> None:
        """Through every state, and in every list."""
        shelf.drop("churn/m.safetensors")
        shelf.sweep()
        (waiting,) = shelf.registry.inbox.lines()
        shelf.settle()
        (taken,) = shelf.registry.inbox.lines()
        assert (waiting.state, taken.state) == ("waiting", "taken")
        assert waiting.id == taken.id == 1
        assert shelf.registry.inbox.get(1) == taken
        assert taken.size == len(weights())

    def test_they_are_asked_for_by_state_and_counted(self, shelf: Shelf, bad: Inbox) -> None:
        """Quarantined ones are refused ones that are kept apart."""
        shelf.drop("churn/ok.safetensors")
        shelf.drop("bad name!/m.safetensors", weights(2))
        shelf.settle()
        assert {s.path for s in bad.lines("refused")} == {
            "inbox/churn/m.pkl",
            "inbox/bad name!/m.safetensors",
        }
        assert [s.path for s in bad.lines("quarantined")] == ["inbox/churn/m.pkl"]
        assert len(bad.lines(limit=1)) == 1
        counts = {state: n for state, n in bad.counts().items() if n}
        assert counts == {"taken": 1, "refused": 2, "quarantined": 1}
        with pytest.raises(Invalid, match="no state"):
            bad.lines("lost")  # type: ignore[arg-type]

    def test_pages_follow_each_other_and_a_text_is_found(self, shelf: Shelf) -> None:
        """Every line comes once, newest first; letter case does not count, and `%` is itself."""
        for number in range(7):
            shelf.drop(f"churn/M{number}.safetensors", weights(number))
        shelf.drop("fraud/50%.safetensors", weights(50))
        shelf.settle()
        inbox = shelf.registry.inbox
        whole, walked = inbox.lines(), list(inbox.lines(limit=3))
        while page := inbox.lines(limit=3, after=walked[-1]):
            walked += page
        assert [seen.id for seen in walked] == [seen.id for seen in whole]
        assert len(whole) == 8
        assert [seen.path for seen in inbox.lines(text="m3.SAFE")] == ["inbox/churn/M3.safetensors"]
        assert [seen.path for seen in inbox.lines(text="0%")] == ["inbox/fraud/50%.safetensors"]
        assert [seen.reference for seen in inbox.lines("taken", text="fraud:v")] == ["fraud:v1"]
        assert inbox.lines("refused", text="churn") == ()
        with pytest.raises(Invalid, match="cannot be kept"):
            inbox.lines(text="\x1b[2J")

    def test_a_line_stays_when_its_file_is_kept_apart(self, shelf: Shelf, bad: Inbox) -> None:
        """What nobody took in is forgotten when it goes; this did not go by itself."""
        for _again in range(2):
            shelf.sweep(60)
        assert [s.state for s in bad.lines()] == ["refused"]

    @pytest.mark.parametrize("which", ["x", "", "-1", "1.5", "٣", 0, -1, True, 10**400, "9" * 30])
    def test_what_names_no_line_is_refused(self, bad: Inbox, which: int | str) -> None:
        """With a sentence."""
        with pytest.raises(Invalid) as found:
            bad.release(which, reason="x")
        check_sentence(found.value)

    def test_a_line_or_number_that_is_not_there(self, bad: Inbox) -> None:
        """Says so."""
        with pytest.raises(NotFound, match="no line 99"):
            bad.get(99)
        for act in (bad.release, bad.discard):
            with pytest.raises(NotFound, match="quarantine:99"):
                act("quarantine:99", reason="x")
        with pytest.raises(NotFound):
            bad.quarantined_one(99)


class TestRetry:
    def test_what_is_still_bad_comes_back_under_its_number(self, shelf: Shelf, bad: Inbox) -> None:
        """It was put back, looked at, and kept apart again; there is one record of it."""
        assert bad.retry(1).state == "waiting"
        assert shelf.lying() == {"churn/m.pkl", "churn/m.pkl.json"}
        shelf.settle()
        assert [q.number for q in bad.quarantined()] == [1]
        assert shelf.lying() == set()
        assert events(shelf.registry).count("artifact.quarantined") == 1
        assert whole(shelf)

    def test_what_is_good_now_is_taken_and_closed(
        self, shelf: Shelf, bad: Inbox, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A scan that learned better needs no release by hand."""
        from modelshelf.domain.inspection import Inspection
        from modelshelf.registry.arrival import arriving

        bad.retry(1)
        monkeypatch.setattr(arriving, "survey", lambda _source: Surveyed(Inspection("pickle")))
        assert shelf.settle().taken
        assert shelf.references() == ["churn:v1"]
        kept = bad.quarantined_one(1)
        assert (kept.state, kept.version) == ("released", "churn:v1")
        assert whole(shelf)

    def test_it_never_overwrites_what_lies_there(self, shelf: Shelf, bad: Inbox) -> None:
        """A file of that name is in the way."""
        file = shelf.drop("churn/m.pkl", b"mine")
        with pytest.raises(Conflict, match="there again"):
            bad.retry(1)
        assert file.read_bytes() == b"mine"

    @posix_only
    def test_the_way_back_cannot_be_bent(self, shelf: Shelf, bad: Inbox, tmp_path: Path) -> None:
        """A folder that has become a link leads nowhere."""
        (tmp_path / "elsewhere").mkdir()
        (shelf.inbox / "churn").rmdir()
        (shelf.inbox / "churn").symlink_to(tmp_path / "elsewhere")
        with pytest.raises(Refused, match="over a link"):
            bad.retry(1)
        assert list((tmp_path / "elsewhere").iterdir()) == []

    def test_a_refused_file_is_looked_at_again(self, shelf: Shelf) -> None:
        """Although nothing about it changed."""
        shelf.drop("old/m.safetensors", weights(1))
        shelf.settle()
        shelf.registry.models.retire("old", reason="x")
        shelf.drop("old/n.safetensors", weights(2))
        (refused,) = shelf.settle().refused
        shelf.registry.models.restore("old", reason="y")
        assert shelf.sweep(60).refused
        inbox = shelf.registry.inbox
        (line,) = inbox.lines("refused")
        assert line == refused
        inbox.retry(line.id)
        assert shelf.sweep(5).taken

    def test_what_was_taken_in_is_not_retried(self, shelf: Shelf) -> None:
        """It is a version."""
        shelf.drop("churn/m.safetensors")
        shelf.settle()
        for act in (shelf.registry.inbox.retry, lambda n: shelf.registry.inbox.point(n, "x")):
            with pytest.raises(Conflict, match="taken in already"):
                act(1)

    def test_in_place_it_is_looked_at_where_it_is(self, tmp_path: Path) -> None:
        """And stays one record."""
        shelf = Shelf(tmp_path / "r", '[[drop_folders]]\npath = "inbox"\nkeep = "copy"\n')
        shelf.drop("churn/m.pkl", BAD)
        shelf.settle()
        shelf.registry.inbox.retry(1)
        assert shelf.settle().refused
        assert [q.number for q in shelf.registry.inbox.quarantined(None)] == [1]
        shelf.registry.close()


class TestPoint:
    def test_it_wins_over_the_folder(self, shelf: Shelf) -> None:
        """And over a name that no model can have."""
        shelf.drop("bad name!/m.safetensors")
        shelf.settle()
        (line,) = shelf.registry.inbox.lines("refused")
        pointed = shelf.registry.inbox.point(line.id, "churn")
        assert (pointed.state, pointed.model) == ("waiting", "churn")
        assert shelf.sweep(5).taken
        assert shelf.references() == ["churn:v1"]
        assert shelf.registry.inbox.get(line.id).model == ""

    def test_what_belongs_to_no_model_can_be_given_one(self, shelf: Shelf) -> None:
        """Where it lies."""
        shelf.drop("m.safetensors")
        (ignored,) = shelf.settle().ignored
        assert "no model" in ignored.reason
        (line,) = shelf.registry.inbox.lines("ignored")
        shelf.registry.inbox.point(line.id, "churn")
        shelf.settle()
        assert shelf.references() == ["churn:v1"]

    def test_a_waiting_one_remembers_it(self, shelf: Shelf) -> None:
        """Through every look until it is finished."""
        shelf.drop("churn/m.safetensors")
        shelf.sweep()
        shelf.registry.inbox.point(1, "other")
        shelf.sweep(1)
        shelf.settle()
        assert shelf.references("other") == ["other:v1"]

    def test_a_name_that_no_model_can_have_is_refused(self, bad: Inbox) -> None:
        """At once."""
        with pytest.raises(Invalid, match="model name"):
            bad.point(1, "no name!")


class TestThePast:
    def test_it_is_read_and_not_changed(self, shelf: Shelf, bad: Inbox) -> None:
        """What was in quarantine then; decisions are for now."""
        held = shelf.registry.audit.head()[0]
        bad.discard(1, reason="x")
        past = shelf.registry.at(held)
        then = past.inbox.quarantined_one(1)
        assert (then.state, bad.quarantined_one(1).state) == ("held", "discarded")
        assert past.inbox.quarantined() == (then,)
        for act in (
            past.inbox.lines,
            past.inbox.counts,
            lambda: past.inbox.retry(1),
            lambda: past.inbox.point(1, "x"),
            lambda: past.inbox.release("quarantine:1", reason="x"),
            lambda: past.inbox.discard("quarantine:1", reason="x"),
        ):
            with pytest.raises(Refused, match="the past"):
                act()


def test_doctor_says_what_is_held(shelf: Shelf, bad: Inbox) -> None:
    """And where to look."""
    check = next(c for c in shelf.registry.upkeep.doctor() if c.name == "quarantine")
    assert (check.ok, check.observed) == (True, "1 held")
    bad.discard(1, reason="x")
    check = next(c for c in shelf.registry.upkeep.doctor() if c.name == "quarantine")
    assert check.observed == "nothing held"

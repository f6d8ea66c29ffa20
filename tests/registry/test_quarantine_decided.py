"""Releasing from quarantine and discarding: with a reason, by a second person, for good."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from modelshelf import formats
from modelshelf.artifacts import syscalls
from modelshelf.domain.errors import Conflict, Corrupt, Invalid, ModelshelfError, NotFound, Refused
from modelshelf.domain.inspection import Inspection
from modelshelf.formats.interface import Surveyed
from modelshelf.registry import open_registry
from modelshelf.registry.arrival import arriving
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


class TestRelease:
    def test_it_becomes_a_version_with_its_verdict(self, shelf: Shelf, bad: Inbox) -> None:
        """With its sidecar, its reason, and the record in the same transaction."""
        done = bad.release(1, reason="made by us")
        assert (done.created, done.version.reference) == (True, "churn:v1")
        assert (done.version.verdict, done.version.metrics) == ("dangerous", {"auc": 0.5})
        detail = shelf.registry.versions.detail("churn:v1")
        assert detail.released == 1
        assert detail.source == "quarantine:1, dropped as inbox/churn/m.pkl"
        assert events(shelf.registry)[:3] == [
            "artifact.released",
            "version.registered",
            "model.created",
        ]
        kept = bad.quarantined_one(1)
        assert (kept.state, kept.version, kept.closed_by) == ("released", "churn:v1", "ana")
        assert kept.closed_reason == "made by us"
        assert (shelf.root / kept.place).read_bytes() == BAD
        line = bad.get(1)
        assert (line.state, line.reference) == ("taken", "churn:v1")
        assert whole(shelf)

    def test_it_goes_to_another_model(self, shelf: Shelf, bad: Inbox) -> None:
        """The one that is named, else the one it was pointed to."""
        bad.point(1, "risk/other")
        assert bad.release("quarantine:1", reason="x").version.model == "risk/other"
        shelf.drop("churn/m.pkl", BAD)
        shelf.settle()
        named = bad.release("quarantine:2", reason="x", model="third")
        assert named.version.model == "third"

    def test_what_is_a_version_already_is_not_made_twice(self, shelf: Shelf, bad: Inbox) -> None:
        """The second quarantine of the same bytes is closed by the version of the first."""
        bad.release(1, reason="x")
        shelf.drop("churn/again.pkl", BAD)
        shelf.settle()
        done = bad.release("quarantine:2", reason="y")
        assert (done.created, done.version.reference) == (False, "churn:v1")
        assert bad.quarantined_one(2).version == "churn:v1"
        assert whole(shelf)

    def test_it_can_be_promoted_like_others(self, shelf: Shelf, bad: Inbox) -> None:
        """Gates decide about that."""
        bad.release(1, reason="x")
        shelf.registry.promotions.promote("churn:v1", "staging", reason="try")
        assert shelf.registry.versions.get("churn:v1").stage == "staging"

    def test_it_needs_a_reason(self, bad: Inbox) -> None:
        """And nothing happens without one."""
        for act in (bad.release, bad.discard):
            with pytest.raises(Invalid, match="reason"):
                act(1, reason=" ")
        assert bad.quarantined_one(1).state == "held"

    def test_changed_bytes_are_not_released(self, shelf: Shelf, bad: Inbox) -> None:
        """What was looked at is what is released."""
        (shelf.root / bad.quarantined_one(1).place).write_bytes(BAD + b"!")
        with pytest.raises(Corrupt, match="not those that were quarantined") as found:
            bad.release(1, reason="x")
        check_sentence(found.value)
        assert bad.quarantined_one(1).state == "held"
        assert shelf.registry.models.list() == ()

    def test_bytes_that_are_gone_are_not_released(self, shelf: Shelf, bad: Inbox) -> None:
        """It says where they should be; discarding closes it."""
        (shelf.root / bad.quarantined_one(1).place).unlink()
        with pytest.raises(NotFound, match="gone"):
            bad.release(1, reason="x")
        with pytest.raises(NotFound, match="gone"):
            bad.retry(1)
        assert bad.discard(1, reason="x").state == "discarded"

    def test_only_what_is_held_can_be_released(self, shelf: Shelf, bad: Inbox) -> None:
        """Not twice, not after a discard, not what was never quarantined."""
        bad.release("quarantine:1", reason="x")
        for act in (bad.release, bad.discard):
            with pytest.raises(Conflict, match="released already as churn:v1"):
                act("quarantine:1", reason="x")
        shelf.drop("bad name!/m.safetensors")
        shelf.settle()
        (refused,) = bad.lines("refused")
        with pytest.raises(Conflict, match="not in quarantine"):
            bad.release(refused.id, reason="x")
        with pytest.raises(Conflict, match="not in quarantine"):
            bad.release(1, reason="x")

    def test_a_retired_model_takes_nothing(self, shelf: Shelf, bad: Inbox) -> None:
        """Then it stays held."""
        shelf.drop("old/m.safetensors")
        shelf.settle()
        shelf.registry.models.retire("old", reason="x")
        with pytest.raises(Refused, match="retired"):
            bad.release(1, reason="x", model="old")
        assert bad.quarantined_one(1).state == "held"

    @posix_only
    def test_what_cannot_be_stored_is_not_released(self, shelf: Shelf) -> None:
        """Until somebody mended it in its place."""
        shelf.drop("churn/run/MLmodel", "flavors: {}")
        (shelf.inbox / "churn/run/model.pkl").symlink_to("/etc/passwd")
        shelf.settle()
        inbox = shelf.registry.inbox
        place = shelf.root / inbox.quarantined_one(1).place
        with pytest.raises(Invalid, match="link"):
            inbox.release("quarantine:1", reason="x")
        (place / "model.pkl").unlink()
        (place / "model.pkl").write_bytes(b"\x80\x04N.")
        assert inbox.release("quarantine:1", reason="x").version.kind == "folder"
        assert whole(shelf)

    def test_loose_files_that_are_one_artifact(
        self, shelf: Shelf, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """They are kept apart, put back and released together."""
        parts = ("llm-00001-of-00002.gguf", "llm-00002-of-00002.gguf")
        monkeypatch.setattr(formats, "needs", lambda s: tuple(n for n in parts if n != s.name))
        monkeypatch.setattr(
            arriving, "survey", lambda _source: Surveyed(Inspection("x", verdict="incomplete"))
        )
        for number, name in enumerate(parts):
            shelf.drop(f"churn/{name}", weights(number))
        shelf.settle()
        inbox = shelf.registry.inbox
        held = {*(f"quarantine/000001/{name}" for name in parts), "quarantine/000001/REASON.txt"}
        for _again in range(2):
            shelf.sweep(60)
            (kept,) = inbox.quarantined()
            assert (kept.kind, shelf.lying(), _files(shelf)) == ("folder", set(), held)
            inbox.retry(inbox.lines("quarantined")[0].id)
            assert shelf.lying() == {f"churn/{name}" for name in parts}
            shelf.settle()
        done = inbox.release("quarantine:1", reason="x")
        assert (done.version.kind, done.version.verdict) == ("folder", "incomplete")
        assert {line.state for line in inbox.lines()} == {"taken"}
        assert whole(shelf)

    def test_in_place_too(self, tmp_path: Path) -> None:
        """From a folder that keeps its files."""
        shelf = Shelf(tmp_path / "r", '[[drop_folders]]\npath = "inbox"\nkeep = "copy"\n')
        file = shelf.drop("churn/m.pkl", BAD)
        shelf.settle()
        assert shelf.registry.inbox.release("quarantine:1", reason="x").created
        for _again in range(2):
            shelf.sweep(60)
        assert file.is_file()
        assert shelf.references() == ["churn:v1"]
        assert whole(shelf)
        shelf.registry.close()


ROLES = '[roles]\nadmin = ["ravi", "ana", "{owner}"]\nreviewer = ["mia"]\n'


def _files(shelf: Shelf) -> set[str]:
    home = shelf.root / "quarantine"
    return {f.relative_to(shelf.root).as_posix() for f in home.rglob("*") if f.is_file()}


class TestSecondPerson:
    def test_it_takes_somebody_else_of_the_right_role(self, tmp_path: Path) -> None:
        """Not who watched, not who owns the file, not who is no admin."""
        (tmp_path / "file").write_bytes(b"")
        owner = _owner(tmp_path / "file")
        shelf = Shelf(tmp_path / "r", ROLES.replace("{owner}", owner))
        shelf.drop("churn/m.pkl", BAD)
        shelf.settle()
        assert shelf.registry.inbox.quarantined_one(1).owner == owner
        for actor, why in (
            ("ana", "quarantined by them"),
            (owner, "the file is theirs"),
            ("mia", "the role admin"),
        ):
            with pytest.raises(Refused, match=why) as found:
                _release(shelf, actor)
            check_sentence(found.value)
        _release(shelf, "ravi")
        assert shelf.registry.inbox.quarantined_one(1).closed_by == "ravi"
        shelf.registry.close()

    def test_roles_without_admins_want_only_somebody_else(self, tmp_path: Path) -> None:
        """Whoever that is."""
        shelf = Shelf(tmp_path / "r", '[roles]\nreviewer = ["mia"]\n')
        shelf.drop("churn/m.pkl", BAD)
        shelf.settle()
        with pytest.raises(Refused, match="quarantined by them"):
            _release(shelf, "ana")
        _release(shelf, "somebody")
        shelf.registry.close()


def _release(shelf: Shelf, actor: str) -> None:
    with open_registry(shelf.root, actor=actor, clock=shelf.clock) as registry:
        registry.inbox.release("quarantine:1", reason="looked at")


def _owner(file: Path) -> str:
    return "" if os.name == "nt" else file.owner()


class TestDiscard:
    def test_its_bytes_are_put_away(self, shelf: Shelf, bad: Inbox) -> None:
        """Among the discarded, with what lay beside them; nothing is deleted."""
        kept = bad.discard(1, reason="known malware")
        assert (kept.state, kept.place) == (
            "discarded",
            "quarantine/discarded/000001/m.pkl",
        )
        assert (kept.closed_by, kept.closed_reason) == ("ana", "known malware")
        assert (shelf.root / kept.place).read_bytes() == BAD
        assert (shelf.root / kept.place).with_name("m.pkl.json").is_file()
        assert not (shelf.root / "quarantine/000001").exists()
        with pytest.raises(Conflict, match="discarded already"):
            bad.discard("quarantine:1", reason="x")
        with pytest.raises(Conflict, match="discarded already"):
            bad.retry(1)
        assert whole(shelf)

    def test_a_move_that_fails_is_made_by_the_next_call(
        self, shelf: Shelf, bad: Inbox, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """It is recorded once."""

        def broken(_source: Path, _target: Path) -> None:
            raise OSError(5, "input/output error")

        with monkeypatch.context() as patched:
            patched.setattr(syscalls, "rename_new", broken)
            with pytest.raises(ModelshelfError, match="still lies in"):
                bad.discard("quarantine:1", reason="x")
        kept = bad.discard("quarantine:1", reason="once more")
        assert (shelf.root / kept.place).read_bytes() == BAD
        assert events(shelf.registry).count("artifact.discarded") == 1
        assert whole(shelf)

    def test_its_line_says_so(self, bad: Inbox) -> None:
        """What was discarded is held no more, and its line tells why."""
        assert len(bad.lines("quarantined")) == 1
        bad.discard(1, reason="not ours")
        assert bad.lines("quarantined") == ()
        assert bad.lines("refused")[0].reason == "it was discarded: not ours"

    def test_a_name_among_the_discarded_is_not_overwritten(self, shelf: Shelf, bad: Inbox) -> None:
        """The next free one is taken."""
        older = shelf.root / "quarantine/discarded/000001/m.pkl"
        older.parent.mkdir(parents=True)
        older.write_bytes(b"older")
        kept = bad.discard(1, reason="x")
        assert kept.place == "quarantine/discarded/000001+2/m.pkl"
        assert (shelf.root / kept.place).read_bytes() == BAD
        assert older.read_bytes() == b"older"

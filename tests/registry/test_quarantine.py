"""Quarantine: what is refused for what is in it is recorded, moved apart, and never lost."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from modelshelf.artifacts import syscalls
from modelshelf.domain.inspection import Inspection
from modelshelf.domain.intake import Sighting
from modelshelf.domain.quarantine import Quarantined
from modelshelf.domain.text import safe
from modelshelf.formats.interface import Surveyed
from modelshelf.registry.arrival import arriving
from modelshelf.registry.drops import quarantine as registry_quarantine
from tests.registry.drops import BAD, Shelf, weights, whole

PLAIN_PICKLE = b"\x80\x04N."
posix_only = pytest.mark.skipif(os.name == "nt", reason="Windows has no such names or files")


@pytest.fixture
def shelf(tmp_path: Path) -> Iterator[Shelf]:
    """Make a registry with an inbox."""
    made = Shelf(tmp_path / "registry")
    yield made
    made.registry.close()


def held(shelf: Shelf) -> Quarantined:
    """Return the one that is held."""
    (kept,) = shelf.registry.inbox.quarantined()
    return kept


def kept_files(shelf: Shelf) -> set[str]:
    """Return the files in the registry's quarantine, relative to it."""
    home = shelf.root / "quarantine"
    return {f.relative_to(home).as_posix() for f in home.rglob("*") if not f.is_dir()}


class TestRefusals:
    @pytest.mark.parametrize(
        ("name", "data", "rule"),
        [
            ("m.pkl", BAD, "pickle.global.dangerous"),
            ("m.pkl", b"\x80\x04(((", "pickle.malformed"),
            ("m.pmml", b'<!DOCTYPE PMML SYSTEM "x"><PMML version="4.4"/>', "pmml.doctype"),
        ],
    )
    def test_unsafe_bytes_are_moved_apart(
        self, shelf: Shelf, name: str, data: bytes, rule: str
    ) -> None:
        """With the rule, a sentence, and a file beside them that tells it to people."""
        shelf.drop(f"churn/{name}", data)
        (refused,) = shelf.settle().refused
        kept = held(shelf)
        assert (refused.state, refused.reference) == ("refused", "quarantine:1")
        assert (kept.rule, kept.path) == (rule, f"inbox/churn/{name}")
        assert kept.place == f"quarantine/000001/{name}"
        assert (kept.model, kept.kind, kept.size) == ("churn", "file", len(data))
        assert rule in kept.reason
        assert kept.reason in refused.reason
        assert "quarantine/000001" in refused.reason
        assert kept_files(shelf) == {f"000001/{name}", "000001/REASON.txt"}
        assert shelf.lying() == set()
        assert (shelf.root / kept.place).read_bytes() == data
        assert whole(shelf)

    def test_the_reason_file_says_all(self, shelf: Shelf) -> None:
        """What, why, when, from where, its digest, and what to do."""
        shelf.drop("churn/m.pkl", BAD)
        shelf.settle()
        text = (shelf.root / "quarantine/000001/REASON.txt").read_text("utf-8")
        kept = held(shelf)
        for said in (
            "inbox/churn/m.pkl",
            kept.reason,
            "pickle.global.dangerous",
            "2026-03-01T00:00:11",
            "by ana",
            kept.digest,
            "modelshelf inbox release quarantine:1 --reason",
            "modelshelf inbox discard quarantine:1 --reason",
        ):
            assert said in text

    def test_a_scan_that_did_not_finish_is_no_pass(
        self, shelf: Shelf, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """What could not be looked at to the end is kept apart too."""
        cut = Inspection("pickle", verdict="incomplete")
        monkeypatch.setattr(arriving, "survey", lambda _source: Surveyed(cut))
        shelf.drop("churn/m.pkl", PLAIN_PICKLE)
        shelf.settle()
        kept = held(shelf)
        assert (kept.rule, kept.inspection) == ("scan.incomplete", cut)
        assert "could not be looked at to the end" in kept.reason

    @posix_only
    def test_a_folder_that_cannot_be_stored_is_moved_apart(self, shelf: Shelf) -> None:
        """A link in it is moved as a link and never followed; there is no digest to tell."""
        shelf.drop("churn/run/MLmodel", "flavors: {}")
        (shelf.inbox / "churn/run/model.pkl").symlink_to("/etc/passwd")
        shelf.settle()
        kept = held(shelf)
        assert (kept.rule, kept.kind, kept.digest) == ("artifact.unstorable", "folder", "")
        assert kept.inspection is None
        assert "link" in kept.reason
        assert (shelf.root / kept.place / "model.pkl").is_symlink()
        assert not (shelf.inbox / "churn/run").exists()
        assert whole(shelf)

    def test_what_a_person_can_mend_stays(self, shelf: Shelf) -> None:
        """A broken sidecar, a bad name, a retired model: refused where they lie, as before."""
        shelf.drop("churn/m.safetensors")
        shelf.drop("churn/m.safetensors.json", "{")
        shelf.drop("bad name!/m.safetensors", weights(2))
        report = shelf.settle()
        assert {s.reference for s in report.refused} == {""}
        assert shelf.registry.inbox.quarantined(None) == ()
        assert len(shelf.lying()) == 3

    @pytest.mark.parametrize(("pickles", "state"), [("quarantine", "refused"), ("accept", "taken")])
    def test_a_folder_can_want_no_pickles(self, tmp_path: Path, pickles: str, state: str) -> None:
        """Although their verdict is only a warning; without the setting they are taken."""
        shelf = Shelf(tmp_path / "r", f'[[drop_folders]]\npath = "inbox"\npickles = "{pickles}"\n')
        shelf.drop("churn/m.pkl", PLAIN_PICKLE)
        shelf.drop("churn/m.safetensors")
        shelf.settle()
        states = shelf.states()
        assert states["inbox/churn/m.pkl"] == state
        assert states["inbox/churn/m.safetensors"] == "taken"
        if state == "refused":
            kept = held(shelf)
            assert (kept.rule, kept.inspection and kept.inspection.verdict) == (
                "policy.pickles",
                "warning",
            )
        shelf.registry.close()


class TestMoving:
    def test_what_describes_it_goes_with_it(self, shelf: Shelf) -> None:
        """Its sidecar, and the card when nothing else needs it."""
        shelf.drop("churn/m.pkl", BAD)
        shelf.drop("churn/m.pkl.json", '{"metrics": {"auc": 0.5}}')
        shelf.drop("churn/README.md", "# Churn")
        shelf.settle()
        names = ("m.pkl", "m.pkl.json", "README.md", "REASON.txt")
        assert kept_files(shelf) == {f"000001/{name}" for name in names}

    def test_a_card_that_others_need_stays(self, shelf: Shelf) -> None:
        """It describes the good file too."""
        shelf.drop("churn/m.pkl", BAD)
        shelf.drop("churn/notes.txt", "x")
        shelf.drop("churn/README.md", "# Churn")
        shelf.settle()
        assert "000001/README.md" not in kept_files(shelf)

    def test_the_same_bytes_again_get_a_number_of_their_own(self, shelf: Shelf) -> None:
        """Nothing is overwritten, and each has its record."""
        for number in (1, 2, 3):
            shelf.drop("churn/m.pkl", BAD)
            shelf.settle()
            assert held_numbers(shelf) == list(range(number, 0, -1))
        assert {f"00000{n}/m.pkl" for n in (1, 2, 3)} <= kept_files(shelf)
        assert whole(shelf)

    def test_a_place_that_is_taken_is_not_used(self, shelf: Shelf) -> None:
        """A folder of that number, as after a restored backup, stays as it is."""
        foreign = shelf.root / "quarantine/000001/m.pkl"
        foreign.parent.mkdir()
        foreign.write_bytes(b"older")
        shelf.drop("churn/m.pkl", BAD)
        shelf.settle()
        assert held(shelf).place == "quarantine/000001.2/m.pkl"
        assert foreign.read_bytes() == b"older"

    def test_an_artifact_may_be_called_like_the_reason(self, shelf: Shelf) -> None:
        """Neither overwrites the other."""
        shelf.drop("churn/REASON.txt", BAD)
        shelf.settle()
        home = shelf.root / "quarantine/000001"
        assert (home / "REASON.txt").read_bytes() == BAD
        assert "Modelshelf did not take this in" in (home / "REASON.2.txt").read_text("utf-8")

    def test_a_copied_folder_keeps_its_files(self, tmp_path: Path) -> None:
        """It is quarantined in place: recorded once, and not looked at again until it changes."""
        shelf = Shelf(tmp_path / "r", '[[drop_folders]]\npath = "inbox"\nkeep = "copy"\n')
        file = shelf.drop("churn/m.pkl", BAD)
        shelf.settle()
        kept = held(shelf)
        assert kept.place == kept.path == "inbox/churn/m.pkl"
        head = shelf.registry.audit.head()
        for _again in range(3):
            shelf.sweep(60)
        assert (file.read_bytes(), shelf.registry.audit.head()) == (BAD, head)
        assert kept_files(shelf) == set()
        shelf.drop("churn/m.pkl", BAD + b"\n")
        shelf.settle()
        assert held_numbers(shelf) == [2, 1]
        shelf.registry.close()

    def test_a_folder_on_another_disk_has_its_own_quarantine(
        self, shelf: Shelf, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Which is told, and which is no drop itself."""
        real = registry_quarantine._device
        home = shelf.root / "quarantine"
        monkeypatch.setattr(registry_quarantine, "_device", lambda f: -1 if f == home else real(f))
        shelf.drop("churn/m.pkl", BAD)
        (refused,) = shelf.settle().refused
        assert held(shelf).place == "inbox/.quarantine/000001/m.pkl"
        assert "another file system" in refused.reason
        assert (shelf.inbox / ".quarantine/000001/m.pkl").read_bytes() == BAD
        assert (shelf.inbox / ".quarantine/000001/REASON.txt").is_file()
        shelf.sweep(60)
        assert set(shelf.states()) == {"inbox/churn/m.pkl"}

    @posix_only
    def test_the_way_there_cannot_be_bent(
        self, shelf: Shelf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A ``.quarantine`` that is a link keeps the file where it is."""
        home = shelf.root / "quarantine"
        real = registry_quarantine._device
        monkeypatch.setattr(registry_quarantine, "_device", lambda f: -1 if f == home else real(f))
        (tmp_path / "elsewhere").mkdir()
        (shelf.inbox / ".quarantine").symlink_to(tmp_path / "elsewhere")
        file = shelf.drop("churn/m.pkl", BAD)
        (refused,) = shelf.settle().refused
        assert "is a link" in refused.reason
        assert file.is_file()
        assert list((tmp_path / "elsewhere").iterdir()) == []


def held_numbers(shelf: Shelf) -> list[int]:
    """Return the numbers of what is held, newest first."""
    return [kept.number for kept in shelf.registry.inbox.quarantined()]


class TestTrouble:
    @pytest.mark.parametrize("call", [1, 2])
    def test_a_crash_before_the_move_is_healed(
        self, shelf: Shelf, monkeypatch: pytest.MonkeyPatch, call: int
    ) -> None:
        """The next look moves it, under the number it has; nothing is recorded twice."""

        class Crash(BaseException):
            """The process ends here."""

        calls = iter(range(1, 100))
        real = syscalls.rename_new

        def broken(source: Path, target: Path) -> None:
            if next(calls) == call:
                raise Crash
            real(source, target)

        shelf.drop("churn/m.pkl", BAD)
        shelf.drop("churn/m.pkl.json", '{"metrics": {"auc": 0.5}}')
        shelf.sweep()
        with monkeypatch.context() as patched:
            patched.setattr(syscalls, "rename_new", broken)
            with pytest.raises(Crash):
                shelf.sweep(11)
        shelf.reopen()
        for _again in range(3):
            shelf.sweep(11)
        assert held_numbers(shelf) == [1]
        assert kept_files(shelf) == {
            f"000001/{name}" for name in ("m.pkl", "m.pkl.json", "REASON.txt")
        }
        assert shelf.states()["inbox/churn/m.pkl"] == "refused"
        assert whole(shelf)

    def test_a_move_that_fails_is_told_and_made_later(
        self, shelf: Shelf, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The line says why it still lies there, until it does not."""

        def cross(_source: Path, _target: Path) -> None:
            raise OSError(errno.EXDEV, os.strerror(errno.EXDEV))

        shelf.drop("churn/m.pkl", BAD)
        with monkeypatch.context() as patched:
            patched.setattr(syscalls, "rename_new", cross)
            (refused,) = shelf.settle().refused
            assert "could not be put away" in refused.reason
            assert "churn/m.pkl" in shelf.lying()
        shelf.sweep(60)
        assert shelf.lying() == set()
        assert "could not" not in shelf.registry.inbox.get(1).reason
        assert held_numbers(shelf) == [1]

    def test_a_file_that_changes_meanwhile_is_not_moved(
        self, shelf: Shelf, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """What was refused is not what lies there; the new bytes are looked at."""
        file = shelf.drop("churn/m.pkl", BAD)
        real = registry_quarantine._record

        def record(*given: object) -> object:
            done = real(*given)  # type: ignore[arg-type]
            file.write_bytes(weights())
            return done

        shelf.sweep()
        with monkeypatch.context() as patched:
            patched.setattr(registry_quarantine, "_record", record)
            shelf.sweep(11)
        assert held_numbers(shelf) == [1]
        assert shelf.settle().taken
        assert shelf.references() == ["churn:v1"]
        assert shelf.registry.inbox.discard("quarantine:1", reason="gone").state == "discarded"
        assert whole(shelf)

    def test_one_that_cannot_be_recorded_waits(
        self, shelf: Shelf, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A full disk is no reason to lose sight of it."""
        from modelshelf.domain.errors import Unavailable

        def full(*_: object) -> None:
            raise Unavailable("the disk is full")

        shelf.drop("churn/m.pkl", BAD)
        shelf.sweep()
        with monkeypatch.context() as patched:
            patched.setattr(registry_quarantine, "_record", full)
            (waiting,) = shelf.sweep(11).waiting
        assert "disk is full" in waiting.reason
        assert shelf.sweep(61).refused


@posix_only
@pytest.mark.parametrize("name", ["a\nb.pkl", "a\x1b]52;c;eA==\x07.pkl", "a\u202eb.pkl", "\\x.pkl"])
def test_a_hostile_name_drives_nothing(shelf: Shelf, name: str) -> None:
    """In the ledger, in the record, in the file for people, and in its move."""
    shelf.drop(f"churn/{name}", BAD)
    (refused,) = shelf.settle().refused
    kept = held(shelf)
    text = (shelf.root / "quarantine/000001/REASON.txt").read_text("utf-8")
    assert all(line.isprintable() for line in text.splitlines())
    assert all(safe(said, 9_000).isprintable() for said in _texts(refused, kept))
    assert kept_files(shelf) == {f"000001/{name}", "000001/REASON.txt"}
    shelf.registry.inbox.retry(refused.id or 1)
    assert shelf.lying() == {f"churn/{name}"}
    assert whole(shelf)


@posix_only
def test_a_name_that_is_no_utf8_can_be_kept_apart(shelf: Shelf) -> None:
    """Its bytes are found again by the record."""
    name = os.fsdecode(b"\xff\xfe.pkl")
    shelf.drop(f"churn/{name}", BAD)
    shelf.settle()
    assert held(shelf).place == "quarantine/000001/\\xff\\xfe.pkl"
    assert (shelf.root / "quarantine/000001" / name).read_bytes() == BAD
    assert whole(shelf)


def _texts(seen: Sighting, kept: Quarantined) -> tuple[str, ...]:
    return seen.path, seen.reason, kept.path, kept.place, kept.reason, kept.owner

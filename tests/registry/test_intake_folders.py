"""What a sweep as a whole promises: several drop folders, waiting, telling, being the only one."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from modelshelf.domain.errors import Conflict, Refused
from tests.registry.drops import Shelf, weights


@pytest.fixture
def shelf(tmp_path: Path) -> Iterator[Shelf]:
    """Make a registry with an inbox."""
    made = Shelf(tmp_path / "registry")
    yield made
    made.registry.close()


class TestCopies:
    def test_a_copied_file_stays_and_is_never_taken_twice(self, tmp_path: Path) -> None:
        """Its identity is remembered, over restarts too."""
        shelf = Shelf(tmp_path / "r", '[[drop_folders]]\npath = "inbox"\nkeep = "copy"\n')
        file = shelf.drop("churn/m.safetensors")
        assert shelf.settle().taken
        shelf.reopen()
        for _again in range(3):
            assert shelf.sweep(60).taken == ()
        assert file.is_file()
        shelf.drop("churn/m.safetensors", weights(2))
        assert [s.reference for s in shelf.settle().taken] == ["churn:v2"]
        shelf.registry.close()

    def test_a_drop_folder_may_lie_elsewhere(self, tmp_path: Path) -> None:
        """Its files are called by their whole path; a missing one is said and made by nobody."""
        other = tmp_path / "elsewhere"
        shelf = Shelf(tmp_path / "r", f'[[drop_folders]]\npath = "{other.as_posix()}"\n')
        assert "cannot be looked into" in shelf.sweep().ignored[0].reason
        (other / "churn").mkdir(parents=True)
        (other / "churn" / "m.safetensors").write_bytes(weights())
        (taken,) = shelf.settle().taken
        assert taken.path == f"{other.as_posix()}/churn/m.safetensors"
        assert shelf.states() == {taken.path: "taken"}
        shelf.registry.close()

    def test_one_drop_folder_may_lie_in_another(self, tmp_path: Path) -> None:
        """Each file is taken by the rule of the nearest."""
        policy = (
            '[[drop_folders]]\npath = "inbox"\n'
            '[[drop_folders]]\npath = "inbox/fast"\nmodel = "{stem}"\nsettle = 0\n'
        )
        shelf = Shelf(tmp_path / "r", policy)
        shelf.drop("fast/quick.safetensors", weights(1))
        shelf.drop("churn/slow.safetensors", weights(2))
        assert {s.reference for s in shelf.settle().taken} == {"quick:v1", "churn:v1"}
        shelf.registry.close()

    @pytest.mark.parametrize("path", [".", "..", "blobs", "blobs/sha256"])
    def test_the_registry_never_takes_itself_in(self, tmp_path: Path, path: str) -> None:
        """The catalog must not even be opened."""
        shelf = Shelf(tmp_path / "r", f'[[drop_folders]]\npath = "{path}"\n')
        with pytest.raises(Refused, match="cannot be a drop folder"):
            shelf.sweep()
        shelf.registry.close()


class TestTheSweep:
    def test_until_still_waits_for_what_settles(self, shelf: Shelf) -> None:
        """One call takes in a file and a folder, each at its own pace."""
        shelf.drop("churn/m.safetensors")
        shelf.drop("bert/run/MLmodel", "flavors: {}")
        report = shelf.registry.intake.sweep(until_still=True, pause=shelf.clock.wait)
        assert {s.reference for s in report.taken} == {"churn:v1", "bert:v1"}
        assert report.waiting == ()

    def test_until_still_gives_up_after_ten_minutes(self, shelf: Shelf) -> None:
        """A file that somebody goes on writing is reported as waiting."""
        file = shelf.drop("churn/m.safetensors", weights())
        before = shelf.clock.now

        def write(seconds: float) -> None:
            file.write_bytes(file.read_bytes() + b"\0")
            shelf.clock.wait(seconds)

        report = shelf.registry.intake.sweep(until_still=True, pause=write)
        assert report.waiting
        assert 600 <= (shelf.clock.now - before).total_seconds() < 610

    def test_it_ends_early_when_asked(self, shelf: Shelf) -> None:
        """Between two files; what was not taken is waiting and taken next time."""
        for seed in range(3):
            shelf.drop(f"churn/{seed}.safetensors", weights(seed))
        shelf.sweep()
        shelf.clock.wait(5)
        answers = iter([False, True])
        report = shelf.registry.intake.sweep(pause=lambda _seconds: next(answers))
        assert (len(report.taken), len(report.waiting)) == (1, 2)
        assert len(shelf.sweep().taken) == 2

    def test_what_happens_is_told_once(self, shelf: Shelf) -> None:
        """Each change of state is handed on as it happens."""
        told: list[tuple[str, str]] = []
        shelf.drop("churn/m.safetensors")
        for _again in range(4):
            shelf.registry.intake.sweep(
                progress=lambda seen: told.append((seen.state, seen.reference)),
                pause=shelf.clock.wait,
            )
            shelf.clock.wait(3)
        assert told == [("waiting", ""), ("taken", "churn:v1")]

    def test_the_ledger_can_be_asked_by_state(self, shelf: Shelf) -> None:
        """Newest first, and no more than asked for."""
        shelf.drop("churn/m.safetensors")
        shelf.settle()
        shelf.drop("churn/n.safetensors", weights(2))
        shelf.sweep(1)
        ledger = shelf.registry.intake.ledger
        assert [s.state for s in ledger()] == ["waiting", "taken"]
        assert [s.state for s in ledger(state="taken")] == ["taken"]
        assert len(ledger(limit=1)) == 1

    def test_the_past_has_no_inbox(self, shelf: Shelf) -> None:
        """A registry as of a moment cannot take anything in."""
        with pytest.raises(Refused, match="the past"):
            shelf.registry.at(1).intake.sweep()

    def test_three_hundred_files_at_once(self, shelf: Shelf) -> None:
        """All of them, each once, each put away."""
        for seed in range(300):
            shelf.drop(f"m{seed % 7}/{seed}.safetensors", weights(seed))
        report = shelf.settle()
        assert len(report.taken) == 300
        assert len({s.reference for s in report.taken}) == 300
        assert all(path.startswith(".taken/") for path in shelf.lying())
        started = time.perf_counter()
        assert shelf.sweep().waiting == ()
        assert time.perf_counter() - started < 1

    def test_a_second_watcher_is_told_who_is_first(self, shelf: Shelf) -> None:
        """Also in another thread of the same process."""
        errors: list[Exception] = []

        def second() -> None:
            try:
                shelf.registry.intake.sweep()
            except Conflict as error:
                errors.append(error)

        with shelf.registry.intake.watching():
            assert shelf.sweep().waiting == ()  # the holder itself may sweep
            thread = threading.Thread(target=second)
            thread.start()
            thread.join()
        assert str(os.getpid()) in str(errors[0])
        second()
        assert len(errors) == 1


def test_a_dropped_file_remembers_where_each_field_was_read(shelf: Shelf) -> None:
    """Sidecar, card and its head are told apart, and a person can be shown which is which."""
    shelf.drop("churn/m.safetensors")
    shelf.drop("churn/m.safetensors.json", '{"metrics": {"auc": 0.9}, "tags": {"team": "risk"}}')
    shelf.drop("churn/README.md", "---\nlicense: mit\n---\n# Churn\n")
    shelf.settle()
    known = shelf.registry.versions.detail("churn:v1")
    assert known.origins == {
        "card": "README.md",
        "metrics.auc": "m.safetensors.json",
        "tags.license": "README.md head",
        "tags.team": "m.safetensors.json",
    }
    assert known.version.tags == {"license": "mit", "team": "risk"}
    assert known.arrival is not None
    assert known.arrival.path == "inbox/churn/m.safetensors"

"""Drop folders that go away, come back, are held by others or lie elsewhere; each for itself."""

from __future__ import annotations

import errno
import os
import shutil
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

from modelshelf.registry import open_registry
from modelshelf.registry.drops import drop_folder, finishing
from modelshelf.watcher import Times, folder
from tests.doors.watched import QUICK, RULE, drop, made, takes, wait_for, watching
from tests.registry.drops import weights

TWO = f'[[drop_folders]]\npath = "inbox"\n{RULE}\n[[drop_folders]]\npath = "second"\n{RULE}'


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look at what was taken in once more at once, not after a second."""
    monkeypatch.setattr(finishing, "_LOOK_AGAIN_S", 0.0)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Make a registry whose files settle at once; return its folder."""
    return made(tmp_path / "registry")


class TestFolders:
    def test_a_folder_made_anew_is_watched_again(self, root: Path) -> None:
        """The events of the old one would never come back."""
        with watching(root) as said:
            shutil.rmtree(root / "inbox")
            drop(root, "churn/anew.safetensors")
            wait_for(lambda: said.taken()["anew.safetensors"])
            takes(said, "next.safetensors")
            assert said.hows() == ["events"]

    def test_a_folder_that_is_only_removed_is_made_again(self, root: Path) -> None:
        """One inside the registry always exists."""
        with watching(root) as said:
            shutil.rmtree(root / "inbox")
            wait_for((root / "inbox").is_dir)
            takes(said, "next.safetensors")

    def test_a_folder_that_is_renamed_is_left(self, root: Path) -> None:
        """What comes into it under its new name is none of our business."""
        with watching(root) as said:
            (root / "inbox").rename(root / "elsewhere")
            wait_for((root / "inbox").is_dir)
            (root / "elsewhere" / "x.safetensors").write_bytes(weights())
            takes(said, "here.safetensors")
        assert said.taken() == {"here.safetensors": 1}

    def test_a_folder_replaced_by_a_file_is_missing_until_it_is_one_again(self, root: Path) -> None:
        """It is said once, and the rest goes on."""
        with watching(root) as said:
            shutil.rmtree(root / "inbox")
            (root / "inbox").write_bytes(b"")
            wait_for(lambda: said.hows() == ["missing"])
            assert said.said("inbox: not watched (the drop folder inbox cannot be made: ")
            (root / "inbox").unlink()
            wait_for(lambda: said.hows() == ["events"])
            takes(said, "back.safetensors")
        assert sum("not watched" in line for line in said.lines) == 1

    def test_one_broken_folder_leaves_the_others(self, tmp_path: Path) -> None:
        """Each has a state of its own."""
        root = made(tmp_path / "r", TWO)
        with watching(root) as said:
            assert said.hows() == ["events", "events"]
            shutil.rmtree(root / "second")
            (root / "second").write_bytes(b"")
            wait_for(lambda: said.hows() == ["events", "missing"])
            takes(said, "m.safetensors")

    def test_a_folder_outside_may_come_and_go(self, tmp_path: Path) -> None:
        """Such as a disk that is plugged in later."""
        outside = tmp_path / "outside"
        root = made(tmp_path / "r", f'[[drop_folders]]\npath = "{outside}"\n{RULE}')
        with watching(root, _with(quiet=0.1)) as said:
            assert said.said("not watched (there is no such folder)")
            for name in ("one", "two"):
                (outside / "churn").mkdir(parents=True)
                (outside / "churn" / name).write_bytes(weights(sum(name.encode())))
                wait_for(lambda name: said.taken()[name], name)
                shutil.rmtree(outside)
                wait_for(lambda: said.hows() == ["missing"])

    def test_a_folder_that_another_process_watches_is_taken_over(self, tmp_path: Path) -> None:
        """The other ones are watched meanwhile."""
        root = made(tmp_path / "r", TWO)
        with open_registry(root) as registry, ExitStack() as other:
            other.enter_context(registry.intake.watching({root / "second"}))
            with watching(root) as said:
                assert said.hows() == ["events", "waiting for another process"]
                assert said.lines[1] == (
                    f"second: not watched, another process does (process {os.getpid()})"
                )
                takes(said, "m.safetensors")
                other.close()
                wait_for(lambda: said.hows() == ["events", "events"])

    def test_a_folder_that_cannot_be_locked_is_not_watched(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A folder that cannot be written, when its files are to be moved away."""
        root = made(tmp_path / "r", TWO)
        real, locked = FileLock.acquire, True

        def acquire(self: Any, *given: Any, **more: Any) -> Any:  # noqa: ANN401 - handed through
            if locked and "second" in self.lock_file:
                raise OSError(errno.EROFS, os.strerror(errno.EROFS))
            return real(self, *given, **more)

        monkeypatch.setattr(FileLock, "acquire", acquire)
        with watching(root) as said:
            assert said.hows() == ["events", "missing"]
            assert os.strerror(errno.EROFS) in said.states[-1].folders[1].why
            takes(said, "m.safetensors")
            locked = False
            wait_for(lambda: said.hows() == ["events", "events"])

    def test_a_network_folder_is_polled_from_the_start(
        self, root: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The system tells nothing about what other machines do there."""
        monkeypatch.setattr(drop_folder, "network_filesystem", lambda _path: "nfs4")
        monkeypatch.setattr(drop_folder, "_NETWORK_SETTLE_S", 0.05)
        with watching(root) as said:
            assert said.lines[1] == "inbox: watched by polling (network folder, nfs4)"
            takes(said, "m.safetensors")

    @pytest.mark.parametrize(("watch", "how"), [("poll", "polling"), ("events", "events")])
    def test_the_policy_may_say_how(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, watch: str, how: str
    ) -> None:
        """Polling where events would do, and events where the network is known to give some."""
        monkeypatch.setattr(drop_folder, "network_filesystem", lambda _path: "nfs4")
        monkeypatch.setattr(drop_folder, "_NETWORK_SETTLE_S", 0.05)
        root = made(tmp_path / "r", f'[[drop_folders]]\npath = "inbox"\nwatch = "{watch}"\n{RULE}')
        with watching(root) as said:
            assert said.hows() == [how]
            takes(said, "m.safetensors")

    def test_whatever_is_raised_for_one_folder_is_its_own(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """An error of ours is no reason to stop taking in."""
        root = made(tmp_path / "r", TWO)
        real, broken = folder.WatchedFolder._begin, True

        def begin(self: Any, now: float) -> None:  # noqa: ANN401 - handed through
            if broken and self.folder.name == "second":
                raise ValueError("surprise")
            real(self, now)

        monkeypatch.setattr(folder.WatchedFolder, "_begin", begin)
        with watching(root) as said:
            assert said.states[-1].folders[1].why == "ValueError: surprise"
            takes(said, "m.safetensors")
            broken = False
            wait_for(lambda: said.hows() == ["events", "events"])


class TestRenames:
    def test_what_is_renamed_into_place_is_told_to_the_sweep(
        self, root: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """It is finished, and need not lie still as long as others."""
        from modelshelf.registry.drops.recent import Recent

        told: list[Path] = []
        real = Recent.rename

        def rename(self: Recent, paths: Any) -> None:  # noqa: ANN401 - handed through
            told.extend(paths)
            real(self, paths)

        monkeypatch.setattr(Recent, "rename", rename)
        (root / "inbox" / "churn").mkdir()
        with watching(root) as said:
            part = drop(root, "churn/m.part", weights())
            part.rename(part.with_name("m.safetensors"))
            wait_for(lambda: said.taken()["m.safetensors"])
        assert told == [root / "inbox" / "churn" / "m.safetensors"]


def _with(**times: float) -> Times:
    return replace(QUICK, **times)

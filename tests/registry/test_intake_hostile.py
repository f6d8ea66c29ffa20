"""Drops that mean harm or are merely odd: names, links, pipes, writers, files that change."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from modelshelf.domain.intake import Sighting, unescape_path
from modelshelf.domain.text import safe
from modelshelf.registry import create_registry
from modelshelf.registry.drops.lease import has_writer
from tests.registry.drops import Shelf, weights

linux_only = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has leases")
posix_only = pytest.mark.skipif(os.name == "nt", reason="Windows has no such names or files")

ODD = [
    "a\nb.safetensors",
    "a\x1b]52;c;eA==\x07.safetensors",
    "a\u202eb.safetensors",
    "a b'\"$(id).safetensors",
]


@pytest.fixture
def shelf(tmp_path: Path) -> Iterator[Shelf]:
    """Make a registry with an inbox."""
    made = Shelf(tmp_path / "registry")
    yield made
    made.registry.close()


def is_harmless(seen: Sighting) -> bool:
    """Whether no text of a sighting could drive a terminal once it went through ``safe``."""
    return all(safe(text, 9_000).isprintable() for text in (seen.path, seen.reason))


@posix_only
class TestNames:
    @pytest.mark.parametrize("name", ODD)
    def test_an_odd_name_is_dealt_with_and_stops_nobody(self, shelf: Shelf, name: str) -> None:
        """It is taken in or refused with a sentence; its neighbour is taken in either way."""
        shelf.drop(f"churn/{name}", weights(1))
        shelf.drop("churn/plain.safetensors", weights(2))
        report = shelf.settle()
        dealt = [*report.taken, *report.refused]
        assert len(dealt) == 2
        assert "plain.safetensors" in {Path(s.path).name for s in report.taken}
        assert all(is_harmless(seen) and "\n" not in seen.path for seen in dealt)
        assert f"inbox/churn/{name}" in {unescape_path(seen.path) for seen in dealt}

    def test_a_name_that_is_no_utf8_is_dealt_with(self, shelf: Shelf) -> None:
        """The ledger's path leads back to the very bytes; nothing is registered half."""
        shelf.drop(os.fsdecode(b"churn/\xff\xfe.safetensors"))
        report = shelf.settle()
        (seen,) = [*report.refused, *report.taken]
        assert os.fsencode(unescape_path(seen.path)) == b"inbox/churn/\xff\xfe.safetensors"
        assert is_harmless(seen)
        seen.path.encode()

    @pytest.mark.parametrize("folder", ["bad name!", "-rf", "a\nb", "CON", "x" * 201])
    def test_a_folder_that_cannot_name_a_model_is_refused(self, shelf: Shelf, folder: str) -> None:
        """The file stays where it is, with the rule it breaks."""
        file = shelf.drop(f"{folder}/m.safetensors")
        (refused,) = shelf.settle().refused
        assert "model name" in refused.reason
        assert file.is_file()
        assert is_harmless(refused)

    def test_long_names_are_no_trouble(self, shelf: Shelf) -> None:
        """Names of 255 bytes, as long as the system allows."""
        shelf.drop("churn/" + "m" * 243 + ".safetensors")
        assert shelf.settle().taken


@posix_only
class TestNoFiles:
    def test_links_are_not_followed(self, shelf: Shelf, tmp_path: Path) -> None:
        """Neither to a file nor to a folder; both are listed."""
        outside = tmp_path / "outside"
        outside.mkdir()
        (outside / "m.safetensors").write_bytes(weights())
        (shelf.inbox / "churn").mkdir(parents=True)
        (shelf.inbox / "churn" / "link.safetensors").symlink_to(outside / "m.safetensors")
        (shelf.inbox / "all").symlink_to(outside)
        report = shelf.settle()
        assert {s.reason for s in report.ignored} == {"it is a link, and links are not followed"}
        assert (len(report.ignored), report.taken) == (2, ())

    def test_a_link_in_a_folder_artifact_refuses_it(self, shelf: Shelf) -> None:
        """What it points to is never read."""
        shelf.drop("churn/run/MLmodel", "flavors: {}")
        (shelf.inbox / "churn/run/model.pkl").symlink_to("/etc/passwd")
        (refused,) = shelf.settle().refused
        assert "link" in refused.reason

    def test_pipes_are_listed_and_hold_nobody_up(self, shelf: Shelf) -> None:
        """A pipe would make whoever opens it wait for ever."""
        shelf.drop("churn/m.safetensors")
        os.mkfifo(shelf.inbox / "churn" / "pipe.safetensors")
        report = shelf.settle()
        assert [s.reason for s in report.ignored] == ["it is no regular file"]
        assert report.taken

    def test_an_empty_file_is_listed(self, shelf: Shelf) -> None:
        """And taken in once something is written into it."""
        shelf.drop("churn/m.safetensors", b"")
        assert [s.reason for s in shelf.settle().waiting] == ["it is empty so far"]
        assert [s.reason for s in shelf.sweep(60).ignored] == ["it is empty"]
        assert [s.state for s in shelf.sweep(1).ignored] == ["ignored"]
        shelf.drop("churn/m.safetensors")
        assert shelf.settle().taken

    def test_a_folder_that_is_too_deep_is_listed(self, shelf: Shelf) -> None:
        """The walk ends there."""
        shelf.drop("/".join(["d"] * 70) + "/m.safetensors")
        assert "folders deep" in shelf.settle().ignored[0].reason

    def test_the_way_out_cannot_be_bent(self, shelf: Shelf, tmp_path: Path) -> None:
        """A ``.taken`` that is a link keeps files where they are; they are taken only once."""
        (tmp_path / "elsewhere").mkdir()
        (shelf.inbox / ".taken").symlink_to(tmp_path / "elsewhere")
        file = shelf.drop("churn/m.safetensors")
        assert shelf.settle().taken
        assert file.is_file()
        (known,) = shelf.registry.intake.ledger()
        assert "could not be put away" in known.reason
        assert shelf.sweep(60).taken == ()
        (shelf.inbox / ".taken").unlink()
        shelf.sweep(60)
        assert not file.exists()
        assert shelf.registry.intake.ledger()[0].reason == ""


class TestWriters:
    def test_a_file_that_changes_while_it_is_read_waits(
        self, shelf: Shelf, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Ingest notices; the next look finds it changed and starts anew."""
        from modelshelf.artifacts import syscalls

        file = shelf.drop("churn/m.safetensors")
        real = syscalls.read_into

        def read_into(descriptor: int, buffer: memoryview) -> int:
            monkeypatch.setattr(syscalls, "read_into", real)
            file.write_bytes(weights(2))
            return real(descriptor, buffer)

        shelf.sweep()
        monkeypatch.setattr(syscalls, "read_into", read_into)
        (waiting,) = shelf.sweep(5).waiting
        assert "changed while" in waiting.reason
        assert shelf.settle().taken
        assert shelf.references() == ["churn:v1"]

    def test_a_file_that_goes_while_it_is_read_is_forgotten(
        self, shelf: Shelf, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """That is no error of anybody's."""
        from modelshelf.registry.versions import Versions

        file = shelf.drop("churn/m.safetensors")
        shelf.sweep()
        real = Versions.register

        def register(self: Versions, *args: object, **options: object) -> object:
            file.unlink()
            return real(self, *args, **options)  # type: ignore[arg-type]

        monkeypatch.setattr(Versions, "register", register)
        report = shelf.sweep(5)
        assert (report.refused, report.waiting, shelf.states()) == ((), (), {})

    @linux_only
    def test_a_writer_who_rests_is_seen(self, shelf: Shelf) -> None:
        """The file lies still and is whole, but somebody could go on."""
        file = shelf.drop("churn/m.safetensors")
        with file.open("r+b"):
            if not has_writer(file):
                pytest.skip("this file system has no leases")
            (waiting,) = shelf.settle(600).waiting
            assert waiting.reason == "somebody still has it open for writing"
        assert shelf.sweep().taken

    @linux_only
    def test_a_writer_into_a_folder_artifact_is_seen(self, shelf: Shelf) -> None:
        """Any one of its files counts."""
        shelf.drop("churn/run/MLmodel", "flavors: {}")
        with shelf.drop("churn/run/model.pkl", b"\x80\x04N.").open("r+b") as file:
            if not has_writer(Path(file.name)):
                pytest.skip("this file system has no leases")
            assert shelf.settle(600).waiting
        assert shelf.sweep().taken

    @linux_only
    def test_a_reader_is_no_writer(self, tmp_path: Path) -> None:
        """Only who could write counts."""
        file = tmp_path / "m"
        file.write_bytes(b"x")
        with file.open("rb"):
            assert not has_writer(file)

    @linux_only
    def test_asking_survives_a_writer_who_comes_meanwhile(self, tmp_path: Path) -> None:
        """The kernel's signal about a lease that is in the way ends nobody."""
        code = (
            "import fcntl, os, subprocess, sys\n"
            "from modelshelf.registry.drops import lease\n"
            "real = fcntl.fcntl\n"
            "def fcntl_(fd, op, arg=0):\n"
            "    if op == fcntl.F_SETLEASE and arg == fcntl.F_UNLCK:\n"
            "        call = 'import os,sys; os.open(sys.argv[1], os.O_WRONLY | os.O_NONBLOCK)'\n"
            "        command = [sys.executable, '-c', call, sys.argv[1]]\n"
            "        subprocess.run(command, capture_output=True)\n"
            "    return real(fd, op, arg)\n"
            "fcntl.fcntl = fcntl_\n"
            "lease.has_writer(sys.argv[1])\n"
            "print('alive')\n"
        )
        file = tmp_path / "m"
        file.write_bytes(b"x")
        done = subprocess.run(
            [sys.executable, "-c", code, str(file)], capture_output=True, text=True, check=False
        )
        assert done.stdout == "alive\n", done.stderr

    def test_a_slow_writer_never_makes_half_a_version(self, tmp_path: Path) -> None:
        """In real time: chunks with pauses, a writer who holds on, a rename into place."""
        (tmp_path / "r").mkdir()
        (tmp_path / "r" / "modelshelf.toml").write_text(
            '[[drop_folders]]\npath = "inbox"\nsettle = 0.15\n', "utf-8"
        )
        data = [bytes([seed]) * 40_000 for seed in range(4)]
        with create_registry(tmp_path / "r", actor="ana") as registry:
            box = tmp_path / "r" / "inbox" / "churn"
            box.mkdir(parents=True)

            def write(seed: int) -> None:
                final = box / f"{seed}.bin"
                file = final.with_suffix(".bin.part") if seed % 2 else final
                with file.open("wb", buffering=0) as out:
                    for start in range(0, 40_000, 10_000):
                        out.write(data[seed][start : start + 10_000])
                        time.sleep(0.1 if seed < 2 else 0.05)
                if file != final:
                    file.rename(final)

            writers = [threading.Thread(target=write, args=(seed,)) for seed in range(4)]
            for writer in writers:
                writer.start()
            taken = 0
            deadline = time.monotonic() + 8
            while taken < 4 and time.monotonic() < deadline:
                taken += len(registry.intake.sweep().taken)
                time.sleep(0.03)
            for writer in writers:
                writer.join()
            sizes = [version.size for version in registry.versions.list("churn")]
        assert sizes == [40_000] * 4

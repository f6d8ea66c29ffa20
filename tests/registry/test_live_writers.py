"""Writers at work while the intake looks: no version ever holds what nobody finished writing."""

from __future__ import annotations

import hashlib
import json
import mmap
import os
import shutil
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from modelshelf.registry import Registry, create_registry
from modelshelf.registry.drops.lease import has_writer

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="only Linux can tell of a writer who rests"
)

POLICY = '[[drop_folders]]\npath = "inbox"\nsettle = 0.15\nsettle_folder = 0.5\n'
LONG = 0.4
"""Seconds of rest; longer than anything has to lie still."""

Files = dict[str, bytes]


def model(seed: int) -> bytes:
    """Return a safetensors file of 64 KiB."""
    head = json.dumps({"w": {"dtype": "U8", "shape": [65_536], "data_offsets": [0, 65_536]}})
    return struct.pack("<Q", len(head)) + head.encode() + bytes([seed]) * 65_536


def opaque(seed: int) -> bytes:
    """Return bytes that promise nothing about their length."""
    return b"any" + bytes([seed]) * 65_536


class Writer:
    """One who writes into a folder of the inbox, and remembers what was ever finished there."""

    def __init__(self, inbox: Path, outside: Path, work: Callable[[Writer], None]) -> None:
        """Work in a folder called like the work, with room for other files ``outside``."""
        self.model = work.__name__
        self.box = inbox / self.model
        self.outside = outside / self.model
        self.finished: list[Files] = []
        self.renamed: set[Path] = set()
        self.box.mkdir(parents=True)
        self.outside.mkdir(parents=True)
        self.thread = threading.Thread(target=work, args=(self,))

    def done(self, data: bytes) -> None:
        """Note that a file of these bytes is, or is about to be, finished."""
        self.finished.append({"": data})


def slow(writer: Writer) -> None:
    """Write in pieces and rest in between."""
    data = model(1)
    writer.done(data)
    with (writer.box / "m.safetensors").open("wb", buffering=0) as out:
        for start in range(0, len(data), 30_000):
            out.write(data[start : start + 30_000])
            time.sleep(LONG)


def opening_again(writer: Writer) -> None:
    """Append to a file that is closed while its writer rests; only its header tells."""
    data = model(2)
    writer.done(data)
    for start in range(0, len(data), 30_000):
        with (writer.box / "m.safetensors").open("ab") as out:
            out.write(data[start : start + 30_000])
        time.sleep(LONG)


def flipping(writer: Writer) -> None:
    """Write over a file of the same length again and again."""
    path = writer.box / "m.bin"
    for seed in (*[3, 4] * 8, 3):
        data = opaque(seed)
        writer.done(data)
        with path.open("r+b" if path.exists() else "wb", buffering=0) as out:
            for start in range(0, len(data), 20_000):
                out.write(data[start : start + 20_000])
                time.sleep(0.01)
        time.sleep(0.02)


def held_open(writer: Writer) -> None:
    """Rest with half of it written."""
    data = opaque(5)
    writer.done(data)
    with (writer.box / "m.bin").open("wb", buffering=0) as out:
        out.write(data[:30_000])
        time.sleep(3 * LONG)
        out.write(data[30_000:])


def mapped(writer: Writer) -> None:
    """Write through a memory map, which moves no time stamp."""
    data = opaque(6)
    writer.done(data)
    with (writer.box / "m.bin").open("w+b") as out:
        out.truncate(len(data))
        with mmap.mmap(out.fileno(), len(data)) as memory:
            out.close()
            for start in range(0, len(data), 20_000):
                piece = data[start : start + 20_000]
                memory[start : start + len(piece)] = piece
                time.sleep(LONG)


def like_rsync(writer: Writer) -> None:
    """Write under a hidden name and rename."""
    named_otherwise(writer, ".m.safetensors.aB3dE9", 7)


def like_a_browser(writer: Writer) -> None:
    """Write under a name that ends in .part and rename."""
    named_otherwise(writer, "m.safetensors.part", 8)


def named_otherwise(writer: Writer, name: str, seed: int) -> None:
    """Write half of it, rest, write the rest and rename into place."""
    data, final = model(seed), writer.box / "m.safetensors"
    writer.done(data)
    for piece in (data[:30_000], data[30_000:]):
        with (writer.box / name).open("ab") as out:
            out.write(piece)
        time.sleep(LONG)
    (writer.box / name).rename(final)
    writer.renamed.add(final)


def folder(writer: Writer) -> Path:
    """Make a Hugging Face folder elsewhere."""
    files = {"config.json": b"{}", "vocab/tokens.txt": b"a b c"}
    files |= {f"part{number}.safetensors": model(10 + number) for number in range(4)}
    made = writer.outside / "run"
    for name, data in files.items():
        (made / name).parent.mkdir(parents=True, exist_ok=True)
        (made / name).write_bytes(data)
    writer.finished.append(files)
    return made


def copied(writer: Writer) -> None:
    """Copy a folder, file after file, with rests."""
    made, target = folder(writer), writer.box / "run"
    for number, file in enumerate(sorted(made.rglob("*"))):
        if file.is_file():
            to = target / file.relative_to(made)
            to.parent.mkdir(parents=True, exist_ok=True)
            subprocess.run(["cp", str(file), str(to)], check=True)
            time.sleep(0.2 if number else 0.0)


def extracted(writer: Writer) -> None:
    """Unpack an archive whose times are of long ago."""
    made = folder(writer)
    os.utime(made / "config.json", (1, 1))
    archive = writer.outside / "run.tar"
    subprocess.run(["tar", "-cf", str(archive), "-C", str(made.parent), "run"], check=True)
    with archive.open("rb") as packed:
        command = ["tar", "-x", "-C", str(writer.box)]
        with subprocess.Popen(command, stdin=subprocess.PIPE) as tar:
            assert tar.stdin is not None
            while piece := packed.read(60_000):
                tar.stdin.write(piece)
                tar.stdin.flush()
                time.sleep(0.2)


def moved(writer: Writer) -> None:
    """Move a finished file in, out, and in again."""
    data, inside = model(20), writer.box / "m.safetensors"
    writer.done(data)
    outside = writer.outside / "m.safetensors"
    outside.write_bytes(data)
    for rest in (0.05, LONG):
        if outside.exists():
            outside.rename(inside)
        time.sleep(rest)
        if rest < LONG and inside.exists():
            shutil.move(inside, outside)


def written_again(writer: Writer) -> None:
    """Cut a finished file to nothing and write another into it."""
    path = writer.box / "m.safetensors"
    for seed in (21, 22):
        data = model(seed)
        writer.done(data)
        with path.open("wb", buffering=0) as out:
            out.write(data[:30_000])
            time.sleep(LONG)
            out.write(data[30_000:])
        time.sleep(0.1)


WRITERS: tuple[Callable[[Writer], None], ...] = (
    slow, opening_again, flipping, held_open, mapped, like_rsync, like_a_browser, copied,
    extracted, moved, written_again,
)  # fmt: skip


def watch(registry: Registry, writers: list[Writer]) -> None:
    """Sweep, as a watcher does, until all have ended and nothing waits any more."""
    deadline = time.monotonic() + 40
    told: set[Path] = set()
    while time.monotonic() < deadline:
        busy = any(writer.thread.is_alive() for writer in writers)
        renamed = {path for writer in writers for path in writer.renamed} - told
        report = registry.intake.sweep(
            renamed=frozenset(renamed), pause=lambda seconds: time.sleep(min(seconds, 0.1))
        )
        told |= renamed
        if not busy and not report.waiting:
            return
        time.sleep(0.03)


def registered(registry: Registry, name: str) -> list[dict[str, str]]:
    """Return the digests of the files of each version of a model, by path."""
    versions = registry.versions.list(name)
    details = [registry.versions.detail(version.reference) for version in versions]
    return [
        {"" if detail.version.kind == "file" else f.path: f.digest for f in detail.files}
        for detail in details
    ]


def test_no_writer_ever_makes_half_a_version(tmp_path: Path) -> None:
    """Eleven ways to write, all at once: every version is what its writer finished, whole."""
    root, outside = tmp_path / "r", tmp_path / "outside"
    root.mkdir()
    (root / "modelshelf.toml").write_text(POLICY, "utf-8")
    with (tmp_path / "probe").open("wb"):
        if not has_writer(tmp_path / "probe"):
            pytest.skip("this file system has no leases")
    with create_registry(root, actor="ana") as registry:
        writers = [Writer(root / "inbox", outside, work) for work in WRITERS]
        for writer in writers:
            writer.thread.start()
        watch(registry, writers)
        for writer in writers:
            writer.thread.join()
            whole = [
                {path: hashlib.sha256(data).hexdigest() for path, data in files.items()}
                for files in writer.finished
            ]
            found = registered(registry, writer.model)
            assert found, writer.model
            assert [each for each in found if each not in whole] == [], writer.model
            assert whole[-1] in found, writer.model

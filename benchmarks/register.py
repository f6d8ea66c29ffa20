"""How much a registration costs over the durable writes that nobody can do without."""

from __future__ import annotations

import json
import os
import random
import struct
from pathlib import Path
from statistics import median

from benchmarks.rows import Row
from benchmarks.shelf import Shelf
from benchmarks.timing import interleaved, times
from modelshelf import open_registry
from modelshelf.catalog import driver

_ROUNDS = 7
_A_ROUND = 20
_SIZE = 64 * 1024
_LEAST = 0.6


def main(shelf: Shelf) -> list[Row]:
    """Measure registrations of small files, one after another, each durable before the next."""
    folder = shelf.folder / "small"
    folder.mkdir()
    files = _files(folder, (_ROUNDS + 1) * _A_ROUND)
    bare = Bare(shelf.folder / "bare")
    with open_registry(shelf.folder / "registering", actor="bench", create=True) as registry:
        ours, theirs = iter(files), iter(files)

        def register() -> None:
            for file in (next(ours) for _ in range(_A_ROUND)):
                registry.versions.register("small", file, metrics={"auc": 0.9})

        def write() -> None:
            for file in (next(theirs) for _ in range(_A_ROUND)):
                bare.write(file)

        works = {"ours": register, "bare": write}
        interleaved(works, 1)
        seconds = interleaved(works, _ROUNDS)
    bare.close()
    rate, against = (_A_ROUND / median(seconds[name]) for name in ("ours", "bare"))
    more = (1 / rate - 1 / against) * 1e3
    ratio = times(seconds["bare"], seconds["ours"])
    return [
        Row(
            "register 64 KiB files, each durable",
            rate,
            "versions/s",
            f"write, fsync, rename, one row: {against:.0f}/s, {more:.1f} ms less",
            ratio,
            f">= {_LEAST:.0%} of that",
            ratio >= _LEAST,
        )
    ]


def _files(folder: Path, count: int) -> list[Path]:
    """Write ``count`` different safetensors files of 64 KiB."""
    bits = random.Random(1)
    files = [folder / f"model-{number}.safetensors" for number in range(count)]
    for file in files:
        head = {"w": {"dtype": "F32", "shape": [_SIZE // 4], "data_offsets": [0, _SIZE]}}
        text = json.dumps(head).encode()
        file.write_bytes(struct.pack("<Q", len(text)) + text + bits.randbytes(_SIZE))
    return files


class Bare:
    """The least that is durable: the file under a final name, and a row that names it."""

    def __init__(self, folder: Path) -> None:
        """Work in ``folder``, which is made."""
        folder.mkdir()
        self._folder = folder
        self._catalog = driver.dbapi.connect(str(folder / "catalog.db"), isolation_level=None)
        self._catalog.execute("PRAGMA journal_mode = WAL")
        driver.set_writer_pragmas(self._catalog)
        self._catalog.execute("CREATE TABLE version (id INTEGER PRIMARY KEY, name TEXT, size INT)")

    def write(self, source: Path) -> None:
        """Write one file."""
        data = source.read_bytes()
        temporary = self._folder / "in.part"
        with temporary.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.rename(self._folder / source.name)
        descriptor = os.open(self._folder, os.O_RDONLY)
        os.fsync(descriptor)
        os.close(descriptor)
        row = (source.name, len(data))
        self._catalog.execute("INSERT INTO version (name, size) VALUES (?, ?)", row)

    def close(self) -> None:
        """Close the catalog."""
        self._catalog.close()

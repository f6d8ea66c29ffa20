"""How long it takes to store a large file durably, against hashing it and nothing else.

MODELSHELF_BENCH_BYTES   size of the large file, 2 GiB unless said
MODELSHELF_BENCH_DIR     where to work, the folder for temporary files unless said
"""

from __future__ import annotations

import hashlib
import os
import shutil
import statistics
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.rows import Row
from modelshelf.artifacts import BlobStore, RangeDigests, ingest

if TYPE_CHECKING:
    from collections.abc import Callable

BAR = 1.25
WEIGHED = 1.5  # two hashes of every byte, on two processors
TENSORS = 300
ROUNDS = 3
SMALL_FILES = 500
SMALL_SIZE = 64 * 1024
_BLOCK = 256 * 1024
_PIECE = 16 * 1024 * 1024
_HEADER = 40_000


def main() -> list[Row]:
    """Measure and return the rows; works in a temporary folder that is removed again."""
    size = int(os.environ.get("MODELSHELF_BENCH_BYTES", str(2 * 1024**3)))
    with tempfile.TemporaryDirectory(dir=os.environ.get("MODELSHELF_BENCH_DIR")) as name:
        folder = Path(name)
        source = folder / "large.bin"
        _fill(source, size)
        large = _large(folder, source)
        source.unlink()
        return [*large, _small(folder)]


def _large(folder: Path, source: Path) -> list[Row]:
    """Time hashing, copying and storing in turn, so that a noisy minute hits all of them."""
    works: dict[str, list[float]] = {"hash": [], "copy": [], "store": [], "weigh": []}
    tensors, digests = _tensors(source), set[str]()
    _sha256(source)  # the file is in memory from here on, for all alike
    for _ in range(ROUNDS):
        works["hash"].append(_timed(_sha256, source))
        _fresh_store(folder)
        works["copy"].append(_timed(_copy, source, folder / "copy"))
        (folder / "copy").unlink()
        works["store"].append(_timed(ingest, source, _fresh_store(folder)))
        store, ranges = _fresh_store(folder), RangeDigests({source.name: tensors})
        works["weigh"].append(_timed(partial(ingest, ranges=ranges), source, store))
        digests |= {ranges.digest(source.name, *tensor) for tensor in tensors}
    if "" in digests:
        raise RuntimeError("a tensor has no digest, so something else was measured")
    size = f"{source.stat().st_size / 1024**3:.2g} GiB"
    return [
        _beside_hashing(f"store {size}: hashed, copied, durable", works, "store", BAR),
        _beside_hashing(f"store {size} with {TENSORS} tensors' digests", works, "weigh", WEIGHED),
    ]


def _beside_hashing(work: str, works: dict[str, list[float]], which: str, bar: float) -> Row:
    alone, copy, took = (statistics.median(works[name]) for name in ("hash", "copy", which))
    ratio = took / alone
    against = f"SHA-256 alone, {alone:.2f} s; copy and fsync alone, {copy:.2f} s"
    return Row(work, took, "s", against, ratio, bar=f"<= {bar}", ok=ratio <= bar)


def _copy(source: Path, target: Path) -> None:
    shutil.copyfile(source, target)
    with target.open("rb+") as file:
        os.fsync(file.fileno())


def _tensors(source: Path) -> list[tuple[int, int]]:
    """Return where tensors lie that fill the file behind a header."""
    length = (source.stat().st_size - _HEADER) // TENSORS
    return [(_HEADER + number * length, length) for number in range(TENSORS)]


def _small(folder: Path) -> Row:
    """Store a folder of many small files, against copying them with an fsync each."""
    source = folder / "small"
    source.mkdir()
    for number in range(SMALL_FILES):
        (source / f"{number:05}.bin").write_bytes(os.urandom(SMALL_SIZE))
    plain, storing = [], []
    for number in range(ROUNDS):
        # Nothing is removed in between: ext4 makes files slowly where many were just removed.
        here = folder / f"round {number}"
        (here / "copies").mkdir(parents=True)
        store = _fresh_store(here)
        plain.append(_timed(_copy_durably, source, here / "copies"))
        storing.append(_timed(ingest, source, store))
    rate, other = (SMALL_FILES / statistics.median(times) for times in (storing, plain))
    return Row(
        work=f"store {SMALL_FILES} files of {SMALL_SIZE // 1024} KiB, each durable",
        measured=rate,
        unit="files/s",
        against=f"copy and fsync each, {other:.0f} files/s; ratio is theirs by ours",
        ratio=other / rate,
        bar="<= 4",
        ok=other / rate <= 4,
    )


def _copy_durably(source: Path, target: Path) -> None:
    for path in sorted(source.iterdir()):
        with (target / path.name).open("xb") as file:
            file.write(path.read_bytes())
            file.flush()
            os.fsync(file.fileno())


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    buffer = memoryview(bytearray(_BLOCK))
    with path.open("rb", buffering=0) as file:
        while count := file.readinto(buffer):
            digest.update(buffer[:count])
    return digest.hexdigest()


def _fresh_store(folder: Path) -> BlobStore:
    shutil.rmtree(folder / "blobs", ignore_errors=True)
    store = BlobStore(folder / "blobs")
    store.prepare()
    _settle()
    return store


def _settle() -> None:
    """Wait until what came before is on the disk, so that it is not paid for by what comes next."""
    if hasattr(os, "sync"):
        os.sync()


def _fill(path: Path, size: int) -> None:
    piece = os.urandom(min(size, _PIECE))
    with path.open("wb") as file:
        for number in range(0, size, _PIECE):
            # No two pieces are alike, so no file system can share them.
            start = number.to_bytes(8, "big") + piece[8:]
            file.write(start[: min(_PIECE, size - number)])


def _timed(work: Callable[..., object], *given: object) -> float:
    begun = time.perf_counter()
    work(*given)
    return time.perf_counter() - begun


if __name__ == "__main__":
    for row in main():
        print(f"{row.work}: {row.measured:.2f} {row.unit}, {row.ratio:.2f} x {row.against}")

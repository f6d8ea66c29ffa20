"""Takes in what lies in the drop folder of a registry, and says as JSON what that took.

A process of its own, so that what it takes of memory is its own too; see ``drops``.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path

from benchmarks.memory import most_memory
from benchmarks.register import Bare
from modelshelf import open_registry
from modelshelf.catalog.database import Database
from modelshelf.domain.intake import Sighting

EVERY = 100
"""After so many files that were taken in, others are written and registered beside them."""
A_SLICE = 10
"""How many that is each time."""


@dataclass(frozen=True, slots=True)
class Drop:
    """What a drop took.

    Attributes:
        taken: Versions made.
        seconds: Until all were registered and put away, without what was done beside it.
        grown: Bytes of memory.
        writes: Write transactions.
        written: Seconds for writing a file by hand, each time for a slice.
        called: Seconds for registering a file by a call, likewise.
    """

    taken: int
    seconds: float
    grown: float
    writes: int
    written: list[float]
    called: list[float]


class _Beside:
    """Work on other files, done in slices while the drop is taken in, and timed apart.

    The disk of a machine may be ten times slower from one minute to the next; so it hits all alike.
    """

    def __init__(self, works: dict[str, tuple[Callable[[Path], object], Path]]) -> None:
        self.seconds: dict[str, list[float]] = {name: [] for name in works}
        self._works = [
            (name, work, iter(sorted(folder.rglob("*.safetensors"))))
            for name, (work, folder) in works.items()
        ]
        self._taken = 0

    def tell(self, sighting: Sighting) -> None:
        """Hear what became of a file."""
        self._taken += sighting.state == "taken"
        if sighting.state != "taken" or self._taken % EVERY:
            return
        for name, work, files in self._works:
            begin = time.perf_counter()
            for file in islice(files, A_SLICE):
                work(file)
            self.seconds[name].append(time.perf_counter() - begin)


def main(folder: Path) -> None:
    """Sweep the registry ``dropped`` until nothing settles any more, others beside it."""
    path = folder / "dropped"
    with (
        closing(Bare(folder / "bare")) as bare,
        open_registry(folder / "called", actor="bench", create=True) as called,
        open_registry(path, actor="bench") as registry,
        _counted(path) as writes,
    ):

        def call(file: Path) -> object:
            return called.versions.register(file.parent.name, file)

        beside = _Beside(
            {"written": (bare.write, folder / "to write"), "called": (call, folder / "to call")}
        )
        registry.audit.head()
        before = most_memory()
        begin = time.perf_counter()
        report = registry.intake.sweep(until_still=True, progress=beside.tell)
        seconds = time.perf_counter() - begin - sum(map(sum, beside.seconds.values()))
        grown = most_memory() - before
    drop = Drop(len(report.taken), seconds, grown, len(writes), **beside.seconds)
    print(json.dumps(asdict(drop)))


@contextmanager
def _counted(path: Path) -> Iterator[list[str]]:
    """Give what the write transactions of a registry were for that were begun in the block."""
    writes: list[str] = []
    real = Database.write

    def write(self: Database, purpose: str) -> AbstractContextManager[object]:
        if self.path.parent == path:
            writes.append(purpose)
        return real(self, purpose)

    Database.write = write  # type: ignore[method-assign,assignment]
    try:
        yield writes
    finally:
        Database.write = real  # type: ignore[method-assign]


if __name__ == "__main__":
    main(Path(sys.argv[1]))

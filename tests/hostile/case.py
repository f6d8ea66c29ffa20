"""One hostile artifact: how it is made, and what every door must make of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Expected = Literal["clean", "warning", "quarantined", "refused", "ignored"]
"""What becomes of it, at every door.

``clean`` and ``warning`` become versions. ``quarantined`` is refused for what the scan found.
``refused`` is turned away with a sentence for another reason: a name, a link, a sidecar.
``ignored`` is no artifact at all.
"""

CANARY = "canary-9d1f7a"
"""What stands in the file that nothing may read."""


@dataclass(frozen=True, slots=True)
class Stage:
    """What a payload would do harm to.

    Attributes:
        marker: The folder that a payload makes when it runs; it never may.
        canary: A file outside that is named in many ways and never may be read.
    """

    marker: Path
    canary: Path


Bytes = bytes | Callable[[Stage], bytes]
Files = Mapping[str, Bytes]
Make = Callable[[Path, Stage], None]


@dataclass(frozen=True, slots=True)
class Case:
    """One artifact.

    Attributes:
        id: Its name, and that of its model.
        name: What the file or folder is called.
        make: Makes it at a path whose folder is there.
        expected: What becomes of it.
        rule: A finding that it must have, or words of the sentence that turns it away.
        waits: Whether a drop folder waits for the rest of it instead, because the file itself says
            that it is not complete; whoever registers it by hand says that it is.
        runs: Whether unpickling it would make the marker, which one test does prove.
        by_hand: What becomes of it when somebody registers it by name, where that differs.
        model: The model it is dropped for; by default called like the case.
        costly: Whether only the drop folder is shown it, because each door reads all of it.
        skip: Why it cannot be made here, if it cannot.
    """

    id: str
    name: str
    make: Make
    expected: Expected
    rule: str = ""
    waits: bool = False
    runs: bool = False
    by_hand: Expected | None = None
    model: str = ""
    costly: bool = False
    skip: Callable[[], str] = str

    @property
    def owner(self) -> str:
        """The model it is dropped for."""
        return self.model or self.id

    @property
    def named(self) -> Expected:
        """What becomes of it when somebody registers it by name."""
        return self.by_hand or self.expected


def file(
    id_: str,
    name: str,
    data: Bytes,
    expected: Expected = "quarantined",
    rule: str = "",
    *,
    waits: bool = False,
    runs: bool = False,
    by_hand: Expected | None = None,
) -> Case:
    """Return a case that is one file."""

    def make(path: Path, stage: Stage) -> None:
        path.write_bytes(written(data, stage))

    return Case(id_, name, make, expected, rule, waits, runs, by_hand)


def folder(
    id_: str, files: Files, expected: Expected = "quarantined", rule: str = "", name: str = "run"
) -> Case:
    """Return a case that is a folder of files; the drop folder knows it by a file in it."""

    def make(path: Path, stage: Stage) -> None:
        lay(path, files, stage)

    return Case(id_, name, make, expected, rule)


def lay(path: Path, files: Files, stage: Stage) -> None:
    """Write files below a folder."""
    for name, data in files.items():
        place = path / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(written(data, stage))


def written(data: Bytes, stage: Stage) -> bytes:
    """Return the bytes of a file."""
    return data if isinstance(data, bytes) else data(stage)

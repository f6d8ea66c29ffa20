"""Inspectors that do what no inspector may, each when it is shown a file of its name."""

from __future__ import annotations

import importlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from modelshelf.domain.content import ContentKind
from modelshelf.domain.inspection import Inspection
from modelshelf.formats.interface import CERTAIN, Inspector, Placed
from modelshelf.formats.source import Source

ENDING = ".misdeed"


def _spin(_: Source) -> None:
    while True:
        pass


def _allocate(_: Source) -> None:
    held = [bytearray(1 << 20)]
    while True:
        held.append(bytearray(len(held[-1]) * 2))


def _hoard(source: Source) -> None:
    opened = [source.only.open() for _ in range(100)]
    opened += [member.open() for member in source.siblings]


def _swallow(_: Source) -> None:
    try:
        Path("/etc/hostname").read_bytes()
    except OSError:
        return


DEEDS: dict[str, Callable[[Source], object]] = {
    "allocate": _allocate,
    "compile": lambda _: eval("1 + 1"),  # noqa: S307 - the point of it
    "connect": lambda _: socket.getaddrinfo(b"localhost", 9),
    "die": lambda _: os._exit(3),
    "dup": lambda _: socket.socket(),
    "abort": lambda _: os.abort(),
    "fork": lambda _: os.fork(),
    "hoard": _hoard,
    "import": lambda _: __import__("this"),
    "import by its path": lambda _: importlib.import_module("this"),
    "kill": lambda _: os.kill(os.getppid(), 0),
    "list": lambda _: os.listdir("/"),  # noqa: PTH208
    "open": lambda _: open("/etc/hostname", "rb"),  # noqa: PTH123, SIM115
    "quit": lambda _: sys.exit(0),
    "remove": lambda _: Path("/nothing/there").unlink(),
    "run": lambda _: subprocess.run(["true"], check=True),
    "sleep": lambda _: time.sleep(3600),
    "spin": _spin,
    "swallow": _swallow,
    "system": lambda _: os.system("true"),  # noqa: S605
    "write": lambda _: Path("/tmp/modelshelf-misdeed").write_bytes(b"x"),  # noqa: S108
}
# By what the audit hook must have told of it.
REFUSED = {
    "compile": "compile",
    "connect": "socket.getaddrinfo",
    "dup": "socket.__new__",
    "fork": "os.fork",
    "import": "import of this",
    "import by its path": "os.listdir",
    "kill": "os.kill",
    "list": "os.listdir",
    "open": "open",
    "remove": "os.remove",
    "run": "subprocess.Popen",
    "swallow": "open",
    "system": "os.system",
    "write": "open",
}


@dataclass(frozen=True, slots=True)
class Misdeed:
    """Does what the file's name says."""

    name: ClassVar[str] = "misdeed"
    kind: ClassVar[ContentKind] = "file"

    def sniff(self, head: bytes, source: Source) -> int:  # noqa: ARG002 - the interface
        """See :meth:`Inspector.sniff`."""
        return CERTAIN + 1 if source.name.endswith(ENDING) else 0

    def inspect(self, source: Source) -> Inspection:
        """Do it, and say that all is well."""
        DEEDS[source.name.removesuffix(ENDING)](source)
        return Inspection(self.name)

    def tensors(self, source: Source) -> Iterator[Placed]:
        """Tell far more than fits into an answer, or where nothing is."""
        if source.name.startswith("talk"):
            for number in range(100_000):
                yield Placed(f"{number:01000d}", "float32", (1,), source.name, -1, 4)
        yield Placed("outside", "float32", (1,), source.name, source.size - 1, 4)

    def needs(self, source: Source) -> tuple[str, ...]:  # noqa: ARG002 - the interface
        """Name what leads out of the folder."""
        return ("../secret", "/etc/passwd", "beside.bin")


def inspectors() -> tuple[Inspector, ...]:
    """Return the one that does it all."""
    return (Misdeed(),)

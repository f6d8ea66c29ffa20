"""Makes and reads one family's real files: ``python -m tests.real.made FAMILY FOLDER``.

In a process of its own, because a framework changes the process that imports it: its warnings,
its threads, its memory.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

from tests.real.families import FAMILIES
from tests.real.shipped import Absent
from tests.real.stated import Stated, write

Maker = Callable[[Path], Stated]


def main(family: str, folder: Path) -> None:
    """Write what its frameworks say of each file into ``stated.json``."""
    module = import_module(f"tests.real.makers.{family}")
    write({name: _made(getattr(module, name), folder) for name in FAMILIES[family].files}, folder)


def _made(make: Maker, folder: Path) -> Stated | str:
    """Return what is said of one file, or why there is none."""
    try:
        return make(folder)
    except Absent as absent:
        return str(absent)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))

"""Makes and reads one family's real files: ``python -m tests.real.made FAMILY FOLDER``.

In a process of its own, because a framework changes the process that imports it: its warnings,
its threads, its memory.
"""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path

from tests.real.families import FAMILIES
from tests.real.stated import write


def main(family: str, folder: Path) -> None:
    """Write what its frameworks say of each file into ``stated.json``."""
    module = import_module(f"tests.real.makers.{family}")
    folder.mkdir(parents=True, exist_ok=True)
    every = {name: getattr(module, name)(folder) for name in FAMILIES[family].files}
    write(every, folder / "stated.json")


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))

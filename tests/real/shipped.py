"""Where the models lie that packages ship and ``make models`` brings."""

from __future__ import annotations

import sys
from pathlib import Path

MODELS = Path(sys.prefix) / "models"
"""Inside the environment, so that they go when it goes."""


class Absent(Exception):
    """A package was not brought; says in a sentence what to do."""


def shipped(name: str) -> Path:
    """Return the folder that a package was unpacked into.

    Raises:
        Absent: It is not there.
    """
    folder = MODELS / name
    if not folder.is_dir():
        raise Absent(f"{name} is not there: make models")
    return folder

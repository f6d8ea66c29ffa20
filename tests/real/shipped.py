"""Where the models lie that packages ship and ``make models`` brings."""

from __future__ import annotations

import sys
from pathlib import Path

MODELS = Path(sys.prefix) / "models"
"""Inside the environment, so that they go when it goes."""


def shipped(name: str) -> Path:
    """Return the folder that a package was unpacked into, there or not."""
    return MODELS / name

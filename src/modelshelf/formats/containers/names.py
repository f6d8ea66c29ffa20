"""Which relative names found inside a file stay inside the folder that they are relative to."""

from __future__ import annotations

import re

_DRIVE = re.compile(r"[A-Za-z]:")


def leaves_folder(name: str) -> bool:
    """Tell whether a name is absolute, climbs, or means different things on different systems."""
    return (
        not name
        or "\x00" in name
        or "\\" in name
        or name.startswith("/")
        or "://" in name
        or _DRIVE.match(name) is not None
        or ".." in name.split("/")
    )

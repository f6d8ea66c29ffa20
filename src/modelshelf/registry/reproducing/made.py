"""Whether a command made what it left: in the fresh folder, and after it was started.

A file that lay in the code already, or the registered one itself, has the right bytes without
anything having been made again.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from modelshelf.domain.errors import Unavailable
from modelshelf.domain.text import safe
from modelshelf.registry.reproducing.outputs import Came

STARTED = "started"
"""A file of the fresh folder that is as old as the command; :mod:`modelshelf.capture` looks too."""

_FILES_MOST = 100_000


def start(folder: Path) -> int:
    """Remember that the command begins now; return the time, as the file system tells it.

    Raises:
        Unavailable: Nothing can be written there.
    """
    try:
        (folder / STARTED).write_bytes(b"")
        return changed(folder / STARTED)
    except OSError as exc:
        raise Unavailable("the fresh folder cannot be used", why=exc.strerror or "") from exc


def changed(file: Path) -> int:
    """Return when a file was changed last, in nanoseconds; a time that nobody set."""
    status = file.stat()
    return max(status.st_ctime_ns, status.st_mtime_ns) if os.name == "nt" else status.st_ctime_ns


def check_made(came: Came, top: Path, since: int) -> Came:
    """Return what came out, without a path where the command did not make what lies there.

    Args:
        came: What came out.
        top: The fresh folder, resolved before the command ran.
        since: When the command began.
    """
    if came.path is None:
        return came
    shown = safe(str(came.path), 200)
    try:
        if not came.path.resolve(strict=True).is_relative_to(top):
            why = f"{shown} lies outside of the fresh folder, so nobody knows what made it"
            return replace(came, path=None, why=why)
        if all(changed(file) < since for file in _files(came.path)):
            why = f"{shown} was there before the command ran, which did not write it"
            return replace(came, path=None, why=why)
    except (OSError, ValueError, RuntimeError) as exc:  # links in a circle
        return replace(came, path=None, why=f"{shown} cannot be looked at: {safe(exc, 200)}")
    return came


def _files(path: Path) -> Iterator[Path]:
    if not path.is_dir():
        yield path
        return
    count = 0
    for above, _folders, names in os.walk(path):
        for name in names:
            count += 1
            if count > _FILES_MOST:
                raise ValueError(f"it holds more than {_FILES_MOST:,} files")
            if not os.path.islink(file := os.path.join(above, name)):  # noqa: PTH114, PTH118 - many
                yield Path(file)

"""Where the bytes of a version lie, and the platform's own way to open a folder."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING

from modelshelf.domain.errors import NotFound

if TYPE_CHECKING:
    from modelshelf.domain.models import VersionDetail
    from modelshelf.registry import Registry

_PATIENCE = 2.0  # seconds for the opener to say that it failed


@dataclass(frozen=True, slots=True)
class Opened:
    """A folder, and why it was not opened; an empty reason: it was."""

    folder: Path
    why_not: str = ""


def place_of(root: Path, known: VersionDetail) -> Path | None:
    """Return where the file or folder of a version lies; of a stored folder, its first file.

    Args:
        root: The registry's folder.
        known: The version.
    """
    from modelshelf.artifacts.layout import blob_path
    from modelshelf.domain.intake import unescape_path
    from modelshelf.registry.context import BLOBS

    if known.place:
        return Path(os.path.normpath(root / unescape_path(known.place)))
    if not known.files or known.version.freed:
        return None
    return blob_path(root / BLOBS, known.files[0].digest)


def open_folder(registry: Registry, reference: str) -> Opened:
    """Open the folder that holds the bytes of a version, where there is a screen to open it on.

    Raises:
        NotFound: There is no such version, or its bytes are not there.
    """
    known = registry.versions.detail(reference)
    place = place_of(registry.path.absolute(), known)
    folder = None if place is None else place if place.is_dir() else place.parent
    if folder is None or not folder.is_dir():
        freed = "they were given up to make room" if known.version.freed else ""
        raise NotFound(f"the bytes of {reference} are not there", why=freed, subject=reference)
    return Opened(folder, _open(folder))


def _open(folder: Path) -> str:
    """Open a folder; return why not, empty when it was opened."""
    if sys.platform == "win32":
        try:
            os.startfile(folder)  # type: ignore[attr-defined, unused-ignore] # noqa: S606 - a folder
        except OSError as exc:
            return exc.strerror or "Windows refused"
        return ""
    command = _opener()
    if not command:
        return "there is no screen to open it on"
    try:
        process = subprocess.Popen(  # noqa: S603 - the platform's opener on an absolute path, and no shell
            [command, str(folder)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    except OSError as exc:
        return exc.strerror or "it cannot be started"
    try:
        code = process.wait(_PATIENCE)
    except subprocess.TimeoutExpired:  # some of them stay as long as the folder is looked at
        Thread(target=process.wait, daemon=True).start()
        return ""
    return f"{Path(command).name} failed with exit code {code}" if code else ""


def _opener() -> str:
    """Return the program that opens folders here; empty over a network or without a screen."""
    if os.environ.get("SSH_CONNECTION"):
        return ""
    if sys.platform == "darwin":
        return shutil.which("open") or ""
    if not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        return ""
    return shutil.which("xdg-open") or ""

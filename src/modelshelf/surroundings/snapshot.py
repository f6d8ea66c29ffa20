"""A folder of code as one archive of bytes: packed the same way every time, unpacked with distrust.

The archive is a tar in the pax format of POSIX.1-2001 with names in order, no times, no owners and
the modes 644 and 755, so the same code has the same digest on every machine.
"""

from __future__ import annotations

import io
import os
import stat
import tarfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from modelshelf.domain.errors import Corrupt, Invalid, Unavailable
from modelshelf.domain.text import safe, size_text
from modelshelf.surroundings.left_out import MARKS, SKIPPED, holds_secret, is_secret
from modelshelf.surroundings.untar import Member, members

SNAPSHOT_MOST = 64 * 1024 * 1024
"""Bytes of all files of a snapshot, at most."""
FILE_MOST = 8 * 1024 * 1024
"""Bytes of one file; larger ones are left out and told."""
FILES_MOST = 5_000

_DEPTH_MOST = 40
_NOTES_MOST = 20
_UNPORTABLE = frozenset('\\:*?"<>|')

Note = Callable[[str], object]


@dataclass(frozen=True, slots=True)
class _Found:
    path: str
    file: Path
    executable: bool


def pack(folder: Path, *, note: Note | None = None) -> bytes:
    """Return the files of a folder of code as a tar.

    Links are not followed, and left out like everything that is not code: version control, caches,
    virtual environments, registries, files with the names of secrets, and files over 8 MB.

    Args:
        folder: The folder.
        note: Is told, a sentence each, what was left out that somebody may miss.

    Raises:
        Invalid: There are too many files, or too many bytes, for a snapshot.
        Unavailable: The folder cannot be read.
    """
    notes = _Notes(note)
    files: list[_Found] = []
    for found in _walk(folder, "", 0, notes):
        files.append(found)
        if len(files) > FILES_MOST:
            raise _too_large(folder, f"it has more than {FILES_MOST:,} files")
    target, size = io.BytesIO(), 0
    with tarfile.open(fileobj=target, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for found in sorted(files, key=lambda f: f.path):
            data = _read(found, notes)
            if data is None:
                continue
            size += len(data)
            if size > SNAPSHOT_MOST:
                raise _too_large(folder, f"it has more than {size_text(SNAPSHOT_MOST)} of files")
            archive.addfile(_header(found, len(data)), io.BytesIO(data))
    notes.close()
    return target.getvalue()


def unpack(data: bytes, target: Path) -> None:
    """Write the files of a snapshot into an empty folder, which is made if it is not there.

    Everything is looked at before anything is written: only regular files and folders with plain
    relative names, each once, and no more than a snapshot may hold.

    Raises:
        Corrupt: It is not a snapshot, or not one that may be unpacked.
        Invalid: The folder is not empty.
        Unavailable: The files cannot be written.
    """
    checked = _check(data)
    try:
        target.mkdir(parents=True, exist_ok=True)
        if any(target.iterdir()):
            raise Invalid(f"the folder {safe(target)} is not empty", subject=safe(target))
        for member in checked:
            _write(target, member)
    except OSError as exc:
        raise Unavailable(
            f"the snapshot cannot be unpacked into {safe(target)}",
            why=exc.strerror or safe(exc, 200),
            subject=safe(target),
        ) from exc


class _Notes:
    """Tells what was left out, the first twenty and then how many more."""

    def __init__(self, tell: Note | None) -> None:
        self._tell = tell
        self._count = 0

    def add(self, path: str, why: str) -> None:
        """Tell that ``path`` is left out of the snapshot, and why."""
        self._count += 1
        if self._tell is not None and self._count <= _NOTES_MOST:
            self._tell(f"{safe(path, 120)} is not in the snapshot: {why}.")

    def close(self) -> None:
        """Tell of those that were not named."""
        more = self._count - _NOTES_MOST
        if self._tell is not None and more > 0:
            self._tell(f"{more:,} more files are not in the snapshot.")


def _walk(folder: Path, prefix: str, depth: int, notes: _Notes) -> Iterator[_Found]:
    try:
        with os.scandir(folder) as listing:
            entries = sorted(listing, key=lambda e: os.fsencode(e.name))
    except OSError as exc:
        if not prefix:
            raise Unavailable(
                f"the folder {safe(folder)} cannot be read",
                why=exc.strerror or "",
                subject=safe(folder),
            ) from exc
        notes.add(prefix, "it cannot be read")
        return
    names = {entry.name for entry in entries}
    if prefix and names & MARKS:
        return
    for entry in entries:
        path = f"{prefix}{entry.name}"
        if entry.name in SKIPPED:
            continue
        why = _unfit(entry)
        if why:
            notes.add(path, why)
        elif not entry.is_dir(follow_symlinks=False):
            mode = entry.stat(follow_symlinks=False).st_mode
            yield _Found(path, Path(entry.path), bool(mode & stat.S_IXUSR))
        elif depth >= _DEPTH_MOST:
            notes.add(path, f"it lies more than {_DEPTH_MOST} folders deep")
        else:
            yield from _walk(Path(entry.path), f"{path}/", depth + 1, notes)


def _unfit(entry: os.DirEntry[str]) -> str:
    """Return why an entry cannot be in a snapshot; nothing when it can."""
    if entry.is_symlink():
        return "it is a link"
    if is_secret(entry.name):
        return "its name is that of a secret"
    if not entry.name.isprintable() or _UNPORTABLE & set(entry.name):
        return "its name cannot be written on every system"
    if entry.is_dir(follow_symlinks=False):
        return ""
    if not entry.is_file(follow_symlinks=False):
        return "it is neither file nor folder"
    size = entry.stat(follow_symlinks=False).st_size
    return f"it has {size_text(size)}" if size > FILE_MOST else ""


def _read(found: _Found, notes: _Notes) -> bytes | None:
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    try:
        descriptor = os.open(found.file, flags | getattr(os, "O_BINARY", 0))
        with os.fdopen(descriptor, "rb") as file:
            regular = stat.S_ISREG(os.fstat(descriptor).st_mode)
            data = file.read(FILE_MOST + 1) if regular else None
    except OSError as exc:
        notes.add(found.path, f"it cannot be read ({exc.strerror or exc})")
        return None
    if data is None or len(data) > FILE_MOST:
        notes.add(found.path, "it changed while it was read")
        return None
    if holds_secret(data):
        notes.add(found.path, "it holds a private key or a token")
        return None
    return data


def _header(found: _Found, size: int) -> tarfile.TarInfo:
    header = tarfile.TarInfo(found.path)
    header.size, header.mode = size, 0o755 if found.executable else 0o644
    return header


def _too_large(folder: Path, why: str) -> Invalid:
    return Invalid(
        f"the folder {safe(folder)} is too large for a snapshot of code",
        why=why,
        hint="Keep the code in a folder of its own, or in a git repository.",
        subject=safe(folder),
    )


def _check(data: bytes) -> list[Member]:
    """Return the members of a snapshot when all of them may be written."""
    if len(data) > 2 * SNAPSHOT_MOST:
        raise Corrupt("the snapshot is too large", observed=len(data), required=2 * SNAPSHOT_MOST)
    seen: dict[str, bool] = {}
    checked: list[Member] = []
    for member in members(data):
        if len(checked) >= 2 * FILES_MOST:
            raise Corrupt(f"the snapshot holds more than {2 * FILES_MOST:,} files and folders")
        _check_name(member.path)
        key = member.path.casefold()
        if key in seen:
            raise _hostile(member.path, "is there twice")
        seen[key] = member.folder
        checked.append(member)
    for key in seen:
        above = key.rpartition("/")[0]
        while above:
            if seen.get(above) is False:
                raise _hostile(key, "lies in what is a file")
            above = above.rpartition("/")[0]
    return checked


def _check_name(path: str) -> None:
    parts = path.split("/")
    if not path.isprintable() or _UNPORTABLE & set(path):
        raise _hostile(path, "cannot be written on every system")
    if any(part in ("", ".", "..") for part in parts) or len(parts) > _DEPTH_MOST + 2:
        raise _hostile(path, "leaves the folder")
    if any(part.lower() == ".git" for part in parts):
        raise _hostile(path, "would make a repository")


def _hostile(path: str, what: str) -> Corrupt:
    return Corrupt(
        "the snapshot may not be unpacked",
        why=f"{safe(path, 120)!r} {what}",
        observed=safe(path, 200),
    )


def _write(target: Path, member: Member) -> None:
    place = target.joinpath(*member.path.split("/"))
    if member.folder:
        place.mkdir(parents=True, exist_ok=True)
        return
    place.parent.mkdir(parents=True, exist_ok=True)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0)
    mode = 0o755 if member.executable else 0o644
    descriptor = os.open(place, flags | getattr(os, "O_BINARY", 0), mode)
    with os.fdopen(descriptor, "wb") as file:
        file.write(member.data)

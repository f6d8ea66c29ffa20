"""The digest of a local file or folder of data, and how many examples it holds."""

from __future__ import annotations

import ast
import csv
import hashlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path

from modelshelf.domain.content import FileEntry, folder_content
from modelshelf.domain.errors import Invalid, NotFound, Unavailable
from modelshelf.domain.text import safe

FILES_MOST = 100_000
COUNTED_MOST = 512 * 1024 * 1024
"""Bytes of the largest file whose rows are counted."""

# As in a folder that is registered, so that data has the same digest wherever it is hashed.
IGNORED = frozenset({
    ".git", "__pycache__", ".ipynb_checkpoints", ".DS_Store", "Thumbs.db", "desktop.ini",
    "_SUCCESS", ".modelshelf-ready",
})  # fmt: skip

_DEPTH_MOST = 64
_PIECE = 1024 * 1024
_NPY = b"\x93NUMPY"
_NPY_HEAD_MOST = 64 * 1024
_SEPARATORS = {".csv": ",", ".tsv": "\t"}


def digest_of(place: Path) -> str:
    """Return ``sha256:`` and the digest of a file, or of the manifest of a folder's files.

    The manifest is that of :func:`~modelshelf.domain.content.manifest_text`, so a folder has the
    digest here that it would have as an artifact.

    Raises:
        NotFound: There is nothing.
        Invalid: The folder holds a link, a device, no file or too many.
        Unavailable: Something of it cannot be read.
    """
    try:
        status = place.stat()
        if stat.S_ISDIR(status.st_mode):
            files = tuple(_hashed(place))
            if not files:
                raise Invalid(f"the folder {safe(place)} holds no files", subject=safe(place))
            return f"sha256:{folder_content(place.name, files).digest}"
        if not stat.S_ISREG(status.st_mode):
            raise Invalid(f"{safe(place)} is neither file nor folder", subject=safe(place))
        return f"sha256:{_sha256(place)[0]}"
    except FileNotFoundError as exc:
        raise NotFound(f"there is no {safe(place)}", subject=safe(place)) from exc
    except (OSError, ValueError) as exc:  # ValueError: a NUL in the path
        raise Unavailable(
            f"{safe(place)} cannot be read",
            why=getattr(exc, "strerror", None) or safe(exc, 120),
            subject=safe(place),
        ) from exc


def count_rows(file: Path) -> int | None:
    """Return how many examples a file holds; ``None`` where that is not known.

    Records of CSV and TSV after the first, which names the columns; lines of JSON Lines that are
    not empty; the first number of the shape of an array of NumPy's.
    """
    kind = file.suffix.lower()
    try:
        if not file.is_file() or file.stat().st_size > COUNTED_MOST:
            return None
        if kind in _SEPARATORS:
            return _records(file, _SEPARATORS[kind])
        if kind in (".jsonl", ".ndjson"):
            with file.open("rb") as stream:
                return sum(1 for line in stream if line.strip())
        return _array(file) if kind == ".npy" else None
    except (OSError, ValueError, csv.Error):
        return None


def _hashed(folder: Path) -> Iterator[FileEntry]:
    for count, (path, file) in enumerate(_walk(folder, "", 1), 1):
        if count > FILES_MOST:
            raise Invalid(f"the folder {safe(folder)} holds more than {FILES_MOST:,} files")
        digest, size = _sha256(file)
        yield FileEntry(path, size, digest)


def _walk(folder: Path, prefix: str, depth: int) -> Iterator[tuple[str, Path]]:
    if depth > _DEPTH_MOST:
        raise Invalid(f"{safe(prefix)!r} is more than {_DEPTH_MOST} folders deep")
    with os.scandir(folder) as listing:
        entries = sorted(listing, key=lambda e: e.name)
    for entry in entries:
        path = prefix + entry.name
        if entry.name in IGNORED:
            continue
        if entry.is_dir(follow_symlinks=False):
            yield from _walk(Path(entry.path), path + "/", depth + 1)
        elif entry.is_file(follow_symlinks=False):
            yield path, Path(entry.path)
        else:
            raise Invalid(f"{safe(entry.path)} is a link or device", subject=safe(entry.path))


def _sha256(file: Path) -> tuple[str, int]:
    digest, size = hashlib.sha256(), 0
    with file.open("rb", buffering=0) as stream:
        while piece := stream.read(_PIECE):
            digest.update(piece)
            size += len(piece)
    return digest.hexdigest(), size


def _records(file: Path, separator: str) -> int | None:
    with file.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as stream:
        count = sum(1 for record in csv.reader(stream, delimiter=separator) if record)
    return max(count - 1, 0) if count else None


def _array(file: Path) -> int | None:
    """Return the length of an array. Source: NumPy's documentation, "NPY format"."""
    with file.open("rb") as stream:
        head = stream.read(8)
        if head[:6] != _NPY:
            return None
        width = 2 if head[6:7] == b"\x01" else 4
        length = int.from_bytes(stream.read(width), "little")
        if length > _NPY_HEAD_MOST:
            return None
        text = stream.read(length).decode("utf-8")
    try:
        told = ast.literal_eval(text.strip())
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return None
    shape = told.get("shape") if isinstance(told, dict) else None
    first = shape[0] if isinstance(shape, tuple) and shape else None
    return first if type(first) is int and 0 <= first < 2**63 else None

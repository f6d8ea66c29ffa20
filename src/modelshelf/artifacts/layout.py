"""Where things lie in the folder of an artifact store, and which names there are the store's own.

A blob is ``sha256/ab/ab12…``: 64 hexadecimal digits, in a folder called by the first two. Bytes on
their way in are ``tmp/in-….part``.
"""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path
from typing import TYPE_CHECKING

from modelshelf.artifacts import syscalls
from modelshelf.domain.errors import Invalid
from modelshelf.domain.text import safe

if TYPE_CHECKING:
    from collections.abc import Iterator

ALGORITHM = "sha256"
TEMPORARY = "tmp"

_DIGEST = re.compile(r"[0-9a-f]{64}")
_SHARD = re.compile(r"[0-9a-f]{2}")
_FILE_OR_GONE = (stat.S_IFREG, 0)
_TEMPORARY = re.compile(r"in-[0-9a-f]{32}\.part")


def check_digest(digest: str) -> str:
    """Return ``digest`` if it is 64 lower-case hexadecimal digits.

    Raises:
        Invalid: It is not, so it can name no blob.
    """
    if not _DIGEST.fullmatch(digest):
        raise Invalid(
            f"{safe(digest, 80)!r} is not a digest",
            observed=safe(digest, 80),
            required="64 lower-case hexadecimal digits",
        )
    return digest


def blob_path(root: Path, digest: str) -> Path:
    """Return where the blob lies in the store at ``root``."""
    return Path(root, ALGORITHM, check_digest(digest)[:2], digest)


def temporary_path(root: Path) -> Path:
    """Return a new path for bytes on their way in; nobody can guess it."""
    return named_temporary(root, os.urandom(16).hex())


def named_temporary(root: Path, digits: str) -> Path:
    """Return the path for bytes on their way in that is called by 32 hexadecimal digits."""
    return Path(root, TEMPORARY, f"in-{digits}.part")


def existing_temporary(root: Path, name: str) -> Path:
    """Return the path of the bytes on their way in that are called ``name``.

    Raises:
        Invalid: The store never calls them so.
    """
    if not _TEMPORARY.fullmatch(name):
        raise Invalid(f"{safe(name, 80)!r} is no temporary file of the artifact store")
    return Path(root, TEMPORARY, name)


def temporary_names(root: Path) -> list[str]:
    """Return the names of bytes on their way in, sorted."""
    names = _names(Path(root, TEMPORARY))
    return [name for name in names if _TEMPORARY.fullmatch(name)]


def digests(root: Path) -> Iterator[str]:
    """Yield the digests of the blobs in the store, sorted, one shard in memory at a time."""
    for shard in _names(Path(root, ALGORITHM)):
        folder = Path(root, ALGORITHM, shard)
        if _SHARD.fullmatch(shard) and _kind(folder) == stat.S_IFDIR:
            for name in _names(folder):
                if _is_blob_name(folder, name) and _kind(folder / name) == stat.S_IFREG:
                    yield name


def foreign(root: Path) -> list[Path]:
    """Return what lies in the store but is not the store's, sorted; foreign folders unopened."""
    found = [Path(root, name) for name in _names(root) if name not in (ALGORITHM, TEMPORARY)]
    for name in _names(Path(root, TEMPORARY)):
        path = Path(root, TEMPORARY, name)
        if not (_TEMPORARY.fullmatch(name) and _kind(path) in _FILE_OR_GONE):
            found.append(path)
    for shard in _names(Path(root, ALGORITHM)):
        folder = Path(root, ALGORITHM, shard)
        if _SHARD.fullmatch(shard) and _kind(folder) == stat.S_IFDIR:
            found += _foreign_in_shard(folder)
        else:
            found.append(folder)
    return sorted(found)


def _foreign_in_shard(folder: Path) -> list[Path]:
    return [
        folder / name
        for name in _names(folder)
        if not (_is_blob_name(folder, name) and _kind(folder / name) in _FILE_OR_GONE)
    ]


def _is_blob_name(folder: Path, name: str) -> bool:
    return _DIGEST.fullmatch(name) is not None and name[:2] == folder.name


def _kind(path: Path) -> int:
    """Return the file type bits of ``path`` itself, or 0 if it is gone since it was listed."""
    try:
        return stat.S_IFMT(syscalls.lstat(path).st_mode)
    except FileNotFoundError:
        return 0


def _names(folder: Path) -> list[str]:
    try:
        return sorted(syscalls.names(str(folder)))
    except FileNotFoundError:
        return []

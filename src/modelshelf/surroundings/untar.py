"""A strict reader of the tars that snapshots are; everything else that a tar can hold is refused.

``tarfile`` is not used for reading: it reads on where a header is broken, and some of its versions
never end on a header with a negative length.
"""

from __future__ import annotations

import stat
from collections.abc import Iterator
from dataclasses import dataclass

from modelshelf.domain.errors import Corrupt
from modelshelf.domain.text import safe

_BLOCK = 512
_NOTE_MOST = 64 * 1024
_MAGIC, _CHECKSUM = slice(257, 265), slice(148, 156)
_FILE, _OLD_FILE, _FOLDER, _NOTE = ord("0"), 0, ord("5"), ord("x")
_OCTAL = frozenset(b"01234567")


@dataclass(frozen=True, slots=True)
class Member:
    """One file or folder of a tar.

    Attributes:
        path: Its name as written, without a slash at the end.
        folder: Whether it is a folder.
        executable: Whether its owner may run it.
        data: The bytes of a file.
    """

    path: str
    folder: bool
    executable: bool
    data: bytes


def members(data: bytes) -> Iterator[Member]:
    """Yield the files and folders of a tar, front to back.

    Source: POSIX.1-2017, pax Interchange Format.

    Raises:
        Corrupt: It is no tar, or holds anything but files and folders.
    """
    position, named = 0, ""
    while True:
        header = data[position : position + _BLOCK]
        if not header.strip(b"\0"):
            if len(header) < _BLOCK or data[position:].strip(b"\0"):
                raise _broken(position)
            return
        kind, size = _header(header, position), _number(header[124:136], position)
        start = position + _BLOCK
        body = data[start : start + size]
        position = start + -(-size // _BLOCK) * _BLOCK
        if len(body) < size or position > len(data):
            raise Corrupt("the snapshot ends in the middle of a file")
        if kind == _NOTE:
            named = _noted(body)
            continue
        path = named or _name(header)
        named = ""
        if kind not in (_FILE, _OLD_FILE, _FOLDER):
            raise Corrupt(
                "the snapshot may not be unpacked",
                why=f"{safe(path, 120)!r} is neither file nor folder",
                observed=safe(path, 200),
            )
        runs = bool(_number(header[100:108], start) & stat.S_IXUSR)
        folder = kind == _FOLDER
        yield Member(path.rstrip("/") if folder else path, folder, runs, b"" if folder else body)


def _header(header: bytes, position: int) -> int:
    """Return the kind of a member whose header is whole."""
    if len(header) < _BLOCK or header[_MAGIC] != b"ustar\x0000":
        raise _broken(position)
    blank = header[: _CHECKSUM.start] + b" " * 8 + header[_CHECKSUM.stop :]
    if sum(blank) != _number(header[_CHECKSUM], position):
        raise _broken(position)
    return header[156]


def _number(field: bytes, position: int) -> int:
    digits = field.strip(b" \0")
    if not digits or not _OCTAL.issuperset(digits):
        raise _broken(position)
    return int(digits, 8)


def _name(header: bytes) -> str:
    name, prefix = header[:100].rstrip(b"\0"), header[345:500].rstrip(b"\0")
    return _decoded(prefix + b"/" + name if prefix else name)


def _noted(body: bytes) -> str:
    """Return the path that a note gives the next member; it may say nothing else."""
    length, _, rest = body.partition(b" ")
    key, _, value = rest.partition(b"=")
    whole = length.isdigit() and len(length) < 7 and int(length) == len(body) <= _NOTE_MOST  # noqa: PLR2004 - digits of the longest note
    if not whole or key != b"path" or not value.endswith(b"\n"):
        raise Corrupt("the snapshot may not be unpacked", why="it says more than names and sizes")
    return _decoded(value[:-1])


def _decoded(name: bytes) -> str:
    try:
        return name.decode()
    except UnicodeDecodeError as exc:
        raise Corrupt("the snapshot may not be unpacked", why="a name in it is not text") from exc


def _broken(position: int) -> Corrupt:
    return Corrupt("the snapshot cannot be read", why=f"no tar header stands at byte {position:,}")

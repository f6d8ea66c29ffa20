"""What the operating system knows of a file: its dates, its owner, where it was downloaded from.

Each fact is asked for where the system has it; everywhere else it is left out.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from modelshelf.domain.plain import moment_text
from modelshelf.domain.provenance import Arrival
from modelshelf.domain.text import safe

_URL_MOST = 2_000
_XDG = "user.xdg.origin.url"
_ZONE = ":Zone.Identifier"  # an alternate data stream of NTFS, which Windows browsers write


def arrival_of(path: Path, called: str) -> Arrival | None:
    """Return what the file system knows of the file or folder at ``path``, ``called`` so.

    ``None`` when it is gone by now. A link is not followed.
    """
    try:
        status = os.lstat(path)
    except OSError:
        return None
    born = getattr(status, "st_birthtime", None)  # not on Linux before Python 3.15
    return Arrival(
        path=called,
        modified=_moment(status.st_mtime),
        born="" if born is None else _moment(born),
        owner=_owner(status),
        url=origin_url(path),
    )


def owner_of(path: Path) -> str:
    """Return the account that the file or folder at ``path`` belongs to; empty where none has."""
    try:
        return _owner(os.lstat(path))
    except OSError:
        return ""


def _owner(status: os.stat_result) -> str:
    try:
        import pwd

        return safe(pwd.getpwuid(status.st_uid).pw_name, 100)
    except ImportError:  # Windows
        return ""
    except (KeyError, OSError):  # a number without a name, as in containers
        return str(status.st_uid)


def origin_url(path: Path) -> str:
    """Return the address that a browser noted at the file, without anything secret in it.

    Sources: freedesktop.org, "Common Extended Attributes"; Microsoft, "Zone.Identifier". Who is
    logged in and what follows the path are left out, because signed addresses are as good as keys,
    and nothing is ever erased here.
    """
    return _public(_extended(path) or _zone(path))


def _extended(path: Path) -> str:
    read = getattr(os, "getxattr", None)  # Linux only
    if read is None:
        return ""
    try:
        data: bytes = read(path, _XDG, follow_symlinks=False)
    except OSError:
        return ""
    return data[:_URL_MOST].decode(errors="replace")


def _zone(path: Path) -> str:
    if os.name != "nt":
        return ""
    try:
        with open(f"{path}{_ZONE}", "rb") as stream:  # noqa: PTH123 - no path, but a stream of one
            text = stream.read(2 * _URL_MOST).decode(errors="replace")
    except OSError:
        return ""
    found = [line.partition("=")[2] for line in text.splitlines() if line.startswith("HostUrl=")]
    return found[0] if found else ""


def _public(text: str) -> str:
    try:
        parts = urlsplit(text.strip())
        host, port = parts.hostname, parts.port
    except ValueError:
        return ""
    if parts.scheme not in ("http", "https", "ftp", "s3", "gs") or not host:
        return ""
    place = host if port is None else f"{host}:{port}"
    return safe(urlunsplit((parts.scheme, place, parts.path, "", "")), _URL_MOST)


def _moment(seconds: float) -> str:
    try:
        return moment_text(datetime.fromtimestamp(seconds, UTC))
    except (OverflowError, OSError, ValueError):  # a time stamp beyond the calendar
        return ""

"""Which relative names may come in and go out: pure rules over text, no file is touched."""

from __future__ import annotations

import os
import unicodedata
from typing import TYPE_CHECKING

from modelshelf.domain.errors import Invalid
from modelshelf.domain.text import safe

if TYPE_CHECKING:
    from collections.abc import Iterable

DEPTH_MOST = 64
PART_BYTES_MOST = 255

_WINDOWS_REFUSES = frozenset('<>:"|?*\\') | frozenset(map(chr, range(32)))
_DEVICES = frozenset(
    ["con", "prn", "aux", "nul", "conin$", "conout$"]
    + [f"{port}{number}" for port in ("com", "lpt") for number in "123456789¹²³"]
)


def check_text(path: str) -> str:
    """Return ``path`` if its name is UTF-8.

    Raises:
        Invalid: The file system handed over bytes that are no UTF-8.
    """
    try:
        path.encode()
    except UnicodeEncodeError:
        raise _refused(path, "it is not UTF-8", "Rename it and try again.") from None
    return path


def check_clashes(paths: Iterable[str]) -> None:
    """Refuse names that are one name on a file system that ignores case or Unicode form.

    Folders count: ``A/x`` beside ``a/y`` would become one folder on macOS and Windows.

    Raises:
        Invalid: Two names clash; the sentence has both.
    """
    seen: dict[str, str] = {}
    for path in paths:
        at = len(path)
        while at > 0:
            prefix = path[:at]
            folded = _folded(prefix)
            other = seen.get(folded)
            if other == prefix:  # its folders were looked at when it was first seen
                break
            seen[folded] = prefix
            if other is not None:
                raise _refused(
                    path,
                    f"{safe(other)!r} is the same name where case or accents are not told apart",
                    "Rename one of them.",
                )
            at = path.rfind("/", 0, at)


def check_way_out(path: str, *, windows: bool = os.name == "nt") -> str:
    """Return ``path`` if a file may be created under it, below a folder of ours.

    Args:
        path: A relative POSIX path from a manifest, which may come from anywhere.
        windows: Whether the rules of Windows hold (devices, drives, streams, backslashes).

    Raises:
        Invalid: It would leave the folder, or the file system could not keep it.
    """
    check_text(path)
    parts = path.split("/")
    if len(parts) > DEPTH_MOST:
        raise _refused(path, f"it is more than {DEPTH_MOST} folders deep")
    for part in parts:
        why = _why_not(part) or (_why_not_on_windows(part) if windows else "")
        if why:
            raise _refused(path, why)
    return path


def _why_not(part: str) -> str:
    if not part:
        return "it is absolute or has an empty part"
    if part in (".", ".."):
        return "it would leave its folder"
    if "\0" in part:
        return "it holds a NUL"
    if len(part.encode()) > PART_BYTES_MOST:
        return f"a part of it is longer than {PART_BYTES_MOST} bytes"
    return ""


def _why_not_on_windows(part: str) -> str:
    wrong = next((char for char in part if char in _WINDOWS_REFUSES), None)
    if wrong is not None:
        return f"{safe(wrong)!r} is not allowed in a name on Windows"
    if part[-1] in ". ":
        return "Windows drops a dot or space at the end of a name"
    if part.split(".", 1)[0].rstrip().lower() in _DEVICES:
        return f"{safe(part)!r} is a device on Windows"
    return ""


def _folded(path: str) -> str:
    if path.isascii():
        return path.lower()
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", path).casefold())


def _refused(path: str, why: str, hint: str = "") -> Invalid:
    return Invalid(
        f"the file name {safe(path)!r} cannot be used",
        why=why,
        observed=safe(path),
        hint=hint,
        subject=safe(path),
    )

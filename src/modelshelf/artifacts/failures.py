"""What the operating system refuses, told as one of the six families of errors.

One table: the number of an ``OSError`` gives the family, the reason and what to do.
"""

from __future__ import annotations

import errno
from contextlib import contextmanager
from typing import TYPE_CHECKING

from modelshelf.domain.errors import Conflict, Invalid, ModelshelfError, NotFound, Unavailable
from modelshelf.domain.text import safe

if TYPE_CHECKING:
    from collections.abc import Iterator

_Row = tuple[type[ModelshelfError], str, str]

_RETRY = "Nothing was stored. Try again when the disk is well."
_RIGHTS = "Ask the owner for the permission, or run as that person."
_TABLE: dict[str, _Row] = {
    "ENOENT": (NotFound, "it does not exist", ""),
    "ENOTDIR": (NotFound, "a part of the path is not a folder", ""),
    "ESTALE": (NotFound, "it went away on the network drive", ""),
    "ELOOP": (Invalid, "it is a symbolic link", "Give the file that the link names."),
    "EISDIR": (Invalid, "it is a folder", ""),
    "ENXIO": (Invalid, "it is not a regular file", ""),
    "ENODEV": (Invalid, "it is not a regular file", ""),
    "ENAMETOOLONG": (Invalid, "its name is too long for this file system", ""),
    "EILSEQ": (Invalid, "its name is not allowed on this file system", ""),
    "EFBIG": (Invalid, "it is larger than a file may be on this file system", ""),
    "EEXIST": (Conflict, "it exists already", ""),
    "ENOTEMPTY": (Conflict, "it exists already", ""),
    "EACCES": (Unavailable, "permission is missing", _RIGHTS),
    "EPERM": (Unavailable, "permission is missing", _RIGHTS),
    "EROFS": (Unavailable, "the file system is read-only", ""),
    "ENOSPC": (Unavailable, "the disk is full", "Free some space and try again."),
    "EDQUOT": (Unavailable, "the disk quota is used up", "Free some space and try again."),
    "EIO": (Unavailable, "the disk reported an error", _RETRY),
    "EMFILE": (Unavailable, "this process has too many files open", "Close something."),
    "ENFILE": (Unavailable, "the system has too many files open", "Close something."),
}
_BY_NUMBER = {getattr(errno, name): row for name, row in _TABLE.items() if hasattr(errno, name)}
_FULL = frozenset(getattr(errno, name) for name in ("ENOSPC", "EDQUOT") if hasattr(errno, name))
_STEP = 1000


def explain(error: OSError, doing: str, subject: object) -> ModelshelfError:
    """Return the error of our own that says what ``error`` means.

    Args:
        error: What the system raised.
        doing: What was tried, as a verb ("read", "store").
        subject: The file or folder it was tried on.
    """
    fallback = (Unavailable, error.strerror or str(error), "")
    family, why, hint = _BY_NUMBER.get(error.errno or 0, fallback)
    return family(
        f"cannot {doing} {safe(subject)!r}",
        why=why,
        observed=errno.errorcode.get(error.errno or 0, error.errno),
        hint=hint,
        subject=str(subject),
    )


@contextmanager
def explaining(doing: str, subject: object) -> Iterator[None]:
    """Turn every ``OSError`` of the block into the error :func:`explain` gives."""
    try:
        yield
    except OSError as error:
        raise explain(error, doing, subject) from error


def is_full(error: OSError) -> bool:
    """Return whether ``error`` says that no space (or no quota) is left."""
    return error.errno in _FULL


def no_space(subject: object, *, need: int, have: int) -> Unavailable:
    """Return the error for a disk where ``need`` bytes are wanted and ``have`` bytes are free."""
    why = f"it needs {amount(need)}, the disk has {amount(have)}"
    if have >= need:
        why += ", but a quota or the number of files is used up"
    return Unavailable(
        f"no space left to store {safe(subject)!r}",
        why=why,
        observed=have,
        required=need,
        hint="Free some space and try again.",
        subject=str(subject),
    )


def amount(count: int) -> str:
    """Return a number of bytes as a person reads it: ``999 B``, ``1.5 kB``, ``2.1 GB``."""
    size = float(count)
    for unit in ("B", "kB", "MB", "GB", "TB"):
        if size < _STEP or unit == "TB":
            return f"{count} B" if unit == "B" else f"{size:.1f} {unit}"
        size /= _STEP
    raise AssertionError

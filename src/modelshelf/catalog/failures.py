"""What the driver says about a catalog, as one of our errors."""

from __future__ import annotations

from pathlib import Path

from modelshelf.domain.errors import Conflict, Corrupt, Invalid, Unavailable

_DAMAGED = ("malformed", "not a database")
_REFUSED = ("append-only", "follows the one before")
_MACHINE = ("full", "readonly", "read-only", "unable to open", "locked", "I/O", "too big")


def explain(path: Path, cause: BaseException | None, doing: str = "written") -> Exception:
    """Return the error that a user meets for ``cause``, or ``cause`` itself if it is a bug.

    Args:
        path: The catalog.
        cause: What the driver raised.
        doing: What was tried, as a participle.
    """
    text = str(cause)
    if any(words in text for words in _DAMAGED):
        return Corrupt(
            f"{path} is damaged",
            why=text,
            hint="Run modelshelf verify, then restore a backup.",
            subject=str(path),
        )
    if any(words in text for words in _REFUSED):
        return Conflict("the audit log refused an entry", why=text, hint="Run modelshelf verify.")
    if "too complex" in text:
        return Invalid("the pattern is too long", hint="Write less of it.")
    if any(words in text for words in _MACHINE):
        hint = "Nothing was changed." if doing == "written" else ""
        return Unavailable(f"{path} cannot be {doing}", why=text, hint=hint, subject=str(path))
    if "constraint" in text or "datatype mismatch" in text:
        return Corrupt(
            f"the tables of {path} do not fit the audit log",
            why=text,
            hint="Run modelshelf verify; modelshelf rebuild makes them anew from the log.",
            subject=str(path),
        )
    return cause if isinstance(cause, Exception) else RuntimeError(text)

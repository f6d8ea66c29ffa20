"""From what a caller writes to what the catalog knows."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from modelshelf.domain.errors import Invalid, Refused
from modelshelf.domain.names import parse_reference
from modelshelf.domain.text import accept, safe
from modelshelf.registry.context import BLOBS, POLICY, QUARANTINE

if TYPE_CHECKING:
    from modelshelf.catalog.audit import Transaction
    from modelshelf.catalog.reader import Found
    from modelshelf.registry.context import Context

REASON_MOST = 2_000
_ROWS_MOST = 2**63 - 1
_OWN = (
    BLOBS, QUARANTINE, POLICY, "catalog.lock", "catalog.turn", "catalog.holder",
    "checkpoints.log", "checkpoints.failed", "hooks.lock",
)  # fmt: skip
_DATABASE = "catalog.db"  # and what SQLite keeps beside it


def find_one(context: Context, reference: str) -> Found:
    """Return the one version that ``reference`` names.

    Raises:
        Invalid, NotFound, Conflict: As :meth:`Reader.one`.
    """
    parsed = parse_reference(reference)
    return context.versions(parsed.model).one(parsed)


def find_inside(context: Context, transaction: Transaction, reference: str) -> Found:
    """Like :func:`find_one`, seeing what the transaction has recorded so far."""
    return context.inside(transaction)[0].one(parse_reference(reference))


def check_path(path: str | os.PathLike[str]) -> Path:
    """Return ``path`` if a system can have it at all.

    Raises:
        Invalid: It holds a NUL, where every system would take it for the end, or half characters.
    """
    text = os.fspath(path)
    if "\0" in text:
        raise Invalid(f"{safe(text, 200)!r} is not a path", why="it holds a NUL")
    try:
        os.fsencode(text)
    except UnicodeEncodeError as exc:
        raise Invalid(f"{safe(text, 200)!r} is not a path", why="it is broken text") from exc
    return Path(text)


def check_place(context: Context, path: str | os.PathLike[str]) -> Path:
    """Return ``path`` if something may be written there: anywhere but over the registry itself.

    Raises:
        Invalid: It is no path.
        Refused: The registry keeps its own there: its catalog, bytes, policy or checkpoints.
    """
    place = check_path(path)
    real, root = (Path(os.path.realpath(one)) for one in (place, context.root))
    inside = real.relative_to(root).parts if real.is_relative_to(root) else ()
    first = inside[0].casefold() if inside else ""  # some file systems do not tell case apart
    if first in _OWN or first.startswith(_DATABASE):
        raise Refused(
            f"{safe(place, 200)} cannot be written",
            why="the registry keeps its own there",
            hint="Choose another place.",
            subject=str(place),
        )
    return place


def check_limit(limit: object) -> int:
    """Return ``limit`` if it is a number of rows; to SQLite, a negative one would mean all.

    Raises:
        Invalid: It is none.
    """
    if isinstance(limit, bool) or not isinstance(limit, int) or not 0 <= limit <= _ROWS_MOST:
        raise Invalid(f"{safe(limit, 40)!r} is not a number of rows", required="0 or more")
    return limit


def check_reason(reason: str) -> str:
    """Return ``reason`` if it may be recorded.

    Raises:
        Invalid: It is empty, too long, or holds control characters.
    """
    return accept("reason", reason, most=REASON_MOST, empty=False, lines=True).strip()

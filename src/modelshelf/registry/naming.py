"""From what a caller writes to what the catalog knows."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from modelshelf.domain.errors import Invalid
from modelshelf.domain.names import parse_reference
from modelshelf.domain.text import accept, safe

if TYPE_CHECKING:
    from modelshelf.catalog.audit import Transaction
    from modelshelf.catalog.reader import Found
    from modelshelf.registry.context import Context

REASON_MOST = 2_000
_ROWS_MOST = 2**63 - 1


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

"""What tests of links ask: every edge there is, and why an entry cannot be taken back."""

from __future__ import annotations

import pytest

from modelshelf.domain.errors import Refused
from modelshelf.registry import Registry
from tests.sentences import check_sentence

Edge = tuple[str, str, str, str]
"""Child, kind, parent and origin; a version by its id, another thing by kind and key."""


def edges(shelf: Registry) -> set[Edge]:
    """Return every edge of a registry, its ends by what they are called."""
    connection = shelf._context.connection()
    named = {
        row[0]: f"{row[1]}:{row[2]}"
        for row in connection.execute("SELECT id, kind, key FROM node").fetchall()
    }
    rows = connection.execute("SELECT child, kind, parent, origin FROM edge").fetchall()
    return {(named.get(c, f"v{c}"), k, named.get(p, f"v{p}"), o) for c, k, p, o in rows}


def head(shelf: Registry) -> int:
    """Return the number of the newest entry."""
    return shelf.audit.head()[0]


def said(shelf: Registry, entry: int) -> str:
    """Return why an entry cannot be taken back, which plan and call say in the same words."""
    before = shelf.audit.head()
    with pytest.raises(Refused) as refused:
        shelf.undo.take_back(entry)
    check_sentence(refused.value)
    assert shelf.undo.plan(entry).refused == str(refused.value)
    assert shelf.audit.head() == before
    return str(refused.value)

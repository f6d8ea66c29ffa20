"""Another tool at the catalog: the standard library's SQLite, and no respect for anything."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager

from modelshelf.domain.audit import Verification
from modelshelf.registry import Registry


@contextmanager
def by_hand(registry: Registry) -> Iterator[sqlite3.Connection]:
    """Close the registry and open its catalog with another SQLite, its triggers dropped.

    Two SQLite libraries must never have one file open in one process, hence the closing.
    """
    registry.close()
    with closing(sqlite3.connect(registry.path / "catalog.db", isolation_level=None)) as catalog:
        drop_triggers(catalog)
        yield catalog


def drop_triggers(catalog: sqlite3.Connection) -> None:
    """Take away what keeps an honest tool from a mistake."""
    names = catalog.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall()
    for (name,) in names:
        catalog.execute(f"DROP TRIGGER {name}")


def tampered(registry: Registry, *statements: str) -> None:
    """Run statements on the catalog by hand."""
    with by_hand(registry) as catalog:
        for statement in statements:
            catalog.execute(statement)


def named(found: Verification) -> set[str]:
    """Return the places that a verification names."""
    return {problem.where for problem in found.problems}

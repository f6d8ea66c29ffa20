"""Rows on their way into the tables: kept back table by table, written many at a time.

The order of the tables below is the order in which they are written, parents before children.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

Row = tuple[Any, ...]
Run = Callable[[str, Row], Any]
RunMany = Callable[[str, Sequence[Row]], object]


def insert(table: str, *columns: str, conflict: str = "") -> str:
    """Return the INSERT statement of ``columns`` into ``table``; ``conflict`` is appended."""
    names = ", ".join(f'"{c}"' for c in columns)
    marks = ", ".join("?" * len(columns))
    return f"INSERT INTO {table} ({names}) VALUES ({marks}) {conflict}".rstrip()


AUDIT = insert("audit", "seq", "at_us", "actor", "event", "subject", "body", "prev", "seal")
MENTION = insert("mention", "model_id", "seq")
VERSION = insert(
    "version", "id", "model_id", "number", "digest", "kind", "name", "size", "format", "verdict",
    "created_us", "created_by", "archived", "yanked", "freed", "base_id", "weights", "scanner",
    "globals",
)  # fmt: skip
VERSION_TEXT = insert(
    "version_text", "version_id", "description", "card", "source", "inspection", "run", "code",
    "environment", "datasets", "arrival", "origins", "bases", "features", "metric_sources",
)  # fmt: skip
VERSION_FILE = insert("version_file", "version_id", "path", "size", "digest")
LOCATION = insert("location", "version_id", "path", "digest", "place")
TENSOR_MARK = insert("tensor_mark", "version_id", "mark", conflict="ON CONFLICT DO NOTHING")
METRIC = insert("metric", "version_id", "key", "value")
PARAM = insert("param", "version_id", "key", "value", "number")
TAG = insert("tag", "version_id", "key", "value")
TAG_TERM = insert("tag_term", "key", "value", conflict="ON CONFLICT DO NOTHING")
# The full text of the terms that are new. A trigger could do it, but SQLite before 3.44 refuses to
# let a trigger write full text where the schema is not trusted.
TAG_TEXT = "INSERT INTO tag_text (rowid, value) SELECT id, value FROM tag_term WHERE id > ?"
_TERMS = "SELECT coalesce(max(id), 0) FROM tag_term"
# A thing that is no version gets the next id below zero.
NODE = (
    "INSERT INTO node (id, kind, key, name, label)"
    " SELECT (SELECT min(0, coalesce(min(id), 0)) - 1 FROM node), ?1, ?2, ?3, ?4"
    " WHERE NOT EXISTS (SELECT 1 FROM node WHERE kind = ?1 AND key = ?2)"
)
EDGE = insert(
    "edge", "child", "kind", "parent", "origin", "label", conflict="ON CONFLICT DO NOTHING"
)
# What is among the further bases is found again by the name it has there.
EDGE_TO_BASE = insert(
    "edge", "child", "kind", "parent", "origin", "label",
    conflict="ON CONFLICT DO UPDATE SET label = excluded.label",
)  # fmt: skip
EDGE_TO_NODE = (
    "INSERT INTO edge (child, kind, parent, origin, label)"
    " SELECT ?1, ?2, id, 'told', ?3 FROM node WHERE kind = ?4 AND key = ?5 ON CONFLICT DO NOTHING"
)
COUNTED = (
    "UPDATE model SET latest = max(latest, ?), versions = versions + 1, changed_us = ? WHERE id = ?"
)

_ORDER = (
    AUDIT, MENTION, COUNTED, VERSION, VERSION_TEXT, VERSION_FILE, LOCATION, TENSOR_MARK, METRIC,
    PARAM, TAG, TAG_TERM, NODE, EDGE, EDGE_TO_BASE, EDGE_TO_NODE,
)  # fmt: skip
_MOST = 400


@dataclass(frozen=True, slots=True)
class Stamp:
    """What an entry adds to its event: its number, its time and its actor."""

    seq: int
    at_us: int
    actor: str


class Rows:
    """Rows that wait to be written; :meth:`run` writes those that wait before it acts."""

    def __init__(self, run: Run, run_many: RunMany) -> None:
        """Write through ``run`` (one row) and ``run_many`` (many rows of one statement)."""
        self._run = run
        self._run_many = run_many
        self._waiting: dict[str, list[Row]] = defaultdict(list)
        self._versions = 0

    def defer(self, statement: str, rows: Sequence[Row]) -> None:
        """Keep ``rows`` of one of the statements above until the next flush."""
        if rows:
            self._waiting[statement].extend(rows)

    def version_done(self) -> None:
        """Count a version; enough of them are written at once."""
        self._versions += 1
        if self._versions >= _MOST:
            self.flush()

    def run(self, statement: str, row: Row) -> None:
        """Execute ``statement`` now, after everything that waits."""
        self.flush()
        self._run(statement, row)

    def run_many(self, statement: str, rows: Sequence[Row]) -> None:
        """Execute ``statement`` for each row now, after everything that waits."""
        self.flush()
        if rows:
            self._run_many(statement, rows)

    def flush(self) -> None:
        """Write everything that waits."""
        if not self._waiting:
            return
        waiting, self._waiting, self._versions = self._waiting, defaultdict(list), 0
        terms = self._run(_TERMS, ()).fetchone() if TAG_TERM in waiting else None
        for statement in _ORDER:
            rows = waiting.get(statement)
            if rows:
                self._run_many(statement, rows)
        if terms is not None:
            self._run(TAG_TEXT, terms)

"""What may stand in a search: words of one kind, each found with one step into an index."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from modelshelf.catalog.driver import Connection

_LAST = "\U0010ffff"
_LOOKED_AT = 2_000
"""Rows that are read where there is no index of the words."""

# Where the words of a field are: table, column, and what else must hold. Each is the beginning of
# an index, so that the next word is one step away however many rows share the one before.
_INDEXED = {
    "tag.": ("tag_term", "key", "TRUE"),
    "metrics.": ("metric", "key", "TRUE"),
    "params.": ("param", "key", "TRUE"),
    "tag": ("tag_term", "value", "key = :key"),
    "params": ("param", "value", "key = :key AND number IS NULL"),
    "format": ("version", "format", "TRUE"),
    "owner": ("model", "owner", "TRUE"),
    "dataset": ("node", "name", "kind = 'dataset'"),
}
_NEXT = """
WITH RECURSIVE one(word) AS (
    SELECT (SELECT {column} FROM {table} WHERE {test} AND {column} >= :low AND {column} < :high
            ORDER BY {column} LIMIT 1)
    UNION ALL
    SELECT (SELECT {column} FROM {table} WHERE {test} AND {column} > one.word AND {column} < :high
            ORDER BY {column} LIMIT 1)
    FROM one WHERE one.word IS NOT NULL
)
SELECT word FROM one WHERE word IS NOT NULL LIMIT :most
"""
# Without an index: of the newest rows only.
_NEWEST = {
    "by": "SELECT created_by AS word FROM version ORDER BY id DESC LIMIT :rows",
    "alias": "SELECT alias AS word FROM alias LIMIT :rows",
}

FIELDS = frozenset({*_INDEXED, *_NEWEST})
"""Fields whose words are known; with a dot at the end: the names that may follow it."""


def words(connection: Connection, field: str, begun: str, key: str, most: int) -> tuple[str, ...]:
    """Return words that begin so, sorted by code points; of some fields only those of late.

    Args:
        connection: A reader of the catalog.
        field: One of :data:`FIELDS`.
        begun: How they begin.
        key: The name of the tag or parameter whose values are asked for.
        most: At most so many.
    """
    values = {"low": begun, "high": begun + _LAST, "most": most}
    if field in _NEWEST:
        statement = (
            f"SELECT DISTINCT word FROM ({_NEWEST[field]})"
            " WHERE word >= :low AND word < :high ORDER BY word LIMIT :most"
        )
        values["rows"] = _LOOKED_AT
    else:
        table, column, test = _INDEXED[field]
        statement = _NEXT.format(table=table, column=column, test=test)
        if ":key" in test:
            values["key"] = key
    return tuple(row[0] for row in connection.execute(statement, values).fetchall() if row[0])

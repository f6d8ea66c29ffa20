"""Questions about whose something is: the models of versions, requests, assignments and entries."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from modelshelf.catalog.driver import Connection

_OF_VERSIONS = """
SELECT DISTINCT m.name FROM version v JOIN model m ON m.id = v.model_id
WHERE v.id IN (SELECT value FROM json_each(:ids))
"""
_OF_DIGEST = """
SELECT DISTINCT m.name FROM version v JOIN model m ON m.id = v.model_id
WHERE v.digest >= :low AND v.digest < :high
"""
_OF_REQUEST = "SELECT m.name FROM request r JOIN model m ON m.id = r.model_id WHERE r.id = :id"
_OF_ENTRY = "SELECT m.name FROM mention x JOIN model m ON m.id = x.model_id WHERE x.seq = :id"
_NOW_CALLED = """
SELECT m.name FROM model_name n JOIN model m ON m.id = n.model_id WHERE n.name = :name
"""


def of_versions(connection: Connection, ids: Sequence[int]) -> frozenset[str]:
    """Return the names of the models that versions with these ids belong to."""
    rows = connection.execute(_OF_VERSIONS, {"ids": json.dumps(list(ids))})
    return frozenset(row[0] for row in rows.fetchall())


def of_digest(connection: Connection, low: str) -> frozenset[str]:
    """Return the names of the models that have content whose digest begins with ``low``."""
    rows = connection.execute(_OF_DIGEST, {"low": low, "high": low + "g"})
    return frozenset(row[0] for row in rows.fetchall())


def of_request(connection: Connection, number: int) -> frozenset[str]:
    """Return the name of the model that a request is about."""
    return frozenset(row[0] for row in connection.execute(_OF_REQUEST, {"id": number}).fetchall())


def of_entry(connection: Connection, seq: int) -> frozenset[str]:
    """Return the names of the models that an entry of the log mentions."""
    return frozenset(row[0] for row in connection.execute(_OF_ENTRY, {"id": seq}).fetchall())


def now_called(connection: Connection, name: str) -> str:
    """Return the present name of the model that is or was called ``name``; else ``name`` itself."""
    row = connection.execute(_NOW_CALLED, {"name": name}).fetchone()
    return name if row is None else str(row[0])


def names(connection: Connection) -> tuple[str, ...]:
    """Return the names of all models."""
    return tuple(row[0] for row in connection.execute("SELECT name FROM model").fetchall())

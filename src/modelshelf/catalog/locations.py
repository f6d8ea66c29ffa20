"""Questions about adopted bytes: where they lie, and which versions they belong to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from modelshelf.catalog.driver import Connection


@dataclass(frozen=True, slots=True)
class Adopted:
    """An adopted version: ids, reference, kind, and the place of its file or folder."""

    version_id: int
    model_id: int
    model: str
    number: int
    kind: str
    digest: str
    place: str

    @property
    def reference(self) -> str:
        """``model:vN``."""
        return f"{self.model}:v{self.number}"


def places_of(connection: Connection, digest: str) -> tuple[str, ...]:
    """Return where files of this digest were adopted, the newest version's first."""
    rows = connection.execute(
        "SELECT DISTINCT place FROM location WHERE digest = :digest"
        " ORDER BY version_id DESC LIMIT 20",
        {"digest": digest},
    )
    return tuple(row[0] for row in rows.fetchall())


def adopted(connection: Connection, content: str) -> tuple[Adopted, ...]:
    """Return the versions of this content, by its digest, that were adopted, newest first.

    The place of a folder is its files' places without their paths in it.
    """
    rows = connection.execute(
        "SELECT v.id, v.model_id, m.name, v.number, v.kind, v.digest,"
        " CASE v.kind WHEN 'file' THEN l.place"
        " ELSE substr(l.place, 1, length(l.place) - length(l.path) - 1) END"
        " FROM version v JOIN model m ON m.id = v.model_id"
        " JOIN location l ON l.version_id = v.id AND l.path ="
        " (SELECT min(path) FROM location WHERE version_id = v.id)"
        " WHERE v.digest = :digest AND v.freed = 0 ORDER BY v.id DESC LIMIT 100",
        {"digest": content},
    )
    return tuple(Adopted(*row) for row in rows.fetchall())


def place_of(connection: Connection, version_id: int) -> str:
    """Return where the bytes of a version were left; empty when they are stored."""
    row = connection.execute(
        "SELECT CASE v.kind WHEN 'file' THEN l.place"
        " ELSE substr(l.place, 1, length(l.place) - length(l.path) - 1) END"
        " FROM version v JOIN location l ON l.version_id = v.id WHERE v.id = :id LIMIT 1",
        {"id": version_id},
    ).fetchone()
    return "" if row is None else str(row[0])

"""Whose file is this: a look at a catalog's header before anything is asked of it."""

from __future__ import annotations

from pathlib import Path

from modelshelf.catalog import driver
from modelshelf.domain.errors import Corrupt, Invalid, NotFound, Unavailable

# Kept as numbers here, so that reading needs no SQLModel; a test holds them to schema.py.
APPLICATION_ID = 0x4D534846
SCHEMA_VERSION = 4
_LEAST_SIZE = 512


def check_identity(path: Path, connection: driver.Connection) -> int:
    """Return the schema number of a catalog that is ours and not too new.

    Raises:
        NotFound: It is empty, as a creation that was killed leaves it.
        Invalid: It belongs to another program.
        Corrupt: It is no SQLite database, or a damaged one.
        Unavailable: It cannot be read, or a newer Modelshelf wrote it.
    """
    application = connection.execute("PRAGMA application_id").fetchone()[0]
    schema: int = connection.execute("PRAGMA user_version").fetchone()[0]
    tables = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
    if not application and not schema and not tables:
        if 0 < path.stat().st_size < _LEAST_SIZE:
            # SQLite would take a file too short for a header for an empty one, and write over it.
            raise Corrupt(f"{path} is not a database", subject=str(path))
        raise missing(path, f"its {path.name} is empty")
    if application != APPLICATION_ID:
        raise Invalid(
            f"{path} belongs to another program",
            why=f"its application id is {application:#010x}",
            observed=application,
            required=APPLICATION_ID,
            hint="Choose another folder for the registry.",
            subject=str(path),
        )
    if schema > SCHEMA_VERSION:
        raise Unavailable(
            f"{path} was written by a newer Modelshelf",
            why=f"its schema is {schema}, this release knows {SCHEMA_VERSION}",
            observed=schema,
            required=SCHEMA_VERSION,
            hint="Update Modelshelf.",
            subject=str(path),
        )
    return schema


def missing(path: Path, why: str = "") -> NotFound:
    """Return the error for a folder that holds no registry."""
    return NotFound(
        f"there is no registry in {path.parent}",
        why=why or f"it has no {path.name}",
        hint="Make one with: modelshelf init",
        subject=str(path.parent),
    )

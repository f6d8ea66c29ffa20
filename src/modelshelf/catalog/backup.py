"""Copy a catalog while it is in use, through SQLite itself; a plain copy loses commits."""

from __future__ import annotations

import os
from pathlib import Path

from modelshelf.catalog import driver
from modelshelf.domain.errors import Conflict, Corrupt, Unavailable

_PAGES = 1_000


def copy_catalog(source: Path, destination: Path) -> Path:
    """Copy the catalog at ``source`` to ``destination``, whole and durable, then look it over.

    Raises:
        Conflict: The destination exists.
        Corrupt: The copy does not pass SQLite's quick check.
        Unavailable: It cannot be written.
    """
    if destination.exists():
        raise Conflict(f"{destination} exists already", hint="Choose another name.")
    partial = destination.with_name(destination.name + ".partial")
    partial.unlink(missing_ok=True)
    try:
        _copy(source, partial)
        with partial.open("rb+") as written:
            os.fsync(written.fileno())
        partial.rename(destination)
    except (OSError, driver.OperationalError) as exc:
        raise Unavailable(f"the copy {destination} cannot be written", why=str(exc)) from exc
    finally:
        partial.unlink(missing_ok=True)
    return destination


def _copy(source: Path, partial: Path) -> None:
    reader = driver.open_reader(source)
    writer = driver.dbapi.connect(str(partial), isolation_level=None)
    try:
        reader.backup(writer, pages=_PAGES)
        found = writer.execute("PRAGMA quick_check(5)").fetchall()
    finally:
        writer.close()
        reader.close()
    if found != [("ok",)]:
        raise Corrupt(f"the copy of {source} is damaged", why="; ".join(str(f[0]) for f in found))

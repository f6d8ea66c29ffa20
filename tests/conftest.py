"""What most tests start from: a registry in a temporary folder, a clock that ticks, model files."""

from __future__ import annotations

import json
import random
import struct
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from modelshelf.artifacts import syscalls
from modelshelf.artifacts.store import BlobStore
from modelshelf.catalog import driver, making, migrations
from modelshelf.catalog.database import Database
from modelshelf.catalog.identity import SCHEMA_VERSION
from modelshelf.catalog.migrations import Migration
from modelshelf.registry import Registry, create_registry

if TYPE_CHECKING:
    from sqlalchemy import Connection

Clock = Callable[[], datetime]
MakeModelFile = Callable[..., Path]

# A machine that is busy is no slow rule.
settings.register_profile("modelshelf", deadline=None)
settings.load_profile("modelshelf")

START = datetime(2026, 3, 1, tzinfo=UTC)
_ID_MOST = 60


_OF_THE_STORE = ("artifacts", "crash")
_OF_THE_DISK = ("artifacts", "catalog", "crash")


@pytest.fixture(autouse=True)
def _shards_as_they_come(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave the 256 folders of a new store to be made when they are needed, as after a copy.

    Making them takes most of the time that making a registry takes, thousands of times; the tests
    of the store itself make them all.
    """
    if not any(part in _OF_THE_STORE for part in request.path.parts):
        monkeypatch.setattr(BlobStore, "_make_shards", staticmethod(lambda _folder: None))


@pytest.fixture(autouse=True)
def _a_disk_that_is_quick(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Say at once that bytes are on the disk, which only those who lose power could tell.

    Next to the folders of the store, waiting for the disk takes most of the time of a change. The
    tests of store and catalog wait, and so does every process that a test starts.
    """
    if any(part in _OF_THE_DISK for part in request.path.parts):
        return
    prepare = driver.set_writer_pragmas

    def without_waiting(connection: driver.Connection) -> None:
        prepare(connection)
        connection.execute("PRAGMA synchronous = OFF")

    monkeypatch.setattr(driver, "set_writer_pragmas", without_waiting)
    for call in ("fsync", "fsync_folder"):
        monkeypatch.setattr(syscalls, call, lambda _file: None)


@pytest.fixture(scope="session")
def empty_catalog(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Make a catalog without any entry, as it is made for everybody, and return its bytes."""
    path = tmp_path_factory.mktemp("empty") / "catalog.db"
    making._set_wal(path)
    database = Database(path, lambda: START, "ana")
    with database.begin() as connection:
        migrations.migrate(connection, 0)
    database.close()
    return path.read_bytes()


@pytest.fixture(autouse=True)
def _tables_by_copying(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, empty_catalog: bytes
) -> None:
    """Let a new catalog begin as a copy of one that was made as always, tables and all.

    The tests of the catalog itself, and every process that a test starts, make the tables.
    """
    if any(part in _OF_THE_DISK for part in request.path.parts):
        return
    set_wal, migrate = making._set_wal, migrations.migrate

    def begin(path: Path) -> None:
        if path.exists() and path.stat().st_size:
            set_wal(path)
        else:
            path.write_bytes(empty_catalog)

    def made(connection: Connection, present: int, *steps: tuple[Migration, ...]) -> int:
        schema = connection.exec_driver_sql("PRAGMA user_version").scalar_one()
        if present == 0 and not steps and schema == SCHEMA_VERSION:
            return SCHEMA_VERSION
        return migrate(connection, present, *steps)

    monkeypatch.setattr(making, "_set_wal", begin)
    monkeypatch.setattr(migrations, "migrate", made)


@pytest.fixture
def clock() -> Clock:
    """Return a clock that begins at 2026-03-01T00:00:00Z and goes on by a second at each look."""
    looks = iter(range(1_000_000_000))
    return lambda: START + timedelta(seconds=next(looks))


@pytest.fixture
def registry(tmp_path: Path, clock: Clock) -> Iterator[Registry]:
    """Make an empty registry that is told the time, where "ana" acts."""
    with create_registry(tmp_path / "registry", actor="ana", clock=clock) as opened:
        yield opened


@pytest.fixture
def make_model_file(tmp_path: Path) -> MakeModelFile:
    """Return a function that writes a small safetensors file; another seed gives other bytes."""

    def make(name: str = "model.safetensors", seed: int = 1) -> Path:
        values = [random.Random(seed).random() for _ in range(4)]  # noqa: S311 - test data
        data = struct.pack("<4f", *values)
        head = json.dumps({"weight": {"dtype": "F32", "shape": [2, 2], "data_offsets": [0, 16]}})
        file = tmp_path / "files" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(struct.pack("<Q", len(head)) + head.encode() + data)
        return file

    return make


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Name a case by words one can read, the same in every process that collects it."""
    if isinstance(val, bytes):
        return f"{argname} of {len(val)} bytes"
    shown = str(val) if isinstance(val, str | int) else ""
    return f"{shown[:30]!a} of {len(shown)}" if len(shown) > _ID_MOST else None

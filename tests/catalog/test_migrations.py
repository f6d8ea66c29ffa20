"""A catalog of an older schema is brought up to date, after a backup, or left as it was."""

from __future__ import annotations

import gzip
import sqlite3
import threading
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import Connection  # noqa: TC002 - as in the migrations themselves

from modelshelf.catalog import database, identity, making, migrations
from modelshelf.catalog.migrations import MIGRATIONS, Migration, migrate
from modelshelf.catalog.schema import SCHEMA_VERSION
from modelshelf.domain.errors import ModelshelfError
from modelshelf.registry import Registry, open_registry

OLDER = Path(__file__).parent / "fixtures"
BACKUP = f"catalog.schema-{SCHEMA_VERSION}.backup.db"


def _add_column(connection: Connection) -> None:
    connection.exec_driver_sql("ALTER TABLE sighting ADD COLUMN note TEXT")


def _add_and_fail(connection: Connection) -> None:
    _add_column(connection)
    connection.exec_driver_sql("CREATE TABLE half (id INTEGER)")
    connection.exec_driver_sql("INSERT INTO nowhere VALUES (1)")


def next_release(monkeypatch: pytest.MonkeyPatch, second: Migration) -> None:
    """Let this process be a release that knows one more schema."""
    monkeypatch.setattr(migrations, "migrate", partial(migrate, migrations=(*MIGRATIONS, second)))
    for module in (identity, database, making):
        monkeypatch.setattr(module, "SCHEMA_VERSION", SCHEMA_VERSION + 1)


def schema_of(path: Path) -> tuple[int, list[str]]:
    """Return a file's schema number and the columns of one table; nobody has it open."""
    with closing(sqlite3.connect(path)) as catalog:
        (number,) = catalog.execute("PRAGMA user_version").fetchone()
        columns = [row[1] for row in catalog.execute("PRAGMA table_info(sighting)")]
    return number, columns


def test_the_first_question_migrates_after_a_backup(
    shelf: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An older catalog is copied, migrated and read, and the copy is the older one."""
    head = shelf.audit.head()
    shelf.close()
    next_release(monkeypatch, _add_column)
    with open_registry(shelf.path, actor="ana") as opened:
        assert opened.audit.head() == head
        assert opened.audit.verify().whole
        opened.models.describe("risk/churn", owner="eve")
    number, columns = schema_of(shelf.path / "catalog.db")
    assert (number, columns[-1]) == (SCHEMA_VERSION + 1, "note")
    number, columns = schema_of(shelf.path / BACKUP)
    assert (number, "note" in columns) == (SCHEMA_VERSION, False)


@pytest.mark.parametrize("schema", range(1, SCHEMA_VERSION))
def test_a_catalog_of_an_older_schema_is_read_like_one_of_today(
    tmp_path: Path, schema: int
) -> None:
    """A file that an older release wrote is brought up to date and proves itself."""
    folder = tmp_path / "old"
    folder.mkdir()
    older = (OLDER / f"schema-{schema}.db.gz").read_bytes()
    (folder / "catalog.db").write_bytes(gzip.decompress(older))
    with open_registry(folder, actor="ana") as opened:
        assert opened.audit.head()[0] == 22
        problems = opened.audit.verify().problems
        assert {p.where.split()[0] for p in problems} == {"blob"}  # only the catalog was kept
        assert opened.versions.detail("risk/churn:3").origins == {}
        if schema == 1:
            assert [s.path for s in opened.intake.ledger()] == ["inbox/churn/README.md"]
        assert opened.promotions.history("risk/churn")[0].bypass is None
        kinds = {edge.kind for edge in opened.lineage.of("risk/churn:1").edges}
        assert kinds == {"derived_from", "built_from", "evaluated_on", "produced_by", "trained_on"}
        assert opened.versions.search("churn").versions
    assert schema_of(folder / "catalog.db")[0] == SCHEMA_VERSION


def test_eight_openers_at_once_migrate_once(
    shelf: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever waited for the lock finds the work done and goes on."""
    shelf.close()
    runs: list[int] = []

    def counted(connection: Connection) -> None:
        runs.append(1)
        _add_column(connection)

    next_release(monkeypatch, counted)
    failed: list[Exception] = []

    def opening() -> None:
        try:
            with open_registry(shelf.path, actor="ana") as opened:
                assert opened.models.names() == ("risk/churn", "text/encoder-small")
        except Exception as exc:  # noqa: BLE001 - what the test is about
            failed.append(exc)

    threads = [threading.Thread(target=opening) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (failed, runs) == ([], [1])
    assert [p.name for p in shelf.path.glob("*.backup.db")] == [BACKUP]


def test_a_migration_that_fails_leaves_the_old_schema(
    shelf: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half a migration is undone, table definitions included, and a later one succeeds."""
    head = shelf.audit.head()
    shelf.close()
    with monkeypatch.context() as patched:
        next_release(patched, _add_and_fail)
        for _attempt in range(2):  # the second is not stopped by the first one's backup
            with pytest.raises(Exception, match="nowhere"):
                open_registry(shelf.path, actor="ana")
    assert schema_of(shelf.path / "catalog.db")[0] == SCHEMA_VERSION
    with closing(sqlite3.connect(shelf.path / "catalog.db")) as catalog:
        wanted = "SELECT count(*) FROM sqlite_master WHERE name = 'half'"
        assert catalog.execute(wanted).fetchone() == (0,)
    with open_registry(shelf.path, actor="ana") as opened:
        assert opened.audit.head() == head
        opened.close()
        next_release(monkeypatch, _add_column)
        assert opened.audit.verify().whole
    assert schema_of(shelf.path / "catalog.db")[0] == SCHEMA_VERSION + 1


def test_an_older_release_refuses_what_a_newer_one_migrated(
    shelf: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After the update, a release of before says so instead of reading what it does not know."""
    shelf.close()
    with monkeypatch.context() as patched:
        next_release(patched, _add_column)
        open_registry(shelf.path, actor="ana").close()
    with pytest.raises(ModelshelfError, match="newer Modelshelf"):
        open_registry(shelf.path, actor="ana")


def test_a_release_that_forgot_a_migration_does_not_start() -> None:
    """The number of migrations is the number of the schema, or the import fails."""
    source = Path(migrations.__file__).read_text("utf-8")
    forgetful = source.replace(
        "(_create, _arrivals, _decisions, _lineage)", "(_create, _arrivals, _lineage)"
    )
    assert forgetful != source
    with pytest.raises(RuntimeError, match="schema version"):
        exec(compile(forgetful, "migrations", "exec"), {"__name__": "forgetful"})  # noqa: S102

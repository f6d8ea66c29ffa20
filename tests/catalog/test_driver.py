"""The one SQLite of the process: what is known of its bug, and what a question may hold."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from modelshelf.catalog import driver
from modelshelf.domain.errors import Invalid, Unavailable
from modelshelf.registry import Registry
from tests.contracts.tree import PACKAGE


@pytest.mark.parametrize(
    ("version", "bug"),
    [
        ((3, 40, 1), True),
        ((3, 44, 5), True),
        ((3, 44, 6), False),
        ((3, 45, 0), True),
        ((3, 50, 6), True),
        ((3, 50, 7), False),
        ((3, 51, 2), True),
        ((3, 51, 3), False),
        ((3, 53, 4), False),
        ((4, 0, 0), False),
    ],
)
def test_the_versions_with_the_reset_bug_are_known(
    version: tuple[int, int, int],
    bug: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    """The list of SQLite's own page: fixed in 3.51.3, 3.50.7 and 3.44.6."""
    assert driver.has_reset_bug(version) is bug


def test_this_sqlite_can_do_what_is_asked_of_it() -> None:
    """STRICT tables need 3.37, and the full text needs FTS5 with trigrams."""
    assert driver.version >= driver.LEAST_VERSION
    scratch = driver.open_scratch()
    scratch.execute("CREATE VIRTUAL TABLE t USING fts5(a, tokenize = 'trigram')")
    scratch.close()


@pytest.mark.parametrize("value", ["\ud800", 2**63, -(2**70)])
def test_a_value_that_sqlite_cannot_hold_is_a_sentence(shelf: Registry, value: object) -> None:
    """Half characters and numbers beyond 63 bits are refused, not thrown at the caller."""
    reader = shelf._context.database.reader()
    with pytest.raises(Invalid, match="cannot be in a catalog"):
        reader.execute("SELECT * FROM model WHERE name = ?", (value,))
    assert reader.execute("SELECT 1").fetchone() == (1,)


def test_a_folder_of_any_bytes_is_opened(tmp_path: Path) -> None:
    """A folder name that is not UTF-8, where the system allows one, is a folder like others."""
    from modelshelf.registry import create_registry

    if sys.platform != "linux":
        pytest.skip("only Linux allows such names")
    with create_registry(tmp_path / "caf\udce9", actor="ana") as registry:
        assert registry.audit.verify().whole
        assert registry.upkeep.backup(tmp_path / "copy\udce9").is_dir()


def test_a_file_that_cannot_be_opened_is_a_sentence(tmp_path: Path) -> None:
    """Opening fails in words."""
    with pytest.raises(Unavailable, match="unable to open"):
        driver.open_reader(tmp_path / "none" / "catalog.db")


def test_no_other_module_opens_a_database() -> None:
    """Every connection is made where the driver is chosen, or by the engine with that driver."""
    callers = {
        str(file.relative_to(PACKAGE))
        for file in PACKAGE.rglob("*.py")
        if ".connect(" in file.read_text("utf-8") and "dbapi" in file.read_text("utf-8")
    }
    assert callers <= {"catalog/driver.py", "catalog/making.py", "catalog/backup.py"}

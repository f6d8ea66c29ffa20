"""What is not a catalog we can use is refused with a sentence, and never touched."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from modelshelf.artifacts import places
from modelshelf.domain.errors import (
    Conflict,
    Corrupt,
    Invalid,
    ModelshelfError,
    NotFound,
    Refused,
    Unavailable,
)
from modelshelf.registry import Registry, create_registry, open_registry
from tests.furnished import model_file

Opening = Callable[[Path], Registry]


def opening(root: Path) -> Registry:
    """Open what is there."""
    return open_registry(root, actor="ana")


def opening_or_making(root: Path) -> Registry:
    """Open what is there, or make it."""
    return open_registry(root, actor="ana", create=True)


def making(root: Path) -> Registry:
    """Make a registry."""
    return create_registry(root, actor="ana")


WAYS = pytest.mark.parametrize("way", [opening, opening_or_making, making])


def foreign(root: Path) -> Path:
    """Make a folder whose catalog belongs to another program."""
    root.mkdir()
    with closing(sqlite3.connect(root / "catalog.db")) as other:
        other.execute("PRAGMA application_id = 7")
        other.execute("CREATE TABLE photos (id INTEGER)")
    return root


@WAYS
@pytest.mark.parametrize("marked", [True, False])
def test_another_programs_database_is_refused(
    tmp_path: Path,
    way: Opening,
    marked: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    """A SQLite file of somebody else is left exactly as it is, whatever it calls itself."""
    root = foreign(tmp_path / "r")
    if not marked:
        with closing(sqlite3.connect(root / "catalog.db")) as other:
            other.execute("PRAGMA application_id = 0")
    before = (root / "catalog.db").read_bytes()
    with pytest.raises(Invalid, match="another program"):
        way(root)
    assert (root / "catalog.db").read_bytes() == before
    assert not (root / "modelshelf.toml").exists(), "nothing is put beside it either"


@WAYS
@pytest.mark.parametrize("content", [b"PK\x03\x04 not a database at all" * 200, b"x"])
def test_a_file_that_is_no_database_is_refused(
    tmp_path: Path, way: Opening, content: bytes
) -> None:
    """Bytes that are no SQLite file are called damaged, and stay."""
    root = tmp_path / "r"
    root.mkdir()
    (root / "catalog.db").write_bytes(content)
    with pytest.raises(Corrupt, match="not a database"):
        way(root)
    assert (root / "catalog.db").read_bytes() == content


def test_an_empty_file_is_no_registry_and_can_become_one(tmp_path: Path) -> None:
    """What a killed creation leaves is said to be empty, and the next creation makes use of it."""
    root = tmp_path / "r"
    root.mkdir()
    (root / "catalog.db").touch()
    with pytest.raises(NotFound, match="empty"):
        opening(root)
    with opening_or_making(root) as made:
        assert made.audit.verify().whole


def test_a_file_that_was_only_set_to_write_ahead_can_become_a_registry(tmp_path: Path) -> None:
    """The same for a creation that was killed one step later."""
    root = tmp_path / "r"
    root.mkdir()
    with closing(sqlite3.connect(root / "catalog.db")) as half:
        half.execute("PRAGMA journal_mode = WAL")
    assert (root / "catalog.db").stat().st_size > 0
    with pytest.raises(NotFound, match="empty"):
        opening(root)
    with making(root) as made:
        assert made.audit.head()[0] == 1


@pytest.mark.parametrize("name", ["nothing", "nothing/deeper"])
def test_a_missing_registry_says_how_to_make_one(tmp_path: Path, name: str) -> None:
    """A folder without a registry, or no folder at all, is not made by looking."""
    with pytest.raises(NotFound, match="modelshelf init"):
        opening(tmp_path / name)
    assert list(tmp_path.iterdir()) == []


@WAYS
def test_a_file_in_the_place_of_the_folder_is_refused(tmp_path: Path, way: Opening) -> None:
    """A path that is a file gets a sentence."""
    (tmp_path / "r").write_text("x", "utf-8")
    with pytest.raises((Invalid, Unavailable)):
        way(tmp_path / "r")


@WAYS
def test_a_path_that_no_system_knows_is_a_sentence(way: Opening) -> None:
    """A NUL in the path is no traceback."""
    with pytest.raises(ModelshelfError) as caught:
        way(Path("/tmp/a\0b"))  # noqa: S108 - never made
    assert str(caught.value).isprintable()


def test_a_newer_schema_is_refused(shelf: Registry) -> None:
    """A catalog of a newer release is not read half."""
    shelf.close()
    with closing(sqlite3.connect(shelf.path / "catalog.db")) as catalog:
        catalog.execute("PRAGMA user_version = 99")
    with pytest.raises(Unavailable, match="newer Modelshelf") as caught:
        opening(shelf.path)
    assert caught.value.observed == 99


def test_making_it_twice_is_a_conflict(shelf: Registry) -> None:
    """A registry that is there is not made again, nor changed by the attempt."""
    head = shelf.audit.head()
    with pytest.raises(Conflict, match="already"):
        making(shelf.path)
    assert shelf.audit.head() == head
    with opening_or_making(shelf.path) as same:
        assert same.audit.head() == head


MOUNTS = (
    b"22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw\n"
    b"90 22 0:41 / %s rw,relatime shared:2 - %s server:/export rw\n"
)


@WAYS
@pytest.mark.parametrize("kind", ["nfs4", "cifs", "fuse.sshfs", "9p"])
def test_a_network_file_system_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: Opening, kind: str
) -> None:
    """A registry on a network mount is refused before anything is written there."""
    mounted = tmp_path / "net work"
    mounted.mkdir()
    table = tmp_path / "mountinfo"
    point = str(mounted).replace(" ", "\\040").encode()
    table.write_bytes(MOUNTS % (point, kind.encode()))
    monkeypatch.setattr(places, "_MOUNTS", table)
    with pytest.raises(Unavailable, match=f"{kind}.*write-ahead"):
        way(mounted)
    assert not (mounted / "catalog.db").exists()
    making(tmp_path / "local").close()


@WAYS
def test_a_policy_with_a_mistake_is_refused(tmp_path: Path, way: Opening) -> None:
    """Neither opening nor making goes on under rules that cannot be read."""
    root = tmp_path / "r"
    making(root).close()
    (root / "modelshelf.toml").write_text("[stages.production]\nholder = 'many'", "utf-8")
    with pytest.raises(Invalid, match="Did you mean holders"):
        way(root)
    (root / "modelshelf.toml").write_text("[stages", "utf-8")
    with pytest.raises(Invalid, match="not TOML"):
        way(root)


@WAYS
@pytest.mark.parametrize("actor", ["", "  ", "\x1b[31mana", "a\nb", "\ud800", "a" * 201])
def test_an_actor_that_cannot_be_recorded_is_refused(
    tmp_path: Path, way: Opening, actor: str
) -> None:
    """Who acts must be a name that can be sealed and shown."""
    making(tmp_path / "r").close()
    with pytest.raises(Invalid):
        open_registry(tmp_path / "r", actor=actor)
    assert way is not None


def writes(registry: Registry, file: Path) -> dict[str, Callable[[], object]]:
    """Return every method that changes something, ready to be called."""
    models, versions, upkeep = registry.models, registry.versions, registry.upkeep
    return {
        "describe": lambda: models.describe("risk/churn", owner="eve"),
        "models.tag": lambda: models.tag("risk/churn", set={"a": "b"}),
        "rename": lambda: models.rename("risk/churn", "risk/other"),
        "retire": lambda: models.retire("risk/churn", reason="r"),
        "models.restore": lambda: models.restore("risk/churn", reason="r"),
        "register": lambda: versions.register("risk/churn", file),
        "register_many": lambda: versions.register_many([]),
        "amend": lambda: versions.amend("risk/churn:1", metrics={"a": 1.0}),
        "tag": lambda: versions.tag("risk/churn:1", set={"a": "b"}),
        "alias": lambda: versions.alias("risk/churn:1", "best"),
        "unalias": lambda: versions.unalias("risk/churn", "champion"),
        "yank": lambda: versions.yank("risk/churn:1", reason="r"),
        "archive": lambda: versions.archive("risk/churn:3", reason="r"),
        "restore": lambda: versions.restore("risk/churn:3", reason="r"),
        "promote": lambda: registry.promotions.promote("risk/churn:2", "staging", reason="r"),
        "rollback": lambda: registry.promotions.rollback("risk/churn", "production", reason="r"),
        "gc": lambda: upkeep.gc(upkeep.gc_plan(0)),
        "rebuild": upkeep.rebuild,
        "sweep": registry.intake.sweep,
    }


def test_the_past_is_read_only(shelf: Registry, tmp_path: Path) -> None:
    """Every method that changes something is refused in the past, and stores no bytes either."""
    head = shelf.audit.head()
    past = shelf.at(head[0])
    blobs = sum(1 for _ in (shelf.path / "blobs").rglob("*"))
    for name, write in writes(past, model_file(tmp_path, 77)).items():
        with pytest.raises(Refused, match="past"):
            write()
        assert shelf.audit.head() == head, name
    assert sum(1 for _ in (shelf.path / "blobs").rglob("*")) == blobs


def test_a_moment_that_never_was_is_refused(shelf: Registry) -> None:
    """There is no past before the first entry and none after the last."""
    from datetime import UTC, datetime

    with pytest.raises(NotFound, match="did not exist"):
        shelf.at(datetime(2020, 1, 1, tzinfo=UTC))
    for seq in (0, -1, 23, 10**30):
        with pytest.raises(NotFound, match="newest is 22"):
            shelf.at(seq)

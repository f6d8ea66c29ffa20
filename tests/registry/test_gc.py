"""Collecting: only bytes that nobody needs go, whatever happens at the same time."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

from modelshelf import formats
from modelshelf.artifacts.store import BlobStore
from modelshelf.domain.errors import Conflict, Invalid, NotFound, Refused, Unavailable
from modelshelf.formats import Source
from modelshelf.formats.interface import Surveyed
from modelshelf.registry import Registry, create_registry
from modelshelf.registry.arrival import arriving
from tests.furnished import model_file, model_folder
from tests.registry.conftest import NewFile
from tests.registry.test_at_once import together


class Calendar:
    """A clock that starts at the present, as the times of files do, and can be set forward."""

    def __init__(self) -> None:
        """Begin now."""
        self.ahead = timedelta()

    def __call__(self) -> datetime:
        """Return the moment it shows."""
        return datetime.now(UTC) + self.ahead


@pytest.fixture
def calendar() -> Calendar:
    """Return a clock that can be set forward."""
    return Calendar()


@pytest.fixture
def shelf(tmp_path: Path, calendar: Calendar) -> Iterator[Registry]:
    """Make a registry that lives by the calendar."""
    with create_registry(tmp_path / "registry", actor="ana", clock=calendar) as opened:
        yield opened


def blobs(shelf: Registry) -> set[str]:
    """Return the digests of what is stored."""
    return set(shelf._context.blobs.digests())


def test_only_yanked_versions_after_their_grace_are_given_up(
    shelf: Registry, calendar: Calendar, new_file: NewFile
) -> None:
    """A yank hides at once; the bytes go when the grace is over, and the version says so."""
    kept = shelf.versions.register("churn", new_file()).version
    gone = shelf.versions.register("churn", new_file()).version
    shelf.versions.yank("churn:2", reason="wrong data")
    calendar.ahead = timedelta(days=29)
    assert shelf.upkeep.gc_plan().versions == ()
    calendar.ahead = timedelta(days=31)
    plan = shelf.upkeep.gc_plan()
    assert (plan.versions, plan.blobs, plan.size) == (("churn:v2",), 1, gone.size)
    done = shelf.upkeep.gc(plan)
    assert (done.versions, done.blobs, done.size) == (("churn:v2",), 1, gone.size)
    assert blobs(shelf) == {kept.digest}
    assert shelf.versions.get("churn:2").freed
    assert shelf.audit.entries(limit=1)[0].sentence == f"freed {gone.size} bytes of 1 versions"
    assert shelf.audit.verify(deep=True).whole
    assert shelf.upkeep.gc_plan().versions == ()


def test_the_grace_counts_from_the_last_yank(
    shelf: Registry, calendar: Calendar, new_file: NewFile
) -> None:
    """A version that was restored and yanked again has its grace anew."""
    shelf.versions.register("churn", new_file())
    shelf.versions.yank("churn:1", reason="r")
    calendar.ahead = timedelta(days=20)
    shelf.versions.restore("churn:1", reason="r")
    shelf.versions.yank("churn:1", reason="r")
    calendar.ahead = timedelta(days=40)
    assert shelf.upkeep.gc_plan(30).versions == ()
    assert shelf.upkeep.gc_plan(19).versions == ("churn:v1",)


def test_what_holds_a_stage_or_an_alias_stays(shelf: Registry, new_file: NewFile) -> None:
    """A yanked version that something still leads to keeps its bytes."""
    for number in (1, 2, 3):
        shelf.versions.register("churn", new_file())
        shelf.versions.yank(f"churn:{number}", reason="r") if number == 3 else None
    shelf.promotions.promote("churn:1", "production", reason="r")
    shelf.versions.alias("churn:2", "champion")
    shelf.versions.yank("churn:1", reason="r")
    shelf.versions.yank("churn:2", reason="r")
    assert shelf.upkeep.gc_plan(0).versions == ("churn:v3",)


def test_bytes_that_another_version_needs_stay(shelf: Registry, tmp_path: Path) -> None:
    """One content of two models, and one file inside two folders, is removed with the last."""
    file = model_file(tmp_path, 4)  # the same bytes as inside the folder
    shelf.versions.register("a", file)
    shelf.versions.register("b", file)
    shelf.versions.register("folder", model_folder(tmp_path, 4))
    before = blobs(shelf)
    shelf.versions.yank("a:1", reason="r")
    done = shelf.upkeep.gc(shelf.upkeep.gc_plan(0))
    assert (done.versions, done.blobs) == (("a:v1",), 0)
    assert blobs(shelf) == before
    shelf.versions.yank("folder:1", reason="r")
    shelf.upkeep.gc(shelf.upkeep.gc_plan(0))
    assert blobs(shelf) == {shelf.versions.get("b:1").digest}
    assert shelf.audit.verify(deep=True).whole


def test_a_freed_version_gives_no_bytes_and_does_not_come_back(
    shelf: Registry, tmp_path: Path
) -> None:
    """It cannot be checked out, restored or promoted; the file may be registered again."""
    file = model_file(tmp_path, 1)
    shelf.versions.register("churn", file)
    shelf.versions.yank("churn:1", reason="r")
    shelf.upkeep.gc(shelf.upkeep.gc_plan(0))
    with pytest.raises(NotFound, match="freed"):
        shelf.versions.checkout("churn:1", tmp_path / "out")
    with pytest.raises(Refused, match="freed"):
        shelf.versions.restore("churn:1", reason="r")
    with pytest.raises(Refused, match="freed"):
        shelf.promotions.promote("churn:1", "staging", reason="r")
    again = shelf.versions.register("churn", file)
    assert (again.created, again.version.number) == (True, 2)
    shelf.upkeep.gc(shelf.upkeep.gc_plan(0))
    shelf.versions.checkout("churn:2", tmp_path / "out")
    assert shelf.audit.verify(deep=True).whole


def test_what_changed_since_the_plan_is_spared(shelf: Registry, new_file: NewFile) -> None:
    """A version restored while a person looked at the plan keeps its bytes."""
    for number in (1, 2):
        shelf.versions.register("churn", new_file())
        shelf.versions.yank(f"churn:{number}", reason="r")
    plan = shelf.upkeep.gc_plan(0)
    assert len(plan.versions) == 2
    shelf.versions.restore("churn:1", reason="needed after all")
    assert shelf.upkeep.gc(plan).versions == ("churn:v2",)
    shelf.versions.get("churn:1")
    assert shelf.audit.verify(deep=True).whole


def test_a_version_restored_at_the_last_moment_is_spared(
    shelf: Registry, new_file: NewFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is freed is asked for under the lock, not before it."""
    shelf.versions.register("churn", new_file())
    shelf.versions.yank("churn:1", reason="r")
    plan = shelf.upkeep.gc_plan(0)
    real = shelf._context.write

    def late(purpose: str) -> object:
        if purpose == "collect garbage":
            monkeypatch.undo()
            shelf.versions.restore("churn:1", reason="needed")
        return real(purpose)

    monkeypatch.setattr(shelf._context, "write", late)
    assert shelf.upkeep.gc(plan).versions == ()
    assert not shelf.versions.get("churn:1").freed
    assert shelf.audit.verify(deep=True).whole


def test_what_a_killed_registration_left_has_a_day(
    shelf: Registry, calendar: Calendar, new_file: NewFile
) -> None:
    """Bytes that nothing ever named are left alone for a day, then removed."""
    from modelshelf.artifacts import ingest

    orphan = ingest(new_file(), shelf._context.blobs).digest
    assert shelf.upkeep.gc_plan(0).blobs == 0
    shelf.upkeep.gc(shelf.upkeep.gc_plan(0))
    assert blobs(shelf) == {orphan}
    calendar.ahead = timedelta(hours=25)
    assert shelf.upkeep.gc(shelf.upkeep.gc_plan()).blobs == 1
    assert blobs(shelf) == set()


def test_what_is_not_ours_is_shown_and_never_removed(shelf: Registry, calendar: Calendar) -> None:
    """A stranger's file in the store is in the plan and stays."""
    stranger = shelf.path / "blobs" / "sha256" / "notes.txt"
    stranger.write_text("mine", "utf-8")
    calendar.ahead = timedelta(days=400)
    plan = shelf.upkeep.gc_plan(0)
    assert plan.foreign == (str(stranger),)
    shelf.upkeep.gc(plan)
    assert stranger.exists()


@pytest.mark.parametrize("fails_at", [1, 2, 3])
def test_a_collection_that_breaks_off_can_be_repeated(
    shelf: Registry, new_file: NewFile, monkeypatch: pytest.MonkeyPatch, fails_at: int
) -> None:
    """A disk that fails in the middle leaves what is needed, and the rest to the next."""
    for number in (1, 2, 3, 4):
        shelf.versions.register("churn", new_file())
        if number < 4:
            shelf.versions.yank(f"churn:{number}", reason="r")
    real, calls = BlobStore.remove, iter(range(1, 100))

    def failing(store: BlobStore, digest: str) -> None:
        if next(calls) == fails_at:
            raise Unavailable("the disk failed")
        real(store, digest)

    with monkeypatch.context() as patched:
        patched.setattr(BlobStore, "remove", failing)
        with pytest.raises(Unavailable):
            shelf.upkeep.gc(shelf.upkeep.gc_plan(0))
    assert len(blobs(shelf)) == 4 - (fails_at - 1)
    assert shelf.audit.verify(deep=True).whole
    shelf.upkeep.gc(shelf.upkeep.gc_plan(0))
    assert blobs(shelf) == {shelf.versions.get("churn:4").digest}
    assert shelf.audit.verify(deep=True).whole


def register_until_recorded(shelf: Registry, model: str, file: Path) -> str:
    """Register, again and again while the bytes are collected before they are recorded."""
    while True:
        with suppress(Conflict):
            return shelf.versions.register(model, file, force_new=True).version.reference


def test_a_collection_beside_registrations_takes_nothing_that_is_needed(
    shelf: Registry, tmp_path: Path
) -> None:
    """While some register and yank the same few files, another collects all the time."""
    files = [model_file(tmp_path, seed) for seed in range(6)]
    over = threading.Event()

    def register(who: int) -> None:
        for number in range(24):
            file = files[(who + number) % len(files)]
            made = register_until_recorded(shelf, f"model-{who}", file)
            if number % 2:
                shelf.versions.yank(made, reason="r")

    def collect() -> None:
        while not over.is_set():
            shelf.upkeep.gc(shelf.upkeep.gc_plan(0))

    def write() -> None:
        try:
            assert together([partial(register, who) for who in range(3)]) == []
        finally:
            over.set()

    assert together([write, collect]) == []
    found = shelf.audit.verify(deep=True)
    assert found.problems == ()
    versions = [v for n in range(3) for v in shelf.versions.list(f"model-{n}")]
    assert sum(v.freed for v in versions) > 0
    assert sum(not v.freed for v in versions) >= 36


@pytest.mark.parametrize("kind", ["file", "folder"])
def test_bytes_collected_while_they_are_looked_into_are_no_bad_file(
    shelf: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    """Whoever loses them to a collection is asked to register again; nothing is called unsafe."""
    real = formats.survey

    def collected(source: Source) -> Surveyed:
        for digest in list(shelf._context.blobs.digests()):
            shelf._context.blobs.remove(digest)
        return real(source)

    monkeypatch.setattr(arriving, "survey", collected)
    artifact = model_file(tmp_path, 1) if kind == "file" else model_folder(tmp_path, 1)
    with pytest.raises(Conflict, match="were collected"):
        shelf.versions.register("m", artifact)


@pytest.mark.parametrize("days", [-1, float("nan"), float("inf"), 10**9])
def test_a_grace_that_is_no_number_of_days_is_refused(shelf: Registry, days: float) -> None:
    """Only a sensible time of grace is taken."""
    with pytest.raises(Invalid, match="number of days"):
        shelf.upkeep.gc_plan(days)

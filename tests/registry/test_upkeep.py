"""Upkeep: the doctor, freeing bytes, backups and rebuilding."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from modelshelf.artifacts import ingest
from modelshelf.catalog import driver
from modelshelf.domain.errors import Conflict, Corrupt, Invalid, NotFound, Refused
from modelshelf.registry import Registry, create_registry, open_registry
from tests.conftest import START
from tests.furnished import furnish, model_file, model_folder


class Hands:
    """A clock whose hands the test moves."""

    def __init__(self) -> None:
        """Stand at the beginning."""
        self.now = START

    def __call__(self) -> datetime:
        """Return where the hands stand."""
        return self.now

    def wait(self, days: float) -> None:
        """Let days pass."""
        self.now += timedelta(days=days)


@pytest.fixture
def hands() -> Hands:
    """Make a clock that stands."""
    return Hands()


@pytest.fixture
def shelf(tmp_path: Path, hands: Hands) -> Iterator[Registry]:
    """Make a registry with four versions of churn, the second of them yanked."""
    with create_registry(tmp_path / "registry", actor="ana", clock=hands) as registry:
        for seed in range(1, 5):
            registry.versions.register("churn", model_file(tmp_path / "files", seed))
        registry.versions.yank("churn:2", reason="wrong data")
        yield registry


def stored(registry: Registry) -> set[str]:
    """Return the digests of all blobs in the store."""
    return set(registry._context.blobs.digests())


class TestDoctor:
    def test_a_healthy_registry_gets_no_advice(self, shelf: Registry) -> None:
        """Everything is looked at, and the SQLite that is really used is named."""
        checks = {check.name: check for check in shelf.upkeep.doctor()}
        assert set(checks) == {
            "python", "sqlite", "place", "rights", "space", "clones", "writers", "catalog", "blobs",
            "checkpoints",
            "quarantine",
            "looking",
            "scans",
        }  # fmt: skip
        assert all(check.ok for check in checks.values())
        version = ".".join(map(str, driver.version))
        assert f"SQLite {version} through {driver.name}" in checks["sqlite"].observed
        assert "ana" in checks["writers"].observed
        assert str(shelf.path) in checks["place"].observed

    def test_it_changes_nothing(self, shelf: Registry) -> None:
        """Neither the catalog nor the store."""
        before = (shelf.audit.head(), shelf.change_counter(), stored(shelf))
        shelf.upkeep.doctor()
        assert (shelf.audit.head(), shelf.change_counter(), stored(shelf)) == before

    def test_what_does_not_belong_in_the_store_is_named(self, shelf: Registry) -> None:
        """Somebody's notes are advised on and never touched."""
        notes = shelf.path / "blobs" / "sha256" / "notes.txt"
        notes.write_text("mine")
        check = {c.name: c for c in shelf.upkeep.doctor()}["blobs"]
        assert (check.ok, "notes.txt" in check.advice) == (False, True)
        assert shelf.upkeep.gc_plan(0).foreign == (str(notes),)
        assert notes.read_text() == "mine"

    @pytest.mark.skipif(os.name == "nt", reason="rights are another thing there")
    def test_a_folder_open_to_everybody_is_told(self, shelf: Registry) -> None:
        """With the command that closes it."""
        shelf.path.chmod(0o777)
        check = {c.name: c for c in shelf.upkeep.doctor()}["rights"]
        assert (check.ok, "chmod" in check.advice) == (False, True)


class TestFreeing:
    def test_only_after_the_grace(self, shelf: Registry, hands: Hands) -> None:
        """Thirty days by default, counted from the yank."""
        hands.wait(29.99)
        assert shelf.upkeep.gc_plan().versions == ()
        hands.wait(0.01)
        plan = shelf.upkeep.gc_plan()
        size = shelf.versions.get("churn:2").size
        assert (plan.versions, plan.blobs, plan.size) == (("churn:v2",), 1, size)
        result = shelf.upkeep.gc(plan)
        assert (result.versions, result.blobs, result.size) == (("churn:v2",), 1, size)
        assert shelf.versions.get("churn:2").freed
        assert shelf.versions.get("churn:2").digest not in stored(shelf)
        assert len(stored(shelf)) == 3
        assert shelf.audit.verify(deep=True).whole

    def test_the_latest_yank_counts(self, shelf: Registry, hands: Hands) -> None:
        """A version that was in use in between has its whole grace again."""
        hands.wait(20)
        shelf.versions.restore("churn:2", reason="fine")
        shelf.versions.yank("churn:2", reason="not fine")
        hands.wait(20)
        assert shelf.upkeep.gc_plan().versions == ()
        hands.wait(10)
        assert shelf.upkeep.gc_plan().versions == ("churn:v2",)

    def test_it_is_recorded(self, shelf: Registry) -> None:
        """Who, when, how much and of what; in the history of the model too."""
        shelf.upkeep.gc(shelf.upkeep.gc_plan(0))
        entry = shelf.audit.entries(model="churn", limit=1)[0]
        size = shelf.versions.get("churn:2").size
        assert entry.sentence == f"freed {size} bytes of 1 versions"
        assert entry.body["version_ids"] == [shelf.versions.get("churn:2").id]

    @pytest.mark.parametrize("use", ["alias", "stage"])
    def test_what_somebody_points_to_stays(self, tmp_path: Path, hands: Hands, use: str) -> None:
        """A yanked version with an alias or a stage keeps its bytes until that moves on."""
        with create_registry(tmp_path / "r", actor="ana", clock=hands) as registry:
            for seed in (1, 2):
                registry.versions.register("churn", model_file(tmp_path / "files", seed))
            if use == "alias":
                registry.versions.alias("churn:1", "best")
            else:
                registry.promotions.promote("churn:1", "staging", reason="r")
            registry.versions.yank("churn:1", reason="bad")
            hands.wait(400)
            assert registry.upkeep.gc_plan().versions == ()
            if use == "alias":
                registry.versions.unalias("churn", "best")
            else:
                registry.promotions.promote("churn:2", "staging", reason="r")
            assert registry.upkeep.gc_plan().versions == ("churn:v1",)

    def test_a_plan_is_done_as_far_as_it_is_still_so(self, shelf: Registry) -> None:
        """What was restored or named since the plan was shown keeps its bytes."""
        shelf.versions.yank("churn:3", reason="bad")
        shelf.versions.yank("churn:4", reason="bad")
        plan = shelf.upkeep.gc_plan(0)
        assert plan.versions == ("churn:v2", "churn:v3", "churn:v4")
        shelf.versions.restore("churn:3", reason="fine")
        shelf.versions.alias("churn:4", "best")
        assert shelf.upkeep.gc(plan).versions == ("churn:v2",)
        assert [v.freed for v in shelf.versions.list("churn")] == [False, False, True, False]
        assert shelf.audit.verify(deep=True).whole

    def test_a_plan_cannot_name_what_is_in_use(self, shelf: Registry) -> None:
        """A made-up plan frees nothing that gc would not."""
        wanted = shelf.versions.get("churn:1").id
        plan = replace(shelf.upkeep.gc_plan(0), version_ids=(wanted, 999))
        head = shelf.audit.head()
        assert shelf.upkeep.gc(plan).versions == ()
        assert (shelf.audit.head(), len(stored(shelf))) == (head, 4)

    def test_twice_is_calm(self, shelf: Registry) -> None:
        """The same plan again, or a new one, finds nothing left to do."""
        plan = shelf.upkeep.gc_plan(0)
        shelf.upkeep.gc(plan)
        head = shelf.audit.head()
        for again in (plan, shelf.upkeep.gc_plan(0)):
            result = shelf.upkeep.gc(again)
            assert (result.versions, result.blobs, result.size) == ((), 0, 0)
        assert shelf.audit.head() == head

    def test_shared_bytes_stay_for_the_others(self, shelf: Registry, tmp_path: Path) -> None:
        """Another version of the same content, in any model, keeps them."""
        shelf.versions.register("other", model_file(tmp_path / "files", 2))
        plan = shelf.upkeep.gc_plan(0)
        assert (plan.versions, plan.blobs) == (("churn:v2",), 0)
        shelf.upkeep.gc(plan)
        assert (shelf.versions.get("churn:2").freed, len(stored(shelf))) == (True, 4)
        assert shelf.versions.checkout("other:1", tmp_path / "out").is_file()

    def test_a_folder_is_freed_with_its_manifest(self, shelf: Registry, tmp_path: Path) -> None:
        """All its files go, except one that another version has too."""
        shelf.versions.register("churn", model_folder(tmp_path, 1))
        before = stored(shelf)
        shelf.versions.yank("churn:5", reason="bad")
        shelf.versions.restore("churn:2", reason="keep")
        shelf.upkeep.gc(shelf.upkeep.gc_plan(0))
        gone = {f.digest for f in shelf.versions.detail("churn:5").files}
        gone.add(shelf.versions.get("churn:5").digest)
        assert before - stored(shelf) == gone - {shelf.versions.get("churn:1").digest}
        assert len(gone) == 4
        assert shelf.audit.verify(deep=True).whole

    def test_a_freed_version_stays_known_and_is_of_no_use(
        self, shelf: Registry, tmp_path: Path
    ) -> None:
        """It can be looked at and resolved, neither restored, checked out nor promoted."""
        shelf.upkeep.gc(shelf.upkeep.gc_plan(0))
        with pytest.raises(Refused, match="its bytes were freed"):
            shelf.versions.restore("churn:2", reason="oh")
        with pytest.raises(NotFound, match="the bytes of churn:v2 were freed"):
            shelf.versions.checkout("churn:2", tmp_path / "out")
        with pytest.raises(Refused, match="the bytes of churn:v2 were freed"):
            shelf.promotions.promote("churn:2", "staging", reason="r")
        assert shelf.promotions.resolve("churn:2").warnings == ("churn:v2 is yanked: wrong data",)
        assert len(shelf.versions.detail("churn:2").files) == 1

    def test_a_freed_version_is_not_rolled_back_to(self, shelf: Registry) -> None:
        """Nothing changes then."""
        for number in (1, 3):
            shelf.promotions.promote(f"churn:{number}", "production", reason="r")
        shelf.versions.yank("churn:1", reason="bad")
        shelf.upkeep.gc(shelf.upkeep.gc_plan(0))
        with pytest.raises(Refused):
            shelf.promotions.rollback("churn", "production", reason="r")
        assert shelf.versions.get("churn@production").number == 3

    def test_the_same_bytes_come_back_as_a_new_version(
        self, shelf: Registry, tmp_path: Path
    ) -> None:
        """Numbers are never reused, and the freed one stays freed."""
        shelf.upkeep.gc(shelf.upkeep.gc_plan(0))
        made = shelf.versions.register("churn", model_file(tmp_path / "files", 2))
        assert (made.created, made.version.reference) == (True, "churn:v5")
        assert shelf.versions.get("churn:2").freed
        assert shelf.audit.verify(deep=True).whole

    @pytest.mark.parametrize("days", [-1, float("nan"), float("inf"), 10**9])
    def test_a_grace_is_a_number_of_days(self, shelf: Registry, days: float) -> None:
        """Nothing that would free what was never yanked so long ago."""
        with pytest.raises(Invalid, match="not a number of days"):
            shelf.upkeep.gc_plan(days)


class TestOrphans:
    def test_bytes_that_no_version_names_go_after_a_day(
        self, shelf: Registry, hands: Hands, tmp_path: Path
    ) -> None:
        """A registration that broke off leaves them; the disk's clock says when they came."""
        orphan = ingest(model_file(tmp_path / "files", 99), shelf._context.blobs)
        now = datetime.now(UTC)
        hands.now = now + timedelta(hours=23)
        assert shelf.upkeep.gc_plan(36_500).size == 0
        hands.now = now + timedelta(hours=25)
        plan = shelf.upkeep.gc_plan(36_500)
        assert (plan.versions, plan.blobs, plan.size) == ((), 1, orphan.size)
        head = shelf.audit.head()
        result = shelf.upkeep.gc(plan)
        assert (result.versions, result.blobs, result.size) == ((), 1, orphan.size)
        assert orphan.digest not in stored(shelf)
        assert len(stored(shelf)) == 4
        assert shelf.audit.head() == head, "no version lost anything"

    def test_one_that_was_named_meanwhile_stays(
        self, shelf: Registry, hands: Hands, tmp_path: Path
    ) -> None:
        """Between the plan and the deed somebody registered it."""
        file = model_file(tmp_path / "files", 99)
        ingest(file, shelf._context.blobs)
        hands.now = datetime.now(UTC) + timedelta(days=2)
        plan = shelf.upkeep.gc_plan(36_500)
        assert plan.blobs == 1
        shelf.versions.register("churn", file)
        assert shelf.upkeep.gc(plan).blobs == 0
        assert shelf.audit.verify(deep=True).whole

    def test_what_a_killed_ingest_left_goes(self, shelf: Registry, hands: Hands) -> None:
        """Temporary files are the store's own and go when they are an hour old."""
        left = shelf.path / "blobs" / "tmp" / f"in-{'0' * 32}.part"
        left.write_bytes(b"half")
        assert shelf.upkeep.gc_plan(0).size == shelf.versions.get("churn:2").size, "it is young"
        hands.now = datetime.now(UTC) + timedelta(days=2)
        plan = shelf.upkeep.gc_plan(36_500)
        assert plan.size == 4
        shelf.upkeep.gc(plan)
        assert not left.exists()


class TestBackup:
    @pytest.fixture
    def furnished(self, registry: Registry, tmp_path: Path) -> Registry:
        """Furnish a registry that ticks."""
        furnish(registry, tmp_path / "files")
        return registry

    def test_a_backup_is_a_registry_of_its_own(self, furnished: Registry, tmp_path: Path) -> None:
        """Whole to the last byte, and what happens to one does not happen to the other."""
        target = tmp_path / "backups" / "monday"
        assert furnished.upkeep.backup(target) == target
        with open_registry(target, actor="ravi") as copy:
            assert copy.audit.head() == furnished.audit.head()
            assert copy.audit.verify(deep=True).whole
            assert copy.versions.search("").versions == furnished.versions.search("").versions
            assert copy.policy == furnished.policy
            copy.versions.alias("risk/churn:1", "mine")
            furnished.versions.alias("risk/churn:2", "theirs")
            assert set(copy.versions.aliases("risk/churn")) == {"champion", "mine"}
            assert set(furnished.versions.aliases("risk/churn")) == {"champion", "theirs"}
            out = copy.versions.checkout("risk/churn:1", tmp_path / "out")
        original = furnished._context.blobs.path(furnished.versions.get("risk/churn:1").digest)
        assert out.read_bytes() == original.read_bytes()
        blob = target / "blobs" / original.relative_to(furnished.path / "blobs")
        assert not blob.samefile(original), "no link, or damage to one would be damage to both"

    def test_freed_bytes_are_not_missed(self, furnished: Registry, tmp_path: Path) -> None:
        """A backup has what versions need, and no more."""
        furnished.upkeep.gc(furnished.upkeep.gc_plan(0))
        ingest(model_file(tmp_path / "files", 99), furnished._context.blobs)
        with open_registry(furnished.upkeep.backup(tmp_path / "copy"), actor="ana") as copy:
            assert copy.audit.verify(deep=True).whole
            assert len(stored(copy)) == len(stored(furnished)) - 1

    def test_an_empty_folder_will_do(self, furnished: Registry, tmp_path: Path) -> None:
        """A place that was made ready for it."""
        (tmp_path / "copy").mkdir()
        furnished.upkeep.backup(tmp_path / "copy")
        with open_registry(tmp_path / "copy", actor="ana") as copy:
            assert copy.audit.verify(deep=True).whole

    @pytest.mark.parametrize("what", ["file", "folder", "registry"])
    def test_what_is_there_is_never_overwritten(
        self, furnished: Registry, tmp_path: Path, what: str
    ) -> None:
        """Whatever it is."""
        target = tmp_path / "there"
        if what == "file":
            target.write_text("precious")
        elif what == "folder":
            (target / "inside").mkdir(parents=True)
        else:
            target = furnished.path
        with pytest.raises(Conflict, match="is there already"):
            furnished.upkeep.backup(target)
        assert furnished.audit.verify(deep=True).whole

    @pytest.mark.parametrize("harm", ["flip", "remove"])
    def test_half_a_backup_is_none(self, furnished: Registry, tmp_path: Path, harm: str) -> None:
        """A damaged or missing blob is named, and nothing is left that looks like a backup."""
        digest = furnished.versions.get("risk/churn:2").digest
        blob = furnished._context.blobs.path(digest)
        if harm == "flip":
            blob.chmod(0o644)
            blob.write_bytes(blob.read_bytes()[:-1] + b"!")
        else:
            furnished._context.blobs.remove(digest)
        folder = tmp_path / "backups"
        folder.mkdir()
        with pytest.raises((Corrupt, NotFound), match=digest):
            furnished.upkeep.backup(folder / "copy")
        assert list(folder.iterdir()) == []


class TestRebuild:
    def test_the_tables_come_out_the_same(self, registry: Registry, tmp_path: Path) -> None:
        """Every entry is replayed, none is added, and every question is answered as before."""
        furnish(registry, tmp_path / "files")
        questions: tuple[Callable[[], object], ...] = (
            lambda: registry.models.list(retired=True),
            lambda: registry.versions.search("").versions,
            lambda: registry.versions.search("tag.team:risk").versions,
            lambda: registry.versions.search("encod").versions,
            lambda: registry.versions.detail("risk/churn:3"),
            lambda: registry.promotions.history("risk/churn"),
            registry.audit.entries,
            registry.audit.head,
        )
        before = [ask() for ask in questions]
        assert registry.upkeep.rebuild() == registry.audit.head()[0]
        assert [ask() for ask in questions] == before
        assert registry.audit.verify(deep=True).whole
        registry.versions.alias("risk/churn:1", "after")
        assert registry.versions.get("risk/churn@after").number == 1

"""Consumers: who resolves or checks out under a name leaves a lease, and nothing depends on it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import unicodedata
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelshelf.domain.consumers import Consumer
from modelshelf.domain.errors import Conflict, Invalid, NotFound, Refused
from modelshelf.registry import Registry, create_registry, open_registry
from tests.furnished import model_file
from tests.sentences import check_sentence

DAY = 86_400.0
AS_A_GUEST = """
import os, sys
from pathlib import Path
from sqlalchemy.exc import DBAPIError
from modelshelf.registry import open_registry
import modelshelf.catalog.lock, modelshelf.catalog.leases, modelshelf.registry.consumers
import modelshelf.catalog.engine, modelshelf.catalog.audit, getpass
def resolve():
    with open_registry(sys.argv[1], actor="guest") as registry:
        return registry.promotions.resolve("churn@production", consumer="api")
for path in [Path(sys.argv[1]), *Path(sys.argv[1]).rglob("*")]:
    path.chmod(0o555 if path.is_dir() else 0o444)
if os.geteuid() == 0:
    os.setgroups([]); os.setgid(65534); os.setuid(65534)
found = resolve()
print(found.holders[0].reference)
print(*found.warnings, sep="\\n")
"""
START = datetime(2026, 3, 1, tzinfo=UTC)


class Time:
    """A clock that stands still until it is told to go on."""

    def __init__(self) -> None:
        self.at = START

    def __call__(self) -> datetime:
        """Return the present moment."""
        return self.at

    def pass_(self, **much: float) -> None:
        """Let time pass: ``minutes=3``."""
        self.at += timedelta(**much)


@pytest.fixture
def time() -> Time:
    """Return the time."""
    return Time()


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a registry with four versions of churn and one of risk/fraud; v1 holds production."""
    root = tmp_path_factory.mktemp("consumers")
    with create_registry(root / "r", actor="ana", clock=Time()) as registry:
        for seed in range(1, 5):
            registry.versions.register("churn", model_file(root, seed))
        registry.versions.register("risk/fraud", model_file(root, 9))
        registry.promotions.promote("churn:1", "production", reason="first")
    return root / "r"


@pytest.fixture
def shelf(template: Path, tmp_path: Path, time: Time) -> Iterator[Registry]:
    """Open a copy of that registry."""
    shutil.copytree(template, tmp_path / "r")
    with open_registry(tmp_path / "r", actor="ana", clock=time) as registry:
        yield registry


def uses(found: tuple[Consumer, ...]) -> list[tuple[str, str, bool]]:
    """Return who uses what, and whether still."""
    return [(one.name, one.reference, one.present) for one in found]


class TestLeases:
    def test_resolve_leaves_one(self, shelf: Registry, time: Time) -> None:
        """Who, which version, what was asked for, since when, and when last."""
        answer = shelf.promotions.resolve("churn@production", consumer="api")
        assert answer.warnings == ()
        time.pass_(hours=2)
        shelf.promotions.resolve("churn:1", consumer="api")
        (one,) = shelf.consumers.list()
        assert one == Consumer(
            "api", "churn:v1", "churn:v1", START, START + timedelta(hours=2), 2, present=True
        )

    def test_checkout_leaves_one_after_the_bytes_are_there(
        self, shelf: Registry, tmp_path: Path
    ) -> None:
        """A checkout that fails leaves none."""
        (tmp_path / "taken").write_bytes(b"")
        with pytest.raises(Conflict):
            shelf.versions.checkout("churn:2", tmp_path / "taken", consumer="job")
        assert shelf.consumers.list() == ()
        shelf.versions.checkout("churn:2", tmp_path / "out", consumer="job")
        assert uses(shelf.consumers.list()) == [("job", "churn:v2", True)]

    def test_nobody_who_does_not_say_a_name_is_noted(self, shelf: Registry) -> None:
        """Looking is no use."""
        shelf.promotions.resolve("churn@production")
        shelf.versions.get("churn:1")
        assert shelf.consumers.list() == ()

    def test_it_is_no_entry_of_the_log(self, shelf: Registry) -> None:
        """A service that asks every minute does not fill it, and a rebuild loses no lease."""
        head = shelf.audit.head()
        shelf.promotions.resolve("churn@production", consumer="api")
        assert shelf.audit.head() == head
        assert shelf.audit.verify().whole
        before = shelf.consumers.list()
        shelf.upkeep.rebuild()
        assert shelf.consumers.list() == before
        assert shelf.audit.verify().whole

    def test_a_split_gives_all_holders_and_a_key_only_one(self, shelf: Registry) -> None:
        """What was got is what is in use."""
        shelf.promotions.promote("churn:2", "production", weight=50, reason="a test")
        shelf.promotions.resolve("churn@production", consumer="both")
        one = shelf.promotions.resolve("churn@production", key="user-1", consumer="sticky")
        assert {(c.name, c.reference) for c in shelf.consumers.list()} == {
            ("both", "churn:v1"),
            ("both", "churn:v2"),
            ("sticky", one.holders[0].reference),
        }

    def test_a_busy_service_writes_once_a_minute(self, shelf: Registry, time: Time) -> None:
        """The catalog does not change in between; another version is written at once."""
        with open_registry(shelf.path, clock=time) as other:
            shelf.promotions.resolve("churn@production", consumer="api")
            counter = other.change_counter()
            for _ in range(59):
                time.pass_(seconds=1)
                shelf.promotions.resolve("churn@production", consumer="api")
            assert other.change_counter() == counter
            shelf.promotions.resolve("churn:2", consumer="api")
            assert other.change_counter() != counter
            time.pass_(seconds=2)
            counter = other.change_counter()
            shelf.promotions.resolve("churn@production", consumer="api")
            assert other.change_counter() != counter
        times = {one.reference: one.times for one in shelf.consumers.list()}
        assert times == {"churn:v1": 2, "churn:v2": 1}

    def test_a_clock_that_went_back_does_not_stop_it(self, shelf: Registry, time: Time) -> None:
        """A lease from the future is written again."""
        time.pass_(days=30)
        shelf.promotions.resolve("churn:1", consumer="api")
        time.pass_(days=-30)
        shelf.promotions.resolve("churn:1", consumer="api")
        assert shelf.consumers.list()[0].seen == START

    def test_the_version_got_last_is_the_one_in_use(self, shelf: Registry, time: Time) -> None:
        """The one before is left; other models and other consumers do not count."""
        shelf.promotions.resolve("churn@production", consumer="api")
        shelf.promotions.resolve("risk/fraud:1", consumer="api")
        shelf.promotions.resolve("churn:1", consumer="batch")
        shelf.promotions.promote("churn:2", "production", reason="better")
        time.pass_(minutes=5)
        shelf.promotions.resolve("churn@production", consumer="api")
        assert uses(shelf.consumers.list()) == [
            ("api", "churn:v2", True),
            ("api", "churn:v1", False),
            ("api", "risk/fraud:v1", True),
            ("batch", "churn:v1", True),
        ]

    def test_two_stages_side_by_side_are_both_in_use(self, shelf: Registry, time: Time) -> None:
        """As when one answers and the other runs in its shadow."""
        shelf.promotions.promote("churn:2", "staging", reason="shadow")
        for _ in range(3):
            shelf.promotions.resolve("churn@production", consumer="api")
            shelf.promotions.resolve("churn@staging", consumer="api")
            time.pass_(minutes=10)
        assert all(one.present for one in shelf.consumers.list())

    def test_note_does_the_same_for_who_resolves_elsewhere(self, shelf: Registry) -> None:
        """A deployment tool may tell which service got what."""
        found = shelf.consumers.note("api", "churn@production")
        assert uses(found) == [("api", "churn:v1", True)]
        with pytest.raises(NotFound):
            shelf.consumers.note("api", "churn@staging")

    def test_a_digest_is_the_version_it_resolves_to(self, shelf: Registry) -> None:
        """Also where several versions have the content."""
        digest = shelf.versions.get("churn:1").digest
        shelf.versions.register("copy", model_file(shelf.path.parent, 1), force_new=True)
        answer = shelf.promotions.resolve(f"sha256:{digest[:16]}", consumer="api")
        shelf.consumers.note("api", f"sha256:{digest[:16]}")
        assert [c.reference for c in shelf.consumers.list()] == [answer.holders[0].reference]


class TestWithoutALease:
    """Who wants to know which version to use is told so, whatever becomes of the lease."""

    def test_of_the_past(self, shelf: Registry) -> None:
        """Who uses what is kept for the present only."""
        shelf.promotions.resolve("churn:1", consumer="api")
        past = shelf.at(4)
        (warning,) = past.promotions.resolve("churn:1", consumer="late").warnings
        assert "kept for the present only" in warning
        assert (past.consumers.list(), past.consumers.unused()) == ((), ())
        assert past.consumers.list(model="churn", reference="churn:1") == ()
        with pytest.raises(Refused, match="the past cannot be changed"):
            past.consumers.note("late", "churn:1")
        with pytest.raises(Refused, match="the past cannot be changed"):
            past.consumers.forget("api")
        past.close()
        assert uses(shelf.consumers.list()) == [("api", "churn:v1", True)]

    def test_for_a_viewer(self, shelf: Registry, tmp_path: Path) -> None:
        """A lease is written, and a viewer writes nothing."""
        policy = '[roles]\nviewer = ["vic"]\ncontributor = ["con"]\n'
        (shelf.path / "modelshelf.toml").write_text(policy, "utf-8")
        with open_registry(shelf.path, actor="vic") as registry:
            answer = registry.promotions.resolve("churn@production", consumer="api")
            assert [h.reference for h in answer.holders] == ["churn:v1"]
            (warning,) = answer.warnings
            assert "no lease was left: vic may not note a consumer of churn@production" in warning
            heard: list[str] = []
            registry.versions.checkout("churn:1", tmp_path / "o", consumer="api", warn=heard.append)
            assert len(heard) == 1
            assert (tmp_path / "o").is_file()
            assert registry.consumers.list() == ()
        with open_registry(shelf.path, actor="con") as registry:
            assert registry.promotions.resolve("churn:1", consumer="api").warnings == ()

    def test_while_somebody_else_writes(
        self, shelf: Registry, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """It is worth a short wait only."""
        monkeypatch.setattr("modelshelf.registry.consumers._PATIENCE_S", 0.05)
        with (
            open_registry(shelf.path, actor="zoe") as other,
            other._context.database.lock.held("import a thousand versions", "zoe"),
        ):
            (warning,) = shelf.promotions.resolve("churn:1", consumer="api").warnings
        assert "zoe (import a thousand versions)" in warning
        assert shelf.consumers.list() == ()

    @pytest.mark.skipif(os.name == "nt", reason="Windows has no modes to take away")
    def test_where_nothing_can_be_written(self, shelf: Registry) -> None:
        """By somebody who may only read the folder, as on a read-only mount."""
        shelf.close()
        with tempfile.TemporaryDirectory() as place:  # pytest's own folder is private
            Path(place).chmod(0o755)
            shutil.copytree(shelf.path, Path(place) / "r")
            done = subprocess.run(
                [sys.executable, "-c", AS_A_GUEST, f"{place}/r"],
                capture_output=True,
                text=True,
                check=False,
            )
        assert done.returncode == 0, done.stderr
        holder, warning = done.stdout.splitlines()
        assert holder == "churn:v1"
        assert warning.startswith("no lease was left: the registry cannot be written: ")

    @pytest.mark.parametrize("name", ["", "  ", "a\x1b[2J", "\ud800", "x" * 201, "a\nb", 7, None])
    def test_a_name_that_is_none_is_a_mistake(
        self, shelf: Registry, tmp_path: Path, name: str
    ) -> None:
        """It is said before anything is copied."""
        calls: list[Callable[[], object]] = [
            lambda: shelf.consumers.note(name, "churn:1"),
            lambda: shelf.consumers.forget(name),
        ]
        if name is not None:
            calls += [
                lambda: shelf.promotions.resolve("churn:1", consumer=name),
                lambda: shelf.versions.checkout("churn:1", tmp_path / "o", consumer=name),
            ]
        for call in calls:
            with pytest.raises(Invalid) as found:
                call()
            check_sentence(found.value)
        assert not (tmp_path / "o").exists()
        assert shelf.consumers.list() == ()

    @given(name=st.text(min_size=1, max_size=30))
    def test_any_name_is_kept_as_it_is_or_refused(self, shared: Registry, name: str) -> None:
        """Never cut, never mixed up with another."""
        try:
            (one,) = shared.consumers.note(name, "churn:1")
        except Invalid:
            assert shared.consumers.list() == ()
        else:
            assert one.name == unicodedata.normalize("NFC", name).strip()
            assert shared.consumers.forget(name) == 1


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    """Make a registry of one version that many examples share."""
    root = tmp_path_factory.mktemp("shared")
    with create_registry(root / "r", actor="ana") as registry:
        registry.versions.register("churn", model_file(root, 1))
        yield registry


class TestLists:
    def test_filters(self, shelf: Registry, time: Time) -> None:
        """By model, by version, by how long ago."""
        shelf.promotions.resolve("churn@production", consumer="old")
        time.pass_(days=40)
        shelf.promotions.resolve("churn:2", consumer="api")
        shelf.promotions.resolve("risk/fraud:1", consumer="api")
        consumers = shelf.consumers
        assert uses(consumers.list(model="churn")) == [
            ("api", "churn:v2", True),
            ("old", "churn:v1", True),
        ]
        assert uses(consumers.list(reference="churn@production")) == [("old", "churn:v1", True)]
        assert uses(consumers.list(stale=30 * DAY)) == [("old", "churn:v1", True)]
        assert uses(consumers.list(model="risk/fraud", stale=30 * DAY)) == []
        assert len(consumers.list(limit=1)) == 1
        with pytest.raises(NotFound):
            consumers.list(model="none")
        with pytest.raises(NotFound):
            consumers.list(reference="churn:99")
        with pytest.raises(NotFound):
            consumers.forget("none")
        assert consumers.forget("api") == 2
        assert uses(consumers.list()) == [("old", "churn:v1", True)]

    def test_it_follows_a_new_name(self, shelf: Registry) -> None:
        """A lease is on a version, whatever its model is called."""
        shelf.promotions.resolve("churn:1", consumer="api")
        shelf.models.rename("churn", "leavers")
        assert uses(shelf.consumers.list(model="churn")) == [("api", "leavers:v1", True)]

    @pytest.mark.parametrize("time_", [-1, float("nan"), float("inf"), 1e12, True, "30d"])
    def test_times_that_are_none(self, shelf: Registry, time_: float) -> None:
        """Are mistakes."""
        with pytest.raises(Invalid, match="not a stretch of time"):
            shelf.consumers.list(stale=time_)
        with pytest.raises(Invalid, match="not a stretch of time"):
            shelf.consumers.unused(older_than=time_)

    def test_unused_versions(self, shelf: Registry, time: Time, tmp_path: Path) -> None:
        """Old ones without stage, alias or use; the oldest first."""
        consumers = shelf.consumers
        assert consumers.unused() == ()
        time.pass_(days=50)
        shelf.versions.alias("churn:2", "champion")
        shelf.promotions.resolve("churn:3", consumer="api")
        time.pass_(days=50)
        shelf.versions.register("churn", model_file(tmp_path, 20))
        found = consumers.unused()
        assert [(u.version.reference, u.seen) for u in found] == [
            ("churn:v4", None),
            ("risk/fraud:v1", None),
        ]
        wider = consumers.unused(older_than=30 * DAY)
        assert [(u.version.reference, u.seen) for u in wider] == [
            ("churn:v3", START + timedelta(days=50)),
            ("churn:v4", None),
            ("risk/fraud:v1", None),
        ]
        assert [u.version.reference for u in consumers.unused(models="risk/*")] == ["risk/fraud:v1"]
        assert [u.version.reference for u in consumers.unused(limit=1)] == ["churn:v4"]

    def test_what_held_a_stage_until_now_is_not_unused(self, shelf: Registry, time: Time) -> None:
        """The version that was in production yesterday is the way back."""
        time.pass_(days=200)
        shelf.promotions.promote("churn:2", "production", reason="better")
        time.pass_(days=30)
        assert "churn:v1" not in {u.version.reference for u in shelf.consumers.unused()}
        time.pass_(days=90)
        assert "churn:v1" in {u.version.reference for u in shelf.consumers.unused()}

    def test_a_plan_to_free_bytes_says_who_uses_them(self, shelf: Registry, time: Time) -> None:
        """It does not refuse: they are yanked, and the consumer was told so at every call."""
        shelf.promotions.resolve("churn:4", consumer="api")
        shelf.versions.yank("churn:4", reason="leaked data")
        time.pass_(days=40)
        plan = shelf.upkeep.gc_plan()
        assert plan.versions == ("churn:v4",)
        assert uses(plan.consumers) == [("api", "churn:v4", True)]
        shelf.upkeep.gc(plan)
        assert uses(shelf.consumers.list(reference="churn:4")) == [("api", "churn:v4", True)]
        assert "churn:v4" not in {u.version.reference for u in shelf.consumers.unused()}
        assert shelf.audit.verify().whole

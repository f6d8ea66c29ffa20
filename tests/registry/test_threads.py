"""One registry object under many threads, and inherited by a forked child."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from modelshelf.domain.errors import ModelshelfError
from modelshelf.registry import Registry, create_registry
from tests.furnished import model_file

PROJECT = Path(__file__).parents[2]
THREADS, EACH = 8, 40


def act(registry: Registry, files: Path, who: int, chance: random.Random) -> str:
    """Do one thing that somebody may do at any time; return what it was."""
    own = f"of-{who}"
    seed = who * 10_000 + chance.randrange(5_000)
    deeds: dict[str, Callable[[], object]] = {
        "register": lambda: registry.versions.register("shared", model_file(files, seed)),
        "amend": lambda: registry.versions.amend("shared:1", metrics={own: chance.random()}),
        "tag": lambda: registry.versions.tag("shared:1", set={f"{own}-{seed}": "x"}),
        "alias": lambda: registry.versions.alias("shared:latest", own),
        "promote": lambda: registry.promotions.promote(
            f"shared:{chance.randrange(1, 4)}", "production", weight=100, reason=own
        ),
        "get": lambda: registry.versions.get("shared:latest"),
        "detail": lambda: registry.versions.detail("shared:1"),
        "list": lambda: registry.versions.list("shared", limit=20),
        "search": lambda: registry.versions.search("model:shared", limit=20),
        "resolve": lambda: registry.promotions.resolve("shared@production", key=own),
        "entries": lambda: registry.audit.entries(model="shared", limit=20),
        "past": lambda: registry.at(chance.randrange(9, 15)).versions.get("shared:1"),
        "counter": registry.change_counter,
    }
    name = chance.choice(list(deeds))
    try:
        deeds[name]()
    except ModelshelfError as error:
        if name != "promote" or error.family != "conflict":  # somebody else was first
            raise
    return name


class TestOneObject:
    @pytest.fixture
    def shared(self, tmp_path: Path) -> Registry:
        """Make a registry with a model that all change; its clock is the real one."""
        registry = create_registry(tmp_path / "registry", actor="ana")
        for seed in (1, 2, 3):
            registry.versions.register("shared", model_file(tmp_path, seed))
        registry.versions.tag("shared:1", set={"a": "b"})
        for number in (1, 2, 3):
            registry.promotions.promote(f"shared:{number}", "production", reason="r")
        registry.versions.alias("shared:1", "best")
        registry.models.describe("shared", owner="ana")
        registry.versions.tag("shared:2", set={"a": "b"})
        registry.versions.tag("shared:3", set={"a": "b"})
        registry.versions.amend("shared:2", base="shared:1")
        return registry

    def test_320_mixed_deeds_of_eight_threads(self, shared: Registry, tmp_path: Path) -> None:
        """None fails, none is lost, and the log and the tables agree."""
        before = shared.audit.head()[0]
        start = threading.Barrier(THREADS)

        def work(who: int) -> Counter[str]:
            chance = random.Random(who)  # noqa: S311 - test data
            start.wait()
            return Counter(act(shared, tmp_path / str(who), who, chance) for _ in range(EACH))

        with ThreadPoolExecutor(THREADS) as pool:
            done = sum(pool.map(work, range(THREADS)), Counter[str]())
        assert sum(done.values()) == THREADS * EACH
        events = Counter(e.event for e in shared.audit.entries(limit=10_000) if e.seq > before)
        assert events["version.amended"] == done["amend"] + done["tag"]
        assert events["alias.set"] == done["alias"]
        assert 0 < events["version.registered"] <= done["register"]
        assert 0 < events["stage.assigned"] <= done["promote"]
        assert shared.audit.verify(deep=True).whole
        numbers = [v.number for v in shared.versions.list("shared", limit=1_000)]
        assert numbers == list(range(len(numbers), 0, -1))
        shared.close()

    def test_threads_that_ended_leave_no_connection_open(self, shared: Registry) -> None:
        """A program that starts a thread for each question does not run out of files."""
        for _ in range(20):
            thread = threading.Thread(target=shared.models.list)
            thread.start()
            thread.join()
        assert len(shared._context.database._opened) <= 3
        shared.close()

    def test_closed_it_can_be_used_again(self, shared: Registry) -> None:
        """Closing gives everything back; the next question opens anew."""
        shared.close()
        assert shared.versions.get("shared:1").number == 1
        shared.versions.alias("shared:2", "again")
        with ThreadPoolExecutor(1) as pool:
            assert pool.submit(shared.versions.get, "shared@again").result().number == 2
        shared.close()

    def test_one_past_for_many_threads(self, shared: Registry) -> None:
        """It is replayed once, and every thread gets the same answers."""
        past = shared.at(10)
        with ThreadPoolExecutor(THREADS) as pool:
            answers = list(pool.map(lambda _n: past.versions.list("shared"), range(40)))
            wide = list(pool.map(lambda _n: past.models.list(), range(40)))
        assert all(a == answers[0] for a in answers)
        assert all(w == wide[0] for w in wide)
        assert len(past._context._past) <= 2
        past.close()
        shared.close()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
class TestForkedChild:
    @staticmethod
    def told(mode: str, folder: Path) -> dict[str, object]:
        """Run this file as a program, which has no other threads, and return what it says."""
        path = os.pathsep.join([*filter(None, sys.path), str(PROJECT)])
        done = subprocess.run(
            [sys.executable, "-m", "tests.registry.test_threads", mode, str(folder)],
            capture_output=True,
            text=True,
            check=False,
            cwd=PROJECT,
            timeout=120,
            env={**os.environ, "PYTHONPATH": path},
        )
        assert done.returncode == 0, done.stderr[-4_000:]
        answer: dict[str, object] = json.loads(done.stdout)
        return answer

    def test_parent_and_child_write_through_one_object(self, tmp_path: Path) -> None:
        """Each does all its writes while the other writes; one chain comes of it."""
        said = self.told("both", tmp_path)
        assert said == {"child": 20, "parent": 20, "whole": True, "aliases": 40}

    def test_a_child_that_only_closes_does_the_parent_no_harm(self, tmp_path: Path) -> None:
        """The connections it inherited are the parent's; they are left alone."""
        said = self.told("close", tmp_path)
        assert said == {"kept": True, "whole": True, "aliases": 20}


def _write(registry: Registry, name: str) -> int:
    for number in range(20):
        registry.versions.alias("shared:1", f"{name}-{number}")
    return len([a for a in registry.versions.aliases("shared") if a.startswith(name)])


def _both(registry: Registry) -> dict[str, object]:
    from tests.crash.forking import Child

    child = Child(lambda: _write(registry, "child"))
    parent = _write(registry, "parent")
    status, by_child = child.result()
    assert status == 0, by_child
    return {"child": by_child, "parent": parent}


def _close(registry: Registry) -> dict[str, object]:
    from tests.crash.forking import Child

    def work() -> bool:
        inherited = [connection for _thread, connection in registry._context.database._opened]
        registry.close()
        # An answer from the parent's connection means that nobody closed it here.
        return all(c.execute("SELECT 1").fetchone() == (1,) for c in inherited)

    status, kept = Child(work).result()
    assert status == 0, kept
    _write(registry, "parent")
    return {"kept": kept}


def main() -> None:
    """Do what the command line says, and say what came of it."""
    mode, folder = sys.argv[1], Path(sys.argv[2])
    registry = create_registry(folder / "registry", actor="ana")
    registry.versions.register("shared", model_file(folder, 1))
    said = (_both if mode == "both" else _close)(registry)
    said["whole"] = registry.audit.verify(deep=True).whole
    said["aliases"] = len(registry.versions.aliases("shared"))
    print(json.dumps(said))  # noqa: T201 - what it was asked for


if __name__ == "__main__":
    main()

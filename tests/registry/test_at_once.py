"""Things that happen at once in the threads of one process."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

from modelshelf.registry import Registry, open_registry
from tests.furnished import furnish, model_file

THREADS = 8


def together(works: list[Callable[[], object]]) -> list[BaseException]:
    """Run the works in threads that start at one moment; return what they raised."""
    raised: list[BaseException] = []
    gate = threading.Barrier(len(works))

    def run(work: Callable[[], object]) -> None:
        gate.wait()
        try:
            work()
        except BaseException as error:  # noqa: BLE001 - told to the test
            raised.append(error)

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return raised


def test_no_registration_of_many_threads_is_lost(registry: Registry, tmp_path: Path) -> None:
    """Every thread's every version has a number of its own."""

    def register(who: int) -> None:
        for number in range(15):
            registry.versions.register("shared", model_file(tmp_path, who * 100 + number))

    assert together([lambda w=who: register(w) for who in range(THREADS)]) == []  # type: ignore[misc]
    versions = registry.versions.list("shared", limit=1_000)
    assert [v.number for v in versions] == list(range(120, 0, -1))
    assert len({v.digest for v in versions}) == 120


def test_one_file_registered_by_many_threads_is_one_version(
    registry: Registry, tmp_path: Path
) -> None:
    """Whoever comes second is answered with the version of whoever came first."""
    file = model_file(tmp_path, 1)
    made: list[bool] = []

    def register() -> None:
        made.append(registry.versions.register("shared", file).created)

    assert together([register] * THREADS) == []
    assert sorted(made) == [False] * 7 + [True]


def test_a_change_of_another_connection_is_noticed(registry: Registry, tmp_path: Path) -> None:
    """The counter stands still while nothing happens, and moves when something does."""
    registry.versions.register("churn", model_file(tmp_path, 1))
    before = registry.change_counter()
    assert registry.change_counter() == before
    assert together([lambda: registry.models.describe("churn", owner="eve")]) == []
    assert registry.change_counter() != before


def test_a_backup_during_writes_is_whole(registry: Registry, tmp_path: Path) -> None:
    """Every row of the copy has its bytes, though others went on registering."""
    furnish(registry, tmp_path / "files")
    over = threading.Event()
    made: list[str] = []

    def write() -> None:
        seed = 2_000
        while not over.is_set():
            seed += 1
            done = registry.versions.register("busy", model_file(tmp_path / "busy", seed))
            made.append(done.version.reference)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        copies = [registry.upkeep.backup(tmp_path / f"copy-{n}") for n in range(4)]
    finally:
        over.set()
        writer.join()
    for copy in copies:
        with open_registry(copy, actor="bo") as opened:
            assert opened.audit.verify(deep=True).problems == ()
    assert made

"""The lane for what is big: small files pass it, and stopping gives it up cleanly."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from modelshelf.domain.errors import Unavailable
from modelshelf.domain.intake import TAKING, Sighting
from modelshelf.registry.drops import lanes, look
from modelshelf.registry.drops.lanes import Lane
from modelshelf.registry.versions import Versions
from tests.registry.drops import Shelf, weights


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shelf]:
    """Make a registry with an inbox, in which a big file and a small one lie still."""
    monkeypatch.setattr(look, "BIG", 1000)
    made = Shelf(tmp_path / "registry")
    made.drop("churn/big.bin", b"x" * 2000)
    made.drop("churn/small.safetensors")
    made.sweep()
    made.clock.wait(5)
    yield made
    made.registry.close()


class Gate:
    """Holds the registration of the big file up, half-way."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Stand in its way."""
        self.open = threading.Event()
        self.reached = threading.Event()
        real = Versions.register

        def register(versions: Versions, model: str, path: Path, **options: Any) -> Any:  # noqa: ANN401
            if path.name == "big.bin" and not self.open.is_set():
                options["progress"](1000, 2000, "big.bin")
                self.reached.set()
                while not self.open.wait(0.01):
                    options["progress"](1000, 2000, "big.bin")
            return real(versions, model, path, **options)

        monkeypatch.setattr(Versions, "register", register)


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Gate:
    """Stand in the way of the big file."""
    monkeypatch.setattr(lanes, "PROGRESS_S", 0)
    return Gate(monkeypatch)


def sweep(shelf: Shelf, lane: Lane, told: list[Sighting] | None = None) -> dict[str, str]:
    """Look once, and return the state and reason of everything by its name."""
    report = shelf.registry.intake.sweep(
        lane=lane,
        pause=shelf.clock.wait,
        progress=None if told is None else told.append,
    )
    every = (*report.taken, *report.same, *report.waiting, *report.refused, *report.ignored)
    return {Path(s.path).name: s.reason or s.state for s in every}


def test_small_files_pass_a_big_one(shelf: Shelf, gate: Gate) -> None:
    """Which is said to be at work, with how far it is, until a later sweep tells that it is in."""
    told: list[Sighting] = []
    woken = threading.Event()
    with shelf.registry.intake.watching(), shelf.registry.intake.lane(woken.set) as lane:
        assert sweep(shelf, lane, told)["small.safetensors"] == "taken"
        assert gate.reached.wait(10)
        shelf.drop("churn/another.safetensors", weights(2))
        assert sweep(shelf, lane, told) == {
            "big.bin": TAKING,
            "another.safetensors": "it must lie still for 2 s",
        }
        shelf.clock.wait(5)
        report = shelf.registry.intake.sweep(lane=lane, pause=shelf.clock.wait)
        assert [(s.done, s.size) for s in report.waiting] == [(1000, 2000)]
        (line,) = shelf.registry.intake.ledger(state="waiting")
        assert (line.reason, line.done, line.size) == (TAKING, 1000, 2000)
        assert not woken.is_set()
        gate.open.set()
        assert woken.wait(10)
        assert sweep(shelf, lane, told) == {"big.bin": "taken"}
    assert [s.reference for s in told if s.path.endswith("big.bin")][-1] == "churn:v3"
    assert all(path.startswith(".taken/") for path in shelf.lying())


def test_stopping_gives_it_up_and_the_next_one_takes_it(shelf: Shelf, gate: Gate) -> None:
    """Nothing is registered of it, and nothing is held against it."""
    with shelf.registry.intake.watching(), shelf.registry.intake.lane(lambda: None) as lane:
        sweep(shelf, lane)
        assert gate.reached.wait(10)
    assert shelf.references() == ["churn:v1"]
    assert (shelf.inbox / "churn/big.bin").is_file()
    gate.open.set()
    shelf.reopen()
    assert [s.reference for s in shelf.sweep().taken] == ["churn:v2"]


def test_what_fails_in_the_lane_waits_with_the_reason(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And is tried again later, like everything."""

    def full(*_: object, **__: object) -> None:
        raise Unavailable("the disk is full")

    woken = threading.Event()
    with shelf.registry.intake.watching(), shelf.registry.intake.lane(woken.set) as lane:
        with monkeypatch.context() as broken:
            broken.setattr(Versions, "register", full)
            sweep(shelf, lane)
            assert woken.wait(10)
        assert "the disk is full" in sweep(shelf, lane)["big.bin"]
        woken.clear()
        shelf.clock.wait(61)
        sweep(shelf, lane)
        assert woken.wait(10)
        assert sweep(shelf, lane)["big.bin"] == "taken"


def test_a_lane_without_work_has_no_thread(shelf: Shelf) -> None:
    """Most registries never need one."""
    before = threading.active_count()
    with shelf.registry.intake.lane(lambda: None):
        assert threading.active_count() == before

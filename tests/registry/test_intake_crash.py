"""Crashes at every step of the intake: the next sweep heals them, nothing is twice or lost."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from modelshelf.artifacts import syscalls
from modelshelf.catalog import ledger
from modelshelf.domain.errors import Conflict, Unavailable
from modelshelf.registry.drops import finishing, look
from modelshelf.registry.versions import Versions
from tests.registry.drops import Shelf, weights


class Crash(BaseException):
    """The process ends here."""


@pytest.fixture
def shelf(tmp_path: Path) -> Iterator[Shelf]:
    """Make a registry with an inbox in which a file with a sidecar has been seen once."""
    made = Shelf(tmp_path / "registry")
    made.drop("churn/m.safetensors")
    made.drop("churn/m.safetensors.json", '{"metrics": {"auc": 0.5}}')
    made.sweep()
    yield made
    made.registry.close()


def crash_at(
    monkeypatch: pytest.MonkeyPatch, owner: object, name: str, *, when: str, call: int
) -> None:
    """Crash before or after the ``call``-th call of a function."""
    real = getattr(owner, name)
    calls = iter(range(1, 1_000))

    def broken(*args: Any, **options: Any) -> Any:  # noqa: ANN401
        hit = next(calls) == call
        if hit and when == "before":
            raise Crash
        result = real(*args, **options)
        if hit:
            raise Crash
        return result

    monkeypatch.setattr(owner, name, broken)


STEPS = [
    (look, "look_into", "after", 1),
    (ledger, "put", "before", 1),
    (ledger, "put", "after", 1),
    (Versions, "register", "before", 1),
    (Versions, "register", "after", 1),
    (ledger, "put", "before", 2),
    (ledger, "put", "after", 2),
    (finishing, "put_away", "before", 1),
    (syscalls, "mkdir", "before", 1),
    (syscalls, "rename", "before", 2),
    (syscalls, "rename", "after", 2),
    (finishing, "put_away", "after", 1),
]


@pytest.mark.parametrize(("owner", "name", "when", "call"), STEPS)
def test_a_crash_anywhere_is_healed(
    shelf: Shelf,
    monkeypatch: pytest.MonkeyPatch,
    owner: object,
    name: str,
    when: str,
    call: int,
) -> None:
    """One version, with its metrics; the original put away once; the ledger says so."""
    with monkeypatch.context() as broken:
        crash_at(broken, owner, name, when=when, call=call)
        with pytest.raises(Crash):
            shelf.sweep(5)
    shelf.reopen()
    for _again in range(3):
        shelf.sweep(5)
    (version,) = shelf.registry.versions.list("churn")
    assert version.metrics == {"auc": 0.5}
    assert {Path(p).name for p in shelf.lying()} == {"m.safetensors", "m.safetensors.json"}
    assert all(path.startswith(".taken/churn/v1") for path in shelf.lying())
    assert shelf.states()["inbox/churn/m.safetensors"] in ("taken", "same")
    assert shelf.registry.audit.verify(deep=True).whole


def test_what_a_crash_registered_is_told_as_taken(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The version is there already, and it came from this very file."""
    with monkeypatch.context() as broken:
        crash_at(broken, Versions, "register", when="after", call=1)
        with pytest.raises(Crash):
            shelf.sweep(5)
    (taken,) = shelf.sweep().taken
    assert (taken.reference, taken.reason) == ("churn:v1", "")


def test_the_disk_is_full_for_a_while(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file waits with the reason, is tried again after a minute, and is taken then."""

    def full(*_: object, **__: object) -> None:
        raise Unavailable("no space left to store 'm'", why="it needs 2 GB, the disk has 1 GB")

    with monkeypatch.context() as broken:
        broken.setattr(Versions, "register", full)
        (waiting,) = shelf.sweep(5).waiting
        assert "no space left" in waiting.reason
    for _again in range(5):
        assert shelf.sweep(10).waiting[0].reason == waiting.reason
    assert shelf.sweep(15).taken


def test_until_still_does_not_wait_for_a_full_disk(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What failed does not settle."""

    def full(*_: object, **__: object) -> None:
        raise Unavailable("the disk is full")

    monkeypatch.setattr(Versions, "register", full)
    before = shelf.clock.now
    report = shelf.registry.intake.sweep(until_still=True, pause=shelf.clock.wait)
    assert report.waiting
    assert (shelf.clock.now - before).total_seconds() < 10


def test_a_conflict_that_stays_is_refused_in_the_end(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file did not change, so trying for ever would not help."""

    def clash(*_: object, **__: object) -> None:
        raise Conflict("'Churn' and 'churn' are one name")

    monkeypatch.setattr(Versions, "register", clash)
    assert shelf.sweep(5).waiting
    assert shelf.sweep(60).waiting
    assert shelf.sweep(300).refused


def test_one_bad_file_stops_nobody(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not even by a mistake in our own code."""
    shelf.drop("churn/good.safetensors", weights(2))
    shelf.sweep()
    real = Versions.register

    def register(self: Versions, model: str, path: Path, **options: Any) -> object:  # noqa: ANN401
        if path.name == "m.safetensors":
            raise ZeroDivisionError("a mistake")
        return real(self, model, path, **options)

    monkeypatch.setattr(Versions, "register", register)
    report = shelf.sweep(5)
    assert [s.path for s in report.taken] == ["inbox/churn/good.safetensors"]
    assert "ZeroDivisionError: a mistake" in report.refused[0].reason


def test_a_file_that_changes_after_it_was_taken_stays(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is not put away, and becomes the next version."""
    real = Versions.register

    def register(self: Versions, model: str, path: Path, **options: Any) -> object:  # noqa: ANN401
        done = real(self, model, path, **options)
        path.write_bytes(weights(2))
        return done

    with monkeypatch.context() as changing:
        changing.setattr(Versions, "register", register)
        assert shelf.sweep(5).taken
    assert (shelf.inbox / "churn/m.safetensors").read_bytes() == weights(2)
    assert [s.reference for s in shelf.settle().taken] == ["churn:v2"]

"""When a drop counts as finished: markers, renames, digests, network folders, what changes."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from modelshelf.catalog.database import Database
from modelshelf.domain.errors import Conflict
from modelshelf.domain.intake import Sighting
from modelshelf.registry.drops import drop_folder, finishing, look
from modelshelf.registry.versions import Versions
from tests.registry.drops import Shelf, weights


@pytest.fixture
def shelf(tmp_path: Path) -> Iterator[Shelf]:
    """Make a registry with an inbox."""
    made = Shelf(tmp_path / "registry")
    yield made
    made.registry.close()


class TestHurried:
    @pytest.mark.parametrize("marker", ["_SUCCESS", ".modelshelf-ready"])
    def test_a_marker_in_a_folder_ends_the_wait(self, shelf: Shelf, marker: str) -> None:
        """And is no part of the artifact; when it comes does not start the wait anew."""
        shelf.drop("bert/run/config.json", "{}")
        shelf.drop("bert/run/model.safetensors")
        shelf.sweep()
        shelf.drop(f"bert/run/{marker}", "")
        assert shelf.sweep(0.2).waiting
        assert shelf.sweep(0.05).taken
        files = [file.path for file in shelf.registry.versions.detail("bert:v1").files]
        assert files == ["config.json", "model.safetensors"]

    def test_a_marker_beside_a_file_ends_the_wait_and_goes_away_with_it(self, shelf: Shelf) -> None:
        """It is called like the file, with .ready behind; alone it is no model."""
        shelf.drop("churn/m.safetensors.ready", "")
        assert "it is a marker" in shelf.sweep().ignored[0].reason
        shelf.drop("churn/m.safetensors")
        assert shelf.sweep().waiting
        assert shelf.sweep(0.25).taken
        assert shelf.lying() == {
            ".taken/churn/v1/m.safetensors",
            ".taken/churn/v1/m.safetensors.ready",
        }

    def test_a_rename_into_place_ends_the_wait(self, shelf: Shelf) -> None:
        """The watcher saw it; the sweep after the next one remembers it."""
        file = shelf.drop("churn/m.safetensors")
        other = shelf.drop("churn/o.safetensors", weights(2))
        shelf.registry.intake.sweep(renamed=frozenset({file}), pause=shelf.clock.wait)
        assert [Path(s.path).name for s in shelf.sweep(0.25).taken] == ["m.safetensors"]
        assert [Path(s.path).name for s in shelf.sweep(2).taken] == ["o.safetensors"]
        assert not other.exists()

    def test_a_rename_says_nothing_about_a_file_that_is_cut(self, shelf: Shelf) -> None:
        """Its header still has its say."""
        file = shelf.drop("churn/m.safetensors", weights()[:-1])
        shelf.registry.intake.sweep(renamed=frozenset({file}), pause=shelf.clock.wait)
        assert "promises" in shelf.sweep(1).waiting[0].reason


class TestListed:
    @staticmethod
    def listing(**files: bytes) -> str:
        """Return a sidecar that lists files with the digests of these bytes."""
        digests = {f"{n}.bin": hashlib.sha256(data).hexdigest() for n, data in files.items()}
        return json.dumps({"files": digests, "metrics": {"auc": 0.5}})

    def test_a_folder_that_is_what_it_lists_is_taken_at_once(self, shelf: Shelf) -> None:
        """Stillness adds nothing to digests that fit."""
        shelf.drop("churn/run/modelshelf.json", self.listing(a=b"aa", b=b"bb"))
        shelf.drop("churn/run/a.bin", b"aa")
        shelf.drop("churn/run/b.bin", b"bb")
        shelf.sweep()
        assert shelf.sweep(0.25).taken
        assert shelf.registry.versions.get("churn:v1").metrics == {"auc": 0.5}

    def test_it_waits_for_every_listed_file_with_the_listed_bytes(self, shelf: Shelf) -> None:
        """However long it lies still."""
        shelf.drop("churn/run/modelshelf.json", self.listing(a=b"aa", b=b"bb"))
        shelf.drop("churn/run/a.bin", b"aa")
        assert shelf.settle(3600).waiting[0].reason == "its sidecar lists b.bin, which is not there"
        shelf.drop("churn/run/b.bin", b"b")
        for _again in range(2):
            (waiting,) = shelf.settle(3600).waiting
            assert (
                waiting.reason == "its sidecar lists another digest for b.bin than its bytes have"
            )
        shelf.drop("churn/run/b.bin", b"bb")
        assert shelf.settle(1).taken

    def test_a_list_that_is_none_is_refused(self, shelf: Shelf) -> None:
        """The sentence names the file."""
        shelf.drop("churn/run/modelshelf.json", '{"files": {"a.bin": "abc"}}')
        shelf.drop("churn/run/a.bin", b"aa")
        (refused,) = shelf.settle().refused
        assert "a.bin has no digest" in refused.reason


class TestRestless:
    def test_a_network_folder_settles_longer_and_is_not_asked_for_writers(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Leases mean nothing there, and what others write shows up late."""
        monkeypatch.setattr(drop_folder, "network_filesystem", lambda _path: "nfs4")
        shelf = Shelf(tmp_path / "r")
        with shelf.drop("churn/m.safetensors").open("r+b"):
            shelf.sweep()
            assert shelf.sweep(9.9).waiting
            assert shelf.sweep(0.1).taken
        shelf.registry.close()

    def test_what_keeps_changing_is_said(
        self, shelf: Shelf, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Five times in ten minutes; it is still taken once it lies still."""
        file = shelf.drop("churn/m.safetensors")
        counter = iter(range(100))

        def register(*_: object, **__: object) -> None:
            file.write_bytes(weights(next(counter)))
            raise Conflict("it changed")

        with monkeypatch.context() as restless:
            restless.setattr(Versions, "register", register)
            reasons = [shelf.settle().waiting[0].reason for _again in range(5)]
        assert reasons[:4] == ["it changed while it was being read"] * 4
        assert reasons[4].startswith("it keeps changing: 5 times in 10 minutes")
        assert shelf.settle().taken

    def test_what_is_written_again_before_its_turn_waits(
        self, shelf: Shelf, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Thousands may come before it; half of what is written then would be a whole file."""
        for name in ("a", "b"):
            shelf.drop(f"churn/{name}.safetensors", weights(ord(name)))
        shelf.sweep()
        real = Versions.register

        def register(self: Versions, model: str, path: Path, **options: Any) -> object:  # noqa: ANN401
            for other in path.parent.iterdir():
                if other != path:
                    other.write_bytes(b"half")
            return real(self, model, path, **options)

        with monkeypatch.context() as writing:
            writing.setattr(Versions, "register", register)
            report = shelf.sweep(5)
        assert (len(report.taken), len(report.waiting)) == (1, 1)
        assert report.waiting[0].reason == "it is still changing"

    def test_what_changes_after_the_commit_is_said_and_becomes_the_next_version(
        self, shelf: Shelf, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """It is looked at once more a second later, before it would be put away."""
        file = shelf.drop("churn/m.safetensors")
        shelf.sweep()
        real = finishing.Finishing.finish

        def finish(self: finishing.Finishing, pause: finishing.Pause) -> None:
            def rest(seconds: float) -> object:
                file.write_bytes(weights(2))
                return pause(seconds)

            real(self, rest)

        with monkeypatch.context() as writing:
            writing.setattr(finishing.Finishing, "finish", finish)
            assert shelf.sweep(5).taken
        (known,) = shelf.registry.intake.ledger()
        assert (known.reference, known.reason) == ("churn:v1", "changed after it was registered")
        assert [s.reference for s in shelf.settle().taken] == ["churn:v2"]
        assert not file.exists()


class TestRules:
    POLICY = (
        '[[drop_folders]]\npath = "inbox"\nmodel = "{team}/{name}"\n'
        "pattern = '(?P<team>[a-z]+)/\\d{4}/(?P<name>[a-z]+)[^/]*'\n"
    )

    def test_a_pattern_makes_the_name(self, tmp_path: Path) -> None:
        """What it does not match is listed with it, and left alone."""
        shelf = Shelf(tmp_path / "r", self.POLICY)
        shelf.drop("risk/2026/churn-3.safetensors")
        shelf.drop("risk/churn.safetensors", weights(2))
        report = shelf.settle()
        assert [s.reference for s in report.taken] == ["risk/churn:v1"]
        (ignored,) = report.ignored
        assert ignored.reason.startswith("it does not match the pattern (?P<team>[a-z]+)/")
        shelf.registry.close()

    def test_a_pattern_is_not_held_against_endless_names(self, tmp_path: Path) -> None:
        """A name can be made so that a pattern goes back and forth for hours."""
        shelf = Shelf(tmp_path / "r", self.POLICY)
        shelf.drop("/".join(["a" * 100] * 6) + "/m.safetensors")
        assert "more than 500 characters" in shelf.settle().ignored[0].reason
        shelf.registry.close()

    def test_only_a_sidecar_may_name_the_model(self, tmp_path: Path) -> None:
        """Where the rule says so, a folder's name does not count."""
        shelf = Shelf(tmp_path / "r", '[[drop_folders]]\npath = "inbox"\nmodel = "{sidecar}"\n')
        shelf.drop("churn/a.safetensors")
        shelf.drop("churn/b.safetensors", weights(2))
        shelf.drop("churn/b.safetensors.json", '{"model": "risk"}')
        report = shelf.settle()
        assert [s.reference for s in report.taken] == ["risk:v1"]
        assert "only a sidecar can name one" in report.ignored[0].reason
        shelf.registry.close()


class TestOrder:
    def test_what_is_big_comes_last(self, shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
        """However old it is."""
        monkeypatch.setattr(look, "BIG", 1000)
        big = shelf.drop("churn/big.bin", b"x" * 2000)
        os.utime(big, (1, 1))
        shelf.drop("churn/small.safetensors")
        names = [Path(s.path).name for s in shelf.settle().taken]
        assert names == ["small.safetensors", "big.bin"]

    def test_how_far_a_big_one_is_gets_told(
        self, shelf: Shelf, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """With the bytes done and the bytes in all."""
        monkeypatch.setattr(look, "BIG", 1000)
        monkeypatch.setattr(look, "PROGRESS_S", 0)
        told: list[Sighting] = []
        shelf.drop("churn/big.bin", b"x" * 2000)
        shelf.sweep()
        shelf.clock.wait(5)
        shelf.registry.intake.sweep(progress=told.append, pause=shelf.clock.wait)
        assert {s.state for s in told} == {"waiting", "taken"}
        assert (told[-2].done, told[-2].size) == (2000, 2000)

    def test_few_transactions_serve_many_files(
        self, shelf: Shelf, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """One for each version, and one for many lines of the ledger."""
        writes: list[str] = []
        real = Database.write

        def write(self: Database, purpose: str) -> Any:  # noqa: ANN401
            writes.append(purpose)
            return real(self, purpose)

        monkeypatch.setattr(Database, "write", write)
        for seed in range(300):
            shelf.drop(f"churn/{seed}.safetensors", weights(seed))
        assert len(shelf.settle().taken) == 300
        assert writes.count("register churn") == 300
        assert len(writes) - 300 < 30


def test_nobody_waits_long_for_what_time_alone_does_not_finish(shelf: Shelf) -> None:
    """A sweep for cron ends when a file is cut short and lies still, and says that it waits."""
    shelf.drop("churn/cut.safetensors", weights()[:-4])
    before = shelf.clock.now
    report = shelf.registry.intake.sweep(until_still=True, pause=shelf.clock.wait)
    assert [seen.reason for seen in report.waiting] == [
        f"its header promises {len(weights()):,} bytes, {len(weights()) - 4:,} are there"
    ]
    assert (shelf.clock.now - before).total_seconds() < 10

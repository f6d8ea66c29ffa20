"""What a sweep does with ordinary drops: files, folders, sidecars, cards."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from modelshelf.domain.intake import Sighting
from tests.formats.builders import FIXTURES
from tests.registry.drops import Shelf, weights


@pytest.fixture
def shelf(tmp_path: Path) -> Iterator[Shelf]:
    """Make a registry with an inbox."""
    made = Shelf(tmp_path / "registry")
    yield made
    made.registry.close()


class TestOneFile:
    def test_it_waits_settles_and_becomes_a_version(self, shelf: Shelf) -> None:
        """The model is called like the folder; the original is put away."""
        shelf.drop("churn/model.safetensors")
        first = shelf.sweep()
        assert [(s.path, s.reason) for s in first.waiting] == [
            ("inbox/churn/model.safetensors", "it must lie still for 2 s")
        ]
        assert shelf.sweep(1.0).waiting
        (taken,) = shelf.sweep(1.0).taken
        assert (taken.path, taken.reference) == ("inbox/churn/model.safetensors", "churn:v1")
        assert shelf.lying() == {".taken/churn/v1/model.safetensors"}
        assert shelf.states() == {"inbox/churn/model.safetensors": "taken"}

    def test_the_version_says_where_it_came_from(self, shelf: Shelf) -> None:
        """The source is recorded in words, and the format was looked at."""
        shelf.drop("risk/churn/model.safetensors")
        shelf.settle()
        detail = shelf.registry.versions.detail("risk/churn:v1")
        assert detail.source == "drop folder: inbox/risk/churn/model.safetensors"
        assert (detail.version.format, detail.version.created_by) == ("safetensors", "ana")

    def test_nothing_is_registered_twice(self, shelf: Shelf) -> None:
        """Sweeping on and on changes nothing, neither in the log nor in the ledger."""
        shelf.drop("churn/model.safetensors")
        shelf.settle()
        head, counter = shelf.registry.audit.head(), shelf.registry.change_counter()
        for _again in range(3):
            report = shelf.sweep(60)
            assert (report.taken, report.waiting) == ((), ())
        assert shelf.registry.audit.head() == head
        assert shelf.registry.change_counter() == counter

    def test_a_writer_that_goes_on_is_waited_for(self, shelf: Shelf) -> None:
        """Every new byte starts the wait anew; the whole file is what gets registered."""
        data = weights()
        for end in range(20, len(data), 20):
            shelf.drop("churn/model.safetensors", data[:end])
            assert not shelf.sweep(1.9).taken
        shelf.drop("churn/model.safetensors", data)
        assert shelf.settle().taken
        assert shelf.registry.versions.get("churn:v1").size == len(data)

    def test_a_file_cut_short_is_not_taken_however_long_it_lies(self, shelf: Shelf) -> None:
        """Its own header knows better; the rest may come tomorrow."""
        shelf.drop("churn/model.safetensors", weights()[:-4])
        (waiting,) = shelf.settle(86_400).waiting
        assert "promises" in waiting.reason
        shelf.drop("churn/model.safetensors")
        assert shelf.settle().taken

    def test_renamed_into_place_it_is_a_new_arrival(self, shelf: Shelf) -> None:
        """The name it was written under is passed over."""
        part = shelf.drop("churn/model.safetensors.part")
        assert [s.state for s in shelf.settle().ignored] == ["ignored"]
        part.rename(part.with_suffix(""))
        assert shelf.settle().taken
        assert set(shelf.states()) == {"inbox/churn/model.safetensors"}

    def test_the_same_bytes_again_are_the_same_version(self, shelf: Shelf) -> None:
        """Also under another name; the second original is put away beside the first."""
        shelf.drop("churn/model.safetensors")
        shelf.settle()
        shelf.drop("churn/model.safetensors")
        shelf.drop("churn/again.safetensors")
        same = shelf.settle().same
        assert {s.reference for s in same} == {"churn:v1"}
        assert same[0].reason == "its content is churn:v1 already"
        assert shelf.references() == ["churn:v1"]
        assert shelf.lying() == {
            ".taken/churn/v1/model.safetensors",
            ".taken/churn/v1.2/again.safetensors",
            ".taken/churn/v1.3/model.safetensors",
        } or shelf.lying() == {
            ".taken/churn/v1/model.safetensors",
            ".taken/churn/v1.2/model.safetensors",
            ".taken/churn/v1.3/again.safetensors",
        }

    def test_the_older_file_is_the_lower_version(self, shelf: Shelf) -> None:
        """Files that settle together are taken in the order in which they were written."""
        for seed, name in enumerate(("c", "a", "b"), start=1):
            file = shelf.drop(f"churn/{name}.safetensors", weights(seed))
            os.utime(file, (seed, seed))
        shelf.settle()
        names = [v.name for v in reversed(shelf.registry.versions.list("churn"))]
        assert names == ["c.safetensors", "a.safetensors", "b.safetensors"]

    def test_a_file_in_no_folder_belongs_to_no_model(self, shelf: Shelf) -> None:
        """It is listed with what to do, and taken once it lies in a folder."""
        file = shelf.drop("model.safetensors")
        (ignored,) = shelf.settle().ignored
        assert "put it into a folder" in ignored.reason
        assert shelf.sweep(5).ignored == (ignored,)
        (shelf.inbox / "churn").mkdir()
        file.rename(shelf.inbox / "churn" / file.name)
        assert shelf.settle().taken

    def test_a_file_that_went_away_is_forgotten(self, shelf: Shelf) -> None:
        """No state is kept for what was never taken in."""
        file = shelf.drop("churn/model.safetensors")
        shelf.sweep()
        file.unlink()
        assert shelf.sweep().waiting == ()
        assert shelf.states() == {}


class TestFolders:
    def test_a_folder_artifact_is_one_version(self, shelf: Shelf) -> None:
        """It settles as a whole; nothing in it is taken by itself."""
        shelf.drop("bert/run-7/config.json", "{}")
        shelf.drop("bert/run-7/model.safetensors")
        shelf.drop("bert/run-7/.gitattributes", "x")
        shelf.drop("bert/run-7/README.md", "# Bert")
        assert len(shelf.sweep().waiting) == 1
        assert shelf.sweep(9.0).waiting
        (taken,) = shelf.sweep(1.0).taken
        assert (taken.path, taken.reference) == ("inbox/bert/run-7", "bert:v1")
        detail = shelf.registry.versions.detail("bert:v1")
        assert len(detail.files) == 4
        assert detail.card == "# Bert"
        assert (shelf.inbox / ".taken/bert/v1/run-7/config.json").is_file()

    def test_a_folder_still_being_copied_is_not_taken_in_pieces(self, shelf: Shelf) -> None:
        """Its first files wait for as long as anything around them changes."""
        saved = FIXTURES / "saved"
        index = saved / "saved_model.pb"
        for file in sorted(each for each in saved.rglob("*") if each.is_file() and each != index):
            shelf.drop(f"churn/saved/{file.relative_to(saved).as_posix()}", file.read_bytes())
            assert not shelf.sweep(9.0).taken
        shelf.drop("churn/saved/saved_model.pb", index.read_bytes())
        assert [s.path for s in shelf.settle().taken] == ["inbox/churn/saved"]
        assert shelf.references() == ["churn:v1"]

    def test_a_half_downloaded_file_holds_its_folder_back(self, shelf: Shelf) -> None:
        """However long it lies still."""
        shelf.drop("bert/run/config.json", "{}")
        shelf.drop("bert/run/a.safetensors")
        part = shelf.drop("bert/run/b.safetensors.part", weights(2))
        assert "still being written" in shelf.settle(3600).waiting[0].reason
        part.rename(part.with_suffix(""))
        assert shelf.settle().taken

    def test_a_folder_directly_in_the_inbox_lends_its_name(self, shelf: Shelf) -> None:
        """What was copied as inbox/churn and is an artifact itself is a version of churn."""
        shelf.drop("churn/MLmodel", "flavors: {}")
        shelf.drop("churn/model.pkl", b"\x80\x04N.")
        assert [s.reference for s in shelf.settle().taken] == ["churn:v1"]

    def test_an_empty_inbox_is_made_and_left(self, shelf: Shelf) -> None:
        """A drop folder inside the registry that is missing is made."""
        shelf.inbox.rmdir()
        assert shelf.sweep().ignored == ()
        assert shelf.inbox.is_dir()


class TestSidecars:
    def test_what_the_sidecar_says_is_recorded(self, shelf: Shelf) -> None:
        """It goes with its file, in and away."""
        shelf.drop("churn/m.safetensors")
        shelf.drop("churn/m.safetensors.yaml", "metrics: {auc: 0.91}\nparams: {lr: 0.10}\n")
        shelf.drop("churn/README.md", "# Churn\n")
        shelf.settle()
        detail = shelf.registry.versions.detail("churn:v1")
        assert (detail.version.metrics, detail.version.params) == ({"auc": 0.91}, {"lr": "0.10"})
        assert detail.card == "# Churn\n"
        assert shelf.lying() == {
            f".taken/churn/v1/{n}" for n in ("m.safetensors", "m.safetensors.yaml", "README.md")
        }

    def test_a_sidecar_may_come_later_within_the_wait(self, shelf: Shelf) -> None:
        """It starts the wait anew, for it may be half-written too."""
        shelf.drop("churn/m.safetensors")
        shelf.sweep()
        shelf.clock.wait(1.5)
        shelf.drop("churn/m.safetensors.json", '{"metrics": {"auc"')
        assert shelf.sweep().waiting
        shelf.drop("churn/m.safetensors.json", '{"metrics": {"auc": 0.5}}')
        assert shelf.settle().taken
        assert shelf.registry.versions.get("churn:v1").metrics == {"auc": 0.5}

    def test_a_sidecar_on_its_way_is_waited_for(self, shelf: Shelf) -> None:
        """Its temporary name announces it."""
        shelf.drop("churn/m.safetensors")
        part = shelf.drop("churn/m.safetensors.json.part", '{"metrics": {"auc": 0.5}}')
        (waiting,) = shelf.settle(600).waiting
        assert waiting.reason == "its sidecar is still being written"
        part.rename(part.with_suffix(""))
        shelf.settle()
        assert shelf.registry.versions.get("churn:v1").metrics == {"auc": 0.5}

    def test_a_sidecar_can_name_the_model(self, shelf: Shelf) -> None:
        """Then the folder does not matter."""
        shelf.drop("m.safetensors")
        shelf.drop("m.safetensors.json", '{"model": "risk/churn"}')
        assert [s.reference for s in shelf.settle().taken] == ["risk/churn:v1"]

    def test_a_sidecar_inside_a_folder_makes_it_an_artifact(self, shelf: Shelf) -> None:
        """And describes it."""
        shelf.drop("churn/run/modelshelf.yaml", "description: by hand\n")
        shelf.drop("churn/run/weights.bin", b"123")
        shelf.settle()
        assert shelf.registry.versions.detail("churn:v1").description == "by hand"

    def test_a_refused_file_stays_and_is_tried_again_when_its_sidecar_changes(
        self, shelf: Shelf
    ) -> None:
        """The sentence says what is wrong, once; mending it is enough."""
        shelf.drop("churn/m.safetensors")
        shelf.drop("churn/m.safetensors.json", '{"metrics": {"auc": "good"}}')
        told: list[Sighting] = []
        (refused,) = shelf.settle().refused
        assert refused.reason == "the metric auc is not a number: 'good' is str."
        report = shelf.registry.intake.sweep(progress=told.append, pause=shelf.clock.wait)
        assert (report.refused, told) == ((refused,), [])
        assert "churn/m.safetensors" in shelf.lying()
        shelf.drop("churn/m.safetensors.json", '{"metrics": {"auc": 0.9}}')
        assert shelf.settle().taken

    def test_a_card_serves_all_files_beside_it(self, shelf: Shelf) -> None:
        """It is put away with the last of them."""
        shelf.drop("churn/a.safetensors", weights(1))
        shelf.drop("churn/b.safetensors", weights(2))
        shelf.drop("churn/README.md", "# Both")
        shelf.settle()
        cards = [shelf.registry.versions.detail(r).card for r in shelf.references()]
        assert cards == ["# Both", "# Both"]
        assert ".taken/churn/v2/README.md" in shelf.lying()

    def test_a_sidecar_without_its_file_is_no_model(self, shelf: Shelf) -> None:
        """It may only be early."""
        shelf.drop("churn/m.safetensors.json", "{}")
        assert "is not beside it" in shelf.settle().ignored[0].reason
        shelf.drop("churn/m.safetensors")
        assert shelf.settle().taken

    def test_what_cannot_be_recorded_again_is_said(self, shelf: Shelf) -> None:
        """The same bytes with a new sidecar are the same version; nothing is lost unseen."""
        shelf.drop("churn/m.safetensors")
        shelf.settle()
        shelf.drop("churn/m.safetensors")
        shelf.drop("churn/m.safetensors.json", '{"metrics": {"auc": 1}}')
        (same,) = shelf.settle().same
        assert same.reason.endswith("what its sidecar says was not recorded again")

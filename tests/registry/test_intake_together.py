"""Loose files that belong together: one artifact, whichever of them comes first."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from modelshelf import formats
from tests.formats.builders import FIXTURES
from tests.registry.drops import Shelf, weights

if TYPE_CHECKING:
    from modelshelf.formats import Source

Named = Mapping[str, tuple[str, ...]]
Telling = Callable[[Named], None]


@pytest.fixture
def shelf(tmp_path: Path) -> Iterator[Shelf]:
    """Make a registry with an inbox."""
    made = Shelf(tmp_path / "registry")
    yield made
    made.registry.close()


@pytest.fixture
def telling(monkeypatch: pytest.MonkeyPatch) -> Telling:
    """Return a function that makes files name others, whatever is in them."""

    def tell(named: Named) -> None:
        def needs(source: Source) -> tuple[str, ...]:
            return named.get(source.name, ())

        monkeypatch.setattr(formats, "needs", needs)

    return tell


ONNX = {"model.onnx": ("model.onnx.data",)}
OPENVINO = {"model.xml": ("model.bin",)}
SHARDED = {
    "big.safetensors.index.json": (
        "big-00001-of-00002.safetensors",
        "big-00002-of-00002.safetensors",
    ),
    "big-00001-of-00002.safetensors": ("big-00002-of-00002.safetensors",),
    "big-00002-of-00002.safetensors": ("big-00001-of-00002.safetensors",),
}
PARTS = {
    "llm-00001-of-00002.gguf": ("llm-00002-of-00002.gguf",),
    "llm-00002-of-00002.gguf": ("llm-00001-of-00002.gguf",),
}  # fmt: skip
SETS = [
    (ONNX, "model", "model.onnx"),
    (OPENVINO, "model", "model.xml"),
    (SHARDED, "big", "big.safetensors.index.json"),
    (PARTS, "llm", "llm-00001-of-00002.gguf"),
]


def names_of(named: Named) -> list[str]:
    """Return all files of a set, sorted."""
    return sorted({*named, *(other for others in named.values() for other in others)})


class TestTogether:
    @pytest.mark.parametrize(("named", "name", "leader"), SETS)
    def test_files_that_name_each_other_are_one_version(
        self, shelf: Shelf, telling: Telling, named: Named, name: str, leader: str
    ) -> None:
        """A folder called by their stem, with exactly them; a file beside it is its own."""
        telling(named)
        for number, each in enumerate(names_of(named)):
            shelf.drop(f"churn/{each}", weights(number))
        shelf.drop("churn/other.pkl", b"\x80\x04N.")
        report = shelf.settle()
        assert {s.path for s in report.taken} == {f"inbox/churn/{leader}", "inbox/churn/other.pkl"}
        detail = shelf.registry.versions.detail(
            next(s.reference for s in report.taken if s.path.endswith(leader))
        )
        assert (detail.version.name, detail.version.kind) == (name, "folder")
        assert [file.path for file in detail.files] == names_of(named)
        assert all(path.startswith(".taken/churn/v") for path in shelf.lying())
        assert set(shelf.states().values()) == {"taken"}
        assert (shelf.sweep(60).taken, shelf.sweep().waiting) == ((), ())

    @pytest.mark.parametrize(
        ("named", "files"),
        [
            (ONNX, ["model.onnx", "model.onnx.data"]),
            (ONNX, ["model.onnx.data", "model.onnx"]),
            (OPENVINO, ["model.xml", "model.bin"]),
            (SHARDED, names_of(SHARDED)[::-1]),
            (PARTS, names_of(PARTS)),
            (PARTS, names_of(PARTS)[::-1]),
        ],
    )
    def test_none_of_them_is_taken_before_all_are_there(
        self, shelf: Shelf, telling: Telling, named: Named, files: list[str]
    ) -> None:
        """Where the first ones can tell that there are others, whichever comes first."""
        telling(named)
        for number, each in enumerate(files):
            assert shelf.settle(600).taken == ()
            shelf.drop(f"churn/{each}", weights(number))
        assert [s.reference for s in shelf.settle().taken] == ["churn:v1"]
        assert len(shelf.registry.versions.detail("churn:v1").files) == len(files)

    def test_what_is_missing_is_said_and_called_incomplete_in_the_end(
        self, shelf: Shelf, telling: Telling
    ) -> None:
        """After ten minutes; when it comes after all, nobody has to do anything."""
        telling(ONNX)
        shelf.drop("churn/model.onnx")
        (waiting,) = shelf.settle().waiting
        assert waiting.reason == "its index names model.onnx.data, which is not there"
        (waiting,) = shelf.sweep(600).waiting
        assert waiting.reason == "incomplete: its index names model.onnx.data, which is not there"
        shelf.drop("churn/model.onnx.data", b"tensors")
        assert shelf.settle().taken

    def test_tensors_wait_for_a_model_that_is_still_being_written(
        self, shelf: Shelf, telling: Telling
    ) -> None:
        """Only the model can say whether they are its own."""
        telling({})
        shelf.drop("churn/model.bin", b"weights")
        shelf.sweep()
        shelf.clock.wait(5)
        shelf.drop("churn/model.xml", "<net>")
        waiting = {Path(s.path).name: s.reason for s in shelf.sweep().waiting}
        assert waiting["model.bin"] == "model.xml may name it and is not finished"
        telling(OPENVINO)
        shelf.drop("churn/model.xml", "<net></net>")
        assert shelf.sweep().waiting
        assert len(shelf.sweep(3).taken) == 1

    def test_a_member_that_still_changes_holds_all_of_them(
        self, shelf: Shelf, telling: Telling
    ) -> None:
        """The model lies still, its tensors are being written."""
        telling(ONNX)
        shelf.drop("churn/model.onnx")
        for size in range(1, 4):
            shelf.drop("churn/model.onnx.data", b"x" * size)
            assert not shelf.sweep(3).taken
        reasons = {Path(s.path).name: s.reason for s in shelf.sweep(1).waiting}
        assert reasons["model.onnx"] == "model.onnx.data, which belongs to it, is not finished"
        assert len(shelf.sweep(3).taken) == 1

    def test_a_member_in_a_folder_beside_it_belongs_to_it(
        self, shelf: Shelf, telling: Telling
    ) -> None:
        """It keeps its place in the artifact and when it is put away."""
        telling({"model.onnx": ("data/w.bin",)})
        shelf.drop("churn/model.onnx")
        shelf.drop("churn/data/w.bin", b"w")
        assert [s.reference for s in shelf.settle().taken] == ["churn:v1"]
        files = [file.path for file in shelf.registry.versions.detail("churn:v1").files]
        assert files == ["data/w.bin", "model.onnx"]
        assert shelf.lying() == {".taken/churn/v1/data/w.bin", ".taken/churn/v1/model.onnx"}

    def test_copies_that_stay_are_taken_once_and_again_when_a_member_changes(
        self, tmp_path: Path, telling: Telling
    ) -> None:
        """Other tensors make another artifact, though the model is the same file."""
        telling(ONNX)
        shelf = Shelf(tmp_path / "r", '[[drop_folders]]\npath = "inbox"\nkeep = "copy"\n')
        shelf.drop("churn/model.onnx")
        shelf.drop("churn/model.onnx.data", b"tensors")
        assert shelf.settle().taken
        assert shelf.settle().taken == ()
        shelf.drop("churn/model.onnx.data", b"others")
        assert [s.reference for s in shelf.settle().taken] == ["churn:v2"]
        assert shelf.settle().taken == ()
        shelf.registry.close()

    def test_registering_the_model_takes_them_too(self, shelf: Shelf, telling: Telling) -> None:
        """The same content through either door."""
        telling(ONNX)
        shelf.drop("elsewhere/model.onnx", weights())
        tensors = shelf.drop("elsewhere/model.onnx.data", b"tensors")
        made = shelf.registry.versions.register("churn", tensors.with_name("model.onnx"))
        assert (made.version.name, made.version.kind) == ("model", "folder")
        shelf.drop("churn/model.onnx", weights())
        shelf.drop("churn/model.onnx.data", b"tensors")
        assert "churn:v1" in {s.reference for s in shelf.settle().same}

    def test_what_is_named_and_no_file_is_missing(self, shelf: Shelf, telling: Telling) -> None:
        """A link is not followed, wherever it leads."""
        telling(ONNX)
        shelf.drop("churn/model.onnx")
        (shelf.inbox / "churn/model.onnx.data").symlink_to("/etc/passwd")
        assert "which is not there" in shelf.settle().waiting[0].reason


class TestFolders:
    def test_a_folder_waits_for_what_its_index_names(self, shelf: Shelf) -> None:
        """And is taken by itself when it comes."""
        saved, data = FIXTURES / "saved", "variables/variables.data-00000-of-00001"
        shutil.copytree(saved, shelf.inbox / "churn" / "saved")
        (shelf.inbox / "churn" / "saved" / data).unlink()
        (waiting,) = shelf.settle().waiting
        assert waiting.reason == f"its index names {data}, which is not there"
        assert shelf.sweep(600).waiting[0].reason.startswith("incomplete: ")
        shutil.copy(saved / data, shelf.inbox / "churn" / "saved" / data)
        assert [s.reference for s in shelf.settle().taken] == ["churn:v1"]

    def test_an_exported_model_waits_for_its_tensors(self, shelf: Shelf) -> None:
        """What a real ONNX file says, without anybody who helps it."""
        for name in ("model.onnx", "weights.bin"):
            assert not shelf.settle().taken
            shelf.drop(f"churn/{name}", (FIXTURES / "outside" / name).read_bytes())
        assert [s.path for s in shelf.settle().taken] == ["inbox/churn/model.onnx"]
        detail = shelf.registry.versions.detail("churn:v1")
        assert (detail.version.format, len(detail.files)) == ("onnx", 2)

    @pytest.mark.parametrize(
        "names",
        [
            ("meta.json", "config.cfg", "vocab/strings.json"),
            ("adapter_config.json", "adapter_model.safetensors"),
            ("model.safetensors.index.json", "model-00001-of-00001.safetensors"),
            ("model.xml", "model.bin"),
            ("model.onnx", "model.onnx_data"),
            ("model_index.json", "unet/config.json"),
        ],
    )
    def test_a_folder_with_an_index_is_one_artifact(
        self, shelf: Shelf, names: tuple[str, ...]
    ) -> None:
        """In the folder of its model, whatever it is called."""
        for name in names:
            shelf.drop(f"churn/run-7/{name}", name)
        report = shelf.settle()
        assert [s.path for s in (*report.taken, *report.refused)] == ["inbox/churn/run-7"]

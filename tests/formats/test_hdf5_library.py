"""What is read from HDF5 files is what the HDF5 library itself reads from them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from modelshelf.formats.hdf5.survey import survey
from modelshelf.formats.hdf5.tree import Tree
from modelshelf.formats.reading import Reader
from modelshelf.formats.source import Source
from tests.formats.builders import FIXTURES

h5py: Any = pytest.importorskip("h5py", reason="compares with the HDF5 library, which is optional")
np: Any = pytest.importorskip("numpy", reason="h5py needs it")

VERSIONS = ("earliest", "v108", "v110", "latest")
TYPES = ("f2", "f4", "f8", "i1", "u2", "<i4", ">i4", ">f4", "i8", "u8", "c8", "c16", "?")


def write(path: Path, version: str) -> None:
    """Write a file with many groups, links, attributes and datasets of all kinds."""
    bounds = version if version in {"earliest", "latest"} else (version, version)
    random = np.random.default_rng(0)
    with h5py.File(path, "w", libver=bounds) as file:
        for kind in TYPES:
            file[f"types/{kind.replace('>', 'big')}"] = random.integers(0, 2, (3, 4)).astype(kind)
        for number in range(700):
            file[f"many/d{number:04}"] = np.arange(3, dtype="f4")
        for number in range(300):
            file["types"].attrs[f"a{number}"] = number * 1.5
        file.attrs["long"] = "x" * 300_000
        file.attrs["words"] = ["a", "bb", "ccc"]
        file.create_dataset("chunks", data=random.random((99, 9)), chunks=(10, 9), compression=4)
        file["named"] = np.dtype("f4")
        file.create_dataset("uses", data=[1, 2], dtype=file["named"])
        deep = file
        for number in range(40):
            deep = deep.create_group(f"g{number}", track_order=bool(number % 2))


def compare(path: Path) -> None:
    """Compare every object of a file, and the bytes of every plain dataset."""
    data = path.read_bytes()
    with Reader.of(Source.from_path(path).only) as reader, h5py.File(path) as file:
        found = survey(reader, "m.h5")
        assert not found.findings
        names = {file[name].id.__hash__(): name for name in found.datasets}
        seen: set[str] = set()

        def visit(name: str, item: Any) -> None:  # noqa: ANN401 - whatever h5py has
            if not isinstance(item, h5py.Dataset):
                return
            ours = found.datasets[names.get(item.id.__hash__(), name)]
            seen.add(name)
            assert ours.shape == item.shape
            if item.dtype.kind in "iufcb":
                assert ours.dtype == str(item.dtype.newbyteorder("="))
            if ours.start >= 0 and ours.length:
                assert data[ours.start : ours.start + ours.length] == item[()].tobytes()

        file.visititems(visit)
        assert len(seen) == len(found.datasets)
        assert found.root.keys() == file.attrs.keys()
        for item in Tree(reader).items():
            theirs = file[item.path or "/"].attrs
            assert {each.name for each in item.attributes} == set(theirs)


@pytest.mark.parametrize("version", VERSIONS)
def test_all_objects_are_as_the_library_reads_them(tmp_path: Path, version: str) -> None:
    """In every version of the format."""
    write(tmp_path / "m.h5", version)
    compare(tmp_path / "m.h5")


@pytest.mark.parametrize("name", ["earliest.h5", "latest.h5", "dense.h5", "dense.weights.h5"])
def test_committed_files_are_as_the_library_reads_them(name: str) -> None:
    """The files that the other tests read."""
    compare(FIXTURES / name)

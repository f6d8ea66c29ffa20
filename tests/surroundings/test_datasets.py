"""From paths, addresses and names to data sets: nothing fetched, everything hostile refused."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path

import numpy as np
import pytest

from modelshelf.artifacts import BlobStore, ingest
from modelshelf.domain.errors import Invalid, ModelshelfError, NotFound
from modelshelf.domain.provenance import Dataset
from modelshelf.domain.provenance.checking import check_details
from modelshelf.surroundings import described
from modelshelf.surroundings.datasets import describe
from modelshelf.surroundings.digesting import count_rows, digest_of
from tests.surroundings.work_trees import put


def sha256(data: bytes) -> str:
    """Return the digest of some bytes."""
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def test_a_file_is_digested_counted_and_placed(tmp_path: Path) -> None:
    """Digest, rows, address and the path relative to where the code runs."""
    data = b"id,name\n1,a\n2,b\n"
    file = put(tmp_path / "data" / "my customers.csv", data)
    told = describe("data/my customers.csv", "train", folder=tmp_path)
    assert told == Dataset(
        "my customers",
        "train",  # type: ignore[arg-type]
        digest=sha256(data),
        rows=2,
        uri=file.as_uri(),
        path="data/my customers.csv",
    )
    (checked,) = check_details(datasets=[told]).datasets
    assert (checked.role, checked.split) == ("trained_on", "train")


def test_a_file_elsewhere_has_no_path(tmp_path: Path) -> None:
    """Only what lies in the working folder can be put there again."""
    file = put(tmp_path / "data" / "a.csv", "x\n")
    (tmp_path / "work").mkdir()
    for given in (str(file), "../data/a.csv"):
        assert describe(given, folder=tmp_path / "work").path is None


def test_a_folder_has_the_digest_it_would_have_as_an_artifact(tmp_path: Path) -> None:
    """The manifest is the same whoever computes it, and so is what it leaves out."""
    folder = tmp_path / "images"
    for name in ("a.png", "sub/b.png", ".hidden", ".DS_Store", "__pycache__/x", "_SUCCESS", "ü/x"):
        put(folder / name, name)
    store = BlobStore(tmp_path / "blobs")
    store.prepare()
    stored = ingest(folder, store)
    assert digest_of(folder) == f"sha256:{stored.digest}"
    told = describe("images", folder=tmp_path)
    assert (told.name, told.digest, told.rows) == ("images", f"sha256:{stored.digest}", None)


def test_a_folder_with_a_link_is_refused(tmp_path: Path) -> None:
    """What a link points to is not part of the data."""
    put(tmp_path / "data" / "a.csv", "x")
    (tmp_path / "data" / "b.csv").symlink_to("/etc/passwd")
    with pytest.raises(Invalid, match="link or device"):
        describe("data", folder=tmp_path)
    (tmp_path / "empty").mkdir()
    with pytest.raises(Invalid, match="holds no files"):
        describe("empty", folder=tmp_path)


def test_a_pipe_is_no_data(tmp_path: Path) -> None:
    """What would wait for a writer is refused at once."""
    os.mkfifo(tmp_path / "data.csv")
    with pytest.raises(Invalid, match="neither file nor folder"):
        describe("data.csv", folder=tmp_path)


@pytest.mark.parametrize(
    ("name", "data", "rows"),
    [
        ("a.csv", b'x,y\n1,"two\nlines"\n\n3,4\n', 2),
        ("a.csv", b"\xef\xbb\xbfx\r\n1\r\n2\r\n", 2),
        ("a.tsv", b"x\ty\n1\t2\n", 1),
        ("a.csv", b"", None),
        ("a.csv", b"\xff\xfe\n\xff\n", 1),
        ("a.csv", b"x\n" + b"y" * 200_000, None),
        ("a.jsonl", b'{"a": 1}\n\n{"a": 2}', 2),
        ("a.bin", b"x\ny\n", None),
        ("a.npy", b"\x93NUMPY\x01\x00\xff\xff{", None),
        ("a.npy", b"\x93NUMPY\x02\x00\xff\xff\xff\xff{", None),
        ("a.npy", b"\x93NUMPY\x01\x00\x10\x00{'shape': (-1,)}\n", None),
        ("a.npy", b"\x93NUMPY\x01\x00\x0e\x00__import__('o'", None),
        ("a.npy", b"no array", None),
    ],
)
def test_rows_are_counted_where_that_is_easy(
    tmp_path: Path, name: str, data: bytes, rows: int | None
) -> None:
    """Records without the head, lines with something in them; broken files have no count."""
    assert count_rows(put(tmp_path / name, data)) == rows


def test_rows_of_an_array_are_its_first_length(tmp_path: Path) -> None:
    """NumPy's own files are read as NumPy writes them."""
    np.save(tmp_path / "a.npy", np.zeros((7, 3)))
    np.save(tmp_path / "b.npy", np.float64(1))
    assert (count_rows(tmp_path / "a.npy"), count_rows(tmp_path / "b.npy")) == (7, None)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("customers", Dataset("customers")),
        ("customers@4", Dataset("customers", version="4")),
        (f"eu:c@4=sha256:{'a' * 64}", Dataset("eu:c", version="4", digest="sha256:" + "a" * 64)),
        (
            "lakefs://repo/main/raw/c.parquet",
            Dataset("repo/raw/c.parquet", version="main", uri="lakefs://repo/main/raw/c.parquet"),
        ),
        ("hf:org/data@abc", Dataset("org/data", version="abc", uri="hf:org/data@abc")),
        ("hf:datasets/org/data", Dataset("org/data", uri="hf:datasets/org/data")),
        ("s3://bucket/a/c.csv", Dataset("c", uri="s3://bucket/a/c.csv")),
        (
            "https://ana:pw@example.org/d/c.csv?sig=secret",
            Dataset("c", uri="https://example.org/d/c.csv"),
        ),
        ("dvc:md5:abc", Dataset("dvc:md5:abc", uri="dvc:md5:abc")),
    ],
)
def test_text_is_understood_and_nothing_fetched(tmp_path: Path, text: str, told: Dataset) -> None:
    """Names, versions and addresses are read out of what somebody wrote."""
    assert describe(text, folder=tmp_path) == told


@pytest.mark.parametrize("text", ["data/x.csv", "./x", "/no/such", "~/no-such", "x.parquet"])
def test_a_path_to_nothing_is_not_taken_for_a_name(tmp_path: Path, text: str) -> None:
    """A slip of the keyboard is no data set."""
    with pytest.raises(NotFound, match="no data set at"):
        describe(text, folder=tmp_path)


@pytest.mark.parametrize("text", ["", "  ", "a\0b.csv", "x" * 5_000])
def test_odd_text_is_a_sentence(tmp_path: Path, text: str) -> None:
    """What can be neither a path nor a name is refused, here or where it is recorded."""
    with pytest.raises(ModelshelfError):
        check_details(datasets=[describe(text, folder=tmp_path)])


CROISSANT = {
    "@context": {"@vocab": "https://schema.org/"},
    "@type": "sc:Dataset",
    "conformsTo": "http://mlcommons.org/croissant/1.0",
    "name": "Titanic",
    "version": "1.2.0",
    "license": ["https://creativecommons.org/licenses/by/4.0/"],
    "url": "https://example.org/titanic",
    "distribution": [
        {"@type": "cr:FileObject", "contentUrl": "https://u:p@x.org/t.csv", "sha256": "A" * 64}
    ],
}


def croissant(folder: Path, **changes: object) -> Path:
    """Write a description, with some of it changed."""
    tree = {key: value for key, value in {**CROISSANT, **changes}.items() if value is not None}
    return put(folder / "croissant.json", json.dumps(tree))


def test_croissant_is_read(tmp_path: Path) -> None:
    """Name, version, licence, address and the digest of its only file."""
    told = describe("croissant.json", "test", folder=croissant(tmp_path).parent)
    assert told == Dataset(
        "Titanic",
        "test",  # type: ignore[arg-type]
        version="1.2.0",
        digest="sha256:" + "a" * 64,
        uri="https://example.org/titanic",
        license="https://creativecommons.org/licenses/by/4.0/",
        path="croissant.json",
    )


def test_croissant_of_several_files_has_no_one_digest(tmp_path: Path) -> None:
    """Without an address of its own, the first file's stands for it, without its password."""
    (one,) = CROISSANT["distribution"]
    croissant(tmp_path, distribution=[one, one], url=None, version=1.5, license={"name": "MIT"})
    told = describe("croissant.json", folder=tmp_path)
    assert (told.digest, told.uri, told.version, told.license) == (
        None, "https://x.org/t.csv", "1.5", "MIT",
    )  # fmt: skip


def test_json_that_is_no_croissant_is_data(tmp_path: Path) -> None:
    """Any other JSON, and bytes that only look like it, are hashed like every file."""
    for data in (b'{"name": "x"}', b"\xff\xfe", b'["mlcommons.org/croissant"]'):
        put(tmp_path / "x.json", data)
        assert describe("x.json", folder=tmp_path).digest == sha256(data)


@pytest.mark.parametrize(
    "text",
    [
        '{"conformsTo": "mlcommons.org/croissant", "name": ',
        '{"conformsTo": "mlcommons.org/croissant"}',
        '{"conformsTo": "mlcommons.org/croissant", "name": 7}',
        '{"conformsTo": "mlcommons.org/croissant", "name": "a", "name": "b"}',
        "mlcommons.org/croissant" + "[" * 100_000,
        "mlcommons.org/croissant" + "{" * 250_000,
        '"mlcommons.org/croissant \xff"'.encode("latin-1"),
    ],
)
def test_a_broken_croissant_is_a_sentence(tmp_path: Path, text: str | bytes) -> None:
    """What says that it is one and cannot be read is refused."""
    put(tmp_path / "c.json", text)
    with pytest.raises(Invalid, match="describe"):
        describe("c.json", folder=tmp_path)


def test_hostile_values_in_croissant_are_left_out(tmp_path: Path) -> None:
    """Fields of other kinds than expected say nothing."""
    croissant(tmp_path, distribution="x", license=[[]], version=[1], url={"a": 1})
    told = describe("croissant.json", folder=tmp_path)
    assert told == Dataset("Titanic", path="croissant.json")


DVC = "outs:\n- md5: 0123456789abcdef\n  size: 4\n  hash: md5\n  path: c.csv\n"


def test_a_dvc_file_names_its_data(tmp_path: Path) -> None:
    """Address and version are DVC's; the digest is ours, where the data is at hand."""
    put(tmp_path / "data" / "c.csv.dvc", DVC)
    notes: list[str] = []
    told = describe("data/c.csv.dvc", folder=tmp_path, note=notes.append)
    expected = Dataset(
        "c", version="0123456789abcdef", uri="dvc:md5:0123456789abcdef", path="data/c.csv"
    )
    assert told == expected
    assert "no digest" in notes[0]
    put(tmp_path / "data" / "c.csv", "x\n1\n")
    here = describe("data/c.csv.dvc", folder=tmp_path)
    assert (here.digest, here.rows, here.uri) == (sha256(b"x\n1\n"), 1, expected.uri)


def test_a_dvc_file_reaches_no_file_elsewhere(tmp_path: Path) -> None:
    """A path that leaves the folder is told as text and not read."""
    put(tmp_path / "secret.csv", "x\n")
    put(tmp_path / "data" / "c.dvc", DVC.replace("c.csv", "../secret.csv"))
    assert describe("data/c.dvc", folder=tmp_path).digest is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "outs: []\n",
        "outs: [{path: a}, {path: b}]\n",
        "outs: [1]\n",
        "outs:\n- md5: x\n",
        "a: &a [x]\nouts: [*a]\n",
        "outs: !!python/object/apply:os.system ['touch sprung']\n",
        "[" * 5_000,
        "outs: [{path: a}]\n" + "#" * described.DVC_MOST,
        b"\xff\xfe\0",
        "\x00",
    ],
)
def test_a_hostile_dvc_file_is_a_sentence(
    tmp_path: Path, text: str | bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Aliases, objects, depth, length and everything that is not one output are refused."""
    monkeypatch.chdir(tmp_path)
    put(tmp_path / "x.dvc", text)
    with pytest.raises(Invalid):
        describe("x.dvc", folder=tmp_path)
    assert not (tmp_path / "sprung").exists()

"""Exports made to deceive whoever checks them with the programs of docs/audit.md."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from modelshelf.catalog.audit import seal_of
from modelshelf.registry import Registry
from modelshelf.registry.exporting import FIELDS, Form
from tests.furnished import furnished
from tests.registry.exported import FORMS, out, run, sealed, written


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    """Furnish a registry that is only read."""
    with furnished(tmp_path_factory.mktemp("story")) as registry:
        yield registry


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Write the programs of docs/audit.md to files."""
    return written(tmp_path_factory.mktemp("programs"))


@pytest.mark.parametrize("form", FORMS)
def test_a_number_written_otherwise_evades_no_checkpoint(
    shelf: Registry, tmp_path: Path, programs: dict[str, Path], form: Form
) -> None:
    """A log that is written anew from a checkpoint on, its later ones dodged by 016 for 16."""
    kept = tmp_path / "kept"
    kept.write_bytes((shelf.path / "checkpoints.log").read_bytes())
    numbers = [int(line.split()[2]) for line in kept.read_text("utf-8").splitlines()]
    rows: list[list[Any]] = []
    for row in sealed(shelf):
        found: list[Any] = list(row)
        if found[0] > numbers[0]:
            dodged = found[0] in numbers
            found[0] = f"0{found[0]}" if dodged else found[0]
            found[4], found[6] = "forged", rows[-1][7]
            found[7] = seal_of(*found[:7])
        rows.append(found)
    file = tmp_path / f"log.{form}"
    if form == "csv":
        with file.open("w", encoding="utf-8", newline="") as stream:
            csv.writer(stream).writerows([FIELDS, *rows])
    else:
        head = {"last": int(rows[-1][0]), "seal": rows[-1][7]}
        lines = [json.dumps(dict(zip(FIELDS, row, strict=True))) for row in rows]
        file.write_text("\n".join([json.dumps(head), *lines]), "utf-8")
    code, said, wrong = run(programs["check"], file, kept)
    assert (code, said) == (1, "")
    assert "is not as it was sealed" in wrong


@pytest.mark.parametrize(
    ("form", "old", "new"),
    [
        ("jsonl", b'{"seq":9,', b'{"approved":true,"seq":9,'),
        ("jsonl", b'{"seq":9,', b'{"actor":"eve","seq":9,'),
        ("jsonl", b'{"seq":9,', b'{"seq":8,"seq":9,'),
        ("jsonl", b'{"seq":9,', b'{"seq":"\\u001b[2Jwhole",'),
        ("jsonl", b'"last":', b'"last":"\\u001b[2Jwhole","lost":'),
        ("csv", b"prev,seal\r\n", b"prev,seal,actor\r\n"),
        ("csv", b"seq,at_us", b"at_us,seq"),
        ("csv", b"seq,at_us", b"\xef\xbb\xbfseq,at_us"),
    ],
)
def test_what_was_not_sealed_is_not_vouched_for(
    shelf: Registry,
    tmp_path: Path,
    programs: dict[str, Path],
    form: Form,
    old: bytes,
    new: bytes,
) -> None:
    """Fields too many, doubled or moved are named, and nothing is said to a terminal."""
    file = out(shelf, tmp_path, form)
    text = file.read_bytes()
    assert old in text
    file.write_bytes(text.replace(old, new, 1))
    code, said, wrong = run(programs["check"], file)
    assert (code, said) == (1, "")
    assert "\x1b" not in wrong

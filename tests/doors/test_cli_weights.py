"""The same weights at the command line: shown, offered as lineage, and taken up."""

from __future__ import annotations

import json
import struct
from pathlib import Path

from tests.doors.calls import Shell


def write(file: Path, name: str, last: int = 0) -> Path:
    """Write a safetensors file of two tensors, the first of them called ``name``."""
    header = {
        name: {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]},
        "bias": {"dtype": "F32", "shape": [1], "data_offsets": [8, 12]},
    }
    text = json.dumps(header).encode()
    data = bytes(range(11)) + bytes([last])
    file.write_bytes(struct.pack("<Q", len(text)) + text + data)
    return file


def test_the_same_weights_are_offered_until_a_base_is_recorded(
    shell: Shell, tmp_path: Path
) -> None:
    """`show` names the other version and the command that takes it up; then it offers no more."""
    shell.json("register", "a", write(tmp_path / "a.safetensors", "weight"))
    shell.json("register", "b", write(tmp_path / "b.safetensors", "model.weight"))
    done = shell("show", "b:v1")
    assert "same weights as  a:v1 (exact)\n" in done.stdout
    assert "modelshelf amend b:v1 --base a:v1" in done.stderr
    assert "Same weights as a:v1 (exact)." in shell("lineage", "b:v1").stderr
    (found,) = shell.json("show", "b:v1")["same_weights"]
    assert (found["reference"], found["share"], found["exact"]) == ("a:v1", 1.0, True)
    assert shell.json("lineage", "b:v1")["same_weights"] == [found]
    assert "--base" not in shell("show", "a:v1").stderr, "it was there before the other"
    shell.json("amend", "b:v1", "--base", "a:v1")
    assert "--base" not in shell("show", "b:v1").stderr + shell("lineage", "b:v1").stderr


def test_tensors_are_listed(shell: Shell, tmp_path: Path) -> None:
    """`show --tensors` has name, type, shape and the beginning of the digest of each."""
    shell.json("register", "a", write(tmp_path / "a.safetensors", "we\x1b[31might"))
    lines = shell("show", "a:v1", "--tensors").stdout.splitlines()
    assert [line.split()[-3:-1] for line in lines[1:]] == [["float32", "2"], ["float32", "1"]]
    assert "\x1b" not in "".join(lines)
    assert shell.json("show", "a:v1", "--tensors")["weights"]["count"] == 2


def test_a_model_without_tensors_says_so(shell: Shell, tmp_path: Path) -> None:
    """Nothing is listed, and one line says why."""
    file = tmp_path / "m.pmml"
    file.write_text('<PMML version="4.4"><Header/></PMML>', "utf-8")
    shell.json("register", "a", file)
    done = shell("show", "a:v1", "--tensors")
    assert (done.stdout, done.stderr) == ("", "No tensors are known of a:v1.\n")
    assert shell.json("show", "a:v1")["same_weights"] == []

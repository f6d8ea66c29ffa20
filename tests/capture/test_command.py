"""The words of the command: found behind Python's own options, and made fit for another place."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

import modelshelf
from modelshelf.capture.command import command_words, with_out
from modelshelf.capture.said import Said

ROOT = Path("/proj")


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("py /proj/src/train.py --lr 0.1", "python src/train.py --lr 0.1"),
        ("py -u -X dev -W ignore -O /proj/train.py", "python -u -X dev -W ignore -O train.py"),
        ("py -m pkg.train --data=/proj/data/x.csv", "python -m pkg.train --data=data/x.csv"),
        ("py /proj/train.py /elsewhere/x --y=/other", "python train.py /elsewhere/x --y=/other"),
        ("py /proj/train.py /proj", "python train.py ."),
        ("py /proj/train.py -m /proj/../proj/a", "python train.py -m a"),
        ("py -c code", ""),
        ("py -u -c code", ""),
        ("py - x", ""),
        ("py", ""),
        ("py --token", ""),
        (f"py {sys.prefix}/bin/fit --x", "fit --x"),
        ("py /proj/t.py --token a --hf-token=b", "python t.py --token *** --hf-token=***"),
        ("py /proj/t.py -api_key c --key d", "python t.py -api_key *** --key d"),
        ("py /proj/t.py --max-tokens 9 --tokenizer x", "python t.py --max-tokens 9 --tokenizer x"),
        ("py /proj/t.py --pad_token [P]", "python t.py --pad_token [P]"),
        ("py /proj/t.py --tokens", "python t.py --tokens"),
        ("py /proj/t.py hub.token=a api_key=b lr=1", "python t.py hub.token=*** api_key=*** lr=1"),
        ("py /proj/t.py --accessToken a token", "python t.py --accessToken *** token"),
        ("py /proj/t.py --db=pg://ana:pw@h/x", "python t.py --db=pg://***@h/x"),
        ("py /proj/t.py https://tok@h/x ssh://git@h/x", "python t.py https://***@h/x ssh://git@h/x"),
        (f"py /proj/t.py ghp_{'a' * 36} sk-learn", "python t.py *** sk-learn"),
        (f"py /proj/t.py --hub hf_{'a' * 34}", "python t.py --hub ***"),
    ],
)  # fmt: skip
def test_words_of_a_command_line(given: str, words: str) -> None:
    """Interpreter options stay, paths become relative, secrets go, typed-in code has no words."""
    found = command_words(given.split(), ROOT, ROOT, lambda _note: None)
    assert found == tuple(words.split())


def test_what_is_not_kept_is_told() -> None:
    """The option is named, its value is not."""
    notes: list[str] = []
    command_words(["py", "/proj/t.py", "--password", "hunter2"], ROOT, ROOT, notes.append)
    assert notes == ["The value of --password is not kept with the command."]


@pytest.mark.parametrize(
    ("word", "changed"),
    [
        ("out/m.onnx", "{out}/m.onnx"),
        ("./out/m.onnx", "{out}/m.onnx"),
        ("/proj/out/m.onnx", "{out}/m.onnx"),
        ("--out=out/m.onnx", "--out={out}/m.onnx"),
        ("out", "{out}"),
        ("out/", "{out}"),
        ("--dir=out", "--dir={out}"),
        ("out/other", "out/other"),
        ("output", "output"),
        (".", "."),
        ("/proj", "/proj"),
        ("", ""),
        ("--out=", "--out="),
    ],
)
def test_the_place_of_the_artifact_becomes_out(word: str, changed: str) -> None:
    """Its own path and the folder above it, and no other word."""
    found = with_out(("python", word), ROOT / "out" / "m.onnx", ROOT, ROOT)
    assert found == ("python", changed)


@pytest.mark.parametrize("artifact", ["/proj/m.onnx", "/m.onnx"])
def test_a_folder_of_the_code_is_never_out(artifact: str) -> None:
    """An artifact beside the code does not turn the code's folder into an output."""
    words = ("python", ".", "/proj", "/", "..")
    assert with_out(words, Path(artifact), ROOT, ROOT) == words


def test_parameters_that_are_secrets_are_not_kept() -> None:
    """The whole of a command line is often handed over as parameters."""
    notes: list[str] = []
    said = Said(notes.append)
    given = {
        "hf_token": "a",
        "db": "pg://ana:pw@h/x",
        "n": {"api_key": "b"},
        "x": "ghp_" + "a" * 36,
    }
    for name, value in (given | {"max_tokens": 9, "token": None, "lr": 0.1}).items():
        said.param(name, value)
    assert said.params == {
        "hf_token": "***", "db": "pg://***@h/x", "n.api_key": "***", "x": "***",
        "max_tokens": "9", "token": "null", "lr": "0.1",
    }  # fmt: skip
    assert len(notes) == 4


@pytest.mark.parametrize(
    "given",
    [
        "pg://ana:pw9@h/db", "dvc:https://ana:pw9@h/x", "x::https://ana:pw9@h/x",
        "https://[bad:pw9@x/y", "/none/https://ana:pw9@h", "s3://b/k?sign=pw9",
    ],
)  # fmt: skip
@pytest.mark.parametrize("role", ["train", "bogus"])
def test_no_login_of_a_data_set_is_kept_or_told(given: str, role: str) -> None:
    """Neither in what is recorded nor in a note about it."""
    run = modelshelf.capture("/no/registry")
    with run:
        run.dataset(given, role)
    assert "pw9" not in f"{run._said.datasets}{run.notes}"

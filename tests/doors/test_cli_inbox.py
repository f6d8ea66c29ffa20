"""The command `inbox`: what was dropped, and what is decided about it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.doors.calls import Shell

HASTY = '[[drop_folders]]\npath = "inbox"\nsettle = 0.02\n'
BAD = b"cos\nsystem\n(S'true'\ntR."
LINE = {"path", "state", "reason", "reference", "at", "id", "model", "done", "size"}
KEPT = {
    "reference", "number", "state", "path", "place", "kind", "size", "digest", "model", "rule",
    "reason", "owner", "inspection", "at", "actor", "closed_at", "closed_by", "closed_reason",
    "version",
}  # fmt: skip


@pytest.fixture
def bad(shell: Shell, model: Path) -> Shell:
    """Drop a good and a bad file, and let the inbox be looked into."""
    (shell.registry / "modelshelf.toml").write_text(HASTY, "utf-8")
    folder = shell.registry / "inbox" / "churn"
    folder.mkdir(parents=True)
    (folder / "ok.safetensors").write_bytes(model.read_bytes())
    (folder / "m.pkl").write_bytes(BAD)
    done = shell("watch", "--once")
    assert done.code == 5
    assert "modelshelf inbox --state refused" in done.stderr
    return shell


def line_of(shell: Shell, state: str) -> str:
    """Return the number of the one line of a state."""
    (found,) = shell.json("inbox", "--state", state)["lines"]
    return str(found["id"])


def test_it_lists_what_was_dropped(bad: Shell) -> None:
    """A line for each with its number; how many of each state is narration."""
    done = bad("inbox")
    assert done.code == 0
    assert "quarantine:1" in done.stdout
    assert "churn:v1" in done.stdout
    assert done.stderr == "1 taken, 1 refused; 1 held in quarantine\n"
    answer = bad.json("inbox")
    assert {frozenset(found) for found in answer["lines"]} == {frozenset(LINE)}
    assert answer["counts"]["quarantined"] == 1
    assert len(bad.json("inbox", "-n", "1")["lines"]) == 1


def test_an_empty_one_says_so(shell: Shell) -> None:
    """On stderr; stdout stays empty."""
    done = shell("inbox")
    assert (done.code, done.stdout, done.stderr) == (0, "", "Nothing was dropped yet.\n")
    done = shell("inbox", "quarantine")
    assert (done.stdout, done.stderr) == ("", "Nothing is held in quarantine.\n")


def test_it_lists_the_quarantine(bad: Shell) -> None:
    """With the rule and the reason of each; also as lines of the ledger."""
    done = bad("inbox", "quarantine")
    assert "pickle.global.dangerous" in done.stdout
    (kept,) = bad.json("inbox", "quarantine")["quarantined"]
    assert set(kept) == KEPT
    (seen,) = bad.json("inbox", "--state", "quarantined")["lines"]
    assert seen["reference"] == kept["reference"] == "quarantine:1"


def test_one_is_shown_with_what_was_found(bad: Shell) -> None:
    """By the number of its line or its own."""
    for which in (line_of(bad, "refused"), "quarantine:1"):
        shown = bad("inbox", "show", which).stdout
        assert "quarantine/000001/m.pkl" in shown
        assert "dangerous pickle.global.dangerous" in shown
    answer = bad.json("inbox", "show", "quarantine:1")
    assert answer["line"] is None
    assert answer["quarantined"]["digest"]
    assert bad.json("inbox", "show", line_of(bad, "taken"))["quarantined"] is None


def test_release_and_discard(bad: Shell) -> None:
    """Each needs a reason, is told, and is final."""
    assert bad("inbox", "release", "quarantine:1").code == 2
    done = bad("inbox", "release", "quarantine:1", "--reason", "ours", "--model", "risk/odd")
    assert (done.code, done.stdout) == (0, "risk/odd:v1\n")
    assert "its verdict stays dangerous" in done.stderr
    again = bad("inbox", "discard", "quarantine:1", "--reason", "x")
    assert again.code == 4
    assert "released already as risk/odd:v1" in again.stderr
    (bad.registry / "inbox/churn/m.pkl").write_bytes(BAD)
    bad("watch", "--once")
    answer = bad.json("inbox", "discard", line_of(bad, "refused"), "--reason", "malware")
    assert answer["quarantined"]["state"] == "discarded"
    assert (bad.registry / answer["quarantined"]["place"]).read_bytes() == BAD


def test_retry_and_point(bad: Shell) -> None:
    """Back to where it lay, and into another model."""
    number = line_of(bad, "refused")
    done = bad("inbox", "retry", number)
    assert (done.code, done.stderr) == (0, "1 line will be looked at again at the next sweep.\n")
    assert (bad.registry / "inbox/churn/m.pkl").read_bytes() == BAD
    answer = bad.json("inbox", "point", number, "other")
    assert answer["lines"][0]["model"] == "other"
    bad("watch", "--once")
    assert bad.json("inbox", "quarantine")["quarantined"][0]["number"] == 1
    assert bad.json("inbox", "release", number, "--reason", "x")["version"]["model"] == "other"


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("show",), 2),
        (("show", "99"), 3),
        (("show", "quarantine:99"), 3),
        (("show", "x"), 2),
        (("retry",), 2),
        (("point", "1"), 2),
        (("release", "1", "2"), 2),
        (("quarantine", "1"), 2),
        (("list", "1"), 2),
        (("--as-of", "1"), 5),
    ],
)
def test_what_cannot_be_done_is_a_sentence(bad: Shell, words: tuple[str, ...], code: int) -> None:
    """And an exit code."""
    done = bad("inbox", *words)
    assert done.code == code
    assert done.stderr.startswith("modelshelf: ") or "\nmodelshelf: " in done.stderr


def test_the_quarantine_of_the_past(bad: Shell) -> None:
    """Can be looked at; the log is where it is kept."""
    entry = bad.json("verify")["verification"]["head_seq"]
    bad("inbox", "discard", "quarantine:1", "--reason", "x")
    assert bad.json("inbox", "quarantine")["quarantined"] == []
    (then,) = bad.json("inbox", "quarantine", "--as-of", str(entry))["quarantined"]
    assert then["state"] == "held"


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such names")
def test_hostile_names_are_shown_harmlessly(shell: Shell) -> None:
    """In every list."""
    (shell.registry / "modelshelf.toml").write_text(HASTY, "utf-8")
    folder = shell.registry / "inbox" / "churn"
    folder.mkdir(parents=True)
    (folder / "a\n\x1b]0;x\x07\u202eb.pkl").write_bytes(BAD)
    shell("watch", "--once")
    for words in ((), ("quarantine",), ("show", "1"), ("show", "quarantine:1"), ("retry", "1")):
        done = shell("inbox", *words)
        assert done.code == 0
        assert all(line.isprintable() for line in (done.stdout + done.stderr).splitlines())

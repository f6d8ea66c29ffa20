"""`--as`, `consumers`, and who uses a version where it is put away."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.doors.calls import Shell

MakeModelFile = Callable[..., Path]


@pytest.fixture
def stocked(shell: Shell, make_model_file: MakeModelFile) -> Shell:
    """Register two versions; the first holds production, and the service web uses it."""
    for seed in (1, 2):
        shell.json("register", "churn", make_model_file(f"churn-{seed}.safetensors", seed))
    shell.json("promote", "churn:v1", "production", "--reason", "first", "--yes")
    assert shell("resolve", "churn@production", "--as", "web").stderr == ""
    return shell


def test_resolve_and_checkout_say_who_asks(stocked: Shell, tmp_path: Path) -> None:
    """Their answers are what they were; the list tells who asked for what."""
    asked = stocked.json("resolve", "churn@production", "--as", "web")
    assert asked == stocked.json("resolve", "churn@production")
    stocked.json("checkout", "churn:v2", tmp_path / "out", "--as", "nightly job")
    found = stocked.json("consumers")["consumers"]
    assert [(c["name"], c["reference"], c["asked"], c["times"]) for c in found] == [
        ("nightly job", "churn:v2", "churn:v2", 1),
        ("web", "churn:v1", "churn@production", 1),
    ]
    assert stocked.json("consumers", "churn:v1")["consumers"] == found[1:]
    assert stocked.json("consumers", "churn", "-n", "1")["consumers"] == found[:1]
    shown = stocked("consumers").stdout.splitlines()
    assert shown[0].split()[:2] == ["consumer", "version"]
    assert shown[1].startswith("nightly job")


def test_nobody_is_a_sentence(stocked: Shell) -> None:
    """An empty list says how to get on it."""
    done = stocked("consumers", "churn:v2", "--stale", "30d")
    assert done.stdout == ""
    assert done.stderr == (
        "No consumer of these versions is known that was not seen for 30d.\n"
        "A consumer says who it is: modelshelf resolve churn@production --as NAME\n"
    )


def test_of_the_past_nothing_is_known(stocked: Shell) -> None:
    """It says so, and shows none."""
    done = stocked("consumers", "--as-of", "4")
    assert done.stdout == ""
    assert done.stderr.endswith(
        "Who uses what is kept for the present only; of the past nothing is known.\n"
    )
    assert stocked.json("--as-of", "4", "consumers", "churn") == {"consumers": []}
    assert "used by" not in stocked("show", "churn:v1", "--as-of", "4").stdout
    late = stocked("--as-of", "4", "resolve", "churn:v1", "--as", "late")
    assert "warning: no lease was left" in late.stderr
    assert stocked("consumers", "forget", "web", "--as-of", "4").code == 5


def test_show_tells_who_uses_a_version(stocked: Shell) -> None:
    """On a line of its own, and in the JSON."""
    (line,) = [t for t in stocked("show", "churn:v1").stdout.splitlines() if "used by" in t]
    assert line.split(maxsplit=2)[2].startswith("web (seen 2026-03-01 00:00)")
    assert "used by" not in stocked("show", "churn:v2").stdout
    assert [c["name"] for c in stocked.json("show", "churn:v1")["consumers"]] == ["web"]


def test_yank_warns_of_who_uses_it(stocked: Shell) -> None:
    """The word is given all the same: whoever asks again is told."""
    done = stocked("yank", "churn:v1", "--reason", "leak")
    assert done.stdout == "churn:v1\n"
    assert "warning: churn:v1 is used by web (seen 2026-03-01 00:00)\n" in done.stderr
    again = stocked("resolve", "churn:v1", "--as", "web")
    assert "warning: churn:v1 is yanked: leak" in again.stderr
    assert stocked("yank", "churn:v2", "--reason", "leak").stderr == "churn:v2 is yanked.\n"


def test_gc_says_whose_bytes_would_go(stocked: Shell) -> None:
    """In the plan that is shown first."""
    stocked.json("resolve", "churn:v2", "--as", "[/x] \u202ebatch")
    stocked.json("yank", "churn:v2", "--reason", "leak")
    planned = stocked("gc", "--grace-days", "0", "--dry-run")
    assert "in use: churn:v2 is used by [/x] \\u202ebatch (seen 2026-03-01 00:00)" in planned.stdout
    plan = stocked.json("gc", "--grace-days", "0", "--dry-run")["plan"]
    assert [c["reference"] for c in plan["consumers"]] == ["churn:v2"]


def test_unused_versions(stocked: Shell) -> None:
    """With their size, the oldest first."""
    answer = stocked.json("consumers", "unused", "--older-than", "1s", "--models", "ch*")
    assert [u["version"]["number"] for u in answer["unused"]] == [2]
    said = stocked("consumers", "unused", "--older-than", "1s")
    assert said.stderr == "1 version of 94 B that nobody uses.\n"
    assert said.stdout.splitlines()[1].endswith("never")
    capped = stocked("consumers", "unused", "--older-than", "1s", "-n", "1")
    assert "there may be more" in capped.stderr
    assert stocked.json("consumers", "unused") == {"unused": []}


def test_forget(stocked: Shell) -> None:
    """A consumer that is gone leaves the list."""
    done = stocked("consumers", "forget", "web")
    assert (done.stdout, done.stderr) == ("web\n", "web is forgotten, with 1 lease.\n")
    assert stocked("consumers", "forget", "web").code == 3


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("consumers", "a", "b"), 2),
        (("consumers", "forget"), 3),
        (("consumers", "no-such-model"), 3),
        (("consumers", "\x1b[2J"), 2),
        (("consumers", "--stale", "soon"), 2),
        (("consumers", "--stale", "9" * 30 + "d"), 2),
        (("consumers", "unused", "--older-than", "-1d"), 2),
        (("resolve", "churn:v1", "--as", ""), 2),
        (("resolve", "churn:v1", "--as", "a\x1b[2Jb"), 2),
        (("resolve", "churn:v1", "--as", "x" * 10_000), 2),
        (("checkout", "churn:v1", "out", "--as", "\n"), 2),
    ],
)
def test_what_cannot_be_meant(stocked: Shell, words: tuple[str, ...], code: int) -> None:
    """Is a sentence, and drives no terminal."""
    done = stocked(*words)
    assert (done.code, done.stdout) == (code, "")
    assert "\x1b" not in done.stderr
    assert len(done.stderr) < 500

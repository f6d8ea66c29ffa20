"""Every command that looks answers of the past what it answered then, or says why it cannot."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from modelshelf.cli.root import SECTIONS
from modelshelf.registry import create_registry
from tests.doors.calls import Shell
from tests.doors.story import write_model
from tests.furnished import START, ticking

# What is asked, in words after `modelshelf`; the answer of then is asked for again later.
READING: dict[str, tuple[str, ...]] = {
    "list": ("list",),
    "list retired": ("list", "--retired"),
    "list versions": ("list", "churn"),
    "list stage": ("list", "--stage", "production"),
    "show model": ("show", "churn", "--history"),
    "show version": ("show", "churn:v1"),
    "show stage": ("show", "churn@production"),
    "show alias": ("show", "churn@best"),
    "show latest": ("show", "churn:latest"),
    "show card": ("show", "churn:v1", "--card"),
    "show tensors": ("show", "churn:v1", "--tensors"),
    "search": ("search", "metrics.auc>=0.5"),
    "search stage": ("search", "stage:production"),
    "search tag": ("search", "tag.team:risk"),
    "compare": ("compare", "churn@production", "churn@staging"),
    "compare all": ("compare", "churn:v1", "churn:v2", "--all"),
    "lineage": ("lineage", "churn:v2"),
    "impact": ("impact", "churn:v1"),
    "licences": ("licences", "churn:v2"),
    "leaks": ("leaks",),
    "suggestions": ("suggestions",),
    "card": ("card", "churn:v1", "--render"),
    "card history": ("card", "churn:v1", "--history"),
    "reproduce": ("reproduce", "churn:v1"),
    "log": ("log",),
    "log model": ("log", "--model", "churn"),
    "log version": ("log", "--reference", "churn:v1"),
    "log event": ("log", "--event", "stage.*"),
    "log entry": ("log", "3"),
    "resolve": ("resolve", "churn@production"),
    "resolve key": ("resolve", "churn@production", "--key", "u"),
    "alias": ("alias", "churn"),
    "inbox quarantine": ("inbox", "quarantine"),
    "evidence": ("evidence", "churn:v1", "production"),
    "requests": ("request", "list"),
}
# What is no history is not told of the past: the words, how it ends, and what it says.
PRESENT: dict[str, tuple[str, str]] = {
    "verify": ("verify", "looks at the present"),
    "doctor": ("doctor", "looks at the present"),
    "gc": ("gc --dry-run", "looks at the present"),
    "backup": ("backup {out}", "looks at the present"),
    "inbox": ("inbox", "the past has no inbox"),
    "watch": ("watch --once", "the past has no drop folders"),
    "scan": ("scan --dry-run", "the past cannot be changed"),
    "checkpoint": ("checkpoint", "the past cannot be changed"),
    "rebuild": ("rebuild", "the past cannot be changed"),
    "undo": ("undo", "the past cannot be changed"),
    "vouch": ("vouch churn:v1 --reason r", "the past cannot be changed"),
    "register": ("register churn {one}", "the past cannot be changed"),
    "amend": ("amend churn:v1 --metric a=1", "the past cannot be changed"),
    "describe": ("describe churn --owner x", "the past cannot be changed"),
    "rename": ("rename churn other", "the past cannot be changed"),
    "tag": ("tag churn a=b", "the past cannot be changed"),
    "link": ("link churn:v1 trained_on dataset:x", "the past cannot be changed"),
    "unlink": ("unlink churn:v1 trained_on dataset:x --reason r", "the past cannot be changed"),
    "probe": ("probe churn:v1 --probe x", "the past cannot be changed"),
    "archive": ("archive churn:v1 --reason r", "the past cannot be changed"),
    "yank": ("yank churn:v1 --reason r", "the past cannot be changed"),
    "retire": ("retire churn --reason r", "the past cannot be changed"),
    "restore": ("restore churn --reason r", "the past cannot be changed"),
    "promote": ("promote churn:v2 production --reason r --yes", "the past cannot be changed"),
}
# Tested with what they do, or of no registry's past.
ELSEWHERE = {
    "check", "checkout", "completion", "consumers", "demo", "export", "hooks", "init", "policy",
    "ramp", "request", "rollback", "service",
}  # fmt: skip


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> tuple[Shell, str, dict[str, Any]]:
    """Let a story happen, ask everything, and let it go on; return the answers of the middle."""
    folder = tmp_path_factory.mktemp("story")
    create_registry(folder / "registry", actor="ana", clock=ticking()).close()
    ticks = iter(range(60, 1_000_000, 60))
    shell = Shell(folder / "registry", clock=lambda: START + timedelta(seconds=next(ticks)))
    for seed, name in enumerate(("one", "two", "three", "four")):
        write_model(folder / f"{name}.safetensors", seed)
    say = shell.json
    file = {n: str(folder / f"{n}.safetensors") for n in ("one", "two", "three", "four")}
    say("register", "churn", file["one"], "--metric", "auc=0.9", "--tag", "team=risk")
    say("register", "churn", file["two"], "--metric", "auc=0.8", "--base", "churn:v1")
    say("register", "gone", file["three"])
    say("alias", "churn:v1", "best")
    say("promote", "churn:v1", "production", "--reason", "first", "--yes")
    say("promote", "churn:v2", "staging", "--reason", "next", "--yes")
    say("describe", "churn", "--owner", "ana")
    entry = str(say("log", "-n", "1")["entries"][0]["seq"])
    answers = {name: say(*words) for name, words in READING.items()}
    go_on(shell, file["four"])
    return shell, entry, answers


def go_on(shell: Shell, file: str) -> None:
    """Change everything that the answers spoke of."""
    say = shell.json
    say("register", "churn", file, "--metric", "auc=0.99")
    say("promote", "churn:v2", "production", "--reason", "second", "--yes")
    say("promote", "churn:v3", "staging", "--reason", "third", "--yes")
    say("alias", "churn:v3", "best")
    say("amend", "churn:v1", "--metric", "auc=0.1", "--description", "changed")
    say("tag", "churn:v1", "--unset", "team")
    say("describe", "churn", "--owner", "eve", "--description", "new")
    say("retire", "gone", "--reason", "r")
    say("yank", "churn:v1", "--reason", "bad")
    say("rename", "churn", "leavers")


@pytest.mark.parametrize("asked", READING)
def test_the_past_answers_what_it_answered_then(
    told: tuple[Shell, str, dict[str, Any]], asked: str
) -> None:
    """By number, letter by letter, whatever happened since, and under the names of then."""
    shell, entry, answers = told
    now = shell.json(*READING[asked], "--as-of", entry)
    assert json.dumps(now, indent=1) == json.dumps(answers[asked], indent=1)


def test_a_moment_will_do_for_a_number(told: tuple[Shell, str, dict[str, Any]]) -> None:
    """The time of an entry leads to the same past, and stderr says which."""
    shell, entry, answers = told
    at = shell.json("log", entry)["entry"]["at"]
    assert shell.json("show", "churn@production", "--as-of", at) == answers["show stage"]
    assert f"(entry {entry})" in shell("show", "churn@production", "--as-of", at).stderr


@pytest.mark.parametrize("name", PRESENT)
def test_what_is_no_history_says_so(
    told: tuple[Shell, str, dict[str, Any]], tmp_path: Path, name: str
) -> None:
    """Nothing answers of the present what it was asked of the past, and nothing changes."""
    shell, entry, _answers = told
    words, says = PRESENT[name]
    one = shell.registry.parent / "one.safetensors"
    before = shell.json("log", "-n", "1")
    done = shell(*words.format(out=tmp_path / "out", one=one).split(), "--as-of", entry)
    assert (done.code, says in done.stderr) == (5, True), done.stderr
    assert done.stdout == ""
    assert not (tmp_path / "out").exists()
    assert shell.json("log", "-n", "1") == before


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("check churn:v2 production", "The rules by which this is judged are those of now"),
        ("check --all", "The rules by which this is judged are those of now"),
        ("hooks", "The hooks and their deliveries are those of now"),
        ("hooks log", "The deliveries are those of now"),
        ("request list --waiting-for ana", "by which a yes counts are those of now"),
    ],
)
def test_what_is_judged_by_the_rules_of_now_says_so(
    told: tuple[Shell, str, dict[str, Any]], words: str, says: str
) -> None:
    """In one sentence beside the answer, and only where the past was asked for."""
    shell, entry, _answers = told
    assert shell(*words.split(), "--as-of", entry).stderr.count(says) == 1
    assert "of now" not in shell(*words.split()).stderr
    assert shell(*words.split(), "--as-of", entry, "--json").stderr.count("of now") == 0


def test_bytes_of_then_are_handed_out(
    told: tuple[Shell, str, dict[str, Any]], tmp_path: Path
) -> None:
    """A checkout and an export of the past hold what was there."""
    shell, entry, _answers = told
    shell.json("checkout", "churn@production", tmp_path / "out", "--as-of", entry)
    (one,) = shell.registry.parent.glob("one.safetensors")
    assert (tmp_path / "out").read_bytes() == one.read_bytes()
    done = shell("export", "--as-of", entry)
    assert json.loads(done.stdout.splitlines()[-1])["seq"] == int(entry)


def test_no_command_is_forgotten() -> None:
    """Every command stands in one of the tables above."""
    here = {words[0] for words in READING.values()} | set(PRESENT) | ELSEWHERE
    assert {name for section in SECTIONS.values() for name in section} - here == set()

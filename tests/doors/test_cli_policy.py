"""`modelshelf policy`: the rules shown, checked and explained."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.doors.calls import Shell
from tests.sentences import is_harmless

POLICY = """\
[stages.production]
gates = ["better"]
approvals = 1
approvers = ["role:reviewer"]
[gates.better]
when = "metrics.auc > 0.9"
[roles]
reviewer = ["ana", "ravi"]
[[models]]
match = "risk/*"
[models.stages.production]
approvals = 2
"""


@pytest.fixture
def ruled(shell: Shell) -> Shell:
    """Return a command line in front of a registry with rules of its own."""
    (shell.registry / "modelshelf.toml").write_text(POLICY, "utf-8")
    return shell


def test_a_good_policy_is_checked_without_a_word(ruled: Shell) -> None:
    """Nothing is on stdout, stderr says that it works, and the call ends with 0."""
    done = ruled("policy", "check")
    assert (done.code, done.stdout) == (0, "")
    assert done.stderr == "modelshelf.toml is a policy that works.\n"


def test_all_mistakes_are_listed_by_line(ruled: Shell) -> None:
    """As compilers do it, and the call ends with 2."""
    broken = POLICY.replace("approvals = 1", 'approvals = "one"').replace("better]", "bettr]")
    (ruled.registry / "modelshelf.toml").write_text(broken, "utf-8")
    done = ruled("policy", "check")
    assert done.code == 2
    lines = done.stdout.splitlines()
    assert [line.split(" ")[0] for line in lines] == [
        "modelshelf.toml:2:",
        "modelshelf.toml:3:",
        "modelshelf.toml:5:",
    ]
    assert "Did you mean bettr?" in lines[0]
    assert "warning: gates.bettr" in lines[2]
    assert done.stderr.startswith("modelshelf: modelshelf.toml has 2 mistakes: line 2, stages.")


def test_problems_are_json_too(ruled: Shell, tmp_path: Path) -> None:
    """Each with its line, and null where it has none."""
    draft = tmp_path / "draft.toml"
    draft.write_text("[stages.production]\nholder = 1\n", "utf-8")
    done = ruled("policy", "check", draft, "--json")
    assert done.code == 2
    assert done.answer["file"] == str(draft)
    assert done.answer["good"] is False
    (problem,) = done.answer["problems"]
    assert (problem["line"], problem["where"]) == (2, "stages.production.holder")
    assert problem["hint"] == "Did you mean holders?"
    draft.write_text("a = " + "9" * 5_000, "utf-8")
    assert ruled("policy", "check", draft, "--json").answer["problems"][0]["line"] is None


def test_a_draft_is_checked_without_a_registry(tmp_path: Path) -> None:
    """Nothing is made on the way, and commands are looked for beside the file."""
    (tmp_path / "drafts").mkdir()
    draft = tmp_path / "drafts" / "policy.toml"
    draft.write_text('[[hooks]]\nrun = ["./tell.sh"]\n', "utf-8")
    nowhere = Shell(tmp_path / "nowhere")
    assert "tell.sh is not there" in nowhere("policy", "check", draft).stdout
    (tmp_path / "drafts" / "tell.sh").write_text("#!/bin/sh\n", "utf-8")
    (tmp_path / "drafts" / "tell.sh").chmod(0o755)
    done = nowhere("policy", "check", draft)
    assert (done.code, done.stdout) == (0, "")
    assert nowhere("policy", "check").code == 3
    assert not (tmp_path / "nowhere").exists()


def test_the_policy_in_force_is_shown_with_its_origins(ruled: Shell) -> None:
    """As TOML for people, as a list for programs."""
    shown = ruled("policy")
    assert shown.code == 0
    assert 'gates = ["better"]                          # line 2\n' in shown.stdout
    assert 'holders = "many"                            # default\n' in shown.stdout
    found = {
        ".".join(map(str, s["place"])): s
        for s in ruled.json("policy", "show", "risk/x")["settings"]
    }
    assert found["stages.production.approvals"]["origin"] == "override"
    assert found["stages.production.approvals"]["line"] == 12
    assert found["ladder"]["value"] == ["staging", "production"]


def test_the_default_policy_is_shown_where_there_is_no_file(shell: Shell) -> None:
    """Every value is a default."""
    (shell.registry / "modelshelf.toml").unlink()
    settings = shell.json("policy", "show")["settings"]
    assert {s["origin"] for s in settings} == {"default"}


def test_the_rules_are_explained_for_a_model(ruled: Shell, model: Path) -> None:
    """Its present name is used, and a model that is not there yet may be asked about."""
    ruled("register", "risk/a", model)
    ruled("rename", "risk/a", "risk/b")
    told = ruled("policy", "explain", "risk/a")
    assert told.code == 0
    assert told.stdout.startswith("risk/b\n  special rules for risk/* apply to it\n")
    assert "it takes 2 approvals, by whoever has the role reviewer (ana, ravi)" in told.stdout
    assert "    better  metrics.auc > 0.9\n" in told.stdout
    assert told.stderr == ""
    new = ruled("policy", "explain", "churn")
    assert new.stderr == "No model is called churn yet.\n"
    assert "it takes 1 approval," in new.stdout
    assert ruled.json("policy", "explain", "churn")["explained"]["overrides"] == []


def test_the_rules_of_the_past_are_those_that_were_recorded(ruled: Shell, model: Path) -> None:
    """What the file says now decided nothing then."""
    assert ruled("register", "churn", model).code == 0
    text = POLICY.replace("approvals = 1", "approvals = 2")
    (ruled.registry / "modelshelf.toml").write_text(text, "utf-8")
    assert ruled("tag", "churn", "a=b").code == 0
    entries = [e["seq"] for e in ruled.json("log", "--event", "policy.recorded")["entries"]]
    assert "it takes 2 approvals" in ruled("policy", "explain", "churn").stdout
    then = ruled("policy", "explain", "churn", "--as-of", str(entries[0] - 1))
    assert "it takes 1 approval," in then.stdout
    first = ruled.json("policy", "show", "--as-of", "1")["settings"]
    assert {s["origin"] for s in first} == {"default"}


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("policy", "explain"), 2),
        (("policy", "explain", "a b!"), 2),
        (("policy", "show", "a", "b"), 2),
        (("policy", "check", "nowhere.toml"), 3),
        (("policy", "chekc"), 2),
        (("policy", "check", "."), 7),
    ],
)
def test_what_cannot_be_answered_ends_with_its_code(
    ruled: Shell, words: tuple[str, ...], code: int
) -> None:
    """No model, no such name, too much, no such file, no such action, no file at all."""
    done = ruled(*words)
    assert done.code == code, done.stderr
    assert done.stderr.startswith("modelshelf: ")


def test_hostile_text_in_a_policy_reaches_no_terminal(shell: Shell) -> None:
    """Escapes, marks that turn text around and endless names are shown harmlessly."""
    name = "x\\u202e\\u001b[31m[/x]"
    text = (
        f'[gates."{name}"]\nwhen = "true"\nmessage = "a\\u202eb"\n'
        f'[roles]\nreviewer = ["a\\u202eb"]\n[stages.production]\ngates = ["a\\u202e"]\n'
        f'["{name}"]\n"{"y" * 10_000}" = 1\n'
    )
    (shell.registry / "modelshelf.toml").write_text(text, "utf-8")
    for words in ("check", "show", "explain churn", "check --json"):
        done = shell("policy", *words.split())
        assert done.code == 2
        assert is_harmless((done.stdout + done.stderr).replace("\n", " "))
    good = '[gates."a\\u202eb[/x]"]\nwhen = "true"\nmessage = "\\u202e"\n'
    (shell.registry / "modelshelf.toml").write_text(
        f'{good}[stages.production]\ngates = ["a\\u202eb[/x]"]\n', "utf-8"
    )
    for words in ("check", "show", "explain churn", "explain churn --json"):
        done = shell("policy", *words.split())
        assert done.code == 0, done.stderr
        assert is_harmless((done.stdout + done.stderr).replace("\n", " "))

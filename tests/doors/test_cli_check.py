"""`modelshelf check`: may a version hold a stage, why not, and what was measured."""

from __future__ import annotations

from pathlib import Path

import pytest

from modelshelf.cli.screen import Screen
from modelshelf.cli.views import gates as view
from modelshelf.domain.gates.checked import Checked
from modelshelf.domain.promotion import PromotionPlan, Verdict
from modelshelf.domain.stages import Holder
from tests.doors.calls import Shell
from tests.sentences import is_harmless

POLICY = """
[stages.production]
holders = "many"
gates = ["better", "smoke"]
[gates.better]
when = "metrics.auc >= baseline.metrics.auc"
message = "AUC must not fall"
[gates.smoke]
run = ["python", "smoke.py", "{path}"]
"""


@pytest.fixture
def governed(shell: Shell, tmp_path: Path, model: Path) -> Shell:
    """Return a command line in front of churn v1, which holds production, and v2, which is worse.

    A command has to agree now.
    """
    (shell.registry / "smoke.py").write_text("print('\\x1b[31mlooked')", "utf-8")
    other = tmp_path / "other.bin"
    other.write_bytes(b"other")
    for file, auc in ((model, "0.9"), (other, "0.8")):
        assert shell("register", "churn", file, "--metric", f"auc={auc}").code == 0
    assert shell("promote", "churn:1", "production", "--reason", "first", "--yes").code == 0
    (shell.registry / "modelshelf.toml").write_text(POLICY, "utf-8")
    return shell


def test_it_says_why_not(governed: Shell) -> None:
    """Every gate has its line, in words and not in colour alone; the code says no."""
    done = governed("check", "churn:2", "production")
    assert done.code == 5
    lines = done.stdout.splitlines()
    assert lines[:4] == [
        "check    churn:v2 for production",
        "now      v1",
        "then     v2",
        "allowed  no",
    ]
    assert lines[5:8] == [
        "✓ yes      holders  production may be held so",
        "✓ yes      usable   churn:v2 may be used",
        "✓ yes      scan     the scan of churn:v2 stands",
    ]
    assert lines[8].startswith("✗ no       better   AUC must not fall: churn:v2 fails")
    assert lines[9].strip() == (
        "observed metrics.auc = 0.8, baseline.metrics.auc = 0.9,"
        " required metrics.auc >= baseline.metrics.auc"
    )
    assert lines[10].startswith("… not yet  smoke    ")
    assert lines[10].endswith("modelshelf check churn:v2 production --run")
    assert done.stderr == (
        "modelshelf: churn:v2 may not hold production yet:"
        " better says no, smoke is not known yet.\n"
    )


def test_a_share_can_be_asked_for(governed: Shell) -> None:
    """As a promotion takes it."""
    done = governed("check", "churn:2", "production", "--weight", "20")
    assert "then     v1 80 %, v2 20 %" in done.stdout
    split = ("--split", "churn:1=50", "--split", "churn:2=50")
    assert "then     v1 50 %, v2 50 %" in governed("check", "churn:2", "production", *split).stdout


def test_gates_are_run_when_that_is_asked(governed: Shell) -> None:
    """What comes of it stays, and its output can be read harmlessly."""
    assert governed("check", "churn:1", "production").code == 5
    done = governed("check", "churn:1", "production", "--run")
    assert (done.code, done.stderr) == (0, "")
    assert "✓ yes      smoke    the command passed: exit 0" in done.stdout
    assert governed("check", "churn:1", "production").code == 0
    shown = governed("check", "churn:1", "--output", "smoke")
    assert (shown.code, shown.stdout) == (0, "\\x1b[31mlooked\n")
    assert governed("check", "churn:1", "production", "--output", "smoke").stdout == shown.stdout
    told = governed.json("check", "churn:1", "--output", "smoke")["output"]
    assert told == {
        "reference": "churn:1", "gate": "smoke", "bytes": 12, "text": "\x1b[31mlooked\n",
    }  # fmt: skip
    entry = governed.json("log", "--event", "gate.ran")["entries"][0]["seq"]
    one = governed("check", "churn:1", "--output", "smoke", "--entry", str(entry))
    assert one.stdout == shown.stdout


def test_json_is_the_plan(governed: Shell) -> None:
    """The same value as a dry run of the promotion shows, and the failure on the other stream."""
    done = governed("check", "churn:2", "production", "--json")
    assert done.code == 5
    asked = {v["gate"]: v["outcome"] for v in done.answer["plan"]["verdicts"]}
    assert asked == {
        "holders": "pass", "usable": "pass", "scan": "pass", "better": "fail", "smoke": "pending",
    }  # fmt: skip
    assert done.error["family"] == "refused"
    dry = governed.json("promote", "churn:2", "production", "--dry-run", "--reason", "r")
    assert dry["plan"] == done.answer["plan"]


def test_all_are_listed(governed: Shell) -> None:
    """Who may hold what; the code says whether somebody holds a stage against the gates."""
    done = governed("check", "--all", "production")
    assert done.code == 5
    assert done.stdout.splitlines() == [
        "version   stage       may hold it  holds it  says no  to be measured",
        "churn:v1  production  … not yet    yes                smoke",
        "churn:v2  production  ✗ no                   better   smoke",
    ]
    assert done.stderr == (
        "2 answers, 0 yes.\n"
        "modelshelf: 1 stage would not be given now to who holds it: production to churn:v1.\n"
    )
    assert governed("check", "churn:1", "production", "--run").code == 0
    assert governed("check", "--all", "production").code == 0
    found = governed.json("check", "--all", "--models", "ch*")["checked"]
    assert [(c["reference"], c["stage"], c["failed"]) for c in found] == [
        ("churn:v1", "staging", []),
        ("churn:v1", "production", []),
        ("churn:v2", "staging", []),
        ("churn:v2", "production", ["better"]),
    ]
    assert governed("check", "--all", "--models", "nobody").stdout == ""


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("churn:1",),
        ("churn:1", "production", "--models", "x"),
        ("churn:1", "production", "--entry", "3"),
        ("--all", "production", "more"),
        ("--all", "--run"),
        ("--all", "--weight", "3"),
        ("--all", "--output", "smoke"),
        ("churn:1", "--output", "smoke", "--run"),
        ("--output", "smoke"),
    ],
    ids=" ".join,
)
def test_what_means_nothing_is_said(governed: Shell, words: tuple[str, ...]) -> None:
    """Options that do not go together are no question."""
    done = governed("check", *words)
    assert (done.code, done.stdout) == (2, "")
    assert done.stderr.startswith("modelshelf: ")


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("churn:9", "production"), 3),
        (("churn:1", "prodution"), 3),
        (("nobody:1", "production"), 3),
        (("--all", "prodution"), 3),
        (("churn:1", "--output", "smoke"), 3),
        (("churn:1", "--output", "\x1b[31m"), 2),
        (("\x1b[31m:1", "production"), 2),
        (("--all", "--models", "\x1b"), 2),
    ],
    ids=repr,
)
def test_what_is_not_there_is_said(governed: Shell, words: tuple[str, ...], code: int) -> None:
    """With the exit code of its kind, harmlessly."""
    done = governed("check", *words)
    assert done.code == code, done.stderr
    assert all(map(is_harmless, done.stderr.splitlines()))


def test_a_long_answer_is_folded_under_itself() -> None:
    """On a narrow terminal nothing is cut away; hostile text is shown and obeyed by nobody."""
    verdict = Verdict("g\x1b[31m" * 9, "fail", "o" * 50, "\u202er", "why " * 30, "churn:v1")
    plan = PromotionPlan(
        "churn:v1", "churn", "production", (), (Holder(1, "churn:v1", 100),), (verdict,),
        allowed=False, archived=(), comparison=None,
    )  # fmt: skip
    lines = list(view.check(Screen(80), plan))
    assert sum(line.count("why") for line in lines) == 30
    assert all(len(line) <= 80 for line in lines)
    assert all(map(is_harmless, lines))


def test_hostile_names_in_the_list_are_harmless() -> None:
    """A gate of another package may be called anything."""
    one = Checked("churn:v1", "s\x1b[2J", holds=True, passed=1, failed=("[/x]\u202e",), pending=())
    assert all(map(is_harmless, view.checked(Screen(60), [one])))

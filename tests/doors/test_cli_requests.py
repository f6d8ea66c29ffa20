"""Requests, bypasses and evidence at the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from modelshelf.registry import Registry
from tests.conftest import MakeModelFile
from tests.contracts.loaded import command
from tests.doors.calls import Call, Shell
from tests.sentences import is_harmless

POLICY = """
[stages.production]
holders = "many"
approvals = 2
approvers = ["role:reviewer"]
four_eyes = true
bypass = ["oncall"]
[roles]
reviewer = ["ana", "ravi", "bo"]
"""
ASK = ("request", "open", "churn:v2", "production", "--reason", "better")


@pytest.fixture
def shelf(registry: Registry, shell: Shell, make_model_file: MakeModelFile) -> Shell:
    """Register two versions under a policy with approvals."""
    for seed in (1, 2):
        registry.versions.register("churn", make_model_file(seed=seed), metrics={"auc": 0.9})
    (registry.path / "modelshelf.toml").write_text(POLICY, "utf-8")
    return shell


def by(shelf: Shell, who: str, *words: str) -> Call:
    """Run a command as somebody else."""
    return shelf("--actor", who, *words)


def number(shelf: Shell) -> str:
    """Ask for production and return the number of the request."""
    return str(shelf.json(*ASK)["request"]["id"])


def approved(shelf: Shell) -> str:
    """Ask for production, approve twice, and return the number."""
    asked = number(shelf)
    for who in ("ravi", "bo"):
        assert by(shelf, who, "request", "approve", asked).code == 0
    return asked


def test_a_request_from_asking_to_applying(shelf: Shell) -> None:
    """Numbers on stdout, what is missing on stderr, the holders at the end."""
    opened = shelf(*ASK)
    asked = opened.stdout.strip()
    assert opened.stderr == (
        f"Request {asked} is open: production of churn.\n"
        "0 of 2 approvals; missing: 2 of reviewer, not ana.\n"
    )
    first = by(shelf, "ravi", "request", "approve", asked, "--comment", "fine")
    assert (first.stdout, first.stderr) == (
        f"{asked} open\n",
        "1 of 2 approvals; missing: 1 of reviewer, not ana.\n",
    )
    second = by(shelf, "bo", "request", "approve", asked)
    assert second.stderr.endswith(
        f"2 of 2 approvals.\nIt may be carried out: modelshelf request apply {asked}\n"
    )
    done = shelf("request", "apply", asked, "--yes")
    assert done.stdout.splitlines()[1].split() == ["churn:v2", "100", "%"]
    assert done.stderr.rstrip().endswith(f"as request {asked} asked).")
    shown = shelf("request", "show", asked).stdout
    for said in ("approved", "by ravi: fine", "state", "applied", "2 of 2 approvals"):
        assert said in shown
    history = shelf("show", "churn", "--history").stdout
    assert f"request {asked}: better" in history


def test_applying_shows_the_plan_and_asks(shelf: Shell) -> None:
    """No changes nothing; what is refused anyhow is not asked about."""
    asked = approved(shelf)
    shelf.says = False
    denied = shelf("request", "apply", asked)
    assert (denied.code, shelf.asked) == (5, ["Give production of churn to churn:v2?"])
    assert "2 of 2 approvals" in denied.stderr
    assert shelf("request", "apply", asked, "--dry-run").stdout.splitlines()[0].split() == [
        "promote", "churn:v2", "to", "production",
    ]  # fmt: skip
    shelf.json("yank", "churn:v2", "--reason", "leaks")
    refused = shelf("request", "apply", asked)
    assert refused.code == 5
    assert "churn:v2 is yanked: leaks" in refused.stderr
    assert len(shelf.asked) == 1


def test_promoting_without_approvals_says_how_to_ask(shelf: Shell) -> None:
    """In words and as data."""
    refused = shelf("promote", "churn:v2", "production", "--reason", "r", "--yes")
    assert refused.code == 5
    assert "modelshelf request open churn:v2 production" in refused.stderr
    plan = shelf.json("promote", "churn:v2", "production", "--dry-run")["plan"]
    assert plan["approvals"]["whose"] == "reviewer, not ana"
    assert not plan["allowed"]
    shown = shelf("promote", "churn:v2", "production", "--dry-run").stdout
    assert "0 of 2 approvals; missing: 2 of reviewer, not ana" in shown


def test_a_bypass_is_asked_about_and_shown_for_ever(shelf: Shell) -> None:
    """The question says what is set aside, and so does the history."""
    words = ("promote", "churn:v2", "production", "--reason", "fire", "--bypass")
    denied = shelf(*words, "--yes")
    assert denied.code == 5
    assert "ana may not set the rules of production aside" in denied.stderr
    shelf.says = True
    done = by(shelf, "oncall", *words)
    assert done.code == 0, done.stderr
    assert shelf.asked == ["Set approvals aside and give production of churn to churn:v2?"]
    assert "warning: this is a bypass; set aside: approvals (0 of 2)" in done.stderr
    assert "BYPASS of approvals (0 of 2): fire" in shelf("show", "churn", "--history").stdout
    assert "setting aside approvals (0 of 2)" in shelf("log", "-n", "1").stdout
    page = shelf("evidence", "churn:v2", "production").stdout
    assert "**This was a bypass.**" in page


def test_a_no_is_final(shelf: Shell) -> None:
    """Its comment is needed, and told to who comes later."""
    asked = number(shelf)
    assert by(shelf, "ravi", "request", "reject", asked).code == 2
    done = by(shelf, "ravi", "request", "reject", asked, "--comment", "leaks")
    assert (done.code, done.stdout) == (0, f"{asked} rejected\n")
    late = by(shelf, "bo", "request", "approve", asked)
    assert (late.code, late.stderr) == (
        4, f"modelshelf: request {asked} is rejected already: rejected by ravi: leaks.\n",
    )  # fmt: skip
    assert shelf("request", "withdraw", asked, "--reason", "r").code == 4


def test_lists(shelf: Shell) -> None:
    """Open ones by default, newest first; by state, model and who is waited for."""
    assert shelf("request").stderr == "No request is open.\n"
    asked = number(shelf)
    other = shelf.json("request", "open", "churn:v1", "production", "--reason", "r")["request"][
        "id"
    ]
    listed = shelf("request").stdout.splitlines()
    assert [line.split()[0] for line in listed] == ["no.", str(other), asked]
    assert by(shelf, "ravi", "request", "approve", asked).code == 0

    def ids(*words: str) -> list[int]:
        return [r["id"] for r in shelf.json("request", "list", *words)["requests"]]

    assert ids("--waiting-for", "ravi") == [other]
    assert ids("--waiting-for", "ana") == []
    assert ids("--state", "all", "-n", "1") == [other]
    assert ids("--state", "rejected") == []
    assert ids("--model", "churn") == [other, int(asked)]
    assert shelf("request", "withdraw", str(other), "--reason", "later").code == 0
    assert ids("--state", "withdrawn") == [other]
    shown = shelf.json("request", "show", asked)
    assert shown["request"]["answers"][0]["actor"] == "ravi"
    assert shown["approvals"]["counted"] == ["ravi"]
    assert shown["plan"]["reference"] == "churn:v2"


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("request", "show"), 2),
        (("request", "show", "x"), 2),
        (("request", "show", "9" * 30), 2),
        (("request", "show", "999"), 3),
        (("request", "list", "7"), 2),
        (("request", "open", "churn:v2"), 2),
        (("request", "open", "churn:v2", "production"), 2),
        (("request", "open", "churn:v9", "production", "--reason", "r"), 3),
        (("request", "burn", "1"), 2),
        (("request", "list", "--state", "done"), 2),
        (("evidence", "churn:v2", "production"), 3),
        (("evidence", "churn:v9", "production"), 3),
        (("evidence", "churn", "production"), 2),
        (("evidence", "churn:v2", "\x1b[31m"), 2),
    ],
)
def test_what_cannot_be_done_is_said(shelf: Shell, words: tuple[str, ...], code: int) -> None:
    """With the exit code of its family, and nothing a terminal obeys."""
    done = shelf(*words)
    assert (done.code, done.stdout) == (code, ""), done.stderr
    assert is_harmless(done.stderr.replace("\n", ""))


def test_evidence_is_a_page_or_an_object(shelf: Shell) -> None:
    """Markdown on stdout; the same as data."""
    asked = approved(shelf)
    given = shelf.json("request", "apply", asked, "--yes")["assignment"]
    page = shelf("evidence", "churn:v2", "production")
    assert page.stdout.startswith("# Why churn:v2 holds production\n")
    assert page.stderr == ""
    assert "- approved by ravi on " in page.stdout
    found = shelf.json("evidence", "churn:v2", "production")["decision"]
    assert (found["entry"], found["seal_holds"]) == (given["id"], True)
    assert found["request"]["id"] == int(asked)
    then = shelf("evidence", "churn:v2", "production", "--as-of", str(given["id"]))
    assert (then.code, then.stdout) == (0, page.stdout)


def test_a_rollback_prints_the_way_back(shelf: Shell) -> None:
    """A command that can be typed as it stands."""
    for version in ("churn:v1", "churn:v2"):
        shelf.json("promote", version, "staging", "--reason", "r", "--yes")
    done = shelf("rollback", "churn", "--stage", "staging", "--reason", "worse", "--yes")
    line = done.stderr.rstrip().splitlines()[-1]
    assert line.startswith("The way back: modelshelf rollback churn --stage staging --to ")
    to = line.split("--to ")[1].split()[0]
    again = shelf.json(
        "rollback", "churn", "--stage", "staging", "--to", to, "--reason", "no", "--yes"
    )
    assert again["assignment"]["holders"][0]["reference"] == "churn:v2"


def test_hostile_comments_reach_no_terminal(shelf: Shell) -> None:
    """In lists, in one request, in the page for auditors."""
    asked = shelf.json("request", "open", "churn:v2", "production", "--reason", "\u202eevil | # x")
    ident = str(asked["request"]["id"])
    for who in ("ravi", "bo"):
        by(shelf, who, "request", "approve", ident, "--comment", "![x](https://e/p.png) <b>")
    shelf.json("request", "apply", ident, "--yes")
    for words in (
        ("request", "list", "--state", "all"),
        ("request", "show", ident),
        ("evidence", "churn:v2", "production"),
        ("show", "churn", "--history"),
    ):
        done = shelf(*words)
        assert done.code == 0
        assert is_harmless(done.stdout.replace("\n", ""))
    page = shelf("evidence", "churn:v2", "production").stdout
    assert "!\\[x\\](https\\://e/p.png) \\<b\\>" in page
    assert json.loads(shelf("evidence", "churn:v2", "production", "--json").stdout)


def test_reading_is_light(shelf: Shell, tmp_path: Path) -> None:
    """Lists, one request and the evidence need none of the packages that writing needs."""
    asked = approved(shelf)
    reading: list[tuple[str, ...]] = [("request", "list"), ("request", "show", asked)]
    reading.append(("request", "apply", asked, "--dry-run"))
    done = [command("-R", str(shelf.registry), *words, scratch=tmp_path) for words in reading]
    shelf.json("request", "apply", asked, "--yes")
    page = ("evidence", "churn:v2", "production")
    done.append(command("-R", str(shelf.registry), *page, scratch=tmp_path))
    assert [(d.code, d.heavy) for d in done] == [(0, set())] * 4, [d.stderr for d in done]

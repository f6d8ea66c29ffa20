"""`undo`, `ramp` and `rollback --as-of` at the command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.doors.calls import Shell
from tests.furnished import model_file


@pytest.fixture
def shelf(shell: Shell, tmp_path: Path) -> Shell:
    """Register three versions of churn and two of risk/a; let v1 and v2 of churn share."""
    for seed in range(1, 4):
        metric = f"auc=0.{seed}"
        shell.json("register", "churn", model_file(tmp_path, seed), "--metric", metric)
    for seed in (4, 5):
        shell.json("register", "risk/a", model_file(tmp_path, seed))
    shell.json("promote", "churn:1", "production", "--reason", "first", "--yes")
    shell.json("promote", "churn:2", "production", "--weight", "20", "--reason", "test", "--yes")
    return shell


def head(shell: Shell) -> int:
    """Return the number of the newest entry."""
    return int(shell.json("log", "-n", "1")["entries"][0]["seq"])


class TestUndo:
    def test_it_shows_asks_and_says_how_to_have_it_again(self, shelf: Shell) -> None:
        """What would be recorded is shown before the question, and nothing without a yes."""
        shelf("tag", "churn", "tier=gold")
        entry = head(shelf)
        dry = shelf("undo", "--dry-run")
        assert (
            dry.stdout.splitlines()[-1]
            == f"then       tagged churn: -tier, taking back entry {entry}"
        )
        shelf.says = False
        assert shelf("undo").code == 5
        assert head(shelf) == entry
        shelf.says = True
        done = shelf("undo")
        assert done.code == 0
        assert shelf.asked[-1] == f"Take back entry {entry}?"
        assert done.stderr.endswith(
            f"Entry {entry} is taken back. To have it again: modelshelf undo {entry + 1}\n"
        )
        assert shelf.json("undo", str(entry + 1), "--yes")["entries"][0]["body"]["set"] == {
            "tier": "gold"
        }

    def test_nobody_to_ask_is_a_sentence(self, shelf: Shell) -> None:
        """A script says --yes."""
        shelf("tag", "churn", "tier=gold")
        refused = shelf("undo")
        assert refused.code == 5
        assert "Add --yes" in refused.stderr

    def test_a_refusal_shows_no_question(self, shelf: Shell) -> None:
        """What cannot be is not asked for; a dry run answers with the reason."""
        refused = shelf("undo", "2")
        assert (refused.code, refused.stdout) == (5, "")
        assert refused.stderr == (
            "modelshelf: entry 2 cannot be taken back: a registration stands, because its number"
            " is never given again. Use modelshelf yank or modelshelf archive for the version.\n"
            "  observed created the model churn\n"
        )
        plan = shelf.json("undo", "2", "--dry-run")["plan"]
        assert plan["refused"] in refused.stderr
        assert plan["entry"]["seq"] == 2
        assert "a registration stands" in shelf("undo", "2", "--dry-run").stdout
        assert shelf("undo", "999", "--yes").code == 3
        assert shelf("undo", "0").code == 2

    def test_a_stage_takes_a_reason(self, shelf: Shell) -> None:
        """Without one it stays, with one it goes back to the split before."""
        assert shelf("undo", "--yes").code == 2
        done = shelf("undo", "--yes", "--reason", "errors up")
        assert "rolled production of churn back to v1, taking back entry" in done.stdout
        assert shelf("resolve", "churn@production").stdout.count("churn:v1") == 1

    @pytest.mark.parametrize(
        "change",
        [
            ("describe", "churn", "--owner", "ana"),
            ("tag", "churn", "team=risk"),
            ("rename", "churn", "leaving"),
            ("amend", "churn:1", "--metric", "auc=0.5"),
            ("tag", "churn:1", "team=risk"),
        ],
        ids=lambda words: " ".join(words[:2]),
    )
    def test_a_reason_is_kept(self, shelf: Shell, change: tuple[str, ...]) -> None:
        """Whatever is taken back, the entry says why; the change itself was given no reason."""
        shelf("amend", "churn:1", "--metric", "auc=0.9")
        assert shelf(*change).code == 0
        assert "reason" not in shelf.json("log", "-n", "1")["entries"][0]["body"]
        done = shelf("undo", "--yes", "--reason", "wrong person")
        assert (done.code, "warning" in done.stderr) == (0, False)
        entry = shelf.json("log", "-n", "1")["entries"][0]
        assert entry["body"]["reason"] == "wrong person"
        assert entry["sentence"].endswith(": “wrong person”")
        shelf(*change)
        shelf("undo", "--yes")
        assert "reason" not in shelf.json("log", "-n", "1")["entries"][0]["body"]

    def test_a_reason_that_no_entry_keeps_is_told(self, shelf: Shell) -> None:
        """A yank that comes back says why it was made, and nobody believes that more was kept."""
        assert shelf("yank", "churn:3", "--reason", "leak").code == 0
        assert shelf("restore", "churn:3", "--reason", "was fine").code == 0
        done = shelf("undo", "--yes", "--reason", "was not")
        assert done.code == 0
        assert "warning: a yank comes back with the reason it had" in done.stderr

    def test_the_past_is_not_changed(self, shelf: Shell) -> None:
        """--as-of is a look."""
        refused = shelf("undo", "--as-of", "5", "--yes")
        assert refused.code == 5
        assert "the past cannot be changed" in refused.stderr


class TestRamp:
    def test_up_and_to_its_end(self, shelf: Shell) -> None:
        """One command for another share, one for the winner, one for the history."""
        up = shelf("ramp", "churn:2", "50", "--reason", "no errors")
        assert up.code == 0
        assert [line.split() for line in up.stdout.splitlines()[1:]] == [
            ["churn:v1", "50", "%"], ["churn:v2", "50", "%"],
        ]  # fmt: skip
        won = shelf.json("ramp", "churn:2", "--end", "--reason", "it won")["assignment"]
        assert [h["weight"] for h in won["holders"]] == [100]
        splits = shelf.json("ramp", "churn", "--history")["splits"]
        assert [[h["weight"] for h in s["holders"]] for s in splits] == [
            [100], [50, 50], [80, 20], [100],
        ]  # fmt: skip
        shown = shelf("ramp", "churn", "--history").stdout.splitlines()
        assert "now" in shown[1]
        assert "v1 80 %, v2 20 %" in shown[3]

    def test_what_is_not_clear(self, shelf: Shell) -> None:
        """One thing at a time."""
        for words in ((), ("50", "--end"), ("--end", "--history")):
            refused = shelf("ramp", "churn:2", *words, "--reason", "r")
            assert (refused.code, refused.stdout) == (2, "")
        assert shelf("ramp", "churn:2", "101", "--reason", "r").code == 2
        assert shelf("ramp", "churn:3", "50", "--reason", "r").code == 5
        none = shelf("ramp", "risk/a", "--history")
        assert (none.code, none.stdout) == (0, "")
        assert none.stderr == "Nobody has held production yet.\n"


class TestReturning:
    def test_a_whole_registry_goes_back_and_forth(self, shelf: Shell) -> None:
        """It is planned, asked for, done at once, and the way back is printed."""
        before = head(shelf)
        shelf("promote", "churn:3", "production", "--reason", "x", "--yes")
        shelf("promote", "risk/a:2", "production", "--reason", "x", "--yes")
        words = ("rollback", "--as-of", str(before))
        plan = shelf(*words, "--dry-run")
        assert plan.code == 0
        assert [line.split()[:2] for line in plan.stdout.splitlines()[3:]] == [
            ["churn", "production"], ["risk/a", "production"],
        ]  # fmt: skip
        assert "auc 0.3 → 0.1" in plan.stdout
        shelf.says = True
        done = shelf(*words, "--reason", "incident")
        assert shelf.asked[-1] == f"Roll 2 stages back to entry {before}?"
        assert done.code == 0
        back = done.stderr.splitlines()[-1]
        assert back == (f"The way back: modelshelf rollback --as-of {before + 2} --reason '…'")
        answer = shelf.json(*words, "--reason", "again", "--yes")
        assert answer == {"assignments": [], "way_back": None}
        again = shelf("rollback", "--as-of", str(before + 2), "--reason", "no incident", "--yes")
        assert again.code == 0
        assert "churn:v3" in shelf("resolve", "churn@production").stdout

    def test_one_model_or_a_pattern(self, shelf: Shell) -> None:
        """What is not named stays, and the way back names the same."""
        before = head(shelf)
        shelf("promote", "churn:3", "production", "--reason", "x", "--yes")
        shelf("promote", "risk/a:2", "production", "--reason", "x", "--yes")
        words = ("--as-of", str(before), "--reason", "r", "--yes", "--stage", "production")
        done = shelf("rollback", *words, "--models", "risk/*")
        assert [line.split()[1] for line in done.stdout.splitlines()[1:]] == ["risk/a"]
        assert "--models 'risk/*' --stage production" in done.stderr
        done = shelf("rollback", "churn", *words)
        assert [line.split()[1] for line in done.stdout.splitlines()[1:]] == ["churn"]

    def test_what_cannot_go_back_is_said_before_anything_moves(self, shelf: Shell) -> None:
        """All or none, or all that can with --skip."""
        before = head(shelf)
        shelf("promote", "churn:3", "production", "--reason", "x", "--yes")
        shelf("promote", "risk/a:2", "production", "--reason", "x", "--yes")
        shelf("yank", "churn:1", "--reason", "leak")
        words = ("rollback", "--as-of", str(before), "--reason", "r", "--yes")
        refused = shelf(*words)
        assert (refused.code, refused.stdout) == (5, "")
        assert "churn:v1 is yanked: leak" in refused.stderr
        assert "cannot: churn:v1 is yanked" in shelf(*words, "--dry-run").stdout
        assert shelf(*words, "--skip").code == 0

    def test_what_is_not_clear(self, shelf: Shell) -> None:
        """A rollback needs a model and a stage, or a moment."""
        for words in (
            ("rollback",),
            ("rollback", "churn"),
            ("rollback", "--stage", "production"),
            ("rollback", "churn", "--stage", "production", "--models", "x"),
            ("rollback", "churn", "--stage", "production", "--skip"),
            ("rollback", "churn", "--models", "c*", "--as-of", "5"),
            ("rollback", "churn", "--to", "5", "--as-of", "5"),
            ("rollback", "--as-of", "yesterday"),
        ):
            refused = shelf(*words, "--reason", "r", "--yes")
            assert (refused.code, refused.stdout) == (2, ""), words
        assert shelf("rollback", "--as-of", "1999-01-01", "--reason", "r").code == 3

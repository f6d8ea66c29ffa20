"""The log at the command line: verify, checkpoint, export, and the history of one version."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from modelshelf.catalog import driver
from modelshelf.registry import Registry
from tests.doors.calls import Shell


@pytest.fixture
def stocked(shell: Shell, model: Path) -> Shell:
    """Register a version and give it a stage."""
    shell.json("register", "churn", model)
    shell.json("promote", "churn:v1", "staging", "--reason", "r", "--yes")
    return shell


def edit(shell: Shell, statement: str) -> None:
    """Change the catalog behind the registry's back."""
    catalog = driver.dbapi.connect(str(shell.registry / "catalog.db"), isolation_level=None)
    rows = catalog.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall()
    for one in (*(f"DROP TRIGGER {name}" for (name,) in rows), statement):
        catalog.execute(one)
    catalog.close()


def newest(shell: Shell) -> str:
    """Return the newest line that is written down."""
    lines = (shell.registry / "checkpoints.log").read_text("utf-8").splitlines()
    return [line for line in lines if line.startswith("modelshelf-")][-1]


class TestCheckpoint:
    def test_it_prints_the_line_to_be_kept(self, stocked: Shell) -> None:
        """On stdout nothing else, so that it can go into a pipe."""
        stocked.json("describe", "churn", "--owner", "ana")
        done = stocked("checkpoint")
        assert (done.code, done.stderr) == (0, "")
        assert done.stdout == f"{newest(stocked)}\n"
        again = stocked("checkpoint")
        assert again.stdout == done.stdout
        assert "the log did not grow" in again.stderr
        answer = stocked.json("checkpoint")["checkpoint"]
        assert answer["note"] == done.stdout
        assert answer["handed"] is None

    def test_a_key_is_made_and_used(self, stocked: Shell, tmp_path: Path) -> None:
        """The public key goes to stdout; what it signs is checked with it."""
        key, public = tmp_path / "key.pem", tmp_path / "key.pub"
        made = stocked("checkpoint", "--make-key", key)
        assert made.code == 0
        assert made.stdout.startswith("modelshelf+")
        assert str(key) in made.stderr
        public.write_text(made.stdout, "utf-8")
        if os.name != "nt":
            assert key.stat().st_mode & 0o777 == 0o600
        signed = stocked("checkpoint", "--key", key)
        assert signed.stdout.splitlines()[1] == ""
        assert signed.stdout.splitlines()[2].startswith("— modelshelf ")
        told = stocked("verify", "--public-key", public)
        assert told.code == 0
        assert "signed 1 of them" in told.stdout
        assert stocked("checkpoint", "--make-key", key).code == 4
        assert stocked("checkpoint", "--make-key", tmp_path / "k", "--sign").code == 2
        assert stocked("checkpoint", "--sign").code == 2
        assert stocked("checkpoint", "--key", public).code == 2

    def test_what_the_command_did_not_take(self, stocked: Shell) -> None:
        """The line is printed, and the call ends with 7."""
        (stocked.registry / "modelshelf.toml").write_text(
            '[checkpoints]\nrun = ["no-such-program-here"]\n', "utf-8"
        )
        done = stocked("checkpoint")
        assert done.code == 7
        assert done.stdout.startswith("modelshelf-checkpoint-v1 ")
        assert "did not take it" in done.stderr
        assert "no-such-program-here" in stocked("doctor").stdout


class TestVerify:
    def test_it_says_what_was_proven(self, stocked: Shell, tmp_path: Path) -> None:
        """Whole, and how far that goes."""
        line = newest(stocked)
        stocked.json("describe", "churn", "--owner", "ana")
        done = stocked("verify", "--since", line, "--witness", tmp_path / "seen")
        assert done.code == 0
        assert "checkpoints checked: whole" in done.stdout
        assert f"It goes through entry {line.split()[2]}, sealed" in done.stdout
        assert "The witness begins with entry" in done.stdout
        quick = stocked.json("verify", "--since", line, "--quick")["verification"]
        assert (quick["first"], quick["rows"]) == (int(line.split()[2]), 0)
        assert stocked("verify", "--quick").code == 2

    def test_a_cut_log_ends_with_6(self, stocked: Shell, tmp_path: Path) -> None:
        """Named in a sentence, and the witness keeps what it saw."""
        line, seen = newest(stocked), tmp_path / "seen"
        assert stocked("verify", "--witness", seen).code == 0
        before = seen.read_text("utf-8")
        edit(stocked, f"DELETE FROM audit WHERE seq >= {line.split()[2]}")  # noqa: S608
        (stocked.registry / "checkpoints.log").unlink()
        done = stocked("verify", "--no-replay", "--witness", seen, "--json")
        assert done.code == 6
        assert "is missing: the log was cut short" in done.error["why"]
        assert seen.read_text("utf-8") == before

    @pytest.mark.parametrize("option", ["--since", "--witness", "--public-key"])
    @pytest.mark.parametrize("text", ["\x1b[2J", "a\u202eb", "[/x]", "x" * 10_000, "."])
    def test_hostile_words(
        self,
        stocked: Shell,
        option: str,
        text: str,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        """Each is a sentence that no terminal obeys, or the name of a file."""
        monkeypatch.chdir(tmp_path)
        done = stocked("verify", "--no-replay", option, text)
        assert done.code in {0, 2, 3, 7}
        assert "\x1b" not in done.stderr + done.stdout
        assert "\u202e" not in done.stderr + done.stdout


class TestExport:
    def test_to_stdout_and_to_files(self, stocked: Shell, tmp_path: Path) -> None:
        """The same bytes; the name of a file says its form."""
        done = stocked("export")
        assert (done.code, done.stderr) == (0, "")
        told = stocked.json("export", "-o", tmp_path / "log.jsonl")["export"]
        assert (tmp_path / "log.jsonl").read_text("ascii") == done.stdout
        assert told["last"] == json.loads(done.stdout.splitlines()[0])["last"]
        shown = stocked("export", "-o", tmp_path / "log.csv")
        assert f"1 to {told['last']}" in shown.stdout
        assert (tmp_path / "log.csv").read_bytes().startswith(b"seq,at_us,")
        assert (tmp_path / "log.csv.checkpoint").exists()
        assert stocked("export", "--format", "csv").stdout.count("\n") == told["last"] + 1
        assert stocked("export", "-o", tmp_path / "log.csv").code == 4
        assert stocked("export", "--json").code == 2

    def test_a_part_says_how_far_it_goes(self, stocked: Shell) -> None:
        """It leads to a checkpoint, on stderr where the export is on stdout."""
        stocked.json("describe", "churn", "--owner", "ana")
        head = int(newest(stocked).split()[2])
        done = stocked("export", "--since", "4", "--until", str(head - 1))
        assert json.loads(done.stdout.splitlines()[-1])["seq"] == head
        assert "lead to the checkpoint" in done.stderr
        assert stocked("export", "--since", "soon").code == 2
        assert stocked("export", "--since", "2999-01-01").code == 3


def test_the_history_of_a_version(stocked: Shell, registry: Registry) -> None:
    """What was done with it, newest first."""
    stocked.json("describe", "churn", "--owner", "ana")
    found = stocked.json("log", "--reference", "churn@staging")["entries"]
    assert [e["event"] for e in found] == ["stage.assigned", "version.registered"]
    assert stocked("log", "--reference", "churn:v9").code == 3
    assert registry.audit.entries(reference="churn:v1", limit=1)[0].seq == found[0]["seq"]

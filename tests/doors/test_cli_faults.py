"""Every failure is a sentence and an exit code of its family; nothing is ever a traceback."""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from modelshelf.cli import faults, root
from modelshelf.cli.session import Session
from modelshelf.domain.errors import FAMILIES, ModelshelfError, Refused
from tests.doors.calls import Call, Shell

Arrange = Callable[[Shell, Path], Call]


def invalid(shell: Shell, model: Path) -> Call:
    """Give what cannot be used."""
    return shell("register", "con", model, "--json")


def not_found(shell: Shell, _model: Path) -> Call:
    """Name what does not exist."""
    return shell("show", "churn:v1", "--json")


def conflict(shell: Shell, _model: Path) -> Call:
    """Make what exists already."""
    return shell("init", "--json")


def refused(shell: Shell, model: Path) -> Call:
    """Ask for what nobody can be asked about."""
    shell("register", "churn", model)
    return shell("promote", "churn:v1", "production", "--reason", "x", "--json")


def corrupt(shell: Shell, model: Path) -> Call:
    """Take out bytes that somebody changed."""
    shell("register", "churn", model)
    (blob,) = (f for f in (shell.registry / "blobs").rglob("*") if f.is_file() and f.stat().st_size)
    blob.chmod(0o600)
    blob.write_bytes(b"x" * blob.stat().st_size)
    return shell("checkout", "churn:v1", model.with_name("out"), "--json")


def unavailable(shell: Shell, model: Path) -> Call:
    """Write where nobody may."""
    shell("register", "churn", model)
    return shell("checkout", "churn:v1", "/proc/nowhere/out", "--json")


@pytest.mark.parametrize("arrange", [invalid, not_found, conflict, refused, corrupt, unavailable])
def test_a_family_has_its_exit_code(arrange: Arrange, shell: Shell, model: Path) -> None:
    """The code, the family and the data of a failure are those of the table in the documents."""
    done = arrange(shell, model)
    assert done.error["family"] == arrange.__name__
    assert done.code == faults.EXIT_CODES[arrange.__name__]
    assert done.stdout == ""
    keys = {"family", "what", "why", "observed", "required", "hint", "subject"}
    assert set(done.error) == keys


def test_every_family_has_a_code_of_its_own() -> None:
    """The table holds each family once."""
    assert set(faults.EXIT_CODES) == {family.family for family in FAMILIES}
    assert len(set(faults.EXIT_CODES.values())) == len(FAMILIES)


def test_a_failure_is_one_sentence_with_a_hint(shell: Shell) -> None:
    """Without JSON, stderr says what is wrong and what to do."""
    done = shell("show", "churn")
    assert done.code == 3
    assert done.stderr.startswith("modelshelf: there is no model 'churn'.")
    assert len(done.stderr.splitlines()) == 1


def test_what_was_measured_is_said_once() -> None:
    """Observed and required stand below the sentence where it does not name them."""
    stream = io.StringIO()
    error = Refused("the gate better says no", observed=0.88, required=0.9)
    assert faults.tell(error, stream, as_json=False) == 5
    assert stream.getvalue().splitlines()[1] == "  observed 0.88, required 0.9"
    again = Refused("0.88 is less than 0.9", observed=0.88, required=0.9)
    stream = io.StringIO()
    faults.tell(again, stream, as_json=False)
    assert len(stream.getvalue().splitlines()) == 1


@pytest.mark.parametrize(
    "words",
    [
        ("lisst",), ("list", "--foo"), ("promote",), ("list", "-n", "x"), ("register", "a"),
        ("register", "a", "b", "--metric", "auc"), ("completion", "tcsh"), ("rollback", "churn"),
        ("log", "0"), ("promote", "a:v1", "production", "--weight", "101"), ("show", "a", "b"),
        ("list", "--limit"), ("checkout", "a:v1", ""),
    ],
)  # fmt: skip
def test_a_command_line_that_cannot_be_read_is_a_sentence(
    words: tuple[str, ...], shell: Shell
) -> None:
    """The sentence says where to look; with JSON it is an object, whatever could not be read."""
    done = shell(*words)
    assert done.code == 2
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1
    assert "--help" in done.stderr
    assert shell("--json", *words).error["family"] == "invalid"


def test_a_misspelt_command_is_suggested(shell: Shell) -> None:
    """The nearest command is named."""
    assert "'promote'" in shell("promot").stderr


def test_a_bug_is_a_sentence_and_a_report(
    shell: Shell,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The report has the calls and no local variable; the person sees where it lies."""

    def broken(_session: Session) -> None:
        secret = "hunter" + "2"
        raise RuntimeError(f"no {len(secret)}")

    monkeypatch.setattr(Session, "open", broken)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    with pytest.raises(SystemExit) as ended:
        root.command_line.main(["-R", str(shell.registry), "list"])
    assert ended.value.code == faults.BUG
    said = capsys.readouterr().err
    (report,) = tmp_path.rglob("crash-*.txt")
    assert str(report) in said
    assert len(said.splitlines()) == 1
    text = report.read_text(encoding="utf-8")
    assert "RuntimeError: no 7" in text
    assert "Command: list" in text
    assert "hunter" + "2" not in text
    if os.name == "posix":
        assert report.stat().st_mode & 0o077 == 0


def test_ctrl_c_says_what_was_left_undone(
    shell: Shell, model: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """An interrupted registration leaves no version, says so, and ends with 130."""

    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("modelshelf.registry.versions.Versions.register", interrupted)
    with pytest.raises(SystemExit) as ended:
        root.command_line.main(["-R", str(shell.registry), "register", "churn", str(model)])
    assert ended.value.code == faults.INTERRUPTED
    assert "stopped; nothing was registered" in capsys.readouterr().err
    assert shell.json("list")["models"] == []


def test_an_error_of_no_family_is_no_success() -> None:
    """Even the root of the tree, which nobody raises, ends in a failure."""
    assert faults.tell(ModelshelfError("x"), io.StringIO(), as_json=True) == faults.BUG

"""The watcher can be handed to the system's service manager, whatever the folder is called."""

from __future__ import annotations

import plistlib
import re
import shlex
import sys
from pathlib import Path

import pytest

from modelshelf.cli.service import watching_service
from modelshelf.domain.errors import Refused
from tests.doors.calls import Shell

HOSTILE = 'a "quoted" $HOME %h \\ folder'


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a home of its own."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    return tmp_path


def test_a_unit_names_exactly_the_registry(home: Path) -> None:
    """Read back by the rules of unit files, the command line is the one that was meant."""
    registry = home / HOSTILE
    made = watching_service(registry, "ana", "linux")
    (start,) = re.findall(r"^ExecStart=(.*)$", made.text, re.MULTILINE)
    words = [w.replace("$$", "$").replace("%%", "%") for w in shlex.split(start)]
    expected = ["-m", "modelshelf", "-R", str(registry), "--actor", "ana", "watch"]
    assert words == [sys.executable, *expected]
    assert made.file.parent == home / "config" / "systemd" / "user"
    assert watching_service(home / "other", None, "linux").file != made.file


def test_an_agent_names_exactly_the_registry(home: Path) -> None:
    """The property list holds the same command, and a log that is rotated."""
    made = watching_service(home / HOSTILE, None, "darwin")
    agent = plistlib.loads(made.text.encode())
    assert agent["ProgramArguments"][3:6] == ["-R", str(home / HOSTILE), "watch"]
    assert "--log-file" in agent["ProgramArguments"]
    assert agent["Label"] == made.file.stem


@pytest.mark.parametrize("system", ["linux", "darwin"])
def test_a_name_with_a_line_break_is_refused(home: Path, system: str) -> None:
    """It could end one setting and begin another."""
    with pytest.raises(Refused, match="control characters"):
        watching_service(home / "a\nExecStart=evil", None, system)


def test_another_system_is_told_what_to_run(home: Path) -> None:
    """Where neither is known, the sentence has the command."""
    with pytest.raises(Refused, match="-m modelshelf -R") as refused:
        watching_service(home / "shelf", None, "win32")
    assert "win32" in str(refused.value)


def test_installing_looking_and_uninstalling(home: Path, shell: Shell) -> None:
    """The file is written, found to be the present one or not, and removed."""
    assert shell("service", "status", home=home).stdout.endswith(": not installed\n")
    done = shell("service", "install", home=home)
    assert done.stdout.endswith(": installed\n")
    file = Path(done.stdout.rpartition(":")[0])
    assert str(shell.registry) in file.read_text("utf-8")
    assert file.read_text("utf-8") == shell("service", "print", home=home).stdout[:-1]
    assert shell("service", "status", home=home).stdout.endswith(": installed\n")
    file.write_text("[Unit]\n", "utf-8")
    assert "changed by hand" in shell("service", "status", home=home).stdout
    assert shell("service", "uninstall", home=home).stdout.endswith(": uninstalled\n")
    assert not file.exists()
    assert shell("service", "uninstall", home=home).code == 3

"""What only a real process shows: pipes, streams, terminals, signals."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import pytest

from modelshelf.registry import create_registry
from tests.doors.story import write_model

posix = pytest.mark.skipif(os.name != "posix", reason="terminals and signals of POSIX")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a registry of two versions, in a home of its own."""
    folder = tmp_path_factory.mktemp("home")
    with create_registry(folder / "registry", actor="ana") as registry:
        for number in (1, 2):
            file = folder / f"{number}.safetensors"
            write_model(file, number)
            registry.versions.register("churn", file, tags={"ort": "Köln 模型"})
    return folder


def environment(home: Path, **more: str) -> dict[str, str]:
    """Return the variables of somebody who has set nothing."""
    kept = {
        k: v for k, v in os.environ.items() if not k.startswith(("MODELSHELF", "COLUMNS", "NO_C"))
    }
    places = dict.fromkeys(
        ("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME"), str(home)
    )
    return kept | places | {"MODELSHELF_REGISTRY": str(home / "registry"), "TERM": "xterm"} | more


def command(*words: str) -> list[str]:
    """Return the command line of a fresh process."""
    return [sys.executable, "-m", "modelshelf", *words]


def call(
    home: Path, *words: str, env: Mapping[str, str] | None = None, behind: str = ""
) -> subprocess.CompletedProcess[str]:
    """Run a command to its end; `behind` leads its streams elsewhere, as a shell does."""
    line = ["sh", "-c", f'"$@" {behind}', "sh", *command(*words)] if behind else command(*words)
    return subprocess.run(
        line,
        env=environment(home, **(env or {})),
        cwd=home,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        timeout=60,
    )


@posix
def test_a_closed_pipe_is_silent(home: Path) -> None:
    """`modelshelf list | head` says nothing when head has seen enough."""
    done = call(home, "list", behind="| :")
    assert (done.stdout, done.stderr) == ("", "")
    read, write = os.pipe()
    os.close(read)
    ended = subprocess.run(
        command("list"), env=environment(home), stdout=write, stderr=subprocess.PIPE, check=False
    )
    os.close(write)
    assert (ended.returncode, ended.stderr) == (141, b"")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no full device here")
def test_a_full_disk_is_a_sentence(home: Path) -> None:
    """An answer that could not be written is no success."""
    done = call(home, "list", behind="> /dev/full")
    assert done.returncode == 7
    assert done.stderr.startswith("modelshelf: ")
    assert len(done.stderr.splitlines()) == 1


@posix
@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&-", ">&- 2>&- <&-"])
def test_a_closed_stream_is_no_bug(closed: str, home: Path) -> None:
    """Whatever of the three streams is missing, the command does its work."""
    done = call(home, "list", behind=closed)
    assert done.returncode == 0
    assert "Traceback" not in done.stderr + done.stdout


def test_a_locale_without_letters_still_prints(home: Path) -> None:
    """What an ASCII terminal cannot show is escaped and does not end the command."""
    ascii_only = {"LC_ALL": "C", "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    done = call(home, "show", "churn:v1", env=ascii_only)
    assert done.returncode == 0, done.stderr
    assert "K\\xf6ln" in done.stdout


def test_without_a_terminal_there_is_no_app(home: Path) -> None:
    """No arguments in a pipe: a sentence that points at the commands, and 2."""
    done = call(home)
    assert (done.returncode, done.stdout) == (2, "")
    assert "modelshelf list" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_the_version_is_one_line(home: Path) -> None:
    """The name and the number, and nothing that needs a registry."""
    done = call(home, "--version", env={"MODELSHELF_REGISTRY": "/nowhere"})
    assert done.returncode == 0
    assert done.stdout.startswith("modelshelf ")


@posix
def test_a_name_that_is_not_utf8_is_a_sentence(home: Path) -> None:
    """Bytes that no encoding knows can be typed, and are shown as what they are."""
    done = call(home, "show", os.fsdecode(b"ch\xffurn"))
    assert done.returncode == 2
    assert "\\xff" in done.stderr


@posix
def test_the_watcher_ends_by_a_signal(home: Path) -> None:
    """SIGINT ends it with 130, whoever asked, without a traceback."""
    env = environment(home)
    with subprocess.Popen(
        command("watch"),
        env=env,
        cwd=home,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as watcher:
        assert watcher.stdout is not None
        assert watcher.stdout.readline().startswith("watching ")
        watcher.send_signal(signal.SIGINT)
        _out, err = watcher.communicate(timeout=30)
    assert watcher.returncode == 130
    assert "Traceback" not in err


def at_terminal(home: Path, *words: str, typed: str = "", **more: str) -> tuple[int, str]:
    """Run a command at a terminal of 60 columns; return its exit code and what it showed."""
    pty = pytest.importorskip("pty")
    termios = pytest.importorskip("termios")
    master, slave = pty.openpty()
    termios.tcsetwinsize(slave, (24, 60))
    with subprocess.Popen(
        command(*words), env=environment(home, **more), cwd=home, stdin=slave, stdout=slave,
        stderr=slave, start_new_session=True,
    ) as process:  # fmt: skip
        os.close(slave)
        os.write(master, typed.encode())
        seen = b""
        until = time.monotonic() + 30
        while time.monotonic() < until:
            try:
                piece = os.read(master, 65_536)
            except OSError:
                break
            if not piece:
                break
            seen += piece
        code = process.wait(timeout=30)
    os.close(master)
    return code, seen.decode("utf-8", "replace")


@posix
def test_a_terminal_gets_tones_and_lines_that_fit(home: Path) -> None:
    """Bold and colour, and no line beyond the edge; NO_COLOR and --no-color take them away."""
    code, seen = at_terminal(home, "list", "churn")
    assert code == 0
    assert "\x1b[1mv2\x1b[0m" in seen
    for plain in ({"NO_COLOR": "1"}, {"TERM": "dumb"}):
        _code, seen = at_terminal(home, "list", "churn", **plain)
        assert "\x1b" not in seen
        assert all(len(line) <= 60 for line in seen.splitlines())
    assert "\x1b" not in at_terminal(home, "list", "churn", "--no-color")[1]


@posix
@pytest.mark.parametrize(("typed", "code"), [("y\n", 0), ("n\n", 5), ("\n", 5), ("\x04", 5)])
def test_a_question_is_asked_at_a_terminal(typed: str, code: int, home: Path) -> None:
    """Only a yes goes on; an empty line and the end of input are a no."""
    stage = "production" if typed == "y\n" else "staging"
    ended, seen = at_terminal(home, "promote", "churn:v1", stage, "--reason", "x", typed=typed)
    assert ended == code
    assert f"Give {stage} of churn to churn:v1? [y/N]" in seen


@posix
def test_a_dumb_terminal_is_pointed_at_the_commands(home: Path) -> None:
    """A terminal that cannot place text gets a sentence, and not an app."""
    code, seen = at_terminal(home, TERM="dumb")
    assert code == 2
    assert "modelshelf list" in seen

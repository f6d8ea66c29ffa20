"""The app in a real terminal: signals, a crash, and what is no terminal."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import IO

import pytest

from tests.tui.scene import Scene

if sys.platform == "win32":
    pytest.skip("a pseudo-terminal needs POSIX", allow_module_level=True)

import fcntl
import pty
import struct
import termios

ENTERED = b"\x1b[?1049h"
LEFT = b"\x1b[?1049l"
MOUSE_ON = b"\x1b[?1000h"
MOUSE_OFF = b"\x1b[?1000l"
TRUECOLOR, OF_256 = b"8;2;", b"8;5;"
_PATIENCE = 30.0
_NOT_KEPT = ("MODELSHELF_", "COLORTERM", "NO_COLOR", "TEXTUAL", "LC_", "LANG", "TERM_PROGRAM")

RUN = "import sys; from pathlib import Path; from modelshelf.tui.run import run; "
APP = RUN + "sys.exit(run(Path(sys.argv[1]), actor='ana', watch=False))"
READY = b"Dashboard"
CRASHING = (
    RUN
    + "from modelshelf.tui.screens.models import ModelsScreen\n"
    + "def boom(self):\n    secret = 'planted-secret'\n    raise RuntimeError(secret)\n"
    + "ModelsScreen.action_copy = boom\n"
    + "sys.exit(run(Path(sys.argv[1]), actor='ana', watch=False))"
)


class Terminal:
    """A program in a pseudo-terminal of 100 × 30, and what it has written."""

    def __init__(
        self, code: str, scene: Scene, home: Path, errors: IO[bytes] | None = None, /, **more: str
    ) -> None:
        """Start it with more in its environment, and its errors sent elsewhere if that is asked."""
        self.written = b""
        self._leader, follower = pty.openpty()
        fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", 30, 100, 0, 0))
        kept = {k: v for k, v in os.environ.items() if not k.startswith(_NOT_KEPT)}
        homes = {"HOME": str(home), "XDG_STATE_HOME": str(home / "state")}
        homes |= {"XDG_CONFIG_HOME": str(home / "config"), "TERM": "xterm-256color"}
        self.process = subprocess.Popen(
            [sys.executable, "-c", code, str(scene.folder)],
            stdin=follower,
            stdout=follower,
            stderr=errors or follower,
            env=kept | homes | more,
            start_new_session=True,
        )
        os.close(follower)
        os.set_blocking(self._leader, False)

    def wait_for(self, wanted: bytes) -> None:
        """Wait until it has written something."""
        until = time.monotonic() + _PATIENCE
        while wanted not in self.written and time.monotonic() < until:
            self._read()
        assert wanted in self.written

    def press(self, keys: bytes) -> None:
        """Press keys."""
        os.write(self._leader, keys)

    def hang_up(self) -> None:
        """Close the terminal; the program has no part in it that a signal would come from."""
        os.close(self._leader)

    def end(self) -> int:
        """Wait until it has ended, and return its exit code."""
        until = time.monotonic() + _PATIENCE
        while self.process.poll() is None and time.monotonic() < until:
            self._read()
        self._read()
        os.close(self._leader)
        code = self.process.poll()
        if code is None:
            self.process.kill()
        assert code is not None
        return code

    def _read(self) -> None:
        try:
            self.written += os.read(self._leader, 65_536)
        except BlockingIOError:
            time.sleep(0.01)
        except OSError:  # the other end is closed
            time.sleep(0.01)


@pytest.mark.parametrize(("name", "code"), [("SIGTERM", 143), ("SIGHUP", 129)])
def test_a_signal_puts_the_terminal_back(
    scene: Scene, tmp_path: Path, name: str, code: int
) -> None:
    """The alternate screen and the mouse are off again, and the exit code names the signal."""
    terminal = Terminal(APP, scene, tmp_path)
    terminal.wait_for(READY)
    terminal.process.send_signal(getattr(signal, name))
    assert terminal.end() == code
    assert terminal.written.rindex(LEFT) > terminal.written.rindex(ENTERED)
    assert MOUSE_OFF in terminal.written
    (kept,) = (tmp_path / "state" / "modelshelf").glob("app-*.json")
    assert json.loads(kept.read_text(encoding="utf-8"))["app"]["mode"] == "dashboard"


def test_the_app_ends_with_its_terminal(scene: Scene, tmp_path: Path) -> None:
    """A terminal that is closed without a signal does not leave an app behind that spins."""
    terminal = Terminal(APP, scene, tmp_path)
    terminal.wait_for(b"risk/churn")
    terminal.hang_up()
    assert terminal.process.wait(_PATIENCE) == 129


def test_q_leaves_in_good_order(scene: Scene, tmp_path: Path) -> None:
    """The exit code is 0 and nothing is left on the screen."""
    terminal = Terminal(APP, scene, tmp_path)
    terminal.wait_for(READY)
    terminal.press(b"q")
    assert terminal.end() == 0
    assert terminal.written.rindex(LEFT) > terminal.written.rindex(ENTERED)


def test_errors_sent_into_a_file_leave_the_screen_where_it_is(scene: Scene, tmp_path: Path) -> None:
    """What `modelshelf 2> file` draws is on the terminal, and the file stays empty."""
    with (tmp_path / "errors").open("wb") as errors:
        terminal = Terminal(APP, scene, tmp_path, errors)
        terminal.wait_for(READY)
        terminal.press(b"q")
        assert terminal.end() == 0
    assert not (tmp_path / "errors").read_bytes()


def test_a_crash_is_one_sentence(scene: Scene, tmp_path: Path) -> None:
    """Exit code 1, the terminal restored, no traceback and no value on it; a report is written."""
    terminal = Terminal(CRASHING, scene, tmp_path, SECRET="planted-environment")  # noqa: S106
    terminal.wait_for(READY)
    terminal.press(b"2")
    terminal.wait_for(b"reviews-tiny")
    terminal.press(b"y")
    assert terminal.end() == 1
    said = terminal.written[terminal.written.rindex(LEFT) :]
    assert b"Modelshelf failed (RuntimeError)" in said
    assert b"Traceback" not in said
    assert b"planted-secret" not in terminal.written
    (report,) = (tmp_path / "state" / "modelshelf").glob("crash-*.txt")
    told = report.read_text(encoding="utf-8").replace("'planted-secret'", "")
    assert "planted-secret" not in told
    assert str(scene.folder) not in told
    assert str(tmp_path) not in told
    assert "planted-environment" not in told


@pytest.mark.parametrize("term", ["linux", "xterm"])
def test_sixteen_colours_are_enough(scene: Scene, tmp_path: Path, term: str) -> None:
    """A terminal that says no more of itself gets no colour beyond the sixteen."""
    terminal = Terminal(APP, scene, tmp_path, TERM=term)
    terminal.wait_for(READY)
    terminal.press(b"q")
    assert terminal.end() == 0
    assert TRUECOLOR not in terminal.written
    assert OF_256 not in terminal.written


def test_no_colour_is_no_colour(scene: Scene, tmp_path: Path) -> None:
    """NO_COLOR leaves grey: the three parts of every colour are the same."""
    terminal = Terminal(APP, scene, tmp_path, NO_COLOR="1", COLORTERM="truecolor")
    terminal.wait_for(READY)
    terminal.press(b"q")
    assert terminal.end() == 0
    found = re.findall(rb"8;2;(\d+);(\d+);(\d+)", terminal.written)
    assert found
    assert {one for one in found if len(set(one)) != 1} == set()


@pytest.mark.parametrize(
    "environment", [{"MODELSHELF_ASCII": "1"}, {"LC_ALL": "C"}], ids=["asked for", "by the locale"]
)
def test_a_terminal_without_utf_8_gets_ascii(
    scene: Scene, tmp_path: Path, environment: dict[str, str]
) -> None:
    """Not one byte that such a terminal could not draw is written."""
    terminal = Terminal(APP, scene, tmp_path, **environment)
    terminal.wait_for(READY)
    terminal.press(b"2")
    terminal.wait_for(b"reviews-tiny")
    terminal.press(b"q")
    assert terminal.end() == 0
    assert {byte for byte in terminal.written if byte > 0x7F} == set()


def test_settings_are_taken_and_mistakes_do_not_stop_it(scene: Scene, tmp_path: Path) -> None:
    """The mouse is left alone when it is not wanted; what is wrong is counted on the screen."""
    settings = tmp_path / "config" / "modelshelf" / "config.toml"
    settings.parent.mkdir(parents=True)
    settings.write_text('mouse = false\n[keys]\n"app.quit" = "Q"\n"app.qiut" = "x"\n', "utf-8")
    terminal = Terminal(APP, scene, tmp_path)
    terminal.wait_for(b"1 mistake")
    terminal.press(b"Q")
    assert terminal.end() == 0
    assert MOUSE_ON not in terminal.written


@pytest.mark.parametrize("term", ["dumb", "xterm"])
def test_without_a_terminal_it_says_so_and_ends(scene: Scene, tmp_path: Path, term: str) -> None:
    """In a pipe, or on a terminal that cannot draw, it does not wait for keys that never come."""
    done = subprocess.run(
        [sys.executable, "-c", APP, str(scene.folder)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        env=os.environ | {"TERM": term, "HOME": str(tmp_path)},
        timeout=_PATIENCE,
        check=False,
    )
    assert done.returncode == 2
    assert b"needs a terminal" in done.stderr
    assert done.stdout == b""

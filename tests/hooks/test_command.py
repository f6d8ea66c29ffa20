"""Commands that the policy names: what they are given, what of them is kept, and that they end."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

import pytest

from modelshelf.hooks import command
from modelshelf.hooks.command import Ran, environment, run_command

posix = pytest.mark.skipif(sys.platform == "win32", reason="groups of processes, signals and modes")
fcntl = pytest.importorskip("fcntl")

# Holds the lock of the file named first for as long as it lives, and says so.
_HOLD = """
import fcntl, sys, time
held = open(sys.argv[1], "w")
fcntl.flock(held, fcntl.LOCK_EX)
print("held", flush=True)
time.sleep(600)
"""
# Starts another that holds the lock, waits until it does, then does as it is told.
_START = f"""
import signal, subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", {_HOLD!r}, sys.argv[1]], stdout=subprocess.PIPE)
child.stdout.readline()
print("started", flush=True)
open(sys.argv[1] + ".ready", "w").close()
"""


def run(tmp_path: Path, code: str, *words: str, timeout: float = 20.0, **more: object) -> Ran:
    """Run a little program."""
    argv = [sys.executable, "-c", code, *words]
    given = {"env": {}, "cwd": tmp_path, "timeout": timeout, **more}
    return run_command(argv, **given)  # type: ignore[arg-type]  # keywords of run_command


@pytest.fixture(autouse=True)
def short_grace(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give a command that will not end a moment only."""
    monkeypatch.setattr(command, "_GRACE", 0.1)


def ready(lock: Path) -> bool:
    """Whether the program has got as far as to be stopped."""
    return lock.with_name(lock.name + ".ready").exists()


def is_free(lock: Path) -> bool:
    """Whether nobody holds the lock of a file any more."""
    with lock.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
    return True


def test_output_and_errors_are_kept_as_they_came(tmp_path: Path) -> None:
    """Both streams are one text in their order, and the exit code is the program's."""
    code = "import os; os.write(1, b'one '); os.write(2, b'two '); os.write(1, b'three'); exit(3)"
    ran = run(tmp_path, code)
    assert (ran.exit_code, ran.output, ran.cut, ran.why) == (3, b"one two three", False, "")
    assert not ran.passed


def test_only_zero_passes(tmp_path: Path) -> None:
    """A program that ends with 0 has passed."""
    assert run(tmp_path, "").passed
    assert not run(tmp_path, "exit(1)").passed


def test_what_is_given_is_read_to_its_end(tmp_path: Path) -> None:
    """The program reads what it is given, more than a pipe holds, and then the end."""
    ran = run(tmp_path, "import sys; print(len(sys.stdin.buffer.read()))", stdin=b"x" * 300_000)
    assert ran.output.strip() == b"300000"


def test_nothing_is_given_by_default(tmp_path: Path) -> None:
    """A program that reads what nobody gives it is not kept waiting."""
    assert run(tmp_path, "import sys; print(sys.stdin.read())").output.strip() == b""


def test_what_is_given_need_not_be_read(tmp_path: Path) -> None:
    """A program that ends without reading is no failure."""
    assert run(tmp_path, "import os; os.close(0)", stdin=b"x" * 1_000_000).passed


def test_words_reach_the_program_as_they_are(tmp_path: Path) -> None:
    """No shell reads the words."""
    words = ["$HOME", "a b", "; touch x", "*", "`id`", "--", "é\n"]
    ran = run(tmp_path, "import sys; print(ascii(sys.argv[1:]))", *words)
    assert ran.output.decode().strip() == ascii(words)
    assert list(tmp_path.iterdir()) == []


def test_it_runs_where_it_is_told(tmp_path: Path) -> None:
    """The folder is the one named, and a relative program is looked for there."""
    ran = run(tmp_path, "import os; print(os.getcwd())")
    assert Path(ran.output.decode().strip()) == tmp_path.resolve()


@posix
def test_a_relative_program_is_looked_for_in_that_folder(tmp_path: Path) -> None:
    """``./deploy.sh`` is the one of the folder it runs in."""
    script = tmp_path / "deploy.sh"
    script.write_text("#!/bin/sh\necho deployed $1\n", "utf-8")
    script.chmod(0o755)
    ran = run_command(["./deploy.sh", "it"], timeout=20, env={}, cwd=tmp_path)
    assert (ran.exit_code, ran.output) == (0, b"deployed it\n")


def test_the_environment_is_a_base_and_what_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A secret of ours stays ours unless it is named."""
    monkeypatch.setenv("MY_TOKEN", "secret")
    code = "import os; print(*sorted(os.environ))"
    names = set(run(tmp_path, code, env={"GIVEN": "1"}).output.decode().split())
    assert "GIVEN" in names
    assert "PATH" in names
    assert "MY_TOKEN" not in names
    assert "MY_TOKEN" in environment(["MY_TOKEN", "NOBODY_SET_THIS"])


def test_python_is_found_where_the_system_has_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Our own interpreter's folder stands last on the PATH, after the person's own."""
    monkeypatch.setenv("PATH", str(tmp_path))
    assert environment()["PATH"].split(os.pathsep) == [
        str(tmp_path),
        str(Path(sys.executable).parent),
    ]


@posix
def test_the_umask_stays(tmp_path: Path) -> None:
    """What a command writes has the rights that the person's own files have."""
    before = os.umask(0o027)
    try:
        ran = run(tmp_path, "import os; print(oct(os.umask(0)))")
    finally:
        os.umask(before)
    assert ran.output.strip() == b"0o27"


def test_a_flood_is_cut_in_the_middle(tmp_path: Path) -> None:
    """Of a long output the beginning and the end are kept, and it is said how much is missing."""
    code = "import sys; sys.stdout.write('A' * 500_000 + 'B' * 500_000)"
    ran = run(tmp_path, code, output_most=1_000)
    assert ran.cut
    assert ran.passed
    assert ran.output == b"A" * 500 + b"\n[999,000 bytes left out]\n" + b"B" * 500


def test_exactly_as_much_as_is_kept_is_whole(tmp_path: Path) -> None:
    """The limit itself is not cut."""
    ran = run(tmp_path, "print('x' * 999)", output_most=1_000)
    assert (ran.cut, len(ran.output)) == (False, 1_000)


def test_an_endless_flood_ends_with_the_time(tmp_path: Path) -> None:
    """A program that writes for ever takes no memory and is stopped."""
    lock = tmp_path / "lock"
    code = "import sys\nwhile True: print('y' * 10_000); open(sys.argv[1] + '.ready', 'w').close()"
    ran = run(tmp_path, code, str(lock), output_most=100, stopping=lambda: ready(lock))
    assert ran.exit_code is None
    assert ran.cut
    assert len(ran.output) < 200


def test_standard_output_may_go_to_a_file(tmp_path: Path) -> None:
    """The file takes all of it, what is kept is what was said aside, and its limit stands."""
    code = "import sys; print('a' * 5_000); sys.stderr.write('w' * 9_000); sys.exit(3)"
    with (tmp_path / "answers").open("w+b") as file:
        ran = run(tmp_path, code, output_most=1_000, stdout=file)
        assert file.seek(0) == 0
        assert file.read().strip() == b"a" * 5_000
    assert (ran.exit_code, ran.cut) == (3, True)
    assert ran.output == b"w" * 500 + b"\n[8,000 bytes left out]\n" + b"w" * 500


@pytest.mark.parametrize("rest", ["", "signal.signal(signal.SIGTERM, signal.SIG_IGN);"])
def test_with_a_file_too_it_is_stopped_and_nothing_is_left(tmp_path: Path, rest: str) -> None:
    """Time and group are those of any command, also when it closes what is read of it."""
    lock = tmp_path / "lock"
    code = f"{_START}{rest}import os; os.close(2); time.sleep(600)"
    with (tmp_path / "answers").open("w+b") as file:
        ran = run(tmp_path, code, str(lock), stdout=file, stopping=lambda: ready(lock))
        assert file.seek(0) == 0
        assert file.read() == b"started\n"
    assert ran.exit_code is None
    assert ran.why == "stopped, as was asked"
    assert is_free(lock)


def test_raw_bytes_are_kept(tmp_path: Path) -> None:
    """What is written is evidence: no byte of it is changed."""
    ran = run(tmp_path, r"import os; os.write(1, b'\x1b[31m\xff\x00\r\n')")
    assert ran.output == b"\x1b[31m\xff\x00\r\n"


def test_a_time_limit_stops_it(tmp_path: Path) -> None:
    """A program that takes too long has no exit code, and it is said why."""
    ran = run(tmp_path, "import time; time.sleep(600)", timeout=0.1)
    assert (ran.exit_code, ran.why) == (None, "stopped after 0.1 s")
    assert not ran.passed


@posix
def test_it_is_asked_to_end_before_it_is_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A program has a moment to clean up when its time is over."""
    monkeypatch.setattr(command, "_GRACE", 20.0)
    lock = tmp_path / "lock"
    code = (
        "import signal, sys, time\n"
        "def end(*_): print('cleaned', flush=True); raise SystemExit(0)\n"
        "signal.signal(signal.SIGTERM, end); open(sys.argv[1] + '.ready', 'w').close()\n"
        "time.sleep(600)"
    )
    ran = run(tmp_path, code, str(lock), stopping=lambda: ready(lock))
    assert (ran.exit_code, ran.output) == (None, b"cleaned\n")


@posix
@pytest.mark.parametrize("rest", ["", "time.sleep(600)", "raise SystemExit(4)"])
def test_nothing_that_it_started_is_left(tmp_path: Path, rest: str) -> None:
    """Whether it ends or is stopped, what it started ends too."""
    lock = tmp_path / "lock"
    stops = bool(rest) and "sleep" in rest
    ran = run(tmp_path, _START + rest, str(lock), stopping=lambda: stops and ready(lock))
    assert ran.output == b"started\n"
    assert is_free(lock)


@posix
def test_what_will_not_end_is_ended(tmp_path: Path) -> None:
    """A program that ignores being asked is killed, and what it started as well."""
    lock = tmp_path / "lock"
    ignoring = "signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)"
    code = ignoring.replace("; time", "; open(sys.argv[1] + '.ready', 'w').close(); time")
    start = _START.replace(".ready", ".started")
    ran = run(tmp_path, start + code, str(lock), stopping=lambda: ready(lock))
    assert ran.exit_code is None
    assert is_free(lock)


@posix
def test_an_interrupted_caller_leaves_nothing(tmp_path: Path) -> None:
    """When the person gives up, the command and what it started end."""
    lock = tmp_path / "lock"

    def give_up() -> bool:
        if ready(lock):
            raise KeyboardInterrupt
        return False

    with pytest.raises(KeyboardInterrupt):
        run(tmp_path, _START + "time.sleep(600)", str(lock), stopping=give_up)
    assert is_free(lock)


def test_it_is_stopped_when_that_is_asked(tmp_path: Path) -> None:
    """Whoever has to leave can stop it before its time."""
    ran = run(tmp_path, "import time; time.sleep(600)", stopping=lambda: True)
    assert (ran.exit_code, ran.why) == (None, "stopped, as was asked")


@posix
def test_a_signal_is_named(tmp_path: Path) -> None:
    """A program that crashes has ended by a signal, and it is said by which."""
    ran = run(tmp_path, "import os, signal; os.kill(os.getpid(), signal.SIGSEGV)")
    assert (ran.exit_code, ran.why, ran.passed) == (-11, "ended by SIGSEGV", False)


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["no-such-program"], "there is no program 'no-such-program'"),
        (["./not-there"], "there is no program './not-there'"),
        ([], "cannot be run: no program is named"),
        (["a\0b"], r"'a\x00b' cannot be run: embedded null byte"),
        ([sys.executable, "\ud800"], "cannot be run"),
        (["\x1b[31m"], r"there is no program '\x1b[31m'"),
    ],
)
def test_what_cannot_be_started_is_said(tmp_path: Path, argv: list[str], said: str) -> None:
    """There is a sentence and no traceback, and no escape sequence of a name's reaches anybody."""
    ran = run_command(argv, timeout=20, env={}, cwd=tmp_path)
    assert ran.exit_code is None
    assert said in ran.why.replace("\\\\", "\\")
    assert "\x1b" not in ran.why


@posix
def test_a_file_that_may_not_be_run_is_said(tmp_path: Path) -> None:
    """A script without the right to be run, and one that no system can read."""
    (tmp_path / "script.sh").write_text("echo", "utf-8")
    ran = run_command(["./script.sh"], timeout=20, env={}, cwd=tmp_path)
    assert ran.why == "'./script.sh' may not be run"
    (tmp_path / "script.sh").chmod(0o755)
    ran = run_command(["./script.sh"], timeout=20, env={}, cwd=tmp_path)
    assert ran.why == "'./script.sh' cannot be run: Exec format error"


def test_a_folder_that_is_gone_is_said(tmp_path: Path) -> None:
    """Where it should run is told apart from what should run."""
    gone = tmp_path / "gone"
    ran = run_command([sys.executable, "-c", ""], timeout=20, env={}, cwd=gone)
    assert ran.why.startswith("there is no folder")


@posix
def test_who_cannot_be_ended_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What runs with other rights, as by sudo, takes no signal; the hooks behind it go on."""
    groups: list[int] = []

    def refused(group: int, _number: int) -> None:
        groups.append(group)
        raise PermissionError

    end = os.killpg
    monkeypatch.setattr(os, "killpg", refused)
    try:
        ran = run(tmp_path, "import time; time.sleep(600)", timeout=0.1)
    finally:
        end(groups[0], signal.SIGKILL)
    assert (ran.exit_code, ran.passed) == (None, False)
    assert ran.why == "stopped after 0.1 s, and could not be ended"

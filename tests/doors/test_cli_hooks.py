"""`hooks` at the command line, and the watcher that tells them beside its sweeps."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from modelshelf.registry import Registry, open_registry
from modelshelf.watcher import Deliverer, run, told
from tests.doors.calls import Shell
from tests.doors.watched import drop, wait_for, watching
from tests.furnished import model_file
from tests.registry.drops import weights

TELL = '[[hooks]]\nname = "tell"\nrun = ["sh", "-c", "cat >> told"]\n'
BAD = '[[hooks]]\nname = "bad"\non = ["model.*"]\nrun = ["sh", "-c", "echo no; exit 3"]\n'


@pytest.fixture
def root(registry: Registry) -> Path:
    """Return the folder of a registry with two hooks, of which one fails."""
    set_policy(registry.path, TELL + BAD)
    return registry.path


def set_policy(root: Path, text: str) -> None:
    """Write a policy."""
    (root / "modelshelf.toml").write_text(text, "utf-8")


def heard(root: Path) -> list[str]:
    """Return the events that the hook was told."""
    file = root / "told"
    text = file.read_text("utf-8") if file.exists() else ""
    return [json.loads(line)["data"]["event"] for line in text.split("\n") if line]


@pytest.fixture
def story(shell: Shell, root: Path, model: Path) -> Path:
    """Register a version."""
    assert shell("register", "churn", model).code == 0
    return root


def test_a_registry_without_hooks(shell: Shell) -> None:
    """It says so, and there is nothing to do."""
    assert shell("hooks").stderr == "The policy has no hooks.\n"
    assert shell("hooks", "log").stderr == "There are no such deliveries.\n"
    assert shell("hooks", "deliver").code == 0


def test_from_list_to_log(shell: Shell, story: Path) -> None:
    """What a person does: look, deliver, look what came of it, have it told again."""
    assert shell.json("hooks")["hooks"][0]["told"] == "sh -c 'cat >> told'"
    done = shell("hooks", "deliver")
    assert done.code == 7
    assert done.stdout.startswith("2 told, 0 given up, 1 waiting, next at ")
    assert "hook tell was told version.registered (entry 4)" in done.stderr
    assert "hook bad was not told model.created (entry 3), again at " in done.stderr
    assert heard(story) == ["model.created", "version.registered"]
    table = shell("hooks").stdout.split("\n")
    assert table[0].split()[:3] == ["hook", "told", "of"]
    assert "ended with 3: no" in table[2]
    assert "ended with 3: no" in shell("hooks", "log", "--hook", "bad").stdout
    (waiting,) = shell.json("hooks", "log", "--state", "pending")["deliveries"]
    assert (waiting["hook"], waiting["seq"], waiting["attempts"]) == ("bad", 3, 1)
    assert shell("hooks", "replay", "1").stderr.startswith("1 event will be told again")
    assert shell("hooks", "replay", "tell", "--since", "3").stdout == "2\n"
    shell("hooks", "deliver")
    assert heard(story) == ["model.created", "version.registered"] * 2


def test_a_test_event(shell: Shell, story: Path) -> None:
    """What the hook said, and an exit code that a script can tell."""
    assert shell("hooks", "test", "tell").stdout == "ended with 0\n"
    assert heard(story) == ["test"]
    failed = shell("hooks", "test", "bad")
    assert (failed.code, failed.stdout) == (7, "ended with 3: no\n")
    assert shell("hooks", "test", "nowhere").code == 3


@pytest.mark.parametrize(
    "words",
    [("replay",), ("replay", "x"), ("replay", "1", "2"), ("test",), ("replay", "\x1b[31m")],
)
def test_what_is_not_understood(shell: Shell, story: Path, words: tuple[str, ...]) -> None:
    """It is refused with a word of help, and harmlessly."""
    done = shell("hooks", *words)
    assert done.code == 2
    assert "\x1b" not in done.stderr
    assert heard(story) == []


def test_another_one_delivers(shell: Shell, story: Path) -> None:
    """Then nothing is done, and that is no failure."""
    from filelock import FileLock

    with FileLock(story / "hooks.lock"):
        done = shell("hooks", "deliver")
    assert done.code == 0
    assert "Nothing was done: another process delivers." in done.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="signals are other ones there")
def test_forever_ends_with_a_signal(story: Path) -> None:
    """What is recorded meanwhile is told, and each attempt is a line."""
    words = [sys.executable, "-m", "modelshelf", "-R", str(story), "hooks", "deliver", "--forever"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:
        wait_for(lambda: len(heard(story)) == 2, seconds=30)
        process.send_signal(signal.SIGTERM)
        said = process.communicate(timeout=30)[0]
    assert process.returncode == 128 + signal.SIGTERM
    assert "hook tell was told version.registered (entry 4)\n" in said


def opening(root: Path) -> Callable[[], Registry]:
    """Return what opens the registry."""
    return partial(open_registry, root, actor="ana")


class TestDeliverer:
    def test_it_tells_what_is_recorded(self, story: Path) -> None:
        """Soon, by other processes too; then it ends."""
        lines: list[str] = []
        with Deliverer(opening(story), lines.append, check=0.02), opening(story)() as writer:
            wait_for(lambda: len(heard(story)) == 2)
            writer.models.tag("churn", set={"a": "b"})
            wait_for(lambda: len(heard(story)) == 3)
        assert "hook tell was told model.tagged (entry 5)" in lines
        assert not [t for t in threading.enumerate() if t.name == "modelshelf-deliverer"]

    def test_a_policy_that_changes_is_followed(self, story: Path) -> None:
        """Also through a mistake."""
        lines: list[str] = []
        with Deliverer(opening(story), lines.append, check=0.02):
            wait_for(lambda: len(heard(story)) == 2)
            set_policy(story, TELL.replace("told", "new").replace("tell", "new"))
            with opening(story)() as writer:
                writer.models.tag("churn", set={"a": "b"})
            wait_for((story / "new").exists)
        assert len(heard(story)) == 2

    def test_trouble_is_told_once(self, root: Path) -> None:
        """And it goes on when it is over."""
        lines: list[str] = []
        set_policy(root, "[[hooks")
        with Deliverer(opening(root), lines.append, check=0.01):
            wait_for(lambda: lines)
            time.sleep(0.05)
            assert len(lines) == 1
            assert lines[0].startswith("hooks are not told: ")
            set_policy(root, TELL)
            wait_for(lambda: "hooks are told again" in lines)

    def test_two_of_them(self, story: Path) -> None:
        """One delivers, the other takes over when it ends."""
        first = Deliverer(opening(story), lambda _line: None, check=0.01)
        with Deliverer(opening(story), lambda _line: None, check=0.01):
            first.start()
            wait_for(lambda: len(heard(story)) == 2)
            first.stop()
            with opening(story)() as writer:
                writer.models.tag("churn", set={"a": "b"})
            wait_for(lambda: len(heard(story)) == 3)
        assert heard(story) == ["model.created", "version.registered", "model.tagged"]

    def test_a_slow_hook_is_stopped_at_the_end(self, root: Path) -> None:
        """Its event is told again next time, with all its attempts."""
        set_policy(root, '[[hooks]]\nname = "slow"\nrun = ["sh", "-c", "touch slow; sleep 60"]\n')
        with opening(root)() as writer, Deliverer(opening(root), lambda _l: None, check=0.01):
            writer.versions.register("churn", model_file(root.parent, 1))
            wait_for((root / "slow").exists)
        with opening(root)() as after:
            assert {(d.state, d.attempts) for d in after.hooks.deliveries()} == {("pending", 0)}


class TestWatching:
    @pytest.fixture(autouse=True)
    def _soon(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Look again at once."""
        from modelshelf.registry.drops import finishing

        monkeypatch.setattr(finishing, "_LOOK_AGAIN_S", 0.0)

    def test_once(self, root: Path) -> None:
        """What was taken in is told at the end."""
        rule = '[[drop_folders]]\npath = "inbox"\nsettle = 0.05\n'
        set_policy(root, rule + TELL)
        drop(root)
        lines: list[str] = []
        assert run(root, once=True, log=lines.append, stop=threading.Event()) == 0
        assert heard(root) == ["model.created", "version.registered"]
        assert lines[-1] == "hook tell was told version.registered (entry 4)"

    def test_a_slow_hook_does_not_delay_the_intake(self, root: Path) -> None:
        """Sweeps go on while it is told."""
        rule = '[[drop_folders]]\npath = "inbox"\nsettle = 0.05\n'
        slow = '[[hooks]]\nname = "slow"\nrun = ["sh", "-c", "touch slow; sleep 60"]\n'
        set_policy(root, rule + slow)
        with Deliverer(opening(root), lambda _l: None, check=0.01), watching(root) as said:
            drop(root, "one/m.safetensors")
            wait_for((root / "slow").exists)
            drop(root, "two/m.safetensors", weights(2))
            wait_for(lambda: said.taken()["m.safetensors"] == 2)


def test_lines_are_harmless(story: Path) -> None:
    """Whatever is in them."""
    from dataclasses import replace

    with opening(story)() as opened:
        opened.hooks.deliver()
        one = opened.hooks.deliveries(limit=1)[0]
    hostile = replace(one, hook="\x1b[31m", said="\u202e\n[/x]", state="failed", attempts=12)
    assert told(hostile) == (
        "hook \\x1b[31m was not told version.registered (entry 4), given up after 12 attempts:"
        " \\u202e⏎[/x]"
    )

"""One hook is told one thing once, and what came of it is said without a secret."""

from __future__ import annotations

import base64
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from modelshelf.domain.deliveries import Outcome
from modelshelf.domain.policy import Hook
from modelshelf.hooks.signing import headers, read_keys
from modelshelf.hooks.telling import shown, tell
from tests.hooks.receiver import receiving

AT = datetime(2026, 3, 1, tzinfo=UTC)
SECRET = "whsec_" + base64.b64encode(b"s" * 32).decode()
SOURCE = "env:HOOK_SECRET"
PYTHON = (sys.executable, "-I", "-S", "-c")


def told(hook: Hook, root: Path, **rules: Any) -> Outcome:  # noqa: ANN401 - as `tell`
    """Tell it something."""
    return tell(hook, "r/1", b'{"a":1}', root=root, at=AT, **rules)


def command(code: str, **settings: Any) -> Hook:  # noqa: ANN401 - any setting
    """Return a hook that runs this Python."""
    return Hook("c", run=(*PYTHON, code), **settings)


class TestCommands:
    def test_it_reads_the_event_and_runs_in_the_registry(self, tmp_path: Path) -> None:
        """One line of JSON; the environment says which registry and which event."""
        code = (
            "import os, sys; open('got', 'w').write(sys.stdin.read() + os.getcwd() + '\\n'"
            " + os.environ['MODELSHELF_REGISTRY'] + os.environ['MODELSHELF_HOOK_ID'])"
        )
        assert told(command(code), tmp_path) == Outcome(delivered=True, said="ended with 0")
        assert (tmp_path / "got").read_text() == f'{{"a":1}}\n{tmp_path}\n{tmp_path}r/1'

    def test_a_failure_says_its_last_line(self, tmp_path: Path) -> None:
        """Fit for any terminal, and not at length."""
        code = "import sys; print('first'); print('no \\x1b[31m' + 'x' * 900 + '\\n'); sys.exit(3)"
        outcome = told(command(code), tmp_path)
        assert not outcome.delivered
        assert outcome.said.startswith("ended with 3: no \\x1b[31mxxx")
        assert len(outcome.said) < 310

    def test_its_secrets_are_not_said(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """It is given the variables that the policy names and no others, and they are hidden."""
        monkeypatch.setenv("TOKEN", "hunter2hunter2")
        monkeypatch.setenv("OTHER_TOKEN", "not yours")
        code = (
            "import os, sys; print(os.environ.get('OTHER_TOKEN'), os.environ['TOKEN'],"
            " 'https://a:b@host.example/x?key=1'); sys.exit(1)"
        )
        outcome = told(command(code, env=("TOKEN", "MISSING")), tmp_path)
        assert outcome.said == "ended with 1: None … https://host.example/x"

    def test_one_that_is_not_there_or_takes_too_long(self, tmp_path: Path) -> None:
        """It is told, and nothing is raised."""
        assert "no program" in told(Hook("c", run=("nowhere-at-all",)), tmp_path).said
        slow = command("import time; time.sleep(60)", timeout=0.2)
        assert told(slow, tmp_path).said == "stopped after 0.2 s"

    def test_one_that_reads_nothing(self, tmp_path: Path) -> None:
        """It need not."""
        big = tell(command("pass"), "r/1", b"x" * 1_000_000, root=tmp_path, at=AT)
        assert big.delivered

    def test_it_can_be_stopped(self, tmp_path: Path) -> None:
        """When whoever delivers ends."""
        over = threading.Event()
        over.set()
        outcome = told(command("import time; time.sleep(60)"), tmp_path, stopping=over.is_set)
        assert not outcome.delivered


class TestWebhooks:
    def test_it_is_signed(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """By the secret, for exactly these bytes and this time."""
        monkeypatch.setenv("HOOK_SECRET", SECRET)
        with receiving() as receiver:
            hook = Hook("w", url=receiver.url, secret=SOURCE, allow_loopback=True)
            assert told(hook, tmp_path) == Outcome(delivered=True, said="answered 204")
        (request,) = receiver.requests
        expected = headers(read_keys(SECRET), "r/1", int(AT.timestamp()), b'{"a":1}')
        assert {k: v for k, v in request.headers.items() if k.startswith("webhook")} == expected
        assert request.headers["content-type"].startswith("application/cloudevents+json")
        assert request.headers["user-agent"].startswith("Modelshelf/")

    @pytest.mark.parametrize(
        ("answer", "said"),
        [
            (b"HTTP/1.1 500 x\r\n\r\nleaked body", "answered 500"),
            (
                b"HTTP/1.1 301 x\r\nLocation: https://elsewhere.example/\r\n\r\n",
                "answered 301, and redirects are not followed",
            ),
        ],
    )
    def test_what_it_answers_is_said_by_its_number(
        self, tmp_path: Path, answer: bytes, said: str
    ) -> None:
        """Of the rest of an answer nothing is kept."""
        with receiving(answer) as receiver:
            hook = Hook("w", url=receiver.url, allow_loopback=True)
            assert told(hook, tmp_path) == Outcome(delivered=False, said=said)
        assert len(receiver.requests) == 1

    def test_it_may_ask_to_be_left_alone(self, tmp_path: Path) -> None:
        """For as long as it says."""
        with receiving(b"HTTP/1.1 429 x\r\nRetry-After: 90\r\n\r\n") as receiver:
            hook = Hook("w", url=receiver.url, allow_loopback=True)
            assert told(hook, tmp_path).wait == 90

    def test_rules_hold_at_every_attempt(self, tmp_path: Path) -> None:
        """Without a word of the policy this machine is not posted to."""
        with receiving() as receiver:
            outcome = told(Hook("w", url=receiver.url), tmp_path)
        assert "is not public" in outcome.said
        assert receiver.requests == []

    def test_a_secret_that_cannot_be_used_stops_it(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Nothing is sent unsigned that should be signed, and the secret is not said."""
        monkeypatch.setenv("HOOK_SECRET", "hunter2hunter2")
        with receiving() as receiver:
            hook = Hook("w", url=receiver.url, secret=SOURCE, allow_loopback=True)
            outcome = told(hook, tmp_path)
        assert not outcome.delivered
        assert "hunter2" not in outcome.said
        assert receiver.requests == []


def test_what_is_shown_of_a_hook() -> None:
    """A command as it is typed; of an address no more than its machine."""
    assert shown(Hook("c", run=("sh", "a b", "\x1b"))) == "sh 'a b' '\\x1b'"
    assert shown(Hook("w", url="https://hooks.example/T0/secret")) == "https://hooks.example"
    assert shown(Hook("w", url="https://ana:pw@hooks.example/")) == "an address that cannot be used"

"""What the page about hooks shows works: its policies, its check of signatures, its scripts."""

from __future__ import annotations

import base64
import json
import re
import subprocess
import sys
import time
import tomllib
from datetime import UTC, datetime
from pathlib import Path
from shutil import which
from typing import Any

import pytest

from modelshelf.domain.policy import Hook, parse_policy
from modelshelf.hooks.signing import headers, read_keys
from modelshelf.hooks.telling import tell
from tests.contracts.tree import ROOT
from tests.hooks.receiver import receiving

PAGE = ROOT / "docs" / "hooks.md"
SECRET = "whsec_" + base64.b64encode(b"s" * 32).decode()
EVENT = {"id": "r/1", "data": {"actor": "ana", "sentence": "gave <it> to v1", "event": "x"}}


def blocks(language: str) -> list[str]:
    """Return the blocks of the page in one language."""
    text = PAGE.read_text("utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


def test_its_policies_can_be_used() -> None:
    """Each alone and all together, with names of their own."""
    policies = blocks("toml")
    assert len(policies) == 6
    assert all(len(parse_policy(tomllib.loads(text)).hooks) == 1 for text in policies)
    assert len(parse_policy(tomllib.loads("\n".join(policies))).hooks) == len(policies)


def test_its_settings_are_those_there_are() -> None:
    """With their defaults."""
    rows = re.findall(r"^\| `(\w+)` \| (.*?) \|", PAGE.read_text("utf-8"), re.MULTILINE)
    settings = dict(rows)
    assert {"name", *settings} == {"name", *Hook.__slots__} - {"key"}
    hook = Hook("k")
    for name in ("timeout", "attempts"):
        assert float(settings[name]) == getattr(hook, name)
    for name in ("on", "models", "allow_loopback"):
        shown = tomllib.loads(f"x = {settings[name].strip('`')}")["x"]
        assert (tuple(shown) if isinstance(shown, list) else shown) == getattr(hook, name)


def test_its_check_of_signatures() -> None:
    """It takes what we sign, and nothing that was changed or is old."""
    names: dict[str, Any] = {}
    exec(blocks("python")[0], names)  # noqa: S102 - the page is ours
    now, body = int(time.time()), b'{"a":1}'
    signed = headers(read_keys(f"{SECRET} {SECRET}"), "r/1", now, body)
    verified = names["verified"]
    assert verified(signed, body, SECRET)
    assert not verified(signed, body + b" ", SECRET)
    assert not verified(headers(read_keys(SECRET), "r/1", now - 900, body), body, SECRET)


def test_its_example_is_an_envelope() -> None:
    """With the fields that we send."""
    (example,) = (json.loads(block) for block in blocks("json"))
    assert example["id"].endswith(f"/{example['data']['seq']}")
    assert example["type"] == f"modelshelf.{example['data']['event']}"


def test_its_chat_script(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It posts the sentence, and nothing in it is read as anything else."""
    (tmp_path / "chat.py").write_text(blocks("python")[1], "utf-8")
    with receiving() as receiver:
        monkeypatch.setenv("CHAT_URL", receiver.url)
        hook = Hook("chat", run=(sys.executable, "chat.py"), env=("CHAT_URL",))
        at = datetime.now(UTC)
        done = tell(hook, "r/1", json.dumps(EVENT).encode(), root=tmp_path, at=at)
    assert done.delivered, done.said
    assert json.loads(receiver.requests[0].body) == {"text": "ana gave &lt;it&gt; to v1"}


@pytest.mark.skipif(which("sh") is None, reason="no shell here")
@pytest.mark.parametrize("script", blocks("sh"), ids=lambda text: text.split("\n")[1][:22])
def test_its_shell_scripts_can_be_read(script: str) -> None:
    """By the shell that runs them."""
    done = subprocess.run(["sh", "-n"], input=script, text=True, check=False, capture_output=True)
    assert (done.returncode, done.stderr) == (0, "")

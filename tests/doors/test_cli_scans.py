"""`scan` looks again and `vouch` lets unknown code be used, at the command line."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest

import modelshelf.formats
from tests.doors.calls import Shell


class Layer:
    """A class that no scanner knows."""


@pytest.fixture
def ours(shell: Shell, tmp_path: Path) -> str:
    """Register a pickle of a class of our own."""
    file = tmp_path / "ours.pkl"
    file.write_bytes(pickle.dumps(Layer()))
    return str(shell.json("register", "ours", file)["version"]["reference"])


def test_a_refused_promotion_names_the_command_that_helps(shell: Shell, ours: str) -> None:
    """Refusal, look, word and promotion, as a person goes through them."""
    refused = shell("promote", ours, "staging", "--reason", "go", "--yes")
    assert refused.code == 5
    assert f"modelshelf vouch {ours}" in refused.stderr
    assert "nobody has vouched" in shell("show", ours).stdout
    vouched = shell("vouch", ours, "--reason", "our own layer")
    assert (vouched.code, vouched.stdout) == (0, f"{__name__}.Layer\n")
    assert "1 global of ours:v1 may be used." in vouched.stderr
    assert shell("promote", ours, "staging", "--reason", "go", "--yes").code == 0
    assert shell("vouch", ours, "--reason", "again").code == 4


def test_nothing_is_scanned_when_no_scanner_changed(shell: Shell, ours: str) -> None:
    """Without a reason there is nothing to do, and with one the version is named."""
    assert shell("scan").stderr == "0 versions scanned, 0 changed.\n"
    assert shell.json("scan", ours, "--dry-run")["scan"]["scanned"] == 1
    assert shell("scan", ours, "--all").code == 2


def test_an_older_scan_is_made_again(
    shell: Shell, ours: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After an update `doctor` tells it and `scan` does it."""
    monkeypatch.setattr(modelshelf.formats, "scanners", lambda: frozenset({"modelshelf 99"}))
    assert shell("scan", "--dry-run").stderr.startswith("1 version scanned, 0 changed; nothing")
    checks = {check["name"]: check for check in shell.json("doctor")["checks"]}
    assert "scan" in checks["scans"]["name"]
    assert ours == "ours:v1"

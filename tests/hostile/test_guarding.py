"""The guards around the corpus notice what they are there for."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.hostile.guarding import in_time, nobody_opens

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells")


def opened(way: str, canary: Path) -> None:
    """Open the canary in one of many ways."""
    if way == "link":
        link = canary.with_name("link")
        link.symlink_to(canary)
        link.read_text()
    elif way == "other process":
        subprocess.run(["/bin/cat", str(canary)], check=True, stdout=subprocess.DEVNULL)
    elif way == "open only":
        os.close(os.open(canary, os.O_RDONLY))
    else:
        canary.read_text()


@pytest.mark.parametrize("way", ["read", "link", "other process", "open only"])
def test_every_opening_of_the_canary_is_noticed(tmp_path: Path, way: str) -> None:
    """By this process or another one, under its name or through a link, read or not."""
    canary = tmp_path / "canary"
    canary.write_text("x")
    with pytest.raises(AssertionError, match="was opened"), nobody_opens(canary):
        opened(way, canary)


def test_looking_at_its_name_is_no_opening(tmp_path: Path) -> None:
    """Its facts and its neighbours may be looked at."""
    canary = tmp_path / "canary"
    canary.write_text("x")
    with nobody_opens(canary):
        assert canary.stat().st_size == len(os.listdir(tmp_path))  # noqa: PTH208 - what a sweep does


def test_what_does_not_end_is_stopped() -> None:
    """However long it would have waited."""
    with pytest.raises(AssertionError, match="more than 1 s"), in_time(1):
        time.sleep(60)

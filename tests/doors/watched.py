"""A registry whose drop folders are watched, for the tests of the watcher."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from modelshelf.domain.intake import SweepReport
from modelshelf.registry import create_registry, open_registry
from modelshelf.watcher import Times, WatchState, watch
from tests.registry.drops import weights

RULE = "settle = 0.05\nsettle_folder = 0.1\n"
FAST = f'[[drop_folders]]\npath = "inbox"\n{RULE}'

QUICK = Times(
    quiet=20, busy=0.2, debounce=0.02, check=0.05, heartbeat=0.1, answer=1.0, verify=0.2, poll=0.05
)  # fmt: skip
"""Times in which everything that goes wrong is noticed at once, and nothing by the quiet round."""


def made(folder: Path, policy: str = FAST) -> Path:
    """Make a registry with this policy in ``folder``; return it."""
    folder.mkdir()
    (folder / "modelshelf.toml").write_text(policy, "utf-8")
    create_registry(folder, actor="ana").close()
    return folder


def drop(root: Path, name: str = "churn/m.safetensors", data: bytes | None = None) -> Path:
    """Write a file into the inbox."""
    file = root / "inbox" / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(weights() if data is None else data)
    return file


def wait_for(happened: Callable[..., object], *given: object, seconds: float = 10.0) -> None:
    """Return as soon as ``happened(*given)`` is true; fail when that does not come."""
    until = time.monotonic() + seconds
    while not happened(*given):
        assert time.monotonic() < until, "it did not happen"
        time.sleep(0.01)


@dataclass
class Watched:
    """What a watcher has said so far."""

    root: Path
    lines: list[str] = field(default_factory=list)
    states: list[WatchState] = field(default_factory=list)
    reports: list[SweepReport] = field(default_factory=list)

    def said(self, words: str) -> bool:
        """Whether a line holds ``words``."""
        return any(words in line for line in self.lines)

    def hows(self) -> list[str]:
        """Return how each folder is watched now."""
        return [folder.how for folder in self.states[-1].folders] if self.states else []

    def taken(self) -> Counter[str]:
        """Return how often each file was taken in."""
        return Counter(
            seen.path.rpartition("/")[2] for report in self.reports for seen in report.taken
        )


@contextmanager
def watching(
    root: Path, times: Times = QUICK, first: Callable[[Watched], object] = lambda said: said.reports
) -> Iterator[Watched]:
    """Watch in a thread; yield what is said, from when ``first`` is true: after the first sweep."""
    said = Watched(root)
    stop = threading.Event()
    thread = threading.Thread(
        target=partial(
            watch,
            partial(open_registry, root),
            log=said.lines.append,
            stop=stop,
            on_report=said.reports.append,
            on_state=said.states.append,
            times=times,
        )
    )
    thread.start()
    try:
        wait_for(lambda: first(said))
        yield said
    finally:
        stop.set()
        thread.join(10)
    assert not thread.is_alive()


def takes(said: Watched, name: str) -> None:
    """Drop a file of its own and wait until it was taken in, once."""
    drop(said.root, f"churn/{name}", weights(sum(name.encode())))
    wait_for(lambda: said.taken()[name])
    assert said.taken()[name] == 1

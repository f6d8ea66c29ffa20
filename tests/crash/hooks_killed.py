"""A deliverer killed at every step, one after the other: ``hooks_killed FOLDER STRIDE FIRST``.

A step is a call of, or a return from, a function that does something lasting. This process forks
for each, so that nothing has to be imported again, and prints what the hooks were told each time.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
import threading
from pathlib import Path
from types import FrameType
from typing import Any

from modelshelf.registry import open_registry

WATCHED = {
    "catalog/audit.py": {"__init__", "finish"},
    "catalog/database.py": {"begin", "write"},
    "hooks/command.py": {"_start", "_watch", "_end"},
    "hooks/telling.py": {"tell"},
    "registry/delivering.py": {"find", "_find", "_deliver", "_attempt", "_told", "_side_by_side"},
    "registry/hooks.py": {"deliver"},
}
"""Files, and the functions in them that do something which outlives the process."""
WHOLE = 1 << 30


class Steps:
    """Counts steps, and ends the process at one of them, as a power cut would."""

    def __init__(self, last: int) -> None:
        """Die at step ``last``."""
        self._left = last
        self.count = 0

    def __call__(self, frame: FrameType, kind: str, _what: Any) -> None:  # noqa: ANN401
        """Count what happens in the files that are watched."""
        code = frame.f_code
        file = "/".join(code.co_filename.split("/")[-2:])
        if kind in ("call", "return") and code.co_name in WATCHED.get(file, ()):
            self.count += 1
            if self.count == self._left:
                os.kill(os.getpid(), signal.SIGKILL)


def deliver(root: Path, last: int) -> str:
    """Deliver until the end or a death; return why nothing was done."""
    steps = Steps(last)
    with open_registry(root, actor="ana") as registry:
        if last != WHOLE:
            threading.setprofile(steps)
            sys.setprofile(steps)
        try:
            return registry.hooks.deliver().note
        finally:
            sys.setprofile(None)
            threading.setprofile(None)


def in_a_fork(root: Path, last: int) -> int:
    """Deliver in a child; return how it ended."""
    child = os.fork()
    if not child:
        deliver(root, last)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def copy(story: Path, to: Path) -> None:
    """Copy a registry without its bytes, which no hook needs."""
    shutil.copytree(story, to, ignore=shutil.ignore_patterns("blobs"))


def main() -> None:
    """Kill a deliverer of a copy of the registry at each of these steps, then let one finish."""
    story, stride, first = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    step, results = first, []
    warm = story.parent / f"warm-{first}"
    copy(story, warm)
    deliver(warm, WHOLE)  # what a delivery imports is imported once, and not in every fork
    while True:
        root = story.parent / f"copy-{step}"
        copy(story, root)
        code = in_a_fork(root, step)
        # A command that was just begun holds the lock of who was killed for an instant.
        while deliver(root, WHOLE):
            pass
        told = {file.name: file.read_text().split() for file in root.glob("told-*")}
        results.append({"step": step, "code": code, "told": told})
        shutil.rmtree(root)
        if code == 0:  # it was over before that step came
            break
        step += stride
    print(json.dumps(results))  # noqa: T201 - the answer


if __name__ == "__main__":
    main()

"""Sweeps one inbox in a process of its own and tells on stdout what became of everything in it.

Run as ``python -m tests.hostile.sweeping FOLDER``. A process of its own, because its memory is
measured, and because the system kills it when for too long nothing happens.
"""

from __future__ import annotations

import json
import resource
import signal
import sys
from pathlib import Path

from modelshelf.domain.intake import Sighting
from modelshelf.formats.worker.shared import shared_worker
from modelshelf.registry import create_registry
from tests.hostile.guarding import MOST_SECONDS
from tests.registry.drops import Clock

_LONG = 120.0  # seconds between two looks: everything that settles has settled by then


def main(root: Path) -> None:
    """Sweep until nothing settles any more."""
    clock = Clock()

    def pause(seconds: float) -> None:
        clock.wait(max(seconds, _LONG) if seconds else 0)

    def tell(_: Sighting) -> None:
        signal.alarm(MOST_SECONDS)

    with create_registry(root, actor="ana", clock=clock) as registry:
        before = _peak(resource.RUSAGE_SELF)
        signal.alarm(MOST_SECONDS)  # nobody catches it: the process ends
        report = registry.intake.sweep(until_still=True, progress=tell, pause=pause)
        signal.alarm(0)
        shared_worker().close()
        kinds = (report.taken, report.same, report.waiting, report.refused, report.ignored)
        told = {
            "sightings": [
                (seen.path, seen.state, seen.reason, seen.reference)
                for lines in kinds
                for seen in lines
            ],
            "whole": registry.audit.verify().whole,
            "grown": _peak(resource.RUSAGE_SELF) - before,
            "child": _peak(resource.RUSAGE_CHILDREN),
        }
    print(json.dumps(told))  # noqa: T201 - how it tells


def _peak(whose: int) -> int:
    return resource.getrusage(whose).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


if __name__ == "__main__":
    main(Path(sys.argv[1]))

"""Plays a scene once for every fault and dies at it; a process of its own, because it kills itself.

    python -m tests.artifacts.crash_child SCENE FOLDER < faults

A line of standard input is ``call nth``; the answer is ``killed``, or ``alive`` if there was no
such call. The n-th scene is played in the folder ``n`` below FOLDER, by a fork, so that Python
starts once.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from tests.artifacts.faults import Fault, machine
from tests.artifacts.scenes import SCENES, Scene, smaller_steps


def main() -> None:
    """Play all faults."""
    scene, folder = SCENES[sys.argv[1]], Path(sys.argv[2])
    smaller_steps()
    for number, line in enumerate(sys.stdin):
        call, nth = line.split()
        root = folder / str(number)
        root.mkdir()
        scene.prepare(root)
        child = os.fork()
        if child == 0:
            _play(scene, root, Fault(call, int(nth), "kill"))
        _, status = os.waitpid(child, 0)
        print("killed" if os.WIFSIGNALED(status) else "alive", flush=True)  # noqa: T201 - the answer


def _play(scene: Scene, root: Path, fault: Fault) -> None:
    with machine(fault, scene.without):
        scene.play(root)
    os._exit(0)


if __name__ == "__main__":
    main()

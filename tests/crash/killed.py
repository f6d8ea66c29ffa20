"""Forks that end themselves, as a power cut would, at a named point each, asked for on stdin.

    python -m tests.crash.killed < points

A line of standard input is a point, a tab, and the folder of a registry; the answer is the exit
status of the fork that did the work there, so that Python starts once for all of them.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable
from functools import partial, wraps
from pathlib import Path
from typing import Any

from sqlalchemy import event

from modelshelf.artifacts.store import BlobStore
from modelshelf.catalog import checkpoints, making, migrations, rebuild
from modelshelf.catalog.audit import Transaction
from modelshelf.registry import Registry, open_registry
from modelshelf.registry.arrival import arriving
from tests.crash.forking import Child, warm_up
from tests.furnished import model_file


def die(*_anything: object, **_named: object) -> None:
    """End at once, without a chance to put anything right."""
    os.kill(os.getpid(), signal.SIGKILL)


def before(owner: Any, name: str) -> None:  # noqa: ANN401 - a module or a class
    """Die when ``owner.name`` is called."""
    setattr(owner, name, die)


def after(owner: Any, name: str, times: int = 1) -> None:  # noqa: ANN401 - a module or a class
    """Die when ``owner.name`` has been called so often and is done."""
    real, left = getattr(owner, name), [times]

    @wraps(real)
    def killing(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - whatever it takes
        answer = real(*args, **kwargs)
        left[0] -= 1
        if not left[0]:
            die()
        return answer

    setattr(owner, name, killing)


def at_commit(registry: Registry) -> None:
    """Die when the transaction would be committed, everything written and nothing durable."""
    event.listen(registry._context.database.engine(), "commit", die)


def register(registry: Registry, root: Path) -> None:
    """Register a version."""
    registry.versions.register("risk/churn", model_file(root.parent, 70), tags={"new": "yes"})


def promote(registry: Registry, _root: Path) -> None:
    """Give a stage to a version."""
    registry.promotions.promote("risk/churn:2", "staging", reason="r")


def collect(registry: Registry, _root: Path) -> None:
    """Give up the bytes of what is yanked."""
    registry.upkeep.gc(registry.upkeep.gc_plan(0))


def replay(registry: Registry, _root: Path) -> None:
    """Make the tables anew."""
    registry.upkeep.rebuild()


Work = Callable[[Registry, Path], None]
POINTS: dict[str, tuple[Callable[[Registry], None], Work]] = {
    "bytes stored": (lambda _r: after(arriving, "take_in"), register),
    "lock taken": (lambda _r: before(Transaction, "__init__"), register),
    "entry recorded": (lambda _r: after(Transaction, "record"), register),
    "rows written": (lambda _r: after(Transaction, "finish"), register),
    "commit begun": (at_commit, register),
    "promotion committed": (lambda _r: before(checkpoints, "append"), promote),
    "promotion written down": (lambda _r: after(checkpoints, "append"), promote),
    "tables emptied": (lambda _r: before(rebuild, "replay"), replay),
    "tables filled": (lambda _r: after(rebuild, "replay"), replay),
    "collection decided": (lambda _r: before(BlobStore, "remove"), collect),
    "collection begun": (lambda _r: after(BlobStore, "remove"), collect),
}
CREATION: dict[str, Callable[[], None]] = {
    "nothing made": lambda: before(making, "create_catalog"),
    "policy written": lambda: before(making, "_set_wal"),
    "file set": lambda: after(making, "_set_wal"),
    "schema made": lambda: after(migrations, "migrate"),
    "entry made": lambda: after(Transaction, "finish"),
}


def work_until(point: str, root: Path) -> None:
    """Prepare the death, then do the work."""
    if point in CREATION:
        CREATION[point]()
        open_registry(root, actor="ana", create=True)
        return
    prepare, work = POINTS[point]
    with open_registry(root, actor="ana") as registry:
        prepare(registry)
        work(registry, root)


def main() -> None:
    """Kill a fork for every line."""
    warm_up()
    for line in sys.stdin:
        point, root = line.rstrip("\n").split("\t")
        child = Child(partial(work_until, point, Path(root)))
        print(json.dumps(child.result()), flush=True)  # noqa: T201 - the answer


if __name__ == "__main__":
    main()

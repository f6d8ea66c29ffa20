"""One Registry object, used before a fork and after it by all of them: ``forked FOLDER``."""

from __future__ import annotations

import json
import sys
import threading
from functools import partial
from pathlib import Path

from modelshelf.registry import Registry, create_registry
from tests.crash.forking import Child
from tests.furnished import model_file

EACH = 20


def work(registry: Registry, folder: Path, who: int) -> int:
    """Register versions and read them back; return how many were made."""
    made = 0
    for number in range(EACH):
        file = model_file(folder / str(who), who * 100 + number)
        made += registry.versions.register("shared", file).created
        assert registry.versions.list("shared", limit=1)
    return made


def main() -> None:
    """Fork in the middle of everything and print what came of it."""
    root = Path(sys.argv[1])
    registry = create_registry(root, actor="ana")
    registry.versions.register("shared", model_file(root.parent, 9_999))
    children = []
    for who in (1, 2, 3):
        # The lock is held in the parent while it forks: a child must not inherit it.
        with registry._context.database.lock.held("fork", "ana"):
            children.append(Child(partial(work, registry, root.parent, who)))
    own: list[int] = []
    parent = threading.Thread(target=lambda: own.append(work(registry, root.parent, 4)))
    parent.start()
    results = [child.result() for child in children]
    parent.join()
    assert own == [EACH]
    assert all(status == 0 for status, _answer in results), results
    found = registry.audit.verify(deep=True)
    told = {
        "children": [answer for _status, answer in results],
        "problems": [f"{p.where} {p.what}" for p in found.problems],
        "versions": registry.models.get("shared").versions,
    }
    registry.close()
    sys.stdout.write(json.dumps(told))


if __name__ == "__main__":
    main()

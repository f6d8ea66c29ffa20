"""Many threads ask one past at once: run as ``asking FOLDER``."""

from __future__ import annotations

import json
import sys
import threading
from pathlib import Path

from modelshelf.registry import Registry
from tests.furnished import furnished

THREADS = 6
EACH = 250


def ask(past: Registry, failed: list[str]) -> None:
    """Ask the past all kinds of questions."""
    try:
        for _ in range(EACH):
            assert past.models.get("risk/churn").latest == 3
            assert len(past.versions.list("risk/churn")) == 3
            assert past.versions.search("churn").versions
            assert past.audit.entries(limit=3)
    except BaseException as error:  # noqa: BLE001 - told to the test
        failed.append(repr(error))


def main() -> None:
    """Make a registry, ask its past, and say what failed."""
    registry = furnished(Path(sys.argv[1]))
    past, failed = registry.at(20), list[str]()
    threads = [threading.Thread(target=ask, args=(past, failed)) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    sys.stdout.write(json.dumps(failed))


if __name__ == "__main__":
    main()

"""What somebody sees who may read a registry and may not write it, run as a program of its own.

Root may write everything, so where the tests run as root this gives its rights up first. Called
with the registry's folder and a folder to warm up in; prints what happened as JSON.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from modelshelf.domain.errors import ModelshelfError
from modelshelf.registry import create_registry, open_registry
from tests.furnished import model_file

NOBODY = 65_534


def outcome(work: Callable[[], Any]) -> str:
    """Return what came of the work, in words."""
    try:
        return str(work())
    except ModelshelfError as error:
        return f"{type(error).__name__}: {error}"


def look(root: Path, file: Path) -> dict[str, str]:
    """Try everything that somebody without rights might."""
    with open_registry(root, actor="guest") as registry:
        return {
            "names": outcome(registry.models.names),
            "newest": outcome(lambda: registry.audit.entries(limit=1)[0].seq),
            "verify": outcome(lambda: registry.audit.verify(deep=True).problems),
            "past": outcome(lambda: [m.name for m in registry.at(5).models.list()]),
            "doctor": outcome(lambda: [c.name for c in registry.upkeep.doctor() if not c.ok]),
            "register": outcome(lambda: registry.versions.register("new", file)),
            "amend": outcome(lambda: registry.models.describe("risk/churn", owner="eve")),
            "create": outcome(lambda: create_registry(root / "inner", actor="guest")),
            "immutable": str(registry._context.database.immutable),
        }


def main() -> None:
    """Load everything while that is still allowed, then look without rights."""
    root, scratch = Path(sys.argv[1]), Path(sys.argv[2])
    file = model_file(scratch, 90)
    shutil.copytree(root, scratch / "warm", ignore=shutil.ignore_patterns("catalog.db-*"))
    look(scratch / "warm", file)
    if os.geteuid() == 0:
        os.setgroups([])
        os.setgid(NOBODY)
        os.setuid(NOBODY)
    sys.stdout.write(json.dumps(look(root, file)))


if __name__ == "__main__":
    main()

"""A registry on a system that lets no file grow beyond a size: run as ``small_files FOLDER``.

Every write beyond the limit fails, whichever file it is in: the log of SQLite, its shared memory,
the catalog itself. The limit is raised step by step until the change succeeds.
"""

from __future__ import annotations

import json
import resource
import sys
from pathlib import Path
from typing import Any

from modelshelf.domain.errors import ModelshelfError
from modelshelf.registry import Registry, create_registry, open_registry
from tests.crash.forking import warm_up
from tests.furnished import furnish, model_file

STEP = 4_096


def limited(size: int, registry: Registry, file: Path) -> Any:  # noqa: ANN401 - JSON
    """Try a change under the limit; return its number, or what it was refused with."""
    _soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        made = registry.versions.register("risk/churn", file, card="x" * 20_000)
        return made.version.number
    except ModelshelfError as error:
        return [type(error).__name__, str(error)]
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))


def main() -> None:
    """Raise the limit until there is room, looking at the registry after every refusal."""
    warm_up()
    root = Path(sys.argv[1])
    with create_registry(root, actor="ana") as made:
        furnish(made, root.parent / "files")
        head = made.audit.head()
    file = model_file(root.parent, 80)
    refused: list[Any] = []
    answer: Any = None
    for step in range(1, 200):
        with open_registry(root, actor="ana") as registry:  # its log is empty at first
            answer = limited(step * STEP, registry, file)
            if isinstance(answer, int):
                break
            refused.append(answer)
            assert registry.audit.head() == head, answer
            assert registry.audit.verify().whole
    with open_registry(root, actor="ana") as registry:
        found = registry.audit.verify(deep=True)
        told = {"refused": refused, "number": answer, "whole": found.whole}
        sys.stdout.write(json.dumps(told))


if __name__ == "__main__":
    main()

"""Eight processes write to one registry at once: run as ``writers MODE FOLDER``."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from modelshelf.domain.errors import Conflict
from modelshelf.registry import Registry, create_registry, open_registry
from tests.crash.forking import together, warm_up
from tests.furnished import model_file

WRITERS = 8
EACH = 200


def change(registry: Registry, folder: Path, who: int, number: int) -> float:
    """Make the change of this number; return how many seconds it took."""
    begun = time.monotonic()
    versions = registry.versions
    match number % 4:
        case 0:
            file = model_file(folder, who * 10_000 + number)
            versions.register("shared", file, tags={"by": str(who)})
        case 1:
            versions.amend("shared:1", metrics={f"of-{who}": number, f"n-{number}": who})
        case 2:
            versions.tag("shared:1", set={f"t-{who}-{number}": "x"})
        case _:
            registry.models.describe("shared", owner=f"{who}-{number}")
    return time.monotonic() - begun


def many(root: Path) -> Any:  # noqa: ANN401 - JSON
    """Let all write; return the longest wait of each."""
    with create_registry(root, actor="first") as registry:
        registry.versions.register("shared", model_file(root.parent, 1))

    def work(who: int) -> float:
        folder = root.parent / f"files-{who}"
        with open_registry(root, actor=f"writer-{who}") as registry:
            return max(change(registry, folder, who, number) for number in range(EACH))

    return together(WRITERS, work)


def first(root: Path, open_it: Callable[[Path, int], Registry]) -> Any:  # noqa: ANN401 - JSON
    """Let all create one registry at once, and each use it at once."""

    def work(who: int) -> Any:  # noqa: ANN401 - JSON
        try:
            registry = open_it(root, who)
        except Conflict as error:
            return ["conflict", str(error)]
        with registry:
            made = registry.versions.register("shared", model_file(root.parent / str(who), who))
            held = registry.promotions.promote(made.version.reference, "staging", reason="r")
            return ["made", registry.audit.get(1).body["registry_id"], made.version.number, held.id]

    return together(WRITERS, work)


def main() -> None:
    """Do what the command line says and print the answers."""
    warm_up()
    mode, root = sys.argv[1], Path(sys.argv[2])
    if mode == "many":
        sys.stdout.write(json.dumps(many(root)))
        return
    ways: dict[str, Callable[[Path, int], Registry]] = {
        "open": lambda at, who: open_registry(at, actor=f"writer-{who}", create=True),
        "create": lambda at, who: create_registry(at, actor=f"writer-{who}"),
    }
    rounds = [first(root / f"{mode}-{n}" / "registry", ways[mode]) for n in range(int(sys.argv[3]))]
    sys.stdout.write(json.dumps(rounds))


if __name__ == "__main__":
    main()

"""Writers that are killed at any moment and started again: run as ``storm FOLDER KILLS DONE``.

Each writer says in a file of its own what it was told is done; what is in there must be in the
registry afterwards, whatever happened to the writer a moment later. It ends after so many kills,
or later, when so many changes are done: on a slow machine they take longer.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import time
from pathlib import Path
from typing import Any

from modelshelf.registry import Registry, create_registry, open_registry
from tests.crash.forking import Child, warm_up
from tests.furnished import model_file

WRITERS = 4
BETWEEN_S = 0.15


def write_for_ever(root: Path, who: int, seed: int) -> None:
    """Change the registry until killed; note what was done, after it was done."""
    chance = random.Random(seed)  # noqa: S311 - test data
    folder = root.parent / f"files-{who}-{seed}"
    with (
        (root.parent / f"done-{who}-{seed}").open("a", encoding="utf-8") as done,
        open_registry(root, actor=f"writer-{who}") as registry,
    ):
        for number in range(1_000_000):
            said = change(registry, folder, chance, seed * 1_000 + number)
            done.write(json.dumps(said) + "\n")
            done.flush()


def change(registry: Registry, folder: Path, chance: random.Random, seed: int) -> Any:  # noqa: ANN401 - JSON
    """Make one change and return what must be found of it later."""
    model = f"model-{chance.randrange(3)}"
    made = registry.versions.register(model, model_file(folder, seed), tags={"seed": str(seed)})
    reference = made.version.reference
    match chance.randrange(5):
        case 0:
            registry.versions.amend(reference, metrics={"seed": seed}, card="x" * 3_000)
            return ["amended", reference, seed]
        case 1:
            registry.promotions.promote(reference, "production", reason="newest")
            return ["promoted", reference, seed]
        case 2:
            registry.versions.yank(reference, reason="wrong")
            registry.upkeep.gc(registry.upkeep.gc_plan(0))
            return ["yanked", reference, seed]
        case 3:
            registry.versions.alias(reference, f"alias-{chance.randrange(2)}")
            return ["registered", reference, seed]
        case _:
            return ["registered", reference, seed]


def count_done(folder: Path) -> int:
    """Return how many changes are said to be done."""
    return sum(file.read_bytes().count(b"\n") for file in folder.glob("done-*"))


def main() -> None:
    """Kill a writer again and again, start another, and count."""
    root, most, least = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    warm_up()
    create_registry(root, actor="first").close()
    chance = random.Random(20260301)  # noqa: S311 - test data
    seeds = iter(range(1, 1_000_000))

    def start(who: int) -> Child:
        seed = next(seeds)
        return Child(lambda: write_for_ever(root, who, seed))

    children = [start(who) for who in range(WRITERS)]
    kills, failures = 0, []
    while kills < most or count_done(root.parent) < least:
        time.sleep(BETWEEN_S * chance.uniform(0.5, 1.5))
        who = chance.randrange(WRITERS)
        os.kill(children[who].pid, signal.SIGKILL)
        status, answer = children[who].result()
        failures += [answer] if status != -signal.SIGKILL else []
        kills += 1
        children[who] = start(who)
    for child in children:
        os.kill(child.pid, signal.SIGKILL)
        status, answer = child.result()
        failures += [answer] if status != -signal.SIGKILL else []
    sys.stdout.write(json.dumps({"kills": kills, "failures": failures}))


if __name__ == "__main__":
    main()

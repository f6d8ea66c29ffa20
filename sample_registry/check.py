"""Load every artifact with its own runtime, measure again, and hold history.json against it.

Run it as train.py is run; it ends with `N passed, 0 failed`, or says what differs.
"""

import hashlib
import json
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

from recipes.line import measured
from recipes.lines import all_lines

HERE = Path(__file__).parent
LARGEST = 3 * 1024 * 1024
CLOSE = 0.00011  # the last of four digits may differ between processors

Step = dict[str, object]


def main() -> int:
    """Say every check that failed, then the two counts."""
    steps = json.loads((HERE / "history.json").read_text())["steps"]
    results = [*_measurements(steps), *_bytes(), *_order(steps), *_references(steps)]
    failed = [what for what, good in results if not good]
    for what in failed:
        sys.stderr.write(f"failed: {what}\n")
    sys.stdout.write(f"{len(results) - len(failed)} passed, {len(failed)} failed\n")
    return 1 if failed else 0


def _measurements(steps: list[Step]) -> Iterator[tuple[str, bool]]:
    told = {step["artifact"]: step["sidecar"]["metrics"] for step in steps if step["do"] == "drop"}
    for line in all_lines():
        split = line.load()
        for number in range(1, len(line.recipes) + 1):
            claimed = told.pop(line.path(number))
            seen = measured(line, split, number, HERE)
            same = claimed.keys() == seen.keys()
            close = same and all(abs(claimed[name] - seen[name]) <= CLOSE for name in seen)
            yield f"{line.name}:v{number} is told {claimed}, measured {seen}", close
    yield f"artifacts without a recipe: {sorted(told)}", not told


def _bytes() -> Iterator[tuple[str, bool]]:
    for artifact in json.loads((HERE / "digests.json").read_text()).values():
        for name, digest in artifact["files"].items():
            yield name, hashlib.sha256((HERE / name).read_bytes()).hexdigest() == digest
    kept = [part for part in HERE.rglob("*") if "__pycache__" not in part.parts and part.is_file()]
    size = sum(part.stat().st_size for part in kept)
    yield f"{size} bytes in all", size <= LARGEST


def _order(steps: list[Step]) -> Iterator[tuple[str, bool]]:
    times = [step["at"] for step in steps]
    yield "times rise", all(a < b for a, b in pairwise(times))


def _references(steps: list[Step]) -> Iterator[tuple[str, bool]]:
    """Check that no step names a version before it was dropped."""
    counts: dict[str, int] = {}
    known: set[str] = set()
    for step in steps:
        if step["do"] == "drop":
            counts[step["model"]] = counts.get(step["model"], 0) + 1
            base = step["sidecar"].get("base")
            yield f"{step['at']} base {base}", base is None or base in known
            known.add(f"{step['model']}:v{counts[step['model']]}")
            yield f"{step['at']} numbers", f"/v{counts[step['model']]}/" in step["artifact"]
        named = [step["reference"]] if "reference" in step else list(step.get("split", {}))
        yield f"{step['at']} {named}", set(named) <= known


if __name__ == "__main__":
    raise SystemExit(main())

"""Make the sample registry: train, write, measure, and tell the story. See README.md.

python -m venv /tmp/train-venv
/tmp/train-venv/bin/pip install -r sample_registry/requirements.txt
/tmp/train-venv/bin/python sample_registry/train.py
"""

import argparse
import hashlib
import json
import shutil
import sys
import warnings
from dataclasses import replace
from pathlib import Path

from recipes.cards import card
from recipes.data import Split
from recipes.line import Line, Made, make
from recipes.lines import all_lines, measured_later
from recipes.story import Shelf, Teller, pinned, told
from sklearn.exceptions import ConvergenceWarning
from threadpoolctl import threadpool_limits

HERE = Path(__file__).parent
LINES = all_lines()
WRITTEN = ("models", "cards")


def main() -> None:
    """Make everything anew in this folder, or in the one named by `--out`."""
    asked = argparse.ArgumentParser(description="Make the sample registry.")
    asked.add_argument("--out", type=Path, default=HERE, help="where to write (default: here)")
    out: Path = asked.parse_args().out
    known = _known(HERE / "digests.json")
    for name in WRITTEN:
        shutil.rmtree(out / name, ignore_errors=True)
    with threadpool_limits(1), warnings.catch_warnings():
        # A limit on rounds is a setting of some recipes, not an accident.
        warnings.simplefilter("ignore", ConvergenceWarning)
        splits = {line.name: line.load() for line in LINES}
        shelf = {made.reference: made for line in LINES for made in _made(line, splits, out)}
        later = _measured_later(splits, out)
    digests = {made.line.path(made.number): _digest(out, made, known) for made in shelf.values()}
    for made in shelf.values():
        seconds = digests[made.line.path(made.number)]["seconds"]
        shelf[made.reference] = replace(made, seconds=seconds)
    cards = {reference: card(made, _before(shelf, made)) for reference, made in shelf.items()}
    for reference, text in cards.items():
        _write(out / "cards" / f"{reference.replace(':', '/')}.md", text)
    pins = pinned((HERE / "requirements.txt").read_text("utf-8"))
    steps = told(Teller(shelf, cards, later, pins))
    _write_json(out / "history.json", {"schema": 1, "steps": steps})
    _write_json(out / "digests.json", digests)


def _made(line: Line, splits: dict[str, Split], out: Path) -> list[Made]:
    versions = []
    for number in range(1, len(line.recipes) + 1):
        made = make(line, splits[line.name], number, out)
        sys.stderr.write(f"{made.reference}  {made.metrics}  {made.seconds} s\n")
        versions.append(made)
    return versions


def _measured_later(splits: dict[str, Split], out: Path) -> dict[str, dict[str, float]]:
    """Measure what the story adds to a version after it was registered."""
    return {
        f"{line.name}:v{number}": found
        for line in LINES
        for number in range(1, len(line.recipes) + 1)
        if (found := measured_later(line, splits[line.name], number, out))
    }


def _before(shelf: Shelf, made: Made) -> Made | None:
    return shelf.get(f"{made.line.name}:v{made.number - 1}")


def _known(path: Path) -> dict[str, dict[str, object]]:
    return json.loads(path.read_text()) if path.exists() else {}


def _digest(out: Path, made: Made, known: dict[str, dict[str, object]]) -> dict[str, object]:
    """Digest an artifact. Same bytes as before: keep the seconds that the run before took."""
    name = made.line.path(made.number)
    top = out / name
    files = sorted(part for part in (top.rglob("*") if top.is_dir() else [top]) if part.is_file())
    digests = {
        part.relative_to(out).as_posix(): hashlib.sha256(part.read_bytes()).hexdigest()
        for part in files
    }
    found: dict[str, object] = {"files": digests}
    found["bytes"] = sum(part.stat().st_size for part in files)
    before = known.get(name, {})
    same = before.get("files") == digests
    return {**found, "seconds": before["seconds"] if same else made.seconds}


def _write_json(path: Path, body: object) -> None:
    _write(path, json.dumps(body, indent=1, ensure_ascii=False, allow_nan=False) + "\n")


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()

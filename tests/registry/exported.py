"""Exports for tests, and the programs of docs/audit.md that a stranger checks them with."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

from modelshelf.registry import Registry
from modelshelf.registry.exporting import FIELDS, Form
from tests.contracts.tree import ROOT

FORMS: tuple[Form, ...] = ("jsonl", "csv")


def written(folder: Path) -> dict[str, Path]:
    """Write the programs of docs/audit.md to files in ``folder``; return them by name."""
    text = (ROOT / "docs" / "audit.md").read_text("utf-8")
    found = {}
    for block in re.findall(r"^```python\n(.*?)^```", text, re.MULTILINE | re.DOTALL):
        name = re.match(r'(?:"""|# )(\w+)\.py ', block)
        assert name is not None
        found[name[1]] = folder / f"{name[1]}.py"
        found[name[1]].write_text(block, "utf-8")
    assert len(found["check"].read_text("utf-8").splitlines()) <= 40
    return found


def run(program: Path, *words: str | Path) -> tuple[int, str, str]:
    """Run a program without any package of ours; return how it ended and what it said."""
    done = subprocess.run(
        [sys.executable, "-I", str(program), *map(str, words)],
        capture_output=True,
        check=False,
        encoding="utf-8",
    )
    return done.returncode, done.stdout, done.stderr


def out(shelf: Registry, folder: Path, form: Form, **part: Any) -> Path:  # noqa: ANN401 - a moment
    """Export to a file in ``folder``."""
    file = folder / f"log.{form}"
    shelf.audit.export(file, form=form, **part)
    return file


def sealed(shelf: Registry) -> list[tuple[object, ...]]:
    """Return the log as it lies in the catalog."""
    rows = shelf._context.database.reader().execute(
        f"SELECT {', '.join(FIELDS)} FROM audit ORDER BY seq"  # noqa: S608 - our words
    )
    return [tuple(row) for row in rows]

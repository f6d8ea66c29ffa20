"""SQL is spoken in the catalog only, and with named parameters where it asks."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from tests.contracts.tree import PACKAGE, python_files, relative

SQL = re.compile(
    r"\b(SELECT .+ FROM|INSERT INTO|UPDATE \w+ SET|DELETE FROM|CREATE (TABLE|INDEX)|PRAGMA) ?"
)
# What writes many rows at a time hands the driver plain tuples, in the order of the columns.
WRITERS = {"projection.py", "arrivals.py", "decisions.py", "edges.py", "rows.py"} | {
    "rebuild.py",
    "migrations.py",
}
PLACEHOLDER = re.compile(r"[=<(,] ?\?|\bLIMIT \?|\bLIKE \?")


def texts(file: Path) -> Iterator[str]:
    """Yield every string of a module that is not a docstring."""
    tree = ast.parse(file.read_text("utf-8"))
    told = {
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in told:
            yield node.value


# One test for all of them: a file takes a millisecond, and a test as long again.
OUTSIDE = [f for f in python_files("src") if "catalog" not in f.relative_to(PACKAGE).parts]
INSIDE = [f for f in (PACKAGE / "catalog").glob("*.py") if f.name not in WRITERS]
MANY, FEW = 400, 20  # there are more files of ours than this, so that these look at something


def test_no_sql_outside_the_catalog() -> None:
    """Another database changes the catalog's files and no others."""
    assert len(OUTSIDE) > MANY
    said = {relative(file): [t for t in texts(file) if SQL.search(t)] for file in OUTSIDE}
    assert {file: found for file, found in said.items() if found} == {}


def test_questions_name_their_parameters() -> None:
    """A question reads `:name`, which every engine understands, not `?`."""
    assert len(INSIDE) > FEW
    asked = {relative(file): [t for t in texts(file) if PLACEHOLDER.search(t)] for file in INSIDE}
    unnamed = {file: [t for t in found if "://" not in t] for file, found in asked.items()}
    assert {file: found for file, found in unnamed.items() if found} == {}

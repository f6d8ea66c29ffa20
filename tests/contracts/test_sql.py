"""SQL is spoken in the catalog only, and with named parameters where it asks."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

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


OUTSIDE = [f for f in python_files("src") if "catalog" not in f.relative_to(PACKAGE).parts]
INSIDE = [f for f in (PACKAGE / "catalog").glob("*.py") if f.name not in WRITERS]


@pytest.mark.parametrize("file", OUTSIDE, ids=relative)
def test_no_sql_outside_the_catalog(file: Path) -> None:
    """Another database changes the catalog's files and no others."""
    assert [text for text in texts(file) if SQL.search(text)] == []


@pytest.mark.parametrize("file", INSIDE, ids=relative)
def test_questions_name_their_parameters(file: Path) -> None:
    """A question reads `:name`, which every engine understands, not `?`."""
    asked = [text for text in texts(file) if PLACEHOLDER.search(text)]
    assert [text for text in asked if "://" not in text] == []

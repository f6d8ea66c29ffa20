"""A file, a class and a function stay small enough to be read at once."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tests.contracts.tree import PACKAGE, python_files, relative

FILE_LIMIT = 400
CLASS_LIMIT = 200
FUNCTION_LIMIT = 40

# "src/modelshelf/….py::Class.method" -> why it reads better long. An entry that no longer needs to
# be here fails as well.
LONG_FUNCTIONS: dict[str, str] = {}

# Names that say nothing, and so gather everything.
VAGUE = {"base", "common", "helper", "helpers", "manager", "misc", "util", "utils"}

FILES = python_files("src", "tests", "benchmarks")
SOURCES = python_files("src")
MANY = 400  # there are more than this, so that these tests look at something

Definition = ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


def definitions(node: ast.AST, prefix: str = "") -> Iterator[tuple[str, Definition]]:
    """Yield every class and function below a node with its qualified name."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, Definition):
            name = f"{prefix}{child.name}"
            yield name, child
            yield from definitions(child, f"{name}.")
        else:
            yield from definitions(child, prefix)


def lines_of(node: Definition) -> int:
    """Count a definition's lines from its `def` or `class` on, without docstrings.

    Explaining a function must never be what makes it, or its class, too long.
    """
    total = (node.end_lineno or node.lineno) - node.lineno + 1
    explained = ast.walk(node) if isinstance(node, ast.ClassDef) else [node]
    return total - sum(docstring_lines(inner) for inner in explained)


def docstring_lines(node: ast.AST) -> int:
    """Count the lines of a function's docstring."""
    if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) or len(node.body) == 1:
        return 0
    first = node.body[0]
    if ast.get_docstring(node) is None:
        return 0
    return (first.end_lineno or first.lineno) - first.lineno + 1


def too_long(source: str, *, classes: bool) -> dict[str, int]:
    """Return the functions, or the classes, of a module that are over their limit."""
    return over_limit(ast.parse(source), classes=classes)


def over_limit(tree: ast.Module, *, classes: bool) -> dict[str, int]:
    """Return the functions, or the classes, of a syntax tree that are over their limit."""
    limit = CLASS_LIMIT if classes else FUNCTION_LIMIT
    return {
        name: lines
        for name, node in definitions(tree)
        if isinstance(node, ast.ClassDef) is classes and (lines := lines_of(node)) > limit
    }


# One test for all files: to look at one takes a millisecond, and a test of its own as long again.


def test_a_file_is_short_and_says_what_it_is_for() -> None:
    """A file has at most 400 lines and opens with a docstring."""
    assert len(FILES) > len(SOURCES) > MANY
    sources = {relative(file): file.read_text("utf-8") for file in FILES}
    lines = {file: len(source.splitlines()) for file, source in sources.items()}
    assert {file: count for file, count in lines.items() if count > FILE_LIMIT} == {}
    said = {file: opens_with_docstring(source) for file, source in sources.items()}
    assert [file for file, opens in said.items() if not opens] == [], "no docstring at the top"


def opens_with_docstring(source: str) -> bool:
    """Whether a module says what it is for, or is empty."""
    return not source.strip() or ast.get_docstring(ast.parse(source)) is not None


def test_classes_and_functions_are_short() -> None:
    """A class has at most 200 lines, a function 40, or an argued place in the table."""
    classes: dict[str, int] = {}
    functions: dict[str, int] = {}
    for file in SOURCES:
        tree = ast.parse(file.read_text("utf-8"))
        for found, kind in ((classes, True), (functions, False)):
            long = over_limit(tree, classes=kind)
            found.update({f"{relative(file)}::{name}": lines for name, lines in long.items()})
    assert classes == {}
    assert {name: lines for name, lines in functions.items() if name not in LONG_FUNCTIONS} == {}
    assert functions.keys() >= LONG_FUNCTIONS.keys(), "no longer long: out of the table with it"


def test_every_exemption_names_a_file_of_ours() -> None:
    """The table of long functions holds no file that has gone."""
    known = {relative(file) for file in SOURCES}
    assert {name.partition("::")[0] for name in LONG_FUNCTIONS} <= known


def test_no_module_has_a_name_that_says_nothing() -> None:
    """There is no utils, helpers, manager, base or common."""
    parts = [file.relative_to(PACKAGE).with_suffix("").parts for file in SOURCES]
    assert [names for names in parts if VAGUE & {part.strip("_") for part in names}] == []


def test_a_docstring_does_not_count_and_a_nested_function_does() -> None:
    """The measure itself: body lines, without the docstring, with what is defined inside."""
    body = "\n".join("        x = 1" for _ in range(FUNCTION_LIMIT))
    inner = f"def outer():\n    '''Say.\n\n    More.\n    '''\n    def inner():\n{body}\n"
    assert too_long(inner, classes=False) == {"outer": 42, "outer.inner": 41}
    assert too_long(inner, classes=True) == {}

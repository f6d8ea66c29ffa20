"""Looks into committed files and folders, and into damaged copies of them, in this very process."""

from __future__ import annotations

from modelshelf.domain.inspection import Inspection
from modelshelf.formats import Source
from modelshelf.formats.looking import look
from modelshelf.formats.registry import inspectors
from tests.formats.builders import FIXTURES, rules


def look_here(given: Source) -> Inspection:
    """Look without a child process, so that many looks are cheap."""
    return look(given, inspectors())


def files(name: str) -> dict[str, bytes]:
    """Return the files of a committed folder."""
    root = FIXTURES / name
    paths = (path for path in root.rglob("*") if path.is_file())
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in paths}


def survived(found: Inspection) -> bool:
    """Tell whether an inspector said something, and did not merely break."""
    return not any(rule.endswith(".failed") for rule in rules(found))

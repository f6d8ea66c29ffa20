"""Looks into model files without ever loading them: their format, declared shape and safety.

The content decides what a file is, never its extension. Nothing here imports a model library,
unpickles, resolves a path found inside a file or keeps a file's weights in memory.
"""

from __future__ import annotations

from modelshelf.domain.inspection import Inspection
from modelshelf.formats.looking import look, measure
from modelshelf.formats.registry import inspectors
from modelshelf.formats.source import Source, SourceFile

__all__ = ["Source", "SourceFile", "expected_size", "inspect", "inspectors", "is_whole"]


def inspect(source: Source) -> Inspection:
    """Return what looking into ``source`` finds; trouble becomes a finding, never an exception."""
    return look(source, inspectors())


def expected_size(source: Source) -> int | None:
    """Return the length in bytes that the file itself promises, or nothing when it does not say.

    For a file that is cut inside its header this is a lower bound.
    """
    return measure(source, inspectors()).expected


def is_whole(source: Source) -> bool | None:
    """Return False when the file is certainly cut short, True when certainly not, else None."""
    return measure(source, inspectors()).whole

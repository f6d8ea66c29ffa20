"""Looks into model files without ever loading them: their format, declared shape and safety.

The content decides what a file is, never its extension. Nothing here imports a model library,
unpickles, resolves a path found inside a file or keeps a file's weights in memory. Looking happens
in a child process (see ``worker``), which is started by the first look or by :func:`warm`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from modelshelf.formats.source import Source, SourceFile

if TYPE_CHECKING:
    from modelshelf.domain.inspection import Inspection
    from modelshelf.formats.interface import Inspector, Placed, Surveyed
    from modelshelf.formats.worker.shared import Worker

__all__ = [
    "Source",
    "SourceFile",
    "expected_size",
    "inspect",
    "inspectors",
    "is_whole",
    "missing",
    "needs",
    "scanners",
    "survey",
    "tensors",
    "warm",
    "worker_state",
]


def inspect(source: Source) -> Inspection:
    """Return what looking into ``source`` finds; trouble becomes a finding, never an exception."""
    return _worker().inspect(source)


def survey(source: Source) -> Surveyed:
    """Return what :func:`inspect` finds and what :func:`tensors` tells, for less than both."""
    return _worker().survey(source)


def expected_size(source: Source) -> int | None:
    """Return the length in bytes that the file itself promises, or nothing when it does not say.

    For a file that is cut inside its header this is a lower bound.
    """
    return _worker().measure(source).expected


def is_whole(source: Source) -> bool | None:
    """Return False when the file is certainly cut short, True when certainly not, else None."""
    return _worker().measure(source).whole


def tensors(source: Source) -> tuple[Placed, ...]:
    """Return where the tensors of ``source`` lie, all of them or none; see ``Weighing``."""
    return _worker().tensors(source)


def needs(source: Source) -> tuple[str, ...]:
    """Return the other files that ``source`` names as its own, there or not; see ``Needing``."""
    return _worker().needs(source)


def missing(source: Source) -> tuple[str, ...]:
    """Return what :func:`needs` names and neither the folder nor the file's siblings hold."""
    from modelshelf.formats.needing import held_by

    held = held_by(source)
    return tuple(name for name in needs(source) if name not in held)


def scanners() -> frozenset[str]:
    """Return how scans made today are signed: with a second opinion, or where none is asked."""
    from modelshelf.formats.scanner import SCANNER, scanner

    return frozenset({SCANNER, scanner()})


def warm() -> None:
    """Start the process that looks, without waiting for it, because a file will come soon."""
    _worker().warm()


def worker_state() -> str:
    """Return in a sentence where files are looked into; starts a child to know it."""
    return _worker().state()


def inspectors() -> tuple[Inspector, ...]:
    """Return all inspectors that looking asks, for whoever looks in this very process."""
    from modelshelf.formats import registry

    return registry.inspectors()


def _worker() -> Worker:
    from modelshelf.formats.worker.shared import shared_worker  # what only looking needs

    return shared_worker()

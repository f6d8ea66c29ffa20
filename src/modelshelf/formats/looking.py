"""Chooses the inspector for a source and turns every trouble it meets into a finding."""

from __future__ import annotations

import lzma
import struct
import zlib
from collections.abc import Callable, Iterable
from dataclasses import replace
from itertools import islice
from xml.parsers.expat import ExpatError

from modelshelf.domain.inspection import Finding, Inspection, Verdict
from modelshelf.formats import findings as say
from modelshelf.formats.bounding import bounded
from modelshelf.formats.interface import Extent, Inspector, Measuring, Placed, Surveyed, Weighing
from modelshelf.formats.promises import mismatch
from modelshelf.formats.scanner import SCANNER
from modelshelf.formats.source import Source
from modelshelf.formats.trouble import Cut, LimitReached, Malformed

Look = Callable[[Source], Inspection]

HEAD = 64 * 1024
_MOST_TENSORS = 200_000

# What a parser may raise because of the bytes it was given.
_BYTES_TO_BLAME = (
    Malformed,
    ArithmeticError,
    AssertionError,
    EOFError,
    ExpatError,
    LookupError,
    ValueError,
    lzma.LZMAError,
    struct.error,
    zlib.error,
)
_TOO_MUCH = (LimitReached, MemoryError, RecursionError)


def look(
    source: Source, inspectors: Iterable[Inspector], chosen: Callable[[str], object] | None = None
) -> Inspection:
    """Return what the best-fitting inspector finds in ``source``; never raises for its bytes.

    Args:
        source: What to look into.
        inspectors: Those that there are.
        chosen: Is told the name of the one that will look.
    """
    from modelshelf.formats.needing import with_missing  # which chooses as this module does

    every = tuple(inspectors)
    try:
        inspector = choose(source, every)
    except OSError as error:
        return _failed("unknown", source, error)
    if chosen is not None:
        chosen(inspector.name)
    try:
        inspection = with_missing(inspector.inspect(source), source, every)
    except Exception as error:  # noqa: BLE001 - the one place where a hostile file becomes a finding
        inspection = _failed(inspector.name, source, error)
    sentence = mismatch(source, inspection.format) or inspection.mismatch
    return bounded(replace(inspection, mismatch=sentence, scanner=SCANNER))


def measure(source: Source, inspectors: Iterable[Inspector]) -> Extent:
    """Return how long ``source`` should be by its own account; nothing when it does not say."""
    try:
        inspector = choose(source, inspectors)
        return inspector.extent(source) if isinstance(inspector, Measuring) else Extent()
    except Cut:
        return Extent(whole=False)
    except (*_BYTES_TO_BLAME, *_TOO_MUCH, OSError):
        return Extent()


def tensors(source: Source, inspectors: Iterable[Inspector]) -> tuple[Placed, ...]:
    """Return where the tensors of ``source`` lie, all of them or none.

    There are none when its family stores none, when its bytes are not sound, and when there are
    more than 200,000.
    """
    try:
        inspector = choose(source, inspectors)
        placed = inspector.tensors(source) if isinstance(inspector, Weighing) else ()
        found = tuple(islice(placed, _MOST_TENSORS + 1))
    except Exception:  # noqa: BLE001 - looking says what is wrong with it; here it only says nothing
        return ()
    return found if len(found) <= _MOST_TENSORS else ()


def survey(source: Source, inspectors: Iterable[Inspector]) -> Surveyed:
    """Return what :func:`look` finds and, where it finds tensors, where they lie."""
    every = tuple(inspectors)
    found = look(source, every)
    return Surveyed(found, tensors(source, every) if found.tensors else ())


def choose(source: Source, inspectors: Iterable[Inspector]) -> Inspector:
    """Return the inspector that is most sure; of equals, the first."""
    head = source.head(HEAD) if source.kind == "file" else b""
    fitting = [inspector for inspector in inspectors if inspector.kind == source.kind]
    return max(fitting, key=lambda inspector: _confidence(inspector, head, source))


def _confidence(inspector: Inspector, head: bytes, source: Source) -> int:
    try:
        return inspector.sniff(head, source)
    except (*_BYTES_TO_BLAME, *_TOO_MUCH):
        return 0


def _failed(name: str, source: Source, error: Exception) -> Inspection:
    finding, verdict = _as_finding(name, source.name, error)
    return Inspection(name, verdict=verdict, findings=(finding,), scanner=SCANNER)


def _as_finding(name: str, where: str, error: Exception) -> tuple[Finding, Verdict]:
    if isinstance(error, _BYTES_TO_BLAME):
        rule = getattr(error, "rule", "") or f"{name}.malformed"
        return say.dangerous(rule, where, _sentence(error)), "dangerous"
    if isinstance(error, MemoryError):
        detail = "looking into it takes more memory than it is given"
        return say.warning("scan.memory", where, detail), "incomplete"
    if isinstance(error, _TOO_MUCH):
        return say.warning(f"{name}.limit", where, _sentence(error)), "incomplete"
    if isinstance(error, OSError):
        return say.warning(f"{name}.unreadable", where, _sentence(error)), "incomplete"
    return say.warning(f"{name}.failed", where, _sentence(error)), "incomplete"


def _sentence(error: Exception) -> str:
    if isinstance(error, (Malformed, LimitReached)):
        return error.detail
    if isinstance(error, OSError):
        return error.strerror or type(error).__name__
    return f"{type(error).__name__}: {error}".removesuffix(": ")

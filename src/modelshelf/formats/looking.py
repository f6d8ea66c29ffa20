"""Chooses the inspector for a source and turns every trouble it meets into a finding."""

from __future__ import annotations

import lzma
import struct
import zlib
from collections.abc import Callable, Iterable
from dataclasses import replace
from xml.parsers.expat import ExpatError

from modelshelf.domain.inspection import Finding, Inspection, TensorSpec, Verdict
from modelshelf.formats import findings as say
from modelshelf.formats.interface import Extent, Inspector, Measuring
from modelshelf.formats.promises import mismatch
from modelshelf.formats.source import Source
from modelshelf.formats.trouble import Cut, LimitReached, Malformed

Look = Callable[[Source], Inspection]

HEAD = 64 * 1024
_MOST_TEXT = 2_000
_MOST_METADATA = 500
_MOST_FINDINGS = 200
_MOST_SPECS = 5_000
_MOST_NAMED = 100

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


def look(source: Source, inspectors: Iterable[Inspector]) -> Inspection:
    """Return what the best-fitting inspector finds in ``source``; never raises for its bytes."""
    try:
        inspector = choose(source, inspectors)
    except OSError as error:
        return _failed("unknown", source, error)
    try:
        inspection = inspector.inspect(source)
    except Exception as error:  # noqa: BLE001 - the one place where a hostile file becomes a finding
        inspection = _failed(inspector.name, source, error)
    sentence = mismatch(source, inspection.format) or inspection.mismatch
    return _bounded(replace(inspection, mismatch=sentence))


def measure(source: Source, inspectors: Iterable[Inspector]) -> Extent:
    """Return how long ``source`` should be by its own account; nothing when it does not say."""
    try:
        inspector = choose(source, inspectors)
        return inspector.extent(source) if isinstance(inspector, Measuring) else Extent()
    except Cut:
        return Extent(whole=False)
    except (*_BYTES_TO_BLAME, *_TOO_MUCH, OSError):
        return Extent()


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
    return Inspection(name, verdict=verdict, findings=(finding,))


def _as_finding(name: str, where: str, error: Exception) -> tuple[Finding, Verdict]:
    if isinstance(error, _BYTES_TO_BLAME):
        rule = getattr(error, "rule", "") or f"{name}.malformed"
        return say.dangerous(rule, where, _sentence(error)), "dangerous"
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


def _bounded(found: Inspection) -> Inspection:
    ordered = found.findings
    if len(ordered) > _MOST_FINDINGS:
        rank = {"dangerous": 0, "warning": 1, "info": 2}
        ordered = tuple(sorted(ordered, key=lambda finding: rank[finding.severity]))
        dropped = len(ordered) - _MOST_FINDINGS
        rest = say.info("inspection.more", "", f"{dropped:,} more findings are not listed")
        ordered = (*ordered[:_MOST_FINDINGS], rest)
    pairs = list(found.metadata.items())[:_MOST_METADATA]
    return replace(
        found,
        framework=_text(found.framework),
        inputs=tuple(_spec(spec) for spec in found.inputs[:_MOST_SPECS]),
        outputs=tuple(_spec(spec) for spec in found.outputs[:_MOST_SPECS]),
        metadata={_text(key): _text(value) for key, value in pairs},
        findings=tuple(
            replace(finding, where=_text(finding.where), detail=_text(finding.detail))
            for finding in ordered
        ),
        mismatch=_text(found.mismatch),
        version=_text(found.version),
        producer=_text(found.producer),
        architecture=_text(found.architecture),
        quantization=_text(found.quantization),
        license=_text(found.license),
        base_models=tuple(map(_text, found.base_models[:_MOST_NAMED])),
        needs_code=tuple(map(_text, found.needs_code[:_MOST_NAMED])),
    )


def _spec(spec: TensorSpec) -> TensorSpec:
    shape = tuple(_text(size) if isinstance(size, str) else size for size in spec.shape)
    return TensorSpec(_text(spec.name), _text(spec.dtype), shape)


def _text(value: str) -> str:
    """Cut a text and spell out half characters, which no database and no UTF-8 file takes."""
    return value[:_MOST_TEXT].encode("utf-8", "backslashreplace").decode()[:_MOST_TEXT]

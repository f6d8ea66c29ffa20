"""Cuts what an inspection says to what a catalog and a screen can bear."""

from __future__ import annotations

from dataclasses import replace

from modelshelf.domain.inspection import Finding, Inspection, TensorSpec
from modelshelf.formats import findings as say

_MOST_TEXT = 2_000
_MOST_METADATA = 500
_MOST_FINDINGS = 200
_MOST_SPECS = 5_000
_MOST_SIZES = 64
_MOST_NAMED = 100


def bounded(found: Inspection) -> Inspection:
    """Return ``found`` with few enough parts, and with texts that are short and valid Unicode."""
    pairs = list(found.metadata.items())[:_MOST_METADATA]
    return replace(
        found,
        format=_text(found.format),
        framework=_text(found.framework),
        inputs=tuple(_spec(spec) for spec in found.inputs[:_MOST_SPECS]),
        outputs=tuple(_spec(spec) for spec in found.outputs[:_MOST_SPECS]),
        metadata={_text(key): _text(value) for key, value in pairs},
        findings=tuple(
            replace(finding, where=_text(finding.where), detail=_text(finding.detail))
            for finding in _gravest(found.findings)
        ),
        mismatch=_text(found.mismatch),
        version=_text(found.version),
        producer=_text(found.producer),
        architecture=_text(found.architecture),
        quantization=_text(found.quantization),
        license=_text(found.license),
        base_models=tuple(map(_text, found.base_models[:_MOST_NAMED])),
        needs_code=tuple(map(_text, found.needs_code[:_MOST_NAMED])),
        scanner=_text(found.scanner),
    )


def _gravest(findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
    if len(findings) <= _MOST_FINDINGS:
        return findings
    rank = {"dangerous": 0, "warning": 1, "info": 2}
    ordered = sorted(findings, key=lambda finding: rank[finding.severity])
    dropped = len(ordered) - _MOST_FINDINGS
    rest = say.info("inspection.more", "", f"{dropped:,} more findings are not listed")
    return (*ordered[:_MOST_FINDINGS], rest)


def _spec(spec: TensorSpec) -> TensorSpec:
    shape = tuple(
        _text(size) if isinstance(size, str) else size for size in spec.shape[:_MOST_SIZES]
    )
    return TensorSpec(_text(spec.name), _text(spec.dtype), shape)


def _text(value: str) -> str:
    """Cut a text and spell out half characters, which no database and no UTF-8 file takes."""
    return value[:_MOST_TEXT].encode("utf-8", "backslashreplace").decode()[:_MOST_TEXT]

"""Findings, and the verdict that follows from them."""

from __future__ import annotations

from collections.abc import Iterable

from modelshelf.domain.inspection import Finding, Verdict

_RANK: dict[Verdict, int] = {"clean": 0, "warning": 1, "incomplete": 2, "dangerous": 3}


def info(rule: str, where: str, detail: str) -> Finding:
    """Return a finding that is worth knowing and no reason for doubt."""
    return Finding(rule, "info", where, detail)


def warning(rule: str, where: str, detail: str) -> Finding:
    """Return a finding that a person should see before the model is used."""
    return Finding(rule, "warning", where, detail)


def dangerous(rule: str, where: str, detail: str) -> Finding:
    """Return a finding that has no place in an honest model."""
    return Finding(rule, "dangerous", where, detail)


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """Return the gravest of the verdicts; ``clean`` when there are none."""
    return max(verdicts, key=_RANK.__getitem__, default="clean")


def judge(findings: Iterable[Finding], *, finished: bool = True) -> Verdict:
    """Return the verdict that the findings give.

    Args:
        findings: What was seen.
        finished: Whether everything that had to be looked at was looked at.
    """
    severities = {finding.severity for finding in findings}
    if "dangerous" in severities:
        return "dangerous"
    if not finished:
        return "incomplete"
    return "warning" if "warning" in severities else "clean"

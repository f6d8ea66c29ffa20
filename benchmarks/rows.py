"""A row of the table that the benchmarks print."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """One measured piece of work, held against another of the same run.

    Attributes:
        work: What was done.
        measured: How much of ``unit`` it took or achieved; a median.
        unit: ``ms``, ``us``, ``versions/s`` ...
        against: What it is compared with, and what that took.
        ratio: ``measured`` divided by the other, or the other way round where ``against`` says so.
        bar: What is asked for.
        ok: Whether the bar was met.
    """

    work: str
    measured: float
    unit: str
    against: str
    ratio: float
    bar: str
    ok: bool

"""Metrics side by side: which is best, in which direction, and what each was measured on."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from modelshelf.domain.comparison.sheet import Sheet, is_number
from modelshelf.domain.comparison.values import ComparedRow, Direction, Section
from modelshelf.domain.plain import read_number
from modelshelf.domain.text import safe

if TYPE_CHECKING:
    from modelshelf.domain.provenance.measured import MetricSource

_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|[0-9]+")
_LOWER = frozenset([
    "loss", "error", "errors", "err", "rmse", "mse", "mae", "mape", "smape", "rmsle", "msle",
    "brier", "perplexity", "ppl", "wer", "cer", "eer", "fpr", "fnr", "far", "frr", "hinge",
    "deviance", "divergence", "latency", "seconds", "second", "milliseconds", "ms", "duration",
    "time", "size", "bytes", "kb", "mb", "gb", "memory", "cost", "flops",
])  # fmt: skip
_LOWER_ENDINGS = ("loss", "error", "rmse", "latency")
_TURNING = frozenset(
    {"neg", "negative"}
)  # scikit-learn's neg_mean_squared_error rises as it improves


def direction(metric: str) -> Direction:
    """Return whether a metric is better ``higher`` or ``lower``, as its name says.

    Losses, errors, times and sizes are better low; anything else is better high.
    """
    words = {w.lower() for w in _WORD.findall(metric)}
    low = bool(words & _LOWER) or any(w.endswith(_LOWER_ENDINGS) for w in words)
    return "lower" if low and not words & _TURNING else "higher"


def metrics(sheet: Sheet) -> Section:
    """Lay the metrics side by side."""
    rows: list[ComparedRow] = []
    notes: list[str] = []
    for row in sheet.keyed(lambda d: d.version.metrics):
        sources = [d.metric_sources.get(row.key) for d in sheet.details]
        way, quarrel = _way(sheet, row.key, sources)
        fair = _alike(sheet, row, sources)
        best = _best(row, way) if fair and not quarrel else ()
        rows.append(replace(row, direction=way, best=best))
        rows += [source for source in (_measured_on(sheet, row.key, sources),) if source.differs]
        if quarrel:
            told = f"{safe(row.key, 60)} is recorded as better higher and as better lower"
            notes.append(f"{told}: none is best.")
        if not fair:
            notes.append(f"{safe(row.key, 60)} was not measured on the same data: none is best.")
    return Section("metrics", tuple(rows), tuple(notes))


def params(sheet: Sheet) -> Section:
    """Lay the parameters side by side; where they read as numbers, with deltas."""
    rows = sheet.keyed(lambda d: d.version.params)
    return Section("params", tuple(replace(r, deltas=_param_deltas(sheet, r)) for r in rows))


def _param_deltas(sheet: Sheet, row: ComparedRow) -> tuple[float | None, ...]:
    return sheet.deltas([read_number(v) if isinstance(v, str) else None for v in row.values])


def _way(sheet: Sheet, name: str, sources: Sequence[MetricSource | None]) -> tuple[Direction, bool]:
    """Return the direction of a metric, and whether versions say different ones."""
    recorded = [s.direction for s in (sources[sheet.baseline], *sources) if s and s.direction]
    return (recorded[0] if recorded else direction(name)), len(set(recorded)) > 1


def _alike(sheet: Sheet, row: ComparedRow, sources: Sequence[MetricSource | None]) -> bool:
    """Tell whether values were measured on the same, as far as that is known."""
    places: set[tuple[object, object]] = set()
    states: dict[str, set[str]] = {"version": set(), "digest": set()}
    for value, source, detail in zip(row.values, sources, sheet.details, strict=True):
        if value is None or source is None or not (source.dataset or source.slice):
            continue
        places.add((source.dataset, source.slice))
        # Of one name there may be another state, such as one of next month.
        held = [data for data in detail.datasets if data.name == source.dataset]
        for field, found in states.items():
            told = {getattr(data, field) for data in held} - {None, ""}
            found.update(told if len(told) == 1 else ())
    return max(len(places), *map(len, states.values())) < 2  # noqa: PLR2004 - two differ


def _measured_on(sheet: Sheet, name: str, sources: Sequence[MetricSource | None]) -> ComparedRow:
    # No metric can be called so: its name has no spaces.
    return sheet.row(f"{name} measured on", [_source_text(s) for s in sources])


def _source_text(source: MetricSource | None) -> str | None:
    if source is None:
        return None
    parts: Mapping[str, str | None] = {
        "": source.dataset,
        "where ": source.slice,
        "by ": source.by,
        "better ": source.direction,
    }
    return ", ".join(word + text for word, text in parts.items() if text) or None


def _best(row: ComparedRow, way: Direction) -> tuple[int, ...]:
    numbers = {place: value for place, value in enumerate(row.values) if is_number(value)}
    if len(set(numbers.values())) < 2:  # noqa: PLR2004 - two make a choice
        return ()
    top = (min if way == "lower" else max)(numbers.values())
    return tuple(place for place, number in numbers.items() if number == top)

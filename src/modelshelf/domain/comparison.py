"""What differs between versions: everything recorded, side by side, the first as the baseline."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeGuard

from modelshelf.domain.inspection import TensorSpec
from modelshelf.domain.models import VersionDetail
from modelshelf.domain.plain import read_number
from modelshelf.domain.provenance import Dataset

Value = str | int | float | bool | None
Direction = Literal["higher", "lower", ""]

_DIGEST_SHOWN = 12
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


@dataclass(frozen=True, slots=True)
class ComparedRow:
    """One thing that is compared.

    Attributes:
        key: Its name, unique within the section.
        values: One for each version, in order; ``None`` where it is not recorded.
        differs: Whether any version differs from the first.
        deltas: The value less the baseline's where both are numbers, else ``None``; the first is
            always ``None``.
        direction: For metrics, whether ``higher`` or ``lower`` is better; else empty.
        best: For metrics, the places of the best value; empty when there is nothing to choose from.
    """

    key: str
    values: tuple[Value, ...]
    differs: bool
    deltas: tuple[float | None, ...]
    direction: Direction = ""
    best: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Section:
    """Rows of one kind.

    Attributes:
        name: ``metrics``, ``params``, ``tags``, ``datasets``, ``code``, ``environment``,
            ``signature``, ``files`` or ``format``.
        rows: In the order to be shown.
    """

    name: str
    rows: tuple[ComparedRow, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Versions side by side.

    Attributes:
        references: The versions; the first is the baseline.
        sections: All nine of them, in a fixed order; some may be empty.
    """

    references: tuple[str, ...]
    sections: tuple[Section, ...]

    def differing(self) -> Comparison:
        """Return only what differs; sections where nothing does are left out."""
        kept = (
            replace(s, rows=tuple(r for r in s.rows if r.differs))
            for s in self.sections
            if any(r.differs for r in s.rows)
        )
        return replace(self, sections=tuple(kept))

    def section(self, name: str) -> Section:
        """Return the section of that name; an empty one when it was left out."""
        return next((s for s in self.sections if s.name == name), Section(name, ()))


def compare(details: Sequence[VersionDetail]) -> Comparison:
    """Lay versions side by side.

    Args:
        details: The versions; the first is the baseline.
    """
    sections = (
        Section("metrics", _metric_rows(details)),
        Section("params", _param_rows(details)),
        Section("tags", _keyed(details, lambda d: d.version.tags)),
        Section("datasets", _dataset_rows(details)),
        Section("code", _code_rows(details)),
        Section("environment", _environment_rows(details)),
        Section("signature", _signature_rows(details)),
        Section("files", _file_rows(details)),
        Section("format", _format_rows(details)),
    )
    return Comparison(tuple(d.version.reference for d in details), sections)


def direction(metric: str) -> Direction:
    """Return whether a metric is better ``higher`` or ``lower``, as its name says.

    Losses, errors, times and sizes are better low; anything else is better high.
    """
    words = {w.lower() for w in _WORD.findall(metric)}
    low = bool(words & _LOWER) or any(w.endswith(_LOWER_ENDINGS) for w in words)
    return "lower" if low and not words & _TURNING else "higher"


def _row(
    key: str, values: Sequence[Value], told_apart: Sequence[object] | None = None
) -> ComparedRow:
    """Return a row; ``told_apart`` is compared where the values shown are shortened."""
    compared = values if told_apart is None else told_apart
    return ComparedRow(
        key, tuple(values), any(one != compared[0] for one in compared[1:]), _deltas(values)
    )


def _deltas(values: Sequence[Value]) -> tuple[float | None, ...]:
    numbers = [v if _is_number(v) else None for v in values]
    return (None, *(_delta(numbers[0], number) for number in numbers[1:])) if numbers else ()


def _is_number(value: Value) -> TypeGuard[int | float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _delta(first: float | None, other: float | None) -> float | None:
    if first is None or other is None:
        return None
    try:
        delta = float(other - first)
    except OverflowError:  # a file may declare more weights than a float can count
        return None
    return delta if math.isfinite(delta) else None


def _keys(tables: Iterable[Iterable[str]]) -> list[str]:
    return sorted({key for table in tables for key in table})


def _keyed(
    details: Sequence[VersionDetail], of: Callable[[VersionDetail], Mapping[str, Value]]
) -> tuple[ComparedRow, ...]:
    tables = [of(detail) for detail in details]
    return tuple(_row(key, [table.get(key) for table in tables]) for key in _keys(tables))


def _metric_rows(details: Sequence[VersionDetail]) -> tuple[ComparedRow, ...]:
    rows = _keyed(details, lambda d: d.version.metrics)
    return tuple(replace(r, direction=direction(r.key), best=_best(r)) for r in rows)


def _param_rows(details: Sequence[VersionDetail]) -> tuple[ComparedRow, ...]:
    rows = _keyed(details, lambda d: d.version.params)
    readings = (
        [read_number(value) if isinstance(value, str) else None for value in row.values]
        for row in rows
    )
    return tuple(
        replace(row, deltas=_deltas(reading)) for row, reading in zip(rows, readings, strict=True)
    )


def _best(row: ComparedRow) -> tuple[int, ...]:
    numbers = {place: value for place, value in enumerate(row.values) if _is_number(value)}
    if len(set(numbers.values())) < 2:  # noqa: PLR2004 - two make a choice
        return ()
    top = (min if direction(row.key) == "lower" else max)(numbers.values())
    return tuple(place for place, number in numbers.items() if number == top)


def _dataset_rows(details: Sequence[VersionDetail]) -> tuple[ComparedRow, ...]:
    tables: list[dict[str, list[Dataset]]] = []
    for detail in details:
        table: dict[str, list[Dataset]] = {}
        for dataset in detail.datasets:
            table.setdefault(f"{dataset.name} ({dataset.role})", []).append(dataset)
        tables.append(table)
    return tuple(
        _row(
            key,
            [", ".join(map(_dataset_text, t[key])) if key in t else None for t in tables],
            [t.get(key) for t in tables],
        )
        for key in _keys(tables)
    )


def _dataset_text(dataset: Dataset) -> str:
    digest = dataset.digest and dataset.digest[: len("sha256:") + _DIGEST_SHOWN]
    rows = None if dataset.rows is None else f"{dataset.rows} rows"
    return " ".join(filter(None, (dataset.version, digest, rows))) or "recorded"


def _code_rows(details: Sequence[VersionDetail]) -> tuple[ComparedRow, ...]:
    fields = ("repository", "commit", "dirty", "entry")
    return _attributes(fields, [detail.code for detail in details])


def _attributes(fields: Sequence[str], things: Sequence[object]) -> tuple[ComparedRow, ...]:
    rows = (_row(field, [getattr(thing, field, None) for thing in things]) for field in fields)
    return tuple(row for row in rows if any(value is not None for value in row.values))


def _environment_rows(details: Sequence[VersionDetail]) -> tuple[ComparedRow, ...]:
    surroundings = _attributes(("python", "platform"), [detail.environment for detail in details])
    packages = _keyed(
        details,
        lambda d: (
            {f"package {k}": v for k, v in d.environment.packages.items()} if d.environment else {}
        ),
    )
    return (*surroundings, *packages)


def _signature_rows(details: Sequence[VersionDetail]) -> tuple[ComparedRow, ...]:
    tables = [_signature(detail) for detail in details]
    keys = dict.fromkeys(key for table in tables for key in table)
    # Inputs of all versions before outputs of any, each in the order of the files.
    ordered = sorted(keys, key=lambda key: key.startswith("output "))
    return tuple(_row(key, [table.get(key) for table in tables]) for key in ordered)


def _signature(detail: VersionDetail) -> dict[str, str]:
    table: dict[str, str] = {}
    seen = detail.inspection
    for kind, specs in (("input", seen.inputs), ("output", seen.outputs)):
        for spec in specs:
            key = f"{kind} {spec.name}"
            shown = _tensor_text(spec)
            table[key] = f"{table[key]}, {shown}" if key in table else shown
    return table


def _tensor_text(spec: TensorSpec) -> str:
    sizes = ", ".join("?" if size is None else str(size) for size in spec.shape)
    return f"{spec.dtype}[{sizes}]"


def _file_rows(details: Sequence[VersionDetail]) -> tuple[ComparedRow, ...]:
    tables = [{file.path: file for file in detail.files} for detail in details]
    rows = []
    for key in _keys(tables):
        files = [table.get(key) for table in tables]
        shown = [None if file is None else file.digest[:_DIGEST_SHOWN] for file in files]
        sizes = [None if file is None else file.size for file in files]
        digests = [None if file is None else file.digest for file in files]
        rows.append(replace(_row(key, shown, digests), deltas=_deltas(sizes)))
    return tuple(rows)


def _format_rows(details: Sequence[VersionDetail]) -> tuple[ComparedRow, ...]:
    versions = [detail.version for detail in details]
    found = [detail.inspection for detail in details]
    digests = [version.digest for version in versions]
    shown = [digest[:_DIGEST_SHOWN] for digest in digests]
    return (
        *_attributes(("format", "kind"), versions),
        *_attributes(("framework",), found),
        *_attributes(("size",), versions),
        *_attributes(("parameters", "tensors"), found),
        *_attributes(("verdict",), versions),
        *((_row("content", shown, digests),) if details else ()),
    )

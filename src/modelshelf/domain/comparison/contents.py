"""What versions consist of, side by side: signature, files, format, tensors, scan."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from modelshelf.domain.comparison.sheet import DIGEST_SHOWN, Sheet, keys, plain_deltas
from modelshelf.domain.comparison.values import ComparedRow, Section, Value
from modelshelf.domain.inspection import Finding, TensorEntry, TensorSpec, Weights
from modelshelf.domain.models import VersionDetail

_FORMAT = {"format": "format", "kind": "kind"}
_MADE_BY = {
    "version": "format version", "framework": "framework", "producer": "producer",
    "architecture": "architecture", "quantization": "quantization", "license": "licence",
}  # fmt: skip
_COUNTS = {"parameters": "parameters", "tensors": "tensors"}
_FINDINGS_SHOWN = 3
_COUNTED_FROM = 4  # fewer files are counted at a glance
_STATES = ("same", "changed", "added", "removed", "not known")


def signature(sheet: Sheet) -> Section:
    """Lay the declared inputs and outputs side by side."""
    tables = [_signature(detail) for detail in sheet.details]
    found = dict.fromkeys(key for table in tables for key in table)
    # Inputs of all versions before outputs of any, each in the order of the files.
    ordered = sorted(found, key=lambda key: key.startswith("output "))
    rows = (sheet.row(key, [table.get(key) for table in tables]) for key in ordered)
    return Section("signature", tuple(rows))


def files(sheet: Sheet) -> Section:
    """Lay the files side by side by path and digest, and count what became of them."""
    tables = [{file.path: file for file in detail.files} for detail in sheet.details]
    rows = []
    for key in keys(tables):
        some = [table.get(key) for table in tables]
        rows.append(
            sheet.row(
                key,
                [None if file is None else file.digest[:DIGEST_SHOWN] for file in some],
                told_apart=[None if file is None else file.digest for file in some],
                measured=[None if file is None else file.size for file in some],
            )
        )
    return Section("files", tuple(rows), _fates(sheet, rows))


def form(sheet: Sheet) -> Section:
    """Lay side by side what kind of model file each version is."""
    versions = [detail.version for detail in sheet.details]
    found = [detail.inspection for detail in sheet.details]
    rows = (
        *sheet.attributes(_FORMAT, versions),
        *sheet.attributes(_MADE_BY, found),
        *sheet.texts("base models", lambda d: ", ".join(d.inspection.base_models)),
        *sheet.texts("needs", lambda d: ", ".join(d.inspection.needs_code)),
        *sheet.attributes({"size": "size"}, versions),
        *sheet.attributes(_COUNTS, found),
        *sheet.shortened([seen.metadata for seen in found], "metadata "),
        *((sheet.digests("content", lambda d: d.version.digest),) if versions else ()),
    )
    return Section("format", rows)


def weights(sheet: Sheet) -> Section:
    """Count the tensors that are the same, by the digests that were taken when they were stored."""
    found = [detail.inspection.weights for detail in sheet.details]
    if not any(found):
        return Section("weights", ())
    tables = [_tensors(weights) for weights in found]
    base = tables[sheet.baseline] or {}
    counts = [None if table is None else _states(base, table) for table in tables]
    rows = [sheet.digests("digest", lambda d: _digest(d.inspection.weights))]
    for state in _STATES:
        values = [None if count is None else count[state] for count in counts]
        if state == "same" or any(values):
            rows.append(plain_deltas(sheet.row(f"tensors {state}", values)))
    return Section("weights", sheet.present(rows), tuple(_unrecorded(sheet.details)))


def scan(sheet: Sheet) -> Section:
    """Lay the verdicts of the scan and its findings side by side."""
    versions = [detail.version for detail in sheet.details]
    tables = [_findings(detail.inspection.findings) for detail in sheet.details]
    rows = (
        *sheet.attributes({"verdict": "verdict"}, versions),
        *sheet.texts("mismatch", lambda d: d.inspection.mismatch),
        *sheet.attributes({"scanner": "scanner"}, [d.inspection for d in sheet.details]),
        *(_finding_row(sheet, rule, tables) for rule in keys(tables)),
    )
    return Section("scan", rows)


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


def _fates(sheet: Sheet, rows: Sequence[ComparedRow]) -> tuple[str, ...]:
    """Say of each version how many files are the same as those of the baseline."""
    notes: list[str] = []
    if len(rows) < _COUNTED_FROM or not any(row.differs for row in rows):
        return ()
    digests = [{f.path: f.digest for f in detail.files} for detail in sheet.details]
    for place, detail in enumerate(sheet.details):
        if place == sheet.baseline:
            continue
        before, after = digests[sheet.baseline], digests[place]
        count = Counter(
            "added" if path not in before
            else "removed" if path not in after
            else "same" if before[path] == after[path]
            else "changed"
            for path in {**before, **after}
        )  # fmt: skip
        told = ", ".join(f"{count[state]:,} {state}" for state in _STATES if count[state])
        notes.append(f"{detail.version.reference}: {told or 'no files'}.")
    return tuple(notes)


def _tensors(weights: Weights | None) -> dict[str, TensorEntry] | None:
    if weights is None or not weights.tensors:
        return None
    return {tensor.name: tensor for tensor in weights.tensors}


def _states(base: Mapping[str, TensorEntry], other: Mapping[str, TensorEntry]) -> Counter[str]:
    count = Counter(_state(tensor, other.get(name)) for name, tensor in base.items())
    count["added"] = sum(name not in base for name in other)
    return count


def _state(before: TensorEntry, after: TensorEntry | None) -> str:
    if after is None:
        return "removed"
    if (before.dtype, before.shape, before.digest) != (after.dtype, after.shape, after.digest):
        return "changed"
    return "same" if before.digest else "not known"


def _digest(weights: Weights | None) -> str | None:
    return weights.digest if weights is not None else None


def _unrecorded(details: Iterable[VersionDetail]) -> Iterable[str]:
    for detail in details:
        found = detail.inspection.weights
        if found is not None and found.count > len(found.tensors):
            yield (
                f"{detail.version.reference}: of {found.count:,} tensors the digests of"
                f" {len(found.tensors):,} are recorded."
            )


def _findings(found: Sequence[Finding]) -> dict[str, list[Finding]]:
    table: dict[str, list[Finding]] = {}
    for finding in found:
        table.setdefault(finding.rule, []).append(finding)
    return table


def _finding_row(
    sheet: Sheet, rule: str, tables: Sequence[Mapping[str, Sequence[Finding]]]
) -> ComparedRow:
    some = [table.get(rule, ()) for table in tables]
    exactly = [sorted((f.severity, f.where, f.detail) for f in one) for one in some]
    shown = [_finding_text(one, [f.detail or f.where for f in one]) for one in some]
    row = sheet.row(f"finding {rule}", shown, told_apart=exactly)
    if row.differs and len(set(shown)) == 1:  # the same words about another place
        shown = [_finding_text(one, [f"{f.where}: {f.detail}" for f in one]) for one in some]
        return sheet.row(row.key, shown, told_apart=exactly)
    return row


def _finding_text(found: Sequence[Finding], details: Sequence[str]) -> Value:
    if not found:
        return None
    distinct = list(dict.fromkeys(details))
    more = len(distinct) - _FINDINGS_SHOWN
    told = ", ".join(distinct[:_FINDINGS_SHOWN]) + (f" and {more:,} more" if more > 0 else "")
    return f"{found[0].severity}: {told}"

"""What versions were made with, side by side: data, features, bases, code, run, packages."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import TYPE_CHECKING

from modelshelf.domain.comparison.sheet import DIGEST_SHOWN, Sheet, plain_deltas
from modelshelf.domain.comparison.values import CommitRange, ComparedRow, LongText, Section, Value

if TYPE_CHECKING:
    from modelshelf.domain.models import VersionDetail
    from modelshelf.domain.provenance import Dataset
    from modelshelf.domain.provenance.measured import FeatureView

_CODE = {"repository": "repository", "commit": "commit", "dirty": "dirty"}
_PLACE = {"entry": "entry", "directory": "directory"}
_RUN = {"id": "id", "tracker": "tracker", "url": "url", "seconds": "seconds"}
_AROUND = {"python": "python", "platform": "platform", "gpu": "gpu", "container": "container"}
_COMMIT_SHOWN = 10


def datasets(sheet: Sheet) -> Section:
    """Lay the data sets side by side: version, digest, rows and part; and where they are."""
    tables = [_by_role(detail) for detail in sheet.details]
    rows: list[ComparedRow] = []
    for row in sheet.grouped(tables, _dataset_text, lambda dataset: dataset.rows):
        rows.append(row)
        rows += sheet.present((_addresses(sheet, row.key, tables),))
    return Section("datasets", tuple(rows))


def features(sheet: Sheet) -> Section:
    """Lay the feature views side by side."""
    tables: list[dict[str, list[FeatureView]]] = []
    for detail in sheet.details:
        table: dict[str, list[FeatureView]] = {}
        for view in detail.features:
            key = f"{view.name} ({view.store})" if view.store else view.name
            table.setdefault(key, []).append(view)
        tables.append(table)
    rows = sheet.grouped(tables, lambda view: view.version or "recorded", lambda _: None)
    return Section("features", rows)


def bases(sheet: Sheet) -> Section:
    """Lay side by side what the versions were made from."""

    def of(detail: VersionDetail) -> Mapping[str, Value]:
        further: dict[str, Value] = dict.fromkeys(detail.bases, "also")
        return {**further, detail.base: "base"} if detail.base else further

    return Section("bases", sheet.keyed(of))


def code(sheet: Sheet, ranges: Mapping[int, CommitRange], notes: tuple[str, ...] = ()) -> Section:
    """Lay the sources side by side.

    Args:
        sheet: The versions.
        ranges: What a repository says of the commits between the baseline and another, by place.
        notes: Why it does not.
    """
    sources = [detail.code for detail in sheet.details]
    rows = (
        *sheet.attributes(_CODE, sources),
        *sheet.present([sheet.digests("patch", lambda d: d.code.patch if d.code else None)]),
        *sheet.present([sheet.digests("snapshot", lambda d: d.code.snapshot if d.code else None)]),
        *sheet.attributes(_PLACE, sources),
        *sheet.texts("command", lambda d: shlex.join(d.code.command) if d.code else None),
        *_range_rows(sheet, ranges),
    )
    texts = tuple(
        LongText(place, _range_title(sheet, place, found), _range_text(found), "log")
        for place, found in sorted(ranges.items())
        if found.ahead or found.behind
    )
    return Section("code", rows, notes, texts)


def run(sheet: Sheet) -> Section:
    """Lay the training runs side by side."""
    return Section("run", sheet.attributes(_RUN, [detail.run for detail in sheet.details]))


def environment(sheet: Sheet) -> Section:
    """Lay the surroundings side by side, packages last."""
    packages = sheet.keyed(lambda d: d.environment.packages if d.environment else {}, "package ")
    around = sheet.attributes(_AROUND, [detail.environment for detail in sheet.details])
    return Section("environment", (*around, *packages))


def _by_role(detail: VersionDetail) -> dict[str, list[Dataset]]:
    table: dict[str, list[Dataset]] = {}
    for dataset in detail.datasets:
        table.setdefault(f"{dataset.name} ({dataset.role})", []).append(dataset)
    return table


def _addresses(sheet: Sheet, key: str, tables: list[dict[str, list[Dataset]]]) -> ComparedRow:
    uris = [[d.uri for d in table.get(key, ()) if d.uri] for table in tables]
    return sheet.row(f"{key} uri", [", ".join(some) or None for some in uris])


def _dataset_text(dataset: Dataset) -> str:
    digest = dataset.digest and dataset.digest[: len("sha256:") + DIGEST_SHOWN]
    rows = None if dataset.rows is None else f"{dataset.rows} rows"
    path = dataset.path and f"at {dataset.path}"
    shown = (dataset.version, digest, rows, dataset.split, dataset.license, path)
    return " ".join(filter(None, shown)) or "recorded"


def _range_rows(sheet: Sheet, ranges: Mapping[int, CommitRange]) -> tuple[ComparedRow, ...]:
    known = {place: found for place, found in ranges.items() if not found.why}
    if not known:
        return ()
    counts = {
        "commits ahead": {place: found.ahead_count for place, found in known.items()},
        "commits behind": {place: found.behind_count for place, found in known.items()},
        "files changed": {place: found.files for place, found in known.items()},
    }
    rows = []
    for key, told in counts.items():
        values = [
            0 if place == sheet.baseline else told.get(place) for place in range(len(sheet.details))
        ]
        rows.append(plain_deltas(sheet.row(key, values)))
    return tuple(rows)


def _range_title(sheet: Sheet, place: int, found: CommitRange) -> str:
    ends = [sheet.details[sheet.baseline].code, sheet.details[place].code]
    names = "..".join((end.commit or "")[:_COMMIT_SHOWN] if end else "" for end in ends)
    words = f"{names}: {_count(found.ahead_count, 'commit')}"
    if found.behind_count:
        words += f", {found.behind_count:,} only in the baseline"
    return f"{words}, {_count(found.files, 'file')} changed"


def _range_text(found: CommitRange) -> str:
    lines = [f"> {line}" for line in found.ahead]
    if found.ahead_count > len(found.ahead):
        lines.append(f"> and {found.ahead_count - len(found.ahead):,} more")
    lines += [f"< {line}" for line in found.behind]
    if found.behind_count > len(found.behind):
        lines.append(f"< and {found.behind_count - len(found.behind):,} more")
    return "\n".join(lines)


def _count(number: int, word: str) -> str:
    return f"{number:,} {word}{'' if number == 1 else 's'}"

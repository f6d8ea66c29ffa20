"""The tab that says what a version is, where it came from, and what to beware of."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from modelshelf.domain.origins import arrival_line, features_words, origin_lines, scan_words
from modelshelf.domain.text import plural, size_text
from modelshelf.tui.show import ago, line, moment, styled
from modelshelf.tui.tabs import Telling, Told

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from textual.content import Content

    from modelshelf.domain.models import ModelVersion, VersionDetail
    from modelshelf.domain.provenance import Code, Dataset, Run
    from modelshelf.registry import Registry
    from modelshelf.tui.widgets.paragraphs import Paragraph

_FINDINGS_SHOWN = 20

_BRIEF = 1.0  # seconds below which a run is told in thousandths


def look(registry: Registry, reference: str) -> Telling:
    """Return everything that is recorded about a version itself."""
    return partial(_tell, registry.versions.detail(reference))


def _tell(known: VersionDetail, now: datetime) -> Told:
    version = known.version
    rows = _warnings(known)
    if known.description:
        rows.append(("about", line(known.description, 600)))
    rows.append(("content", _content(known)))
    rows += _origin(known)
    rows.append(("by", _registered(version, now)))
    if known.place:
        rows.append(("in place", line(known.place)))
    if arrived := arrival_line(known.arrival):
        rows.append(("arrived", line(arrived)))
    rows += [("read from", line(text)) for text in origin_lines(known.origins)]
    if version.aliases:
        rows.append(("aliases", line(", ".join(version.aliases))))
    if version.tags:
        rows.append(("tags", _tags(version.tags)))
    if known.derived:
        rows.append(("led to", line(", ".join(known.derived))))
    return Told(rows)


def _warnings(known: VersionDetail) -> list[Paragraph]:
    """Return what somebody who wants to use it must know first."""
    version, rows = known.version, list[tuple[str, "Content"]]()
    if version.yanked is not None:
        rows.append(("yanked", styled((f"do not use: {version.yanked}", "warn"))))
    if version.verdict != "clean":
        rows.append(("scan", _scan(known)))
    if known.inspection.mismatch:
        rows.append(("beware", styled((known.inspection.mismatch, "warn"))))
    return rows


def _content(known: VersionDetail) -> Content:
    version, seen = known.version, known.inspection
    count = f"{plural(len(known.files), 'file')}, " if version.kind == "folder" else ""
    made = f" · {seen.framework}" if seen.framework else ""
    weights = f" · {plural(seen.parameters, 'weight')}" if seen.parameters is not None else ""
    tensors = f" in {plural(seen.tensors, 'tensor')}" if seen.tensors else ""
    freed = " · bytes freed" if version.freed else ""
    return styled(
        (version.format, "strong"),
        f"{made} · {count}{size_text(version.size)}{weights}{tensors}{freed} · ",
        (f"sha256:{version.digest[:12]}", "dim"),
    )


def _scan(known: VersionDetail) -> Content:
    worst = [f for f in known.inspection.findings if f.severity != "info"][:_FINDINGS_SHOWN]
    seen = "; ".join(f"{f.rule} in {f.where}: {f.detail}" for f in worst)
    return styled((f"⚠ {scan_words(known.version)}", "warn"), f" · {seen}" if seen else "")


def _origin(known: VersionDetail) -> list[Paragraph]:
    rows: list[Paragraph] = []
    if known.base or known.bases:
        rows.append(("from", line(", ".join(filter(None, (known.base, *known.bases))), 400)))
    if known.run is not None:
        rows.append(("run", line(_run(known.run))))
    if known.code is not None:
        rows.append(("code", line(_code(known.code))))
    for role in ("trained_on", "evaluated_on"):
        used = [d for d in known.datasets if d.role == role]
        if used:
            rows.append((role.replace("_", " "), line("; ".join(map(_dataset, used)), 600)))
    if known.features:
        rows.append(("features", line(", ".join(map(features_words, known.features)), 400)))
    made = known.environment
    if made is not None:
        words = [f"Python {made.python}" if made.python else "", made.platform or ""]
        words += [f"{k} {v}" for k, v in sorted(made.packages.items())]
        rows.append(("made with", line(" · ".join(w for w in words if w), 400)))
    if known.source:
        rows.append(("source", line(known.source)))
    return rows


def _run(run: Run) -> str:
    lasted = f", {_lasted(run.seconds)}" if run.seconds is not None else ""
    return f"{run.id}{lasted}" + (f" · {run.url}" if run.url else "")


def _lasted(seconds: float) -> str:
    return f"{seconds * 1_000:.0f} ms" if seconds < _BRIEF else f"{seconds:,.1f} s"


def _code(code: Code) -> str:
    state = {True: " (with uncommitted changes)", False: " (clean)", None: ""}[code.dirty]
    commit = f"{code.commit[:12]}{state}" if code.commit else state.strip()
    return " · ".join(word for word in (code.entry, commit, code.repository) if word)


def _dataset(data: Dataset) -> str:
    rows = f", {plural(data.rows, 'row')}" if data.rows is not None else ""
    digest = f", {data.digest[:19]}" if data.digest else ""
    return f"{data.name} {data.version or ''}".strip() + rows + digest


def _registered(version: ModelVersion, now: datetime) -> Content:
    return styled(
        (version.created_by, "strong"),
        f" · {ago(now, version.created_at)} · ",
        (moment(version.created_at) + " UTC", "dim"),
    )


def _tags(tags: Mapping[str, str]) -> Content:
    return line(", ".join(f"{k}={v}" for k, v in sorted(tags.items())), 600)

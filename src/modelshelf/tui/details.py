"""The tabs of the details pane: what one version looks like in each of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from textual.content import Content

from modelshelf.domain.inspection import TensorSpec
from modelshelf.domain.models import ModelVersion, VersionDetail
from modelshelf.domain.origins import arrival_line, features_words, origin_lines, scan_words
from modelshelf.domain.origins import facts as described
from modelshelf.domain.provenance import Code, Dataset, Run
from modelshelf.domain.text import safe, safe_block, size_text
from modelshelf.tui.show import STYLES, age, ago, line, moment, number, styled
from modelshelf.tui.store import HISTORY_SHOWN, Detail
from modelshelf.tui.widgets.paragraphs import Paragraph

CARD_SHOWN = 20_000
_FINDINGS_SHOWN = 20
_ROWS_SHOWN = 500
_HEAD_SHOWN = 12

Tab = Callable[[Detail, datetime], list[Paragraph]]


def overview(found: Detail, now: datetime) -> list[Paragraph]:
    """What it is, where it came from, and what to beware of."""
    known, version = found.detail, found.detail.version
    rows: list[tuple[str, Content]] = []
    if version.yanked is not None:
        rows.append(("yanked", styled((f"do not use: {version.yanked}", "warn"))))
    if version.verdict != "clean":
        rows.append(("scan", _scan(known)))
    if known.inspection.mismatch:
        rows.append(("beware", styled((known.inspection.mismatch, "warn"))))
    if known.description:
        rows.append(("about", line(known.description, 600)))
    rows.append(("content", _content(known)))
    rows += _shape(known)
    rows += [(name, line(text)) for name, text in described(known.inspection) if text]
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
    return rows


def metrics(found: Detail, _now: datetime) -> list[Paragraph]:
    """The numbers, each beside that of the version that serves now."""
    mine, rival = found.detail.version.metrics, found.rival
    if not mine:
        return [("", styled(("No metrics are recorded.", "dim")))]
    rows = []
    for name in sorted(mine):
        shown = [Content(number(mine[name]).rjust(10))]
        theirs = rival.metrics.get(name) if rival is not None else None
        if theirs is not None:
            delta = f"{number(mine[name] - theirs, sign=True, like=theirs):>11}"
            shown += [Content.assemble((delta, STYLES["dim"]))]
        rows.append((name, Content("").join(shown)))
    if rival is not None:
        note = f"the second number is the distance from {rival.reference}"
        rows.append(("", styled((note, "dim"))))
    return rows


def params(found: Detail, _now: datetime) -> list[Paragraph]:
    """The parameters it was trained with."""
    mine = found.detail.version.params
    if not mine:
        return [("", styled(("No parameters are recorded.", "dim")))]
    return [(name, line(mine[name])) for name in sorted(mine)]


def files(found: Detail, _now: datetime) -> list[Paragraph]:
    """The stored files."""
    stored = found.detail.files
    rows = [
        (safe(file.path, 200), styled(f"{size_text(file.size):>9}  ", (file.digest[:12], "dim")))
        for file in stored[:_ROWS_SHOWN]
    ]
    if len(stored) > _ROWS_SHOWN:
        note = f"the first {_ROWS_SHOWN:,} of {len(stored):,} files"
        rows.append(("", styled((note, "dim"))))
    return rows


def history(found: Detail, now: datetime) -> list[Paragraph]:
    """The audit entries about it, newest first."""
    rows = [
        (f"{age(now, entry.at):>6}", styled((entry.actor, "strong"), "  ", entry.sentence))
        for entry in found.history
    ]
    told = f"Nothing in the newest {HISTORY_SHOWN:,} entries of this model."
    return rows or [("", styled((told, "dim")))]


def card(found: Detail) -> tuple[list[Paragraph], str]:
    """Return the head of the model card as lines, and its text as Markdown."""
    text = found.detail.card
    if not text.strip():
        return [("", styled(("There is no model card.", "dim")))], ""
    head, body = split_card(safe_block(text, CARD_SHOWN))
    if len(text) > CARD_SHOWN:
        body += f"\n\n*The first {CARD_SHOWN:,} characters of {len(text):,}.*\n"
    shown = [("", styled((row, "dim"))) for row in head.splitlines()[:_HEAD_SHOWN]]
    return shown, body


def split_card(text: str) -> tuple[str, str]:
    """Return the YAML head of a card, without its rules, and what follows it."""
    if text.startswith("---\n") and (end := text.find("\n---", 3)) > 0:
        rest = text[end + 4 :].partition("\n")[2]
        return text[4:end], rest.lstrip("\n")
    return "", text


TABS: Mapping[str, Tab] = {
    "overview": overview,
    "metrics": metrics,
    "params": params,
    "files": files,
    "history": history,
}
CARD = "card"
NAMES: tuple[str, ...] = (*TABS, CARD)


def _content(known: VersionDetail) -> Content:
    version, look = known.version, known.inspection
    count = f"{len(known.files)} files, " if version.kind == "folder" else ""
    made = f" · {look.framework}" if look.framework else ""
    weights = f" · {look.parameters:,} weights" if look.parameters is not None else ""
    tensors = f" in {look.tensors:,} tensors" if look.tensors is not None else ""
    freed = " · bytes freed" if version.freed else ""
    return styled(
        (version.format, "strong"),
        f"{made} · {count}{size_text(version.size)}{weights}{tensors}{freed} · ",
        (f"sha256:{version.digest[:12]}", "dim"),
    )


def _shape(known: VersionDetail) -> list[tuple[str, Content]]:
    look = known.inspection
    sides = (("input", look.inputs), ("output", look.outputs))
    return [(name, line(", ".join(map(_spec, specs)))) for name, specs in sides if specs]


def _spec(spec: TensorSpec) -> str:
    shape = ", ".join("?" if side is None else str(side) for side in spec.shape)
    return f"{spec.name} {spec.dtype}[{shape}]"


def _scan(known: VersionDetail) -> Content:
    worst = [f for f in known.inspection.findings if f.severity != "info"][:_FINDINGS_SHOWN]
    seen = "; ".join(f"{f.rule} in {f.where}: {f.detail}" for f in worst)
    return styled((f"⚠ {scan_words(known.version)}", "warn"), f" · {seen}" if seen else "")


def _origin(known: VersionDetail) -> list[tuple[str, Content]]:
    rows: list[tuple[str, Content]] = []
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
    seconds = f", {run.seconds:,.1f} s" if run.seconds is not None else ""
    return f"{run.id}{seconds}" + (f" · {run.url}" if run.url else "")


def _code(code: Code) -> str:
    state = {True: " (with uncommitted changes)", False: " (clean)", None: ""}[code.dirty]
    commit = f"{code.commit[:12]}{state}" if code.commit else state.strip()
    return " · ".join(word for word in (code.entry, commit, code.repository) if word)


def _dataset(data: Dataset) -> str:
    rows = f", {data.rows:,} rows" if data.rows is not None else ""
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

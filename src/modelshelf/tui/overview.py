"""How the dashboard looks: what its rows are, the columns they stand in, and its words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from modelshelf.domain.audit import Entry
from modelshelf.domain.overview import (
    FolderStanding,
    HookTrouble,
    Overview,
    Requested,
    Resting,
    Serving,
    Stored,
    Waiting,
)
from modelshelf.domain.text import plural, safe, size_text
from modelshelf.tui.columns import main_metrics
from modelshelf.tui.sections import Row
from modelshelf.tui.show import Cell, Look, number

if TYPE_CHECKING:
    from modelshelf.domain.models import ModelVersion

PRESENT_ONLY = "kept for the present only: T comes back to it"
COUNTING = "counting …"
_BLOCKS = " ▁▂▃▄▅▆▇"
_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_WEEK = 6


# --- serving now ----------------------------------------------------------------------------------


def serving(found: Overview) -> list[Row]:
    """Return a row for every holder, then for every model that serves nobody."""
    rows = [row for one in found.serving for row in _served(one, found.at)]
    return rows + [_idle(one) for one in found.idle]


def _served(one: Serving, now: datetime) -> Iterator[Row]:
    shared = len(one.holders) > 1
    metrics = main_metrics([held.version for held in one.holders], most=1)
    known = [held.since for held in one.holders if held.since is not None]
    newest = max(known, default=None)
    joined = max((p for p, h in enumerate(one.holders) if h.since == newest), default=0)
    for place, held in enumerate(one.holders):
        version = held.version
        by = Cell(safe(one.actor, 40), "dim")
        if shared and newest is not None and place == joined:
            by = Cell(f"A/B since {clock_time(newest, now)}", "accent")
        elif version.yanked is not None:
            by = Cell("yanked", "warn")
        yield Row(
            f"v{version.id}",
            "version",
            (
                Cell("" if place else safe(one.model), "strong"),
                Cell(f"v{version.number}", "accent"),
                Cell(f"{held.weight} %" if shared else "", "strong"),
                _metric(version, metrics),
                by,
            ),
            model=one.model,
            version=version.number,
            held=version,
            since=held.since or one.at,
        )


def _metric(version: ModelVersion, names: Sequence[str]) -> Cell:
    for name in names:
        if (value := version.metrics.get(name)) is not None:
            short = safe(_SHORT.get(name, name), 7)
            return Cell(f"{short} {number(value)}")
    return Cell("–", "dim")


_SHORT = {"accuracy": "acc", "precision": "pr", "recall": "rec"}


def _idle(one: Resting) -> Row:
    told = "nobody serves" if one.latest else "no version yet"
    return Row(
        f"m{one.name}",
        "version",
        (
            Cell(safe(one.name), "dim"),
            Cell("–", "dim"),
            Cell(""),
            Cell(""),
            Cell(told, "dim"),
        ),
        model=one.name,
        version=one.latest,
    )


def serving_title(found: Overview) -> tuple[Cell, ...]:
    """Return the title over who serves: how many models do, of how many."""
    of = f"{found.serving_total:,} of {plural(found.models, 'model')}"
    words = (Cell("serving now", "strong"), Cell(f"· {safe(found.stage, 40)} ·", "dim"))
    return (*words, Cell(f"{of}{_shown(len(found.serving), found.serving_total)}", "dim"))


def _shown(shown: int, total: int) -> str:
    return f", the last {shown:,}" if 0 < shown < total else ""


# --- lately ---------------------------------------------------------------------------------------


def clock_time(at: datetime, now: datetime) -> str:
    """Return a moment as people nearby say it: a time of today, a weekday, a day."""
    here, today = at.astimezone(), now.astimezone()
    days = (today.date() - here.date()).days
    if days == 0:
        return f"{here:%H:%M}"
    if 0 < days <= _WEEK:
        return _WEEKDAYS[here.weekday()]
    return f"{here:%m-%d}" if here.year == today.year else f"{here:%Y}"


def lately(found: Overview) -> list[Row]:
    """Return a row for every entry."""
    return [_entry(entry, found.at) for entry in found.lately]


def _entry(entry: Entry, now: datetime) -> Row:
    told = entry.event.startswith(("stage.", "promotion."))
    return Row(
        f"e{entry.seq}",
        "entry",
        (
            Cell(clock_time(entry.at, now), "dim"),
            Cell(safe(entry.actor, 40)),
            Cell(safe(entry.sentence), "strong" if told else "plain"),
        ),
        number=entry.seq,
    )


# --- waits for you --------------------------------------------------------------------------------


def waits(found: Requested) -> list[Row]:
    """Return two rows for every request: what is asked, and what it lacks."""
    return [row for one in found.first for row in _waiting(one)]


def _waiting(one: Waiting) -> Iterator[Row]:
    asked = one.request
    model, _, name = asked.reference.rpartition(":")
    sign, look = ("●", "accent") if one.mine else ("○", "plain")
    said: Look = "accent" if look == "accent" else "plain"
    words = f"{sign} {safe(name, 20)} → {safe(asked.stage, 40)}  {safe(model)}"
    yield Row(
        f"r{asked.id}",
        "request",
        (Cell(words, said),),
        model=model,
        number=asked.id,
        since=asked.at,
    )
    yield Row(
        f"s{asked.id}",
        "request",
        (Cell(f"    {_lacks(one)}", "dim"),),
        model=model,
        number=asked.id,
    )


def _lacks(one: Waiting) -> str:
    if one.trouble:
        return safe(one.trouble, 200)
    gates = f"gates {one.passed} of {one.gates}"
    if not one.missing:
        return f"{gates} · approved"
    return f"{gates} · {plural(one.missing, 'approval')} missing"


def waits_title(found: Requested) -> tuple[Cell, ...]:
    """Return the title over the requests: how many are open, how many wait for this person."""
    mine = sum(one.mine for one in found.first)
    words = [Cell("waits for you", "strong")]
    if mine:
        words.append(Cell(f"{mine:,}", "accent"))
    if found.total > mine:
        words.append(
            Cell(
                f"{found.total - mine:,} for others"
                if mine
                else f"· nothing, {found.total:,} for others",
                "dim",
            )
        )
    return tuple(words)


# --- folders and hooks ----------------------------------------------------------------------------


def folders(found: Sequence[FolderStanding]) -> list[Row]:
    """Return a row for every drop folder."""
    return [_folder(one) for one in found]


def _folder(one: FolderStanding) -> Row:
    counts = {
        "quarantined": one.quarantined,
        "refused": one.refused,
        "waiting": one.waiting,
    }
    worst = next((state for state, count in counts.items() if count), "")
    told = "  ".join(f"{counts[s]:,} {s}" for s in reversed(counts) if counts[s])
    look: Look = "warn" if worst in ("quarantined", "refused") else "plain"
    name = safe(one.path) + (" (adopt)" if one.keep == "adopt" else "")
    cells = (Cell(f"● {name}", look), Cell(told or "nothing waits", look if told else "dim"))
    return Row(f"f{one.path}", "inbox", cells, state=worst)


def hooks(found: Sequence[HookTrouble], many: int) -> list[Row]:
    """Return a row for every hook that fails, or one that says that all is well."""
    if not found:
        told = ("all told", "") if many else ("none", "the policy names no hook")
        return [Row("h", "health", tuple(Cell(word, "dim") for word in told))]
    return [
        Row(
            f"h{one.key}",
            "health",
            (Cell(f"✗ {safe(one.key, 60)}", "warn"), Cell(_failing(one), "warn")),
        )
        for one in found
    ]


def _failing(one: HookTrouble) -> str:
    given = f"{one.failed:,} given up" if one.failed else ""
    tried = f"{one.retrying:,} tried again" if one.retrying else ""
    return safe(f"{', '.join(filter(None, (given, tried)))}: {one.said}", 200)


# --- this month -----------------------------------------------------------------------------------


def curve(counts: Sequence[int]) -> str:
    """Return a small curve of counts; a day with any is never as low as one with none."""
    top = max(counts, default=0)
    if not top:
        return "·" * len(counts)
    steps = len(_BLOCKS) - 1
    return "".join(_BLOCKS[-(-count * steps // top)] if count else "·" for count in counts)


def month(found: Overview, bytes_kept: Stored | str) -> list[Row]:
    """Return what was registered lately, and what is kept."""
    count = sum(found.days)
    rows = [
        Row("new", "models", (Cell("versions"), Cell(f"{curve(found.days)}  {count:,}", "accent"))),
        Row(
            "all",
            "models",
            (Cell("in all"), Cell(f"{found.versions:,} in {plural(found.models, 'model')}", "dim")),
        ),
    ]
    told = bytes_kept if isinstance(bytes_kept, str) else _kept(bytes_kept)
    return [*rows, Row("stored", "health", (Cell("stored"), Cell(told)))]


def _kept(kept: Stored) -> str:
    words = [size_text(kept.stored)]
    if kept.shared:
        words.append(f"{size_text(kept.shared)} saved by sharing")
    if kept.in_place:
        words.append(f"{size_text(kept.in_place)} in place")
    return "  ".join(words)


def untouched(found: Overview) -> list[Row]:
    """Return a row for every model that nobody touched for long."""
    return [
        Row(
            f"u{one.name}",
            "version",
            (Cell(safe(one.name)), Cell(f"v{one.latest}" if one.latest else "–", "dim")),
            model=one.name,
            version=one.latest,
            since=one.changed_at,
        )
        for one in found.untouched
    ]


def title(words: str, told: str = "", look: Look = "dim") -> tuple[Cell, ...]:
    """Return a title, and what is told beside it."""
    return (Cell(words, "strong"), Cell(f"· {told}", look)) if told else (Cell(words, "strong"),)

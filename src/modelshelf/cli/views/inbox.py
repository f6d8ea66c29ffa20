"""What was dropped and what became of it, as a list and one by one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from modelshelf.cli import wording
from modelshelf.cli.screen import Screen
from modelshelf.cli.table import Cell, Column, facts, table
from modelshelf.domain.text import safe, size_text

if TYPE_CHECKING:
    from modelshelf.domain.intake import Sighting
    from modelshelf.domain.quarantine import Quarantined

_PREFIX = "quarantine:"
_DIGITS_MOST = 18
_FINDINGS_SHOWN = 20


def number_of(reference: str) -> int | None:
    """Return the 7 of ``quarantine:7``; ``None`` for anything else."""
    digits = reference.removeprefix(_PREFIX)
    good = digits != reference and digits.isascii() and digits.isdigit()
    return int(digits) if good and len(digits) <= _DIGITS_MOST else None


def lines(screen: Screen, found: Sequence[Sighting]) -> Iterator[str]:
    """Yield a table of lines."""
    if not found:
        return
    columns = (
        Column("id", right=True, keep=True),
        Column("state", keep=True),
        Column("path"),
        Column("version", spare=1),
        Column("since (UTC)", keep=True, spare=2),
        Column("reason", begins=True),
    )
    rows = (
        (
            str(s.id),
            Cell(s.state, "bold" if s.state == "refused" else ""),
            s.path,
            s.reference or (f"→ {s.model}" if s.model else ""),
            wording.when(s.at),
            _reason(s),
        )
        for s in found
    )
    yield from table(screen, columns, rows)


def summary(counts: Mapping[str, int]) -> str:
    """Return how many lines there are of each state, and how much is held in quarantine."""
    held = counts.get("quarantined", 0)
    said = [f"{n:,} {state}" for state, n in counts.items() if n and state != "quarantined"]
    return ", ".join(said) + (f"; {held:,} held in quarantine" if held else "")


def quarantined(screen: Screen, held: Sequence[Quarantined]) -> Iterator[str]:
    """Yield a table of what is in quarantine."""
    if not held:
        return
    columns = (
        Column("id", keep=True),
        Column("path"),
        Column("model", spare=2),
        Column("size", right=True, keep=True, spare=3),
        Column("since (UTC)", keep=True, spare=1),
        Column("rule"),
        Column("reason", begins=True),
    )
    rows = (
        (
            Cell(q.reference, "bold"),
            q.path,
            q.model,
            size_text(q.size),
            wording.when(q.at),
            q.rule,
            q.reason,
        )
        for q in held
    )
    yield from table(screen, columns, rows)


def one(screen: Screen, seen: Sighting | None, kept: Quarantined | None) -> Iterator[str]:
    """Yield all about one line and about what it refers to in quarantine."""
    if seen is not None:
        yield from facts(screen, _of_line(seen))
    if kept is not None:
        yield from facts(screen, _of_quarantined(kept))
        findings = kept.inspection.findings if kept.inspection else ()
        for finding in findings[:_FINDINGS_SHOWN]:
            said = f"{finding.severity} {finding.rule} in {finding.where}: {finding.detail}"
            yield f"  {safe(said)}"
        if len(findings) > _FINDINGS_SHOWN:
            yield f"  and {len(findings) - _FINDINGS_SHOWN:,} more findings"


def _of_line(seen: Sighting) -> list[tuple[str, str | Cell]]:
    return [
        ("line", Cell(str(seen.id), "bold")),
        ("path", seen.path),
        ("state", seen.state),
        ("reason", _reason(seen)),
        ("is", seen.reference),
        ("pointed to", seen.model),
        ("since", f"{wording.when(seen.at)} UTC"),
        ("size", size_text(seen.size) if seen.size else ""),
    ]


def _of_quarantined(kept: Quarantined) -> list[tuple[str, str | Cell]]:
    closed = "" if kept.closed_at is None else f"{wording.when(kept.closed_at)} UTC"
    return [
        ("quarantine", Cell(f"{kept.reference}, {kept.state}", "bold")),
        ("dropped as", f"{kept.path} ({kept.kind}, {size_text(kept.size)})"),
        ("kept at", kept.place),
        ("meant for", kept.model),
        ("rule", kept.rule),
        ("why", kept.reason),
        ("owner", kept.owner),
        ("refused", f"{wording.when(kept.at)} UTC by {kept.actor}"),
        ("sha256", kept.digest),
        (kept.state, f"{closed} by {kept.closed_by}: {kept.closed_reason}" if closed else ""),
        ("became", kept.version or ""),
    ]


def _reason(seen: Sighting) -> str:
    if seen.state == "waiting" and seen.done and seen.size:
        return f"{seen.reason} ({100 * seen.done // seen.size} %)"
    return seen.reason

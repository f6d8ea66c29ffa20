"""Entries of the audit log."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from modelshelf.cli import wording
from modelshelf.cli.screen import Screen
from modelshelf.cli.table import Cell, Column, facts, table

if TYPE_CHECKING:
    from modelshelf.domain.audit import Entry
    from modelshelf.registry.exporting import Exported

_SHORT_SEAL = 12


def entries(screen: Screen, found: Sequence[Entry]) -> Iterator[str]:
    """Yield a table of entries."""
    if not found:
        return
    columns = (
        Column("entry", right=True, keep=True),
        Column("time (UTC)", keep=True),
        Column("actor", spare=1),
        Column("what", begins=True),
    )
    rows = ((Cell(str(e.seq), "dim"), wording.when(e.at), e.actor, e.sentence) for e in found)
    yield from table(screen, columns, rows)


def entry(screen: Screen, shown: Entry) -> Iterator[str]:
    """Yield everything of one entry, its event as JSON."""
    import json

    pairs: list[tuple[str, str | Cell]] = [
        ("entry", Cell(str(shown.seq), "bold")),
        ("time", f"{shown.at:%Y-%m-%d %H:%M:%S.%f} UTC"),
        ("actor", shown.actor),
        ("event", shown.event),
        ("subject", shown.subject),
        ("what", shown.sentence),
        ("seal", shown.seal),
        ("before", shown.prev),
    ]
    yield from facts(screen, pairs)
    yield ""
    yield json.dumps(dict(shown.body), indent=2, sort_keys=True)


def exported(screen: Screen, told: Exported) -> Iterator[str]:
    """Yield what an export holds, and what proves it."""
    yield from facts(
        screen,
        [
            ("file", str(told.path)),
            ("entries", f"{told.first} to {told.last}"),
            ("registry", told.registry_id),
            ("begins after", told.prev),
            ("ends with", told.seal),
        ],
    )
    if told.wanted < told.last:
        yield reaching(told)


def reaching(told: Exported) -> str:
    """Return why an export goes on after what was asked for."""
    more = wording.plural(told.last - told.wanted, "entry", "entries")
    return f"{more} after {told.wanted} lead to the checkpoint that proves the rest."

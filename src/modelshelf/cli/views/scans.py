"""What scanning again found."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from modelshelf.cli.table import Cell, Column, table
from modelshelf.cli.wording import plural
from modelshelf.domain.text import safe

if TYPE_CHECKING:
    from modelshelf.cli.screen import Screen
    from modelshelf.domain.scans import ScanReport

_LONG = 10_000


def report(screen: Screen, found: ScanReport) -> Iterator[str]:
    """Yield a table of the versions of which something else is known now."""
    if found.changed:
        columns = (
            Column("version", keep=True), Column("was"), Column("is", keep=True), Column("because"),
        )  # fmt: skip
        rows = (
            (each.reference, each.before, Cell(each.after, "bold" if each.refused else ""),
             each.reason)
            for each in found.changed
        )  # fmt: skip
        yield from table(screen, columns, rows)
    for unreadable in found.unreadable:
        yield safe(f"not looked into: {unreadable}", _LONG)


def summary(found: ScanReport) -> str:
    """Return one sentence about the run."""
    tail = "" if found.recorded else "; nothing was recorded"
    return f"{plural(found.scanned, 'version')} scanned, {len(found.changed):,} changed{tail}."

"""Who uses which version, and which versions nobody uses."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from modelshelf.cli import wording
from modelshelf.cli.table import Cell, Column, table
from modelshelf.domain.text import safe, size_text

if TYPE_CHECKING:
    from modelshelf.cli.screen import Screen
    from modelshelf.domain.consumers import Consumer, Unused


def consumers(screen: Screen, found: Sequence[Consumer]) -> Iterator[str]:
    """Yield a table of uses; a version that its consumer has left since is dim."""
    columns = (
        Column("consumer"),
        Column("version", keep=True),
        Column("", keep=True),
        Column("asked for"),
        Column("since (UTC)", keep=True, spare=2),
        Column("last seen", keep=True),
        Column("times", right=True, keep=True, spare=1),
    )
    rows = (
        (
            Cell(one.name, "bold"),
            Cell(one.reference, "" if one.present else "dim"),
            "" if one.present else "left",
            one.asked,
            wording.when(one.since),
            wording.when(one.seen),
            f"{one.times:,}",
        )
        for one in found
    )
    if found:
        yield from table(screen, columns, rows)


def unused(screen: Screen, found: Sequence[Unused]) -> Iterator[str]:
    """Yield a table of versions that nobody uses."""
    columns = (
        Column("version", keep=True),
        Column("stage"),
        Column("size", right=True, keep=True),
        Column("created (UTC)", keep=True, spare=1),
        Column("last used (UTC)", keep=True),
    )
    rows = (
        (
            Cell(one.version.reference, "bold"),
            wording.stage(one.version),
            size_text(one.version.size),
            wording.when(one.version.created_at),
            "never" if one.seen is None else wording.when(one.seen),
        )
        for one in found
    )
    if found:
        yield from table(screen, columns, rows)


def warning(found: Sequence[Consumer]) -> Iterator[str]:
    """Yield a sentence for each version that is in use."""
    for reference in dict.fromkeys(one.reference for one in found if one.present):
        said = wording.users([one for one in found if one.reference == reference])
        yield f"{safe(reference)} is used by {said}"

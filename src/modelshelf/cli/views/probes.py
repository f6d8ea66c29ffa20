"""What versions answered to a probe: how much, to which examples, and when."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from modelshelf.cli import wording
from modelshelf.cli.screen import Screen
from modelshelf.cli.table import Column, table

if TYPE_CHECKING:
    from modelshelf.domain.probes import ProbeAnswers

_DIGEST_SHOWN = 12


def answers(screen: Screen, found: Sequence[ProbeAnswers]) -> Iterator[str]:
    """Yield a table of versions with what they answered."""
    columns = (
        Column("version"),
        Column("probe", begins=True),
        Column("answers", right=True, keep=True),
        Column("examples", keep=True, spare=2),
        Column("asked (UTC)", keep=True, spare=1),
        Column("by", spare=3),
        Column("entry", right=True, keep=True, spare=1),
    )
    yield from table(screen, columns, (_row(each) for each in found))


def _row(each: ProbeAnswers) -> tuple[str, ...]:
    return (
        each.reference,
        each.probe,
        f"{each.rows:,}",
        each.data[:_DIGEST_SHOWN],
        wording.when(each.at),
        each.actor,
        str(each.id),
    )

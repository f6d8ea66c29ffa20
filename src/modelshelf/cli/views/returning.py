"""Plans of rolling many stages back to a moment."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from modelshelf.cli import wording
from modelshelf.cli.screen import Screen
from modelshelf.cli.table import Cell, Column, table
from modelshelf.domain.stages import holders_in_words

if TYPE_CHECKING:
    from modelshelf.domain.returning import ReturnMove, ReturnPlan
    from modelshelf.domain.stages import Assignment

_FEW = 3


def returning(screen: Screen, plan: ReturnPlan) -> Iterator[str]:
    """Yield each stage that would move with its holders now and then, and who is left alone."""
    yield f"as it was at entry {plan.entry}, {wording.when(plan.at)} UTC"
    if plan.moves:
        yield ""
        columns = (
            Column("model", keep=True),
            Column("stage", keep=True),
            Column("now", keep=True),
            Column("then", keep=True),
            Column("what changes", begins=True),
            Column("used by", spare=1),
        )
        yield from table(screen, columns, (_row(move) for move in plan.moves))
    else:
        yield "every stage is held as it was then"
    if plan.left_alone:
        yield ""
        yield "left alone"
        heads = (Column("model"), Column("stage"), Column("why"))
        yield from table(screen, heads, ((a.model, a.stage, a.why) for a in plan.left_alone))


def _row(move: ReturnMove) -> tuple[str | Cell, ...]:
    return (
        move.model,
        move.stage,
        holders_in_words(move.holders_now),
        Cell(holders_in_words(move.holders_then), "accent"),
        Cell(f"cannot: {move.refused}", "bold") if move.refused else _differences(move),
        _users(move),
    )


def _differences(move: ReturnMove) -> str:
    """Return the metrics that differ between the first holders, as many as fit."""
    if move.comparison is None:
        return ""
    rows = [
        row
        for section in move.comparison.differing().sections
        if section.name == "metrics"
        for row in section.rows
    ]
    shown = [f"{row.key} {_value(row.values[0])} → {_value(row.values[1])}" for row in rows[:_FEW]]
    return ", ".join(shown) + (f" +{len(rows) - _FEW}" if len(rows) > _FEW else "")


def _value(value: object) -> str:
    if value is None:
        return "–"
    return wording.number(value) if isinstance(value, float) else str(value)


def _users(move: ReturnMove) -> str:
    names = sorted({consumer.name for consumer in move.consumers if consumer.present})
    more = len(names) - _FEW
    return ", ".join(names[:_FEW]) + (f" +{more}" if more > 0 else "")


def assignments(screen: Screen, made: Sequence[Assignment]) -> Iterator[str]:
    """Yield a table of who holds what from now on."""
    if not made:
        return
    columns = (
        Column("entry", right=True, keep=True),
        Column("model", keep=True),
        Column("stage", keep=True),
        Column("holders"),
    )
    rows = ((Cell(str(a.id), "dim"), a.model, a.stage, holders_in_words(a.holders)) for a in made)
    yield from table(screen, columns, rows)

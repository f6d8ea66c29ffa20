"""Hooks and their deliveries as tables."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from modelshelf.cli import wording
from modelshelf.cli.screen import Screen
from modelshelf.cli.table import Cell, Column, table

if TYPE_CHECKING:
    from modelshelf.cli.screen import Tone
    from modelshelf.domain.deliveries import Delivery, DeliveryReport, HookStanding

_TONES: dict[str, Tone] = {"failed": "bold", "pending": "accent", "skipped": "dim"}


def hooks(screen: Screen, found: Sequence[HookStanding]) -> Iterator[str]:
    """Yield a table of hooks."""
    if not found:
        return
    columns = (
        Column("hook", keep=True),
        Column("told of", spare=2),
        Column("models", spare=3),
        Column("how", begins=True, spare=4),
        Column("waiting", right=True, keep=True),
        Column("given up", right=True, keep=True),
        Column("last told (UTC)", keep=True),
        Column("said last", begins=True, spare=1),
    )
    yield from table(screen, columns, map(_hook, found))


def deliveries(screen: Screen, found: Sequence[Delivery]) -> Iterator[str]:
    """Yield a table of deliveries."""
    if not found:
        return
    columns = (
        Column("id", right=True, keep=True),
        Column("hook", spare=2),
        Column("entry", right=True, keep=True),
        Column("event", keep=True),
        Column("about", spare=3),
        Column("state", keep=True),
        Column("tried", right=True, keep=True),
        Column("when (UTC)", spare=4),
        Column("said", begins=True, spare=1),
    )
    yield from table(screen, columns, map(_delivery, found))


def report(done: DeliveryReport) -> str:
    """Return what a run did, on one line."""
    words = f"{done.delivered} told, {done.failed} given up, {done.waiting} waiting"
    return words if done.next_due is None else f"{words}, next at {done.next_due:%H:%M:%S} UTC"


def _hook(hook: HookStanding) -> tuple[str | Cell, ...]:
    return (
        Cell(hook.key, "bold"),
        ", ".join(hook.on),
        ", ".join(hook.models),
        hook.told,
        str(hook.pending or ""),
        Cell(str(hook.failed or ""), "bold"),
        "" if hook.last is None else wording.when(hook.last),
        hook.said,
    )


def _delivery(each: Delivery) -> tuple[str | Cell, ...]:
    at = each.due if each.done is None else each.done
    return (
        Cell(str(each.id), "dim"),
        each.hook,
        str(each.seq),
        each.event,
        each.subject,
        Cell(each.state, _TONES.get(each.state, "")),
        str(each.attempts),
        f"{at:%Y-%m-%d %H:%M:%S}",
        each.said,
    )

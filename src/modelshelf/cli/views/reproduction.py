"""Recipes, what is missing of them, and what came of following them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from modelshelf.cli.table import Cell, Column, facts, table
from modelshelf.cli.wording import plural
from modelshelf.domain.reproduction import REPRODUCED
from modelshelf.domain.text import safe

if TYPE_CHECKING:
    from modelshelf.cli.screen import Screen, Tone
    from modelshelf.domain.reproduction import ComparedMetric, Recipe, Reproduction

_LONG = 10_000


def recipe(screen: Screen, found: Recipe) -> Iterator[str]:
    """Yield what making a version again takes, whether that is there, and what to do."""
    columns = (
        Column("takes", keep=True),
        Column("what"),
        Column("state", keep=True),
        Column("why"),
    )
    rows = (
        (k.ingredient, k.what, Cell(k.state, "bold" if k in found.missing else ""), k.why)
        for k in found.known
    )
    yield from table(screen, columns, rows)
    yield ""
    for step in found.steps:  # to be copied, so never cut
        yield safe(step, _LONG)


def summary(found: Recipe) -> str:
    """Return one sentence about a recipe."""
    if found.complete:
        return f"{found.reference} can be made again: modelshelf reproduce {found.reference} --run"
    count = len(found.missing)
    verb = "stands" if count == 1 else "stand"
    return f"{plural(count, 'thing')} {verb} in the way of making {found.reference} again."


def attempt(screen: Screen, done: Reproduction) -> Iterator[str]:
    """Yield what came of making a version again."""
    report = done.report
    yield from facts(
        screen,
        (
            ("version", done.reference),
            ("outcome", Cell(report.outcome, _tone(report.outcome))),
            ("because", report.why),
            ("digest", report.digest),
            ("weights", report.weights),
            ("python", report.python),
            ("took", f"{report.seconds:.1f} s"),
            ("entry", str(done.id)),
            ("output", done.output or ""),
        ),
    )
    if report.metrics:
        yield ""
        yield from _metrics(screen, report.metrics)
    for sentence in report.differences:
        yield safe(f"other than recorded: {sentence}", _LONG)


def attempts(screen: Screen, found: tuple[Reproduction, ...]) -> Iterator[str]:
    """Yield a table of attempts, newest first."""
    if not found:
        yield "nobody has tried to make it again"
        return
    columns = (
        Column("entry", right=True, keep=True),
        Column("at", keep=True),
        Column("actor"),
        Column("outcome", keep=True),
        Column("why"),
    )
    rows = (
        (
            str(each.id),
            f"{each.at:%Y-%m-%d %H:%M}",
            each.actor,
            Cell(each.report.outcome, _tone(each.report.outcome)),
            each.report.why,
        )
        for each in found
    )
    yield from table(screen, columns, rows)


def _metrics(screen: Screen, metrics: tuple[ComparedMetric, ...]) -> Iterator[str]:
    columns = (
        Column("metric"),
        Column("recorded", right=True, keep=True),
        Column("came out", right=True, keep=True),
        Column("within", keep=True),
    )
    rows = (
        (
            m.name,
            f"{m.recorded:g}",
            "" if m.measured is None else f"{m.measured:g}",
            Cell("yes" if m.within else "no", "" if m.within else "bold"),
        )
        for m in metrics
    )
    yield from table(screen, columns, rows)


def _tone(outcome: str) -> Tone:
    return "" if outcome in REPRODUCED else "bold"

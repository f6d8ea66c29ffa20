"""Which columns the lists have, and what stands in them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime

from modelshelf.domain.audit import Entry
from modelshelf.domain.models import ModelVersion, RegisteredModel
from modelshelf.domain.stages import Assignment, holders_in_words
from modelshelf.domain.text import safe
from modelshelf.tui.show import (
    Cell,
    Look,
    age,
    model_mark,
    moment,
    number,
)
from modelshelf.tui.widgets.grid import Column, Layout

Clock = Callable[[], datetime]
Marks = Mapping[str, str]

METRICS_SHOWN = 5
# These are looked at first wherever they are recorded; all others follow by their names.
_FIRST = ("auc", "accuracy", "f1", "r2", "rmse", "mae", "loss")
_BLOCKS = "▁▂▃▄▅▆▇"
_TREND_SHOWN, _TREND_LEAST = 6, 3


def models(marks: Marks, clock: Clock) -> Layout[RegisteredModel]:
    """Return how models are listed: name and holders first, the rest where there is room."""

    def cells(model: RegisteredModel) -> tuple[Cell, ...]:
        look: Look = "dim" if model.retired else "plain"
        return (
            Cell(safe(model.name), look),
            model_mark(model, marks),
            Cell(str(model.versions), "dim"),
            Cell(safe(model.owner, 40) or "–", "dim"),
            Cell(age(clock(), model.changed_at), "dim"),
        )

    return Layout(
        (
            Column("model", 12, grow=True),
            Column("stage", 8),
            Column("versions", 8, right=True, rank=1),
            Column("owner", 10, rank=2),
            Column("changed", 7, right=True, rank=1),
        ),
        cells,
        lambda model: model.id,
    )


def main_metrics(versions: Iterable[ModelVersion], most: int = METRICS_SHOWN) -> tuple[str, ...]:
    """Return the metrics that most of these versions have, the usual ones first."""
    counted = Counter(name for version in versions for name in version.metrics)
    if not counted:
        return ()
    usual = max(counted.values()) / 2
    rank = {name: place for place, name in enumerate(_FIRST)}
    common = [name for name, count in counted.items() if count >= usual]
    return tuple(sorted(common, key=lambda n: (rank.get(n, len(rank)), n))[:most])


def trends(newest_first: Sequence[ModelVersion]) -> dict[str, str]:
    """Return a small curve for every metric that the last versions have: ``▁▂▅▆▇``."""
    last = newest_first[:_TREND_SHOWN][::-1]
    found: dict[str, str] = {}
    for name in {metric for version in last for metric in version.metrics}:
        values = [version.metrics[name] for version in last if name in version.metrics]
        low, high = min(values), max(values)
        if len(values) >= _TREND_LEAST and high > low:
            steps = ((value - low) / (high - low) * (len(_BLOCKS) - 1) for value in values)
            found[name] = "".join(_BLOCKS[round(step)] for step in steps)
    return found


def metric_cell(version: ModelVersion, name: str) -> Cell:
    """Return a metric of a version."""
    value = version.metrics.get(name)
    return Cell("–", "dim") if value is None else Cell(number(value))


def entries(clock: Clock) -> Layout[Entry]:
    """Return how audit entries are listed."""

    def cells(entry: Entry) -> tuple[Cell, ...]:
        told = entry.event in ("stage.assigned", "stage.rolled_back", "promotion.refused")
        return (
            Cell(str(entry.seq), "dim"),
            Cell(moment(entry.at)),
            Cell(age(clock(), entry.at), "dim"),
            Cell(safe(entry.actor, 60)),
            Cell(safe(entry.sentence), "strong" if told else "plain"),
        )

    return Layout(
        (
            Column("entry", 6, right=True),
            Column("when (UTC)", 16),
            Column("age", 6, right=True, rank=2),
            Column("who", 9),
            Column("what", 20, grow=True, begins=True),
        ),
        cells,
        lambda entry: entry.seq,
    )


def assignments(clock: Clock) -> Layout[Assignment]:
    """Return how earlier assignments are listed."""

    def cells(one: Assignment) -> tuple[Cell, ...]:
        return (
            Cell(age(clock(), one.at)),
            Cell(holders_in_words(one.holders), "strong"),
            Cell(safe(one.actor, 40), "dim"),
            Cell(safe(one.reason)),
        )

    return Layout(
        (
            Column("since", 7, right=True),
            Column("held by", 18),
            Column("given by", 9),
            Column("because", 20, grow=True),
        ),
        cells,
        lambda one: one.id,
    )

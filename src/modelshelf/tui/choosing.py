"""Which columns the versions can have, which of them are shown, and how a list of versions is laid.

A column is called by a word, as in ``metrics.auc``, ``tag.team`` or ``size``. Whatever can be shown
is part of a row already, so that a column never costs a question.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from rich.cells import cell_len

from modelshelf.domain.models import ModelVersion
from modelshelf.domain.query import parse_sort
from modelshelf.domain.text import safe, size_text
from modelshelf.tui.columns import Clock, Marks, main_metrics, metric_cell
from modelshelf.tui.show import Cell, age, version_mark
from modelshelf.tui.widgets.grid import Column, Layout

COLUMNS_MOST = 24
_NARROWEST, _WIDEST = 8, 14
_ROOM_FOR_CURVE = 3
_UP, _DOWN = " ▲", " ▼"
# Where room is short: the second metric outlives the size, the third leaves before the author.
_METRIC_RANKS = (1, 3, 6, 7, 8)
_BEFORE, _AFTER = ("stage",), ("format", "size", "age", "by")

Draw = Callable[[ModelVersion], Cell]


@dataclass(frozen=True, slots=True)
class Look:
    """How the versions of a list are shown.

    Attributes:
        marks: Letters of the stages, highest first.
        clock: Returns the present moment.
        shown: The columns behind the first, in order.
        of_many: Whether they are of many models, so that each says which it is of.
        sort: The order they are in.
        trend: Curves for the heads of metrics.
        chosen: Whether somebody chose the columns, so that the last leave first.
    """

    marks: Marks
    clock: Clock
    shown: tuple[str, ...]
    of_many: bool = False
    sort: str = ""
    trend: Mapping[str, str] | None = None
    chosen: bool = False


def usual(versions: Sequence[ModelVersion]) -> tuple[str, ...]:
    """Return the columns shown while nobody chose any: usual metrics and the plain facts."""
    metrics = (f"metrics.{name}" for name in main_metrics(versions))
    return (*_BEFORE, *metrics, *_AFTER)


def offered(versions: Iterable[ModelVersion]) -> tuple[str, ...]:
    """Return every column that these versions can fill, the plain facts first."""
    found: dict[str, set[str]] = {"metrics": set(), "params": set(), "tag": set()}
    for version in versions:
        found["metrics"].update(version.metrics)
        found["params"].update(version.params)
        found["tag"].update(version.tags)
    keyed = (f"{field}.{name}" for field, names in found.items() for name in sorted(names))
    return (*_PLAIN, *keyed)


def orders(versions: Iterable[ModelVersion]) -> tuple[tuple[str, str], ...]:
    """Return the orders these versions can be in: as typed, and in words."""
    found = {name for version in versions for name in version.metrics}
    names = sorted(name for name in found if is_order(f"metrics.{name}"))
    metrics = [
        pair
        for name in names
        for pair in (
            (f"-metrics.{name}", f"{safe(name, 60)}, highest first"),
            (f"metrics.{name}", f"{safe(name, 60)}, lowest first"),
        )
    ]
    return (
        ("newest", "newest first"),
        ("oldest", "oldest first"),
        ("name", "by model, A to Z"),
        ("-name", "by model, Z to A"),
        ("-size", "largest first"),
        ("size", "smallest first"),
        *metrics,
    )


def reversed_order(sort: str) -> str:
    """Return the order from its other end."""
    plain = sort or "newest"
    if plain in ("newest", "oldest"):
        return "oldest" if plain == "newest" else "newest"
    return plain[1:] if plain.startswith("-") else f"-{plain}"


def order_of_head(column: str, sort: str) -> str:
    """Return the order that a click on the head of a column asks for: its own, then reversed."""
    own = _order(column)
    if not own:
        return ""
    first = f"-{own}" if own == "size" or own.startswith("metrics.") else own
    return reversed_order(sort) if _same(own, sort) else first


def sound(names: Sequence[str]) -> tuple[str, ...]:
    """Return those of the names that can be columns, each once."""
    kept = dict.fromkeys(name for name in names if name in _PLAIN or _keyed(name) is not None)
    return tuple(kept)[:COLUMNS_MOST]


def is_order(sort: str) -> bool:
    """Tell whether this can be read as an order."""
    from modelshelf.domain.errors import Invalid

    try:
        parse_sort(sort)
    except Invalid:
        return False
    return True


def layout(look: Look) -> Layout[ModelVersion]:
    """Return how a list of versions is drawn."""
    drawn = [_cell(name, look) for name in look.shown]

    def cells(version: ModelVersion) -> tuple[Cell, ...]:
        first = safe(version.reference) if look.of_many else str(version.number)
        return (
            Cell(first, "dim" if version.archived else "plain"),
            *(draw(version) for draw in drawn),
        )

    return Layout(tuple(_columns(look)), cells, lambda version: version.id)


def _columns(look: Look) -> Iterable[Column]:
    first = Column("version", 18, grow=True) if look.of_many else Column("v", 4, right=True)
    name = "version" if look.of_many else "number"
    yield _headed(first, name, look)
    ranks = iter(_METRIC_RANKS)
    for place, shown in enumerate(look.shown):
        column = _column(shown, look)
        if shown.startswith("metrics."):
            column = replace(column, rank=next(ranks, _METRIC_RANKS[-1]))
        if look.chosen:
            column = replace(column, rank=place)
        yield _headed(column, shown, look)


def _headed(column: Column, name: str, look: Look) -> Column:
    """Return the column with the sign of the order it gives, if it gives it now."""
    own, sort = _order(name), look.sort or "newest"
    column = replace(column, name=name)
    # Ages and numbers both give the order of creation; one sign is enough.
    if not own or not _same(own, sort) or name == "number":
        return column
    down = sort.startswith("-") or sort == "oldest"
    title = column.title.partition(" ")[0] if _keyed(name) else column.title
    title += _DOWN if down else _UP
    return replace(column, title=title, width=max(column.width, cell_len(title)))


def _order(column: str) -> str:
    """Return the order a column stands for; empty where there is none."""
    if column.startswith("metrics."):
        return column if is_order(column) else ""
    return {"age": "newest", "number": "newest", "version": "name", "size": "size"}.get(column, "")


def _same(own: str, sort: str) -> bool:
    plain = (sort or "newest").removeprefix("-")
    return own == ("newest" if plain == "oldest" else plain)


def _column(name: str, look: Look) -> Column:
    keyed = _keyed(name)
    if keyed is None:
        return replace(_PLAIN[name][0], grow=name == "by" and not look.of_many)
    field, key = keyed
    title = safe(key, 40)
    if field == "metrics":
        curve, room = (look.trend or {}).get(key, ""), _WIDEST - cell_len(title) - 1
        title = f"{title} {curve[-room:]}" if curve and room >= _ROOM_FOR_CURVE else title
    width = max(_NARROWEST, min(_WIDEST, cell_len(title)))
    return Column(title, width, right=field != "tag", rank=6)


def _cell(name: str, look: Look) -> Draw:
    keyed = _keyed(name)
    if keyed is None:
        draw = _PLAIN[name][1]
        return lambda version: draw(version, look)
    field, key = keyed
    if field == "metrics":
        return lambda version: metric_cell(version, key)
    if field == "params":
        return lambda version: _text(version.params.get(key))
    return lambda version: _text(version.tags.get(key))


def _text(value: str | None) -> Cell:
    return Cell("–", "dim") if value is None else Cell(safe(value, 60))


def _keyed(name: str) -> tuple[str, str] | None:
    field, dot, key = name.partition(".")
    return (field, key) if dot and key and field in ("metrics", "params", "tag") else None


def _format(version: ModelVersion, _look: Look) -> Cell:
    if version.verdict in ("warning", "dangerous", "incomplete"):
        return Cell(f"{safe(version.format, 20)} ⚠", "warn")
    return Cell(safe(version.format, 20))


_PLAIN: Mapping[str, tuple[Column, Callable[[ModelVersion, Look], Cell]]] = {
    "stage": (Column("stage", 7), lambda v, look: version_mark(v, look.marks)),
    "format": (Column("format", 13, rank=2), _format),
    "size": (Column("size", 8, right=True, rank=4), lambda v, _: Cell(size_text(v.size))),
    "age": (Column("age", 5, right=True), lambda v, look: Cell(age(look.clock(), v.created_at))),
    "by": (Column("by", 7, rank=5), lambda v, _: Cell(safe(v.created_by, 60), "dim")),
    "aliases": (Column("aliases", 10, rank=6), lambda v, _: Cell(safe(", ".join(v.aliases), 60))),
    "scan": (Column("scan", 9, rank=6), lambda v, _: Cell(safe(v.verdict, 20))),
    "file": (Column("file", 14, rank=6), lambda v, _: Cell(safe(v.name, 60))),
    "digest": (Column("digest", 12, rank=6), lambda v, _: Cell(v.digest[:12], "dim")),
}

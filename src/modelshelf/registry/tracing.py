"""Following the lineage: graphs around things, impact, ways and common ancestors."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Literal

from modelshelf.catalog import driver
from modelshelf.catalog.database import CATALOG
from modelshelf.domain.errors import Corrupt, Invalid
from modelshelf.domain.text import safe
from modelshelf.registry.pointing import find_things

if TYPE_CHECKING:
    from modelshelf.catalog.graph import Front
    from modelshelf.catalog.lineage import Serving
    from modelshelf.domain.lineage import LineageEdge, LineageGraph
    from modelshelf.domain.lineage_answers import Affected, CommonAncestor, Impact, LineagePath
    from modelshelf.registry.context import Context

_WAY_MOST = 100
_MANY = "many steps"
"""Stands for what is left out of a way of more things: ten thousand ways through a chain of ten
thousand would not end."""


def trace(
    context: Context, thing: str, *, hops: int, ways: Literal["both", "up", "down"]
) -> LineageGraph:
    """Return the graph around a thing; see ``Lineage.of``.

    Of a name that fits several things, the graph goes from all of them, and the one that was known
    first is its root.
    """
    from modelshelf.catalog.lineage import graph

    with _reading(context):
        return graph(
            context.connection(),
            find_things(context, thing),
            hops=hops,
            ways=ways,
            ladder=context.policy.names,
            leased=context.seq is None,
        )


def impact(context: Context, thing: str, *, stage: str | None = None) -> Impact:
    """Return which versions downstream of a thing hold a stage now; see ``Lineage.impact``.

    What was asked about is not downstream of itself: ``Impact.things`` says which stage it holds.
    """
    from modelshelf.catalog.graph import Edges, Front
    from modelshelf.catalog.lineage import counts, serving, shown
    from modelshelf.domain.lineage_answers import Impact

    with _reading(context):
        starts, connection = find_things(context, thing), context.connection()
        _check_stage(context, stage)
        edges = Edges(connection, leased=context.seq is None)
        front = Front(edges, starts, "down").to_end()
        below = [ident for ident, before in front.before.items() if before is not None]
        held = serving(connection, below, context.policy.names, stage)
        things = shown(connection, starts, context.policy.names)
        affected = _affected(context, front, held)
        return Impact(tuple(things.values()), affected, *counts(connection, below))


def path(context: Context, first: str, second: str) -> LineagePath | None:
    """Return a shortest way between two things, whichever came first; see ``Lineage.path``."""
    from modelshelf.catalog.graph import Edges, shortest
    from modelshelf.catalog.lineage import ways_shown
    from modelshelf.domain.lineage_answers import LineagePath

    with _reading(context):
        ones, others = find_things(context, first), find_things(context, second)
        edges = Edges(context.connection(), (*ones, *others), leased=context.seq is None)
        # A name may fit things before and after the other: the shorter way of the two is meant.
        both = (shortest(edges, ones, others), shortest(edges, others, ones))
        found = min(filter(None, both), key=len, default=None)
        if found is None:
            return None
        return LineagePath(*ways_shown(context.connection(), [found], context.policy.names)[0])


def common(context: Context, first: str, second: str) -> tuple[CommonAncestor, ...]:
    """Return the nearest things that both came from, nearest first; see ``Lineage.common``."""
    from modelshelf.catalog.graph import Edges, nearest_common
    from modelshelf.catalog.lineage import shown
    from modelshelf.domain.lineage_answers import CommonAncestor

    with _reading(context):
        ones, others = find_things(context, first), find_things(context, second)
        edges = Edges(context.connection(), (*ones, *others), leased=context.seq is None)
        found = nearest_common(edges, ones, others)
        known = shown(context.connection(), [ident for ident, _, _ in found], context.policy.names)
        answers = [CommonAncestor(known[i], *steps) for i, *steps in found if i in known]
        return tuple(sorted(answers, key=lambda a: (a.first + a.second, a.node.label, a.node.id)))


def _affected(context: Context, front: Front, held: Sequence[Serving]) -> tuple[Affected, ...]:
    """Return what is told of the versions that hold a stage."""
    from modelshelf.catalog.lineage import users, ways_shown
    from modelshelf.domain.lineage_answers import Affected

    connection = context.connection()
    ways = [front.way(one.id, _WAY_MOST) for one in held]
    told = ways_shown(connection, ways, context.policy.names)
    by_whom = users(connection, [one.id for one in held], leased=context.seq is None)
    return tuple(
        Affected(
            f"{one.model}:v{one.number}",
            one.stages,
            nodes,
            (_MANY if front.before[way[1]] != way[0] else edges[0].kind, *_kinds(edges[1:])),
            by_whom.get(one.id, ()),
        )
        for one, way, (nodes, edges) in zip(held, ways, told, strict=True)
    )


def _kinds(edges: Iterable[LineageEdge]) -> Iterator[str]:
    return (edge.kind for edge in edges)


def _check_stage(context: Context, stage: str | None) -> None:
    """Check that there is such a stage; one that the policy dropped may still be held.

    Raises:
        Invalid: There is none.
    """
    from modelshelf.catalog.lineage import stages_held

    known = context.policy.assignable
    if stage is None or stage in known:
        return
    known = tuple(dict.fromkeys((*known, *stages_held(context.connection()))))
    if stage not in known:
        raise Invalid(
            f"there is no stage {safe(stage, 60)!r}",
            required=", ".join(safe(name, 60) for name in known),
            hint=f"The stages are {', '.join(safe(name, 60) for name in known)}.",
        )


@contextmanager
def _reading(context: Context) -> Iterator[None]:
    """Say it in a sentence when another hand wrote what no text is into the tables.

    Raises:
        Corrupt: It did.
    """
    try:
        yield
    except driver.OperationalError as exc:
        if "decode" not in str(exc):
            raise
        raise Corrupt(
            "the lineage cannot be read",
            why=f"a text in {context.root / CATALOG} is none",
            hint="Run modelshelf verify; modelshelf rebuild makes the tables anew from the log.",
        ) from exc

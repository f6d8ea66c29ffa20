"""Edges that were found and that nobody has confirmed or rejected: computed, never stored."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from modelshelf.catalog import graph, tensors
from modelshelf.catalog import suggestions as catalog
from modelshelf.domain.errors import ModelshelfError
from modelshelf.domain.lineage_answers import Suggestion
from modelshelf.domain.names import parse_reference
from modelshelf.domain.suggesting import KNOWN_RUN, Seen, clues, of_weights, readings
from modelshelf.domain.things import EdgeKind, Thing, check_edge
from modelshelf.registry.naming import check_limit
from modelshelf.registry.pointing import thing_inside

if TYPE_CHECKING:
    from modelshelf.catalog.driver import Connection
    from modelshelf.catalog.reader import Reader
    from modelshelf.domain.suggesting import Clue, Reading
    from modelshelf.registry.context import Context

# Versions that are looked at when none is named; each takes about a millisecond.
_LOOKED_AT = 500
_SHARING_MOST = 3
_RULE = "---"
_HEAD_MOST = 50_000


@dataclass(frozen=True, slots=True)
class Guess:
    """One edge that was found: ``parent`` as the catalog knows it, and as it is written."""

    kind: EdgeKind
    parent: Thing
    target: str
    confidence: float
    evidence: str


def suggestions(context: Context, reference: str | None, *, limit: int) -> tuple[Suggestion, ...]:
    """Return suggestions for one version, or for the newest ones; see ``Lineage.suggestions``."""
    most = check_limit(limit)
    reader, connection = context.versions(), context.connection()
    found: list[Suggestion] = []
    if reference is None:
        for count, ident in enumerate(catalog.newest(connection)):
            if count >= _LOOKED_AT or len(found) >= most:
                break
            found += _suggested(context, reader, connection, ident)
    else:
        version = reader.one(parse_reference(reference))
        found += _suggested(context, reader, connection, version.id)
    found.sort(key=lambda each: -each.confidence)
    return tuple(found[:most])


def guess_of(
    context: Context, reader: Reader, connection: Connection, child: Thing, edge: tuple[str, Thing]
) -> Guess | None:
    """Return the suggestion of this edge; ``None`` where nobody suggests it.

    Args:
        context: The registry.
        reader: Reads versions, inside a transaction or not.
        connection: The connection behind it.
        child: What would have come from the parent.
        edge: Kind of the edge, and the parent.
    """
    if child.kind != "version":
        return None
    kind, parent = edge
    wanted = (kind, parent.kind, parent.key)
    found = _Search(context, reader, connection, int(child.key)).guesses()
    return next((g for g in found if (g.kind, g.parent.kind, g.parent.key) == wanted), None)


def _suggested(
    context: Context, reader: Reader, connection: Connection, ident: int
) -> list[Suggestion]:
    search = _Search(context, reader, connection, ident)
    return [
        Suggestion(search.reference, g.kind, g.target, g.confidence, g.evidence)
        for g in search.guesses()
    ]


class _Search:
    """The search for what one version came from."""

    def __init__(
        self, context: Context, reader: Reader, connection: Connection, ident: int
    ) -> None:
        self._context = context
        self._reader = reader
        self._connection = connection
        self._id = ident
        self._told = catalog.telling(connection, ident)
        self._parents = catalog.parents(connection, ident)
        self._rejected = catalog.rejected(connection, ident)

    @property
    def reference(self) -> str:
        """What the version is called."""
        return "" if self._told is None else self._told.reference

    def guesses(self) -> tuple[Guess, ...]:
        """Return what was found, surest first; what two hints say alike is said once."""
        found: dict[tuple[str, str, str], Guess] = {}
        for guess in (*self._from_clues(), *self._from_weights()):
            parent = guess.parent  # a name with a revision and without one means one thing
            named = parent.key if parent.kind in ("version", "run") else parent.name
            key = (guess.kind, parent.kind, named)
            found[key] = _both(found[key], guess) if key in found else guess
        return tuple(sorted(found.values(), key=lambda g: (-g.confidence, g.kind, g.target)))

    def _from_clues(self) -> Iterator[Guess]:
        if self._told is None:
            return
        for clue in clues(_seen(self._told)):
            for reading in readings(clue):
                parent = self._read(reading, clue)
                if parent is None:
                    continue
                if self._is_new(clue.kind, parent):
                    yield self._guess(clue, reading, parent)
                break  # what is an edge or rejected is not suggested under another name either

    def _read(self, reading: Reading, clue: Clue) -> Thing | None:
        """Return what a reading leads to; ``None`` when it leads nowhere."""
        if reading.form == "model":
            found = catalog.newest_before(self._connection, reading.text, self._id)
            return None if found is None else _version(*found)
        try:
            thing = thing_inside(self._reader, self._connection, reading.text)
            check_edge("version", clue.kind, thing.kind)
        except ModelshelfError:  # no reference, none that is known, or one of several
            return None
        return thing if (thing.kind == "version") == (reading.form == "version") else None

    def _guess(self, clue: Clue, reading: Reading, parent: Thing) -> Guess:
        evidence = f"{clue.evidence}; {reading.but}" if reading.but else clue.evidence
        confidence = reading.confidence
        if parent.kind == "run" and graph.node_id(self._connection, parent) is not None:
            confidence, evidence = KNOWN_RUN, f"{evidence}, a run that is known here"
        target = parent.label if parent.kind == "version" else reading.text
        return Guess(clue.kind, parent, target, confidence, evidence)

    def _from_weights(self) -> Iterator[Guess]:
        """Yield the earliest version with all the same tensors; else some that share many.

        What shares no more than something that it is known to have come from tells nothing new.
        """
        found = tensors.same_weights(self._connection, self._id)
        before = [each for each in found if each.id < self._id]
        known = max(((e.exact, e.share) for e in before if e.id in self._above), default=(False, 0))
        alike = [each for each in before if (each.exact, each.share) > known]
        exact = [each for each in alike if each.exact]
        for each in exact[:1] or alike[:_SHARING_MOST]:
            model, _, number = each.reference.rpartition(":v")
            parent = _version(each.id, model, int(number))
            if self._is_new("derived_from", parent):
                sure, why = of_weights(each.share, exact=each.exact, reference=each.reference)
                yield Guess("derived_from", parent, each.reference, sure, why)

    @cached_property
    def _above(self) -> frozenset[int]:
        """Everything that it came from by now."""
        return frozenset(graph.reached(self._connection, [self._id], "up"))

    @cached_property
    def _below(self) -> frozenset[int]:
        """Everything that came of it, and itself."""
        return frozenset(graph.reached(self._connection, [self._id], "down"))

    def _is_new(self, kind: EdgeKind, parent: Thing) -> bool:
        """Whether this is no edge yet, nobody rejected it, and it would make no circle."""
        if parent.kind != "version" and (
            (parent.kind, parent.name) in self._parents.names
            or (kind, parent.kind, parent.name) in self._rejected.names
        ):
            return False
        ident = graph.node_id(self._connection, parent)
        if ident is None:
            return True
        return (
            ident not in self._parents.ids
            and (kind, ident) not in self._rejected.edges
            and ident not in self._below
        )


def _version(ident: int, model: str, number: int) -> Thing:
    return Thing("version", str(ident), model, f"{model}:v{number}")


def _both(first: Guess, second: Guess) -> Guess:
    """Return what two hints say together: as sure as the surer of them."""
    if first.evidence == second.evidence:
        return first
    surer = max(first, second, key=lambda g: g.confidence)
    return replace(surer, evidence=f"{first.evidence}; {second.evidence}")


def _seen(told: catalog.Telling) -> Seen:
    body = told.inspection
    bases, datasets = _of_card(told.card)
    return Seen(
        format=str(body.get("format", "")),
        base_models=tuple(body.get("base_models", ())),
        metadata=body.get("metadata", {}),
        tags=told.tags,
        card_bases=bases,
        card_datasets=datasets,
    )


def _of_card(card: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the base models and the data sets that the head of a card names."""
    if not card.startswith(_RULE):
        return (), ()
    from modelshelf.registry.arrival.strict_yaml import parse_yaml
    from modelshelf.registry.arrival.told import texts

    head = card[len(_RULE) : len(_RULE) + _HEAD_MOST].partition(f"\n{_RULE}")
    try:
        tree = parse_yaml(head[0]) if head[1] else {}
    except ModelshelfError:  # a head that cannot be read says nothing
        return (), ()
    if not isinstance(tree, dict):
        return (), ()
    return tuple(texts(tree.get("base_model"))), tuple(texts(tree.get("datasets")))

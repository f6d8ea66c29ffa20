"""Edges by hand: added, taken away, and suggestions confirmed or rejected."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from modelshelf.catalog import graph
from modelshelf.catalog import suggestions as catalog
from modelshelf.domain import events
from modelshelf.domain.errors import Conflict, Invalid, NotFound, Refused
from modelshelf.domain.names import parse_reference
from modelshelf.domain.text import accept, safe
from modelshelf.domain.things import check_edge, parse_thing, thing_plain
from modelshelf.registry.acyclic import check_acyclic
from modelshelf.registry.naming import REASON_MOST, check_reason
from modelshelf.registry.pointing import thing_inside
from modelshelf.registry.suggesting import guess_of

if TYPE_CHECKING:
    from modelshelf.catalog.audit import Transaction
    from modelshelf.domain.things import EdgeKind, Thing
    from modelshelf.registry.context import Context
    from modelshelf.registry.suggesting import Guess

_KIND_MOST = 60
_SHOWN = 120
_AMEND = {
    "trained_on": "--dataset NAME",
    "evaluated_on": "--evaluated-on NAME",
    "derived_from": "--base REFERENCE",
    "produced_by": "--run ID",
    "built_from": "--code-commit HEX",
}


@dataclass(frozen=True, slots=True)
class _Edge:
    """An edge that somebody named.

    Attributes:
        kind: Its kind.
        child: What came from the parent.
        parent: What it came from.
        ids: Of both in the catalog; ``None`` for what nothing was ever linked to.
        about: The fields of an event that name the version it is about, the child where both are.
        words: The edge as a sentence has it.
    """

    kind: EdgeKind
    child: Thing
    parent: Thing
    ids: tuple[int | None, int | None]
    about: dict[str, Any]
    words: str

    @property
    def subject(self) -> str:
        """What its entry in the log is about."""
        if not self.about:
            return self.child.label
        return f"{self.about['model']}:v{self.about['number']}"

    def body(self) -> dict[str, Any]:
        """Return the fields that every event about it has."""
        ends = {"child": thing_plain(self.child), "parent": thing_plain(self.parent)}
        return {"kind": self.kind, **ends, **self.about}


def link(context: Context, subject: str, kind: str, target: str, *, reason: str) -> int:
    """Add an edge; see ``Lineage.link``."""
    why = accept("reason", reason, most=REASON_MOST, lines=True).strip()
    _check_words(subject, kind, target)
    with context.write("link things") as transaction:
        edge = _edge(context, transaction, subject, kind, target)
        _check_known(edge)
        _check_new(transaction, edge)
        child, parent = edge.ids
        if child is not None and parent is not None:
            check_acyclic(
                transaction.raw, child, edge.child.label, {parent: edge.parent.label}, kind=kind
            )
        guess = _guess(context, transaction, edge)
        event = events.LineageLinked(
            **edge.body(),
            evidence=None if guess is None else guess.evidence,
            confidence=None if guess is None else guess.confidence,
            reason=why or None,
        )
        return transaction.record(event, edge.subject).seq


def unlink(context: Context, subject: str, kind: str, target: str, *, reason: str) -> int:
    """Take away an edge that was added by hand; see ``Lineage.unlink``."""
    why = check_reason(reason)
    _check_words(subject, kind, target)
    with context.write("unlink things") as transaction:
        edge = _edge(context, transaction, subject, kind, target)
        origins = _origins(transaction, edge)
        if "hand" not in origins:
            raise _told(edge) if origins else _nothing(edge)
        event = events.LineageUnlinked(**edge.body(), reason=why)
        return transaction.record(event, edge.subject).seq


def reject(context: Context, subject: str, kind: str, target: str, *, reason: str) -> int:
    """Say that a suggested edge is none; see ``Lineage.reject``."""
    why = accept("reason", reason, most=REASON_MOST, lines=True).strip()
    _check_words(subject, kind, target)
    with context.write("reject a suggestion") as transaction:
        edge = _edge(context, transaction, subject, kind, target)
        _check_new(transaction, edge)
        child, parent = edge.ids
        if child is not None and (kind, parent) in catalog.rejected(transaction.raw, child).edges:
            raise Conflict(f"{edge.words} is rejected already", subject=edge.subject)
        guess = _guess(context, transaction, edge)
        if guess is None:
            raise NotFound(
                f"nobody suggests {edge.words}",
                hint=f"modelshelf suggestions {edge.subject}" if edge.about else "",
                subject=edge.subject,
            )
        event = events.LineageRejected(**edge.body(), evidence=guess.evidence, reason=why or None)
        return transaction.record(event, edge.subject).seq


def _check_words(subject: str, kind: str, target: str) -> None:
    """Check before the lock what can be checked without the catalog.

    Raises:
        Invalid: A text names neither a thing nor a version, or cannot be stored.
    """
    accept("kind of edge", kind, most=_KIND_MOST, empty=False)
    for text in (subject, target):
        if parse_thing(text) is None:
            parse_reference(text)


def _edge(
    context: Context, transaction: Transaction, subject: str, kind: str, target: str
) -> _Edge:
    reader, raw = context.inside(transaction)[0], transaction.raw
    first, last = (thing_inside(reader, raw, text) for text in (subject, target))
    rule = check_edge(first.kind, kind, last.kind)
    child, parent = (last, first) if rule.turned else (first, last)
    version = next((end for end in (child, parent) if end.kind == "version"), None)
    about: dict[str, Any] = {}
    if version is not None:
        found = reader.one(parse_reference(version.label))
        about = {
            "version_id": found.id, "model_id": found.model_id, "model": found.model,
            "number": found.number,
        }  # fmt: skip
    words = f"{safe(first.label, _SHOWN)} {kind} {safe(last.label, _SHOWN)}"
    ids = graph.node_id(raw, child), graph.node_id(raw, parent)
    return _Edge(cast("EdgeKind", kind), child, parent, ids, about, words)


def _check_known(edge: _Edge) -> None:
    """Check that the edge hangs together with something: a registry keeps no islands.

    Raises:
        Invalid: Neither end is a version or was ever linked to.
    """
    if edge.ids == (None, None):
        raise Invalid(
            f"nothing is known of {safe(edge.child.label, _SHOWN)}"
            f" and of {safe(edge.parent.label, _SHOWN)}",
            why="one end of a link is a version, or was linked to before",
            hint="Link one of them to a version first.",
            subject=edge.subject,
        )


def _check_new(transaction: Transaction, edge: _Edge) -> None:
    """Check that it is no edge yet.

    Raises:
        Conflict: It is one, added by hand or told by the details of a version.
    """
    origins = _origins(transaction, edge)
    if origins:
        raise Conflict(
            f"{edge.words} is there already",
            why="somebody linked them" if "hand" in origins else "the version says so itself",
            subject=edge.subject,
        )


def _origins(transaction: Transaction, edge: _Edge) -> frozenset[str]:
    child, parent = edge.ids
    if child is None or parent is None:
        return frozenset()
    return catalog.origins(transaction.raw, child, edge.kind, parent)


def _guess(context: Context, transaction: Transaction, edge: _Edge) -> Guess | None:
    reader = context.inside(transaction)[0]
    return guess_of(context, reader, transaction.raw, edge.child, (edge.kind, edge.parent))


def _told(edge: _Edge) -> Refused:
    words = _AMEND.get(edge.kind)
    return Refused(
        f"{edge.words} cannot be taken away",
        why=f"it is what {safe(edge.subject, _SHOWN)} says itself",
        hint=f"Amend it: modelshelf amend {safe(edge.subject, _SHOWN)} {words},"
        " or take back the entry that said so: modelshelf log."
        if words
        else "Take back the entry that said so: modelshelf log.",
        subject=edge.subject,
    )


def _nothing(edge: _Edge) -> NotFound:
    return NotFound(
        f"there is no link {edge.words}",
        hint="A consumer that came by itself goes so: modelshelf consumers forget NAME."
        if edge.kind == "consumed_by"
        else "modelshelf lineage shows what there is.",
        subject=edge.subject,
    )

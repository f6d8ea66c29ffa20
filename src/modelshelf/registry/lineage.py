"""Lineage: what things came from and what came of them, questions about it, and edges by hand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

from modelshelf.domain.lineage import LineageGraph
from modelshelf.registry.rights import right

if TYPE_CHECKING:
    from modelshelf.domain.lineage_answers import (
        CommonAncestor,
        Impact,
        Leak,
        LineagePath,
        Obligation,
        Suggestion,
    )
    from modelshelf.registry.context import Context

Ways = Literal["both", "up", "down"]


class Lineage:
    """The lineage of a registry.

    A *thing* is a reference of one version, or ``dataset:NAME``, ``dataset:NAME@VERSION``,
    ``dataset:sha256:…``, ``code:COMMIT``, ``run:ID``, ``features:STORE/NAME@VERSION``,
    ``consumer:NAME`` or ``hf:ORG/NAME@REVISION``. A name that fits several things means all of
    them.
    """

    def __init__(self, context: Context) -> None:
        """Work in ``context``."""
        self._context = context

    @right("viewer", of="thing", kind="thing")
    def of(self, thing: str, *, hops: int = 3, ways: Ways = "both") -> LineageGraph:
        """Return the graph around a thing.

        Args:
            thing: A version or another thing.
            hops: How many edges to go.
            ways: ``up`` to what it came from, ``down`` to what came of it, or ``both``.

        Raises:
            Invalid, NotFound, Conflict: Nothing is known that is called so.
        """
        from modelshelf.registry.tracing import trace

        return trace(self._context, thing, hops=hops, ways=ways)

    @right("viewer", of="thing", kind="thing")
    def events(
        self, thing: str, *, hops: int = 3, ways: Ways = "both"
    ) -> tuple[Mapping[str, Any], ...]:
        """Return the graph around a thing as events of OpenLineage, each a plain JSON object.

        Args:
            thing: A version or another thing.
            hops: How many edges to go.
            ways: ``up`` to what it came from, ``down`` to what came of it, or ``both``.

        Raises:
            Invalid, NotFound, Conflict: Nothing is known that is called so.
        """
        from modelshelf.registry.lineage_events import lineage_events

        return lineage_events(self._context, thing, hops=hops, ways=ways)

    @right("viewer", of="thing", kind="thing")
    def impact(self, thing: str, *, stage: str | None = None) -> Impact:
        """Return which versions downstream of a thing hold a stage now, and who uses them.

        Args:
            thing: A version or another thing.
            stage: Only what holds this stage.

        Raises:
            Invalid, NotFound, Conflict: Nothing is known that is called so.
        """
        from modelshelf.registry.tracing import impact

        return impact(self._context, thing, stage=stage)

    @right("viewer", of=("first", "second"), kind="thing")
    def path(self, first: str, second: str) -> LineagePath | None:
        """Return a shortest way between two things, whichever came first; ``None`` without one.

        Raises:
            Invalid, NotFound, Conflict: Nothing is known that is called so.
        """
        from modelshelf.registry.tracing import path

        return path(self._context, first, second)

    @right("viewer", of=("first", "second"), kind="thing")
    def common(self, first: str, second: str) -> tuple[CommonAncestor, ...]:
        """Return the nearest things that both came from, nearest first; empty without any.

        Raises:
            Invalid, NotFound, Conflict: Nothing is known that is called so.
        """
        from modelshelf.registry.tracing import common

        return common(self._context, first, second)

    @right("viewer", of="reference")
    def obligations(self, reference: str) -> tuple[Obligation, ...]:
        """Return what the licences of a version and of everything it came from ask, nearest first.

        Raises:
            Invalid, NotFound, Conflict: The reference does not name one version.
        """
        from modelshelf.registry.obliging import obligations

        return obligations(self._context, reference)

    @right("viewer", of="reference")
    def leaks(self, reference: str | None = None) -> tuple[Leak, ...]:
        """Return evaluation sets that were trained on, by the version or what it came from.

        Args:
            reference: One version; ``None`` for all.

        Raises:
            Invalid, NotFound, Conflict: The reference does not name one version.
        """
        from modelshelf.registry.leaking import leaks

        return leaks(self._context, reference)

    @right("viewer", of="reference")
    def suggestions(
        self, reference: str | None = None, *, limit: int = 100
    ) -> tuple[Suggestion, ...]:
        """Return edges that were found and that nobody has confirmed or rejected, surest first.

        Args:
            reference: One version; ``None`` for the newest ones of the registry.
            limit: At most so many.

        Raises:
            Invalid, NotFound, Conflict: The reference does not name one version.
        """
        from modelshelf.registry.suggesting import suggestions

        return suggestions(self._context, reference, limit=limit)

    @right("contributor", of=("subject", "target"), kind="thing")
    def link(self, subject: str, kind: str, target: str, *, reason: str = "") -> int:
        """Add an edge, or confirm a suggested one: ``link("churn:v3", "trained_on", "dataset:c")``.

        Returns:
            The number of its entry in the audit log.

        Raises:
            Invalid: There is no such kind of edge, it does not join these things, it would make a
                circle, or neither of the two is a version or known.
            NotFound: A reference names no version.
            Conflict: It is there already.
        """
        from modelshelf.registry.linking import link

        return link(self._context, subject, kind, target, reason=reason)

    @right("contributor", of=("subject", "target"), kind="thing")
    def unlink(self, subject: str, kind: str, target: str, *, reason: str) -> int:
        """Take away an edge that was added by hand.

        Returns:
            The number of its entry in the audit log.

        Raises:
            NotFound: There is no such edge.
            Refused: It is what the details of a version say; amend them.
        """
        from modelshelf.registry.linking import unlink

        return unlink(self._context, subject, kind, target, reason=reason)

    @right("contributor", of=("subject", "target"), kind="thing")
    def reject(self, subject: str, kind: str, target: str, *, reason: str = "") -> int:
        """Say that a suggested edge is none; it is not suggested again.

        Returns:
            The number of its entry in the audit log.

        Raises:
            NotFound: Nobody suggests it.
            Conflict: It is rejected already, or an edge by now.
        """
        from modelshelf.registry.linking import reject

        return reject(self._context, subject, kind, target, reason=reason)

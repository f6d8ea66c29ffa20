"""What is to be done with each candidate of a drop folder, from all that can be known of it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from modelshelf.catalog import ledger
from modelshelf.catalog.ledger import Remembered
from modelshelf.domain.drop_rule import does_not_match, model_for, no_model
from modelshelf.domain.intake import (
    HURRIED_S,
    Before,
    Decision,
    Ignore,
    Leave,
    PutAway,
    Take,
    Wait,
    decide,
    finished,
)
from modelshelf.domain.text import safe
from modelshelf.registry.drops.finished import look_closer
from modelshelf.registry.drops.listed import OTHER_BYTES, differs, listed
from modelshelf.registry.drops.together import Neighbours, Ring

if TYPE_CHECKING:
    from modelshelf.registry.context import Context
    from modelshelf.registry.drops.drop_folder import DropPlace
    from modelshelf.registry.drops.dropping import Candidate
    from modelshelf.registry.drops.recent import Recent


class Judge:
    """Decides about the candidates that one look found."""

    def __init__(
        self,
        context: Context,
        place: DropPlace,
        candidates: Iterable[Candidate],
        recent: Recent,
        now: datetime,
    ) -> None:
        """Judge ``candidates`` of ``place`` by what is remembered of them ``now``."""
        self._context = context
        self._place = place
        self._recent = recent
        self._now = now
        self._known: dict[PurePosixPath, Remembered | None] = {}
        self._stillness: dict[PurePosixPath, Decision] = {}
        self._again: set[PurePosixPath] = set()
        every = tuple(candidates)
        self._found = {candidate.relative for candidate in every}
        self._neighbours = Neighbours(place.folder, every, recent)

    def before(self, candidate: Candidate) -> Remembered | None:
        """Return what the ledger remembers of a candidate."""
        where = candidate.relative
        if where not in self._known:
            path = self._place.call(where)
            self._known[where] = ledger.find(self._context.database.reader(), path)
        return self._known[where]

    def decide(self, candidate: Candidate) -> tuple[Decision, Candidate]:
        """Return what is to be done with a candidate, and the artifact that this is about.

        That is the candidate itself, or, when it is to be taken in, all of the loose files that are
        one artifact.
        """
        decision = self._by_stillness(candidate)
        if isinstance(decision, Leave | PutAway):
            return decision, candidate
        out = "" if self._model_pointed_to(candidate) else self._left_out(candidate)
        if out:
            return Ignore(out), candidate
        decision = self._by_list(candidate, decision)
        if not isinstance(decision, Take):
            return decision, candidate
        ring = self._neighbours.ring(candidate)
        leader = None if ring is None else ring.leader
        if ring is None or leader is None or leader.relative == candidate.relative:
            return self._whole(candidate, ring)
        return self._belongs(candidate, leader, ring)

    def _by_stillness(self, candidate: Candidate) -> Decision:
        where = candidate.relative
        if where not in self._stillness:
            hurried = candidate.marker is not None or self._recent.was_renamed(candidate.path)
            self._stillness[where] = decide(
                self._place.rule,
                candidate.seen,
                self._memory(candidate),
                pending=candidate.pending,
                hurried=hurried,
            )
        return self._stillness[where]

    def _memory(self, candidate: Candidate) -> Before | None:
        before = self.before(candidate)
        if before is None:
            return None
        known = before.sighting
        still = (self._now - known.at).total_seconds()
        apart = known.state == "refused" and bool(known.reference)
        return Before(known.state, before.seen, still, before.failures, apart)

    def _model_pointed_to(self, candidate: Candidate) -> str:
        before = self.before(candidate)
        return "" if before is None else before.sighting.model

    def _left_out(self, candidate: Candidate) -> str:
        """Return why the rule of the drop folder is not about a candidate; empty if it is."""
        rule, where = self._place.rule, candidate.relative
        named = candidate.sidecars or model_for(rule, where, folder=candidate.seen.folder)
        return does_not_match(rule, where) or ("" if named else no_model(rule))

    def _by_list(self, candidate: Candidate, decision: Decision) -> Decision:
        """Return the decision about a folder whose sidecar may list digests, which say more."""
        memory = self._memory(candidate)
        restless = isinstance(decision, Wait) and decision.restart
        if restless or memory is None or memory.still < HURRIED_S or candidate.pending:
            return decision
        digests = listed(candidate)
        if not digests:
            return decision
        before = self.before(candidate)
        if before is not None and before.sighting.reason.startswith(OTHER_BYTES):
            return Wait(before.sighting.reason)  # nothing changed, so its bytes did not either
        problem = differs(candidate, digests)
        return Wait(problem) if problem else Take()

    def _belongs(
        self, candidate: Candidate, leader: Candidate, ring: Ring
    ) -> tuple[Decision, Candidate]:
        """Decide about a file that another one names as its own."""
        dealt_with = isinstance(self._by_stillness(leader), Leave | PutAway)
        if dealt_with and leader.relative not in self._again:
            self._again.add(leader.relative)  # with another file beside it, it is another artifact
            return self._whole(leader, ring)
        return Wait(f"it belongs to {safe(leader.path.name, 120)}"), candidate

    def _whole(self, candidate: Candidate, ring: Ring | None) -> tuple[Decision, Candidate]:
        """Decide about an artifact that lies still, with all that belongs to it."""
        whole = candidate if ring is None else candidate.with_members(ring.members)
        pending = self._unfinished_beside(whole)
        if pending:
            return Wait(pending), candidate
        closer = look_closer(whole, leases=self._place.leases)
        memory = self._memory(candidate)
        decision = finished(
            candidate.seen,
            0.0 if memory is None else memory.still,
            pending=closer.pending,
            expected_size=closer.expected,
            missing=closer.missing or (() if ring is None else ring.missing),
        )
        return decision, whole

    def _unfinished_beside(self, whole: Candidate) -> str:
        """Return which file beside an artifact it has to wait for; empty for none."""
        for member in whole.members:
            settled = member.relative not in self._found
            if not settled and isinstance(self._by_stillness(member), Wait | Ignore):
                return f"{safe(member.path.name, 120)}, which belongs to it, is not finished"
        for leader in () if whole.members else self._neighbours.leaders(whole):
            if isinstance(self._by_stillness(leader), Wait):
                return f"{safe(leader.path.name, 120)} may name it and is not finished"
        return ""

"""One look into one drop folder: find, decide, take in, put away, and remember every step."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from modelshelf.catalog import ledger
from modelshelf.catalog.ledger import Remembered
from modelshelf.domain.intake import (
    TAKING,
    Before,
    Decision,
    Ignore,
    Leave,
    PutAway,
    Sighting,
    State,
    Take,
    Wait,
    decide,
    escape_path,
    model_for,
)
from modelshelf.domain.names import parse_reference
from modelshelf.domain.text import safe
from modelshelf.registry.drop_folder import DropPlace, put_away
from modelshelf.registry.dropping import Candidate, Found, look_again, look_into
from modelshelf.registry.lease import has_writer
from modelshelf.registry.taking import Taking, probe

if TYPE_CHECKING:
    from modelshelf.registry.context import Context

Tell = Callable[[Sighting], object]
Pause = Callable[[float], object]

_NOT_AWAY = "it could not be put away"
_PURPOSE = "look into the drop folders"
# Lines of the ledger written together, and bytes registered between two writes: a crash in between
# costs reading so much again.
_LINES_MOST = 32
_BYTES_MOST = 256 * 1024 * 1024


class Look:
    """One look into one drop folder; used once."""

    def __init__(self, context: Context, place: DropPlace, tell: Tell | None, pause: Pause) -> None:
        """Look into ``place``, tell ``tell`` what changes, and ask ``pause`` whether to go on."""
        self._context = context
        self._place = place
        self._tell = tell
        self._pause = pause
        self._now = context.clock()
        self._lines: list[Remembered] = []
        self._unwritten: list[Remembered] = []
        self._gone: list[str] = []
        self._ready: list[tuple[Candidate, Remembered]] = []
        self._away: list[tuple[Candidate, Remembered]] = []
        self._cards: Counter[Path] = Counter()

    def run(self, places: Iterable[DropPlace]) -> list[Remembered]:
        """Return what is to be said of everything that lies there, and of what was taken in.

        Args:
            places: All drop folders; those inside this one are left alone.
        """
        others = [place for place in places if place is not self._place]
        try:
            found = look_into(self._place.folder, [place.folder for place in others])
        except OSError as error:
            reason = f"the drop folder cannot be looked into: {error.strerror or error}"
            self._passed_over(escape_path(self._place.label), reason)
            self._write()
            return self._lines
        for relative, reason in found.ignored:
            self._passed_over(self._place.call(relative), reason)
        self._cards.update(c.card for c in found.candidates if c.card is not None)
        for candidate in found.candidates:
            self._judge(candidate)
        self._miss(found, others)
        self._write()
        self._take_in()
        return self._lines

    def _passed_over(self, path: str, reason: str) -> None:
        before = self._remembered(path)
        sighting = Sighting(path, "ignored", reason, "", self._now)
        if before is not None and _says(before.sighting) == _says(sighting):
            sighting = before.sighting
        self._keep(Remembered(sighting), before)

    def _judge(self, candidate: Candidate) -> None:
        path = self._place.call(candidate.relative)
        before = self._remembered(path)
        decision = self._decide(candidate, before)
        since = self._now if before is None or _restarts(decision) else before.sighting.at
        match decision:
            case Leave():
                if before is not None and before.sighting.state == "refused":
                    self._lines.append(before)
            case PutAway():
                if before is not None:
                    self._away.append((candidate, before))
            case Take():
                if before is not None:
                    self._ready.append((candidate, before))
                    taking = Sighting(path, "waiting", TAKING, "", since)
                    self._unwritten.append(replace(before, sighting=taking))
            case Ignore(reason):
                sighting = Sighting(path, "ignored", reason, "", since)
                self._keep(Remembered(sighting, candidate.seen), before)
            case Wait(reason, restart):
                if before is not None and before.failures and not restart:
                    self._keep(before, before)  # why it failed is better to know than how long yet
                    return
                sighting = Sighting(path, "waiting", reason, "", since)
                self._keep(Remembered(sighting, candidate.seen), before)

    def _decide(self, candidate: Candidate, before: Remembered | None) -> Decision:
        known = None
        if before is not None:
            still = (self._now - before.sighting.at).total_seconds()
            known = Before(before.sighting.state, before.seen, still, before.failures)
        rule, seen = self._place.rule, candidate.seen
        decision = decide(rule, seen, known, pending=candidate.pending)
        if not isinstance(decision, Take):
            return decision
        named = model_for(rule, candidate.relative, folder=seen.folder)
        if not named and not candidate.sidecars:
            return Ignore("it belongs to no model: put it into a folder called like the model")
        pending, expected = probe(candidate)
        return decide(rule, seen, known, pending=pending, expected_size=expected)

    def _miss(self, found: Found, others: Iterable[DropPlace]) -> None:
        """Find what is remembered as lying here and does not any more."""
        here = {self._place.call(c.relative) for c in found.candidates}
        here |= {self._place.call(relative) for relative, _reason in found.ignored}
        theirs = tuple(f"{escape_path(place.label)}/" for place in others)
        known = ledger.unfinished(self._context.database.reader(), escape_path(self._place.label))
        self._gone = [p for p in known if p not in here and not p.startswith(theirs)]

    def _take_in(self) -> None:
        taking = Taking(self._context, self._place)
        size = 0
        for number, (candidate, before) in enumerate(self._ready, start=1):
            if self._pause(0):
                self._lines += [line for _candidate, line in self._ready[number - 1 :]]
                break
            line = taking.take(candidate, before)
            if line is None:
                self._gone.append(before.sighting.path)
                continue
            self._keep(line, before)
            if line.sighting.reference and self._place.rule.keep == "move":
                self._away.append((candidate, line))
            size += candidate.seen.size
            if number % _LINES_MOST == 0 or size >= _BYTES_MOST:
                size = 0
                self._put_away()
        self._put_away()

    def _put_away(self) -> None:
        """Remember what was taken in, and only then move it: a crash in between moves it later."""
        self._write()
        away, self._away = self._away, []
        for candidate, line in away:
            problem = self._move(candidate, line)
            reason = line.sighting.reason.partition(_NOT_AWAY)[0].removesuffix("; ")
            if problem:
                reason = "; ".join(filter(None, (reason, f"{_NOT_AWAY}: {problem}")))
            if reason != line.sighting.reason:
                changed = replace(line.sighting, reason=reason)
                self._unwritten.append(replace(line, sighting=changed))
        self._write()

    def _move(self, candidate: Candidate, line: Remembered) -> str:
        """Put one artifact away; return why not, empty when it was or may not be yet."""
        reference = parse_reference(line.sighting.reference)
        card = candidate.card
        last = card is not None and self._cards[card] == 1
        try:
            if not look_again(candidate) or any(map(has_writer, candidate.files)):
                return ""  # somebody goes on writing: it will be a candidate again
            put_away(self._place, candidate, (reference.model, reference.number), card=last)
        except OSError as error:
            return safe(error.strerror or str(error), 200)
        if card is not None:
            self._cards[card] -= 1
        return ""

    def _remembered(self, path: str) -> Remembered | None:
        return ledger.find(self._context.database.reader(), path)

    def _keep(self, line: Remembered, before: Remembered | None) -> None:
        self._lines.append(line)
        if line == before:
            return
        self._unwritten.append(line)
        new = before is None or _says(line.sighting) != _says(before.sighting)
        if new and self._tell is not None:
            self._tell(line.sighting)

    def _write(self) -> None:
        if not self._unwritten and not self._gone:
            return
        with self._context.write(_PURPOSE) as transaction:
            ledger.put(transaction, self._unwritten)
            ledger.forget(transaction, self._gone)
        self._unwritten, self._gone = [], []


def _restarts(decision: Decision) -> bool:
    return isinstance(decision, Wait) and decision.restart


def _says(sighting: Sighting) -> tuple[State, str, str]:
    return sighting.state, sighting.reason, sighting.reference

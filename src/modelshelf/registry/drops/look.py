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
    CHANGED,
    CHANGES_MOST,
    CHANGES_S,
    TAKING,
    Ignore,
    PutAway,
    Sighting,
    State,
    Take,
    Wait,
    escape_path,
)
from modelshelf.registry.drops.drop_folder import DropPlace
from modelshelf.registry.drops.dropping import Candidate, Found, look_into
from modelshelf.registry.drops.finished import is_still_so
from modelshelf.registry.drops.finishing import Finishing, Pause, begun_anew
from modelshelf.registry.drops.judging import Judge
from modelshelf.registry.drops.lanes import PROGRESS_S, every
from modelshelf.registry.drops.taking import Taking

if TYPE_CHECKING:
    from modelshelf.artifacts import Progress
    from modelshelf.registry.context import Context
    from modelshelf.registry.drops.lanes import Lane
    from modelshelf.registry.drops.recent import Recent

Tell = Callable[[Sighting], object]

_KEEPS_CHANGING = (
    f"it keeps changing: {CHANGES_MOST} times in {CHANGES_S / 60:g} minutes it changed while it was"
    " being read"
)

BIG = 256 * 1024 * 1024
"""Bytes from which on an artifact must not hold up smaller ones."""

# Lines of the ledger written together, and bytes registered between two writes: a crash in between
# costs reading so much again.
_LINES_MOST = 32
_BYTES_MOST = 256 * 1024 * 1024


class Look:
    """One look into one drop folder; used once."""

    def __init__(
        self,
        context: Context,
        place: DropPlace,
        tell: Tell | None,
        pause: Pause,
        *,
        recent: Recent,
        lane: Lane | None = None,
    ) -> None:
        """Prepare to look into ``place``.

        Args:
            context: The registry.
            place: The drop folder.
            tell: Is told what changes.
            pause: Is asked whether to stop.
            recent: What is remembered from sweep to sweep.
            lane: Takes in what is big; without it that is done here, after everything else.
        """
        self._context = context
        self._place = place
        self._tell = tell
        self._pause = pause
        self._recent = recent
        self._lane = lane
        self._now = context.clock()
        self._lines: dict[str, Remembered] = {}
        self._ready: list[tuple[Candidate, Remembered]] = []
        self._cards: Counter[Path] = Counter()
        self._finishing = Finishing(context, place, self._cards)
        self._stopped = False
        self.waiting: set[Path] = set()
        self.settles = False

    def run(self, places: Iterable[DropPlace]) -> None:
        """Find what lies there, decide about all of it, and take in what is finished and small.

        After it, ``waiting`` has what is to be looked at again, and ``settles`` says whether
        another look is worth it soon.

        Args:
            places: All drop folders; those inside this one are left alone.
        """
        others = [place for place in places if place is not self._place]
        try:
            found = look_into(self._place.folder, [place.folder for place in others])
        except OSError as error:
            reason = f"the drop folder cannot be looked into: {error.strerror or error}"
            self._passed_over(escape_path(self._place.label), reason)
            self._finishing.write()
            return
        for relative, reason in found.ignored:
            self._passed_over(self._place.call(relative), reason)
        self._cards.update(c.card for c in found.candidates if c.card is not None)
        judge = Judge(self._context, self._place, found.candidates, self._recent, self._now)
        for candidate in found.candidates:
            self._judge(judge, candidate)
        self._miss(found, others)
        self._finishing.step()
        self._take_in(big=False)

    def finish(self) -> list[Remembered]:
        """Take in what is big, put everything away, and return what is to be said of all of it."""
        self._take_in(big=True)
        if not self._stopped:
            self._finishing.finish(self._pause)
        return list(self._lines.values())

    def _passed_over(self, path: str, reason: str) -> None:
        before = ledger.find(self._context.database.reader(), path)
        sighting = Sighting(path, "ignored", reason, "", self._now)
        if before is not None and _says(before.sighting) == _says(sighting):
            sighting = before.sighting
        self._keep(Remembered(sighting), before)

    def _judge(self, judge: Judge, candidate: Candidate) -> None:
        path = self._place.call(candidate.relative)
        at_work = None if self._lane is None else self._lane.says(path)
        if at_work is not None:
            self._lines[at_work.sighting.path] = at_work
            return
        before = judge.before(candidate)
        decision, whole = judge.decide(candidate)
        if isinstance(decision, Wait | Ignore):
            self._pass(candidate, before, decision)
        elif isinstance(decision, Take):
            lead = judge.before(whole)
            if lead is not None:
                self._ready.append((whole, lead))
        elif before is not None:
            if isinstance(decision, PutAway):
                self._finishing.put_away(candidate, before)
            if before.sighting.state == "refused":
                self._lines[path] = before

    def _pass(
        self, candidate: Candidate, before: Remembered | None, decision: Wait | Ignore
    ) -> None:
        """Remember why a candidate is not taken in, or not yet."""
        restart = isinstance(decision, Wait) and decision.restart
        state: State = "waiting" if isinstance(decision, Wait) else "ignored"
        if state == "waiting":
            self.waiting.add(candidate.path)
            self.settles |= isinstance(decision, Wait) and decision.settles
            if before is not None and before.failures and not restart:
                self._keep(before, before)  # why it failed is better to know than how long yet
                return
        since = self._now if before is None or restart else before.sighting.at
        path = self._place.call(candidate.relative)
        self._keep(
            Remembered(Sighting(path, state, decision.reason, "", since), candidate.seen), before
        )

    def _miss(self, found: Found, others: Iterable[DropPlace]) -> None:
        """Find what is remembered as lying here and does not any more."""
        here = {self._place.call(c.relative) for c in found.candidates}
        here |= {self._place.call(relative) for relative, _reason in found.ignored}
        theirs = tuple(f"{escape_path(place.label)}/" for place in others)
        known = ledger.unfinished(self._context.database.reader(), escape_path(self._place.label))
        for path in known:
            if path not in here and not path.startswith(theirs):
                self._finishing.forget(path)

    def _take_in(self, *, big: bool) -> None:
        ready = [each for each in self._ready if (each[0].size >= BIG) is big]
        for _candidate, before in ready:
            taking = replace(before.sighting, state="waiting", reason=TAKING, reference="")
            self._finishing.remember(replace(before, sighting=taking))
        self._finishing.step()
        size = 0
        for number, (candidate, before) in enumerate(ready, start=1):
            if self._stopped or self._pause(0):
                self._stopped = True
                self._lines |= {
                    line.sighting.path: line for _candidate, line in ready[number - 1 :]
                }
                return
            if big and self._lane is not None:
                self._lines[before.sighting.path] = self._lane.offer(self._place, candidate, before)
                continue
            self._take(candidate, before)
            size += candidate.size
            if number % _LINES_MOST == 0 or size >= _BYTES_MOST:
                size = 0
                self._finishing.step()
        self._finishing.step()

    def _take(self, candidate: Candidate, before: Remembered) -> None:
        if not is_still_so(candidate, leases=self._place.leases):
            self.waiting.add(candidate.path)
            self.settles = True
            self._keep(begun_anew(before), before)
            return
        tell = self._tell if candidate.size >= BIG else None
        taking = Taking(self._context, self._place)
        line = taking.take(candidate, before, progress=_telling(tell, before.sighting))
        for member in candidate.members:
            self._lines.pop(self._place.call(member.relative), None)
        if line is None:
            self._finishing.forget(before.sighting.path)
            return
        if line.sighting.reason == CHANGED:
            self.waiting.add(candidate.path)
            self.settles = True
            if self._recent.changed(before.sighting.path, self._context.clock()):
                line = replace(line, sighting=replace(line.sighting, reason=_KEEPS_CHANGING))
        self._say(line, before)
        self._finishing.took(candidate, line)

    def _keep(self, line: Remembered, before: Remembered | None) -> None:
        self._say(line, before)
        if line != before:
            self._finishing.remember(line)

    def _say(self, line: Remembered, before: Remembered | None) -> None:
        self._lines[line.sighting.path] = line
        new = before is None or _says(line.sighting) != _says(before.sighting)
        if new and self._tell is not None:
            self._tell(line.sighting)


def _telling(tell: Tell | None, sighting: Sighting) -> Progress | None:
    if tell is None:
        return None
    reading = replace(sighting, state="waiting", reason=TAKING, reference="")

    def progress(done: int, total: int, _name: str, /) -> None:
        tell(replace(reading, done=done, size=total))

    return every(PROGRESS_S, progress)


def _says(sighting: Sighting) -> tuple[State, str, str]:
    return sighting.state, sighting.reason, sighting.reference

"""What comes after a candidate was taken in: remember it, look at it once more, put it away."""

from __future__ import annotations

import os
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from modelshelf.catalog import ledger
from modelshelf.catalog.ledger import Remembered
from modelshelf.domain.intake import Sighting
from modelshelf.domain.names import parse_reference
from modelshelf.domain.quarantine import PREFIX
from modelshelf.domain.text import safe
from modelshelf.registry.drops.drop_folder import DropPlace, put_away
from modelshelf.registry.drops.dropping import Candidate, look_again
from modelshelf.registry.drops.lease import has_writer

if TYPE_CHECKING:
    from modelshelf.registry.context import Context

Pause = Callable[[float], object]

PURPOSE = "look into the drop folders"
CHANGED_AFTER = "changed after it was registered"
"""The reason of a version whose original somebody went on writing."""

_NOT_AWAY = "it could not be put away"
# Older kernels tell the time of a write in steps of milliseconds, so one that came just after the
# reading may only show a moment later.
_LOOK_AGAIN_S = 1.0


@dataclass(frozen=True, slots=True)
class _Done:
    candidate: Candidate
    line: Remembered
    at: datetime


class Finishing:
    """The lines of one drop folder that are to be written, and the files to be put away."""

    def __init__(self, context: Context, place: DropPlace, cards: Counter[Path]) -> None:
        """Finish what is taken in from ``place``; ``cards`` says how many each card is for."""
        self._context = context
        self._place = place
        self._cards = cards
        self._lines: list[Remembered] = []
        self._gone: list[str] = []
        self._done: deque[_Done] = deque()

    def remember(self, line: Remembered) -> None:
        """Write this line with the next ones."""
        self._lines.append(line)

    def forget(self, path: str) -> None:
        """Remove the line about ``path`` then."""
        self._gone.append(path)

    def took(self, candidate: Candidate, line: Remembered) -> None:
        """Note what became of an artifact, and of the files that are one with it.

        What is a version now is put away later. The files of what was refused into quarantine
        follow it there.
        """
        self.remember(line)
        known, at = line.sighting, self._context.clock()
        moving = self._place.rule.keep == "move" and bool(known.reference)
        if moving and known.state in ("taken", "same"):
            self._done.append(_Done(candidate, line, at))
        for member in candidate.members:
            path = self._place.call(member.relative)
            why = f"it belongs to {safe(candidate.path.name, 120)}"
            about = Sighting(path, known.state, why, known.reference, known.at)
            seen = member.seen if known.state == "waiting" else member.seen.alone
            its = Remembered(about, seen)
            self.remember(its)
            if moving and known.state == "refused":
                self._done.append(_Done(member, its, at))

    def put_away(self, candidate: Candidate, line: Remembered) -> None:
        """Put away what an earlier look took in, as ``line`` says."""
        self._done.appendleft(_Done(candidate, line, line.sighting.at))

    def write(self) -> None:
        """Write the lines.

        Raises:
            Unavailable: The catalog cannot be written.
        """
        if not self._lines and not self._gone:
            return
        with self._context.write(PURPOSE) as transaction:
            ledger.put(transaction, self._lines)
            ledger.forget(transaction, self._gone)
        self._lines, self._gone = [], []

    def step(self) -> None:
        """Write the lines, and put away what was taken in long enough ago.

        Only what is written down is moved: after a crash in between, the next look moves it.
        """
        self.write()
        while self._done and self._left() <= 0:
            self._put_away(self._done.popleft())
        self.write()

    def finish(self, pause: Pause) -> None:
        """Write the lines and put everything away, unless ``pause`` says to stop."""
        self.write()
        while self._done:
            left = self._left()
            if left > 0 and pause(left):
                return  # the next look puts it away
            self._put_away(self._done.popleft())
        self.write()

    def _left(self) -> float:
        """Return for how many seconds the oldest must not be looked at again."""
        since = (self._context.clock() - self._done[0].at).total_seconds()
        return _LOOK_AGAIN_S - since if 0 <= since < _LOOK_AGAIN_S else 0.0

    def _put_away(self, done: _Done) -> None:
        sighting = done.line.sighting
        reason = sighting.reason.partition(_NOT_AWAY)[0].removesuffix("; ")
        try:
            if not look_again(done.candidate):
                reason = CHANGED_AFTER if os.path.lexists(done.candidate.path) else reason
            elif not self._is_written(done.candidate) and (problem := self._move(done)):
                reason = "; ".join(filter(None, (reason, f"{_NOT_AWAY}: {problem}")))
        except OSError as error:
            problem = safe(error.strerror or str(error), 200)
            reason = "; ".join(filter(None, (reason, f"{_NOT_AWAY}: {problem}")))
        if reason != sighting.reason:
            self.remember(replace(done.line, sighting=replace(sighting, reason=reason)))

    def _is_written(self, candidate: Candidate) -> bool:
        """Whether somebody may go on writing: then it stays, and may be a candidate again."""
        return self._place.leases and any(map(has_writer, candidate.files))

    def _move(self, done: _Done) -> str:
        reference, candidate = done.line.sighting.reference, done.candidate
        if reference.startswith(PREFIX):
            from modelshelf.registry.drops.quarantine import put_apart

            number = int(reference.removeprefix(PREFIX))
            return put_apart(self._context, self._place, candidate, number)
        version = parse_reference(reference)
        card = candidate.card
        last = card is not None and self._cards[card] == 1
        put_away(self._place, candidate, (version.model, version.number), card=last)
        if card is not None:
            self._cards[card] -= 1
        return ""


def begun_anew(before: Remembered) -> Remembered:
    """Return the line of what was finished when it was found, and is being written again."""
    known = before.sighting
    sighting = replace(known, state="waiting", reason="it is still changing", reference="")
    return replace(before, sighting=sighting)

"""The lane for what is big: one thread that takes it in beside the sweeps of a watcher.

A sweep hands over what is finished and goes on. What is in the lane is skipped by the sweeps, and
what the lane is done with is told by the next one, so that whoever watches hears of everything in
one thread.
"""

from __future__ import annotations

import threading
import time
from collections import Counter, deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Self

from modelshelf.artifacts.progress import Cancelled
from modelshelf.catalog import ledger
from modelshelf.catalog.ledger import Remembered
from modelshelf.domain.errors import ModelshelfError
from modelshelf.domain.intake import TAKING
from modelshelf.registry.drops.dropping import look_into
from modelshelf.registry.drops.finished import is_still_so
from modelshelf.registry.drops.finishing import PURPOSE, Finishing, begun_anew
from modelshelf.registry.drops.taking import Taking

if TYPE_CHECKING:
    from modelshelf.artifacts import Progress
    from modelshelf.registry.context import Context
    from modelshelf.registry.drops.drop_folder import DropPlace
    from modelshelf.registry.drops.dropping import Candidate

PROGRESS_S = 2.0
"""Seconds between two notes of how far the reading is."""


@dataclass(frozen=True, slots=True)
class _Job:
    place: DropPlace
    candidate: Candidate
    before: Remembered
    line: Remembered
    paths: tuple[str, ...]


class Lane:
    """Takes big artifacts in, one after the other, in a thread of its own.

    Use it in a ``with`` block. At its end the one at work is given up; nothing of it is lost but
    the reading, and the next look finds it.
    """

    def __init__(self, context: Context, wake: Callable[[], object]) -> None:
        """Work in ``context``; ``wake`` is called in the lane's thread when one is done."""
        self._context = context
        self._wake = wake
        self._news = threading.Condition()
        self._jobs: deque[_Job] = deque()
        self._says: dict[str, Remembered] = {}
        self._done: list[Remembered] = []
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def says(self, path: str) -> Remembered | None:
        """Return the present line of what is in the lane and is called ``path``, if it is."""
        with self._news:
            return self._says.get(path)

    def offer(self, place: DropPlace, candidate: Candidate, before: Remembered) -> Remembered:
        """Take in a finished candidate as soon as those before it are done; return its line."""
        size = candidate.size
        sighting = replace(
            before.sighting, state="waiting", reason=TAKING, reference="", done=0, size=size
        )
        line = replace(before, sighting=sighting)
        paths = tuple(place.call(each.relative) for each in (candidate, *candidate.members))
        with self._news:
            self._jobs.append(_Job(place, candidate, before, line, paths))
            self._says.update(dict.fromkeys(paths, line))
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="modelshelf-lane")
                self._thread.start()
            self._news.notify_all()
        return line

    def collect(self) -> list[Remembered]:
        """Return what became of those that were done since the last call."""
        with self._news:
            done, self._done = self._done, []
        return done

    def close(self) -> None:
        """Give up the one at work, and wait until the thread has ended."""
        self._stop.set()
        with self._news:
            self._news.notify_all()
        if self._thread is not None:
            self._thread.join()

    def __enter__(self) -> Self:
        """Return the lane itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close it."""
        self.close()

    def _run(self) -> None:
        while (job := self._next()) is not None:
            try:
                line = self._work(job)
            except Exception:  # noqa: BLE001 - the next look finds it where it is, and says why
                line = None
            with self._news:
                for path in job.paths:
                    self._says.pop(path, None)
                if line is not None:
                    self._done.append(line)
            with suppress(Exception):
                self._wake()

    def _next(self) -> _Job | None:
        with self._news:
            while not self._jobs and not self._stop.is_set():
                self._news.wait()
            return None if self._stop.is_set() else self._jobs.popleft()

    def _work(self, job: _Job) -> Remembered | None:
        """Take one in, remember what became of it and put it away."""
        place, candidate = job.place, job.candidate
        taking = Taking(self._context, place)
        line: Remembered | None = begun_anew(job.before)
        if is_still_so(candidate, leases=place.leases):
            line = taking.take(candidate, job.before, progress=self._progress(job))
        if self._stop.is_set() and line is not None and line.sighting.state == "waiting":
            return None  # it was given up here, which is no trouble of its own
        finishing = Finishing(self._context, place, _cards(place, candidate))
        if line is None:
            finishing.forget(job.line.sighting.path)
        else:
            finishing.took(candidate, line)
        finishing.finish(self._stop.wait)
        return line

    def _progress(self, job: _Job) -> Progress:
        noted = every(PROGRESS_S, lambda done, _size, _name: self._note(job, done))

        def progress(done: int, total: int, name: str, /) -> None:
            if self._stop.is_set():
                raise Cancelled("the watching ends", why="it was asked to stop")
            noted(done, total, name)

        return progress

    def _note(self, job: _Job, done: int) -> None:
        line = replace(job.line, sighting=replace(job.line.sighting, done=done))
        with self._news:
            self._says.update(dict.fromkeys(job.paths, line))
        with suppress(ModelshelfError), self._context.write(PURPOSE) as transaction:
            ledger.put(transaction, [line])


def every(seconds: float, progress: Progress) -> Progress:
    """Return ``progress``, called once in so many seconds however often the result is called."""
    last = time.monotonic()

    def paced(done: int, total: int, name: str, /) -> None:
        nonlocal last
        now = time.monotonic()
        if now - last >= seconds:
            last = now
            progress(done, total, name)

    return paced


def _cards(place: DropPlace, candidate: Candidate) -> Counter[Path]:
    """Return how many artifacts each card is for, as it is now."""
    if candidate.card is None:
        return Counter()
    with suppress(OSError):
        return Counter(c.card for c in look_into(place.folder).candidates if c.card is not None)
    return Counter()

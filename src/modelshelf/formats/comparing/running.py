"""Reads two artifacts in step, in pieces of a fixed size, with as many threads as pay."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

import numpy as np

from modelshelf.formats.comparing import measuring
from modelshelf.formats.comparing.elements import exactly, quickly
from modelshelf.formats.comparing.kinds import DOUBLE, SINGLE, Array
from modelshelf.formats.comparing.norms import Part, together
from modelshelf.formats.comparing.streams import Streams

if TYPE_CHECKING:
    from modelshelf.formats.comparing.planning import Job, Plan

PIECE = 2 << 20
"""Bytes of one side that are looked at together: they stay in the cache through all passes, and
are enough that threads seldom wait for each other to get the interpreter."""
ELEMENTS = PIECE // 4
"""Elements of one side at the most, so that wider copies of small types stay in the cache too."""

_SPAN = 4  # pieces that a thread takes at once
_REPORT_EVERY = 4 << 20
_THREADS_MOST = 4
_ALONE = 16 << 20  # bytes of a comparison for which no second thread is started


class Progress(Protocol):
    """Is told how far it is."""

    def __call__(self, done: int, total: int, name: str, /) -> None:
        """Take note of bytes done, bytes to do, and the tensor at hand."""


@dataclass(slots=True)
class Tally:
    """What is known of one job.

    Attributes:
        waiting: Elements that were not compared yet.
        differs: Whether any byte is another.
        parts: What was found, by first element, so that sums do not depend on who came first.
    """

    waiting: int
    differs: bool = False
    parts: dict[int, Part] = field(default_factory=dict)

    @property
    def whole(self) -> Part:
        """All parts together."""
        return together(self.parts[at] for at in sorted(self.parts))


@dataclass(slots=True)
class Outcome:
    """What reading came to.

    Attributes:
        tallies: By the number of the job.
        bytes_read: From both sides.
    """

    tallies: list[Tally]
    bytes_read: int = 0


@dataclass(frozen=True, slots=True)
class _Span:
    number: int
    first: int
    count: int


class _Run:
    """What the threads of one comparison share."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.outcome = Outcome([Tally(job.elements) for job in plan.jobs])
        self.done = 0
        self.stop = False
        self.error: BaseException | None = None
        self.opening = threading.Lock()
        self._lock = threading.Lock()
        self._spans = _spans(plan.jobs)

    def next(self) -> _Span | None:
        """Return what to do next; nothing when all is done or it shall stop."""
        with self._lock:
            return None if self.stop else next(self._spans, None)

    def found(self, span: _Span, parts: dict[int, Part], read: int) -> None:
        """Keep what a span came to."""
        tally = self.outcome.tallies[span.number]
        with self._lock:
            tally.parts.update(parts)
            tally.waiting -= span.count
            self.outcome.bytes_read += read
            self.done += sum(self.plan.jobs[span.number].widths) * span.count


class _Worker:
    """One thread's buffers and open files."""

    def __init__(self, run: _Run) -> None:
        self._run = run
        self._streams = [Streams(side, run.opening) for side in (run.plan.left, run.plan.right)]
        self._raw: list[Array] = [np.empty(PIECE, np.uint8) for _ in range(2)]
        self._wide: list[Array] = [np.empty(ELEMENTS, np.float64) for _ in range(2)]
        self._mask: Array = np.empty(ELEMENTS, np.bool_)
        self._read = 0

    def work(self, after: Callable[[_Span], None]) -> None:
        """Do spans until there are no more."""
        # What is not finite is looked for and not warned of; the setting is one of the thread.
        try:
            with np.errstate(all="ignore"):
                while (span := self._run.next()) is not None:
                    self._do(span)
                    after(span)
        finally:
            for streams in self._streams:
                streams.close()

    def _do(self, span: _Span) -> None:
        job, tally = self._run.plan.jobs[span.number], self._run.outcome.tallies[span.number]
        parts: dict[int, Part] = {}
        self._read = 0
        step = _step(job)
        for first in range(span.first, span.first + span.count, step):
            count = min(step, span.first + span.count - first)
            if job.values:
                parts[first] = self._values(job, tally, first, count)
            elif not tally.differs:
                left, right = self._both(job, first, count)
                if not measuring.alike(left, right, self._mask):
                    tally.differs = True
        self._run.found(span, parts, self._read)

    def _values(self, job: Job, tally: Tally, first: int, count: int) -> Part:
        left, right = self._both(job, first, count)
        same = False
        if job.left.dtype == job.right.dtype and not tally.differs:
            same = measuring.alike(left, right, self._mask)
            if not same:
                tally.differs = True
        part = self._quickly(job, left, None if same else right)
        if part is None:  # the values on the right may be gone
            read, (left, right) = self._read, self._both(job, first, count)
            self._read = read
            part = measuring.careful(exactly(job.left.dtype, left), exactly(job.right.dtype, right))
        return part

    def _quickly(self, job: Job, left: Array, right: Array | None) -> Part | None:
        wide = _wide(job)
        if wide is None:
            return None
        count = len(left) // job.widths[0]
        room: list[Array] = [buffer.view(wide)[:count] for buffer in self._wide]
        ordered = job.left.dtype != job.right.dtype
        ours = quickly(job.left.dtype, left, room[0], ordered=ordered)
        if ours is None or right is None:
            return None if ours is None else measuring.quick_base(ours)
        theirs = quickly(job.right.dtype, right, room[1], ordered=ordered)
        return None if theirs is None else measuring.quick(ours, theirs, self._mask)

    def _both(self, job: Job, first: int, count: int) -> list[Array]:
        filled = []
        for number, (placed, width) in enumerate(
            zip((job.left, job.right), job.widths, strict=True)
        ):
            raw = self._raw[number][: count * width]
            self._streams[number].read(placed.file, placed.start + first * width, raw.data)
            self._read += len(raw)
            filled.append(raw)
        return filled


def run(
    plan: Plan,
    progress: Progress | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Outcome:
    """Do the jobs of a plan; see :meth:`Plan.run` for the errors."""
    shared, total, reported = _Run(plan), plan.size, 0

    def after(span: _Span) -> None:
        nonlocal reported
        if progress is not None and shared.done - reported >= _REPORT_EVERY:
            reported = shared.done
            progress(reported, total, plan.jobs[span.number].left.name)
        if cancelled is not None and cancelled():
            shared.stop = True

    if cancelled is not None and plan.jobs and cancelled():
        return shared.outcome
    helpers = [_helper(shared) for _ in range(_helpers(total))]
    try:
        _Worker(shared).work(after)
    except BaseException:
        shared.stop = True
        raise
    finally:
        for helper in helpers:
            helper.join()
    if shared.error is not None:
        raise shared.error
    if progress is not None and plan.jobs and not shared.stop:
        progress(total, total, plan.jobs[-1].left.name)
    return shared.outcome


def _helper(shared: _Run) -> threading.Thread:
    def work() -> None:
        try:
            _Worker(shared).work(lambda _: None)
        except BaseException as error:  # noqa: BLE001 - the caller's thread raises it
            shared.error, shared.stop = error, True

    thread = threading.Thread(target=work, name="modelshelf-compare", daemon=True)
    thread.start()
    return thread


def _helpers(total: int) -> int:
    if total < _ALONE:
        return 0
    here = getattr(os, "sched_getaffinity", None)
    cores = len(here(0)) if here is not None else os.cpu_count() or 1
    return min(cores, _THREADS_MOST) - 1


def _spans(jobs: list[Job]) -> Iterator[_Span]:
    for number, job in enumerate(jobs):
        step = _step(job) * _SPAN
        for first in range(0, job.elements, step):
            yield _Span(number, first, min(step, job.elements - first))


def _step(job: Job) -> int:
    """Return the elements of one piece; bytes where only these are compared."""
    return min(PIECE // max(job.widths), ELEMENTS) if job.values else PIECE


def _wide(job: Job) -> type | None:
    """Return the type in which values are compared quickly; nothing when they cannot be."""
    dtypes = {job.left.dtype, job.right.dtype}
    if dtypes <= SINGLE:
        kind: type = np.float32
        return kind
    return np.float64 if dtypes <= SINGLE | DOUBLE else None

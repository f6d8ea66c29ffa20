"""One run of deliveries: find in the log what hooks are to be told, tell them, note how it went.

Every step is its own transaction or none, so that a kill anywhere leaves at most an attempt that is
made again: a hook is told of each event at least once, and of those of one model in their order.
"""

from __future__ import annotations

import heapq
import threading
from bisect import bisect_left
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from modelshelf.catalog import audit_reader, outbox
from modelshelf.domain.deliveries import Delivery, DeliveryReport, Outcome, is_told, wait_after
from modelshelf.domain.errors import Conflict, ModelshelfError, Unavailable
from modelshelf.registry.policing import policy_digest, record_changed

if TYPE_CHECKING:
    from pathlib import Path

    from modelshelf.catalog.audit import Transaction
    from modelshelf.catalog.driver import Connection
    from modelshelf.catalog.outbox import Candidate, Due
    from modelshelf.domain.policy import Hook
    from modelshelf.registry.context import Context

PURPOSE = "deliver to hooks"
_BATCH = 1_000
_AT_ONCE = 4
_IN_A_ROW = 3  # failures after which a hook is left alone until the next run

Progress = Callable[[Delivery], object]
Tell = Callable[["Hook", str, bytes], Outcome]


class Delivering:
    """One run."""

    def __init__(
        self,
        context: Context,
        tell: Tell,
        *,
        luck: Callable[[], float],
        limit: int,
        stop: Callable[[], bool],
    ) -> None:
        """Deliver in ``context``.

        Args:
            context: The registry.
            tell: Tells a hook something, once.
            luck: Returns a number from 0 to 1, for the time of the next attempt.
            limit: The most attempts of this run.
            stop: Whether to end; is asked between two attempts.
        """
        self._context = context
        self._tell = tell
        self._luck = luck
        self._left = limit
        self._stop = stop
        self._progress: Progress | None = None
        self._guard = threading.Lock()
        self._delivered = self._failed = 0

    def run(self, progress: Progress | None = None) -> DeliveryReport:
        """Plan, deliver what is due, and say what came of it.

        Args:
            progress: Is handed every delivery that was tried, as it is then; by several threads
                when there are several hooks, one at a time.
        """
        self._progress = progress
        find(self._context)
        hooks = self._context.policy.hooks
        now = self._context.clock()
        reader = self._context.database.reader()
        due = [hook for hook in hooks if outbox.heads(reader, hook.key, now)]
        if len(due) == 1:
            self._deliver(due[0])
        elif due:
            self._side_by_side(due)
        now = self._context.clock()
        nexts = [at for hook in hooks if (at := outbox.next_due(reader, hook.key, now)) is not None]
        return DeliveryReport(
            self._delivered, self._failed, outbox.waiting(reader), min(nexts, default=None)
        )

    def _side_by_side(self, due: list[Hook]) -> None:
        """Deliver to several hooks at once, so that a slow one does not keep the others waiting."""
        over = threading.Event()
        asked = self._stop
        self._stop = lambda: over.is_set() or asked()
        with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="modelshelf-hook") as pool:
            try:
                for done in [pool.submit(self._deliver, hook) for hook in due]:
                    done.result()
            finally:
                over.set()

    def _deliver(self, hook: Hook) -> None:
        """Deliver what is due to one hook: across the lanes by age, within a lane in order."""
        in_a_row = 0
        reader = self._context.database.reader()
        while waiting := self._heap(hook):
            while waiting:
                if in_a_row == _IN_A_ROW or not self._goes_on():
                    return
                due = heapq.heappop(waiting)[1]
                goes_on = self._attempt(hook, due)
                if goes_on is None:
                    return
                in_a_row = 0 if goes_on == "delivered" else in_a_row + 1
                after = None
                if goes_on != "pending":
                    after = outbox.following(reader, due, self._context.clock())
                if after is not None:
                    heapq.heappush(waiting, (after.delivery.seq, after))

    def _heap(self, hook: Hook) -> list[tuple[int, Due]]:
        reader = self._context.database.reader()
        return [(d.delivery.seq, d) for d in outbox.heads(reader, hook.key, self._context.clock())]

    def _goes_on(self) -> bool:
        with self._guard:
            self._left -= 1
            return self._left >= 0 and not self._stop()

    def _attempt(self, hook: Hook, due: Due) -> str | None:
        """Try once, outside of any transaction; return the state, ``None`` if it was cut short."""
        outcome = self._told(hook, due.delivery)
        if not outcome.delivered and self._stop():
            return None
        at = self._context.clock()
        tried = replace(due.delivery, attempts=due.delivery.attempts + 1, said=outcome.said)
        tried = _judged(tried, outcome, hook.attempts, at, self._luck())
        with self._context.database.write(PURPOSE) as transaction:
            outbox.tried(transaction, tried, tried.state, at, tried.due)
        with self._guard:
            self._delivered += tried.state == "delivered"
            self._failed += tried.state == "failed"
            if self._progress is not None:
                self._progress(tried)
        return tried.state

    def _told(self, hook: Hook, delivery: Delivery) -> Outcome:
        from modelshelf.hooks.envelope import envelope

        reader = self._context.database.reader()
        entry = outbox.entry(reader, delivery.seq)
        if entry is None:
            return Outcome(delivered=False, said="the log has no such entry")
        registry_id = audit_reader.fact(reader, "registry_id") or "-"
        return self._tell(hook, *envelope(registry_id, entry))


def _judged(tried: Delivery, outcome: Outcome, most: int, at: datetime, luck: float) -> Delivery:
    """Return the delivery as it is after an attempt."""
    if outcome.delivered:
        return replace(tried, state="delivered", done=at, due=at)
    if tried.attempts >= most:
        return replace(tried, state="failed", done=at, due=at)
    wait = wait_after(tried.attempts, luck, outcome.wait)
    return replace(tried, due=at + timedelta(seconds=wait))


@contextmanager
def locked(file: Path) -> Iterator[bool]:
    """Hold the lock of those who deliver; say whether it could be had.

    Raises:
        Unavailable: It cannot be locked at all.
    """
    from filelock import FileLock, Timeout

    lock = FileLock(file, thread_local=False)
    try:
        lock.acquire(blocking=False)
    except Timeout:
        yield False
        return
    except OSError as exc:
        why = f"{file.name} cannot be locked: {exc.strerror or exc}"
        raise Unavailable("hooks cannot be told", why=why) from exc
    try:
        yield True
    finally:
        lock.release()


def find(context: Context) -> None:
    """Look through the log for what hooks are to be told, and write it down.

    An entry is told to the hooks that are in the policy now and were in the one that was in force
    when it was recorded. What waits for others is given up.

    Raises:
        Conflict: The policy file says something else than when this registry was opened.
    """
    reader = context.database.reader()
    keys = [hook.key for hook in context.policy.hooks]
    if outbox.waits_for_others(reader, keys):
        with _writing(context) as transaction:
            outbox.leave(transaction, keys, context.clock())
    while keys and _behind(context, keys):
        with _writing(context) as transaction:
            for hook in context.policy.hooks:
                _find(context, transaction, hook)


@contextmanager
def _writing(context: Context) -> Iterator[Transaction]:
    """Hold a write transaction in which the policy of ``context`` is in force, and recorded."""
    # Not `context.write`: whoever has an old policy in mind must not make it the one in force.
    with context.database.write(PURPOSE) as transaction:
        if audit_reader.fact(transaction.raw, "policy") != policy_digest(context):
            if changed(context):
                raise Conflict("the policy has changed", hint="Open the registry again.")
            record_changed(context, transaction)
        yield transaction


def changed(context: Context) -> bool:
    """Whether the policy file says something else than when this registry was opened."""
    from modelshelf.settings import read_policy

    try:
        return read_policy(context.root)[1] != context.policy_text
    except ModelshelfError:  # it is being written, or has a mistake; the former goes on
        return False


def _behind(context: Context, keys: list[str]) -> bool:
    reader = context.database.reader()
    marks, head = outbox.marks(reader), audit_reader.head(reader)[0]
    return any(marks.get(key, -1) < head for key in keys)


def _find(context: Context, transaction: Transaction, hook: Hook) -> None:
    """Look through one batch for one hook."""
    raw = transaction.raw
    mark = outbox.marks(raw).get(hook.key)
    if mark is None:
        mark = _beginning(raw, hook.key, transaction.head[0])
    batch = outbox.candidates(raw, mark, transaction.head[0], _BATCH)
    was_there = _presence(raw, hook.key, mark)
    found = [e for e in batch if was_there(e.seq) and is_told(hook, e.event, e.models)]
    if found:
        outbox.add(transaction, hook.key, found, context.clock())
        outbox.prune(transaction, hook.key)
    outbox.set_mark(transaction, hook.key, batch[-1].seq if batch else mark)


def _beginning(raw: Connection, key: str, head: int) -> int:
    """Return the entry of the first policy that had a hook; the newest entry if none had."""
    for seq, text in outbox.policies(raw):
        if key in (_hooks_of(text) or ()):
            return seq
    return head


def _presence(raw: Connection, key: str, mark: int) -> Callable[[int], bool]:
    """Return what says whether a hook was in the policy when an entry after ``mark`` was recorded.

    A policy that cannot be read any more had it: a hook is rather told too much than too little.
    """
    changes = outbox.policies(raw, mark)
    if not changes:  # then the policy in force is the one of now, which has it
        return lambda _seq: True
    texts = [outbox.policy_at(raw, mark), *(text for _seq, text in changes)]
    had = [(hooks := _hooks_of(text)) is None or key in hooks for text in texts]
    numbers = [seq for seq, _text in changes]
    return lambda seq: had[bisect_left(numbers, seq)]


def _hooks_of(text: str) -> frozenset[str] | None:
    """Return the keys of the hooks that a policy of the past had; ``None`` if it is unreadable."""
    import tomllib

    from modelshelf.domain.policy import parse_policy

    with suppress(ValueError, RecursionError, ModelshelfError):
        return frozenset(hook.key for hook in parse_policy(tomllib.loads(text)).hooks)
    return None


def matching(context: Context, hook: Hook, after: int, mark: int) -> tuple[Candidate, ...]:
    """Return the entries after one, up to where the log was looked through, that a hook is told of.

    Args:
        context: The registry.
        hook: The hook.
        after: The entry before the first.
        mark: How far the log was looked through for it.
    """
    reader = context.database.reader()
    found: list[Candidate] = []
    while batch := outbox.candidates(reader, after, mark, _BATCH):
        found += [each for each in batch if is_told(hook, each.event, each.models)]
        after = batch[-1].seq
    return tuple(found)

"""Deliveries: an entry of the log on its way to a hook, and what came of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from modelshelf.domain.policy import Hook

DeliveryState = Literal["pending", "delivered", "failed", "skipped"]
WAITS = (5, 30, 120, 600, 3_600, 10_800, 21_600, 43_200, 86_400)
"""Seconds from one attempt to the next; the last holds for all that follow."""
_SPREAD = 0.2
LONGEST = 2 * WAITS[-1]
"""Seconds that nothing waits for: a delivery that is due later was put off by a wrong clock."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """One entry told, or to be told, to one hook.

    Attributes:
        id: Counts from 1.
        hook: The hook's key.
        seq: The entry.
        event: Its event.
        subject: What it is about.
        state: pending, delivered, failed (given up) or skipped (the hook is gone).
        attempts: How often it was tried.
        due: When it is tried next, UTC; for a pending one.
        done: When it was delivered or given up, UTC.
        said: What came of the last attempt.
    """

    id: int
    hook: str
    seq: int
    event: str
    subject: str
    state: DeliveryState
    attempts: int
    due: datetime
    done: datetime | None
    said: str


@dataclass(frozen=True, slots=True)
class DeliveryReport:
    """What one run of deliveries did.

    Attributes:
        delivered: How many were delivered.
        failed: How many were given up.
        waiting: How many wait after it.
        next_due: When the next of them is due, UTC; ``None`` when nothing waits.
        note: Why nothing was done, such as that another process delivers; empty when it was.
    """

    delivered: int
    failed: int
    waiting: int
    next_due: datetime | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one attempt.

    Attributes:
        delivered: Whether the hook took it.
        said: What the hook said, in a few words; holds no secret.
        wait: Seconds that the hook asks to be left alone; 0 when it does not.
    """

    delivered: bool
    said: str
    wait: float = 0.0


@dataclass(frozen=True, slots=True)
class HookStanding:
    """A hook of the policy and how it stands.

    Attributes:
        key: Its name.
        kind: Whether a command is run or an address is posted to.
        told: The command, or the address without what may be secret in it.
        on: Patterns of event names.
        models: Patterns of model names.
        pending: How many deliveries wait.
        failed: How many were given up.
        delivered: How many were delivered, as far as the log of deliveries goes back.
        last: When the last one was delivered, UTC.
        next_due: When the next attempt is due, UTC.
        said: What came of the newest attempt.
    """

    key: str
    kind: Literal["command", "webhook"]
    told: str
    on: tuple[str, ...]
    models: tuple[str, ...]
    pending: int = 0
    failed: int = 0
    delivered: int = 0
    last: datetime | None = None
    next_due: datetime | None = None
    said: str = ""


def is_told(hook: Hook, event: str, models: Sequence[str]) -> bool:
    """Whether a hook is told of an event.

    Args:
        hook: The hook.
        event: The event's name.
        models: The names of the model that it is about; none for events of no model, of which
            only those hooks are told that are told of every model.
    """
    if not any(fnmatchcase(event, pattern) for pattern in hook.on):
        return False
    if not models:
        return "*" in hook.models
    return any(fnmatchcase(name, pattern) for name in models for pattern in hook.models)


def when_due(due: datetime, attempts: int, now: datetime) -> datetime:
    """Return when a delivery is to be tried, whatever the clock was when that was written down.

    Args:
        due: When it is due, as it was written down.
        attempts: How often it was tried; what never was is due at once.
        now: Now.
    """
    if attempts and (due - now).total_seconds() <= LONGEST:
        return due
    return min(due, now)


def wait_after(attempts: int, luck: float, asked: float = 0.0) -> float:
    """Return the seconds until the next attempt.

    Args:
        attempts: How many have failed, from 1 on.
        luck: From 0 to 1, so that what failed together is not tried together again.
        asked: Seconds that the hook asks to be left alone; counts up to a day.
    """
    seconds = WAITS[min(max(attempts, 1), len(WAITS)) - 1]
    return max(seconds * (1 - _SPREAD / 2 + _SPREAD * luck), min(asked, WAITS[-1]))

"""Deliveries: an entry of the log on its way to a hook, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

DeliveryState = Literal["pending", "delivered", "failed", "skipped"]


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
    """What one run of deliveries did: how many of each, and when the next is due."""

    delivered: int
    failed: int
    waiting: int
    next_due: datetime | None = None

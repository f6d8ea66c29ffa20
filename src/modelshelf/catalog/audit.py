"""The audit log: how an entry is sealed, and the transaction that is the only way to add one."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, cast

from modelshelf.catalog import rows
from modelshelf.catalog.projection import apply
from modelshelf.catalog.rows import Rows, Stamp
from modelshelf.domain.audit import FIRST_PREV
from modelshelf.domain.events import read_event
from modelshelf.domain.plain import canonical, microseconds

if TYPE_CHECKING:
    from modelshelf.catalog.driver import Connection
    from modelshelf.domain.events import Event

TAIL = "SELECT seq, seal FROM audit ORDER BY seq DESC LIMIT 1"


def seal_of(
    seq: int, at_us: int, actor: str, event: str, subject: str, body: str, prev: str
) -> str:
    """Return the seal of an entry: SHA-256 over the previous seal and every field.

    Fields of free length carry their length, so no two entries are written alike.
    """
    text = (
        f"modelshelf-audit-v1\0{prev}\0{seq}\0{at_us}\0{len(actor)}\0{actor}"
        f"{len(event)}\0{event}{len(subject)}\0{subject}{body}"
    )
    return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Recorded:
    """What a caller learns of an entry just recorded."""

    seq: int
    seal: str
    at: datetime


class Transaction:
    """One write transaction: entries are sealed one after another and applied to the tables.

    Attributes:
        connection: For questions that decide what is recorded, and for operational tables.
        at: When the newest entry of this transaction was recorded.
    """

    def __init__(self, connection: Any, clock: Callable[[], datetime], actor: str) -> None:  # noqa: ANN401
        """Begin on an SQLAlchemy ``connection`` inside BEGIN IMMEDIATE."""
        self.connection = connection
        self._clock = clock
        self._actor = actor
        # Rows go to the driver itself: SQLAlchemy's part is the transaction, and it costs a third.
        driver = connection.connection.driver_connection
        self._rows = Rows(driver.execute, driver.executemany)
        tail = connection.exec_driver_sql(TAIL).first()
        self._seq: int = tail[0] if tail else 0
        self._seal: str = tail[1] if tail else FIRST_PREV
        self._names: list[str] = []
        self.at: datetime | None = None

    def record(self, event: Event, subject: str) -> Recorded:
        """Append ``event`` as a sealed entry about ``subject`` and apply it to the tables."""
        at = self._clock()
        seq, at_us, body = self._seq + 1, microseconds(at), canonical(event.body())
        seal = seal_of(seq, at_us, self._actor, event.name, subject, body, self._seal)
        entry = (seq, at_us, self._actor, event.name, subject, body, self._seal, seal)
        self._rows.defer(rows.AUDIT, [entry])
        # What is applied is what was sealed, read back: a replay cannot differ.
        sealed = read_event(event.name, json.loads(body))
        apply(sealed, Stamp(seq, at_us, self._actor), self._rows)
        self._seq, self._seal = seq, seal
        self._names.append(event.name)
        self.at = at
        return Recorded(seq, seal, at)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the events recorded so far."""
        return tuple(self._names)

    @property
    def head(self) -> tuple[int, str]:
        """Number and seal of the newest entry, those of this transaction included."""
        return self._seq, self._seal

    @property
    def raw(self) -> Connection:
        """The driver's connection inside this transaction, with everything recorded so far."""
        self._rows.flush()
        return cast("Connection", self.connection.connection.driver_connection)

    def execute(self, statement: str, **values: Any) -> None:  # noqa: ANN401 - values of any column
        """Write to an operational table (never to a projection)."""
        self._rows.flush()
        self.connection.exec_driver_sql(statement, values)

    def finish(self) -> None:
        """Write everything that waits; called before the commit."""
        self._rows.flush()

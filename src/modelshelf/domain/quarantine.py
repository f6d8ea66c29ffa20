"""What was dropped, refused for what is in it, and kept apart."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from modelshelf.domain.content import ContentKind
    from modelshelf.domain.inspection import Inspection

PREFIX = "quarantine:"
"""What the references of quarantined artifacts begin with."""

Keeping = Literal["held", "released", "discarded"]


@dataclass(frozen=True, slots=True)
class Quarantined:
    """A dropped file or folder that was refused for what is in it.

    Attributes:
        number: Counts from 1; never reused.
        state: ``held``; ``released``, as a version after all; ``discarded`` for good.
        path: Where it was dropped, as the ledger calls it.
        place: Where it is kept, in the same form; equal to ``path`` when it was left there.
        kind: A file or a folder.
        size: Bytes.
        digest: Digest of its content, 64 hexadecimal digits; empty when it could not be stored.
        model: The model it was meant for.
        rule: Code of the reason, such as ``pickle.global.dangerous``.
        reason: The reason as a sentence.
        owner: The account that the file belonged to; empty where the system has none.
        inspection: What looking into it found; ``None`` when it could not be stored.
        at: UTC.
        actor: Who watched the drop folder.
        closed_at: When it was released or discarded, UTC.
        closed_by: Who did that.
        closed_reason: Why.
        version: The version that it became, such as ``churn:v3``.
    """

    number: int
    state: Keeping
    path: str
    place: str
    kind: ContentKind
    size: int
    digest: str
    model: str
    rule: str
    reason: str
    owner: str
    inspection: Inspection | None
    at: datetime
    actor: str
    closed_at: datetime | None = None
    closed_by: str | None = None
    closed_reason: str | None = None
    version: str | None = None

    @property
    def reference(self) -> str:
        """What it is called: ``quarantine:7``."""
        return f"{PREFIX}{self.number}"

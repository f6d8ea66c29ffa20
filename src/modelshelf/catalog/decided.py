"""Questions about decisions that were made: is the entry whole, and which policy was in force?"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from modelshelf.catalog.audit import seal_of
from modelshelf.domain.audit import FIRST_PREV

if TYPE_CHECKING:
    from modelshelf.catalog.driver import Connection

_ENTRY = "SELECT seq, at_us, actor, event, subject, body, prev, seal FROM audit WHERE seq = :seq"
_POLICY = "SELECT body FROM audit WHERE event = 'policy.recorded' AND seq < :seq ORDER BY seq DESC"


def seal_holds(connection: Connection, seq: int) -> bool:
    """Whether the seal of entry ``seq``, computed again, is the one kept, and follows the last."""
    row = connection.execute(_ENTRY, {"seq": seq}).fetchone()
    before = connection.execute(_ENTRY, {"seq": seq - 1}).fetchone()
    if row is None or row[6] != (FIRST_PREV if before is None else before[7]):
        return False
    try:
        computed: bool = seal_of(*row[:7]) == row[7]
    except (TypeError, UnicodeEncodeError):  # edited by another hand
        return False
    return computed


def policy_before(connection: Connection, seq: int, digest: str | None) -> tuple[str, str]:
    """Return digest and text of the policy that was in force at entry ``seq``.

    Args:
        connection: Where to ask.
        seq: The entry that was decided by it.
        digest: The digest that the entry names; ``None`` for an entry that names none.
    """
    for (text,) in connection.execute(_POLICY, {"seq": seq}):
        body = json.loads(text)
        if digest is None or body.get("digest") == digest:
            return str(body.get("digest", "")), str(body.get("text", ""))
    return digest or "", ""

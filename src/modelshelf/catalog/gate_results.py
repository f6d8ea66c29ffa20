"""Questions about measured gates: the newest measurement of each, and what earlier ones kept."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection
from typing import TYPE_CHECKING

from modelshelf.domain.gates.case import Measured
from modelshelf.domain.plain import moment

if TYPE_CHECKING:
    from modelshelf.catalog.driver import Connection

_NEWEST = """
SELECT g.version_id, g.gate, g.outcome, g.observed, g.required, g.message, g.definition, g.at_us,
       g.actor, g.output, g.exit_code, g.id
FROM json_each(:ids) AS w CROSS JOIN gate_result AS g ON g.version_id = w.value
ORDER BY w.key, g.gate
"""
_ENTRY = """
SELECT json_extract(body, '$.output') FROM audit
WHERE seq = :seq AND event = 'gate.ran' AND json_extract(body, '$.version_id') = :version
  AND json_extract(body, '$.gate') = :gate
"""


def measured(connection: Connection, ids: Collection[int]) -> dict[int, dict[str, Measured]]:
    """Return the newest measurement of each gate of these versions, by version id and gate."""
    found: dict[int, dict[str, Measured]] = defaultdict(dict)
    for row in connection.execute(_NEWEST, {"ids": json.dumps(list(ids))}):
        version_id, gate, outcome, observed, required, message, definition, at_us = row[:8]
        found[version_id][gate] = Measured(
            outcome="pass" if outcome == "pass" else "fail",
            observed=observed,
            required=required,
            message=message,
            definition=definition,
            at=moment(at_us),
            actor=row[8],
            output=row[9],
            exit_code=row[10],
            id=row[11],
        )
    return found


def output_of_entry(connection: Connection, seq: int, version_id: int, gate: str) -> str | None:
    """Return the digest of what entry ``seq`` kept, if it is a measurement of just this.

    ``""`` when it is one and nothing was kept, ``None`` when it is none.
    """
    row = connection.execute(_ENTRY, {"seq": seq, "version": version_id, "gate": gate}).fetchone()
    return None if row is None else row[0] or ""

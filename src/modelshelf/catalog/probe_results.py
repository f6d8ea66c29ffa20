"""Questions about probes: what versions answered to them last."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from modelshelf.catalog.driver import Connection

_NEWEST = """
SELECT p.version_id, p.definition, p.data, p.rows, p.output, p.at_us, p.actor, p.id
FROM json_each(:ids) AS w CROSS JOIN probe_result AS p
  ON p.version_id = w.value AND p.probe = :probe
"""


class Probed(NamedTuple):
    """The newest answers of a version to a probe.

    Attributes:
        definition: SHA-256 of the probe as the policy wrote it.
        data: SHA-256 of the probe set.
        rows: How many examples were answered.
        output: Digest of the blob that holds the answers.
        at_us: Microseconds since 1970, UTC.
        actor: Who asked.
        id: Number of the entry in the audit log.
    """

    definition: str
    data: str
    rows: int
    output: str
    at_us: int
    actor: str
    id: int


def probed(connection: Connection, ids: Sequence[int], probe: str) -> dict[int, Probed]:
    """Return the newest answers of these versions to a probe, by version id."""
    rows = connection.execute(_NEWEST, {"ids": json.dumps(list(ids)), "probe": probe})
    return {row[0]: Probed(*row[1:]) for row in rows.fetchall()}

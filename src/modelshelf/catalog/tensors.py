"""Questions about weights: which versions hold the same tensors as one of them.

A version is known by the digest of all its tensors and by marks, the beginnings of the digests of
its largest ones (:data:`~modelshelf.catalog.arrivals.MARKS_MOST`). A mark may be shared by very
many versions: only some of them are looked at, so an answer takes milliseconds in any catalog.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from modelshelf.domain.lineage import SameWeights

if TYPE_CHECKING:
    from modelshelf.catalog.driver import Connection

ALIKE_MOST = 20
SHARE_LEAST = 0.5
SHARED_LEAST = 2
# Versions looked at for each mark, the newest, and versions compared in the end.
_LOOKED_AT = 500
_COMPARED = 200
_ANY = (1 << 63) - 1

_OWN = "SELECT weights FROM version WHERE id = :id"
_EXACT = """
SELECT id FROM version WHERE weights = :weights AND id <> :id AND id <= :until
ORDER BY id LIMIT :most
"""
_MARKS = "SELECT mark FROM tensor_mark WHERE version_id = :id"
_HOLDING = """
SELECT version_id FROM tensor_mark WHERE mark = :mark AND version_id <= :until
ORDER BY version_id DESC LIMIT :most
"""
_SHARED = """
SELECT t.version_id, count(*) FROM json_each(:ids) AS w
CROSS JOIN tensor_mark AS t ON t.version_id = w.value
WHERE t.mark IN (SELECT value FROM json_each(:marks)) GROUP BY t.version_id
"""
_NAMES = """
SELECT v.id, m.name, v.number, v.model_id
FROM json_each(:ids) AS w CROSS JOIN version AS v ON v.id = w.value
CROSS JOIN model AS m ON m.id = v.model_id
"""
_NEWEST = """
SELECT json_extract(body, '$.version_id') FROM audit
WHERE seq <= :seq AND event = 'version.registered' ORDER BY seq DESC LIMIT 1
"""


def same_weights(connection: Connection, version_id: int) -> tuple[SameWeights, ...]:
    """Return the versions that hold the tensors of one, best first, at most 20.

    First those whose tensors are all the same, then those that share at least two and at least half
    of the marks of this version; of equals, the earliest registered.
    """
    found = _alike(connection, version_id, _ANY)
    named = {row[0]: f"{row[1]}:v{row[2]}" for row in _names(connection, found)}
    return tuple(
        SameWeights(ident, named[ident], share, exact=exact)
        for ident, (share, exact) in found.items()
        if ident in named
    )


def models_alike(live: Connection, version_id: int, seq: int) -> frozenset[int]:
    """Return ids of the models whose past tells what :func:`same_weights` was after entry ``seq``.

    Found by the weights as they are known now. What was scanned again since, with another result,
    may be missing.
    """
    newest = live.execute(_NEWEST, {"seq": seq}).fetchone()
    found = _alike(live, version_id, newest[0] if newest else 0)
    return frozenset(row[3] for row in _names(live, [version_id, *found]))


def _alike(connection: Connection, version_id: int, until: int) -> dict[int, tuple[float, bool]]:
    """Return share and exactness by id, best first, among versions up to the id ``until``."""
    own = connection.execute(_OWN, {"id": version_id}).fetchone()
    found: dict[int, tuple[float, bool]] = {}
    if own and own[0]:
        values = {"weights": own[0], "id": version_id, "until": until, "most": ALIKE_MOST}
        found = {row[0]: (1.0, True) for row in connection.execute(_EXACT, values)}
    room = ALIKE_MOST - len(found)
    if room:
        near = _near(connection, version_id, until, {version_id, *found})
        found |= {ident: (share, False) for ident, share in near[:room]}
    return found


def _near(
    connection: Connection, version_id: int, until: int, others: set[int]
) -> list[tuple[int, float]]:
    """Return ids and shares of the versions that share enough marks, best first."""
    marks = [row[0] for row in connection.execute(_MARKS, {"id": version_id})]
    seen: Counter[int] = Counter()
    for mark in marks:
        values = {"mark": mark, "until": until, "most": _LOOKED_AT}
        seen.update(row[0] for row in connection.execute(_HOLDING, values))
    for ident in others:
        del seen[ident]
    ids = [ident for ident, _ in seen.most_common(_COMPARED)]
    wanted = {"ids": json.dumps(ids), "marks": json.dumps(marks)}
    least = max(SHARED_LEAST, SHARE_LEAST * len(marks))
    enough = [row for row in connection.execute(_SHARED, wanted) if row[1] >= least]
    enough.sort(key=lambda row: (-row[1], row[0]))
    return [(ident, count / len(marks)) for ident, count in enough]


def _names(connection: Connection, ids: Iterable[int]) -> Sequence[tuple[int, str, int, int]]:
    rows = connection.execute(_NAMES, {"ids": json.dumps(list(ids))}).fetchall()
    return [(row[0], row[1], row[2], row[3]) for row in rows]

"""Questions about requests and the answers to them."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from modelshelf.domain.plain import moment
from modelshelf.domain.requests import Answer, Request
from modelshelf.domain.stages import Holder

if TYPE_CHECKING:
    from modelshelf.catalog.driver import Connection

_REQUEST = (
    "SELECT r.id, m.name, r.stage, v.number, r.holders, r.state, r.reason, r.actor, r.at_us,"
    " r.seen, r.expires_us, r.closed_us, r.closed_by, r.closed_reason, r.assignment_id"
    " FROM request r JOIN model m ON m.id = r.model_id JOIN version v ON v.id = r.version_id"
)
_BY_STATE = {
    "open": "r.state = 'open' AND (r.expires_us IS NULL OR r.expires_us > :now)",
    "expired": "(r.state = 'expired' OR (r.state = 'open' AND r.expires_us <= :now))",
}


def find_request(connection: Connection, number: int) -> Request | None:
    """Return request ``number`` with its answers, as it is recorded, or ``None``."""
    rows = connection.execute(f"{_REQUEST} WHERE r.id = :id", {"id": number}).fetchall()
    return _requests(connection, rows)[0] if rows else None


def model_of(connection: Connection, number: int) -> int | None:
    """Return the id of the model that request ``number`` is about, or ``None``."""
    row = connection.execute(
        "SELECT model_id FROM request WHERE id = :id", {"id": number}
    ).fetchone()
    return row[0] if row else None


def requests(
    connection: Connection,
    *,
    now_us: int,
    state: str | None = None,
    model_id: int | None = None,
    stage: str | None = None,
    below: int | None = None,
    limit: int = 50,
) -> tuple[Request, ...]:
    """Return requests, newest first, as they are recorded.

    Args:
        connection: Where to ask.
        now_us: The present moment, which decides what is over its time.
        state: Only those in this state by the clock: open, applied, rejected, withdrawn, expired.
        model_id: Only of this model.
        stage: Only for this stage.
        below: Only numbers below this one.
        limit: At most so many.
    """
    wheres = ["r.id < :below"]
    if state is not None:
        wheres.append(_BY_STATE.get(state, "r.state = :state"))
    if model_id is not None:
        wheres.append("r.model_id = :model")
    if stage is not None:
        wheres.append("r.stage = :stage")
    rows = connection.execute(
        f"{_REQUEST} WHERE {' AND '.join(wheres)} ORDER BY r.id DESC LIMIT :limit",
        {
            "below": 1 << 62 if below is None else below,
            "state": state,
            "model": model_id,
            "stage": stage,
            "now": now_us,
            "limit": limit,
        },
    ).fetchall()
    return _requests(connection, rows)


def any_open(connection: Connection) -> bool:
    """Whether any request is recorded as open: where none is, nobody needs to ask the time."""
    row = connection.execute("SELECT 1 FROM request WHERE state = 'open' LIMIT 1").fetchone()
    return row is not None


def overdue(connection: Connection, now_us: int) -> tuple[Request, ...]:
    """Return the requests that are recorded as open though their time is over, oldest first."""
    rows = connection.execute(
        f"{_REQUEST} WHERE r.state = 'open' AND r.expires_us <= :now ORDER BY r.id",
        {"now": now_us},
    ).fetchall()
    return _requests(connection, rows)


def _requests(connection: Connection, rows: Sequence[Any]) -> tuple[Request, ...]:
    answers: dict[int, list[Answer]] = defaultdict(list)
    for request_id, actor, answer, comment, at_us in connection.execute(
        "SELECT request_id, actor, answer, comment, at_us FROM approval"
        " WHERE request_id IN (SELECT value FROM json_each(:ids)) ORDER BY request_id, seq",
        {"ids": json.dumps([row[0] for row in rows])},
    ):
        answers[request_id].append(Answer(actor, answer, comment, moment(at_us)))
    return tuple(
        Request(
            id=row[0], model=row[1], stage=row[2], reference=f"{row[1]}:v{row[3]}",
            holders=_holders(row[1], row[4]), state=row[5], reason=row[6], actor=row[7],
            at=moment(row[8]), seen=row[9], expires_at=_at(row[10]),
            answers=tuple(answers[row[0]]), closed_at=_at(row[11]), closed_by=row[12],
            closed_reason=row[13], assignment_id=row[14],
        )
        for row in rows
    )  # fmt: skip


def _holders(model: str, text: str) -> tuple[Holder, ...]:
    return tuple(Holder(v, f"{model}:v{number}", weight) for v, number, weight in json.loads(text))


def _at(at_us: int | None) -> Any:  # noqa: ANN401 - a moment or nothing
    return None if at_us is None else moment(at_us)

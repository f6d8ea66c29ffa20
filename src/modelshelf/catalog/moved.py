"""Which stages have moved since an entry: who holds them now by which assignment, and who did."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from modelshelf.catalog.driver import Connection

# Assignments are never changed, so the newest one up to an entry says who held a stage then.
_MOVED = """
WITH newest AS (SELECT model_id, stage, max(id) AS id FROM assignment GROUP BY model_id, stage)
SELECT m.name, n.stage, n.id,
       (SELECT max(a.id) FROM assignment a
        WHERE a.model_id = n.model_id AND a.stage = n.stage AND a.id <= :seq),
       (SELECT min(x.seq) FROM mention x WHERE x.model_id = n.model_id)
FROM newest n JOIN model m ON m.id = n.model_id WHERE n.id > :seq ORDER BY m.name, n.stage
"""


@dataclass(frozen=True, slots=True)
class Moved:
    """A stage of a model that was given to somebody else since.

    Attributes:
        model: The model's present name.
        stage: The stage.
        now: Id of the present assignment.
        then: Id of the assignment of that time; ``None`` when there was none yet.
        born: Number of the entry that made the model.
    """

    model: str
    stage: str
    now: int
    then: int | None
    born: int


def moved_since(connection: Connection, seq: int) -> tuple[Moved, ...]:
    """Return the stages that have moved since entry ``seq``, by model and stage."""
    return tuple(Moved(*row) for row in connection.execute(_MOVED, {"seq": seq}).fetchall())

"""Questions about registered models and their assignments."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from modelshelf.domain.errors import NotFound
from modelshelf.domain.models import RegisteredModel
from modelshelf.domain.names import MODEL_NAME_MOST
from modelshelf.domain.plain import moment
from modelshelf.domain.stages import Assignment, Holder
from modelshelf.domain.text import accept, safe

if TYPE_CHECKING:
    from modelshelf.catalog.driver import Connection

_COLUMNS = (
    "m.id, m.name, m.description, m.owner, m.created_us, m.created_by, m.retired, m.versions,"
    " m.latest, m.changed_us"
)
_ASSIGNMENT = (
    "SELECT a.id, m.name, a.stage, a.at_us, a.actor, a.reason, a.restores, a.replaced,"
    " a.request_id, a.bypass"
    " FROM assignment a JOIN model m ON m.id = a.model_id"
)


@dataclass(frozen=True, slots=True)
class Line:
    """A model as a registration sees it: id, name, newest version number, whether it is retired."""

    id: int
    name: str
    latest: int
    retired: bool = False


class ModelReader:
    """Questions about models on one connection."""

    def __init__(self, connection: Connection) -> None:
        """Ask on ``connection``."""
        self.connection = connection
        self._ask = connection.execute

    def model_id(self, name: str) -> int:
        """Return the id of the model that is or was called ``name``.

        Raises:
            NotFound: There is none.
            Invalid: Nothing can be called so.
        """
        accept("model name", name, most=MODEL_NAME_MOST)
        row = self._ask(
            "SELECT model_id FROM model_name WHERE name = :name", {"name": name}
        ).fetchone()
        if row is None:
            raise NotFound(
                f"there is no model {safe(name, 60)!r}", hint="See modelshelf list.", subject=name
            )
        found: int = row[0]
        return found

    def line(self, name: str) -> Line | None:
        """Return what a registration needs to know of the model called ``name``, if there is."""
        row = self._ask(
            "SELECT m.id, m.name, m.latest, m.retired FROM model_name n"
            " JOIN model m ON m.id = n.model_id WHERE n.name = :name",
            {"name": name},
        ).fetchone()
        return None if row is None else Line(row[0], row[1], row[2], bool(row[3]))

    def clash(self, name: str, but: int) -> str | None:
        """Return the name of another model than ``but`` that is or was called so, in any case."""
        row = self._ask(
            "SELECT name FROM model_name WHERE folded = :folded AND model_id <> :but",
            {"folded": name.casefold(), "but": but},
        ).fetchone()
        return row[0] if row else None

    def newest_ids(self) -> tuple[int, int]:
        """Return the highest ids of a model and of a version so far; 0 where there is none."""
        row = self._ask(
            "SELECT (SELECT max(id) FROM model), (SELECT max(id) FROM version)"
        ).fetchone()
        return row[0] or 0, row[1] or 0

    def get(self, name: str) -> RegisteredModel:
        """Return the model that is or was called ``name``.

        Raises:
            NotFound: There is none.
        """
        statement = f"SELECT {_COLUMNS} FROM model m WHERE m.id = :id"
        return self._values(self._ask(statement, {"id": self.model_id(name)}).fetchall())[0]

    def page(
        self, *, pattern: str, limit: int, after: str | None, retired: bool
    ) -> tuple[RegisteredModel, ...]:
        """Return models by name: those that contain ``pattern``, after the name ``after``."""
        literal = pattern.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        rows = self._ask(
            f"SELECT {_COLUMNS} FROM model m WHERE m.name > :after AND m.retired <= :retired"
            " AND (:pattern = '' OR m.name LIKE '%' || :pattern || '%' ESCAPE '\\')"
            " ORDER BY m.name LIMIT :limit",
            {
                "after": after or "",
                "retired": int(bool(retired)),
                "pattern": literal,
                "limit": limit,
            },
        ).fetchall()
        return self._values(rows)

    def names(self, prefix: str, limit: int) -> tuple[str, ...]:
        """Return names of models that begin with ``prefix``, sorted."""
        rows = self._ask(
            "SELECT name FROM model WHERE name >= :low AND name < :high ORDER BY name LIMIT :limit",
            {"low": prefix, "high": prefix + "\U0010ffff", "limit": limit},
        )
        return tuple(row[0] for row in rows)

    def _values(self, rows: Sequence[Any]) -> tuple[RegisteredModel, ...]:
        wanted = {"ids": json.dumps([row[0] for row in rows])}
        among = "IN (SELECT value FROM json_each(:ids))"
        tags: dict[int, dict[str, str]] = defaultdict(dict)
        for model_id, key, value in self._ask(
            f"SELECT model_id, key, value FROM model_tag WHERE model_id {among}", wanted
        ):
            tags[model_id][key] = value
        names: dict[int, list[str]] = defaultdict(list)
        for model_id, name in self._ask(
            f"SELECT model_id, name FROM model_name WHERE model_id {among} ORDER BY name", wanted
        ):
            names[model_id].append(name)
        stages = self._stages(among, wanted)
        return tuple(
            RegisteredModel(
                id=row[0],
                name=row[1],
                former_names=tuple(n for n in names[row[0]] if n != row[1]),
                description=row[2],
                owner=row[3],
                tags=tags[row[0]],
                created_at=moment(row[4]),
                created_by=row[5],
                retired=bool(row[6]),
                versions=row[7],
                latest=row[8],
                stages=stages[row[0]],
                changed_at=moment(row[9]),
            )
            for row in rows
        )

    def _stages(
        self, among: str, wanted: dict[str, str]
    ) -> dict[int, dict[str, tuple[Holder, ...]]]:
        stages: dict[int, dict[str, tuple[Holder, ...]]] = defaultdict(dict)
        rows = self._ask(
            "SELECT h.model_id, h.stage, v.id, m.name || ':v' || v.number, h.weight"
            " FROM stage_holder h JOIN version v ON v.id = h.version_id"
            f" JOIN model m ON m.id = h.model_id WHERE h.model_id {among}"
            " ORDER BY h.model_id, h.stage, h.position",
            wanted,
        )
        for model_id, stage, version_id, reference, weight in rows:
            held = stages[model_id].get(stage, ())
            stages[model_id][stage] = (*held, Holder(version_id, reference, weight))
        return stages

    def aliases(self, model_id: int) -> dict[str, str]:
        """Return a model's aliases with the reference each stands for, sorted."""
        rows = self._ask(
            "SELECT a.alias, m.name || ':v' || v.number FROM alias a"
            " JOIN version v ON v.id = a.version_id JOIN model m ON m.id = a.model_id"
            " WHERE a.model_id = :id ORDER BY a.alias",
            {"id": model_id},
        )
        return dict(rows.fetchall())

    def assignments(self, model_id: int, stage: str | None, limit: int) -> tuple[Assignment, ...]:
        """Return assignments of a model, newest first; of one stage, or of all."""
        rows = self._ask(
            f"{_ASSIGNMENT} WHERE a.model_id = :model AND (:stage IS NULL OR a.stage = :stage)"
            " ORDER BY a.id DESC LIMIT :limit",
            {"model": model_id, "stage": stage, "limit": limit},
        ).fetchall()
        return self._assignments(rows)

    def assignment(self, assignment_id: int) -> Assignment | None:
        """Return one assignment."""
        rows = self._ask(f"{_ASSIGNMENT} WHERE a.id = :id", {"id": assignment_id}).fetchall()
        return self._assignments(rows)[0] if rows else None

    def serving(self, stage: str, limit: int) -> tuple[Assignment, ...]:
        """Return the present assignment of ``stage`` for every model that has one, by name."""
        rows = self._ask(
            f"{_ASSIGNMENT} WHERE a.id IN"
            " (SELECT DISTINCT assignment_id FROM stage_holder WHERE stage = :stage)"
            " ORDER BY m.name LIMIT :limit",
            {"stage": stage, "limit": limit},
        ).fetchall()
        return self._assignments(rows)

    def _assignments(self, rows: Sequence[Any]) -> tuple[Assignment, ...]:
        held: dict[int, list[Holder]] = defaultdict(list)
        for assignment_id, version_id, reference, weight in self._ask(
            "SELECT h.assignment_id, v.id, m.name || ':v' || v.number, h.weight"
            " FROM assignment_holder h JOIN version v ON v.id = h.version_id"
            " JOIN model m ON m.id = v.model_id"
            " WHERE h.assignment_id IN (SELECT value FROM json_each(:ids))"
            " ORDER BY h.assignment_id, h.position",
            {"ids": json.dumps([row[0] for row in rows])},
        ):
            held[assignment_id].append(Holder(version_id, reference, weight))
        return tuple(
            Assignment(
                id=row[0], model=row[1], stage=row[2], holders=tuple(held[row[0]]),
                at=moment(row[3]), actor=row[4], reason=row[5], restores=row[6], replaced=row[7],
                request=row[8], bypass=row[9],
            )
            for row in rows
        )  # fmt: skip

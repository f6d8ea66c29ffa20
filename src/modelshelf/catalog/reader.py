"""Questions about versions: find one by any reference, and make values of the rows."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from modelshelf.domain.errors import Conflict, Invalid, NotFound
from modelshelf.domain.models import ModelVersion
from modelshelf.domain.plain import moment
from modelshelf.domain.stages import Holder
from modelshelf.domain.text import safe

if TYPE_CHECKING:
    from modelshelf.catalog.driver import Connection
    from modelshelf.domain.names import Reference

_FOUND = "v.id, m.name, v.number, v.yanked, v.model_id"
_NAMED = "FROM model_name n JOIN model m ON m.id = n.model_id"
_BY_NUMBER = (
    f"SELECT {_FOUND} {_NAMED} JOIN version v ON v.model_id = m.id AND v.number = :number"
    " WHERE n.name = :name"
)
_LATEST = (
    f"SELECT {_FOUND} {_NAMED} JOIN version v ON v.model_id = m.id AND v.number = m.latest"
    " WHERE n.name = :name"
)
_BY_ALIAS = (
    f"SELECT {_FOUND} {_NAMED} JOIN alias a ON a.model_id = m.id AND a.alias = :label"
    " JOIN version v ON v.id = a.version_id WHERE n.name = :name"
)
_BY_STAGE = (
    f"SELECT {_FOUND}, h.weight {_NAMED} JOIN stage_holder h ON h.model_id = m.id"
    " AND h.stage = :label JOIN version v ON v.id = h.version_id"
    " WHERE n.name = :name ORDER BY h.position"
)
_BY_DIGEST = (
    f"SELECT {_FOUND} FROM version v JOIN model m ON m.id = v.model_id"
    " WHERE v.digest >= :low AND v.digest < :high ORDER BY v.id LIMIT 50"
)
_ROWS = """
SELECT v.id, m.name, v.number, v.digest, v.kind, v.name, v.size, v.format, v.verdict, v.created_us,
       v.created_by, v.archived, v.yanked, v.freed, v.released IS NOT NULL,
       v.globals <> '' AND NOT EXISTS (SELECT 1 FROM approved_globals g
                                       WHERE g.model_id = v.model_id AND g.digest = v.globals)
FROM json_each(:ids) AS wanted CROSS JOIN version v ON v.id = wanted.value
JOIN model m ON m.id = v.model_id ORDER BY wanted.key
"""


@dataclass(frozen=True, slots=True)
class Found:
    """A version as a lookup finds it: enough to name it and to act on it."""

    id: int
    model: str
    number: int
    yanked: str | None
    model_id: int
    weight: int = 100

    @property
    def reference(self) -> str:
        """``model:vN``."""
        return f"{self.model}:v{self.number}"

    @property
    def holder(self) -> Holder:
        """The version as the holder of what was asked for."""
        return Holder(self.id, self.reference, self.weight)


class Reader:
    """Questions about versions on one connection.

    Args:
        connection: Where to ask.
        ladder: Names of the stages that can be held, lowest first.
    """

    def __init__(self, connection: Connection, ladder: Sequence[str]) -> None:
        """Keep both."""
        self._ask = connection.execute
        self._ladder = tuple(ladder)

    def find(self, reference: Reference) -> tuple[Found, ...]:
        """Return every version that ``reference`` names: several holders of a stage, or one.

        Raises:
            NotFound: It names none; says which part of it does not exist.
            Invalid: It names a model, not a version.
            Conflict: A digest prefix fits versions of different content.
        """
        match reference.kind:
            case "number":
                rows = self._named(_BY_NUMBER, name=reference.model, number=reference.number)
            case "latest":
                rows = self._named(_LATEST, name=reference.model)
            case "label":
                of_stage = reference.label in self._ladder
                statement = _BY_STAGE if of_stage else _BY_ALIAS
                rows = self._named(statement, name=reference.model, label=reference.label)
            case "digest":
                return self._by_digest(reference)
            case _:
                raise Invalid(
                    f"{reference} is a model, and a version is needed",
                    hint=f"Write {reference}:latest, {reference}:v1 or {reference}@production.",
                    subject=str(reference),
                )
        if not rows:
            raise self._nothing(reference)
        return tuple(Found(*row) for row in rows)

    def one(self, reference: Reference) -> Found:
        """Return the one version that ``reference`` names.

        Raises:
            NotFound: It names none, or only a model.
            Conflict: Several versions share the stage, or the same content.
        """
        found = self.find(reference)
        if len(found) > 1:
            raise Conflict(
                f"{reference} is {len(found)} versions",
                why=", ".join(f"{f.reference} {f.weight} %" for f in found[:5]),
                hint="Name one of them.",
                subject=str(reference),
            )
        return found[0]

    def _named(self, statement: str, **values: Any) -> list[Any]:  # noqa: ANN401 - bound values
        return self._ask(statement, values).fetchall()

    def _by_digest(self, reference: Reference) -> tuple[Found, ...]:
        low = reference.digest
        rows = self._named(_BY_DIGEST, low=low, high=low + "g")
        if not rows:
            raise NotFound(f"no version has a digest that begins {low}", subject=str(reference))
        found = tuple(Found(*row) for row in rows)
        digests = {v.digest for v in self.versions([f.id for f in found])}
        if len(digests) > 1:
            raise Conflict(
                f"{len(digests)} digests begin {low}",
                hint="Write more of it.",
                subject=str(reference),
            )
        return found

    def _nothing(self, reference: Reference) -> NotFound:
        row = self._ask(
            f"SELECT m.latest {_NAMED} WHERE n.name = :name",
            {"name": reference.model},
        ).fetchone()
        subject = str(reference)
        if row is None:
            near = self._ask(
                "SELECT name FROM model WHERE name LIKE :start || '%' ORDER BY name LIMIT 1",
                {"start": reference.model[:3].replace("%", "").replace("_", "")},
            ).fetchone()
            return NotFound(
                f"there is no model {safe(reference.model, 60)!r}",
                hint=f"Did you mean {near[0]}?" if near else "See modelshelf list.",
                subject=subject,
            )
        if reference.kind == "number":
            return NotFound(f"there is no {subject}", why=_count(row[0]), subject=subject)
        if reference.kind == "label" and reference.label in self._ladder:
            return NotFound(
                f"no version of {reference.model} holds {reference.label}",
                hint=f"modelshelf promote {reference.model}:v{max(row[0], 1)} {reference.label}",
                subject=subject,
            )
        what = f"no alias {reference.label!r}" if reference.kind == "label" else "no version yet"
        return NotFound(f"{reference.model} has {what}", subject=subject)

    def versions(self, ids: Sequence[int]) -> tuple[ModelVersion, ...]:
        """Return the versions with these ids, in this order; ids that do not exist are left out."""
        wanted = {"ids": json.dumps(list(ids))}
        rows = self._ask(_ROWS, wanted).fetchall()
        metrics = self._keyed("SELECT version_id, key, value FROM metric", wanted)
        params = self._keyed("SELECT version_id, key, value FROM param", wanted)
        tags = self._keyed("SELECT version_id, key, value FROM tag", wanted)
        stages = self._keyed("SELECT version_id, stage, weight FROM stage_holder", wanted)
        aliases = self._keyed("SELECT version_id, alias, 1 FROM alias", wanted)
        return tuple(
            self._value(
                row, stages[row[0]], aliases[row[0]], metrics[row[0]], params[row[0]], tags[row[0]]
            )
            for row in rows
        )

    def _keyed(self, select: str, wanted: dict[str, str]) -> dict[int, dict[str, Any]]:
        table: dict[int, dict[str, Any]] = defaultdict(dict)
        statement = f"{select} WHERE version_id IN (SELECT value FROM json_each(:ids))"
        for version_id, key, value in self._ask(statement, wanted):
            table[version_id][key] = value
        return table

    def _value(self, row: Any, stages: dict[str, int], *keyed: dict[str, Any]) -> ModelVersion:  # noqa: ANN401
        held = [s for s in self._ladder if s in stages]
        top = held[-1] if held else "archived" if row[11] else "draft"
        aliases, metrics, params, tags = keyed
        ident, model, number, digest, kind, name, size, form, verdict = row[:9]
        return ModelVersion(
            id=ident,
            model=model,
            number=number,
            digest=digest,
            kind=kind,
            name=name,
            size=size,
            format=form,
            verdict=verdict,
            created_at=moment(row[9]),
            created_by=row[10],
            stage=top,
            weight=stages.get(top, 0),
            stages=stages,
            archived=bool(row[11]),
            yanked=row[12],
            freed=bool(row[13]),
            released=bool(row[14]),
            unvouched=bool(row[15]),
            aliases=tuple(sorted(aliases)),
            metrics=metrics,
            params=params,
            tags=tags,
        )

    def numbers(self, model_id: int, *, limit: int, below: int | None) -> list[int]:
        """Return ids of a model's versions, newest first, with numbers below ``below``."""
        rows = self._ask(
            "SELECT id FROM version WHERE model_id = :model AND number < :below"
            " ORDER BY number DESC LIMIT :limit",
            {"model": model_id, "below": below if below is not None else 1 << 62, "limit": limit},
        )
        return [row[0] for row in rows]

    def base_of(self, version_id: int) -> int | None:
        """Return the id of the version that a version was made from."""
        row = self._ask("SELECT base_id FROM version WHERE id = :id", {"id": version_id}).fetchone()
        return row[0] if row else None

    def same_content(self, model_id: int, digest: str) -> Found | None:
        """Return the newest version of a model that has this content and its bytes."""
        row = self._ask(
            f"SELECT {_FOUND} FROM version v JOIN model m ON m.id = v.model_id"
            " WHERE v.digest = :digest AND v.model_id = :model"
            " AND v.freed = 0 ORDER BY v.id DESC LIMIT 1",
            {"digest": digest, "model": model_id},
        ).fetchone()
        return Found(*row) if row else None


def _count(latest: int) -> str:
    return f"the newest version is v{latest}" if latest else "the model has no version"

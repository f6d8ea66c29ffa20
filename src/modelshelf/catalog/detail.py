"""Everything about one version: its long texts read back into values."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from modelshelf.catalog.locations import place_of
from modelshelf.domain.content import FileEntry
from modelshelf.domain.errors import Corrupt
from modelshelf.domain.inspection import Finding, Inspection, TensorEntry, TensorSpec, Weights
from modelshelf.domain.models import ModelVersion, VersionDetail
from modelshelf.domain.provenance import Arrival, Code, Dataset, Environment, Run

if TYPE_CHECKING:
    from modelshelf.catalog.driver import Connection
    from modelshelf.domain.provenance.measured import FeatureView, MetricSource

_TEXT = """
SELECT t.description, t.card, t.source, t.inspection, t.run, t.code, t.environment, t.datasets,
       v.base_id, t.arrival, t.origins, v.released, t.bases, t.features, t.metric_sources
FROM version_text t JOIN version v ON v.id = t.version_id WHERE t.version_id = :id
"""
_BASE_AMENDED = """
SELECT 1 FROM audit WHERE seq > :seq AND event = 'version.amended'
AND (json_extract(body, '$.base_id') IS NOT NULL
     OR json_extract(body, '$.taken_off') LIKE '%"base"%') LIMIT 1
"""
NOT_A_ROW = (ValueError, KeyError, TypeError, AttributeError, RecursionError)
_NAMES = "SELECT m.name || ':v' || v.number FROM version v JOIN model m ON m.id = v.model_id"


def read_detail(connection: Connection, version: ModelVersion) -> VersionDetail:
    """Return everything the catalog knows about ``version``."""
    row = connection.execute(_TEXT, {"id": version.id}).fetchone()
    base = connection.execute(f"{_NAMES} WHERE v.id = :id", {"id": row[8]}).fetchone()
    derived = connection.execute(
        f"{_NAMES} WHERE v.base_id = :id ORDER BY v.id LIMIT 200", {"id": version.id}
    ).fetchall()
    return detail_of(
        version,
        (*row[:8], base[0] if base else None, *row[9:]),
        files=read_files(connection, version.id),
        derived=tuple(d[0] for d in derived),
        place=place_of(connection, version.id),
    )


def detail_of(
    version: ModelVersion,
    row: Sequence[Any],
    *,
    files: tuple[FileEntry, ...] = (),
    derived: tuple[str, ...] = (),
    place: str = "",
) -> VersionDetail:
    """Return the value of a row of long texts; in place of the base's id it has its reference.

    Raises:
        Corrupt: Another hand edited the row so that it cannot be read.
    """
    try:
        return _detail(version, row, files, derived, place)
    except NOT_A_ROW as exc:
        raise unreadable(version.reference) from exc


def unreadable(reference: str) -> Corrupt:
    """Return the error for a version whose row another hand edited so that it cannot be read."""
    return Corrupt(
        f"what was recorded about {reference} cannot be read",
        why="its row in the catalog was edited",
        hint="Run modelshelf verify; modelshelf rebuild makes the tables anew from the log.",
        subject=reference,
    )


def _detail(
    version: ModelVersion,
    row: Sequence[Any],
    files: tuple[FileEntry, ...],
    derived: tuple[str, ...],
    place: str,
) -> VersionDetail:
    return VersionDetail(
        version=version,
        description=row[0],
        card=row[1],
        files=files,
        inspection=read_inspection(json.loads(row[3])),
        run=_of(Run, row[4]),
        code=_code(row[5]),
        datasets=tuple(Dataset(**d) for d in json.loads(row[7])),
        environment=_of(Environment, row[6]),
        base=row[8],
        derived=derived,
        source=row[2],
        arrival=_of(Arrival, row[9]),
        origins=json.loads(row[10]),
        released=row[11],
        place=place,
        bases=() if row[12] == "[]" else tuple(map(_text, json.loads(row[12]))),
        features=_features(row[13]),
        metric_sources=_sources(row[14]),
    )


def _code(text: str | None) -> Code | None:
    if text is None:
        return None
    told = json.loads(text)
    return Code(**{**told, "command": tuple(told.get("command", ()))})


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(value)
    return value


def _features(text: str) -> tuple[FeatureView, ...]:
    if text == "[]":
        return ()
    from modelshelf.domain.provenance.measured import FeatureView

    return tuple(FeatureView(**view) for view in json.loads(text))


def _sources(text: str) -> dict[str, MetricSource]:
    if text == "{}":
        return {}
    from modelshelf.domain.provenance.measured import MetricSource

    return {name: MetricSource(**told) for name, told in json.loads(text).items()}


def sources_of(connection: Connection, version_id: int) -> dict[str, dict[str, Any]]:
    """Return where the metrics of a version come from, by name, as plain values."""
    row = connection.execute(
        "SELECT metric_sources FROM version_text WHERE version_id = :id", {"id": version_id}
    ).fetchone()
    try:
        found = json.loads(row[0]) if row is not None else {}
    except NOT_A_ROW:  # edited by another hand; verify names it
        return {}
    return (
        {n: s for n, s in found.items() if isinstance(s, dict)} if isinstance(found, dict) else {}
    )


def relatives(connection: Connection, version_id: int, seq: int) -> frozenset[int] | None:
    """Return ids of the models a version was related to after entry ``seq``, by base or derived.

    ``None`` when any base was amended since: then only a replay of everything can tell.
    """
    if connection.execute(_BASE_AMENDED, {"seq": seq}).fetchone():
        return None
    rows = connection.execute(
        "SELECT model_id FROM version WHERE id = :id OR base_id = :id"
        " OR id = (SELECT base_id FROM version WHERE id = :id)",
        {"id": version_id},
    )
    return frozenset(row[0] for row in rows)


def read_files(connection: Connection, version_id: int) -> tuple[FileEntry, ...]:
    """Return the stored files of a version, sorted by path."""
    rows = connection.execute(
        "SELECT path, size, digest FROM version_file WHERE version_id = :id ORDER BY path",
        {"id": version_id},
    )
    return tuple(FileEntry(*row) for row in rows)


def _of(kind: Any, text: str | None) -> Any:  # noqa: ANN401 - one of three dataclasses
    return None if text is None else kind(**json.loads(text))


def read_inspection(body: dict[str, Any]) -> Inspection:
    """Return the inspection that its compact plain form stands for."""
    return Inspection(
        **{
            **body,
            "inputs": tuple(_tensor(t) for t in body.get("inputs", ())),
            "outputs": tuple(_tensor(t) for t in body.get("outputs", ())),
            "findings": tuple(
                Finding(f["rule"], f["severity"], f.get("where", ""), f.get("detail", ""))
                for f in body.get("findings", ())
            ),
            "base_models": tuple(body.get("base_models", ())),
            "needs_code": tuple(body.get("needs_code", ())),
            "weights": _weights(body.get("weights")),
        }
    )


def _weights(body: dict[str, Any] | None) -> Weights | None:
    if body is None:
        return None
    entries = tuple(
        TensorEntry(
            t.get("name", ""), t.get("dtype", ""), tuple(t.get("shape", ())), t.get("digest", "")
        )
        for t in body.get("tensors", ())
    )
    return Weights(body.get("digest", ""), entries, body.get("count", 0))


def _tensor(body: dict[str, Any]) -> TensorSpec:
    return TensorSpec(body.get("name", ""), body.get("dtype", ""), tuple(body.get("shape", ())))

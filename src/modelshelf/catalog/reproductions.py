"""Questions about making versions again: attempts that were recorded, and code that is kept."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, get_args

from modelshelf.domain.plain import moment
from modelshelf.domain.reproduction import ComparedMetric, Outcome, Report, Reproduction
from modelshelf.domain.text import safe

if TYPE_CHECKING:
    from modelshelf.catalog.driver import Connection

_ATTEMPTS = """
SELECT id, outcome, report, output, at_us, actor FROM reproduction
WHERE version_id = :version AND (:seq IS NULL OR id <= :seq) ORDER BY id DESC LIMIT :limit
"""
_CODE = "SELECT code FROM version_text WHERE code LIKE '%' || :digest || '%'"
_BYTES = """
SELECT 1 FROM version_file WHERE digest = :digest
UNION ALL SELECT 1 FROM version WHERE digest = :digest LIMIT 1
"""
_BROKEN = "the record of this attempt cannot be read; see modelshelf verify"
_LONG = 10_000


def attempts(
    connection: Connection, version_id: int, reference: str, *, seq: int | None = None, limit: int
) -> tuple[Reproduction, ...]:
    """Return the attempts to make a version again, newest first.

    One whose record was edited by another hand so that it cannot be read says so, as ``failed``.

    Args:
        connection: The catalog.
        version_id: The version.
        reference: What it is called.
        seq: Only those up to this entry of the log; ``None`` for all.
        limit: The most to return.
    """
    asked = {"version": version_id, "seq": seq, "limit": limit}
    return tuple(
        Reproduction(row[0], reference, _report(row[1], row[2]), moment(row[4]), row[5], row[3])
        for row in connection.execute(_ATTEMPTS, asked).fetchall()
    )


def names_code(connection: Connection, digest: str) -> bool:
    """Return whether a blob is the patch or snapshot of some version, and part of no artifact."""
    if connection.execute(_BYTES, {"digest": digest}).fetchone():
        return False
    rows = connection.execute(_CODE, {"digest": digest}).fetchall()
    return any(_names(row[0], digest) for row in rows)


def _names(code: str, digest: str) -> bool:
    try:
        told = json.loads(code)
    except ValueError:  # edited by another hand
        return False
    return isinstance(told, dict) and digest in (told.get("patch"), told.get("snapshot"))


def _report(outcome: str, text: str) -> Report:
    try:
        told = json.loads(text)
        if outcome not in get_args(Outcome) or not isinstance(told, dict):
            return Report("failed", _BROKEN)
        return _read(outcome, told)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return Report("failed", _BROKEN)


def _read(outcome: Any, told: Mapping[str, Any]) -> Report:  # noqa: ANN401 - one of the words
    return Report(
        outcome,
        _text(told, "why"),
        tuple(
            ComparedMetric(
                safe(m["name"], _LONG), _number(m["recorded"]), _measured(m.get("measured")),
                m.get("within") is True,
            )
            for m in told.get("metrics", ())
        ),
        _number(told.get("tolerance", 0.0)),
        _text(told, "digest"),
        _text(told, "weights"),
        _text(told, "python"),
        tuple(safe(each, _LONG) for each in told.get("differences", ())),
        _number(told.get("seconds", 0.0)),
    )  # fmt: skip


def _text(told: Mapping[str, Any], name: str) -> str:
    value = told.get(name, "")
    if not isinstance(value, str):
        raise TypeError(name)
    return safe(value, _LONG)


def _measured(value: object) -> float | None:
    return None if value is None else _number(value)


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise TypeError(value)
    return float(value)

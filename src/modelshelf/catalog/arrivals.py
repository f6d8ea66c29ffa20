"""What the projection writes about arrivals: tensors, places in the file system, quarantine, scans.

Part of :mod:`modelshelf.catalog.projection`, which is the only one that calls it.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from modelshelf.catalog import rows
from modelshelf.catalog.rows import Row, Rows, insert
from modelshelf.domain.inspection import UNKNOWN_GLOBAL
from modelshelf.domain.plain import canonical

if TYPE_CHECKING:
    from modelshelf.catalog.rows import Stamp
    from modelshelf.domain import events

MARKS_MOST = 64
MARK_DIGITS = 16
_APPROVE = insert(
    "approved_globals", "model_id", "digest", "globals", "reason", "actor", "at_us",
    conflict="ON CONFLICT DO UPDATE SET reason = excluded.reason, actor = excluded.actor,"
    " at_us = excluded.at_us",
)  # fmt: skip
_QUARANTINE = insert(
    "quarantine", "id", "state", "path", "place", "kind", "size", "digest", "model", "rule",
    "reason", "owner", "inspection", "at_us", "actor",
)  # fmt: skip
_CLOSE = (
    "UPDATE quarantine SET state = ?, closed_us = ?, closed_by = ?, closed_reason = ? WHERE id = ?"
)


def digest_of_globals(names: Sequence[str]) -> str:
    """Return the digest of a list of globals, whatever its order; empty for an empty list."""
    if not names:
        return ""
    return hashlib.sha256("\n".join(sorted(set(names))).encode()).hexdigest()


def unknown_globals(seen: Mapping[str, Any]) -> list[str]:
    """Return the globals that an inspection in its plain form calls unknown."""
    return [f.get("detail", "") for f in seen.get("findings", ()) if f["rule"] == UNKNOWN_GLOBAL]


def scan_columns(seen: Mapping[str, Any]) -> tuple[str, str, str]:
    """Return weights, scanner and globals as the table of versions keeps them."""
    weights = (seen.get("weights") or {}).get("digest", "")
    return weights, seen.get("scanner", ""), digest_of_globals(unknown_globals(seen))


def marks(version_id: int, seen: Mapping[str, Any]) -> list[Row]:
    """Return the marks of the largest tensors of a version."""
    tensors = (seen.get("weights") or {}).get("tensors", ())
    digests = {t["digest"]: math.prod(t.get("shape", ())) for t in tensors if t.get("digest")}
    largest = sorted(digests, key=lambda digest: (-digests[digest], digest))[:MARKS_MOST]
    return [(version_id, digest[:MARK_DIGITS]) for digest in largest]


def locations(version_id: int, content: Mapping[str, Any]) -> list[Row]:
    """Return where the files of an adopted version lie; nothing for one that is stored."""
    place = content.get("place", "")
    if not place:
        return []
    folder = content["kind"] == "folder"
    return [
        (version_id, f["path"], f["digest"], f"{place}/{f['path']}" if folder else place)
        for f in content["files"]
    ]


def version_scanned(event: events.VersionScanned, _stamp: Stamp, out: Rows) -> None:
    """Put the new inspection in the place of the old one."""
    seen, ident = event.inspection, event.version_id
    out.run(
        "UPDATE version SET format = ?, verdict = ?, weights = ?, scanner = ?, globals = ?"
        " WHERE id = ?",
        (seen["format"], seen.get("verdict", "clean"), *scan_columns(seen), ident),
    )
    out.run("UPDATE version_text SET inspection = ? WHERE version_id = ?", (canonical(seen), ident))
    out.run("DELETE FROM tensor_mark WHERE version_id = ?", (ident,))
    out.run_many(rows.TENSOR_MARK, marks(ident, seen))


def globals_approved(event: events.GlobalsApproved, stamp: Stamp, out: Rows) -> None:
    """Remember who vouched for which globals."""
    names = sorted(set(event.globals))
    out.run(
        _APPROVE,
        (
            event.model_id,
            digest_of_globals(names),
            canonical(names),
            event.reason,
            stamp.actor,
            stamp.at_us,
        ),
    )


def content_relocated(event: events.ContentRelocated, _stamp: Stamp, out: Rows) -> None:
    """Let the files of an adopted version lie elsewhere."""
    out.run(
        "UPDATE location SET place = ? || substr(place, length(?) + 1) WHERE version_id = ?",
        (event.place, event.former, event.version_id),
    )


def artifact_quarantined(event: events.ArtifactQuarantined, stamp: Stamp, out: Rows) -> None:
    """Keep what was refused and why."""
    out.run(
        _QUARANTINE,
        (
            event.quarantine_id, "held", event.path, event.place, event.kind, event.size,
            event.digest, event.model, event.rule, event.reason, event.owner,
            canonical(event.inspection), stamp.at_us, stamp.actor,
        ),
    )  # fmt: skip


def artifact_released(event: events.ArtifactReleased, stamp: Stamp, out: Rows) -> None:
    """Let a quarantined artifact be the version that it became."""
    closed = ("released", stamp.at_us, stamp.actor, event.reason, event.quarantine_id)
    out.run(_CLOSE, closed)
    out.run(
        "UPDATE quarantine SET version_id = ? WHERE id = ?",
        (event.version_id, event.quarantine_id),
    )
    out.run("UPDATE version SET released = ? WHERE id = ?", (event.quarantine_id, event.version_id))


def artifact_discarded(event: events.ArtifactDiscarded, stamp: Stamp, out: Rows) -> None:
    """Close a quarantined artifact for good."""
    closed = ("discarded", stamp.at_us, stamp.actor, event.reason, event.quarantine_id)
    out.run(_CLOSE, closed)
    out.run("UPDATE quarantine SET place = ? WHERE id = ?", (event.place, event.quarantine_id))

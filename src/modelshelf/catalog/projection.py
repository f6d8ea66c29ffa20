"""Apply an entry: the only writer of the tables.

Each event has one function here. It writes nothing that is not in the event, so a replay of the
log gives the same tables. Runs on any connection: the catalog's own, or a scratch one for the past.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from modelshelf.catalog import arrivals, decisions, edges, rows
from modelshelf.catalog.rows import Row, Rows, Stamp, insert
from modelshelf.domain import events
from modelshelf.domain.plain import canonical, read_number

_SET_TAG = "ON CONFLICT DO UPDATE SET value = excluded.value"
_SET_METRIC = insert("metric", "version_id", "key", "value", conflict=_SET_TAG)
_SET_PARAM = insert(
    "param", "version_id", "key", "value", "number",
    conflict="ON CONFLICT DO UPDATE SET value = excluded.value, number = excluded.number",
)  # fmt: skip
_SET_VERSION_TAG = insert("tag", "version_id", "key", "value", conflict=_SET_TAG)
_SET_MODEL_TAG = insert("model_tag", "model_id", "key", "value", conflict=_SET_TAG)
_SET_FACT = insert("fact", "key", "value", conflict=_SET_TAG)
_SET_NAME = insert(
    "model_name", "name", "folded", "model_id",
    conflict="ON CONFLICT (name) DO UPDATE SET model_id = excluded.model_id",
)  # fmt: skip
_MODEL_TEXT = insert("model_text", "rowid", "name")
_SET_ALIAS = insert(
    "alias", "model_id", "alias", "version_id",
    conflict="ON CONFLICT DO UPDATE SET version_id = excluded.version_id",
)  # fmt: skip
# A source of a metric is replaced as a whole, so that nothing of a former one stays behind.
_MERGE_SOURCES = """
UPDATE version_text SET metric_sources = (
    SELECT json_group_object(key, json(value)) FROM (
        SELECT o.key, o.value FROM json_each(metric_sources) o
        WHERE o.key NOT IN (SELECT key FROM json_each(?1))
        UNION ALL SELECT n.key, n.value FROM json_each(?1) n ORDER BY 1))
WHERE version_id = ?2
"""
_DROP_SOURCE = """
UPDATE version_text SET metric_sources = (
    SELECT json_group_object(key, json(value)) FROM (
        SELECT o.key, o.value FROM json_each(metric_sources) o WHERE o.key <> ?1 ORDER BY 1))
WHERE version_id = ?2
"""


def apply(event: events.Event, stamp: Stamp, out: Rows) -> None:
    """Write what ``event`` says into the tables."""
    if event.about is not None:
        out.defer(rows.MENTION, [(event.about, stamp.seq)])
    _APPLY[type(event)](event, stamp, out)
    if event.about is not None and not isinstance(event, events.VersionRegistered):
        out.run("UPDATE model SET changed_us = ? WHERE id = ?", (stamp.at_us, event.about))


def _registry_created(event: events.RegistryCreated, _stamp: Stamp, out: Rows) -> None:
    out.run(_SET_FACT, ("registry_id", event.registry_id))


def _policy_recorded(event: events.PolicyRecorded, _stamp: Stamp, out: Rows) -> None:
    out.run(_SET_FACT, ("policy", event.digest))


def _model_created(event: events.ModelCreated, stamp: Stamp, out: Rows) -> None:
    out.run(
        insert(
            "model",
            "id",
            "name",
            "description",
            "owner",
            "retired",
            "latest",
            "versions",
            "created_us",
            "created_by",
            "changed_us",
        ),
        (event.model_id, event.model, "", "", 0, 0, 0, stamp.at_us, stamp.actor, stamp.at_us),
    )
    out.run(_SET_NAME, (event.model, event.model.casefold(), event.model_id))
    out.run(_MODEL_TEXT, (event.model_id, event.model))


def _model_described(event: events.ModelDescribed, _stamp: Stamp, out: Rows) -> None:
    if event.description is not None:
        out.run(
            "UPDATE model SET description = ? WHERE id = ?", (event.description, event.model_id)
        )
    if event.owner is not None:
        out.run("UPDATE model SET owner = ? WHERE id = ?", (event.owner, event.model_id))


def _model_tagged(event: events.ModelTagged, _stamp: Stamp, out: Rows) -> None:
    out.run_many(_SET_MODEL_TAG, [(event.model_id, k, v) for k, v in event.set.items()])
    out.defer(rows.TAG_TERM, list(event.set.items()))
    gone = [(event.model_id, key) for key in event.unset]
    out.run_many("DELETE FROM model_tag WHERE model_id = ? AND key = ?", gone)


def _model_renamed(event: events.ModelRenamed, _stamp: Stamp, out: Rows) -> None:
    new = event.renamed_to
    out.run("UPDATE model SET name = ? WHERE id = ?", (new, event.model_id))
    out.run("UPDATE model_text SET name = ? WHERE rowid = ?", (new, event.model_id))
    out.run(_SET_NAME, (new, new.casefold(), event.model_id))


def _model_retired(event: events.ModelRetired, _stamp: Stamp, out: Rows) -> None:
    out.run("UPDATE model SET retired = 1 WHERE id = ?", (event.model_id,))


def _model_restored(event: events.ModelRestored, _stamp: Stamp, out: Rows) -> None:
    out.run("UPDATE model SET retired = 0 WHERE id = ?", (event.model_id,))


def _version_registered(event: events.VersionRegistered, stamp: Stamp, out: Rows) -> None:
    content, seen, details, ident = event.content, event.inspection, event.details, event.version_id
    out.defer(
        rows.VERSION,
        [
            (
                ident, event.model_id, event.number, content["digest"], content["kind"],
                content["name"], content["size"], seen["format"], seen.get("verdict", "clean"),
                stamp.at_us, stamp.actor, 0, None, 0, event.base_id, *arrivals.scan_columns(seen),
            )
        ],
    )  # fmt: skip
    out.defer(rows.COUNTED, [(event.number, stamp.at_us, event.model_id)])
    out.defer(rows.VERSION_TEXT, [_texts(ident, details, seen, event.source)])
    out.defer(
        rows.VERSION_FILE, [(ident, f["path"], f["size"], f["digest"]) for f in content["files"]]
    )
    out.defer(rows.LOCATION, arrivals.locations(ident, content))
    out.defer(rows.TENSOR_MARK, arrivals.marks(ident, seen))
    out.defer(rows.METRIC, [(ident, k, float(v)) for k, v in details.get("metrics", {}).items()])
    out.defer(
        rows.PARAM, [(ident, k, v, read_number(v)) for k, v in details.get("params", {}).items()]
    )
    tags = details.get("tags")
    if tags:
        out.defer(rows.TAG, [(ident, k, v) for k, v in tags.items()])
        out.defer(rows.TAG_TERM, list(tags.items()))
    edges.told(ident, details, event, out)
    out.version_done()


def _texts(ident: int, details: Mapping[str, Any], seen: Mapping[str, Any], source: str) -> Row:
    return (
        ident,
        details.get("description", ""),
        details.get("card", ""),
        source,
        canonical(seen),
        _json(details.get("run")),
        _json(details.get("code")),
        _json(details.get("environment")),
        canonical(details.get("datasets", [])),
        _json(details.get("arrival")),
        canonical(details.get("origins", {})),
        canonical(details.get("bases", [])),
        canonical(details.get("features", [])),
        canonical(details.get("metric_sources", {})),
    )


def _json(value: object) -> str | None:
    return None if value is None else canonical(value)


def _version_amended(event: events.VersionAmended, _stamp: Stamp, out: Rows) -> None:
    ident, details = event.version_id, event.details
    out.run_many(_SET_METRIC, [(ident, k, float(v)) for k, v in details.get("metrics", {}).items()])
    out.run_many(
        _SET_PARAM, [(ident, k, v, read_number(v)) for k, v in details.get("params", {}).items()]
    )
    tags = details.get("tags", {})
    out.run_many(_SET_VERSION_TAG, [(ident, k, v) for k, v in tags.items()])
    out.defer(rows.TAG_TERM, list(tags.items()))
    out.run_many(
        "DELETE FROM tag WHERE version_id = ? AND key = ?", [(ident, k) for k in event.unset_tags]
    )
    for column in ("description", "card"):
        if column in details:
            out.run(_set_text(column), (details[column], ident))
    for column in ("run", "code", "environment", "datasets", "bases", "features"):
        if column in details:
            out.run(_set_text(column), (canonical(details[column]), ident))
    if details.get("metric_sources"):
        sources = {name: dict(told) for name, told in details["metric_sources"].items()}
        out.run(_MERGE_SOURCES, (canonical(sources), ident))
    _take_off(event, out)
    edges.amended(event, out)


def _take_off(event: events.VersionAmended, out: Rows) -> None:
    """Take off what an undo takes off; its edges go with it."""
    ident = event.version_id
    for what in event.taken_off or ():
        kind, _, key = what.partition(".")
        if kind == "metrics":
            out.run("DELETE FROM metric WHERE version_id = ? AND key = ?", (ident, key))
        elif kind == "params":
            out.run("DELETE FROM param WHERE version_id = ? AND key = ?", (ident, key))
        elif kind == "metric_sources":
            out.run(_DROP_SOURCE, (key, ident))
        elif kind != "base":
            out.run(_set_text(kind), (None, ident))
        edges.taken_off(ident, kind, out)


def _set_text(column: str) -> str:
    return f"UPDATE version_text SET {column} = ? WHERE version_id = ?"


def _version_yanked(event: events.VersionYanked, _stamp: Stamp, out: Rows) -> None:
    out.run("UPDATE version SET yanked = ? WHERE id = ?", (event.reason, event.version_id))


def _version_archived(event: events.VersionArchived, _stamp: Stamp, out: Rows) -> None:
    out.run("UPDATE version SET archived = 1 WHERE id = ?", (event.version_id,))


def _version_restored(event: events.VersionRestored, _stamp: Stamp, out: Rows) -> None:
    out.run("UPDATE version SET archived = 0, yanked = NULL WHERE id = ?", (event.version_id,))


def _alias_set(event: events.AliasSet, _stamp: Stamp, out: Rows) -> None:
    out.run(_SET_ALIAS, (event.model_id, event.alias, event.version_id))


def _alias_removed(event: events.AliasRemoved, _stamp: Stamp, out: Rows) -> None:
    out.run("DELETE FROM alias WHERE model_id = ? AND alias = ?", (event.model_id, event.alias))


def _promotion_refused(_event: events.PromotionRefused, _stamp: Stamp, _out: Rows) -> None:
    """A refusal changes no table; the entry is the record."""


def _bytes_freed(event: events.BytesFreed, stamp: Stamp, out: Rows) -> None:
    freed = event.version_ids
    out.run_many("UPDATE version SET freed = 1 WHERE id = ?", [(v,) for v in freed])
    # It is about no one model, so it is mentioned here with every model that lost bytes.
    out.run_many(
        "INSERT INTO mention (model_id, seq) SELECT model_id, ? FROM version WHERE id = ?"
        " ON CONFLICT DO NOTHING",
        [(stamp.seq, v) for v in freed],
    )
    out.run_many(
        "UPDATE model SET changed_us = ? WHERE id = (SELECT model_id FROM version WHERE id = ?)",
        [(stamp.at_us, v) for v in freed],
    )


_APPLY: dict[type[events.Event], Callable[[Any, Stamp, Rows], None]] = {
    events.RegistryCreated: _registry_created,
    events.PolicyRecorded: _policy_recorded,
    events.ModelCreated: _model_created,
    events.ModelDescribed: _model_described,
    events.ModelTagged: _model_tagged,
    events.ModelRenamed: _model_renamed,
    events.ModelRetired: _model_retired,
    events.ModelRestored: _model_restored,
    events.VersionRegistered: _version_registered,
    events.VersionAmended: _version_amended,
    events.VersionYanked: _version_yanked,
    events.VersionArchived: _version_archived,
    events.VersionRestored: _version_restored,
    events.AliasSet: _alias_set,
    events.AliasRemoved: _alias_removed,
    events.StageAssigned: decisions.stage_given,
    events.StageRolledBack: decisions.stage_given,
    events.StageVacated: decisions.stage_given,
    events.StageRenamed: decisions.stage_renamed,
    events.PromotionRefused: _promotion_refused,
    events.GateRan: decisions.gate_ran,
    events.RequestOpened: decisions.request_opened,
    events.RequestApproved: decisions.request_approved,
    events.RequestRejected: decisions.request_rejected,
    events.RequestWithdrawn: decisions.request_withdrawn,
    events.RequestExpired: decisions.request_expired,
    events.BytesFreed: _bytes_freed,
    events.VersionScanned: arrivals.version_scanned,
    events.GlobalsApproved: arrivals.globals_approved,
    events.ContentRelocated: arrivals.content_relocated,
    events.ArtifactQuarantined: arrivals.artifact_quarantined,
    events.ArtifactReleased: arrivals.artifact_released,
    events.ArtifactDiscarded: arrivals.artifact_discarded,
    events.LineageLinked: edges.linked,
    events.LineageUnlinked: edges.unlinked,
    events.LineageRejected: edges.rejected,
    events.VersionReproduced: edges.reproduced,
    events.VersionProbed: edges.probed,
}

"""The audit log's values: entries, the sentence each one says, and what a verification found."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from modelshelf.domain.text import plural, safe

FIRST_PREV = "0" * 64


@dataclass(frozen=True, slots=True)
class Entry:
    """One sealed event.

    Attributes:
        seq: 1, 2, 3 ... without a gap.
        at: UTC, to the microsecond.
        actor: Who.
        event: The event's dotted name.
        subject: What it is about, as it was called then.
        body: The event's fields.
        prev: The seal before this one.
        seal: SHA-256 over ``prev`` and everything above, 64 hexadecimal digits.
        sentence: What happened, in words.
    """

    seq: int
    at: datetime
    actor: str
    event: str
    subject: str
    body: Mapping[str, Any]
    prev: str
    seal: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is not as it was written.

    Attributes:
        where: ``entry 42``, ``table model row 7`` or ``blob ab12…``.
        what: What is wrong with it.
    """

    where: str
    what: str


@dataclass(frozen=True, slots=True)
class Verification:
    """What a verification looked at and found.

    Attributes:
        entries: Entries whose seals were checked.
        rows: Table rows compared with a replay; 0 when that was not asked for.
        blobs: Blobs read and hashed; 0 when that was not asked for.
        problems: Empty when everything is whole.
        head_seq: Sequence number of the newest entry.
        head_seal: Its seal; keep it elsewhere and a later log can be held against it.
        first: The first entry whose seal was checked; those before it were taken on the word of a
            checkpoint.
        checkpoints: Heads written down earlier that the log was held against.
        signatures: Signatures of checkpoints that were checked.
        proven: What else was proven, or could not be looked at, a sentence each.
    """

    entries: int
    rows: int
    blobs: int
    problems: tuple[Problem, ...]
    head_seq: int
    head_seal: str
    first: int = 1
    checkpoints: int = 0
    signatures: int = 0
    proven: tuple[str, ...] = ()

    @property
    def whole(self) -> bool:
        """Whether nothing is wrong."""
        return not self.problems


_OF_DECISIONS = ("request_id", "replaced")
_OF_VERSIONS = ("archived", "unarchived", "version_ids")


def concerns(
    body: Mapping[str, Any], version_id: int, number: int, told: Collection[int] = ()
) -> bool:
    """Whether an entry of a version's model is about that version, and not another or all.

    Args:
        body: The entry's body, as any hand may have written it.
        version_id: The version's id.
        number: Its number.
        told: Numbers of the requests that asked for it and of the assignments that named it.
    """
    if "version_id" in body:
        return bool(body["version_id"] == version_id)
    holders = body.get("holders")
    if isinstance(holders, list) and any(
        isinstance(h, list) and h[:1] == [version_id] for h in holders
    ):
        return True
    if any(isinstance(v := body.get(k), list) and version_id in v for k in _OF_VERSIONS):
        return True
    if any(isinstance(v := body.get(k), int) and v in told for k in _OF_DECISIONS):
        return True
    return bool("holders" not in body and body.get("number") == number)


def _version(body: Mapping[str, Any]) -> str:
    return f"{body.get('model', '?')}:v{body.get('number', '?')}"


def _holders(body: Mapping[str, Any]) -> str:
    holders = body.get("holders") or []
    if len(holders) == 1:
        return f"v{holders[0][1]}"
    return ", ".join(f"v{number} {weight} %" for _id, number, weight in holders) or "nobody"


def _registered(body: Mapping[str, Any]) -> str:
    form = body.get("inspection", {}).get("format", "unknown")
    size = body.get("content", {}).get("size", 0)
    return f"registered {_version(body)} ({form}, {size:,} bytes)"


def _described(body: Mapping[str, Any]) -> str:
    what = " and ".join(k for k in ("description", "owner") if k in body)
    tail = f": owner {body['owner']}" if "owner" in body else ""
    return f"changed {what or 'nothing'} of {body.get('model')}{tail}"


def _tagged(body: Mapping[str, Any]) -> str:
    return f"tagged {body.get('model')}: {_tag_list(body.get('set', {}), body.get('unset', ()))}"


def _tag_list(present: Mapping[str, str], gone: Any) -> str:  # noqa: ANN401 - JSON
    return ", ".join([*(f"{k}={v}" for k, v in present.items()), *(f"-{k}" for k in gone)])


def _amended(body: Mapping[str, Any]) -> str:
    details = body.get("details", {})
    counted = {"metrics": "metric", "params": "param", "tags": "tag"}
    named = [plural(len(details[k]), one) for k, one in counted.items() if details.get(k)]
    named += [k for k in details if k not in counted]
    named += [f"-{k}" for k in (*body.get("unset_tags", ()), *(body.get("taken_off") or ()))]
    return f"amended {_version(body)}: {', '.join(named) or 'nothing'}"


def _assigned(body: Mapping[str, Any]) -> str:
    aside = f", setting aside {body['bypass']}" if body.get("bypass") else ""
    asked = f" as request {body['request_id']} asked" if body.get("request_id") else ""
    return f"gave {body.get('stage')} of {body.get('model')} to {_holders(body)}{asked}{aside}"


def _asked(doing: str) -> Callable[[Mapping[str, Any]], str]:
    def say(body: Mapping[str, Any]) -> str:
        comment = f": “{body['comment']}”" if body.get("comment") else ""
        where = f"{body.get('stage')} of {body.get('model')}"
        return f"{doing} request {body.get('request_id')} for {where}{comment}"

    return say


def _edge(body: Mapping[str, Any]) -> str:
    child, parent = body["child"]["label"], body["parent"]["label"]
    ends = (parent, child) if body.get("kind") == "consumed_by" else (child, parent)
    return f"{ends[0]} {str(body.get('kind')).replace('_', ' ')} {ends[1]}"


def _suggested(body: Mapping[str, Any]) -> str:
    return f" ({body['evidence']})" if body.get("evidence") else ""


_SENTENCES: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "registry.created": lambda b: f"created the registry {b.get('registry_id')}",
    "policy.recorded": lambda b: f"policy changed (sha256 {str(b.get('digest'))[:12]})",
    "model.created": lambda b: f"created the model {b.get('model')}",
    "model.described": _described,
    "model.tagged": _tagged,
    "model.renamed": lambda b: f"renamed {b.get('model')} to {b.get('renamed_to')}",
    "model.retired": lambda b: f"retired {b.get('model')}",
    "model.restored": lambda b: f"took {b.get('model')} into use again",
    "version.registered": _registered,
    "version.amended": _amended,
    "version.yanked": lambda b: f"yanked {_version(b)}",
    "version.archived": lambda b: f"archived {_version(b)}",
    "version.restored": lambda b: f"restored {_version(b)}",
    "alias.set": lambda b: f"gave the alias {b.get('alias')} to {_version(b)}",
    "alias.removed": lambda b: f"took the alias {b.get('alias')} from {b.get('model')}",
    "stage.assigned": _assigned,
    "stage.rolled_back": lambda b: (
        f"rolled {b.get('stage')} of {b.get('model')} back to {_holders(b)}"
    ),
    "promotion.refused": lambda b: (
        f"was refused {b.get('stage')} of {b.get('model')} for {_holders(b)}"
    ),
    "stage.vacated": lambda b: f"took {b.get('stage')} of {b.get('model')} away from everybody",
    "stage.renamed": lambda b: f"the stage {b.get('stage')} is called {b.get('renamed_to')} now",
    "gate.ran": lambda b: (
        f"ran the gate {b.get('gate')} on {_version(b)}: {b.get('outcome')}, {b.get('observed')}"
    ),
    "request.opened": lambda b: f"asked for {b.get('stage')} of {b.get('model')} for {_holders(b)}",
    "request.approved": _asked("approved"),
    "request.rejected": _asked("rejected"),
    "request.withdrawn": _asked("withdrew"),
    "request.expired": _asked("let lapse"),
    "bytes.freed": lambda b: (
        f"freed {b.get('size', 0):,} bytes of {len(b.get('version_ids', ()))} versions"
    ),
    "version.scanned": lambda b: (
        f"looked into {_version(b)} again: {b.get('inspection', {}).get('verdict', 'clean')}"
    ),
    "globals.approved": lambda b: (
        f"vouched for {len(b.get('globals', ()))} globals of {b.get('model')}, as in {_version(b)}"
    ),
    "content.relocated": lambda b: f"found {_version(b)} again at {b.get('place')}",
    "artifact.quarantined": lambda b: (
        f"quarantined {b.get('path')} as number {b.get('quarantine_id')}"
    ),
    "artifact.released": lambda b: (
        f"released {b.get('quarantine_id')} from quarantine as {_version(b)}"
    ),
    "lineage.linked": lambda b: f"linked {_edge(b)}{_suggested(b)}",
    "lineage.unlinked": lambda b: f"took away the link {_edge(b)}",
    "lineage.rejected": lambda b: f"rejected the suggestion {_edge(b)}{_suggested(b)}",
    "version.reproduced": lambda b: f"made {_version(b)} again: {b.get('outcome')}",
    "version.probed": lambda b: (
        f"asked {_version(b)} the probe {b.get('probe')}: {b.get('rows')} answers"
    ),
    "artifact.discarded": lambda b: f"discarded {b.get('quarantine_id')} from quarantine",
}


def sentence(event: str, body: Mapping[str, Any]) -> str:
    """Return what an entry says, in words an auditor wants to read; safe to print."""
    say = _SENTENCES.get(event)
    try:
        words = say(body) if say else event
        reason = body.get("reason")
        if body.get("undoes"):
            words = f"{words}, taking back entry {body['undoes']}"
    except (AttributeError, IndexError, KeyError, TypeError, ValueError):
        words, reason = f"{event}, with a body that cannot be read", None
    return safe(f"{words}: “{reason}”" if reason else words)

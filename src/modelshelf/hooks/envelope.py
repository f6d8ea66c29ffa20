"""What a hook is told: one entry of the log as a CloudEvents 1.0 envelope.

https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from modelshelf.domain.audit import Entry
from modelshelf.domain.plain import microseconds, moment_text
from modelshelf.domain.text import safe

CONTENT_TYPE = "application/cloudevents+json; charset=utf-8"
TYPE_PREFIX = "modelshelf."
TEST = "test"
BYTES_MOST = 256 * 1024
"""Bytes of an envelope; what receivers take without a complaint."""


def source_of(registry_id: str) -> str:
    """Return the name of a registry as a URI."""
    r = registry_id
    return f"urn:uuid:{r[:8]}-{r[8:12]}-{r[12:16]}-{r[16:20]}-{r[20:]}"


def envelope(registry_id: str, entry: Entry) -> tuple[str, bytes]:
    """Return the id of what is told of an entry, and the envelope.

    The id is the same at every attempt, so that a receiver knows what it was told before. Of a body
    that makes the envelope too large, the largest fields are left out and named in ``left_out``.
    """
    ident = f"{registry_id}/{entry.seq}"
    data = {
        "event": entry.event,
        "seq": entry.seq,
        "actor": entry.actor,
        "sentence": entry.sentence,
        "seal": entry.seal,
        "body": dict(entry.body),
    }
    told = _told(registry_id, ident, entry.event, entry.subject, entry.at, data)
    return ident, _bounded(told)


def trial_envelope(registry_id: str, hook: str, actor: str, at: datetime) -> tuple[str, bytes]:
    """Return id and envelope of a test, which is no entry of the log."""
    ident = f"{registry_id}/{TEST}-{microseconds(at)}"
    words = f"a test of the hook {safe(hook, 100)}"
    data = {"event": TEST, "actor": actor, "sentence": words, "body": {}}
    return ident, _encoded(_told(registry_id, ident, TEST, hook, at, data))


def _told(
    registry_id: str, ident: str, event: str, subject: str, at: datetime, data: Mapping[str, Any]
) -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "id": ident,
        "source": source_of(registry_id),
        "type": TYPE_PREFIX + event,
        # An attribute must not be empty nor hold control characters.
        "subject": safe(subject) or "registry",
        "time": moment_text(at),
        "datacontenttype": "application/json",
        "data": data,
    }


def _bounded(told: dict[str, Any]) -> bytes:
    encoded = _encoded(told)
    body: dict[str, Any] = told["data"]["body"]
    left_out: list[str] = []
    while len(encoded) > BYTES_MOST and body:
        largest = max(body, key=lambda name: len(json.dumps(body[name])))
        del body[largest]
        left_out.append(largest)
        told["data"]["left_out"] = left_out
        encoded = _encoded(told)
    return encoded


def _encoded(told: Mapping[str, Any]) -> bytes:
    """Return JSON of ASCII: no text in it can be anything else on its way."""
    return json.dumps(told, separators=(",", ":")).encode("ascii")

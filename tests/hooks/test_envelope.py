"""What is told of an entry is a CloudEvents envelope, whatever the entry holds."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelshelf.domain.audit import Entry
from modelshelf.hooks.envelope import BYTES_MOST, envelope, trial_envelope

REGISTRY = "0123456789abcdef" * 2
AT = datetime(2026, 3, 1, 12, 0, 0, 5, tzinfo=UTC)


def entry(subject: str = "churn@production", **body: Any) -> Entry:  # noqa: ANN401 - JSON
    """Return an entry with this body."""
    return Entry(42, AT, "ana", "stage.assigned", subject, body, "0" * 64, "5" * 64, "gave it")


def test_an_entry_is_told_as_a_cloud_event() -> None:
    """All that the standard asks for, and the entry as it was sealed."""
    ident, told = envelope(REGISTRY, entry(model="churn", model_id=1))
    assert ident == f"{REGISTRY}/42"
    assert json.loads(told) == {
        "specversion": "1.0",
        "id": ident,
        "source": "urn:uuid:01234567-89ab-cdef-0123-456789abcdef",
        "type": "modelshelf.stage.assigned",
        "subject": "churn@production",
        "time": "2026-03-01T12:00:00.000005Z",
        "datacontenttype": "application/json",
        "data": {
            "event": "stage.assigned",
            "seq": 42,
            "actor": "ana",
            "sentence": "gave it",
            "seal": "5" * 64,
            "body": {"model": "churn", "model_id": 1},
        },
    }


@given(st.text(max_size=50), st.dictionaries(st.text(max_size=10), st.text(max_size=50)))
def test_any_text_is_told_harmlessly(subject: str, body: dict[str, str]) -> None:
    """It is one line of ASCII; an attribute holds no control characters and is not empty."""
    told = envelope(REGISTRY, entry(subject, **body))[1]
    assert re.fullmatch(rb"[ -~]+", told)
    read = json.loads(told)
    assert read["data"]["body"] == body
    assert read["subject"]
    assert not re.search(r"[\x00-\x1f\x7f-\x9f]", read["subject"])


def test_what_is_too_large_is_left_out_and_named() -> None:
    """The largest fields first; the rest stays."""
    body: dict[str, Any] = {
        "model": "churn",
        "files": ["x" * 100] * 3_000,
        "card": "y" * BYTES_MOST,
    }
    told = envelope(REGISTRY, entry(**body))[1]
    read = json.loads(told)
    assert len(told) <= BYTES_MOST
    assert read["data"]["left_out"] == ["files", "card"]
    assert read["data"]["body"] == {"model": "churn"}


@pytest.mark.parametrize("actor", ["ana", "\x1b[31m"])
def test_a_test_is_no_entry(actor: str) -> None:
    """It has a type and an id of its own."""
    ident, told = trial_envelope(REGISTRY, "chat", actor, AT)
    read = json.loads(told)
    assert read["type"] == "modelshelf.test"
    assert read["id"] == ident == f"{REGISTRY}/test-1772366400000005"
    assert read["subject"] == "chat"
    assert "seq" not in read["data"]

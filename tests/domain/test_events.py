"""Events: each is complete, reads back from its body, and says a sentence."""

from __future__ import annotations

import inspect
import json
import re
from dataclasses import fields
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelshelf.domain.audit import sentence
from modelshelf.domain.errors import Corrupt
from modelshelf.domain.events import EVENTS, Event, read_event
from modelshelf.domain.plain import canonical
from tests.sentences import is_harmless

VALUES: dict[str, Any] = {
    "registry_id": "ab" * 16, "schema": 1, "digest": "cd" * 32, "text": "[stages]", "model_id": 3,
    "model": "risk/churn", "description": "about", "owner": "ravi", "set": {"team": "risk"},
    "unset": ("old",), "renamed_to": "risk/churn-eu", "reason": "because", "version_id": 7,
    "number": 4, "content": {"size": 1234, "files": []}, "inspection": {"format": "onnx"},
    "details": {"metrics": {"auc": 0.9}, "card": "# hi"}, "source": "m.onnx", "base_id": 6,
    "unset_tags": ("gone",), "alias": "champion", "stage": "production",
    "holders": ((7, 4, 80), (6, 3, 20)), "replaced": 9, "archived": (5,), "unarchived": (2,),
    "verdicts": ({"gate": "holders", "outcome": "pass"},), "restores": 8, "version_ids": (1, 2),
    "blobs": 2, "size": 99, "globals": ("a.B",), "place": "quarantine/000001", "former": "/old",
    "quarantine_id": 3, "path": "inbox/churn/m.pkl", "kind": "file", "rule": "pickle.malformed",
    "child": {"kind": "version", "id": 7, "label": "risk/churn:v4"},
    "parent": {"kind": "dataset", "key": "k", "name": "d", "label": "d 4"},
    "evidence": "the same tensors", "confidence": 0.9, "report": {"why": "same"}, "probe": "p",
    "data": "aa" * 32, "rows": 9, "base_ids": {"a:v1": 3},
    "undoes": 5, "request_id": 31, "bypass": "the gate better", "decision": {"policy": "ab" * 32},
    "gate": "smoke", "definition": "ef" * 32, "outcome": "pass", "observed": "exit 0",
    "required": "exit 0", "message": "went well", "milliseconds": 12, "exit_code": 0,
    "output": "12" * 32, "seen": 9, "expires_us": 1, "comment": "fine",
    "taken_off": ("metrics.auc", "base"),
}  # fmt: skip
KINDS = sorted(EVENTS.values(), key=lambda kind: kind.name)
junk = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=6,
)


def example(kind: type[Event]) -> Event:
    """Return an event with every field set."""
    return kind(**{f.name: VALUES[f.name] for f in fields(kind)})


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_an_event_reads_back_from_its_body(kind: type[Event]) -> None:
    """What is sealed is enough: the body, as JSON and back, makes an event of the same body."""
    event = example(kind)
    again = read_event(kind.name, json.loads(canonical(event.body())))
    assert type(again) is kind
    assert canonical(again.body()) == canonical(event.body())


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_an_event_has_a_sentence_of_its_own(kind: type[Event]) -> None:
    """Every kind of event says something better than its name, and names its reason."""
    words = sentence(kind.name, example(kind).body())
    assert kind.name not in words
    assert words.isprintable()
    if "reason" in {f.name for f in fields(kind)}:
        assert "because" in words


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_an_event_is_documented_and_named(kind: type[Event]) -> None:
    """The docstring is its own, and the name is two words with a dot."""
    assert inspect.getdoc(kind) != inspect.getdoc(Event)
    assert re.fullmatch(r"[a-z]+\.[a-z_]+", kind.name)


def test_every_kind_of_event_can_be_read() -> None:
    """No event was written and forgotten in the table by which the log is read."""
    waiting, found = [Event], dict[str, type[Event]]()
    while waiting:
        kinds = waiting.pop().__subclasses__()
        waiting += kinds
        found |= {kind.name: kind for kind in kinds if kind.name}  # a shape of several has none
    assert found == EVENTS


def test_an_unknown_event_is_corrupt_and_says_who_wrote_it() -> None:
    """An event of a newer release is refused with what to do."""
    with pytest.raises(Corrupt, match="update this one"):
        read_event("model.sold", {})


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
@pytest.mark.parametrize("body", [[], None, 3, "text", {"nonsense": 1}])
def test_a_body_that_does_not_fit_is_corrupt(kind: type[Event], body: Any) -> None:  # noqa: ANN401
    """A body of another shape is refused, and never half read."""
    with pytest.raises(Corrupt, match="not complete"):
        read_event(kind.name, body)


@given(st.sampled_from([kind.name for kind in KINDS] + ["model.sold", "\x1b"]), junk)
def test_a_sentence_is_found_for_any_body(name: str, body: Any) -> None:  # noqa: ANN401
    """However an entry was edited, listing the log shows a harmless line for it."""
    assert is_harmless(sentence(name, body))


@pytest.mark.parametrize("space", ["\xa0", "\u2003"])
def test_a_space_of_another_width_stays_a_space(space: str) -> None:
    """It drives no terminal, and people write it: French has one before every colon."""
    assert sentence("model.retired", {"model": "churn", "reason": f"vieux{space}: v1"}) == (
        f"retired churn: “vieux{space}: v1”"
    )


@given(st.sampled_from(KINDS), st.data())
def test_a_sentence_is_found_for_fields_of_any_kind(kind: type[Event], data: st.DataObject) -> None:
    """The same when the fields are there and hold what they never should."""
    body = {f.name: data.draw(junk) for f in fields(kind)}
    assert is_harmless(sentence(kind.name, body))


def test_a_hostile_reason_is_shown_as_text() -> None:
    """Escape sequences in a reason reach no terminal."""
    words = sentence("model.retired", {"model": "churn", "reason": "\x1b]0;x\x07\u202e"})
    assert words == "retired churn: “\\x1b]0;x\\x07\\u202e”"

"""What comes over the wire is checked before it is believed."""

from __future__ import annotations

import json
import os
import socket
import struct
import time
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelshelf.domain.inspection import (
    Finding,
    Inspection,
    TensorEntry,
    TensorSpec,
    Weights,
)
from modelshelf.formats.interface import Extent, Placed
from modelshelf.formats.worker.values import build, flat
from modelshelf.formats.worker.wire import MOST, Wire

pytestmark = pytest.mark.skipif(
    not hasattr(socket, "send_fds"), reason="this system cannot hand over open files"
)
Ends = tuple[Wire, socket.socket]

TEXTS = st.text(max_size=8)
SPECS = st.builds(
    TensorSpec, TEXTS, TEXTS, st.lists(st.none() | st.integers() | TEXTS, max_size=4).map(tuple)
)
ENTRIES = st.builds(TensorEntry, TEXTS, TEXTS, st.lists(st.integers(), max_size=3).map(tuple))
INSPECTIONS = st.builds(
    Inspection,
    format=TEXTS,
    framework=TEXTS,
    inputs=st.lists(SPECS, max_size=3).map(tuple),
    parameters=st.none() | st.integers(0),
    metadata=st.dictionaries(TEXTS, TEXTS, max_size=3),
    verdict=st.sampled_from(("clean", "warning", "dangerous", "incomplete")),
    findings=st.lists(
        st.builds(Finding, TEXTS, st.sampled_from(("info", "warning", "dangerous")), TEXTS, TEXTS),
        max_size=3,
    ).map(tuple),
    needs_code=st.lists(TEXTS, max_size=3).map(tuple),
    weights=st.none()
    | st.builds(Weights, TEXTS, st.lists(ENTRIES, max_size=3).map(tuple), st.integers(0)),
)


@pytest.fixture
def ends() -> Iterator[Ends]:
    """Give one end as a wire and the other as a bare socket."""
    ours, theirs = socket.socketpair()
    yield Wire(ours), theirs
    ours.close()
    theirs.close()


def soon() -> float:
    """Return a deadline that is not reached."""
    return time.monotonic() + 30


@given(INSPECTIONS)
def test_an_inspection_comes_back_as_it_was(found: Inspection) -> None:
    """Every field, through JSON."""
    assert build(Inspection, json.loads(json.dumps(flat(found)))) == found


def test_other_answers_come_back_as_they_were() -> None:
    """Lengths, places and names."""
    placed = (Placed("a", "float32", (2, 3), "m.onnx", 8, 24),)
    for kind, value in (
        (Extent, Extent(3, whole=False)),
        (tuple[Placed, ...], placed),
        (tuple[str, ...], ("a", "b")),
    ):
        assert build(kind, json.loads(json.dumps(flat(value)))) == value


@pytest.mark.parametrize(
    "data",
    [
        None,
        [],
        {},
        {"format": 1},
        {"format": "a", "verdict": "fine"},
        {"format": "a", "verdict": ["clean"]},
        {"format": "a", "findings": [{"rule": "a", "severity": "dangerous"}]},
        {"format": "a", "findings": "ab"},
        {"format": "a", "parameters": True},
        {"format": "a", "metadata": {"a": 1}},
        {"format": "a", "metadata": [["a", "b"]]},
        {"format": "a", "inputs": [{"name": "x", "dtype": "y", "shape": [1.5]}]},
        {"format": "a", "something": "else"},
    ],
)
def test_what_is_no_inspection_is_refused(data: object) -> None:
    """A child that was taken over can say anything."""
    with pytest.raises(TypeError):
        build(Inspection, data)


def test_messages_that_come_together_are_taken_apart(ends: Ends) -> None:
    """And one that comes in pieces is put together."""
    wire, other = ends
    frames = b"".join(struct.pack("!I", len(text)) + text for text in (b'{"a":1}', b"[2]", b"3"))
    other.sendall(frames[:-1])
    assert wire.receive(soon()) == {"a": 1}
    assert wire.receive(soon()) == [2]
    with pytest.raises(TimeoutError):
        wire.receive(time.monotonic() + 0.05)
    other.sendall(frames[-1:])
    assert wire.receive(soon()) == 3


@pytest.mark.parametrize("frame", [struct.pack("!I", MOST + 1), struct.pack("!I", 2) + b"{]"])
def test_what_is_no_message_is_refused(frame: bytes, ends: Ends) -> None:
    """A length beyond all measure, before anything is kept for it, and what is not JSON."""
    wire, other = ends
    other.sendall(frame)
    with pytest.raises(ValueError, match=r"bytes|Expecting"):
        wire.receive(soon())


def test_the_end_of_the_other_side_is_noticed(ends: Ends) -> None:
    """At once, and in the middle of a message."""
    wire, other = ends
    other.sendall(struct.pack("!I", 10) + b"12345")
    other.close()
    with pytest.raises(EOFError):
        wire.receive(soon())


def test_a_message_that_is_too_long_is_not_sent(ends: Ends) -> None:
    """The other side would refuse it."""
    with pytest.raises(ValueError, match="bytes"):
        ends[0].send("x" * MOST)


def test_an_open_file_goes_with_a_message(ends: Ends) -> None:
    """The other side has its own descriptor of it."""
    reading, writing = os.pipe()
    ends[0].send({"a": "b" * 100_000}, reading)
    os.close(reading)
    message, descriptor = Wire(ends[1]).receive_with_file()
    assert message == {"a": "b" * 100_000}
    assert descriptor is not None
    os.write(writing, b"x")
    assert os.read(descriptor, 1) == b"x"
    os.close(descriptor)
    os.close(writing)

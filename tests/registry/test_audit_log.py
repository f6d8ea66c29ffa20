"""The audit log as an auditor reads it: filtered, paged, in sentences, and verified."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from modelshelf.catalog import audit_reader
from modelshelf.domain import events
from modelshelf.domain.errors import NotFound
from modelshelf.registry import Registry, open_registry
from tests.furnished import START, furnish, ticking


@pytest.fixture
def shelf(registry: Registry, tmp_path: Path) -> Registry:
    """Return a furnished registry."""
    furnish(registry, tmp_path / "files")
    return registry


def seqs(shelf: Registry, **filters: object) -> list[int]:
    """Return the numbers of the entries that fit."""
    return [e.seq for e in shelf.audit.entries(limit=100, **filters)]  # type: ignore[arg-type]


def test_filters_narrow_the_log(shelf: Registry) -> None:
    """By model (any of its names), event, actor and time, alone and together."""
    with open_registry(shelf.path, actor="bo", clock=ticking()) as bo:
        bo.models.describe("risk/churn", owner="bo")
    assert seqs(shelf, actor="bo") == [23]
    assert seqs(shelf, model="text/encoder") == [22, 21, 7, 6]
    assert seqs(shelf, model="text/encoder-small", event="version.*") == [21, 7]
    assert seqs(shelf, event="stage.rolled_back") == [19]
    assert seqs(shelf, event="stage.*") == [19, 18, 17, 16, 15]
    assert seqs(shelf, event="stage") == []
    assert seqs(shelf, since=shelf.audit.get(21).at) == [22, 21]
    assert seqs(shelf, until=START + timedelta(seconds=1), actor="ana") == [2, 1]
    assert seqs(shelf, model="risk/churn", since=shelf.audit.get(19).at, actor="ana") == [
        20,
        19,
    ]
    with pytest.raises(NotFound):
        shelf.audit.entries(model="nowhere")


def test_pages_follow_one_another(shelf: Registry) -> None:
    """Each page goes on below the last number of the one before."""
    pages, after = [], None
    while page := shelf.audit.entries(limit=7, after=after):
        pages += [e.seq for e in page]
        after = page[-1].seq
    assert pages == list(range(22, 0, -1))


def test_an_entry_is_found_by_its_number(shelf: Registry) -> None:
    """Numbers that do not exist are said not to."""
    entry = shelf.audit.get(17)
    assert entry.sentence == "gave production of risk/churn to v1 80 %, v2 20 %: “an A/B test”"
    assert entry.actor == "ana"
    assert shelf.audit.get(16).at < entry.at < shelf.audit.get(18).at
    for seq in (0, 23, -1):
        with pytest.raises(NotFound, match=f"no entry {seq}"):
            shelf.audit.get(seq)


def test_each_entry_carries_the_seal_before_it(shelf: Registry) -> None:
    """The chain can be followed by anybody who can compute a SHA-256."""
    from modelshelf.catalog.audit import seal_of
    from modelshelf.domain.plain import canonical, microseconds

    prev = "0" * 64
    for entry in reversed(shelf.audit.entries(limit=100)):
        assert entry.prev == prev
        fields = (entry.seq, microseconds(entry.at), entry.actor, entry.event, entry.subject)
        assert entry.seal == seal_of(*fields, canonical(dict(entry.body)), entry.prev)
        prev = entry.seal
    assert shelf.audit.head() == (22, prev)


def test_a_head_is_written_down_when_a_stage_moves_and_every_hundred(shelf: Registry) -> None:
    """Beside the catalog lie the heads that a copy elsewhere can be held against."""
    lines = (shelf.path / "checkpoints.log").read_text("utf-8").splitlines()
    assert [line.split()[2] for line in lines] == ["3", "15", "16", "17", "18", "19"], (
        "the first change of the day, and every move of a stage"
    )
    for number in range(100):
        shelf.models.describe("risk/churn", owner=str(number))
    last = (shelf.path / "checkpoints.log").read_text("utf-8").splitlines()[-1].split()
    assert last[0] == "modelshelf-checkpoint-v1"
    assert last[1] == shelf.audit.get(1).body["registry_id"]
    assert last[3] == shelf.audit.get(int(last[2])).seal
    assert last[2] == "100"
    with (shelf.path / "checkpoints.log").open("a", encoding="utf-8") as file:
        file.write("modelshelf-checkpoint-v1 cut sho")  # as a power cut leaves it
    assert shelf.audit.verify().whole


def test_a_clock_that_goes_back_does_not_break_the_log(shelf: Registry) -> None:
    """Time is what it was said to be; the order is that of the numbers."""
    with open_registry(shelf.path, actor="bo", clock=ticking()) as bo:
        bo.models.describe("risk/churn", owner="bo")
        assert bo.audit.get(23).at < bo.audit.get(22).at
        assert bo.audit.verify().whole
        assert bo.audit.head()[0] == 23


def test_verifying_tells_how_far_it_is(shelf: Registry) -> None:
    """Whoever waits is told about entries and blobs."""
    told: list[tuple[int, int, str]] = []
    shelf.audit.verify(progress=lambda done, of, what: told.append((done, of, what)))
    assert told[-1] == (7, 7, "blobs")


def test_verifying_beside_writers_finds_nothing_wrong(shelf: Registry) -> None:
    """A verification sees one moment, though checkpoints and entries are being written."""
    import threading

    over = threading.Event()

    def write() -> None:
        for number in range(10_000):
            stage = "staging" if number % 2 else "production"
            shelf.promotions.promote(f"risk/churn:{1 + number // 2 % 2}", stage, reason="r")
            if over.is_set():
                return

    writer = threading.Thread(target=write)
    shelf.promotions.promote("risk/churn:2", "production", reason="r")
    shelf.promotions.promote("risk/churn:2", "staging", reason="r")
    writer.start()
    try:
        for _ in range(15):
            assert shelf.audit.verify().problems == ()
    finally:
        over.set()
        writer.join()


def test_the_history_of_one_version(shelf: Registry) -> None:
    """What was done with a version, also among others, and not what was done with its siblings."""
    assert seqs(shelf, reference="risk/churn:1") == [19, 18, 17, 16, 15, 3]
    assert seqs(shelf, reference="risk/churn:2") == [19, 18, 17, 11, 4]
    assert seqs(shelf, reference="risk/churn:3") == [20, 13, 12, 5]
    assert seqs(shelf, reference="text/encoder:1") == [21, 7]
    assert seqs(shelf, reference="risk/churn@champion", event="alias.*") == [11]
    assert seqs(shelf, reference="risk/churn:3", after=13) == [12, 5]
    assert [e.seq for e in shelf.audit.entries(reference="risk/churn:3", limit=2)] == [20, 13]
    assert seqs(shelf, reference="risk/churn:1", model="text/encoder") == []
    assert seqs(shelf.at(16), reference="risk/churn@production") == [16, 15, 3]
    with pytest.raises(NotFound):
        shelf.audit.entries(reference="risk/churn:9")


def test_requests_and_measurements_belong_to_their_version(shelf: Registry) -> None:
    """An answer names only the request; it is told with the version that was asked for."""
    about: dict[str, Any] = {"model_id": 1, "model": "risk/churn", "stage": "staging"}
    with shelf._context.write("ask") as transaction:
        asked = transaction.record(
            events.RequestOpened(version_id=2, holders=((2, 2, 100),), reason="r", **about), "x"
        )
        transaction.record(events.RequestApproved(request_id=asked.seq, **about), "x")
        transaction.record(
            events.GlobalsApproved(1, "risk/churn", 2, ("a.B",), "ours"), "risk/churn:v2"
        )
    assert seqs(shelf, reference="risk/churn:2")[:3] == [25, 24, 23]
    assert seqs(shelf, reference="risk/churn:1")[0] == 19


def test_a_history_is_looked_for_no_further_back_than_its_registration(shelf: Registry) -> None:
    """However long the log of the model, what was before the version is not read."""
    looked: list[int] = []

    def rows() -> Iterator[tuple[object, ...]]:
        connection = shelf._context.database.reader()
        for row in reversed(list(audit_reader.sealed(connection, 1, 22))):
            looked.append(row[0])
            yield row

    found = [e.seq for e in audit_reader._concerning(rows(), 3, 3, frozenset())]
    assert (found[-1], looked[-1]) == (5, 5)

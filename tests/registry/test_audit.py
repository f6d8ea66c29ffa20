"""The audit log as a person reads it: filters, single entries, verification."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from modelshelf.domain.audit import FIRST_PREV, Entry
from modelshelf.domain.errors import ModelshelfError, NotFound
from modelshelf.registry import Registry, open_registry
from tests.conftest import START, Clock, MakeModelFile


@pytest.fixture
def told(registry: Registry, make_model_file: MakeModelFile, clock: Clock) -> Registry:
    """Let two people change two models."""
    registry.versions.register("churn", make_model_file(seed=1))
    registry.versions.register("fraud", make_model_file(seed=2))
    registry.promotions.promote("churn:1", "staging", reason="try it")
    with open_registry(registry.path, actor="ravi", clock=clock) as ravis:
        ravis.versions.alias("churn:1", "best")
        ravis.promotions.promote("fraud:1", "staging", reason="me too")
    registry.models.rename("churn", "leavers")
    return registry


def seqs(entries: tuple[Entry, ...]) -> list[int]:
    """Return the numbers of entries."""
    return [e.seq for e in entries]


class TestFilters:
    def test_the_newest_comes_first(self, told: Registry) -> None:
        """Without a gap, down to the making of the registry."""
        entries = told.audit.entries()
        assert seqs(entries) == list(range(10, 0, -1))
        assert [e.event for e in reversed(entries)] == [
            "registry.created",
            "model.created",
            "version.registered",
            "model.created",
            "version.registered",
            "policy.recorded",
            "stage.assigned",
            "alias.set",
            "stage.assigned",
            "model.renamed",
        ]

    def test_by_model(self, told: Registry) -> None:
        """By its present or its former name, and nothing of another."""
        assert seqs(told.audit.entries(model="churn")) == [10, 8, 7, 3, 2]
        assert told.audit.entries(model="leavers") == told.audit.entries(model="churn")
        assert seqs(told.audit.entries(model="fraud")) == [9, 5, 4]

    def test_by_event(self, told: Registry) -> None:
        """One event, or several with a star; a name that no event has finds nothing."""
        assert seqs(told.audit.entries(event="stage.assigned")) == [9, 7]
        assert seqs(told.audit.entries(event="model.*")) == [10, 4, 2]
        assert told.audit.entries(event="stage") == ()
        assert told.audit.entries(event="*") == told.audit.entries()

    def test_by_actor(self, told: Registry) -> None:
        """Exactly who."""
        assert seqs(told.audit.entries(actor="ravi")) == [9, 8]
        assert told.audit.entries(actor="rav") == ()

    def test_by_time(self, told: Registry) -> None:
        """Both ends count; any zone is understood, and none is UTC."""
        third, fifth = told.audit.get(3).at, told.audit.get(5).at
        assert seqs(told.audit.entries(since=third, until=fifth)) == [5, 4, 3]
        east = timezone(timedelta(hours=9))
        naive = fifth.replace(tzinfo=None)
        assert seqs(told.audit.entries(since=third.astimezone(east), until=naive)) == [5, 4, 3]
        assert told.audit.entries(until=START - timedelta(days=1)) == ()
        assert told.audit.entries(since=datetime.max.replace(tzinfo=UTC)) == ()
        assert len(told.audit.entries(since=datetime.min.replace(tzinfo=UTC))) == 10

    def test_filters_meet(self, told: Registry) -> None:
        """An entry must fit all of them."""
        found = told.audit.entries(model="churn", event="stage.*", actor="ana")
        assert seqs(found) == [7]
        assert told.audit.entries(model="churn", event="stage.*", actor="ravi") == ()

    def test_pages_join(self, told: Registry) -> None:
        """The last number of a page leads to the next one, also within one model."""
        assert seqs(told.audit.entries(limit=4)) == [10, 9, 8, 7]
        assert seqs(told.audit.entries(limit=4, after=7)) == [6, 5, 4, 3]
        assert seqs(told.audit.entries(limit=2, after=8, model="churn")) == [7, 3]
        assert told.audit.entries(after=1) == told.audit.entries(after=-5) == ()
        assert seqs(told.audit.entries(after=2**63 - 1, limit=1)) == [10]
        assert told.audit.entries(limit=0) == ()

    def test_a_model_that_is_not_there(self, told: Registry) -> None:
        """It is told, not answered with nothing."""
        with pytest.raises(NotFound, match="there is no model 'chrun'"):
            told.audit.entries(model="chrun")


class TestOneEntry:
    def test_every_entry_follows_the_one_before(self, told: Registry) -> None:
        """Each carries the seal of the last, from the first on."""
        entries = tuple(reversed(told.audit.entries()))
        assert [e.prev for e in entries] == [FIRST_PREV, *(e.seal for e in entries[:-1])]
        assert told.audit.head() == (10, entries[-1].seal)
        assert all(told.audit.get(e.seq) == e for e in entries)

    def test_it_says_what_an_auditor_wants_to_read(self, told: Registry) -> None:
        """In words, with the names of then and the reason."""
        says = {e.seq: e.sentence for e in told.audit.entries()}
        size = told.versions.get("leavers:1").size
        assert says[3] == f"registered churn:v1 (safetensors, {size} bytes)"
        assert says[7] == "gave staging of churn to v1: “try it”"
        assert says[8] == "gave the alias best to churn:v1"
        assert says[10] == "renamed churn to leavers"
        assert told.audit.get(9).actor == "ravi"

    @pytest.mark.parametrize("seq", [0, -1, 11, 2**62, 2**63 - 1, 2**63, -(2**63) - 1, 10**30])
    def test_one_that_is_not_there_is_not_found(self, told: Registry, seq: int) -> None:
        """However large the number."""
        with pytest.raises(NotFound, match=f"there is no entry {seq}"):
            told.audit.get(seq)


class TestVerifying:
    def test_an_honest_registry_is_whole(self, told: Registry) -> None:
        """It says how much it looked at; every kind of look agrees."""
        found = told.audit.verify(deep=True)
        assert (found.whole, found.problems) == (True, ())
        assert (found.entries, found.blobs) == (10, 2)
        assert (found.head_seq, found.head_seal) == told.audit.head()
        assert found.rows > 20
        shallow = told.audit.verify(replay=False)
        assert (shallow.whole, shallow.rows, shallow.blobs) == (True, 0, 0)

    def test_a_flipped_byte_shows_when_bytes_are_read(self, told: Registry) -> None:
        """The problem names the blob and a version that needs it."""
        digest = told.versions.get("fraud:1").digest
        blob = told._context.blobs.path(digest)
        data = bytearray(blob.read_bytes())
        data[-1] ^= 1
        blob.chmod(0o644)
        blob.write_bytes(data)
        assert told.audit.verify().whole, "nobody read it"
        (problem,) = told.audit.verify(deep=True).problems
        assert problem.where == f"blob {digest}"
        assert "fraud:v1" in problem.what

    @pytest.mark.parametrize("harm", ["remove", "cut"])
    def test_a_missing_or_shortened_blob_always_shows(self, told: Registry, harm: str) -> None:
        """Nothing need be read for that."""
        digest = told.versions.get("fraud:1").digest
        blob = told._context.blobs.path(digest)
        if harm == "remove":
            told._context.blobs.remove(digest)
        else:
            blob.chmod(0o644)
            blob.write_bytes(blob.read_bytes()[:-1])
        (problem,) = told.audit.verify().problems
        assert problem.where == f"blob {digest}"
        assert "fraud:v1 needs it" in problem.what

    def test_progress_is_told(self, told: Registry) -> None:
        """Every blob that was looked for is counted, and every byte that was read."""
        steps: list[tuple[int, int, str]] = []
        told.audit.verify(progress=lambda *step: steps.append(step))
        assert [step for step in steps if step[2] == "blobs"] == [(1, 2, "blobs"), (2, 2, "blobs")]
        told.audit.verify(deep=True, progress=lambda *step: steps.append(step))
        done, whole, what = steps[-1]
        assert (done, what) == (whole, "bytes")
        assert done > 2

    def test_it_changes_nothing(self, told: Registry) -> None:
        """A look is a look."""
        head, counter = told.audit.head(), told.change_counter()
        told.audit.verify(deep=True)
        assert (told.audit.head(), told.change_counter()) == (head, counter)


class TestLimits:
    @pytest.mark.parametrize("limit", [-1, 2**63, 1.5, True, "2", None, b"1"])
    def test_what_is_no_limit_is_told(self, told: Registry, limit: object) -> None:
        """A negative one does not mean "everything"."""
        with pytest.raises(ModelshelfError, match="number of rows"):
            told.audit.entries(limit=limit)  # type: ignore[arg-type]

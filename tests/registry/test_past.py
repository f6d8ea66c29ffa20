"""The registry as it was: every question answered from a replay, and the log of then."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from modelshelf.domain.errors import NotFound
from modelshelf.registry import Registry
from tests.furnished import START, furnish
from tests.registry.conftest import NewFile


@pytest.fixture
def shelf(registry: Registry, tmp_path: Path) -> Registry:
    """Return a furnished registry; its entries are listed in tests/furnished.py."""
    furnish(registry, tmp_path / "files")
    return registry


def test_the_past_knows_only_what_was_so(shelf: Registry) -> None:
    """Models, versions, tags, aliases and stages are those of the moment asked for."""
    past = shelf.at(16)  # v1 has just been given production
    assert [m.name for m in past.models.list()] == ["risk/churn", "text/encoder"]
    assert past.models.get("risk/churn").stages["production"][0].weight == 100
    assert past.versions.get("risk/churn@production").reference == "risk/churn:v1"
    assert past.versions.get("risk/churn:3").yanked is None
    assert past.versions.get("text/encoder:1").stage == "draft"
    earlier = shelf.at(11)
    assert earlier.versions.get("risk/churn:3").tags == {"team": "risk", "odd": "yes"}
    assert earlier.versions.aliases("risk/churn") == {"champion": "risk/churn:v2"}
    assert earlier.promotions.history("risk/churn") == ()
    with pytest.raises(NotFound):
        shelf.at(4).versions.get("risk/churn:3")
    with pytest.raises(NotFound):
        shelf.at(4).versions.detail("text/encoder:1")


def test_a_moment_in_time_is_the_last_entry_before_it(shelf: Registry) -> None:
    """The clock ticks once an entry: entry n was written at second n - 1."""
    past = shelf.at(START + timedelta(seconds=15, microseconds=999_999))
    assert past.moment == 16
    assert shelf.at(START).moment == 1
    naive = (START + timedelta(seconds=3)).replace(tzinfo=None)
    assert shelf.at(naive).moment == 4
    assert shelf.at(START + timedelta(days=999)).moment == 22


def test_the_log_of_then_ends_then(shelf: Registry) -> None:
    """Entries, head and paging know nothing of what came later."""
    past = shelf.at(9)
    assert past.audit.head() == (9, shelf.audit.get(9).seal)
    assert [e.seq for e in past.audit.entries(limit=3)] == [9, 8, 7]
    assert [e.seq for e in past.audit.entries(limit=3, after=20)] == [9, 8, 7]
    assert [e.seq for e in past.audit.entries(limit=3, after=3)] == [2, 1]
    assert past.audit.entries(after=0) == ()
    assert past.audit.get(9).seq == 9
    with pytest.raises(NotFound):
        past.audit.get(10)


def test_the_past_gives_bytes(shelf: Registry, tmp_path: Path) -> None:
    """A version of then is checked out from the bytes of now."""
    out = shelf.at(5).versions.checkout("risk/churn:latest", tmp_path / "out")
    assert out.read_bytes() == (tmp_path / "files" / "3" / "model.safetensors").read_bytes()


def test_closing_the_past_leaves_the_present_open(shelf: Registry) -> None:
    """A past is one more window on the same registry."""
    reader = shelf._context.database.reader()
    with shelf.at(9) as past:
        assert past.models.names()
    assert reader.execute("SELECT 1").fetchone() == (1,)


def test_the_past_of_one_model_needs_no_other(shelf: Registry) -> None:
    """A question about one model is answered the same from its own entries as from all."""
    for seq in range(3, 23):
        one, every = shelf.at(seq), shelf.at(seq)
        every.models.list()  # replays everything, which later questions then use
        for ask in (
            lambda r: r.models.get("risk/churn"),
            lambda r: r.versions.list("risk/churn"),
            lambda r: r.promotions.history("risk/churn"),
            lambda r: r.versions.detail("risk/churn:1"),
        ):
            assert ask(one) == ask(every)  # type: ignore[no-untyped-call]


def test_former_and_later_names_lead_to_what_was(shelf: Registry) -> None:
    """Before a rename a model is found by the name of then, and its versions are called so."""
    assert shelf.at(21).versions.get("text/encoder:1").reference == "text/encoder:v1"
    assert shelf.at(22).versions.get("text/encoder:1").reference == "text/encoder-small:v1"
    with pytest.raises(NotFound):
        shelf.at(21).models.get("text/encoder-small")
    shelf.models.rename("risk/churn", "Risk/Churn")
    assert shelf.at(22).models.get("risk/churn").name == "risk/churn"


def test_a_past_does_not_move_while_the_present_does(shelf: Registry, new_file: NewFile) -> None:
    """What was is not changed by what comes."""
    past = shelf.at(22)
    before = past.models.list(), past.audit.head()
    shelf.versions.register("risk/churn", new_file())
    shelf.models.describe("risk/churn", owner="eve")
    assert (past.models.list(), past.audit.head()) == before
    assert past.versions.get("risk/churn:latest").number == 3


def test_a_base_that_was_taken_off_since_was_there_then(
    registry: Registry, new_file: NewFile
) -> None:
    """An undo that leaves no base behind changes what a version was related to, too."""
    registry.versions.register("base", new_file())
    registry.versions.register("made", new_file())
    registry.versions.amend("made:v1", base="base:v1")
    number = registry.audit.head()[0]
    was = [registry.versions.detail(f"{model}:v1") for model in ("made", "base")]
    registry.undo.take_back(number)
    with registry.at(number) as past:
        assert [past.versions.detail(f"{model}:v1") for model in ("made", "base")] == was
    assert (was[0].base, was[1].derived) == ("base:v1", ("made:v1",))

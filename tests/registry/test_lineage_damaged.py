"""A lineage in which another hand wrote: a sentence, never a traceback; code that was collected."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from modelshelf.catalog import driver
from modelshelf.catalog.database import CATALOG
from modelshelf.catalog.past import replay
from modelshelf.catalog.rows import Rows
from modelshelf.domain.errors import Corrupt, ModelshelfError, Refused
from modelshelf.domain.provenance import Code, Dataset
from modelshelf.domain.provenance.measured import FeatureView, MetricSource
from modelshelf.registry import Registry, create_registry
from tests.catalog.search_catalogs import catalog
from tests.registry.conftest import NewFile
from tests.registry.linked import head
from tests.sentences import check_sentence

ROWS = (
    "UPDATE version_text SET bases = '7'",
    "UPDATE version_text SET bases = '[1]'",
    "UPDATE version_text SET datasets = '[1]'",
    "UPDATE version_text SET datasets = '[{\"nobody\": 1}]'",
    "UPDATE version_text SET features = '{'",
    "UPDATE version_text SET metric_sources = '[]'",
    "UPDATE version_text SET metric_sources = '{\"auc\": 1}'",
    "UPDATE version_text SET inspection = '[]'",
    "UPDATE version_text SET code = '[]'",
    "UPDATE version_text SET run = '{'",
    "UPDATE node SET id = -9223372036854775808 WHERE id = -1",
    "UPDATE node SET id = 2 WHERE id = -1",
    "UPDATE node SET kind = 'version', key = '1' WHERE id = -1",
    "UPDATE edge SET label = ''",
    "INSERT INTO edge VALUES (1, 'derived_from', 2, 'told', 'a circle')",
    "INSERT INTO edge VALUES (2, 'derived_from', 2, 'hand', 'itself')",
    "INSERT INTO edge VALUES (2, 'derived_from', 99, 'told', 'nobody')",
    "INSERT INTO edge VALUES (2, 'no kind', 9223372036854775807, 'no origin', 'q')",
    "INSERT INTO edge VALUES (0, 'trained_on', 0, 'x', 'q')",
    "INSERT INTO rejected_edge VALUES (2, 'derived_from', 77, 'r', 'a', 9223372036854775807)",
    "INSERT INTO reproduction VALUES (5, 2, 'x', '[', NULL, 9223372036854775807, 'a')",
    "INSERT INTO probe_result VALUES (2, 'p', 'd', 'd', 1, 1, 'o', 9223372036854775807, 'a', 5)",
)
_ASK: dict[str, Callable[[Registry], Any]] = {
    "of": lambda r: r.lineage.of("n:v1"),
    "events": lambda r: r.lineage.events("n:v1"),
    "impact": lambda r: r.lineage.impact("dataset:c"),
    "way": lambda r: r.lineage.path("m:v1", "n:v1"),
    "common": lambda r: r.lineage.common("m:v1", "n:v1"),
    "obligations": lambda r: r.lineage.obligations("n:v1"),
    "leaks": lambda r: r.lineage.leaks(),
    "suggestions": lambda r: r.lineage.suggestions(),
    "detail": lambda r: r.versions.detail("n:v1"),
    "compare": lambda r: r.comparisons.compare(["n:v1", "m:v1"]),
    "attempts": lambda r: r.reproductions.list("n:v1"),
    "recipe": lambda r: r.reproductions.recipe("n:v1"),
    "card": lambda r: r.cards.render("n:v1"),
    "score": lambda r: r.cards.score("n:v1"),
    "undo": lambda r: r.undo.plan(None),
    "search": lambda r: r.versions.search("dataset:c"),
    "gc": lambda r: r.upkeep.gc_plan(),
    "link": lambda r: r.lineage.link("n:v1", "trained_on", "dataset:new"),
    "amend": lambda r: r.versions.amend("n:v1", base="m:v1", datasets=[Dataset("newer")]),
}


@pytest.fixture
def ahead() -> dict[str, timedelta]:
    """Return by how much the clock of the registry is ahead."""
    return {"by": timedelta()}


@pytest.fixture
def shelf(tmp_path: Path, new_file: NewFile, ahead: dict[str, timedelta]) -> Iterator[Registry]:
    """Make a registry of a version and one that was made from it, with everything told."""

    def clock() -> datetime:
        return datetime.now(UTC) + ahead["by"]

    with create_registry(tmp_path / "registry", actor="ana", clock=clock) as shelf:
        shelf.versions.register("m", new_file(), datasets=[Dataset("c", version="4")])
        shelf.versions.register(
            "n",
            new_file(),
            base="m:v1",
            bases=["hf:o/m"],
            datasets=[Dataset("c", "evaluated_on", version="4")],
            features=[FeatureView("f")],
            metrics={"auc": 0.5},
            metric_sources={"auc": MetricSource("c")},
            code=Code(commit="abcdef12", patch=shelf.reproductions.keep(b"first")),
        )
        yield shelf


def by_hand(shelf: Registry, statement: str) -> None:
    """Write into the tables behind the registry's back."""
    with closing(driver.dbapi.connect(shelf.path / CATALOG)) as connection, connection:
        connection.execute("PRAGMA foreign_keys = OFF")
        connection.execute(statement)


@pytest.mark.parametrize("row", ROWS)
def test_every_question_is_answered_or_refused_in_a_sentence(shelf: Registry, row: str) -> None:
    """Whatever was edited, verify names it, and a rebuild brings back what was."""
    before = {name: ask(shelf) for name, ask in _ASK.items() if name not in ("link", "amend")}
    by_hand(shelf, row)
    assert shelf.audit.verify(deep=True).problems
    for ask in _ASK.values():
        try:
            ask(shelf)
        except ModelshelfError as exc:
            check_sentence(exc)
    shelf.upkeep.rebuild()
    assert shelf.audit.verify(deep=True).problems == ()
    if head(shelf) == 5:  # neither the link nor the amendment was recorded
        assert {name: _ASK[name](shelf) for name in before} == before


def test_nothing_is_collected_where_code_cannot_be_read(shelf: Registry) -> None:
    """Which patch is needed is not known then; verify tells which row it is."""
    by_hand(shelf, "UPDATE version_text SET code = '{\"patch\"'")
    with pytest.raises(Corrupt):
        shelf.upkeep.gc_plan()
    assert [p.where for p in shelf.audit.verify(deep=True).problems] == [
        f"table version_text row {n}" for n in (1, 2)
    ]


def test_a_patch_is_kept_as_long_as_a_version_names_it(
    shelf: Registry, ahead: dict[str, timedelta]
) -> None:
    """Another one takes its place: a day later the first may go, and does not come back."""
    first, second = (shelf.reproductions.keep(text) for text in (b"first", b"second"))
    shelf.versions.amend("n:v1", code=Code(commit="abcdef12", patch=second))
    entry = head(shelf)
    assert shelf.upkeep.gc_plan().blobs == 0
    (undone,) = shelf.undo.take_back(entry)
    ahead["by"] = timedelta(days=2)
    shelf.upkeep.gc(shelf.upkeep.gc_plan())
    assert shelf.reproductions.kept(first) == b"first"
    assert shelf.audit.verify(deep=True).problems == ()
    with pytest.raises(Refused, match="the patch of that code was collected since"):
        shelf.undo.take_back(undone.seq)
    assert "was collected since" in (shelf.undo.plan(undone.seq).refused or "")
    shelf.versions.yank("n:v1", reason="wrong")
    ahead["by"] = timedelta(days=90)
    assert shelf.upkeep.gc(shelf.upkeep.gc_plan()).versions == ("n:v1",)
    assert shelf.reproductions.kept(first) == b"first"  # evidence outlives the bytes
    assert shelf.audit.verify(deep=True).problems == ()


@pytest.mark.parametrize(
    "told",
    [
        {"metric_sources": ["auc"]},
        {"metric_sources": {"auc": "x"}},
        {"metric_sources": {"auc": 1}},
        {"datasets": ["c"]},
        {"datasets": [{}]},
        {"bases": [1]},
        {"code": "abc"},
        {"run": ["id"]},
        {"features": [{"store": "s"}]},
    ],
    ids=str,
)
def test_an_entry_that_says_nonsense_is_said_and_not_replayed(told: dict[str, Any]) -> None:
    """Whoever edits the log and seals it anew gets a sentence and no traceback."""
    first = {"version_id": 1, "model_id": 1, "model": "m", "number": 1}
    with catalog([]) as connection:
        out = Rows(connection.execute, connection.executemany)
        body = json.dumps({**first, "details": told, "unset_tags": []})
        with pytest.raises(Corrupt) as refused:
            replay([(1, 0, "ana", "version.amended", body)], out)
    check_sentence(refused.value)


def test_a_source_of_any_key_is_taken_off_and_comes_back(shelf: Registry) -> None:
    """Every character that a name of a metric may hold is a name to the tables too."""
    key = "a.b/c@d%-_"
    was = shelf.versions.detail("n:v1")
    shelf.versions.amend("n:v1", metric_sources={key: MetricSource("c", "s"), "é": MetricSource()})
    entry = head(shelf)
    told = shelf.versions.detail("n:v1").metric_sources
    (undone,) = shelf.undo.take_back(entry)
    assert shelf.versions.detail("n:v1") == was
    shelf.undo.take_back(undone.seq)
    assert shelf.versions.detail("n:v1").metric_sources == told
    assert set(told) == {"auc", key, "é"}
    assert shelf.audit.verify().problems == ()

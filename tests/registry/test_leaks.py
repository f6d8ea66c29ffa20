"""Leaks: evaluation sets that a version, or what it came from, was trained on."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelshelf.catalog import driver
from modelshelf.domain.errors import NotFound
from modelshelf.domain.lineage_answers import Leak
from modelshelf.domain.provenance import Dataset
from modelshelf.registry import Registry
from modelshelf.registry.leaking import _found
from tests.registry.conftest import NewFile

A, B = "sha256:" + "a" * 64, "sha256:" + "b" * 64


def train(name: str, digest: str | None = None, **more: str) -> Dataset:
    """Return a data set that is trained on."""
    return Dataset(name, "trained_on", digest=digest, **more)  # type: ignore[arg-type]


def judge(name: str, digest: str | None = None, **more: str) -> Dataset:
    """Return a data set that is evaluated on."""
    return Dataset(name, "evaluated_on", digest=digest, **more)  # type: ignore[arg-type]


@pytest.fixture
def line(registry: Registry, new_file: NewFile) -> Registry:
    """Return a registry in which v3 came from v2 and v2 from v1, which was trained on A."""
    versions = registry.versions
    versions.register("m", new_file(), datasets=[train("customers", A)])
    versions.register("m", new_file(), base="m:1", datasets=[train("other", B)])
    versions.register("m", new_file(), base="m:2", datasets=[judge("holdout", A)])
    return registry


def test_a_digest_that_an_ancestor_was_trained_on_is_a_leak(line: Registry) -> None:
    """Names do not matter where digests are known, nor how many steps are between."""
    expected = Leak("m:v3", "holdout", "customers", "m:v1", A)
    assert line.lineage.leaks("m:3") == (expected,)
    assert line.lineage.leaks() == (expected,)
    assert line.lineage.leaks("m:1") == ()


def test_its_own_training_set_is_told_before_an_ancestors(
    line: Registry, new_file: NewFile
) -> None:
    """The nearest that was trained on it is told, once."""
    line.versions.register(
        "m", new_file(), base="m:3", datasets=[train("again", A), judge("holdout", A)]
    )
    assert line.lineage.leaks("m:4") == (Leak("m:v4", "holdout", "again", "m:v4", A),)
    assert {leak.version for leak in line.lineage.leaks()} == {"m:v3", "m:v4"}


def test_what_came_of_a_version_is_not_its_ancestor(line: Registry, new_file: NewFile) -> None:
    """A set that only a later version, or another model, was trained on is no leak."""
    line.versions.register("m", new_file(), datasets=[judge("late")])
    line.versions.register("m", new_file(), base="m:4", datasets=[train("late")])
    line.versions.register("n", new_file(), datasets=[judge("other", B)])
    assert {leak.version for leak in line.lineage.leaks()} == {"m:v3"}
    assert line.lineage.leaks("n:1") == ()


def test_name_and_version_count_where_no_digest_is_known(
    registry: Registry, new_file: NewFile
) -> None:
    """The same name with another version, or with a digest on one side, is not the same."""
    versions = registry.versions
    versions.register("m", new_file(), datasets=[train("c", version="4"), judge("c", version="4")])
    versions.register("m", new_file(), datasets=[train("c", version="4"), judge("c", version="5")])
    versions.register("m", new_file(), datasets=[train("c", A), judge("c")])
    assert registry.lineage.leaks() == (Leak("m:v1", "c 4", "c 4", "m:v1", ""),)


def test_different_parts_of_a_set_are_not_the_same(registry: Registry, new_file: NewFile) -> None:
    """Train and test of one name without a digest are no leak; of one digest they are."""
    versions = registry.versions
    parts = [train("mnist", split="train"), judge("mnist", split="test")]
    versions.register("m", new_file(), datasets=parts)
    versions.register("m", new_file(), base="m:1", datasets=[judge("mnist", split="train")])
    versions.register("m", new_file(), datasets=[train("x", A, split="train"), judge("y", A)])
    assert registry.lineage.leaks() == (
        Leak("m:v2", "mnist", "mnist", "m:v1", ""),
        Leak("m:v3", "y", "x", "m:v3", A),
    )


def test_sets_that_came_of_one_another_count(registry: Registry, new_file: NewFile) -> None:
    """A hand edge between data sets says that one holds some of the other; sisters do not."""
    versions, link = registry.versions, registry.lineage.link
    versions.register("m", new_file(), datasets=[train("all", A), judge("part", B)])
    versions.register("n", new_file(), datasets=[train("left"), judge("right")])
    assert registry.lineage.leaks() == ()
    link("dataset:part", "derived_from", "dataset:all")
    link("dataset:left", "derived_from", "dataset:whole")
    link("dataset:right", "derived_from", "dataset:whole")
    assert registry.lineage.leaks() == (Leak("m:v1", "part", "all", "m:v1", ""),)
    link("dataset:left", "derived_from", "dataset:right")
    assert registry.lineage.leaks("n:1") == (Leak("n:v1", "right", "left", "n:v1", ""),)


def test_a_base_outside_may_have_been_trained_on_it(registry: Registry, new_file: NewFile) -> None:
    """What somebody says of a model that is not registered here counts like the rest."""
    registry.versions.register("m", new_file(), bases=["hf:org/base"], datasets=[judge("c", A)])
    registry.lineage.link("hf:org/base", "trained_on", f"dataset:{A}")
    assert registry.lineage.leaks("m:1") == (Leak("m:v1", "c", "c", "hf:org/base", A),)


def test_the_past_has_the_leaks_of_then(line: Registry, new_file: NewFile) -> None:
    """A look at an earlier entry does not see later evaluations."""
    seq, _ = line.audit.head()
    line.versions.register("m", new_file(), base="m:1", datasets=[judge("late", A)])
    assert len(line.lineage.leaks()) == 2
    assert len(line.at(seq).lineage.leaks()) == 1
    with pytest.raises(NotFound):
        line.at(seq).lineage.leaks("m:4")


@pytest.mark.parametrize("body", ["not json", "[1, null]", "{}", '[{"name": {"a": 1}}]'])
def test_rows_that_another_hand_edited_end_no_question(
    registry: Registry, new_file: NewFile, body: str
) -> None:
    """Details that cannot be read say nothing of parts: then the whole set counts."""
    registry.versions.register("m", new_file(), datasets=[train("c", split="a"), judge("c")])
    registry.close()
    catalog = driver.dbapi.connect(str(registry.path / "catalog.db"), isolation_level=None)
    catalog.execute("UPDATE version_text SET datasets = :body", {"body": body})
    assert [one.version for one in _found(catalog, None)] == [1]
    catalog.close()


Edges = set[tuple[int, str, int]]
MODELS, SETS = range(1, 7), range(-5, 0)


@st.composite
def graphs(draw: st.DrawFn) -> Edges:
    """Draw a lineage of a few versions and data sets, acyclic but in no order of ids."""
    order = draw(st.permutations(list(MODELS)))
    sets = draw(st.permutations(list(SETS)))
    derived = draw(st.sets(st.sampled_from(list(product(range(6), range(6)))), max_size=8))
    of_data = draw(st.sets(st.sampled_from(list(product(range(5), range(5)))), max_size=3))
    kinds = st.sampled_from(["trained_on", "evaluated_on"])
    used = draw(
        st.sets(st.tuples(st.sampled_from(list(MODELS)), kinds, st.sampled_from(list(SETS))))
    )
    lines = {(order[a], "derived_from", order[b]) for a, b in derived if a < b}
    return used | lines | {(sets[a], "derived_from", sets[b]) for a, b in of_data if a < b}


def above(start: int, edges: Edges) -> dict[int, int]:
    """Return everything that something was derived from, with its distance."""
    found = {start: 0}
    for _ in edges:
        for child, kind, parent in edges:
            if kind == "derived_from" and child in found:
                further = found[child] + 1
                found[parent] = min(found.get(parent, further), further)
    return found


def expected(edges: Edges) -> set[tuple[int, int, int, int]]:
    """Return version, evaluation set, training set and distance of each leak, the slow way."""
    found = set()
    for version, kind, judged in edges:
        if kind != "evaluated_on":
            continue
        for taught in SETS:
            if taught not in above(judged, edges) and judged not in above(taught, edges):
                continue
            ways = [
                distance
                for origin, distance in above(version, edges).items()
                if (origin, "trained_on", taught) in edges
            ]
            if ways:
                found.add((version, judged, taught, min(ways)))
    return found


@pytest.fixture(scope="module")
def tables() -> Iterator[driver.Connection]:
    """Return the three tables that the question looks at, empty."""
    connection = driver.dbapi.connect(":memory:", isolation_level=None)
    connection.execute("CREATE TABLE edge (child, kind, parent, origin, label)")
    connection.execute("CREATE TABLE node (id INTEGER PRIMARY KEY, kind, key)")
    connection.execute("CREATE TABLE version_text (version_id, datasets)")
    for data in SETS:
        about = {"id": data, "key": f"sha256:{data}"}
        connection.execute("INSERT INTO node VALUES (:id, 'dataset', :key)", about)
    yield connection
    connection.close()


@given(edges=graphs())
def test_the_fast_way_finds_what_the_slow_way_finds(
    tables: driver.Connection, edges: Edges
) -> None:
    """All versions at once, each alone and a plain search through everything agree."""
    tables.execute("DELETE FROM edge")
    for child, kind, parent in edges:
        row = {"child": child, "kind": kind, "parent": parent, "label": str(parent)}
        tables.execute("INSERT INTO edge VALUES (:child, :kind, :parent, 'told', :label)", row)
    together = list(_found(tables, None))
    told = {
        (v, int(judged), int(taught), above(v, edges)[by]) for v, judged, taught, by, _ in together
    }
    assert told == expected(edges)
    assert len(told) == len(together)
    assert all((one.trained, "trained_on", int(one.trained_on)) in edges for one in together)
    alone = [one for version in MODELS for one in _found(tables, version)]
    assert sorted(alone) == sorted(together)

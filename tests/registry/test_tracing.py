"""Questions about the lineage of a registry: what serves, by which way, and what is common."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping
from contextlib import closing
from functools import partial

import pytest

from modelshelf.catalog import driver
from modelshelf.catalog.database import CATALOG
from modelshelf.domain.errors import Corrupt, Invalid, ModelshelfError, NotFound
from modelshelf.domain.events.lineage import LineageLinked
from modelshelf.domain.provenance import Dataset
from modelshelf.registry import Registry, tracing
from tests.registry.conftest import NewFile

FOUR = Dataset("customers", version="4")
THREE = Dataset("customers", version="3")
TESTED = Dataset("customers", "evaluated_on", version="4")


@pytest.fixture
def family(registry: Registry, new_file: NewFile) -> Registry:
    """Make a base, a model that was tuned from it, and one that was distilled from that."""
    register = registry.versions.register
    register("base", new_file(), datasets=[THREE])
    register("tuned", new_file(), datasets=[FOUR, TESTED], base="base:1")
    register("tuned", new_file(), datasets=[TESTED], base="base:1")
    register("small", new_file(), base="tuned:1")
    register("other", new_file())
    registry.promotions.promote("tuned:1", "production", reason="go")
    registry.promotions.promote("tuned:2", "production", weight=20, reason="try")
    registry.promotions.promote("small:1", "staging", reason="try")
    registry.promotions.promote("small:1", "production", reason="go")
    registry.consumers.note("scoring-api", "small:1")
    _consumed(registry, 4, "report")
    _consumed(registry, 4, "scoring-api")
    return registry


def _consumed(registry: Registry, version: int, name: str) -> None:
    consumer = {"kind": "consumer", "key": name, "name": name, "label": name}
    parent = {"kind": "version", "id": version, "label": ""}
    with registry._context.write("link") as transaction:
        transaction.record(LineageLinked("consumed_by", consumer, parent), "link")


def _by_hand(registry: Registry, *statements: str) -> None:
    with closing(driver.dbapi.connect(registry.path / CATALOG)) as connection, connection:
        for statement in statements:
            connection.execute(statement)


def test_which_production_models_used_a_data_set(family: Registry) -> None:
    """Each version that serves is named with its traffic, the shortest way and its consumers."""
    found = family.lineage.impact("dataset:customers@4", stage="production")
    assert [node.id for node in found.things] == ["dataset:customers 4"]
    small, first, second = found.affected
    assert (small.reference, small.stages) == ("small:v1", {"production": 100, "staging": 100})
    assert [node.label for node in small.way] == ["customers 4", "tuned:v1", "small:v1"]
    assert small.kinds == ("trained_on", "derived_from")
    assert small.consumers == ("report", "scoring-api")
    assert (first.reference, first.stages) == ("tuned:v1", {"production": 80})
    assert first.kinds == ("trained_on",)
    assert (second.reference, second.stages) == ("tuned:v2", {"production": 20})
    assert second.kinds == ("evaluated_on",)
    assert (found.versions, found.models, found.others) == (3, 2, 2)


def test_what_breaks_when_a_base_is_withdrawn(family: Registry) -> None:
    """What was made from it is found at any distance; the base itself is not below itself."""
    found = family.lineage.impact("base:v1")
    assert [one.reference for one in found.affected] == ["small:v1", "tuned:v1", "tuned:v2"]
    assert found.versions == 3
    assert [node.stage for node in found.things] == ["draft"]
    assert family.lineage.impact("small:1").affected == ()
    assert family.lineage.impact("small:1").others == 2
    assert family.lineage.impact("other:1").versions == 0


def test_a_stage_narrows_and_must_be_one(family: Registry) -> None:
    """Only holders of it are left; a word that is no stage is refused with those that are."""
    assert [a.reference for a in family.lineage.impact("base:1", stage="staging").affected] == [
        "small:v1"
    ]
    with pytest.raises(Invalid, match=r"no stage 'prod'.*staging, production"):
        family.lineage.impact("base:1", stage="prod")
    with pytest.raises(Invalid, match="no stage"):
        family.lineage.impact("base:1", stage="\x1b[31m")


def test_a_stage_that_the_policy_dropped_can_be_asked_for(family: Registry) -> None:
    """Who holds it still serves."""
    _by_hand(family, "UPDATE stage_holder SET stage = 'old' WHERE version_id = 3")
    assert [a.reference for a in family.lineage.impact("base:1", stage="old").affected] == [
        "tuned:v2"
    ]


def test_a_name_that_fits_several_means_all(family: Registry) -> None:
    """Every version of a data set is a start, the one that was known first is the root."""
    graph = family.lineage.of("dataset:customers", hops=1, ways="down")
    labels = [node.label for node in graph.nodes]
    assert graph.root == "dataset:customers 3"
    assert labels[:2] == ["customers 3", "customers 4"]
    assert sorted(labels[2:]) == ["base:v1", "tuned:v1", "tuned:v2"]
    found = family.lineage.impact("dataset:customers")
    assert len(found.things) == 2
    assert [len(one.way) for one in found.affected] == [3, 2, 2]


def test_consumers_stand_at_the_end_of_a_graph(family: Registry) -> None:
    """A lease and an edge by hand lead to one thing, and it can be asked about itself."""
    graph = family.lineage.of("tuned:1", hops=2, ways="down")
    consumers = {node.id for node in graph.nodes if node.kind == "consumer"}
    assert consumers == {"consumer:report", "consumer:scoring-api"}
    assert {(e.target, e.origin) for e in graph.edges if e.kind == "consumed_by"} == {
        ("consumer:report", "hand"),
        ("consumer:scoring-api", "hand"),
        ("consumer:scoring-api", "lease"),
    }
    family.consumers.note("batch", "tuned:2")
    above = family.lineage.of("consumer:batch", hops=2)
    assert [node.label for node in above.nodes][:2] == ["batch", "tuned:v2"]
    way = family.lineage.path("dataset:customers@3", "consumer:batch")
    assert way is not None
    assert [edge.kind for edge in way.edges] == ["trained_on", "derived_from", "consumed_by"]
    assert way.edges[-1].origin == "lease"
    with pytest.raises(NotFound, match="consumer:nobody"):
        family.lineage.of("consumer:nobody")


def test_a_way_is_found_whichever_came_first(family: Registry) -> None:
    """It leads from the origin to the result however the two are named; relatives have none."""
    for two in (("small:1", "dataset:customers@3"), ("dataset:customers@3", "small:1")):
        way = family.lineage.path(*two)
        assert way is not None
        assert [n.label for n in way.nodes] == ["customers 3", "base:v1", "tuned:v1", "small:v1"]
        assert [edge.kind for edge in way.edges] == ["trained_on", "derived_from", "derived_from"]
    assert family.lineage.path("tuned:1", "tuned:2") is None
    itself = family.lineage.path("tuned:1", "tuned:1")
    assert itself is not None
    assert ([n.label for n in itself.nodes], itself.edges) == (["tuned:v1"], ())


def test_the_nearest_common_origins_are_told(family: Registry) -> None:
    """Nearest first, nothing above another of them, and a thing can be its own."""
    found = family.lineage.common("small:1", "tuned:2")
    assert [(one.node.label, one.first, one.second) for one in found] == [
        ("base:v1", 2, 1),
        ("customers 4", 2, 1),
    ]
    (base,) = family.lineage.common("small:1", "base:1")
    assert (base.node.reference, base.first, base.second) == ("base:v1", 2, 0)
    assert family.lineage.common("small:1", "other:1") == ()


def test_the_past_is_asked_the_same(family: Registry, new_file: NewFile) -> None:
    """As it was then: without what came later, and without leases, which are not kept."""
    then = family.audit.head()[0]
    family.versions.register("later", new_file(), base="small:1")
    family.consumers.note("batch", "tuned:2")
    before_any = family.at(4)
    past = family.at(then)
    assert len(past.lineage.impact("base:1").affected) == 3
    assert past.lineage.impact("base:1").versions == 3
    assert family.lineage.impact("base:1").versions == 4
    labels = {node.label for node in past.lineage.of("base:1", hops=9).nodes}
    assert "batch" not in labels
    assert "later:v1" not in labels
    assert past.lineage.impact("base:1", stage="production").affected[0].consumers == (
        "report",
        "scoring-api",
    )
    way = past.lineage.path("small:1", "base:1")
    assert way is not None
    assert len(way.nodes) == 3
    assert [one.node.label for one in past.lineage.common("tuned:1", "tuned:2")] == [
        "base:v1",
        "customers 4",
    ]
    assert before_any.lineage.impact("base:1").affected == ()
    with pytest.raises(NotFound):
        past.lineage.of("consumer:batch")
    with pytest.raises(NotFound):
        past.lineage.of("later:1")


def test_what_is_not_known_is_a_sentence(family: Registry) -> None:
    """Every question says so, at whichever place it stands."""
    lineage = family.lineage
    for asked in ("", "dataset:", "dataset:none", "base:9", "\x1b", "run:8", "a@b", "hf:no/one"):
        for ask in (
            partial(lineage.of, asked),
            partial(lineage.impact, asked),
            partial(lineage.path, "base:1", asked),
            partial(lineage.common, asked, "base:1"),
        ):
            with pytest.raises(ModelshelfError):
                ask()


def test_a_damaged_catalog_answers_or_says_so(family: Registry) -> None:
    """Circles, ids that nothing has and control characters end every question in an answer."""
    _by_hand(
        family,
        "INSERT INTO edge VALUES (1, 'derived_from', 4, 'told', '')",
        "INSERT INTO edge VALUES (1, 'derived_from', 900, 'told', '')",
        "INSERT INTO edge VALUES (900, 'derived_from', -900, 'told', '')",
        "INSERT INTO edge VALUES (-900, 'derived_from', 5, 'told', '')",
        "UPDATE node SET label = char(27) || '[31m' || char(0) WHERE kind = 'dataset'",
    )
    lineage = family.lineage
    assert len(lineage.of("small:1", hops=10**9).nodes) > 5
    assert len(lineage.impact("small:1").affected) == 2
    assert lineage.common("small:1", "tuned:2") != ()
    way = lineage.path("other:1", "base:1")
    assert way is not None
    assert [node.label for node in way.nodes] == [
        "other:v1",
        "outside -900, which is gone",
        "version 900, which is gone",
        "base:v1",
    ]


def test_a_text_that_is_none_is_said(family: Registry) -> None:
    """Bytes that another hand wrote in the place of a text end in a sentence."""
    _by_hand(family, "UPDATE node SET label = CAST(x'ff' AS TEXT)")
    with pytest.raises(Corrupt, match="lineage cannot be read"):
        family.lineage.of("tuned:1")


def test_a_long_way_keeps_its_ends(family: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a way of very many things the first and the last are told."""
    monkeypatch.setattr(tracing, "_WAY_MOST", 3)
    (small,) = family.lineage.impact("dataset:customers@3", stage="staging").affected
    assert [node.label for node in small.way] == ["customers 3", "tuned:v1", "small:v1"]
    assert small.kinds == ("many steps", "derived_from")


def test_random_families_agree_with_dictionaries(registry: Registry, new_file: NewFile) -> None:
    """Impact counts, finds and orders what a walk over plain dictionaries does."""
    chance = random.Random(11)  # noqa: S311 - test data
    count = 24
    for number in range(count):
        bases = [f"m{base % 5}:v{base // 5 + 1}" for base in range(number)]
        registry.versions.register(
            f"m{number % 5}",
            new_file(),
            base=chance.choice(bases) if bases and number % 6 else None,
            datasets=[Dataset(f"d{chance.randrange(4)}")],
        )
    for number in range(5):
        registry.promotions.promote(f"m{number}:v2", "production", reason="go")
    below: dict[int, set[int]] = {}
    rows = registry._context.connection().execute("SELECT parent, child FROM edge").fetchall()
    for parent, child in rows:
        below.setdefault(parent, set()).add(child)
    for ident in range(1, count + 1):
        reached = _below(below, ident)
        found = registry.lineage.impact(f"m{(ident - 1) % 5}:v{(ident - 1) // 5 + 1}")
        assert (found.versions, found.others) == (len(reached), 0)
        assert found.models == len({(one - 1) % 5 for one in reached})
        assert [one.reference for one in found.affected] == [
            f"m{n}:v2" for n in range(5) if n + 6 in reached
        ]


def _below(below: Mapping[int, Iterable[int]], start: int) -> set[int]:
    seen: set[int] = set()
    waiting = [start]
    while waiting:
        for child in below.get(waiting.pop(), ()):
            if child not in seen:
                seen.add(child)
                waiting.append(child)
    return seen


def test_a_question_takes_a_statement_for_each_level(family: Registry) -> None:
    """However many serve, the number of statements depends on the depth alone."""
    connection = family._context.connection()
    statements: list[str] = []
    connection.set_trace_callback(statements.append)
    family.lineage.impact("dataset:customers@3")
    few = len(statements)
    statements.clear()
    family.lineage.impact("base:1")
    connection.set_trace_callback(None)
    assert few < 30
    assert abs(len(statements) - few) < 8

"""OpenLineage: what the specification asks of every event, and what is told of a lineage."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelshelf.domain.inspection import Inspection
from modelshelf.domain.lineage import LineageEdge, LineageGraph, LineageNode
from modelshelf.domain.models import ModelVersion, VersionDetail
from modelshelf.domain.openlineage import Told, events, source_of
from modelshelf.domain.provenance import Code, Dataset, Run

NOW = datetime(2026, 5, 3, 9, 12, 44, tzinfo=UTC)
HERE = "urn:uuid:01234567-89ab-cdef-0123-456789abcdef"
DIGEST = "sha256:" + "a" * 64


def detail(model: str = "m", number: int = 1, **more: Any) -> VersionDetail:  # noqa: ANN401
    """Return what is known of a version."""
    version = ModelVersion(
        id=number, model=model, number=number, digest="d" * 64, kind="file", name="m.bin", size=1,
        format="unknown", verdict="clean", created_at=NOW, created_by="ana", stage="draft",
        weight=0, stages={}, archived=False, yanked=None, freed=False,
    )  # fmt: skip
    nothing = VersionDetail(
        version=version, description="", card="", files=(), inspection=Inspection("unknown"),
        run=None, code=None, datasets=(), environment=None, base=None, derived=(), source="",
    )  # fmt: skip
    return replace(nothing, **more)


def version(number: int = 1, *marks: str) -> LineageNode:
    """Return the node of a version of the model ``m``."""
    reference = f"m:v{number}"
    return LineageNode("version", f"version:{number}", reference, reference, "draft", marks)


def told(*details: VersionDetail) -> Told:
    """Return what events are told from."""
    by_reference = {one.version.reference: one for one in details}
    return Told(HERE, "pkg:pypi/modelshelf@1", NOW, by_reference)


def check_event(event: Mapping[str, Any]) -> None:
    """Check what the schema of an event and its facets requires."""
    assert json.loads(json.dumps(event, allow_nan=False)) == event
    assert {"eventTime", "producer", "schemaURL", "job"} <= event.keys()
    assert datetime.fromisoformat(event["eventTime"]).tzinfo is not None
    kind = event["schemaURL"].rpartition("/")[2]
    assert ("run" in event) == (kind == "RunEvent") == ("eventType" in event)
    if kind == "RunEvent":
        assert event["eventType"] in ("START", "COMPLETE")
        assert str(uuid.UUID(event["run"]["runId"])) == event["run"]["runId"]
    for thing in (event["job"], *event["inputs"], *event["outputs"]):
        assert thing["namespace"]
        assert isinstance(thing["name"], str)
        for facet in (*thing.get("facets", {}).values(), *thing.get("inputFacets", {}).values()):
            assert facet["_producer"] == event["producer"]
            assert facet["_schemaURL"].startswith("https://openlineage.io/spec/facets/")
            assert " " not in facet.get("uri", "") + facet.get("url", "")


def test_a_version_is_what_its_run_wrote() -> None:
    """Data sets are read, the version is written, the code is where the job is."""
    data = Dataset("customers", version="4", digest=DIGEST, rows=7, uri="s3://lake/customers.csv")
    known = detail(
        datasets=(data,), run=Run("r1", seconds=60.0), code=Code("https://host/a.git", "abcd1234")
    )
    nodes = (
        version(),
        LineageNode("dataset", f"dataset:{DIGEST}", "customers 4"),
        LineageNode("run", "run:r1", "run r1"),
        LineageNode("code", "code:abcd1234", "git abcd1234"),
    )
    edges = tuple(
        LineageEdge(node.id, "version:1", kind)
        for node, kind in zip(nodes[1:], ("trained_on", "produced_by", "built_from"), strict=True)
    )
    start, end = events(LineageGraph("version:1", nodes, edges), told(known))
    check_event(start)
    check_event(end)
    assert (start["eventType"], start["eventTime"]) == ("START", "2026-05-03T09:11:44.000000Z")
    assert (end["eventType"], end["eventTime"]) == ("COMPLETE", "2026-05-03T09:12:44.000000Z")
    assert start["run"] == end["run"]
    place = end["job"]["facets"]["sourceCodeLocation"]
    assert (end["job"]["name"], place["version"]) == ("m", "abcd1234")
    (read,), (written,) = end["inputs"], end["outputs"]
    assert (read["namespace"], read["name"]) == ("s3://lake", "customers.csv")
    assert read["facets"]["version"]["datasetVersion"] == "4"
    assert read["facets"]["dataSource"]["uri"] == "s3://lake/customers.csv"
    assert read["inputFacets"]["inputStatistics"]["rowCount"] == 7
    assert read["facets"]["tags"]["tags"][0]["value"] == "trained_on"
    assert (written["namespace"], written["name"]) == (HERE, "m:v1")
    assert written["facets"]["lifecycleStateChange"]["lifecycleStateChange"] == "CREATE"


def test_versions_of_one_run_share_its_events() -> None:
    """A run is told once, with everything that it wrote."""
    run = LineageNode("run", "run:r1", "run r1")
    edges = tuple(LineageEdge("run:r1", f"version:{n}", "produced_by") for n in (1, 2))
    graph = LineageGraph("version:1", (version(1), run, version(2, "freed")), edges)
    start, end = events(graph, told(detail(number=1), detail(number=2)))
    assert [one["name"] for one in end["outputs"]] == ["m:v1", "m:v2"]
    assert end["outputs"][1]["facets"]["lifecycleStateChange"]["lifecycleStateChange"] == "DROP"
    assert start["run"] == end["run"]


@pytest.mark.parametrize("tracker", ["", "mlflow/"])
def test_a_run_that_has_a_uuid_keeps_it(tracker: str) -> None:
    """Others who tell of the same run mean the same run."""
    ident = "3b452093-782c-4ef2-9c0c-aafe2aa6f34d"
    run = LineageNode("run", f"run:{tracker}{ident}", "run")
    edge = LineageEdge(run.id, "version:1", "produced_by")
    found = list(events(LineageGraph("version:1", (version(), run), (edge,)), told(detail())))
    assert {event["run"]["runId"] for event in found} == {ident}


def test_a_run_without_one_always_gets_the_same() -> None:
    """The id comes of the registry and the version, and of nothing else."""
    graph = LineageGraph("version:1", (version(),), ())
    first, again = (next(iter(events(graph, told(detail())))) for _ in range(2))
    elsewhere = next(iter(events(graph, replace(told(detail()), source="urn:uuid:2"))))
    assert first["run"] == again["run"] != elsewhere["run"]


def test_what_no_run_is_known_of_is_told_by_a_job() -> None:
    """A data set that came of another, said by hand, has no run; nothing is told of one alone."""
    nodes = tuple(LineageNode("dataset", f"dataset:c {n}", f"c {n}") for n in (1, 2, 3))
    edge = LineageEdge("dataset:c 1", "dataset:c 2", "derived_from", "hand")
    (event,) = events(LineageGraph("dataset:c 1", nodes, (edge,)), told())
    check_event(event)
    assert "run" not in event
    assert [one["name"] for one in (*event["inputs"], *event["outputs"])] == ["c 1", "c 2"]


def test_models_outside_and_features_are_inputs() -> None:
    """A model outside is named by the place it is at; consumers are no data sets."""
    nodes = (
        version(),
        LineageNode("outside", "outside:hf:org/name@abc", "hf:org/name@abc"),
        LineageNode("features", "features:store/view@2", "store/view 2"),
        LineageNode("consumer", "consumer:api", "api"),
    )
    edges = (
        LineageEdge(nodes[1].id, "version:1", "derived_from"),
        LineageEdge(nodes[2].id, "version:1", "uses_features"),
        LineageEdge("version:1", nodes[3].id, "consumed_by", "lease"),
    )
    start, end = events(LineageGraph("version:1", nodes, edges), told(detail()))
    del start
    assert [(one["namespace"], one["name"]) for one in end["inputs"]] == [
        ("hf", "org/name"),
        (HERE, "store/view 2"),
    ]
    assert end["inputs"][0]["facets"]["version"]["datasetVersion"] == "abc"


@given(
    text=st.text(max_size=40),
    uri=st.text(max_size=40) | st.sampled_from(["file:///a b", "s3://k:s@b/x", "http://[", "a:b"]),
    seconds=st.floats(allow_nan=False) | st.none(),
)
def test_whatever_strangers_wrote_is_an_event(text: str, uri: str, seconds: float | None) -> None:
    """Names, addresses and times of any kind give events that the schema takes."""
    data = Dataset(text or "x", uri=uri, rows=1)
    known = detail(
        datasets=(data,), run=Run(text or "x", seconds=seconds), code=Code(uri or None, entry=text)
    )
    key = text or "x"
    nodes = (
        version(),
        LineageNode("dataset", f"dataset:{key}", key),
        LineageNode("run", f"run:{key}", key),
        LineageNode("outside", f"outside:{text}", text),
    )
    kinds = ("trained_on", "produced_by", "derived_from")
    edges = tuple(LineageEdge(n.id, "version:1", k) for n, k in zip(nodes[1:], kinds, strict=True))
    found = list(events(LineageGraph("version:1", nodes, edges), told(known)))
    assert len(found) == 2
    for event in found:
        check_event(event)


def test_a_registry_is_named_by_its_id() -> None:
    """As in the envelopes of hooks; an id that was edited names no one registry."""
    assert source_of("0123456789abcdef" * 2) == HERE
    assert source_of("../x") == "urn:modelshelf"

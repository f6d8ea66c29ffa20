"""Lineages as events of OpenLineage, https://openlineage.io/spec/2-0-2/OpenLineage.json.

A version is a data set that a run wrote; what it was made from, that run read. For every version
there are two events of its run, START and COMPLETE, as the specification wants; versions of one run
share them. Of anything else that came of something, no run is known: a JobEvent tells it.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

from modelshelf.domain.plain import moment_text
from modelshelf.domain.things import dataset_thing

if TYPE_CHECKING:
    from modelshelf.domain.lineage import LineageEdge, LineageGraph, LineageNode
    from modelshelf.domain.models import VersionDetail
    from modelshelf.domain.provenance import Dataset

_SPEC = "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/"
_FACETS = {
    "dataSource": "1-0-1/DatasourceDatasetFacet",
    "version": "1-0-1/DatasetVersionDatasetFacet",
    "lifecycleStateChange": "1-0-1/LifecycleStateChangeDatasetFacet",
    "tags": "1-0-0/TagsDatasetFacet",
    "inputStatistics": "1-0-0/InputStatisticsInputDatasetFacet",
    "sourceCodeLocation": "1-0-1/SourceCodeLocationJobFacet",
}
_NO_INPUT = frozenset({"run", "code", "consumer"})
_NO_OUTPUT = frozenset({"run", "code", "consumer"})
_PLACES = frozenset({"s3", "gs", "http", "https", "abfss", "hdfs", "lakefs"})
_Plain = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Told:
    """What the events are told from, besides the graph.

    Attributes:
        source: The registry as a URI; the namespace of its jobs and versions.
        producer: What tells it, as a URI.
        now: When it is told, UTC; the time of what nobody knows a time of.
        details: Of versions, by reference; one that is missing is told of without a run.
    """

    source: str
    producer: str
    now: datetime
    details: Mapping[str, VersionDetail]


def source_of(registry_id: str) -> str:
    """Return the name of a registry as a URI."""
    try:
        return uuid.UUID(registry_id).urn
    except ValueError:  # only somebody who edited the catalog writes such an id
        return "urn:modelshelf"


def events(graph: LineageGraph, told: Told) -> Iterator[_Plain]:
    """Yield the events of a lineage in the order of its things, each a plain JSON object."""
    writer = _Writer(graph, told)
    done = set[str]()
    for node in graph.nodes:
        if node.kind in _NO_OUTPUT or node.id in done:
            continue
        made = writer.made_with(node)
        done.update(one.id for one in made)
        yield from writer.run(made) if _detail(told, node) else writer.job(made)


def _detail(told: Told, node: LineageNode) -> VersionDetail | None:
    return told.details.get(node.reference) if node.reference is not None else None


class _Writer:
    """Writes events about the things of one graph."""

    def __init__(self, graph: LineageGraph, told: Told) -> None:
        self._told = told
        self._nodes = {node.id: node for node in graph.nodes}
        self._above: dict[str, list[LineageEdge]] = {}
        self._below: dict[str, list[LineageEdge]] = {}
        for edge in graph.edges:
            self._above.setdefault(edge.target, []).append(edge)
            self._below.setdefault(edge.source, []).append(edge)
        self._data = {
            f"dataset:{_key(data)}": data
            for detail in told.details.values()
            for data in detail.datasets
        }

    def made_with(self, node: LineageNode) -> list[LineageNode]:
        """Return a thing and all others that one run made with it."""
        run = self._run_of(node)
        if run is None or _detail(self._told, node) is None:
            return [node]
        targets = (
            self._nodes.get(e.target) for e in self._below[run.id] if e.kind == "produced_by"
        )
        return [one for one in targets if one is not None and self._run_of(one) == run
                and _detail(self._told, one) is not None]  # fmt: skip

    def run(self, made: Sequence[LineageNode]) -> Iterator[_Plain]:
        """Yield the beginning and the end of the run that made these versions."""
        details = [d for node in made if (d := _detail(self._told, node)) is not None]
        ended = max(detail.version.created_at for detail in details)
        seconds = next((d.run.seconds for d in details if d.run and d.run.seconds), 0.0)
        begun = ended - timedelta(seconds=min(max(seconds, 0.0), 1e9))
        name = details[0].version.model
        about = {"run": {"runId": self._run_id(made[0])}}
        start = {"eventType": "START", **about, "inputs": [], "outputs": []}
        yield self._event("RunEvent", begun, name, start, details[0])
        both = {"inputs": self._inputs(made), "outputs": self._outputs(made)}
        end = {"eventType": "COMPLETE", **about, **both}
        yield self._event("RunEvent", ended, name, end, details[0])

    def job(self, made: Sequence[LineageNode]) -> Iterator[_Plain]:
        """Yield what a thing came from, without a run; nothing where that is not known."""
        inputs = self._inputs(made)
        if inputs:
            both = {"inputs": inputs, "outputs": self._outputs(made)}
            yield self._event("JobEvent", self._told.now, made[0].label, both, None)

    def _event(
        self, kind: str, at: datetime, job: str, about: _Plain, detail: VersionDetail | None
    ) -> _Plain:
        told: _Plain = {"namespace": self._told.source, "name": job}
        if detail is not None and (place := self._code(detail)):
            told["facets"] = {"sourceCodeLocation": place}
        return {
            "eventTime": moment_text(at),
            "producer": self._told.producer,
            "schemaURL": _SPEC + kind,
            "job": told,
            **about,
        }

    def _run_of(self, node: LineageNode) -> LineageNode | None:
        for edge in self._above.get(node.id, ()):
            other = self._nodes.get(edge.source)
            if edge.kind == "produced_by" and other is not None and other.kind == "run":
                return other
        return None

    def _run_id(self, node: LineageNode) -> str:
        """Return the run's own id where it is a UUID, else one that is always the same for it."""
        run = self._run_of(node)
        named = run.id.partition(":")[2] if run else node.id
        try:
            return str(uuid.UUID(named.rpartition("/")[2]))
        except ValueError:
            about = f"{self._told.source} {run.id if run else node.id}"
            return str(uuid.uuid5(uuid.NAMESPACE_URL, about))

    def _inputs(self, made: Sequence[LineageNode]) -> list[_Plain]:
        roles: dict[str, list[str]] = {}
        for node in made:
            for edge in self._above.get(node.id, ()):
                kinds = roles.setdefault(edge.source, [])
                if edge.kind not in kinds:
                    kinds.append(edge.kind)
        found = []
        for source, kinds in roles.items():
            node_ = self._nodes.get(source)
            if node_ is None or node_.kind in _NO_INPUT:
                continue
            told = self._dataset(node_, [("lineage", kind) for kind in kinds])
            data = self._data.get(node_.id)
            if data is not None and data.rows is not None:
                told["inputFacets"] = {
                    "inputStatistics": self._facet("inputStatistics", rowCount=data.rows)
                }
            found.append(told)
        return found

    def _outputs(self, made: Sequence[LineageNode]) -> list[_Plain]:
        return [self._dataset(node, [("mark", mark) for mark in node.marks], made=True)
                for node in made]  # fmt: skip

    def _dataset(
        self, node: LineageNode, tags: Sequence[tuple[str, str]], *, made: bool = False
    ) -> _Plain:
        namespace, name, version = self._called(node)
        facets: _Plain = {}
        if version:
            facets["version"] = self._facet("version", datasetVersion=version)
        data = self._data.get(node.id)
        if data is not None and data.uri and _is_address(data.uri):
            facets["dataSource"] = self._facet("dataSource", name=data.name, uri=data.uri)
        if made and node.kind == "version":
            change = "DROP" if "freed" in node.marks else "CREATE"
            facets["lifecycleStateChange"] = self._facet(
                "lifecycleStateChange", lifecycleStateChange=change
            )
        if tags:
            told = [{"key": key, "value": value, "source": "MODELSHELF"} for key, value in tags]
            facets["tags"] = self._facet("tags", tags=told)
        return {"namespace": namespace, "name": name, "facets": facets}

    def _called(self, node: LineageNode) -> tuple[str, str, str]:
        """Return namespace, name and version by which OpenLineage knows a thing."""
        if node.reference is not None:
            return self._told.source, node.reference, node.reference.rpartition(":v")[2]
        key = node.id.partition(":")[2]
        if node.kind == "outside":
            place, _, rest = key.partition(":")
            name, _, version = rest.partition("@")
            if found := _place(key):
                return (*found, "")
            return (place, name, version) if place and name else (self._told.source, key, "")
        data = self._data.get(node.id)
        if data is None:
            return self._told.source, node.label, key if key.startswith("sha256:") else ""
        namespace, name = _place(data.uri or "") or (self._told.source, data.name)
        return namespace, name, data.version or data.digest or ""

    def _code(self, detail: VersionDetail) -> _Plain | None:
        code = detail.code
        if code is None or not code.repository or not _is_address(code.repository):
            return None
        told = {"type": "git", "url": code.repository, "repoUrl": code.repository}
        optional = {"version": code.commit, "path": code.entry}
        told.update({name: value for name, value in optional.items() if value})
        return self._facet("sourceCodeLocation", **told)

    def _facet(self, which: str, /, **fields: object) -> _Plain:
        schema = _FACETS[which]
        return {
            "_producer": self._told.producer,
            "_schemaURL": f"https://openlineage.io/spec/facets/{schema}.json"
            f"#/$defs/{schema.rpartition('/')[2]}",
            **fields,
        }


def _key(data: Dataset) -> str:
    told = {"name": data.name, "version": data.version, "digest": data.digest}
    return dataset_thing(told).key


def _is_address(text: str) -> bool:
    """Whether a text is a URI with a scheme and nothing that a URI cannot hold."""
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return bool(parts.scheme) and text == quote(text, safe=":/?#[]@!$&'()*+,;=%-._~")


def _place(address: str) -> tuple[str, str] | None:
    """Return namespace and name of the data at an address, as OpenLineage names them."""
    if not _is_address(address):
        return None
    parts = urlsplit(address)
    if parts.scheme == "file" and parts.path:
        return "file", parts.path
    name = parts.path.lstrip("/")
    if parts.scheme in _PLACES and parts.netloc and name:
        return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}", name
    return None

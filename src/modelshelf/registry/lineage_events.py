"""What a lineage is told by to other systems: events of OpenLineage."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from modelshelf._version import __version__
from modelshelf.catalog import audit_reader
from modelshelf.catalog.details import read_details
from modelshelf.domain.openlineage import Told, events, source_of
from modelshelf.registry.tracing import trace

if TYPE_CHECKING:
    from modelshelf.registry.context import Context


def lineage_events(
    context: Context, thing: str, *, hops: int, ways: Literal["both", "up", "down"]
) -> tuple[dict[str, Any], ...]:
    """Return the events of the graph around a thing; see ``Lineage.events``."""
    graph = trace(context, thing, hops=hops, ways=ways)
    ids = [int(node.id.partition(":")[2]) for node in graph.nodes if node.kind == "version"]
    versions = context.versions().versions(ids)
    details = read_details(context.connection(), versions)
    told = Told(
        source=source_of(audit_reader.fact(context.database.reader(), "registry_id") or ""),
        producer=f"pkg:pypi/modelshelf@{__version__}",
        now=context.clock(),
        details={detail.version.reference: detail for detail in details.values()},
    )
    return tuple(events(graph, told))

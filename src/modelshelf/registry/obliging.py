"""What the licences of a version and of everything it was made from ask."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING

from modelshelf.catalog.details import read_details
from modelshelf.catalog.graph import nodes, steps
from modelshelf.domain.gates.stated import stated
from modelshelf.domain.names import parse_reference
from modelshelf.domain.obligations import oblige
from modelshelf.domain.things import dataset_thing
from modelshelf.plugins.licences import licence_names

if TYPE_CHECKING:
    from modelshelf.catalog.driver import Connection
    from modelshelf.catalog.reader import Reader
    from modelshelf.domain.lineage import LineageNode
    from modelshelf.domain.lineage_answers import Obligation
    from modelshelf.domain.models import VersionDetail
    from modelshelf.registry.context import Context

# What something was only evaluated on is no part of it; neither are code, runs and consumers.
_MADE_FROM = frozenset({"derived_from", "trained_on", "produced_by", "uses_features"})
_SHOWN = frozenset({"version", "dataset", "outside"})
_OTHERS_MOST = 100  # versions outside the lineage that are asked for the licence of a data set


def obligations(context: Context, reference: str) -> tuple[Obligation, ...]:
    """Return what the licences along a lineage ask; see ``Lineage.obligations``.

    The licence of a data set is stated in the details of the versions that name it: of the
    lineage, and where none of these does, of the newest others.
    """
    reader, connection = context.versions(), context.connection()
    start = reader.one(parse_reference(reference)).id
    distances, based = _above(connection, start)
    details = _details(reader, connection, [ident for ident in distances if ident > 0])
    things = nodes(connection, distances, ())
    licences = _of_data(details.values())
    _ask_others(reader, connection, licences, {i: things[i] for i in things if i < 0})
    found: list[Obligation] = []
    for ident, distance in distances.items():
        node = things.get(ident)
        if node is None or node.kind not in _SHOWN:
            continue
        detail = details.get(ident)
        said = stated(detail) if detail else licences.get(node.id, ())
        found += oblige(node.label, node.kind, tuple(said), distance, licence_names)
        if detail and ident not in based:  # what its file names stands for what is not recorded
            for name in detail.inspection.base_models:
                found += oblige(name, "outside", (), distance + 1, licence_names)
    return tuple(sorted(found, key=lambda one: one.distance))


def _above(connection: Connection, start: int) -> tuple[dict[int, int], set[int]]:
    """Return what something was made from by id with its distance, and what was derived at all."""
    seen, based = {start: 0}, set[int]()
    level, distance = [start], 0
    while level:
        distance += 1
        found = [s for s in steps(connection, level, "up") if s[2] in _MADE_FROM]
        based |= {child for _, child, kind, _ in found if kind == "derived_from"}
        level = sorted(
            {parent for parent, *_ in found} - seen.keys(), key=lambda i: (i < 0, abs(i))
        )
        seen.update(dict.fromkeys(level, distance))
    return seen, based


def _details(
    reader: Reader, connection: Connection, ids: Collection[int]
) -> dict[int, VersionDetail]:
    return read_details(connection, reader.versions(sorted(ids)))


def _of_data(details: Iterable[VersionDetail]) -> dict[str, dict[str, None]]:
    """Return the licences of data sets by the id of their node."""
    found: dict[str, dict[str, None]] = {}
    for detail in details:
        for data in detail.datasets:
            if data.license and data.license.strip():
                told = {"name": data.name, "version": data.version, "digest": data.digest}
                node = f"dataset:{dataset_thing(told).key}"
                found.setdefault(node, {})[" ".join(data.license.split())] = None
    return found


def _ask_others(
    reader: Reader,
    connection: Connection,
    licences: dict[str, dict[str, None]],
    things: Mapping[int, LineageNode],
) -> None:
    """Add the licences of data sets that no version of the lineage states."""
    open_still = {
        ident: node.id
        for ident, node in things.items()
        if node.kind == "dataset" and node.id not in licences
    }
    users = {child for _, child, *_ in steps(connection, open_still, "down") if child > 0}
    newest = sorted(users, reverse=True)[:_OTHERS_MOST]
    told = _of_data(_details(reader, connection, newest).values())
    licences.update({node: told[node] for node in open_still.values() if node in told})

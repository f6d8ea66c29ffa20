"""From what a caller writes to a thing of the lineage: a version, a data set, a commit or a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from modelshelf.catalog import graph
from modelshelf.domain.errors import Invalid, NotFound
from modelshelf.domain.names import parse_reference
from modelshelf.domain.text import safe
from modelshelf.domain.things import Asked, Thing, parse_thing, thing_of

if TYPE_CHECKING:
    from modelshelf.catalog.driver import Connection
    from modelshelf.catalog.reader import Found, Reader
    from modelshelf.registry.context import Context


def find_named(reader: Reader, text: str) -> Found | Asked:
    """Return the version that ``text`` names, or the other thing that is written so.

    Raises:
        Invalid, NotFound, Conflict: It can only be a reference, and names no single version.
    """
    other = parse_thing(text)
    if other is None:
        reference = parse_reference(text)
        if reference.kind == "model":
            raise Invalid(
                f"{safe(text, 120)} alone is no version, and a version is needed, or another thing",
                hint=f"Write {safe(text, 120)}:latest for a version, dataset:{safe(text, 120)} for"
                " a data set; also run:, code:, features:, consumer:, hf:.",
                subject=safe(text, 200),
            )
        return reader.one(reference)
    try:
        return reader.one(parse_reference(text))  # a model may be called "run" or "dataset"
    except (Invalid, NotFound):
        return other


def find_things(context: Context, text: str) -> tuple[graph.Ident, ...]:
    """Return ids of what ``text`` names: one version, or every other thing that fits.

    ``dataset:customers`` fits all its versions; the one that was known first comes first. A
    consumer that only leases tell of goes by its name.

    Raises:
        Invalid, NotFound, Conflict: It names nothing that is known.
    """
    reader = context.versions()
    named = find_named(reader, text)
    if not isinstance(named, Asked):
        return (named.id,)
    found = _fitting(context, named)
    if not found:
        raise NotFound(
            f"nothing is known of {safe(text, 120)}",
            why="no version was ever linked to it",
            hint="modelshelf lineage MODEL:vN shows what a version is linked to.",
            subject=safe(text, 200),
        )
    return found


def _fitting(context: Context, asked: Asked) -> tuple[graph.Ident, ...]:
    from modelshelf.catalog.lineage import has_lease

    found: tuple[graph.Ident, ...] = graph.fitting(context.connection(), asked)
    if found or asked.kind != "consumer" or context.seq is not None:
        return found
    return (asked.text,) if has_lease(context.connection(), asked.text) else ()


def thing_inside(reader: Reader, connection: Connection, text: str) -> Thing:
    """Return the one thing that ``text`` names, also one that nothing was linked to so far.

    Args:
        reader: Reads versions, inside a transaction or not.
        connection: The connection behind it.
        text: A reference, or a thing as :func:`~modelshelf.domain.things.parse_thing` reads it.

    Raises:
        Invalid, NotFound: It is a reference and names no version.
        Conflict: It fits several things.
    """
    found = find_named(reader, text)
    if isinstance(found, Asked):
        return graph.one_thing(connection, found) or thing_of(found)
    return Thing("version", str(found.id), found.model, found.reference)

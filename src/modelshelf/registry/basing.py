"""What a version names besides its base: further bases, and code whose bytes are kept here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from modelshelf.domain.errors import Invalid, NotFound
from modelshelf.domain.names import parse_reference
from modelshelf.domain.things import is_outside

if TYPE_CHECKING:
    from modelshelf.catalog.reader import Found, Reader
    from modelshelf.domain.provenance import Code, Details
    from modelshelf.registry.context import Context


_SHOWN = 12


def check_kept(context: Context, code: Code | None) -> None:
    """Check, inside the write lock, that the bytes that the code of a version names are kept.

    Raises:
        NotFound: Its patch or its snapshot is not.
    """
    if code is None:
        return
    for part, digest in (("patch", code.patch), ("snapshot", code.snapshot)):
        if digest is not None and not context.blobs.has(digest):
            raise NotFound(
                f"the {part} {digest[:_SHOWN]}… is not kept in this registry",
                why="no bytes of this digest were stored, or they were collected",
                hint="Store them first: registry.reproductions.keep(data); or leave it out.",
                subject=digest,
            )


def settle_bases(reader: Reader, details: Details) -> tuple[tuple[str, ...], dict[str, int]]:
    """Return the further bases as they are recorded, and the ids of those that are versions.

    A reference is recorded with its number, because what ``churn:latest`` names moves.

    Raises:
        Invalid, NotFound, Conflict: One is neither the address of a model outside nor a version.
    """
    names: list[str] = []
    ids: dict[str, int] = {}
    for text in details.bases:
        found = _found(reader, text)
        if found is None:
            names.append(text)
        elif found.reference != details.base:
            names.append(found.reference)
            ids[found.reference] = found.id
    return tuple(dict.fromkeys(names)), ids


def _found(reader: Reader, text: str) -> Found | None:
    """Return the version that a text names; ``None`` where it names a model outside."""
    if not is_outside(text):
        return reader.one(parse_reference(text))
    try:
        return reader.one(parse_reference(text))  # a model may be called "hf"
    except (Invalid, NotFound):
        return None

"""What a version was made from besides its base: versions of this registry, and models outside."""

from __future__ import annotations

from typing import TYPE_CHECKING

from modelshelf.domain.names import parse_reference
from modelshelf.domain.things import is_outside

if TYPE_CHECKING:
    from modelshelf.catalog.reader import Reader
    from modelshelf.domain.provenance import Details


def settle_bases(reader: Reader, details: Details) -> tuple[tuple[str, ...], dict[str, int]]:
    """Return the further bases as they are recorded, and the ids of those that are versions.

    A reference is recorded with its number, because what ``churn:latest`` names moves.

    Raises:
        Invalid, NotFound, Conflict: One is neither the address of a model outside nor a version.
    """
    names: list[str] = []
    ids: dict[str, int] = {}
    for text in details.bases:
        if is_outside(text):
            names.append(text)
            continue
        found = reader.one(parse_reference(text))
        if found.reference != details.base:
            names.append(found.reference)
            ids[found.reference] = found.id
    return tuple(dict.fromkeys(names)), ids

"""The recorded attempts to make a version again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from modelshelf.catalog.reproductions import attempts
from modelshelf.registry.versions import Versions

if TYPE_CHECKING:
    from modelshelf.domain.reproduction import Reproduction
    from modelshelf.registry.context import Context

_MOST = 200


def recorded(context: Context, reference: str) -> tuple[Reproduction, ...]:
    """Return the newest 200 attempts of a version, newest first; see ``Reproductions.list``."""
    version = Versions(context).get(reference)
    live = context.database.reader()
    return attempts(live, version.id, version.reference, seq=context.seq, limit=_MOST)

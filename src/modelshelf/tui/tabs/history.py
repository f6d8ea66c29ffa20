"""The tab with the audit entries about a version, newest first."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from rich.cells import cell_len

from modelshelf.tui import store
from modelshelf.tui.show import age, styled
from modelshelf.tui.tabs import Telling, Told, plainly

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from modelshelf.domain.audit import Entry
    from modelshelf.registry import Registry

_LOOKED_AT = 200
_ACTOR_MOST = 16


def look(registry: Registry, reference: str) -> Telling:
    """Return the entries that concern a version, of its model's newest ones."""
    version = registry.versions.get(reference)
    entries = registry.audit.entries(model=version.model, limit=_LOOKED_AT)
    return partial(_tell, [entry for entry in entries if store.concerns(entry, version)])


def _tell(entries: Sequence[Entry], now: datetime) -> Told:
    room = min(_ACTOR_MOST, max((cell_len(entry.actor) for entry in entries), default=0))
    rows = [
        (
            f"{age(now, entry.at):>6}",
            styled(
                (entry.actor, "strong"), " " * (room - cell_len(entry.actor) + 2), entry.sentence
            ),
        )
        for entry in entries
    ]
    told = f"Nothing in the newest {_LOOKED_AT:,} entries of this model; all of them: key 7."
    return Told(rows or [plainly(told)])

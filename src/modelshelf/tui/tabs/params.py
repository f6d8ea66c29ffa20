"""The tab with the parameters, and where they are not those of what serves now."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from modelshelf.domain.text import safe
from modelshelf.tui import store
from modelshelf.tui.show import styled
from modelshelf.tui.tabs import ROWS_SHOWN, Telling, Told, and_more, plainly

if TYPE_CHECKING:
    from datetime import datetime

    from modelshelf.domain.models import ModelVersion
    from modelshelf.registry import Registry
    from modelshelf.tui.widgets.paragraphs import Paragraph

_NONE = "No parameters are recorded: modelshelf amend gives them, and capture records them."


def look(registry: Registry, reference: str) -> Telling:
    """Return the parameters of a version and who serves now."""
    version = registry.versions.get(reference)
    return partial(_tell, version, store.rival(registry, version))


def _tell(version: ModelVersion, rival: ModelVersion | None, _now: datetime) -> Told:
    mine, theirs = version.params, rival.params if rival is not None else None
    if not mine:
        return Told([plainly(_NONE)])
    names = sorted({*mine, *(theirs or ())})
    rows = [_row(name, mine.get(name), theirs, rival) for name in names[:ROWS_SHOWN]]
    rows += and_more(ROWS_SHOWN, len(names), f"modelshelf show {safe(version.reference)}")
    if rival is not None:
        differing = sum(mine.get(name) != rival.params.get(name) for name in names)
        told = f"≠ marks what is not as in {rival.reference}, which holds {rival.stage}"
        same = f"all as in {rival.reference}, which holds {rival.stage}"
        rows += [plainly(""), plainly(told if differing else same)]
    return Told(rows)


def _row(name: str, mine: str | None, theirs: object, rival: ModelVersion | None) -> Paragraph:
    """Return a parameter, with the other's value where it is another."""
    shown = styled((mine, "plain")) if mine is not None else styled(("not recorded", "dim"))
    if rival is None or theirs is None or rival.params.get(name) == mine:
        return f"  {safe(name, 120)}", shown
    other = rival.params.get(name, "not recorded")
    return f"≠ {safe(name, 120)}", shown + styled((f"   v{rival.number}: ", "dim"), (other, "dim"))

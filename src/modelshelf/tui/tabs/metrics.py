"""The tab with the numbers: how each moved over the versions, and against what serves now."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from textual.content import Content

from modelshelf.domain.comparison.measures import direction
from modelshelf.domain.origins import source_words
from modelshelf.domain.text import safe
from modelshelf.tui import store
from modelshelf.tui.show import STYLES, number, styled
from modelshelf.tui.tabs import ROWS_SHOWN, Telling, Told, and_more, plainly
from modelshelf.tui.widgets.spark import spark

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from modelshelf.domain.models import ModelVersion, VersionDetail
    from modelshelf.registry import Registry
    from modelshelf.tui.widgets.paragraphs import Paragraph

_LINE = 32
_AFTER = 8
_NONE = (
    "No metrics are recorded: modelshelf amend gives them, and so does registering with a "
    "metrics file beside the model."
)


@dataclass(frozen=True, slots=True)
class _Measured:
    """A version's numbers, the versions around it, oldest first, and who serves now."""

    known: VersionDetail
    around: Sequence[ModelVersion]
    rival: ModelVersion | None


def look(registry: Registry, reference: str) -> Telling:
    """Return the numbers of a version and of those around it."""
    known = registry.versions.detail(reference)
    version = known.version
    before = version.number + _AFTER + 1
    around = registry.versions.list(version.model, limit=_LINE, after=before)
    return partial(_tell, _Measured(known, around[::-1], store.rival(registry, version)))


def _tell(found: _Measured, _now: datetime) -> Told:
    names = sorted(found.known.version.metrics)
    if not names:
        return Told([plainly(_NONE)])
    rows: list[Paragraph] = []
    for name in names[:ROWS_SHOWN]:
        rows.append(_row(found, name))
        if line := _over_versions(found, name):
            rows.append((" ", line))
    rows += and_more(
        ROWS_SHOWN, len(names), f"modelshelf show {safe(found.known.version.reference)}"
    )
    if found.rival is not None:
        held = f"which holds {found.rival.stage}"
        rows += [plainly(""), plainly(f"± is against {found.rival.reference}, {held}")]
    return Told(rows)


def _row(found: _Measured, name: str) -> Paragraph:
    mine, rival = found.known.version.metrics[name], found.rival
    way = _way(found.known, name)
    parts = [Content(f"{number(mine):>10}")]
    theirs = rival.metrics.get(name) if rival is not None else None
    if theirs is not None:
        parts.append(_change(mine - theirs, theirs, way))
    if name in found.known.metric_sources and (where := source_words(found.known, name)):
        parts.append(styled((f"  {where}", "dim")))
    return f"{safe(name, 120)} {'↑' if way == 'higher' else '↓'}", Content("").join(parts)


def _way(known: VersionDetail, name: str) -> str:
    source = known.metric_sources.get(name)
    return (source.direction if source is not None else None) or direction(name)


def _change(distance: float, like: float, way: str) -> Content:
    """Return the distance, and in a word which of the two is better."""
    if not distance:
        return styled(("  the same          ", "dim"))
    shown = f"{number(distance, sign=True, like=like):>11} "
    if not math.isfinite(distance):
        return styled((shown, "dim"))
    better = (distance > 0) == (way == "higher")
    return Content.assemble(shown, ("better", "bold") if better else ("worse ", STYLES["warn"]))


def _over_versions(found: _Measured, name: str) -> Content | None:
    """Return the line over the versions, with this version's own point marked, and its ends."""
    values = [version.metrics.get(name) for version in found.around]
    known = [v for v in values if v is not None and math.isfinite(v)]
    if len(known) < 2:  # noqa: PLR2004 - one point is no line
        return None
    here = [v.id for v in found.around].index(found.known.version.id)
    first, last = found.around[0].number, found.around[-1].number
    ends = f"  v{first} to v{last}, {number(min(known))} to {number(max(known))}"
    return Content.assemble(spark(values, here), (ends, STYLES["dim"]))

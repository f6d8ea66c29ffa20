"""The tab with what a model takes and gives, and what its file says of itself."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from modelshelf.domain.origins import facts
from modelshelf.domain.text import safe
from modelshelf.tui.show import line, styled
from modelshelf.tui.tabs import ROWS_SHOWN, Telling, Told, and_more, heading, plainly

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from textual.content import Content

    from modelshelf.domain.inspection import TensorSpec
    from modelshelf.domain.models import VersionDetail
    from modelshelf.registry import Registry
    from modelshelf.tui.widgets.paragraphs import Paragraph

_METADATA_SHOWN = 40


def look(registry: Registry, reference: str) -> Telling:
    """Return what the file declares."""
    return partial(_tell, registry.versions.detail(reference))


def _tell(known: VersionDetail, _now: datetime) -> Told:
    seen, command = known.inspection, f"modelshelf show {safe(known.version.reference)}"
    rows = [*_side("inputs", seen.inputs, command), *_side("outputs", seen.outputs, command)]
    rows += [plainly(""), heading("the file"), ("format", line(known.version.format))]
    if seen.framework:
        rows.append(("framework", line(seen.framework)))
    rows += [(name, line(text)) for name, text in facts(seen) if text]
    if seen.scanner:
        rows.append(("looked into by", line(seen.scanner)))
    if seen.metadata:
        rows += [plainly(""), heading("written in the file")]
        names = sorted(seen.metadata)
        rows += [(safe(n, 120), line(seen.metadata[n])) for n in names[:_METADATA_SHOWN]]
        rows += and_more(_METADATA_SHOWN, len(names), command)
    return Told(rows)


def _side(name: str, specs: Sequence[TensorSpec], command: str) -> list[Paragraph]:
    if not specs:
        return [("", styled((name, "strong"), ("  not declared by the file", "dim")))]
    rows: list[Paragraph] = [heading(name, f"{len(specs):,}")]
    rows += [(safe(s.name, 120) or "(no name)", _spec(s)) for s in specs[:ROWS_SHOWN]]
    return rows + and_more(ROWS_SHOWN, len(specs), command)


def _spec(spec: TensorSpec) -> Content:
    shape = ", ".join("?" if side is None else str(side) for side in spec.shape)
    return styled(f"{safe(spec.dtype, 60):<10} ", (f"[{shape}]", "dim"))

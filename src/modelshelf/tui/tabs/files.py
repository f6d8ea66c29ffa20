"""The tab with the stored files, the tensors in them, and where the bytes lie."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from modelshelf.domain.text import plural, safe, size_text
from modelshelf.tui.show import line, styled
from modelshelf.tui.tabs import ROWS_SHOWN, Telling, Told, and_more, heading, plainly

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from modelshelf.domain.inspection import TensorEntry
    from modelshelf.domain.lineage import SameWeights
    from modelshelf.domain.models import VersionDetail
    from modelshelf.registry import Registry
    from modelshelf.tui.widgets.paragraphs import Paragraph

_DIGITS = 12


def look(registry: Registry, reference: str) -> Telling:
    """Return the manifest, the tensors, and who else holds the same."""
    known = registry.versions.detail(reference)
    return partial(_tell, known, registry.versions.same_weights(reference))


def _tell(known: VersionDetail, same: Sequence[SameWeights], _now: datetime) -> Told:
    version, stored = known.version, known.files
    rows: list[Paragraph] = [
        heading("files", f"{len(stored):,}, {size_text(version.size)} in all"),
        *(
            (safe(f.path, 200), styled(f"{size_text(f.size):>9}  ", (f.digest[:_DIGITS], "dim")))
            for f in stored[:ROWS_SHOWN]
        ),
        *and_more(ROWS_SHOWN, len(stored), f"modelshelf show {safe(version.reference)}"),
        plainly(_where(known)),
        plainly(""),
    ]
    return Told([*rows, *_tensors(known), *_same(same)])


def _where(known: VersionDetail) -> str:
    if known.version.freed:
        return "The bytes were given up to make room; the entry and its digests stay."
    if known.place:
        return safe(f"The bytes were left in place at {known.place}", 400)
    return "The bytes are in the registry: O opens the folder."


def _tensors(known: VersionDetail) -> list[Paragraph]:
    seen, held = known.inspection, known.inspection.weights
    count = held.count if held is not None else seen.tensors or 0
    if not count:
        return [("", styled(("tensors", "strong"), ("  none that can be read here", "dim")))]
    weights = plural(seen.parameters, "weight") if seen.parameters is not None else ""
    rows = [heading("tensors", ", ".join(filter(None, (f"{count:,}", weights))))]
    if held is None:
        return [*rows, plainly("Which they are was not looked at when it was registered.")]
    shown = held.tensors[:ROWS_SHOWN]
    rows += [(_kind(tensor), line(tensor.name)) for tensor in shown]
    command = f"modelshelf show {safe(known.version.reference)} --json"
    return rows + and_more(len(shown), count, command)


def _kind(tensor: TensorEntry) -> str:
    shape = ", ".join(map(str, tensor.shape))
    return safe(f"{tensor.dtype}[{shape}]", 60)


def _same(same: Sequence[SameWeights]) -> list[Paragraph]:
    rows: list[Paragraph] = [plainly(""), heading("same weights")] if same else []
    for other in same:
        share = "all tensors" if other.exact else f"{other.share:.0%} of the largest tensors"
        rows.append((safe(other.reference, 120), line(share)))
    return rows

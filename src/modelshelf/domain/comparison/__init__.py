"""What differs between versions: everything recorded, side by side, one of them the baseline."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TYPE_CHECKING

from modelshelf.domain.comparison import contents, making, measures
from modelshelf.domain.comparison.measures import direction
from modelshelf.domain.comparison.sheet import Sheet
from modelshelf.domain.comparison.values import (
    CommitRange,
    ComparedRow,
    Comparison,
    Direction,
    LongText,
    Section,
    Value,
)

if TYPE_CHECKING:
    from modelshelf.domain.comparison.ancestry import Ancestry
    from modelshelf.domain.models import VersionDetail

_PLAIN: dict[str, Callable[[Sheet], Section]] = {
    "metrics": measures.metrics,
    "params": measures.params,
    "datasets": making.datasets,
    "features": making.features,
    "bases": making.bases,
    "run": making.run,
    "environment": making.environment,
    "signature": contents.signature,
    "files": contents.files,
    "format": contents.form,
    "weights": contents.weights,
    "scan": contents.scan,
}
SECTIONS = (
    "metrics", "params", "tags", "datasets", "features", "bases", "code", "run", "environment",
    "signature", "files", "format", "weights", "card", "lineage", "scan",
)  # fmt: skip
"""The names of all sections, in the order to be shown."""


def compare(
    details: Sequence[VersionDetail],
    *,
    baseline: int = 0,
    only: Collection[str] = (),
    ranges: Mapping[int, CommitRange] | None = None,
    code_notes: tuple[str, ...] = (),
    ancestry: Ancestry | None = None,
) -> Comparison:
    """Lay versions side by side.

    Args:
        details: The versions, in the order of the columns.
        baseline: The place of the one that the others are measured against.
        only: Names of the sections to lay; all when empty.
        ranges: What a repository says of the commits between the baseline and another, by place.
        code_notes: Why a repository does not say more.
        ancestry: What the versions came from; without it the section ``lineage`` is empty.
    """
    sheet = Sheet(details, baseline)

    def section(name: str) -> Section:
        if name == "code":
            return making.code(sheet, ranges or {}, code_notes)
        if name == "tags":
            return Section("tags", sheet.keyed(lambda d: d.version.tags))
        if name == "card":
            from modelshelf.domain.comparison.cards import card  # loads difflib

            return card(sheet)
        if name == "lineage":
            from modelshelf.domain.comparison.ancestry import lineage

            return lineage(sheet, ancestry)
        return _PLAIN[name](sheet)

    wanted = (name for name in SECTIONS if not only or name in only)
    references = tuple(detail.version.reference for detail in details)
    return Comparison(references, tuple(section(name) for name in wanted), baseline)


__all__ = [
    "SECTIONS",
    "CommitRange",
    "ComparedRow",
    "Comparison",
    "Direction",
    "LongText",
    "Section",
    "Value",
    "compare",
    "direction",
]

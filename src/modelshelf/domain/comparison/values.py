"""The values of a comparison: rows, sections, and the whole."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

Value = str | int | float | bool | None
Direction = Literal["higher", "lower", ""]


@dataclass(frozen=True, slots=True)
class ComparedRow:
    """One thing that is compared.

    Attributes:
        key: Its name, unique within the section.
        values: One for each version, in order; ``None`` where it is not recorded.
        differs: Whether any version differs from the baseline.
        deltas: The value less the baseline's where both are numbers, else ``None``; that of the
            baseline is always ``None``.
        direction: For metrics, whether ``higher`` or ``lower`` is better; else empty.
        best: For metrics, the places of the best value; empty when there is nothing to choose from.
    """

    key: str
    values: tuple[Value, ...]
    differs: bool
    deltas: tuple[float | None, ...]
    direction: Direction = ""
    best: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class LongText:
    """What differs between a version and the baseline and takes more than a cell.

    Attributes:
        place: Which version.
        title: What it is, in a few words: ``3 commits``.
        text: Its lines.
        kind: ``diff`` for a unified diff, ``log`` for lines of a log.
    """

    place: int
    title: str
    text: str
    kind: Literal["diff", "log"]


@dataclass(frozen=True, slots=True)
class Section:
    """Rows of one kind.

    Attributes:
        name: One of :data:`~modelshelf.domain.comparison.SECTIONS`.
        rows: In the order to be shown.
        notes: What no row can say, a sentence each.
        texts: Long texts, in the order of the versions.
    """

    name: str
    rows: tuple[ComparedRow, ...]
    notes: tuple[str, ...] = ()
    texts: tuple[LongText, ...] = ()

    @property
    def differs(self) -> bool:
        """Whether any row differs."""
        return any(row.differs for row in self.rows)


@dataclass(frozen=True, slots=True)
class Comparison:
    """Versions side by side.

    Attributes:
        references: The versions, in the order given.
        sections: Those asked for, in a fixed order; some may be empty.
        baseline: The place of the version that the others are measured against.
    """

    references: tuple[str, ...]
    sections: tuple[Section, ...]
    baseline: int = 0

    @property
    def differs(self) -> bool:
        """Whether anything differs."""
        return any(section.differs for section in self.sections)

    def differing(self) -> Comparison:
        """Return only what differs; sections where nothing does are left out."""
        kept = (
            replace(s, rows=tuple(r for r in s.rows if r.differs))
            for s in self.sections
            if s.differs
        )
        return replace(self, sections=tuple(kept))

    def section(self, name: str) -> Section:
        """Return the section of that name; an empty one when it was left out."""
        return next((s for s in self.sections if s.name == name), Section(name, ()))


@dataclass(frozen=True, slots=True)
class CommitRange:
    """What lies between two commits of a repository.

    Attributes:
        ahead: One line for each commit that only the other version has, newest first, at most as
            many as were asked for.
        behind: One line for each commit that only the baseline has, likewise.
        ahead_count: How many there are.
        behind_count: How many there are.
        files: How many files differ.
        why: Why nothing is known, a clause; else empty.
    """

    ahead: tuple[str, ...] = ()
    behind: tuple[str, ...] = ()
    ahead_count: int = 0
    behind_count: int = 0
    files: int = 0
    why: str = ""

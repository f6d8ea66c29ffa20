"""What scanning versions again found."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rescan:
    """One version that was looked into again.

    Attributes:
        reference: The version.
        before: The verdict that was recorded.
        after: The verdict of today.
        reason: The gravest thing that was found, as a clause; empty for a clean one.
        changed: Whether anything but the scanner's name differs.
    """

    reference: str
    before: str
    after: str
    reason: str
    changed: bool

    @property
    def refused(self) -> bool:
        """Whether it would be refused today and was not then."""
        unsafe = ("dangerous", "incomplete")
        return self.after in unsafe and self.before not in unsafe


@dataclass(frozen=True, slots=True)
class ScanReport:
    """What a run of scans found.

    Attributes:
        scanned: How many versions were looked into.
        changed: Those of which something else is known now.
        unreadable: References of those whose bytes could not be read, with the reason.
        recorded: Whether the findings were recorded.
    """

    scanned: int
    changed: tuple[Rescan, ...]
    unreadable: tuple[str, ...]
    recorded: bool

    @property
    def refused(self) -> tuple[Rescan, ...]:
        """Those that would be refused today."""
        return tuple(each for each in self.changed if each.refused)

"""How the drop folders are watched, as a value for whoever shows it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

How = Literal["events", "polling", "missing", "waiting for another process"]


@dataclass(frozen=True, slots=True)
class FolderState:
    """How one drop folder is watched.

    Attributes:
        folder: Its absolute path.
        label: What the policy calls it, fit to be shown.
        how: By the system's events about files; by polling; not at all, because it is not there or
            cannot be used; or not by this process, because another one does.
        why: The reason, a clause: why it is polled or not watched, or which process watches it.
            Empty for events.
    """

    folder: str
    label: str
    how: How
    why: str = ""

    @property
    def watched(self) -> bool:
        """Whether what is dropped there is taken in by this process."""
        return self.how in ("events", "polling")

    def __str__(self) -> str:
        """One line for a log."""
        match self.how:
            case "events":
                return f"{self.label}: watched by file events"
            case "polling":
                return f"{self.label}: watched by polling ({self.why})"
            case "missing":
                return f"{self.label}: not watched ({self.why})"
            case _:
                return f"{self.label}: not watched, another process does ({self.why})"


@dataclass(frozen=True, slots=True)
class WatchState:
    """How all drop folders of a registry are watched, and what has come of it.

    Attributes:
        folders: The drop folders in the order of the policy; none when nothing is watched.
        why: Why nothing is taken in at present, a sentence; empty while all is well.
        taken: Versions made since the watching began.
        waiting: What is not finished now.
        refused: What lies there now and was refused.
        restarts: How often listening had to begin anew.
    """

    folders: tuple[FolderState, ...] = ()
    why: str = ""
    taken: int = 0
    waiting: int = 0
    refused: int = 0
    restarts: int = 0

"""The drop folders are watched while the app is open; this tells the screens what comes of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from modelshelf.tui.messages import WatchReport

if TYPE_CHECKING:
    from modelshelf.domain.intake import Sighting, SweepReport

Tell = Callable[[WatchReport], object]


class Beside:
    """Turns what the watcher says into messages.

    Attributes:
        state: The short line for the head of the screen.
    """

    def __init__(self, tell: Tell) -> None:
        """Report through ``tell``, from the watcher's own thread."""
        self._tell = tell
        self._known: frozenset[str] = frozenset()
        self.state = ""

    def notice(self, said: str) -> None:
        """Hear a line of the watcher."""
        if said.startswith("watching by polling"):
            self._go("watching (polling)")
        elif said.startswith("watching ended"):
            self._go("")
        elif said.startswith("watching "):
            self._go("watching")
        elif "another" in said or "watches" in said:
            self._go("another process watches")
        elif "not watched" in said or "could not look" in said:
            self._go("not watching", refused=(said,))

    def report(self, sweep: SweepReport) -> None:
        """Hear what a sweep did."""
        waiting = len(sweep.waiting)
        self.state = f"watching · {waiting} waiting" if waiting else "watching"
        refused = {_refusal(seen) for seen in sweep.refused}
        new, self._known = refused - self._known, frozenset(refused)
        taken = tuple(seen.reference for seen in sweep.taken if seen.reference)
        self._go(self.state, taken=taken, refused=tuple(sorted(new)))

    def _go(self, state: str, taken: tuple[str, ...] = (), refused: tuple[str, ...] = ()) -> None:
        self.state = state
        self._tell(WatchReport(state, taken, refused))


def watch_beside(registry_path: Path, actor: str | None, tell: Tell) -> Callable[[float], object]:
    """Begin to watch the drop folders in a thread of its own.

    Args:
        registry_path: The registry.
        actor: Who acts; ``None`` lets the settings say.
        tell: Is handed what happens, in that thread.

    Returns:
        Ends the watching; waits for the file at work, for the seconds it is given at most.
    """
    from modelshelf.watcher import BackgroundWatcher

    beside = Beside(tell)
    watcher = BackgroundWatcher(
        registry_path, actor=actor, on_report=beside.report, on_notice=beside.notice
    )
    watcher.start()
    return watcher.stop


def _refusal(seen: Sighting) -> str:
    return f"{seen.path} was refused: {seen.reason}"

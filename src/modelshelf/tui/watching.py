"""The drop folders are watched while the app is open; this tells the screens what comes of it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from modelshelf.domain.text import safe
from modelshelf.tui.messages import WatchReport

if TYPE_CHECKING:
    from modelshelf.domain.deliveries import Delivery
    from modelshelf.domain.intake import Sighting, SweepReport
    from modelshelf.watcher import BackgroundWatcher, Deliverer, WatchState

Tell = Callable[[WatchReport], object]

_HEADLINE_MOST = 80


class Beside:
    """Turns what the watcher says into messages.

    Attributes:
        state: The short line for the head of the screen.
    """

    def __init__(self, tell: Tell) -> None:
        """Report through ``tell``, from the watcher's own thread."""
        self._tell = tell
        self._known: frozenset[str] = frozenset()
        self._troubles: frozenset[str] = frozenset()
        self.state = ""

    def watched(self, state: WatchState) -> None:
        """Hear how the folders are watched; what is new trouble is told as a note too."""
        troubles = frozenset(_troubles(state))
        new, self._troubles = troubles - self._troubles, troubles
        self.state = headline(state)
        self._tell(WatchReport(self.state, (), tuple(sorted(new))))

    def report(self, sweep: SweepReport) -> None:
        """Hear what a sweep did."""
        refused = {_refusal(seen) for seen in sweep.refused}
        new, self._known = refused - self._known, frozenset(refused)
        taken = tuple(seen.reference for seen in sweep.taken if seen.reference)
        if taken or new:
            self._tell(WatchReport(self.state, taken, tuple(sorted(new))))

    def hooks(self, line: str) -> None:
        """Hear that hooks cannot be told, or can be again."""
        self._tell(WatchReport(self.state, (), (line,)))

    def delivered(self, delivery: Delivery) -> None:
        """Hear of an attempt to tell a hook; only one that was given up is worth a note."""
        from modelshelf.watcher import told

        if delivery.state == "failed":
            self.hooks(told(delivery))


def headline(state: WatchState) -> str:
    """Return a few words about how the folders are watched; none when the watching has ended."""
    if state.why:
        return safe(f"not watching: {state.why}", _HEADLINE_MOST)
    if not state.folders:
        return ""
    watched = [folder for folder in state.folders if folder.watched]
    if not watched:
        first = state.folders[0]
        others = first.how == "waiting for another process"
        words = f"another process watches ({first.why})"
        return safe(
            words if others else f"not watching: {first.label}: {first.why}", _HEADLINE_MOST
        )
    polled = [f"{folder.label}: {folder.why}" for folder in watched if folder.how == "polling"]
    words = f"watching by polling ({', '.join(polled)})" if polled else "watching"
    missed = [folder.label for folder in state.folders if not folder.watched]
    words += f", not {', '.join(missed)}" if missed else ""
    waiting = f" · {state.waiting} waiting" if state.waiting else ""
    return safe(words, _HEADLINE_MOST) + waiting


class Watch:
    """The watching while it goes on: call it to end it.

    Attributes:
        wake: Has it look into the drop folders soon.
    """

    def __init__(self, watcher: BackgroundWatcher, deliverer: Deliverer) -> None:
        """Stand for ``watcher``, and for what tells the hooks meanwhile."""
        self.wake = watcher.wake
        self._stops = (watcher.stop, deliverer.stop)

    def __call__(self, seconds: float) -> None:
        """End both, and wait for the file and the hook at work so long at most each."""
        for stop in self._stops:
            stop(seconds)


def watch_beside(registry_path: Path, actor: str | None, tell: Tell) -> Watch:
    """Begin to watch the drop folders, and to tell the hooks, each in a thread of its own.

    Args:
        registry_path: The registry.
        actor: Who acts; ``None`` lets the settings say.
        tell: Is handed what happens, in that thread.

    Returns:
        What ends the watching when it is called, and wakes it.
    """
    from modelshelf.registry import open_registry
    from modelshelf.watcher import BackgroundWatcher, Deliverer

    beside = Beside(tell)
    watcher = BackgroundWatcher(
        registry_path,
        actor=actor,
        on_report=beside.report,
        on_notice=lambda _line: None,
        on_state=beside.watched,
    )
    opening = partial(open_registry, registry_path, actor=actor)
    deliverer = Deliverer(opening, beside.hooks, on_delivery=beside.delivered)
    watcher.start()
    deliverer.start()
    return Watch(watcher, deliverer)


def _troubles(state: WatchState) -> list[str]:
    """Return the sentences that a person is to be told once."""
    missing = [str(folder) for folder in state.folders if folder.how == "missing"]
    return [f"not watching: {state.why}", *missing] if state.why else missing


def _refusal(seen: Sighting) -> str:
    return f"{seen.path} was refused: {seen.reason}"

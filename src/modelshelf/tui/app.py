"""The app itself: opens the registry beside the screen, keeps the modes, survives mishaps."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, cast

from textual import on

from modelshelf.domain.errors import ModelshelfError
from modelshelf.tui import crash
from modelshelf.tui.actions import MODES, bindings
from modelshelf.tui.commands import ShelfCommands
from modelshelf.tui.going import Going
from modelshelf.tui.memory import PERSON, Memory, words
from modelshelf.tui.messages import (
    CatalogBack,
    CatalogChanged,
    CatalogFailed,
    CatalogOpened,
    FactsChanged,
    WatchReport,
)
from modelshelf.tui.personal import Personal
from modelshelf.tui.polling import ChangePoller
from modelshelf.tui.screens.frame import Frame
from modelshelf.tui.signals import HUNG_UP, restore_on_signals, terminal_is_gone
from modelshelf.tui.store import Store
from modelshelf.tui.widgets.masthead import Masthead

if TYPE_CHECKING:
    from modelshelf.registry import Registry
    from modelshelf.tui.watching import Tell

_SAVING = 30.0
_LOOKING = 2.0  # seconds between two looks whether the terminal is still there


def _now() -> datetime:
    return datetime.now(UTC)


def _made(mode: str) -> Frame:
    """Make the screen of a mode; its module is imported when somebody first goes there."""
    module = import_module(f"modelshelf.tui.screens.{mode}")
    return cast("Frame", getattr(module, f"{mode.capitalize()}Screen")())


class ModelshelfApp(Going):
    """The terminal app.

    Attributes:
        clock: Returns the present moment; ages are counted from it.
        path: The registry's folder as people say it.
        mishaps: Defects of ours that workers met; empty in every test.
    """

    TITLE = "Modelshelf"
    MODES: ClassVar[dict[str, Any]] = {mode: partial(_made, mode) for mode in MODES}
    BINDINGS = bindings("app")
    COMMANDS = Going.COMMANDS | {ShelfCommands}

    def __init__(
        self,
        opener: Callable[[], Registry],
        *,
        path: str = "",
        clock: Callable[[], datetime] = _now,
        watch: Callable[[Tell], Callable[[float], object]] | None = None,
        poll_seconds: float = 1.0,
        state_folder: Path | None = None,
        start: str = "",
        settings: Personal | None = None,
    ) -> None:
        """Make the app; nothing is opened before the first paint.

        Args:
            opener: Opens the registry; called on another thread, again after each failure.
            path: What the head shows until the registry is open; what is remembered goes by it.
            clock: Returns the present moment, aware.
            watch: Starts watching drop folders, told where to report; returns what ends it,
                which waits for the seconds it is given at most.
            poll_seconds: Between two looks at the catalog's change counter.
            state_folder: Where crashes and what is remembered are written to; ``None``: nowhere.
            start: The mode to begin in; empty: as the settings say, else the one that was left,
                else the first.
            settings: What the person chose; ``None``: nothing.
        """
        memory, chosen = Memory(state_folder, path), settings or Personal()
        left = start or chosen.start or words(memory.of("app"), "mode")
        self.DEFAULT_MODE = left if left in MODES else MODES[0]  # type: ignore[misc] # Textual reads it here
        super().__init__(memory, chosen, Store(opener))
        self.clock = clock
        self.mishaps: list[Exception] = []
        self.path = path
        self._watch = watch
        self._stop_watching: Callable[[float], object] | None = None
        self._state_folder = state_folder
        self._poller = ChangePoller(self.store, self.post_message, seconds=poll_seconds)
        self._state = ""
        self._failure: ModelshelfError | None = None

    # --- beginning and end --------------------------------------------------------------------

    def on_mount(self) -> None:
        """Take the person's settings; begin to open the registry once something is painted."""
        self.take_settings()
        self.store.refuse_this_thread()
        if not self.is_headless:
            restore_on_signals(self.leave)
            self.set_interval(_LOOKING, self._leave_with_terminal)
        self.set_interval(_SAVING, self.save_state)
        self.call_after_refresh(self._poller.start)

    def on_unmount(self) -> None:
        """Stop the threads; the watcher may finish the file at work when the screen is gone."""
        self.end_watching(0.0)
        self._poller.stop()

    def end_watching(self, seconds: float) -> None:
        """End the watching, and wait for the file at work so long at most."""
        if self._stop_watching is not None:
            self._stop_watching(seconds)

    def _leave_with_terminal(self) -> None:
        if terminal_is_gone():
            self.leave(HUNG_UP)

    def leave(self, code: int = 0) -> None:
        """Remember where one was, and end the app with this exit code."""
        self.save_state()
        self.exit(return_code=code)

    def save_state(self) -> None:
        """Write what is remembered; a folder that cannot be written is told once."""
        for where, frame in self._frames.items():
            if frame.is_mounted:
                self.memory.keep(where, frame.remember())
        self.memory.keep("app", {"mode": self.current_mode})
        self.memory.keep(PERSON, self.remembered())
        wrong = self.memory.save()
        if wrong:
            self.memory = Memory(None, self.path)
            self.tell(f"Where you are cannot be remembered: {wrong}.", severity="warning")

    def _handle_exception(self, error: Exception) -> None:
        """Write a redacted report instead of a traceback with everybody's data in it."""
        if self.is_headless:  # a test wants the error itself
            super()._handle_exception(error)
        else:
            super()._handle_exception(crash.Apology(error, self._write_report(error)))

    def _write_report(self, error: Exception) -> Path | None:
        if self._state_folder is None:
            return None
        return crash.write(error, self._state_folder, self.clock())

    def mishap(self, error: Exception) -> ModelshelfError:
        """Keep a defect that a worker met, and return it as an error that can be said."""
        self.mishaps.append(error)
        file = self._write_report(error)
        return ModelshelfError(
            "Modelshelf made a mistake",
            why=type(error).__name__,
            hint=f"What is needed to mend it was written to {file}." if file else "",
        )

    # --- the registry -------------------------------------------------------------------------

    @on(CatalogOpened)
    def _opened(self, message: CatalogOpened) -> None:
        self.present, self._failure = message.facts, None
        self.facts = self.facts if self.store.travelled else message.facts
        self.news.publish(message)
        if self._watch is not None and self._stop_watching is None:
            self._stop_watching = self._watch(self.post_message)

    def welcome(self, frame: Frame) -> None:
        """Tell a screen what is known of the registry; a new one first what it showed last."""
        masthead = frame.query_one(Masthead)
        masthead.path, masthead.state = self.path, self._state
        masthead.trouble = "" if self._failure is None else self._failure.what
        if frame.where in MODES and frame.where not in self._frames:
            self._frames[frame.where] = frame
            frame.recall(self.memory.of(frame.where))
        if self.facts is not None:
            masthead.path = self.path or self.facts.path
            masthead.know(self.facts)
            frame.opened(self.facts)
            frame.refresh_keys()
        elif self._failure is not None:
            frame.unopened(self._failure)

    @on(FactsChanged)
    def _facts_changed(self, message: FactsChanged) -> None:
        self.present = message.facts
        if self.facts is None or not self.facts.past:
            self.facts = message.facts
            self.news.publish(message)

    @on(CatalogFailed)
    @on(CatalogBack)
    def _reached(self, message: CatalogFailed | CatalogBack) -> None:
        self._failure = message.error if isinstance(message, CatalogFailed) else None
        self.news.publish(message)

    @on(CatalogChanged)
    def _changed(self, message: CatalogChanged) -> None:
        self.news.publish(message)
        self._poller.look_now()

    @on(WatchReport)
    def _watched(self, message: WatchReport) -> None:
        self._state = message.state
        self.news.publish(message)
        for reference in message.taken:
            self.tell(f"{reference} was taken in")
        for told in message.refused:
            self.tell(told, severity="warning")

    # --- actions ------------------------------------------------------------------------------

    def look_again(self) -> bool:
        """Have the watcher of this app look into the drop folders now; false if there is none."""
        wake = getattr(self._stop_watching, "wake", None)
        if wake is None:
            return False
        wake()
        return True

    async def action_quit(self) -> None:
        """Leave, unless something typed or at work would be lost; then say so first."""
        hidden = [frame for frame in self._frames.values() if frame is not self.screen]
        for frame in (self.screen, *hidden):
            told = frame.unsaved() if isinstance(frame, Frame) and frame.is_mounted else ""
            if told and frame is not self.screen:
                self.tell(told, severity="warning")
            if told:
                return
        self.leave()

    def action_undo(self) -> None:
        """Open the review of taking one's last change back."""
        from modelshelf.tui.screens.review import Review
        from modelshelf.tui.screens.undo import UndoScreen

        if self.facts is not None and not isinstance(self.screen, Review):
            self.push_screen(UndoScreen())

"""The app itself: opens the registry beside the screen, keeps the modes, survives mishaps."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, cast

from textual import on
from textual.app import App, SystemCommand
from textual.signal import Signal
from textual.widgets import Input

from modelshelf.domain.errors import ModelshelfError
from modelshelf.tui import crash, theme
from modelshelf.tui.action import Action
from modelshelf.tui.actions import bindings, reachable
from modelshelf.tui.commands import ShelfCommands
from modelshelf.tui.messages import CatalogChanged, CatalogFailed, CatalogOpened, WatchReport
from modelshelf.tui.polling import ChangePoller
from modelshelf.tui.screens.audit import AuditScreen
from modelshelf.tui.screens.frame import Frame
from modelshelf.tui.screens.help import HelpScreen
from modelshelf.tui.screens.inbox import InboxScreen
from modelshelf.tui.screens.lineage import LineageScreen
from modelshelf.tui.screens.models import ModelsScreen
from modelshelf.tui.screens.review import Review
from modelshelf.tui.screens.reviews import ReviewsScreen
from modelshelf.tui.screens.undo import UndoScreen
from modelshelf.tui.signals import restore_on_signals
from modelshelf.tui.store import Facts, Store
from modelshelf.tui.widgets.masthead import Masthead
from modelshelf.tui.widgets.vtable import VTable

if TYPE_CHECKING:
    from textual.message import Message
    from textual.screen import Screen

    from modelshelf.registry import Registry
    from modelshelf.tui.watching import Tell

_NO_TERMINAL = 2
_LAST_FILE_SECONDS = 10.0


def _now() -> datetime:
    return datetime.now(UTC)


class ModelshelfApp(App[None]):
    """The terminal app.

    Attributes:
        store: The registry, for worker threads only.
        clock: Returns the present moment; ages are counted from it.
        facts: What is known of the registry once it is open.
        path: The registry's folder as people say it.
        mishaps: Defects of ours that workers met; empty in every test.
    """

    TITLE = "Modelshelf"
    MODES: ClassVar[dict[str, Any]] = {
        "models": ModelsScreen,
        "inbox": InboxScreen,
        "reviews": ReviewsScreen,
        "lineage": LineageScreen,
        "audit": AuditScreen,
    }
    DEFAULT_MODE = "models"
    BINDINGS = bindings("app")
    COMMANDS = App.COMMANDS | {ShelfCommands}

    def __init__(
        self,
        opener: Callable[[], Registry],
        *,
        path: str = "",
        clock: Callable[[], datetime] = _now,
        watch: Callable[[Tell], Callable[[float], object]] | None = None,
        poll_seconds: float = 1.0,
        state_folder: Path | None = None,
    ) -> None:
        """Make the app; nothing is opened before the first paint.

        Args:
            opener: Opens the registry; called on another thread, again after each failure.
            path: What the head shows until the registry is open.
            clock: Returns the present moment, aware.
            watch: Starts watching drop folders, told where to report; returns what ends it,
                which waits for the seconds it is given at most.
            poll_seconds: Between two looks at the catalog's change counter.
            state_folder: Where a crash is written to; ``None`` writes none.
        """
        super().__init__()
        self.store = Store(opener)
        self.clock = clock
        self.facts: Facts | None = None
        self.mishaps: list[Exception] = []
        self.path = path
        self._watch = watch
        self._stop_watching: Callable[[float], object] | None = None
        self._state_folder = state_folder
        self._poller = ChangePoller(self.store, self.post_message, seconds=poll_seconds)
        self._state = ""
        self.news: Signal[Message] = Signal(self, "news of the registry")
        for one in (theme.DARK, theme.LIGHT):
            self.register_theme(one)

    # --- beginning and end --------------------------------------------------------------------

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Give other people's themes the names that our styles use."""
        return theme.FALLBACKS

    def on_mount(self) -> None:
        """Take our theme, and begin to open the registry once something is painted."""
        chosen = os.environ.get("TEXTUAL_THEME", "")
        self.theme = chosen if chosen in self.available_themes else theme.DARK.name
        self.store.refuse_this_thread()
        if not self.is_headless:
            restore_on_signals(lambda code: self.exit(return_code=code))
        self.call_after_refresh(self._poller.start)

    def on_unmount(self) -> None:
        """Stop the threads; the watcher may finish the file at work when the screen is gone."""
        self.end_watching(0.0)
        self._poller.stop()

    def end_watching(self, seconds: float) -> None:
        """End the watching, and wait for the file at work so long at most."""
        if self._stop_watching is not None:
            self._stop_watching(seconds)

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
        self.facts = message.facts
        self.news.publish(message)
        if self._watch is not None and self._stop_watching is None:
            self._stop_watching = self._watch(self.post_message)

    def welcome(self, frame: Frame) -> None:
        """Tell a screen what is known of the registry."""
        masthead = frame.query_one(Masthead)
        masthead.path, masthead.state = self.path, self._state
        if self.facts is not None:
            masthead.path, masthead.actor = self.path or self.facts.path, self.facts.actor
            frame.opened(self.facts)

    @on(CatalogFailed)
    @on(CatalogChanged)
    def _news_of_catalog(self, message: CatalogFailed | CatalogChanged) -> None:
        self.news.publish(message)

    @on(WatchReport)
    def _watched(self, message: WatchReport) -> None:
        self._state = message.state
        self.news.publish(message)
        for reference in message.taken:
            self.tell(f"{reference} was taken in")
        for told in message.refused:
            self.tell(told, severity="warning")

    def tell(self, text: str, *, severity: str = "information") -> None:
        """Show a passing note; its text is never read as markup."""
        from modelshelf.domain.text import safe

        self.notify(safe(text, 400), severity=cast("Any", severity), markup=False)

    # --- actions ------------------------------------------------------------------------------

    def look_again(self) -> bool:
        """Have the watcher of this app look into the drop folders now; false if there is none."""
        wake = getattr(self._stop_watching, "wake", None)
        if wake is None:
            return False
        wake()
        return True

    def go_to_model(self, name: str, number: int | None = None) -> None:
        """Show a model on the models screen, with the cursor on the version with this number."""
        self.action_mode("models")
        while not isinstance(self.screen, ModelsScreen) and len(self.screen_stack) > 1:
            self.pop_screen()
        if isinstance(self.screen, ModelsScreen):
            self.screen.select(name, number)

    def go_to_lineage(self, thing: str) -> None:
        """Show the lineage of a version or another thing."""
        self.action_mode("lineage")
        while not isinstance(self.screen, LineageScreen) and len(self.screen_stack) > 1:
            self.pop_screen()
        if isinstance(self.screen, LineageScreen):
            self.screen.go_to(thing)

    async def action_quit(self) -> None:
        """Leave, unless something typed would be lost; then say so first."""
        if not (isinstance(self.screen, Frame) and self.screen.unsaved()):
            self.exit()

    def action_undo(self) -> None:
        """Open the review of taking one's last change back."""
        if self.facts is not None and not isinstance(self.screen, Review):
            self.push_screen(UndoScreen())

    def action_mode(self, mode: str) -> None:
        """Go to another part of the app."""
        self.switch_mode(mode)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Take keys out of the footer that only type a character now."""
        typing = isinstance(self.focused, Input)
        return not (typing and action in ("show_help", "filter") and not parameters)

    def action_show_help(self, typing: int = 0) -> None:
        """Show all keys of this screen."""
        del typing
        frame = self.screen
        if isinstance(frame, Frame):
            listed = [(a, frame.reason_against(a.id)) for a in reachable(frame.where)]
            self.push_screen(HelpScreen(frame.where, listed), self._chosen)

    def _chosen(self, action: Action | None) -> None:
        if action is not None:
            self.call_later(self.perform, action)

    async def perform(self, action: Action) -> None:
        """Do what an action of the table does, where it belongs, or say why not."""
        frame = self.screen
        if isinstance(frame, Frame) and (reason := frame.reason_against(action.id)):
            frame.say(reason)
            return
        node: App[None] | Screen[Any] | VTable[Any] | None = self.screen
        if action.where == "app":
            node = self
        elif action.where == "table":
            node = self.focused if isinstance(self.focused, VTable) else None
        if node is not None:
            await self.run_action(action.call, default_namespace=node)

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        """Offer Textual's own commands that are of use here; ours are in ``commands``."""
        for command in super().get_system_commands(screen):
            if command.title in ("Theme", "Screenshot"):
                yield command

    def action_copy_text(self, text: str) -> None:
        """Put text on the clipboard and say so."""
        self.copy_to_clipboard(text)
        self.tell(f"copied: {text}")


def run(registry_path: Path, *, actor: str | None = None, watch: bool = True) -> int:
    """Run the terminal app on the registry in a folder until it is left.

    Args:
        registry_path: The folder.
        actor: Who is acting; ``None`` lets the settings say.
        watch: Whether to watch the drop folders meanwhile.

    Returns:
        The exit code: 0, 1 after a crash, 2 without a usable terminal, 128 and the signal's
        number when the system ended it.
    """
    if not _usable_terminal():
        print(  # noqa: T201 - there is no screen to say it on
            "The terminal app needs a terminal; the commands do not: modelshelf --help.",
            file=sys.stderr,
        )
        return _NO_TERMINAL
    from modelshelf.registry import open_registry
    from modelshelf.settings import state_folder
    from modelshelf.tui.watching import watch_beside

    app = ModelshelfApp(
        partial(open_registry, registry_path, actor=actor),
        path=_homely(registry_path),
        watch=partial(watch_beside, registry_path, actor) if watch else None,
        state_folder=state_folder(),
    )
    try:
        app.run()
    finally:
        app.end_watching(_LAST_FILE_SECONDS)
        app.store.close()
    return app.return_code or 0


def _usable_terminal() -> bool:
    return sys.stdin.isatty() and sys.stdout.isatty() and os.environ.get("TERM") != "dumb"


def _homely(path: Path) -> str:
    """Return a path as people say it, from their home folder."""
    try:
        return f"~/{path.absolute().relative_to(Path.home()).as_posix()}"
    except (ValueError, RuntimeError):
        return str(path)

"""The manners of the app: a person's keys and theme, ASCII, help, palette, and jumping about."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, cast

from textual.app import App, SystemCommand
from textual.widgets import Input

from modelshelf.tui import reasons, theme
from modelshelf.tui.actions import by_id, called, reachable
from modelshelf.tui.actions.action import Action
from modelshelf.tui.keymap import nearest, spelled
from modelshelf.tui.memory import PERSON, Memory, State, listed, words
from modelshelf.tui.personal import Personal
from modelshelf.tui.screens.frame import LEAST_HEIGHT, LEAST_WIDTH, Frame
from modelshelf.tui.widgets.vtable import VTable

if TYPE_CHECKING:
    from textual import events
    from textual.binding import Binding
    from textual.filter import LineFilter
    from textual.screen import Screen
    from textual.widget import Widget

    from modelshelf.tui.facts import Facts
    from modelshelf.tui.jumping import Target

_RECENT_MOST = 5


class Shell(App[None]):
    """Everything about the app that is the same whatever registry it shows.

    Attributes:
        facts: What is known of the registry once it is open, at the moment that is shown.
        memory: What is remembered between two starts.
        keymap: The keys of actions whose keys a person chose, by the action's id.
        problems: What is wrong with the person's settings, as sentences.
        recent: Ids of the actions that were last chosen by name, the newest first.
    """

    # A pane that fills the screen leaves the lines that say where one is and what went wrong.
    ALLOW_IN_MAXIMIZED_VIEW: ClassVar[str] = "Masthead, KeyLine, #said, #task"

    def __init__(self, memory: Memory, settings: Personal) -> None:
        """Make it; the screen is not there yet.

        Args:
            memory: What is remembered.
            settings: What the person chose.
        """
        super().__init__()
        self.memory = memory
        self.facts: Facts | None = None
        self.keymap: Mapping[str, tuple[str, ...]] = settings.keymap
        self.problems = settings.problems
        self.recent = listed(memory.of(PERSON), "recent", _RECENT_MOST)
        self._settings = settings
        self._theme_is_said = False
        self._left: Widget | None = None
        self._ascii: LineFilter | None = None
        if settings.ascii_only:
            from modelshelf.tui.ascii import AsciiOnly

            self._ascii = AsciiOnly()
        for one in (theme.DARK, theme.LIGHT):
            self.register_theme(one)

    # --- settings -------------------------------------------------------------------------------

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Give other people's themes the names that our styles use."""
        return theme.FALLBACKS

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Draw with ASCII alone after everything else, where that is wanted."""
        found = super().get_line_filters()
        return found if self._ascii is None else [*found, self._ascii]

    def on_load(self) -> None:
        """Take the person's theme before any widget is there that would be styled twice."""
        known = self.available_themes
        named = os.environ.get("TEXTUAL_THEME", "").split(",")
        said = next((name.strip() for name in named if name.strip() in known), "")
        if not said and self._settings.theme:
            if self._settings.theme in known:
                said = self._settings.theme
            else:
                like = nearest(self._settings.theme, list(known)) or theme.DARK.name
                told = f"There is no theme {self._settings.theme}; the nearest is {like}."
                self.problems = (told, *self.problems)
        left = words(self.memory.of(PERSON), "theme")
        self._theme_is_said = bool(said)
        self.theme = said or (left if left in known else theme.DARK.name)

    def take_settings(self) -> None:
        """Take the person's keys, and say what is wrong with the settings."""
        if self.keymap:
            self.set_keymap({name: ",".join(keys) for name, keys in self.keymap.items()})
        if self.problems:
            self._tell_problems()

    def _tell_problems(self) -> None:
        from modelshelf.domain.text import plural

        key, found = self.shown_key(by_id("app.help")), plural(len(self.problems), "mistake")
        self.tell(f"Your settings have {found}: {key} says which.", severity="warning")

    def remembered(self) -> State:
        """Return what a later start needs of all this, whatever the registry."""
        left = words(self.memory.of(PERSON), "theme")
        chosen = left if self._theme_is_said else self.theme
        return {"theme": chosen, "recent": list(self.recent)}

    # --- keys -----------------------------------------------------------------------------------

    def keys_of(self, action: Action) -> tuple[str, ...]:
        """Return the keys of an action as Textual names them: a person's own, else the table's."""
        return self.keymap.get(action.id, action.each_key)

    def shown_key(self, action: Action) -> str:
        """Return the first key of an action as people write it."""
        return spelled(self.keys_of(action)[0])

    def get_key_display(self, binding: Binding) -> str:
        """Write a key in the footer as everywhere else; a keymap drops what a binding says."""
        return binding.key_display or spelled(binding.key)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Take keys out of the footer that only type a character now; grey what is not allowed."""
        typing = isinstance(self.focused, Input)
        if typing and action in ("show_help", "filter") and not parameters:
            return False
        found = called("app", action, parameters)
        if found is None:
            return True
        return None if reasons.against(self.facts, found.takes, whole=found.whole) else True

    # --- doing things by their name ---------------------------------------------------------------

    def action_show_help(self, typing: int = 0) -> None:
        """Show all keys of this screen."""
        from modelshelf.tui.screens.help import HelpScreen

        del typing
        frame = self.screen
        if isinstance(frame, Frame):
            listed = [(a, frame.why_not(a)) for a in reachable(frame.where)]
            help_screen = HelpScreen(frame.where, listed, self.problems)
            self.push_screen(help_screen, self._chosen)

    def _chosen(self, action: Action | None) -> None:
        if action is not None:
            self.call_later(self.perform, action)

    async def perform(self, action: Action) -> None:
        """Do what an action of the table does, where it belongs, or say why not."""
        kept = [name for name in self.recent if name != action.id]
        self.recent = (action.id, *kept)[:_RECENT_MOST]
        frame = self.screen
        if isinstance(frame, Frame) and (reason := frame.why_not(action)):
            frame.say(reason)
            return
        node = self._node_of(action)
        if node is not None:
            await self.run_action(action.call, default_namespace=node)

    def _node_of(self, action: Action) -> App[None] | Screen[Any] | Widget | None:
        if action.where == "app":
            return self
        if action.where == "table":
            walked = isinstance(self.focused, VTable) or getattr(self.focused, "walked", False)
            return self.focused if walked else None
        return self.screen

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        """Offer Textual's own commands that are of use here; ours are in ``commands``."""
        for command in super().get_system_commands(screen):
            if command.title in ("Theme", "Screenshot"):
                yield command

    def action_jump(self) -> None:
        """Show a letter on everything one can go to."""
        from modelshelf.tui.jumping import targets
        from modelshelf.tui.screens.jump import JumpScreen

        if isinstance(self.screen, Frame):
            self.push_screen(JumpScreen(targets(self.screen)), self._jump)

    def _jump(self, target: Target | None) -> None:
        if target is not None:
            self.call_later(target.go)

    def action_zoom(self) -> None:
        """Let the pane that has the keys fill the screen, or put it back."""
        if self.screen.maximized is not None:
            self.screen.minimize()
        elif isinstance(self.screen, Frame) and self.focused is not None:
            self.screen.maximize(self.focused, container=False)

    # --- small terminals ------------------------------------------------------------------------

    def on_resize(self, event: events.Resize) -> None:
        """Give the keys back to the pane that lost them while the terminal was too small.

        What is not shown cannot have the keys, and then no pane would have them afterwards.
        """
        if event.size.width < LEAST_WIDTH or event.size.height < LEAST_HEIGHT:
            self._left = self._left or self.focused
        elif self._left is not None:
            self.call_after_refresh(self._give_back, self._left)
            self._left = None

    def _give_back(self, widget: Widget) -> None:
        if self.focused is None and widget.is_attached and widget.screen is self.screen:
            self.screen.set_focus(widget)

    # --- talking --------------------------------------------------------------------------------

    def tell(self, text: str, *, severity: str = "information") -> None:
        """Show a passing note; its text is never read as markup."""
        from modelshelf.domain.text import safe

        self.notify(safe(text, 400), severity=cast("Any", severity), markup=False)

    def action_copy_text(self, text: str) -> None:
        """Put text on the clipboard and say so."""
        self.copy_to_clipboard(text)
        self.tell(f"copied: {text}")

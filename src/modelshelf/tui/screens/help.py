"""All keys of a screen: type to search them, Enter runs one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, cast

from rich.cells import set_cell_size
from textual import on
from textual.containers import Vertical
from textual.content import Content
from textual.keys import key_to_character
from textual.screen import ModalScreen
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from modelshelf.tui.actions import TITLES, bindings, by_id
from modelshelf.tui.actions.action import Action
from modelshelf.tui.keymap import spelled
from modelshelf.tui.show import STYLES, fit, styled
from modelshelf.tui.widgets.stepping import step

if TYPE_CHECKING:
    from textual import events
    from textual.app import ComposeResult

    from modelshelf.tui.app import ModelshelfApp

Listed = Sequence[tuple[Action, str]]


class HelpScreen(ModalScreen[Action | None]):
    """A list made from the table of actions; an action that is of no use now says why."""

    BINDINGS = bindings("help")
    DEFAULT_CSS = """
    HelpScreen {
        align: center middle;
        background: $background 60%;
        #help-box {
            width: 110; max-width: 100%; height: 80%; max-height: 40;
            border: round $rule; background: $surface; padding: 0 1;
        }
        #help-search { border: none; height: 1; padding: 0; background: $surface; }
        #help-list {
            height: 1fr; border: none; background: $surface; padding: 0;
            text-wrap: nowrap; text-overflow: ellipsis;
        }
        #help-about { height: auto; max-height: 3; color: $quiet; }
    }
    """

    def __init__(self, where: str, listed: Listed, problems: Sequence[str] = ()) -> None:
        """List actions.

        Args:
            where: The screen they are for.
            listed: Each with the reason against it, which is empty where there is none.
            problems: What is wrong with the person's settings; stands above.
        """
        super().__init__()
        self._where = where
        self._listed = listed
        self._problems = problems

    def compose(self) -> ComposeResult:
        """Lay out search, list and a line about the action under the cursor."""
        with Vertical(id="help-box") as box:
            box.border_title = Content(f"Keys · {TITLES.get(self._where, '')}")
            yield Input(id="help-search", placeholder="type to search", compact=True)
            yield OptionList(id="help-list", markup=False)
            yield Static(id="help-about", markup=False)

    def on_mount(self) -> None:
        """Show everything, and let typing search at once."""
        self._fill("")
        self.set_focus(self.query_one(Input))

    @on(Input.Changed)
    def _search(self, event: Input.Changed) -> None:
        if any(key_to_character(key) == event.value for key in self._opening):
            self.dismiss(None)  # the key that opened it closes it
        else:
            self._fill(event.value)

    def _fill(self, text: str) -> None:
        words = text.casefold().split()
        options = self._told(words)
        first = len(options) + 1
        place = ""
        for action, reason in self._listed:
            keys = self._keys(action)
            shown = f"{keys} {action.keys} {action.label} {action.about} {action.id}".casefold()
            if not all(word in shown for word in words):
                continue
            if action.where != place:
                place = action.where
                options.append(_heading(TITLES[place]))
            options.append(Option(_row(action, keys, reason), id=action.id))
        listing = self.query_one(OptionList)
        listing.clear_options()
        listing.add_options(options)
        listing.highlighted = first if len(options) > first else None
        if not words:
            listing.scroll_home(animate=False)

    def _told(self, words: Sequence[str]) -> list[Option]:
        """Return what is wrong with the settings, as lines that nothing can be done with."""
        found = [p for p in self._problems if all(word in p.casefold() for word in words)]
        rows = [Option(styled(("  ", "plain"), (p, "warn")), disabled=True) for p in found]
        return [_heading("Mistakes in your settings"), *rows] if rows else []

    def _keys(self, action: Action) -> str:
        return " ".join(map(spelled, self._shelf.keys_of(action)))

    @property
    def _shelf(self) -> ModelshelfApp:
        return cast("ModelshelfApp", self.app)

    @property
    def _opening(self) -> tuple[str, ...]:
        """The keys that opened this."""
        return tuple(
            key
            for name in ("app.help", "app.help_typing")
            for key in self._shelf.keys_of(by_id(name))
        )

    def on_key(self, event: events.Key) -> None:
        """Close it with the key that opened it, whatever that is."""
        if event.key in self._opening:
            event.stop()
            self.dismiss(None)

    @on(OptionList.OptionHighlighted)
    def _highlighted(self, event: OptionList.OptionHighlighted) -> None:
        found = self._by_id(event.option_id)
        about = "" if found is None else found[1] or found[0].about
        name = "" if found is None else found[0].id
        self.query_one("#help-about", Static).update(
            Content.assemble(about, (f"  {name}", STYLES["dim"]))
        )

    @on(Input.Submitted)
    @on(OptionList.OptionSelected)
    def _chosen(self) -> None:
        listing = self.query_one(OptionList)
        if listing.highlighted is None:
            return
        found = self._by_id(listing.get_option_at_index(listing.highlighted).id)
        if found is not None:
            self.dismiss(found[0])

    def _by_id(self, action_id: str | None) -> tuple[Action, str] | None:
        return next((entry for entry in self._listed if entry[0].id == action_id), None)

    def action_next(self, by: int) -> None:
        """Move the cursor while the search keeps the keys."""
        step(self.query_one(OptionList), by)

    def action_page(self, by: int) -> None:
        """Move the cursor by a page."""
        step = max(1, self.query_one(OptionList).size.height - 1)
        for _ in range(step):
            self.action_next(by)

    def action_close(self) -> None:
        """Run nothing."""
        self.dismiss(None)


def _heading(text: str) -> Option:
    return Option(Content.styled(text, "bold"), disabled=True)


def _row(action: Action, keys: str, reason: str) -> Content:
    look = STYLES["dim"] if reason else ""
    key = set_cell_size(f"  {fit(keys, 12).rstrip()}", 15)
    return Content.assemble(
        (key, look or STYLES["accent"]),
        (set_cell_size(action.label, 14), look),
        (action.about, STYLES["dim"]),
    )

"""What an empty registry shows: the three ways to add a model, each a line to copy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.containers import Vertical
from textual.message import Message
from textual.widgets import Static

from modelshelf.tui import teaching
from modelshelf.tui.show import line, styled

if TYPE_CHECKING:
    from textual import events
    from textual.app import ComposeResult


class Way(Static, can_focus=True):
    """One line that is copied with Enter or a click.

    Attributes:
        words: What is copied.
    """

    class Copied(Message):
        """The line was clicked."""

        def __init__(self, words: str) -> None:
            super().__init__()
            self.words = words

    def __init__(self, *, id: str) -> None:  # noqa: A002 - Textual's word
        """Make an empty line."""
        super().__init__(id=id, markup=False)
        self.words = ""

    def say(self, words: str) -> None:
        """Show the line."""
        self.words = words
        self.update(line(words, 500))

    def on_click(self, event: events.Click) -> None:
        """Copy it."""
        event.stop()
        self.post_message(self.Copied(self.words))


class Ways(Vertical):
    """Stands in place of the versions while there is no model."""

    DEFAULT_CSS = """
    Ways {
        align: center middle;
        & > Static { width: auto; max-width: 100%; height: auto; padding: 0 1; }
        & > .told { color: $quiet; margin-top: 1; }
        & > Way { color: $accent; text-style: bold; }
        & > Way:focus { background: $cursor-row; }
    }
    """

    def compose(self) -> ComposeResult:
        """Yield each way below what it is."""
        yield Static(styled(("No models yet. Three ways to add one:", "strong")), markup=False)
        yield Static("drop a file into the inbox, in a folder named as the model", classes="told")
        yield Way(id="way-drop")
        yield Static("register it on the command line", classes="told")
        yield Way(id="way-command")
        yield Static("register it from Python, where it was trained", classes="told")
        yield Way(id="way-python")
        yield Static("enter or a click copies a line", classes="told")

    def about(self, folder: str, path: str) -> None:
        """Write the lines for a drop folder, and a registry that may have to be named."""
        self.query_one("#way-drop", Way).say(teaching.drop(folder))
        self.query_one("#way-command", Way).say(teaching.command(path))
        self.query_one("#way-python", Way).say(teaching.python(path))

    def begin(self) -> None:
        """Give the keys to the first line."""
        self.query(Way).first().focus()

"""The line in which a list is filtered, with its own keys and its own complaint below it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.containers import Vertical
from textual.message import Message
from textual.widgets import Input, Static

from modelshelf.tui.actions import bindings
from modelshelf.tui.show import line

if TYPE_CHECKING:
    from textual.app import ComposeResult


class _Box(Input):
    """The input itself; Enter and Down lead to the list, Esc clears."""

    BINDINGS = bindings("filter")


class Filter(Vertical):
    """Hidden until it is opened; says what is wrong without taking what was typed away."""

    DEFAULT_CSS = """
    Filter {
        height: auto; display: none;
        &.-open { display: block; }
        Input { height: 1; border: none; padding: 0 1; background: $surface; }
        Static { display: none; height: auto; max-height: 3; padding: 0 1; color: $warning; }
        &.-wrong Static { display: block; }
    }
    """

    class Typed(Message):
        """The text is another one."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    class Entered(Message):
        """Enter: on to what was found."""

    def __init__(self, examples: str) -> None:
        """Make it, with examples of what can be typed."""
        super().__init__(id="filter")
        self._examples = examples

    def compose(self) -> ComposeResult:
        """Lay out the input and the complaint."""
        yield _Box(placeholder=self._examples, compact=True)
        yield Static(markup=False)

    @property
    def is_open(self) -> bool:
        """Whether it is seen."""
        return self.has_class("-open")

    def open(self, text: str | None = None) -> None:
        """Show it and give it the keys; ``text`` as if it had been typed."""
        self.add_class("-open")
        box = self.query_one(Input)
        self.screen.set_focus(box)
        if text is not None:
            box.value = text
            box.cursor_position = len(text)

    def close(self) -> None:
        """Clear and hide it."""
        self.query_one(Input).value = ""
        self.remove_class("-open")
        self.complain("")

    def complain(self, text: str) -> None:
        """Say what is wrong with the text, quietly."""
        self.query_one(Static).update(line(text, 500))
        self.set_class(bool(text), "-wrong")

    def on_input_changed(self, event: Input.Changed) -> None:
        """Pass the text on, trimmed."""
        event.stop()
        self.post_message(self.Typed(event.value.strip()))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Pass Enter on."""
        event.stop()
        self.post_message(self.Entered())

"""The line in which a list is filtered, with its own keys and its own complaint below it."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from textual import on
from textual.containers import Vertical
from textual.message import Message
from textual.widgets import Input, Static

from modelshelf.tui.actions import bindings
from modelshelf.tui.show import line
from modelshelf.tui.widgets.suggestions import Suggestions

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from modelshelf.tui.completing import Completions
    from modelshelf.tui.screens.asking import Asking

_TYPING = 0.04
_ASKED = "completing"


class _Box(Input):
    """The input itself; Enter and Down lead to the list, Esc clears.

    While suggestions are listed below, the same keys are theirs.
    """

    BINDINGS = bindings("filter")

    @property
    def _filter(self) -> Filter:
        return cast("Filter", self.parent)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Leave keys to what they do elsewhere while there is no list for them."""
        if action == "take" and self._filter.can_list:
            return True
        if action in ("take", "suggestion", "unlist"):
            return self._filter.listed
        if action == "take_right":
            return self._filter.listed and self.cursor_position == len(self.value)
        if action == "choose":
            return self._filter.listed and self._filter.suggestions.at >= 0
        return super().check_action(action, parameters)

    def action_take(self) -> None:
        """Take the suggestion, or list all fields where nothing is written."""
        if self._filter.listed:
            self._filter.take()
        else:
            self._filter.look(all_of=True)

    def action_take_right(self) -> None:
        """Take the suggestion."""
        self._filter.take()

    def action_choose(self) -> None:
        """Take the suggestion under the cursor."""
        self._filter.take()

    def action_suggestion(self, by: int) -> None:
        """Move the cursor of the list; before the first one it is in the line again."""
        self._filter.suggestions.step(by)

    def action_unlist(self) -> None:
        """Close the list."""
        self._filter.unlist()


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

    def __init__(self, examples: str, *, completes: str = "") -> None:
        """Make it.

        Args:
            examples: What can be typed, shown while nothing is.
            completes: The language in which suggestions are made: ``search``, or empty for none.
        """
        super().__init__(id="filter")
        self._examples = examples
        self._completes = completes == "search"
        self._found: Completions | None = None

    def compose(self) -> ComposeResult:
        """Lay out the input, the suggestions and the complaint."""
        yield _Box(placeholder=self._examples, compact=True)
        yield Suggestions()
        yield Static(markup=False)

    @property
    def is_open(self) -> bool:
        """Whether it is seen."""
        return self.has_class("-open")

    def exemplify(self, examples: str) -> None:
        """Show other examples of what can be typed."""
        self.query_one(Input).placeholder = examples

    @property
    def suggestions(self) -> Suggestions:
        """The list of what may come next."""
        return self.query_one(Suggestions)

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
        self.unlist()
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
        if not self._completes:
            return
        if event.value.strip() and self.query_one(Input).has_focus:
            self._asking.soon(_ASKED, _TYPING, self.look)
        else:
            self.unlist()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Pass Enter on."""
        event.stop()
        self.unlist()
        self.post_message(self.Entered())

    def on_descendant_blur(self) -> None:
        """Close the list when somebody goes elsewhere."""
        self.unlist()

    # --- suggestions ------------------------------------------------------------------------------

    @property
    def _asking(self) -> Asking:
        return cast("Asking", self.screen)

    @property
    def listed(self) -> bool:
        """Whether suggestions are seen."""
        return self._found is not None

    @property
    def can_list(self) -> bool:
        """Whether nothing is written at the cursor, so that all fields can be listed."""
        box = self.query_one(Input)
        before = box.value[: box.cursor_position]
        return self._completes and (not before or before[-1].isspace())

    def look(self, *, all_of: bool = False) -> None:
        """Ask what may come at the cursor; with ``all_of`` also where no word has begun."""
        box = self.query_one(Input)
        text, cursor = box.value, box.cursor_position
        from modelshelf.tui.completing import completions

        self._asking.ask(_ASKED, lambda r: completions(r, text, cursor, all_of=all_of), self._show)

    def _show(self, found: Completions) -> None:
        box = self.query_one(Input)
        if not found.offers or not box.has_focus or box.value != found.text:
            self.unlist()
            return
        self._found = found
        self.suggestions.offer(found.offers)
        self.screen.refresh_bindings()

    def unlist(self) -> None:
        """Show no suggestions, also none that are still to come."""
        if self._completes and self.is_mounted:
            self._asking.soon(_ASKED, 0.0, lambda: self._asking.forget(_ASKED))
        if self._found is not None:
            self._found = None
            self.suggestions.offer(())
            self.screen.refresh_bindings()

    @on(Suggestions.Taken)
    def take(self) -> None:
        """Write the suggestion under the cursor, or the first one, in place of the word."""
        found, box = self._found, self.query_one(Input)
        if found is None:
            return
        text, cursor = found.taken(found.offers[max(0, self.suggestions.at)])
        self.unlist()
        box.value = text
        box.cursor_position = cursor
        self.screen.set_focus(box)

"""The line between two panes, with a title in it."""

from __future__ import annotations

from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

_DASH = "─"
_LEAD = 2


class Rule(Widget):
    """One line of dashes; the title stands near its left end."""

    DEFAULT_CSS = """
    Rule { height: 1; color: $rule; background: $background; }
    """

    title: reactive[Content] = reactive(Content, always_update=True)

    def __init__(
        self,
        title: Content | None = None,
        *,
        join: str = _DASH,
        id: str | None = None,  # noqa: A002 - Textual's word
    ) -> None:
        """Make a rule that begins with the sign ``join``, where it meets another line."""
        super().__init__(id=id)
        self._join = join
        if title is not None:
            self.set_reactive(Rule.title, title)

    def render(self) -> Content:
        """Draw the line."""
        width = self.size.width
        # On a narrow screen there is one pane, and no line to meet.
        join = _DASH if self.screen.has_class("-narrow") else self._join
        head = join + _DASH * (_LEAD - 1)
        if not self.title.plain:
            return Content((join + _DASH * width)[:width])
        title = self.title.truncate(max(0, width - _LEAD - 3), ellipsis=True)
        rest = max(0, width - _LEAD - 2 - title.cell_length)
        return Content.assemble(head, " ", title.stylize_before("$foreground"), " ", _DASH * rest)

"""Names and values below each other, with values that go on under themselves."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from rich.cells import cell_len, set_cell_size
from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from modelshelf.domain.text import safe
from modelshelf.tui.show import STYLES

if TYPE_CHECKING:
    from textual.geometry import Size

# A name, or nothing for a paragraph that takes the whole width, and what is said under it.
Paragraph = tuple[str, Content]

_GAP = 2
_LEAST = 8
_NAME_SHARE = 0.4


class Paragraphs(Widget):
    """Text laid out for whatever width there is."""

    DEFAULT_CSS = """
    Paragraphs { width: 100%; height: auto; }
    """

    rows: reactive[tuple[Paragraph, ...]] = reactive((), layout=True)

    def show(self, rows: Sequence[Paragraph]) -> None:
        """Show these rows."""
        self.rows = tuple(rows)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """Count the lines at a width."""
        del container, viewport
        return sum(1 for _ in self._lines(width))

    def render(self) -> Content:
        """Lay the rows out."""
        return Content("\n").join(self._lines(self.content_size.width))

    def _lines(self, width: int) -> Iterator[Content]:
        names = [cell_len(safe(name)) for name, _ in self.rows if name]
        most = max(_LEAST, int(width * _NAME_SHARE))
        room = min(max([_LEAST, *names]), most)
        for name, value in self.rows:
            if not name:
                yield from value.wrap(max(1, width)) or [Content("")]
                continue
            left = Content(set_cell_size(safe(name), room)).stylize(STYLES["dim"])
            for part in value.wrap(max(1, width - room - _GAP)) or [Content("")]:
                yield Content.assemble(left, " " * _GAP, part)
                left = Content(" " * room)

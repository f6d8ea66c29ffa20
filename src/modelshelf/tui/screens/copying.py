"""A menu of everything that names a version or leads to its bytes: Enter copies one."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.cells import set_cell_size
from textual import on
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from modelshelf.domain.text import safe
from modelshelf.tui.actions import bindings
from modelshelf.tui.opening import place_of
from modelshelf.tui.show import STYLES
from modelshelf.tui.widgets.stepping import step

if TYPE_CHECKING:
    from pathlib import Path

    from textual.app import ComposeResult

    from modelshelf.domain.models import ModelVersion
    from modelshelf.registry import Registry

_TEXT_MOST = 4_000
_LABEL = 12


@dataclass(frozen=True, slots=True)
class Copies:
    """What can be copied about a version.

    Attributes:
        reference: ``model:vN``.
        rows: What it is, and the text; no text holds anything that a terminal obeys.
    """

    reference: str
    rows: Sequence[tuple[str, str]]


def copies(registry: Registry, reference: str) -> Copies:
    """Return everything that can be copied about a version."""
    known, root = registry.versions.detail(reference), registry.path.absolute()
    rows = list(_texts(known.version, root))
    place = place_of(root, known)
    if place is not None:
        rows.append(("path", str(place)))
    return Copies(known.version.reference, [(name, safe(text, _TEXT_MOST)) for name, text in rows])


def _texts(version: ModelVersion, root: Path) -> Iterator[tuple[str, str]]:
    yield "reference", version.reference
    for stage in version.stages:
        yield "by stage", f"{version.model}@{stage}"
    for alias in version.aliases:
        yield "by alias", f"{version.model}@{alias}"
    yield "digest", f"sha256:{version.digest}"
    named = version.reference.replace("/", "-").replace(":", "-")
    there = "." if version.kind == "file" else f"./{named}"
    words = ("modelshelf", "-R", str(root), "checkout", version.reference, there)
    yield "command", shlex.join(words)
    where = f"modelshelf.open_registry({str(root)!r})"
    yield "Python", f"{where}.versions.checkout({version.reference!r}, {there!r})"


class CopyScreen(ModalScreen[str | None]):
    """A short list; what is chosen is what the screen ends with."""

    BINDINGS = bindings("copies")
    DEFAULT_CSS = """
    CopyScreen {
        align: center middle;
        background: $background 60%;
        #copy-box {
            width: 110; max-width: 100%; height: auto; max-height: 80%;
            border: round $rule; background: $surface; padding: 0 1;
        }
        #copy-list {
            height: auto; max-height: 20; border: none; background: $surface; padding: 0;
            text-wrap: nowrap; text-overflow: ellipsis;
        }
        #copy-about { height: auto; max-height: 6; color: $quiet; }
    }
    """

    def __init__(self, offered: Copies) -> None:
        """Offer these texts."""
        super().__init__()
        self._offered = offered

    def compose(self) -> ComposeResult:
        """Lay out the list, and below it the whole of what would be copied."""
        with Vertical(id="copy-box") as box:
            box.border_title = Content(f"Copy · {safe(self._offered.reference, 80)}")
            box.border_subtitle = Content("enter copies · esc leaves")
            rows = [Option(_row(name, text)) for name, text in self._offered.rows]
            yield OptionList(*rows, id="copy-list", markup=False)
            yield Static(id="copy-about", markup=False)

    @on(OptionList.OptionHighlighted)
    def _highlighted(self, event: OptionList.OptionHighlighted) -> None:
        text = self._offered.rows[event.option_index][1]
        self.query_one("#copy-about", Static).update(Content(text))

    @on(OptionList.OptionSelected)
    def _selected(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(self._offered.rows[event.option_index][1])

    def action_next(self, by: int) -> None:
        """Move the cursor."""
        step(self.query_one(OptionList), by)

    def action_copy(self) -> None:
        """Copy what is under the cursor."""
        self.query_one(OptionList).action_select()

    def action_close(self) -> None:
        """Copy nothing."""
        self.dismiss(None)


def _row(name: str, text: str) -> Content:
    return Content.assemble((set_cell_size(name, _LABEL), STYLES["dim"]), text)

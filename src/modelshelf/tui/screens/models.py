"""The first screen: the models, the versions of one of them, and everything about one version."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from textual import on
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget
from textual.widgets import Input, Static

from modelshelf.domain.errors import ModelshelfError
from modelshelf.domain.models import ModelVersion, RegisteredModel
from modelshelf.tui import columns, details, store
from modelshelf.tui.actions import bindings
from modelshelf.tui.screens.compare import CompareScreen
from modelshelf.tui.screens.frame import Frame
from modelshelf.tui.screens.promote import PromoteScreen
from modelshelf.tui.screens.rollback import RollbackScreen
from modelshelf.tui.show import ladder, line, sentence, styled
from modelshelf.tui.store import Detail, Facts, Found, Line
from modelshelf.tui.widgets.detail import DetailPane
from modelshelf.tui.widgets.rows import PAGE, Rows
from modelshelf.tui.widgets.rule import Rule
from modelshelf.tui.widgets.vtable import VTable

COMPARED_MOST = 4
_TYPING = 0.06
_MOVING = 0.03
_AGEING = 30.0


class ModelsScreen(Frame):
    """Three panes; on a narrow terminal one at a time, Enter goes in and Esc comes back.

    The class only wires keys, questions and panes together: what is asked is in `store`, what it
    looks like in `columns` and `details`.
    """

    where = "models"
    BINDINGS = bindings("models")
    AUTO_FOCUS = "#models"
    DEFAULT_CSS = """
    ModelsScreen {
        #filter { display: none; height: 1; border: none; padding: 0 1; background: $surface; }
        #filter.-open { display: block; }
        #wrong { display: none; height: auto; max-height: 3; padding: 0 1; color: $warning; }
        #wrong.-said { display: block; }
        #panes { height: 1fr; }
        #left { width: 30; }
        #right { width: 1fr; }
        #upper, #lower { height: 1fr; }
        #versions, #detail { border-left: solid $rule; }
        &.-narrow #versions, &.-narrow #detail { border-left: none; }
        &.-narrow #left, &.-narrow #right { width: 1fr; display: none; }
        &.-narrow #upper, &.-narrow #lower { display: none; }
        &.-narrow.-at-models #left { display: block; }
        &.-narrow.-at-versions #right, &.-narrow.-at-versions #upper { display: block; }
        &.-narrow.-at-detail #right, &.-narrow.-at-detail #lower { display: block; }
    }
    """

    pane: reactive[str] = reactive("models")

    def __init__(self) -> None:
        """Make the screen."""
        super().__init__()
        self._marks: dict[str, str] = {}
        self._line: Line | None = None
        self._found: Found | None = None
        self._detail: Detail | None = None
        self._compared: dict[int, str] = {}
        self._go_to: tuple[str, int | None] | None = None

    # --- parts --------------------------------------------------------------------------------

    def body(self) -> Iterable[Widget]:
        """Yield the filter and the three panes."""
        clock = self.shelf.clock
        opening = f"opening {self.shelf.path_shown} …"
        yield Input(
            id="filter",
            compact=True,
            placeholder="churn   stage:production   metrics.auc>=0.9   format:onnx   tag.team:risk",
        )
        yield Static(id="wrong", markup=False)
        models = VTable(columns.models({}, clock), empty=opening, id="models")
        versions = VTable(columns.versions({}, (), clock), id="versions")
        left = Vertical(Rule(line("models"), id="models-rule"), models, id="left")
        upper = Vertical(Rule(join="┬", id="versions-rule"), versions, id="upper")
        lower = Vertical(Rule(join="├", id="detail-rule"), DetailPane(id="detail"), id="lower")
        yield Horizontal(left, Vertical(upper, lower, id="right"), id="panes")

    @property
    def models(self) -> VTable[RegisteredModel]:
        """The list of models."""
        return self.query_one("#models", VTable)

    @property
    def versions(self) -> VTable[ModelVersion]:
        """The list of versions."""
        return self.query_one("#versions", VTable)

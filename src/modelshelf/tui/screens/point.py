"""Saying which model a dropped file belongs to, whatever its folder is called."""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from typing import TYPE_CHECKING

from textual import on
from textual.containers import Horizontal
from textual.widgets import Input, Label, Static

from modelshelf.domain.intake import Sighting
from modelshelf.domain.models import RegisteredModel
from modelshelf.domain.names import MODEL_NAME_MOST
from modelshelf.tui import columns, titles
from modelshelf.tui.actions import bindings
from modelshelf.tui.facts import Facts
from modelshelf.tui.screens.review import Review
from modelshelf.tui.show import ladder, styled
from modelshelf.tui.widgets.rows import PAGE, Rows
from modelshelf.tui.widgets.rule import Rule
from modelshelf.tui.widgets.suggesting import ModelSuggester, typeable
from modelshelf.tui.widgets.vtable import VTable

if TYPE_CHECKING:
    from textual.widget import Widget

Found = tuple[RegisteredModel, ...]


class PointScreen(Review):
    """A name, completed from the models there are; those that hold it are listed below."""

    where = "point"
    verb = "pointing it there"
    reasoned = False
    noted = True
    BINDINGS = bindings("point")
    AUTO_FOCUS = "#model"
    DEFAULT_CSS = """
    PointScreen {
        #models { height: 1fr; }
    }
    """

    def __init__(self, seen: Sighting) -> None:
        """Ask where the file of this line belongs."""
        super().__init__()
        self._seen = seen

    def body(self) -> Iterable[Widget]:
        """Yield the name and the models."""
        yield Rule(styled(("Point ", "strong"), (self._seen.path, "accent"), " to a model"))
        model = Input(
            typeable(self._seen.model),
            id="model",
            compact=True,
            max_length=MODEL_NAME_MOST,
            select_on_focus=False,
            placeholder="an existing model, or a new one",
            suggester=ModelSuggester(self.shelf.store),
        )
        yield Horizontal(Label("model"), model, classes="field")
        yield Rule(styled(("models", "strong"), (" that are called so", "dim")))
        yield VTable(columns.models({}, self.shelf.clock), empty="looking …", id="models")
        yield from self.reason_fields()

    @property
    def _model(self) -> str:
        return self.query_one("#model", Input).value.strip()

    @property
    def models(self) -> VTable[RegisteredModel]:
        """The models that hold what is written."""
        return self.query_one("#models", VTable)

    def opened(self, facts: Facts) -> None:
        """Show the models there are."""
        self.models.lay(columns.models(ladder(facts.stages), self.shelf.clock))
        self.query_one("#script", Static).update(self.script())
        self._look()

    def _look(self) -> None:
        part = self._model
        self.ask("models", lambda r: r.models.list(pattern=part, limit=PAGE), self._show)

    def _show(self, found: Found) -> None:
        self.complain("")
        self.models.show(Rows.all_of(found), cursor=0)
        if not found:
            self.models.say("no model is called so; ctrl+s has it made")

    @on(Input.Changed, "#model")
    def _name_typed(self) -> None:
        self.soon("models", titles.TYPING, self._look)

    @on(Input.Submitted, "#model")
    def _name_entered(self) -> None:
        """Enter confirms nothing: it goes to the list, unless the name is whole."""
        first = self.models.current
        if first is None or first.name == self._model:
            self.complain(f"Enter confirms nothing: ctrl+s has it taken into {self._model}.")
        else:
            self.set_focus(self.models)

    @on(VTable.Opened)
    def action_choose(self) -> None:
        """Write the name of the model under the cursor."""
        model = self.models.current
        if model is not None:
            box = self.query_one("#model", Input)
            box.value = typeable(model.name)
            box.cursor_position = len(box.value)
            self.set_focus(box)

    def action_model(self) -> None:
        """Go to the name."""
        self.set_focus(self.query_one("#model", Input))

    # --- doing --------------------------------------------------------------------------------

    def obstacle(self) -> str:
        """Return that no name is written."""
        return "" if self._model else "Write the name of a model."

    def carry_out(self) -> None:
        """Point it there."""
        number, model = self._seen.id, self._model
        self.ask("do", lambda r: r.inbox.point(number, model), self._pointed)

    def _pointed(self, seen: Sighting) -> None:
        self.shelf.look_again()
        self.done(f"{seen.path} is meant for {seen.model}")

    def subject(self, action: str) -> str:
        """Return the model that is written."""
        return self._model if action == "point.confirm" else ""

    def command(self) -> str:
        """Return the same as a command."""
        name = shlex.quote(self._model) if self._model else "MODEL"
        return f"modelshelf inbox point {self._seen.id} {name}"

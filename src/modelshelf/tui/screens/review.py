"""What the screens that change something share: a look first, a reason, and a key of its own."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.containers import Horizontal
from textual.widgets import Input, Label, Static

from modelshelf.domain.errors import ModelshelfError
from modelshelf.tui.messages import CatalogChanged
from modelshelf.tui.screens.frame import Frame
from modelshelf.tui.show import line, sentence, styled
from modelshelf.tui.widgets.rule import Rule

if TYPE_CHECKING:
    from textual.content import Content
    from textual.widget import Widget

_REASON_MOST = 2_000


class Review(Frame):
    """Nothing happens before ctrl+s; Enter only moves on, and Esc never drops a reason at once.

    Attributes:
        verb: What ctrl+s does, as one says it while it is done.
        reasoned: Whether there is a place for a reason.
        wordless: Whether the reason may be left out.
    """

    verb: ClassVar[str] = ""
    reasoned: ClassVar[bool] = True
    wordless: ClassVar[bool] = False
    DEFAULT_CSS = """
    Review {
        .field { height: 1; padding: 0 1; }
        .field Label { width: 10; color: $quiet; }
        .field Input { width: 1fr; height: 1; border: none; padding: 0; background: $surface; }
        .field Input:focus { background: $cursor-row-blurred; }
        #holders { height: auto; padding: 0 1; }
        #script { height: auto; max-height: 3; padding: 0 1; color: $quiet; }
        #problem { height: auto; max-height: 4; padding: 0 1; color: $warning; }
    }
    """

    def __init__(self) -> None:
        """Nothing is reviewed yet."""
        super().__init__()
        self._leaving = False
        self._doing = False
        self._stuck = ""

    def reason_fields(self) -> Iterable[Widget]:
        """Yield the lower part: the reason, the command for a script, what is wrong."""
        if self.reasoned:
            told = " may be left out, " if self.wordless else " required, "
            yield Rule(styled(("reason", "strong"), (f"{told}recorded for good", "dim")))
            reason = Input(
                id="reason", compact=True, max_length=_REASON_MOST, select_on_focus=False
            )
            yield Horizontal(Label("reason"), reason, classes="field")
        yield Static(id="script", markup=False)
        yield Static(id="problem", markup=False)

    @property
    def reason(self) -> str:
        """The reason as typed; empty where none is asked for."""
        return self.query_one("#reason", Input).value if self.reasoned else ""

    def complain(self, text: str = "") -> None:
        """Say what stands in the way, in the screen, where it stays."""
        self.query_one("#problem", Static).update(line(text, 600))

    # --- to be told by subclasses -----------------------------------------------------------------

    def command(self) -> str:
        """Return the same as a command."""
        return ""

    def obstacle(self) -> str:
        """Return what forbids going on now, reason apart; empty when nothing does.

        This is the answer while there is nothing reviewed: why not, if that is known.
        """
        return self._stuck or "There is nothing to confirm yet."

    def carry_out(self) -> None:
        """Do it, on another thread, under the group ``do``."""

    # --- keys -----------------------------------------------------------------------------------

    def action_confirm(self) -> None:
        """Do what was reviewed."""
        if self._doing:
            return
        problem = self.obstacle()
        needed = self.reasoned and not self.wordless
        if not problem and needed and not self.reason.strip():
            self.set_focus(self.query_one("#reason", Input))
            problem = "A reason is required: write why, then press ctrl+s."
        if problem:
            self.complain(problem)
            return
        self._doing = True
        self.complain(f"{self.verb} …")
        self.carry_out()

    def failed(self, group: str, error: ModelshelfError) -> None:
        """Say it in the screen; everything typed stays."""
        if group == "do":
            self._doing = False
        else:
            self._stuck = sentence(error)
        self.complain(sentence(error))

    def done(self, told: str) -> None:
        """Leave, say what happened, and let every list ask again."""
        self.app.post_message(CatalogChanged())
        self.shelf.tell(told)
        self.dismiss()

    def action_back(self) -> None:
        """Leave; a second time if a reason was typed."""
        if not self._doing and not self.unsaved():
            self.dismiss()

    def unsaved(self) -> str:
        """Say once that the reason would be lost."""
        if self._leaving or not self.reason.strip():
            return ""
        self._leaving = True
        told = "Once more leaves, and the reason you wrote is gone. Nothing was changed."
        self.complain(told)
        return told

    def action_reason(self) -> None:
        """Go to the reason."""
        self.set_focus(self.query_one("#reason", Input))

    @on(Input.Changed)
    def _typed(self) -> None:
        self._leaving = False
        self.query_one("#script", Static).update(self.script())

    def script(self) -> Content:
        """Return the line that says the command."""
        return styled(("the same from a script:  ", "dim"), self.command())

    @on(Input.Submitted, "#reason")
    def _entered(self) -> None:
        self.complain(self.obstacle() or f"Enter confirms nothing: ctrl+s is {self.verb}.")

    def action_copy(self) -> None:
        """Copy the command."""
        self.shelf.action_copy_text(self.command())

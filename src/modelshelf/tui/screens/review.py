"""What the screens that change something share: a look first, a reason, and a key of its own."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.containers import Horizontal
from textual.widgets import Input, Label, Static

from modelshelf.domain.errors import ModelshelfError
from modelshelf.domain.names import MODEL_NAME_MOST
from modelshelf.domain.text import safe
from modelshelf.tui.actions import by_id
from modelshelf.tui.messages import CatalogChanged
from modelshelf.tui.screens.frame import Frame
from modelshelf.tui.show import line, sentence, styled
from modelshelf.tui.widgets.rule import Rule

if TYPE_CHECKING:
    from textual.content import Content
    from textual.widget import Widget

_REASON_MOST = 2_000


def reason_title(*, required: bool, undo: str = "") -> Content:
    """Return what stands over the place for the reason.

    Args:
        required: Whether a reason must be given.
        undo: The key that takes the change back afterwards; empty when none does.
    """
    told = " required, " if required else " may be left out, "
    after = f" · {undo} takes it back" if undo else ""
    return styled(("reason", "strong"), (f"{told}recorded for good{after}", "dim"))


class Worded(Frame):
    """A screen with a place for the reason, and below it the command and what is wrong.

    Attributes:
        reasoned: Whether there is a place for a reason.
        wordless: Whether the reason may be left out.
        naming: Whether there is a place for the model's name, which some changes want typed.
        undoable: Whether the change can be taken back by the key for that.
    """

    reasoned: ClassVar[bool] = True
    wordless: ClassVar[bool] = False
    naming: ClassVar[bool] = False
    undoable: ClassVar[bool] = False
    DEFAULT_CSS = """
    Worded {
        .field { height: 1; padding: 0 1; }
        .field Label { width: 10; color: $quiet; }
        .field Input { width: 1fr; height: 1; border: none; padding: 0; background: $surface; }
        .field Input:focus { background: $cursor-row-blurred; }
        #naming { display: none; }
        #naming.-asked { display: block; layout: horizontal; }
        #holders { height: auto; padding: 0 1; }
        #script { height: auto; max-height: 3; padding: 0 1; color: $quiet; }
        #problem { height: auto; max-height: 4; padding: 0 1; color: $warning; }
    }
    """

    def __init__(self) -> None:
        """Nothing is wrong yet."""
        super().__init__()
        self._hinted = False

    def reason_fields(self) -> Iterable[Widget]:
        """Yield the lower part: the reason, the command for a script, what is wrong."""
        if self.naming:
            name = Input(id="name", compact=True, max_length=MODEL_NAME_MOST, select_on_focus=False)
            yield Horizontal(Label("confirm"), name, classes="field", id="naming")
        if self.reasoned:
            undo = self.shelf.shown_key(by_id("app.undo")) if self.undoable else ""
            yield Rule(reason_title(required=not self.wordless, undo=undo), id="reason-rule")
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

    def complain(self, text: str = "", *, hint: bool = False) -> None:
        """Say what stands in the way, in the screen, where it stays; a hint until one types."""
        self._hinted = hint
        self.query_one("#problem", Static).update(line(text, 600))


class Review(Worded):
    """Nothing happens before ctrl+s; Enter only moves on, and Esc never drops a reason at once.

    Attributes:
        verb: What ctrl+s does, as one says it while it is done.
        noted: Whether what happened is told by a passing note: where the list below says it too.
    """

    verb: ClassVar[str] = ""
    noted: ClassVar[bool] = False

    def __init__(self) -> None:
        """Nothing is reviewed yet."""
        super().__init__()
        self._leaving = False
        self._doing = False
        self._stuck = ""

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

    def needs_words(self) -> bool:
        """Tell whether a reason must be given."""
        return self.reasoned and not self.wordless

    def named(self) -> str:
        """Return the model whose name must be typed first; empty when none must be."""
        return ""

    # --- the name of the model --------------------------------------------------------------------

    def ask_name(self) -> None:
        """Show the place for the name, or hide it, as what is reviewed now wants it."""
        if self.naming:
            wanted = self.named()
            told = f"type {safe(wanted, MODEL_NAME_MOST)} to confirm"
            self.query_one("#name", Input).placeholder = told
            self.query_one("#naming").set_class(bool(wanted), "-asked")
            self.refresh_keys()

    def _misnamed(self) -> str:
        """Return that the name is still to be typed."""
        wanted = self.named() if self.naming else ""
        if not wanted:
            return ""
        field = self.query_one("#name", Input)
        typed = field.value.strip()
        if typed == safe(wanted):
            return ""
        self.action_name()
        field.select_all()
        told = f"Type {safe(wanted)} to confirm, then press ctrl+s: this is the highest stage."
        return f"{safe(typed, 40)!r} is another name. {told}" if typed else told

    # --- keys -----------------------------------------------------------------------------------

    def action_confirm(self) -> None:
        """Do what was reviewed, with every letter that was typed."""
        self.after_typing(self.confirm)

    def confirm(self) -> None:
        """Do what was reviewed, unless something stands in the way."""
        if self._doing:
            return
        problem, hint = self.obstacle(), ""
        if not problem and self.needs_words() and not self.reason.strip():
            self.set_focus(self.query_one("#reason", Input))
            hint = "A reason is required: write why, then press ctrl+s."
        hint = hint or ("" if problem else self._misnamed())
        if problem or hint:
            self.complain(problem or hint, hint=not problem)
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

    def done(self, told: str, entry: int | None = None) -> None:
        """Leave, say what happened, and let every list ask again.

        Args:
            told: What happened.
            entry: The number of the entry that can be taken back; ``None`` when none can.
        """
        if entry is not None:
            key = self.shelf.shown_key(by_id("app.undo"))
            told = f"{told} (entry {entry}); {key} takes it back"
        stack = self.app.screen_stack
        below = stack[stack.index(self) - 1]
        self.app.post_message(CatalogChanged())
        self.dismiss()
        if isinstance(below, Frame) and not self.noted:
            below.say(told)
        else:
            self.shelf.tell(told)

    def action_back(self) -> None:
        """Stop what runs, else leave; a second time if something was typed."""
        if not self.stop_task() and not self._doing and not self.unsaved():
            self.dismiss()

    def unsaved(self) -> str:
        """Say once that what was typed would be lost."""
        lost = "the reason you wrote" if self.reason.strip() else self.typed()
        if self._leaving or not lost:
            return ""
        self._leaving = True
        told = f"Once more leaves, and {lost} is gone. Nothing was changed."
        self.complain(told, hint=True)
        return told

    def typed(self) -> str:
        """Return what was typed besides the reason, in words; empty when nothing was."""
        return "the name you typed" if self.naming and self.query_one("#name", Input).value else ""

    def reason_against(self, action: str) -> str:
        """Return why the name need not be typed."""
        if action.endswith(".name") and not self.named():
            return "Only giving the highest stage asks for the model's name."
        return ""

    def action_name(self) -> None:
        """Go to the model's name."""
        self.set_focus(self.query_one("#name", Input))

    @on(Input.Submitted, "#name")
    def _name_entered(self) -> None:
        self.action_reason()

    def action_reason(self) -> None:
        """Go to the reason."""
        self.set_focus(self.query_one("#reason", Input))

    @on(Input.Changed)
    def _typed(self) -> None:
        self._leaving = False
        self.query_one("#script", Static).update(self.script())
        if self._hinted:
            self.complain(self.obstacle())

    def script(self) -> Content:
        """Return the line that says the command."""
        return styled(("the same from a script:  ", "dim"), self.command())

    @on(Input.Submitted, "#reason")
    def _entered(self) -> None:
        problem = self.obstacle()
        told = problem or f"Enter confirms nothing: ctrl+s is {self.verb}."
        self.complain(told, hint=not problem)

    def action_copy(self) -> None:
        """Copy the command."""
        self.shelf.action_copy_text(self.command())

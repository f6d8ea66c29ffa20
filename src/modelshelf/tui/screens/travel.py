"""Asks for the moment at which everything is shown."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from textual import on
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from modelshelf.domain.errors import ModelshelfError
from modelshelf.domain.stages import holders_in_words
from modelshelf.tui import travelling
from modelshelf.tui.actions import bindings
from modelshelf.tui.screens.asking import Asking
from modelshelf.tui.show import ago, line, moment, sentence, styled
from modelshelf.tui.widgets.keyline import KeyLine
from modelshelf.tui.widgets.paragraphs import Paragraph, Paragraphs

if TYPE_CHECKING:
    from datetime import datetime

    from textual.app import ComposeResult

    from modelshelf.registry import Registry
    from modelshelf.tui.facts import Facts
    from modelshelf.tui.travelling import Glance, Held

_TYPING, _LOOKING = 0.06, 0.2
_TEACHING = (
    "A date, a date and time, the number of an entry, or how long ago.",
    "Times are UTC unless a zone is written; a date alone is its first instant.",
    "This only looks: nothing is changed, and T comes back to now.",
)


class TravelScreen(Asking, ModalScreen[None]):
    """Takes a date, a date and time, or the number of an entry, and says which entry that is."""

    BINDINGS = bindings("travel")
    DEFAULT_CSS = """
    TravelScreen {
        align: center middle;
        background: $background 60%;
        #travel-box {
            width: 92; max-width: 100%; height: auto; max-height: 100%;
            border: round $rule; background: $surface; padding: 0 1;
        }
        Input { border: none; height: 1; padding: 0; background: $cursor-row-blurred; }
        #travel-wrong { display: none; height: auto; max-height: 3; color: $warning; }
        &.-wrong #travel-wrong { display: block; }
        Paragraphs { margin: 1 0; }
        KeyLine { dock: none; background: $surface; }
    }
    """

    def __init__(self) -> None:
        """Nothing is asked yet."""
        super().__init__()
        self._glance: Glance | None = None
        self._then: tuple[str, tuple[Held, ...]] | None = None

    def compose(self) -> ComposeResult:
        """Lay out the line, what is wrong with it, and what it means."""
        with Vertical(id="travel-box") as box:
            box.border_title = Content("Show everything as it was")
            yield Input(placeholder=travelling.EXAMPLES, compact=True, id="when")
            yield Static(id="travel-wrong", markup=False)
            yield Paragraphs()
            yield KeyLine()

    def on_mount(self) -> None:
        """Say what can be typed."""
        self._tell()
        self.set_focus(self.query_one(Input))

    # --- looking ----------------------------------------------------------------------------------

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        self.forget("entry")
        self.forget("held")
        self.soon("look", _TYPING, self._look)

    def _look(self) -> None:
        when = self._read()
        if when is None:
            self._glance = self._then = None
            self._tell()
            return
        store = self.shelf.store
        self.ask("entry", lambda _r: travelling.glance(store.present(), when), self._seen)

    def _read(self) -> datetime | int | None:
        """Return the moment that is typed; ``None``, and the reason said, when it is none."""
        text = self.query_one(Input).value
        try:
            when = travelling.read_when(text, self.shelf.clock()) if text.strip() else None
        except ModelshelfError as exc:
            self._say_wrong(sentence(exc))
            return None
        self._say_wrong("")
        return when

    def _seen(self, glance: Glance) -> None:
        self._glance, self._then = glance, None
        self._say_wrong("")
        self._tell()
        seq, store = glance.entry.seq, self.shelf.store
        self.soon(
            "held",
            _LOOKING,
            lambda: self.ask(
                "held", lambda _r: travelling.held(store.present(), seq), self._seen_held
            ),
        )

    def _seen_held(self, found: tuple[str, tuple[Held, ...]]) -> None:
        self._then = found
        self._tell()

    def question_failed(self, group: str, error: ModelshelfError) -> None:
        """Say why there is nothing to see at that moment."""
        if group != "held":
            self._glance = self._then = None
            self._tell()
        self._say_wrong(sentence(error))

    def _say_wrong(self, text: str) -> None:
        self.query_one("#travel-wrong", Static).update(line(text, 500))
        self.set_class(bool(text), "-wrong")

    def _tell(self) -> None:
        glance = self._glance
        rows = [("", styled((text, "dim"))) for text in _TEACHING]
        if glance is not None:
            rows = [*_about(glance, self.shelf.clock()), *_serving(self._then)]
        self.query_one(Paragraphs).show(rows)

    # --- keys -------------------------------------------------------------------------------------

    def action_step(self, by: int) -> None:
        """Type the number of the entry after or before; at first the newest one."""
        glance = self._glance
        if glance is None:
            store = self.shelf.store
            self.ask("entry", lambda _r: store.present().audit.head()[0], self._begin)
            return
        seq = max(1, min(glance.entry.seq + by, glance.head))
        self._begin(seq)

    def _begin(self, seq: int) -> None:
        box = self.query_one(Input)
        box.value = str(seq)
        box.cursor_position = len(box.value)

    def action_go(self) -> None:
        """Show everything as it was at the moment that is typed."""
        self.after_typing(self._leave)

    def _leave(self) -> None:
        when = self._read()
        if when is not None:
            store = self.shelf.store
            self.ask("go", lambda _r: travelling.arrive(store.present(), when), self._go)

    def _go(self, found: tuple[Registry, Facts]) -> None:
        shelf = self.shelf
        self.dismiss()
        shelf.show_moment(*found)

    def action_back(self) -> None:
        """Stay where one is."""
        self.dismiss()


def _about(glance: Glance, now: datetime) -> Iterable[Paragraph]:
    entry = glance.entry
    if glance.at is not None:
        yield "moment", line(f"{moment(glance.at)} UTC")
    of_many = f" of {glance.head:,}" if entry.seq < glance.head else ", the newest there is"
    yield "entry", styled((f"{entry.seq:,}", "strong"), (of_many, "dim"))
    yield "when", styled(f"{moment(entry.at)} UTC", (f" · {ago(now, entry.at)}", "dim"))
    yield "who", line(entry.actor)
    yield "what", line(entry.sentence, 300)


def _serving(found: tuple[str, tuple[Held, ...]] | None) -> Iterable[Paragraph]:
    yield "", Content("")
    if found is None:
        yield "", styled(("looking who served then …", "dim"))
        return
    stage, models = found
    told = f"{stage} then" if models else f"Nobody holds {stage} at present."
    yield "", styled((told, "dim"))
    for one in models:
        then = holders_in_words(one.then) if one.known else "not there yet"
        now = f"   now {holders_in_words(one.now)}" if one.now != one.then else "   as now"
        yield one.model, styled((then, "plain"), (now, "dim"))

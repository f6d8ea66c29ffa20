"""The reviews: who asks for which stage, what speaks for and against it, and one's own answer."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from textual import on
from textual.containers import Vertical, VerticalScroll

from modelshelf.domain.requests import Request
from modelshelf.tui import requests, reviewing
from modelshelf.tui.actions import bindings
from modelshelf.tui.memory import words
from modelshelf.tui.messages import CatalogChanged
from modelshelf.tui.reviewing import Standing
from modelshelf.tui.screens.answering import ANSWERS
from modelshelf.tui.screens.panes import Panes
from modelshelf.tui.show import line
from modelshelf.tui.tasks import Task
from modelshelf.tui.widgets.paragraphs import Paragraphs
from modelshelf.tui.widgets.rows import Rows
from modelshelf.tui.widgets.rule import Rule
from modelshelf.tui.widgets.vtable import VTable

if TYPE_CHECKING:
    from textual.widget import Widget

    from modelshelf.tui.facts import Facts
    from modelshelf.tui.memory import State

_MOVING = 0.03
_AGEING = 30.0
_CHANGING = ("approve", "reject", "apply", "withdraw", "run")


class ReviewsScreen(Panes):
    """The requests above, all about the one under the cursor below."""

    where = "reviews"
    panes = ("requests", "about")
    BINDINGS = bindings("reviews")
    AUTO_FOCUS = "#requests"
    DEFAULT_CSS = """
    ReviewsScreen {
        #upper { height: 2fr; }
        #lower { height: 3fr; }
        #about { layout: horizontal; padding: 0 1; scrollbar-size-vertical: 1; }
        #about { background: $background; }
        #request, #changing { width: 1fr; }
        #changing { padding-left: 2; }
        &.-narrow #about { layout: vertical; }
        &.-narrow #changing { padding-left: 0; margin-top: 1; }
        #about:focus { background-tint: $foreground 3%; }
        &.-narrow #upper, &.-narrow #lower { display: none; }
        &.-narrow.-at-requests #upper { display: block; height: 1fr; }
        &.-narrow.-at-about #lower { display: block; height: 1fr; }
    }
    """

    def __init__(self) -> None:
        """Ask for the open ones at first."""
        super().__init__()
        self.state = reviewing.STATES[0]
        self.shown: Standing | None = None
        self._wanted: int | None = None
        self._at: int | None = None

    def remember(self) -> State:
        """Return the state that is shown and the request under the cursor."""
        now = self.lines.current
        return {"state": self.state, "request": self._wanted if now is None else now.id}

    def recall(self, state: State) -> None:
        """Show the same again."""
        if (shown := words(state, "state")) in reviewing.STATES and "state" in state:
            self.state = shown
        number = state.get("request")
        self._wanted = number if type(number) is int else None

    def go_to_request(self, number: int) -> None:
        """Show all requests, with the cursor on the one with this number."""
        self._wanted = number
        self.action_show_state("")

    def body(self) -> Iterable[Widget]:
        """Yield the requests, and the one under the cursor."""
        opening = f"opening {self.shelf.path} …"
        table = VTable(requests.layout(self.shelf.clock), empty=opening, id="requests")
        yield Vertical(Rule(line("reviews"), id="requests-rule"), table, id="upper")
        about = VerticalScroll(Paragraphs(id="request"), Paragraphs(id="changing"), id="about")
        yield Vertical(Rule(id="request-rule"), about, id="lower")

    @property
    def lines(self) -> VTable[Request]:
        """The list of requests."""
        return self.query_one("#requests", VTable)

    def on_mount(self) -> None:
        """Let ages grow."""
        self.set_interval(_AGEING, self.lines.redraw)

    # --- looking ----------------------------------------------------------------------------------

    def opened(self, facts: Facts) -> None:
        """Ask for the requests."""
        del facts
        self.say()
        self.load()

    def changed(self) -> None:
        """Ask again; the cursor stays on its request."""
        self.load()

    def load(self) -> None:
        """Ask for the requests of the state that is chosen."""
        if self.shelf.facts is None:
            return
        state = self.state
        self.ask("requests", lambda r: reviewing.requests(r, state), self._show)

    def _show(self, found: tuple[Request, ...]) -> None:
        rows, kept = Rows.all_of(found), self.lines.current
        wanted = kept.id if self._wanted is None and kept is not None else self._wanted
        self._wanted = None
        place = None if wanted is None else rows.find(wanted, lambda one: one.id)
        self.lines.show(rows, cursor=0 if place is None else place)
        self._at = None if self.lines.current is None else self.lines.current.id
        if not found:
            self.lines.say("nothing open" if self.state == "open" else "nothing yet")
        self.query_one("#requests-rule", Rule).title = requests.title(self.state, len(found))
        self.load_request()

    @on(VTable.Moved, "#requests")
    def _chosen(self) -> None:
        now = self.lines.current
        if now is not None and now.id != self._at:  # else the list is new, not the person's move
            self._at = now.id
            self.say()
        self.soon("request", _MOVING, self.load_request)

    def load_request(self) -> None:
        """Ask how the request under the cursor stands now."""
        asked = self.lines.current
        if asked is None:
            self.forget("request")
            self._show_request(None)
        else:
            self.ask("request", lambda r: reviewing.standing(r, asked.id), self._show_request)

    def _show_request(self, found: Standing | None) -> None:
        self.shown = found
        now = self.shelf.clock()
        about, beside = self.query(Paragraphs)
        about.show(requests.teach() if found is None else requests.about(found, now, runs=True))
        beside.show([] if found is None else requests.changing(found, now))
        beside.display = bool(beside.rows)
        self.query_one("#request-rule", Rule).title = requests.request_title(found)
        self.refresh_keys()

    # --- what a key may do now --------------------------------------------------------------------

    def subject(self, action: str) -> str:
        """Return the model of the request under the cursor."""
        asked = self.lines.current
        return asked.model if asked is not None and action.startswith("reviews.") else ""

    def reason_against(self, action: str) -> str:
        """Return why an action is of no use on the request under the cursor."""
        name = action.removeprefix("reviews.")
        asked, facts = self.lines.current, self.shelf.facts
        if name not in (*_CHANGING, "copy") or facts is None:
            return ""
        return _against(name, asked, self.shown, facts)

    # --- keys -------------------------------------------------------------------------------------

    def action_answer(self, kind: str) -> None:
        """Open the review of an answer."""
        if (asked := self.lines.current) is not None:
            self.app.push_screen(ANSWERS[kind](Standing(asked)))

    def action_run(self) -> None:
        """Run the gates that must be measured."""
        if (asked := self.lines.current) is not None:
            number = asked.id
            self.say()
            task = Task("running the gates", "bytes")
            self.begin(task, lambda r: reviewing.measure(r, number, task.progress), self._ran)

    def _ran(self, _nothing: None) -> None:
        self.say()
        self.app.post_message(CatalogChanged())
        self.load_request()

    def action_state(self, by: int) -> None:
        """Show another state only."""
        states = reviewing.STATES
        self.action_show_state(states[(states.index(self.state) + by) % len(states)])

    def action_show_state(self, state: str) -> None:
        """Show this state only; a click on its word in the title calls it too."""
        if state in reviewing.STATES:
            self.state = state
            self.action_refresh()

    def action_refresh(self) -> None:
        """Ask again."""
        self.say()
        self.load()

    def action_copy(self) -> None:
        """Copy the number."""
        if (asked := self.lines.current) is not None:
            self.shelf.action_copy_text(str(asked.id))

    def go_in(self) -> None:
        """Go into the pane about the request; from there, to the version."""
        if self.pane == "about" and self.shown is not None:
            model, _, number = self.shown.request.reference.rpartition(":v")
            self.shelf.go_to_model(model, int(number))
        else:
            super().go_in()

    def action_back(self) -> None:
        """Go back to the list, else to the open ones, else leave this part."""
        self.say()
        if self.stop_task():
            return
        if self.pane != "requests":
            self.go_out()
        elif self.state != reviewing.STATES[0]:
            self.state = reviewing.STATES[0]
            self.load()
        else:
            self.shelf.leave_mode()


def _against(name: str, asked: Request | None, found: Standing | None, facts: Facts) -> str:
    """Return why not; nothing while what is shown is the request the cursor was on before."""
    if asked is None:
        return "There is no request under the cursor."
    if name not in _CHANGING or found is None or found.request.id != asked.id:
        return ""
    return reviewing.against(name, found, facts)

"""Hooks and health: whether everything is in order, at a glance and looked at closer."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from textual import on
from textual.containers import Vertical, VerticalScroll

from modelshelf.domain.deliveries import Delivery, HookStanding
from modelshelf.tui import health, hooking, proving
from modelshelf.tui.actions import bindings
from modelshelf.tui.health import PARTS, Standing
from modelshelf.tui.items import Item, Listing
from modelshelf.tui.memory import words
from modelshelf.tui.screens.health_working import HealthTasks
from modelshelf.tui.show import line, styled
from modelshelf.tui.widgets.paragraphs import Paragraphs
from modelshelf.tui.widgets.rows import Rows
from modelshelf.tui.widgets.rule import Rule
from modelshelf.tui.widgets.vtable import VTable

if TYPE_CHECKING:
    from textual.widget import Widget

    from modelshelf.tui.memory import State

_AGEING = 30.0


class HealthScreen(HealthTasks):
    """A line for each thing above, everything about the one under the cursor below."""

    where = "health"
    panes = ("parts", "lines", "about")
    BINDINGS = bindings("health")
    AUTO_FOCUS = "#parts"
    DEFAULT_CSS = """
    HealthScreen {
        #upper { height: 10; }
        #lower { height: 1fr; }
        #lines { height: 1fr; }
        #below { height: 1fr; }
        #about { height: 1fr; padding: 0 1; scrollbar-size-vertical: 1; background: $background; }
        #about:focus { background-tint: $foreground 3%; }
        &.-bare #lines, &.-bare #about-rule { display: none; }
        &.-narrow #upper, &.-narrow #lower { display: none; }
        &.-narrow.-at-parts #upper { display: block; height: 1fr; }
        &.-narrow.-at-lines #lower, &.-narrow.-at-about #lower { display: block; }
    }
    """

    def __init__(self) -> None:
        """Nothing was looked at yet."""
        super().__init__()
        self.shown = Listing()
        self._wanted = PARTS[0]

    def body(self) -> Iterable[Widget]:
        """Yield a line for each thing, and below it everything about one."""
        opening = f"opening {self.shelf.path} …"
        parts = VTable(health.parts_layout(), empty=opening, id="parts")
        yield Vertical(Rule(line("health"), id="parts-rule"), parts, id="upper")
        lines: VTable[Item] = VTable(Listing().layout, id="lines")
        about = VerticalScroll(Paragraphs(id="told"), id="about")
        below = Vertical(Rule(id="about-rule"), about, id="below")
        yield Vertical(Rule(id="lines-rule"), lines, below, id="lower")

    @property
    def parts(self) -> VTable[Standing]:
        """The list of things that are looked at."""
        return self.query_one("#parts", VTable)

    @property
    def lines(self) -> VTable[Item]:
        """The list that belongs to one of them."""
        return self.query_one("#lines", VTable)

    @property
    def part(self) -> str:
        """The one under the cursor."""
        found = self.parts.current
        return self._wanted if found is None else found.part

    def on_mount(self) -> None:
        """Let ages grow."""
        self.set_interval(_AGEING, self.draw)

    def remember(self) -> State:
        """Return where one was, and what the newest verification found."""
        return {
            "part": self.part,
            "hook": self.known.hook,
            "state": self.known.state,
            "proof": dict(proving.kept(self.known.proof)),
        }

    def recall(self, state: State) -> None:
        """Take that up."""
        part, wanted = words(state, "part"), words(state, "state")
        self._wanted = part if part in PARTS else PARTS[0]
        self.known.state = wanted if wanted in hooking.STATES else ""
        self.known.hook = words(state, "hook", 200)
        self.known.proof = proving.read_kept(state.get("proof"))

    # --- showing ----------------------------------------------------------------------------------

    def draw(self) -> None:
        """Show what is known; every cursor stays on what it was on."""
        found = Rows.all_of(health.standings(self.known, self.shelf.clock()))
        self.parts.show(found, cursor=PARTS.index(self.part))
        self._draw_part()

    def _draw_part(self) -> None:
        part = self.part
        same = part == self._wanted
        self._wanted = part
        self.shown = health.listing(part, self.known, self.shelf.clock())
        self.set_class(not self.shown.items, "-bare")
        if self.shown.columns:
            self.lines.lay(self.shown.layout)
        rows = Rows.all_of(self.shown.items, more=self.shown.more)
        self.lines.show(rows, cursor=None if same else 0)
        title = styled((part, "strong"), (f"  {self.shown.note}" if self.shown.note else "", "dim"))
        self.query_one("#lines-rule", Rule).title = title
        if not self.shown.items and self.pane == "lines":
            self.go_to_pane("about")
        self._draw_about()

    def _draw_about(self) -> None:
        item = self.lines.current if self.shown.items else None
        told = self.shown.told if item is None else (*item.about(),)
        if item is not None and self.part in ("log", "garbage"):
            told = (*told, ("", line("")), *self.shown.told)
        self.query_one("#told", Paragraphs).show(told)
        title = styled((item.title, "strong")) if item is not None else line("")
        self.query_one("#about-rule", Rule).title = title
        self.refresh_keys()

    @on(VTable.Moved, "#parts")
    def _another_part(self) -> None:
        if self.part != self._wanted:
            self._draw_part()

    @on(VTable.Moved, "#lines")
    def _another_line(self) -> None:
        self._draw_about()

    @on(VTable.Wanted, "#lines")
    def _more(self) -> None:
        if self.part == "deliveries" and self.shown.more:
            self.limit *= 2
            self.load()

    def go_to_part(self, part: str) -> None:
        """Put the cursor on one of the things that are looked at."""
        self.parts.move_to(PARTS.index(part))
        if self.part != self._wanted:
            self._draw_part()

    # --- what is under the cursor -----------------------------------------------------------------

    @property
    def thing(self) -> object:
        """What the row under the cursor is."""
        item = self.lines.current if self.shown.items else None
        return None if item is None else item.thing

    @property
    def delivery(self) -> Delivery | None:
        """The delivery under the cursor."""
        return self.thing if isinstance(self.thing, Delivery) else None

    @property
    def hook(self) -> HookStanding | None:
        """The hook under the cursor, or that of the delivery."""
        if isinstance(self.thing, HookStanding):
            return self.thing
        told, one = self.known.told, self.delivery
        return told.hook(one.hook) if told is not None and one is not None else None

    # --- keys -------------------------------------------------------------------------------------

    def action_part(self, by: int) -> None:
        """Show the next thing that is looked at."""
        self.go_to_part(PARTS[(PARTS.index(self.part) + by) % len(PARTS)])

    def action_state(self, by: int) -> None:
        """Show only deliveries of another state."""
        states = hooking.STATES
        self.show_deliveries(
            self.known.hook, states[(states.index(self.known.state) + by) % len(states)]
        )

    def show_deliveries(self, hook: str, state: str) -> None:
        """Show the deliveries of a hook and a state, or of all."""
        self.say()
        self.known.hook, self.known.state, self.limit = hook, state, hooking.PAGE
        self.go_to_part("deliveries")
        self.load()

    def action_refresh(self) -> None:
        """Look at everything again."""
        self.say()
        self.look()

    def action_copy(self) -> None:
        """Copy the command for what is shown."""
        told = self.known.told
        text = health.COMMANDS[self.part]
        if self.part == "hooks" and told is not None and not told.hooks:
            text = hooking.LINES
        elif self.part == "deliveries" and self.known.state:
            text += f" --state {self.known.state}"
        elif self.part == "log" and self.known.proof is not None and self.known.proof.deep:
            text += " --deep"
        self.shelf.action_copy_text(text)

    def go_in(self) -> None:
        """Go in: to the list, to what is told about a row, to where something can be done."""
        if self.part == "quarantine" and self.known.held:
            self.shelf.at_mode("inbox")
        elif self.pane == "parts" and not self.shown.items:
            self.go_to_pane("about")
        elif self.pane == "lines" and self.part == "hooks" and self.hook is not None:
            self.show_deliveries(self.hook.key, "")
        elif self.pane == "lines" and self.part == "storage":
            self._go_to_model()
        else:
            super().go_in()

    def _go_to_model(self) -> None:
        model = getattr(self.thing, "model", "")
        if model:
            self.shelf.go_to_model(model)

    def action_back(self) -> None:
        """Stop what is at work, go out one pane, take off the filter, else leave this part."""
        if self.stop_task():
            return
        self.say()
        if self.pane != "parts":
            self.go_to_pane("lines" if self.pane == "about" and self.shown.items else "parts")
        elif self.known.hook or self.known.state:
            self.show_deliveries("", "")
        else:
            self.shelf.leave_mode()

"""What the dashboard shows: which questions fill its sections, their room, the one cursor."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from textual import on

from modelshelf.domain.errors import NotFound
from modelshelf.tui import overview, teaching
from modelshelf.tui.memory import words
from modelshelf.tui.screens.frame import Frame
from modelshelf.tui.sections import SECTIONS, Row, heights
from modelshelf.tui.widgets.masthead import Masthead
from modelshelf.tui.widgets.paragraphs import Paragraphs
from modelshelf.tui.widgets.section import Section

if TYPE_CHECKING:
    from collections.abc import Sequence

    from modelshelf.domain.errors import ModelshelfError
    from modelshelf.domain.overview import (
        FolderStanding,
        HookTrouble,
        Overview,
        Requested,
        Stored,
    )
    from modelshelf.registry import Registry
    from modelshelf.tui.facts import Facts
    from modelshelf.tui.memory import State
    from modelshelf.tui.messages import WatchReport
    from modelshelf.tui.widgets.paragraphs import Paragraph

ROWS = 60
REQUESTS = 20
_SLOW = 1.0
_RECOUNT = 60.0
# The lines of each section, with its title, on a narrow screen, where all are below each other.
_NARROW = {
    "serving": 9, "waits": 7, "folders": 4, "hooks": 3, "lately": 9, "month": 4, "untouched": 7,
}  # fmt: skip
_UPPER_SHARE, _TEACHING_SHARE = 0.6, 0.85
_AROUND = 4  # cells and lines around what is taught


class Glancing(Frame):
    """Fills the sections; a subclass lays them out and has the keys."""

    def __init__(self) -> None:
        """Nothing is known yet."""
        super().__init__()
        self._known: Overview | None = None
        self._kept: Stored | str = overview.COUNTING
        self._counted = (-_RECOUNT, 0.0)  # when the bytes were counted, and how long it took
        self._sought = ("", "")
        self._watching = ""
        self._taught: list[Paragraph] = []

    def section(self, name: str) -> Section[Row]:
        """Return a section."""
        return self.query_one(f"#{name}", Section)

    @property
    def row(self) -> Row | None:
        """The row under the cursor."""
        focused = self.focused
        return focused.current if isinstance(focused, Section) else None

    # --- asking -----------------------------------------------------------------------------------

    def opened(self, facts: Facts) -> None:
        """Ask for everything."""
        del facts
        self.say()
        self._kept, self._counted = overview.COUNTING, (-_RECOUNT, 0.0)
        self._watching = self.query_one(Masthead).state
        self.load()

    def changed(self) -> None:
        """Ask again; the cursor stays on its row."""
        self.load()

    def watched(self, report: WatchReport) -> None:
        """Say how the folders are watched; what lies in them may have changed."""
        self._watching = report.state
        self._load_beside()

    def load(self) -> None:
        """Ask for everything that is shown."""
        if self.shelf.facts is None:
            return
        self.ask("glance", lambda r: r.overview.glance(limit=ROWS), self._show)
        self.ask("waits", lambda r: r.overview.requested(limit=REQUESTS), self._show_waits)
        self._load_beside()
        at, took = self._counted
        if took < _SLOW or time.monotonic() - at > _RECOUNT:
            self.ask("stored", _timed, self._show_stored)

    def _load_beside(self) -> None:
        facts = self.shelf.facts
        if facts is None:
            return
        if facts.past:
            self.forget("beside")
            for name, told in (("folders", "drop folders"), ("hooks", "hooks")):
                self.section(name).put((), *overview.title(told), empty=overview.PRESENT_ONLY)
            self._give_room()
        else:
            many = len(facts.policy.hooks)
            self.ask(
                "beside",
                lambda r: (r.overview.folders(), r.overview.hooks()),
                lambda found: self._show_beside(*found, many),
            )

    def failed(self, group: str, error: ModelshelfError) -> None:
        """Say what went wrong; bytes that cannot be counted are no reason to say more."""
        if group == "stored":
            self._kept = "cannot be counted"
            self._show_month()
        super().failed(group, error)

    # --- showing ----------------------------------------------------------------------------------

    def _show(self, found: Overview) -> None:
        self._known = found
        facts = self.shelf.facts
        bare = not found.models and not found.versions
        self.set_class(bare, "-bare")
        self._taught = []
        if bare and facts is not None:
            self._teach(teaching.three_ways(facts.first_folder, facts.needed_path))
        serving = () if bare else overview.serving(found)
        self.section("serving").put(serving, *overview.serving_title(found))
        self.section("lately").put(overview.lately(found), *overview.title("lately"))
        told = f"{found.untouched_total:,} for {found.untouched_days} d or longer"
        self.section("untouched").put(
            overview.untouched(found),
            *overview.title("untouched", told if found.untouched_total else ""),
            empty=f"every model changed within {found.untouched_days} d" if not bare else "–",
        )
        self._show_month()

    def _teach(self, told: list[Paragraph]) -> None:
        """Say in place of what serves how there comes to be something."""
        self._taught = told
        self.query_one("#teach", Paragraphs).show(told)

    def unopened(self, error: ModelshelfError) -> None:
        """Where there is no registry yet, say how one is made."""
        super().unopened(error)
        if isinstance(error, NotFound) and self._known is None:
            self.say()
            self.add_class("-bare")
            self._teach(teaching.no_registry(error.subject or self.shelf.path))
            self._give_room()

    def _show_month(self) -> None:
        if self._known is not None:
            days = overview.title("this month", f"{len(self._known.days)} d")
            self.section("month").put(overview.month(self._known, self._kept), *days)
        self._settle()

    def _show_stored(self, found: tuple[Stored, float]) -> None:
        self._kept, took = found
        self._counted = (time.monotonic(), took)
        self._show_month()

    def _show_waits(self, found: Requested) -> None:
        title = overview.waits_title(found)
        self.section("waits").put(overview.waits(found), *title, empty="nobody asks for anything")
        self._settle()

    def _show_beside(
        self, folders: tuple[FolderStanding, ...], hooks: tuple[HookTrouble, ...], many: int
    ) -> None:
        title = overview.title("drop folders", self._watching)
        self.section("folders").put(
            overview.folders(folders), *title, empty="the policy names none"
        )
        failing = overview.title("hooks", f"{len(hooks)} failing" if hooks else "", "warn")
        self.section("hooks").put(overview.hooks(hooks, many), *failing)
        self._settle()

    def _settle(self) -> None:
        """Give every section its room, and somebody the cursor."""
        self._give_room()
        name, key = self._sought
        if name:
            section = self.section(name)
            place = section.rows.find(key, lambda row: row.key)
            if place is not None:
                self._sought = ("", "")
                section.move_to(place)
                self.set_focus(section)
        focused = self.focused
        lost = not isinstance(focused, Section) or not focused.can_focus
        if lost and self._known is not None:
            first = next((s for s in self._sections() if s.can_focus and s.display), None)
            # What is taught stands above the lists, and is to be read first.
            self.set_focus(None if self._taught and self.has_class("-narrow") else first)
        self.refresh_keys()

    # --- room -------------------------------------------------------------------------------------

    def _sections(self) -> list[Section[Row]]:
        return [self.section(name) for name in SECTIONS]

    def on_resize(self) -> None:
        """Share the room anew."""
        self.call_after_refresh(self._give_room)

    def _give_room(self) -> None:
        wants = {s.id or "": 1 + max(1, s.rows.total) for s in self._sections()}
        board = self.query_one("#board")
        if self.has_class("-narrow"):
            given = {name: min(want, _NARROW[name]) for name, want in wants.items()}
        else:
            room = board.size.height
            right = [wants[name] for name in ("waits", "folders", "hooks")]
            wanted = max(wants["serving"], sum(right), _lines(self._taught, board.size.width))
            share = _TEACHING_SHARE if self._taught else _UPPER_SHARE
            upper = max(1, min(wanted, int(room * share)))
            lower = room - upper
            board.styles.grid_rows = f"{upper} {max(1, lower)}"
            given = {"serving": upper, "lately": lower}
            given |= zip(("waits", "folders", "hooks"), heights(upper, right), strict=True)
            low = [wants["month"], wants["untouched"]]
            given |= zip(("month", "untouched"), heights(lower, low), strict=True)
            given["hooks"] += max(0, upper - sum(heights(upper, right)))
            given["untouched"] += max(0, lower - sum(heights(lower, low)))
        for name, lines in given.items():
            self.section(name).styles.height = max(1, lines)

    # --- the one cursor ---------------------------------------------------------------------------

    @on(Section.Left)
    def _walk_on(self, event: Section.Left) -> None:
        """Go on in the next section that has rows."""
        places = [s for s in self._sections() if s.can_focus and s.display]
        here = next((n for n, s in enumerate(places) if s is event.table), None)
        if here is None or not 0 <= here + event.by < len(places):
            return
        to = places[here + event.by]
        to.move_to(0 if event.by > 0 else to.rows.total - 1)
        self.set_focus(to)

    def remember(self) -> State:
        """Remember what is under the cursor."""
        row, focused = self.row, self.focused
        if row is None or focused is None:
            return {"section": self._sought[0], "key": self._sought[1]}
        return {"section": focused.id, "key": row.key}

    def recall(self, state: State) -> None:
        """Look for what was under the cursor once it is there."""
        name = words(state, "section", 40)
        if name in SECTIONS:
            self._sought = (name, words(state, "key"))


def _lines(taught: Sequence[Paragraph], width: int) -> int:
    """Return how many lines the teaching takes in the left of the two columns."""
    room = max(1, width * 3 // 5 - _AROUND)
    lines = sum(max(1, -(-text.cell_length // room)) for _, text in taught)
    return _AROUND + lines if taught else 0


def _timed(registry: Registry) -> tuple[Stored, float]:
    begun = time.monotonic()
    found = registry.overview.stored()
    return found, time.monotonic() - begun

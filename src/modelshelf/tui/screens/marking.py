"""Marks on the versions of the models screen, and comparing what is marked."""

from __future__ import annotations

from collections.abc import Mapping

from modelshelf.domain.models import ModelVersion
from modelshelf.tui import listing, titles
from modelshelf.tui.actions import by_id
from modelshelf.tui.listing import MARKED_MOST
from modelshelf.tui.screens.listed import Listed

COMPARED_LEAST = 2
COMPARED_MOST = 8


class Marking(Listed):
    """Marks stay on their versions whatever is listed, and in which order."""

    def __init__(self) -> None:
        """Begin without marks."""
        super().__init__()
        self._marked: dict[int, str] = {}
        self._last_mark: int | None = None

    @property
    def chosen(self) -> ModelVersion | None:
        """The version that a key acts on."""
        return self.versions.current

    def allowed(self, action: str) -> bool:
        """Tell whether an action of this screen can be done; say so where it cannot."""
        reason = self.why_not(by_id(f"models.{action}"))
        self.say(reason)
        return not reason

    def marks_against(self, action: str) -> str:
        """Return why the marks there are forbid an action; empty when they do not."""
        count = len(self._marked)
        if action in ("models.unmark", "models.mark_range") and not count:
            return "Nothing is marked."
        if action == "models.compare" and count > COMPARED_MOST:
            return f"{count:,} are marked, and {COMPARED_MOST} can be compared. U takes marks off."
        if action == "models.compare" and count < COMPARED_LEAST and self.chosen is None:
            return "There is no version to compare."
        return ""

    def take_marks(self, found: Mapping[int, str]) -> None:
        """Mark versions besides those that are, as far as there is room."""
        for one, reference in found.items():
            if len(self._marked) < MARKED_MOST:
                self._marked[one] = reference
        self._draw_marks()

    @property
    def marked_references(self) -> tuple[str, ...]:
        """The references of what is marked, in the order of marking."""
        return tuple(self._marked.values())

    def _draw_marks(self) -> None:
        self.versions.marked = set(self._marked)
        self.versions.redraw()
        self.marked = len(self._marked)
        self.title_rules()
        self.refresh_keys()

    def action_mark(self) -> None:
        """Mark the version under the cursor, or take its mark off."""
        version = self.chosen
        if not self.allowed("mark") or version is None:
            return
        if version.id in self._marked:
            del self._marked[version.id]
        elif len(self._marked) == MARKED_MOST:
            self.say(f"{MARKED_MOST:,} are marked, and there is no room for more.")
            return
        else:
            self._marked[version.id] = version.reference
        self._last_mark = version.id
        self._draw_marks()
        self.versions.action_move(1)

    def action_mark_range(self) -> None:
        """Mark everything from the last mark to the cursor."""
        found, last, place = self.listing, self._last_mark, self.versions.cursor
        if not self.allowed("mark_range") or found is None:
            return
        if last is None:
            self.say("Space marks where a range begins.")
            return
        self.ask("range", lambda r: listing.between(r, found.ids, last, place), self._take_range)

    def _take_range(self, found: Mapping[int, str]) -> None:
        if not found:
            self.say("What was marked last is not in this list.")
            return
        before = len(self._marked.keys() | found.keys())
        self.take_marks(found)
        self._last_mark = list(found)[-1]
        if before > len(self._marked):
            self.say(f"{MARKED_MOST:,} are marked, and there is no room for more.")

    def action_unmark(self) -> None:
        """Take off all marks."""
        if self.allowed("unmark"):
            self._marked.clear()
            self._last_mark = None
            self._draw_marks()

    def action_compare(self) -> None:
        """Compare what is marked, or the version under the cursor with its rival."""
        version = self.chosen
        if not self.allowed("compare"):
            return
        if len(self._marked) >= COMPARED_LEAST:
            self.shelf.go_to_compare(self.marked_references)
        elif version is not None:
            marked = dict(self._marked)
            self.ask("rival", lambda r: titles.rivals(r, version, marked), self._compare)

    def _compare(self, references: tuple[str, ...]) -> None:
        if len(references) < COMPARED_LEAST:
            self.say("There is nothing to compare it with yet. Space marks two of them.")
        else:
            self.shelf.go_to_compare(references)

"""The lineage: what a thing came from, what came of it, and what serves because of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import on
from textual.content import Content

from modelshelf.tui import tracing
from modelshelf.tui.actions import bindings
from modelshelf.tui.screens.picture import HOPS_MOST, Picture
from modelshelf.tui.show import styled
from modelshelf.tui.widgets.graph import GraphView
from modelshelf.tui.widgets.paragraphs import Paragraph, Paragraphs
from modelshelf.tui.widgets.rule import Rule

if TYPE_CHECKING:
    from modelshelf.tui.tracing import Told

_MOVING = 0.05
_NEED_ONE = ("lineage.copy", "lineage.open", "lineage.impact", "lineage.mark")


class LineageScreen(Picture):
    """The picture, walked with the keys, and what is said of the thing under the cursor."""

    where = "lineage"
    BINDINGS = bindings("lineage")

    # --- the thing under the cursor -----------------------------------------------------------

    @on(GraphView.Moved)
    def _chosen(self) -> None:
        self.say()
        self.soon("thing", _MOVING, self._load_thing)

    def _load_thing(self) -> None:
        node = self.picture.current
        if node is None:
            self._show_thing(None)
            return
        with_impact, marked = self._impact, self._marked
        self.ask(
            "thing",
            lambda r: tracing.told(r, node, marked, with_impact=with_impact),
            self._show_thing,
        )

    def _show_thing(self, told: Told | None) -> None:
        self._told = told
        rows: list[Paragraph] = [] if told is None else tracing.about(told)
        self.query_one(Paragraphs).show(rows)
        title = Content("") if told is None else styled((told.node.label, "strong"))
        self.query_one("#thing-rule", Rule).title = title

    # --- keys -----------------------------------------------------------------------------------

    @on(GraphView.Opened)
    def action_open(self) -> None:
        """Put the thing under the cursor into the middle."""
        node = self.picture.current
        if node is not None and self._root is not None and node.id != self._root.id:
            self._trail.append(tracing.written(self._root))
            self._put(tracing.written(node))

    def action_related(self) -> None:
        """Show only what is related to the thing under the cursor, or everything."""
        self._focused = not self._focused
        self._draw()

    def action_hops(self, by: int) -> None:
        """Go further, or less far."""
        self._hops = max(1, min(self._hops + by, HOPS_MOST))
        self.load()

    def action_impact(self) -> None:
        """Show what hangs on the thing under the cursor and what it carries along, or hide it."""
        self._impact = not self._impact
        self._load_thing()

    def action_mark(self) -> None:
        """Mark the thing under the cursor, to see how others hang together with it; or unmark."""
        node = self.picture.current
        same = node is not None and self._marked is not None and node.id == self._marked.id
        self._marked = None if same else node
        self.say(f"{self._marked.label} is marked." if self._marked is not None else "")
        self._load_thing()

    def action_version(self) -> None:
        """Show the version under the cursor among its model's."""
        node = self.picture.current
        if node is not None and node.reference is not None:
            model, _, number = node.reference.rpartition(":v")
            self.shelf.go_to_model(model, int(number))

    def reason_against(self, action: str) -> str:
        """Return why an action that needs a thing cannot have one."""
        node = self.picture.current
        if action in _NEED_ONE and node is None:
            return "There is nothing under the cursor."
        if action == "lineage.version" and (node is None or node.reference is None):
            return "There is no version under the cursor."
        if action in ("lineage.export", "lineage.save") and self._graph is None:
            return "There is nothing to export."
        return ""

    def action_copy(self) -> None:
        """Copy how the thing is written."""
        node = self.picture.current
        if node is not None:
            self.shelf.action_copy_text(tracing.written(node))

    def action_form(self) -> None:
        """Choose the next form of exports."""
        forms = tracing.FORMS
        self._form = forms[(forms.index(self._form) + 1) % len(forms)]
        self.say(f"As {self._form}: e copies the graph, S writes it into a file.")

    def action_export(self) -> None:
        """Copy the graph, for a document or a program."""
        if (root := self._root) is not None:
            thing, hops, form = tracing.written(root), self._hops, self._form
            self.ask("export", lambda r: tracing.exported(r, thing, hops, form), self._exported)

    def _exported(self, text: str) -> None:
        self.shelf.copy_to_clipboard(text)
        self.shelf.tell(f"copied the graph as {self._form}")

    def action_save(self) -> None:
        """Write the graph into a new file in the working folder."""
        if (root := self._root) is not None:
            thing, hops, form = tracing.written(root), self._hops, self._form
            self.ask(
                "export",
                lambda r: tracing.saved(r, thing, hops, form),
                lambda name: self.say(f"The graph is in {name}, as {form}."),
            )

    def action_refresh(self) -> None:
        """Ask again."""
        self.say()
        self.load()

    def action_back(self) -> None:
        """Show everything again, else what was in the middle before, else leave this part."""
        self.say()
        if self._focused:
            self.action_related()
        elif self._trail:
            self._put(self._trail.pop())
        else:
            self.shelf.leave_mode()

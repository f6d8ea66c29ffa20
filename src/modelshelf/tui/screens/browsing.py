"""The tree of models beside the list: choosing a row of it lists the versions below that row."""

from __future__ import annotations

from dataclasses import replace

from textual import on

from modelshelf.domain.errors import ModelshelfError
from modelshelf.domain.models import ModelVersion
from modelshelf.tui import listing, namespaces, titles
from modelshelf.tui.listing import Scope, Wish
from modelshelf.tui.memory import State, listed, words
from modelshelf.tui.namespaces import TreeRow, Walked
from modelshelf.tui.screens.marking import Marking
from modelshelf.tui.show import sentence
from modelshelf.tui.widgets.filter import Filter
from modelshelf.tui.widgets.folding import Folding
from modelshelf.tui.widgets.rows import PAGE, Rows
from modelshelf.tui.widgets.rule import Rule
from modelshelf.tui.widgets.vtable import VTable
from modelshelf.tui.widgets.ways import Way, Ways

_MOVING = 0.05
_REMEMBERED = 200
_FOLDED_MOST = 1_000


class Browsing(Marking):
    """Fills the pane `models` and lists what is chosen there; a subclass lays the panes out.

    Attributes:
        folded: Namespaces, each with its slash, whose models are hidden.
    """

    def __init__(self) -> None:
        """Know nothing yet."""
        super().__init__()
        self.folded: frozenset[str] = frozenset()
        self._after: str | None = None
        self._tree_at = ""  # the row whose versions are asked for
        self._sought = ""
        self._recalled: tuple[str, ...] = ()
        self._planted = False

    @property
    def models(self) -> VTable[TreeRow]:
        """The tree of models."""
        return self.query_one("#models", VTable)

    @property
    def chosen(self) -> ModelVersion | None:
        """The version that a key acts on: the one under the cursor, of what is chosen in the tree.

        Right after another row was chosen the list still shows versions of the one before.
        """
        row, shown = self.models.current, self.listing
        if shown is None or shown.wish != self.wish or (row and row.name != self._tree_at):
            return None
        return super().chosen

    def unopened(self, error: ModelshelfError) -> None:
        """Say it where the models would be, and go on trying."""
        if self.models.rows.total:
            self.say(sentence(error))
        else:
            self.models.say("")
            self.say(f"{sentence(error)} Looking again every second; q quits.")

    def list_anew(self) -> None:
        """Ask for everything, as when the registry was opened or shows another moment."""
        current = self.versions.current
        if not self._sought and current is not None:
            self._sought = current.reference
        sought, self._sought = self._sought, ""
        self.listing = None
        self.load_models()
        self.wish_for(self.wish, sought=sought)
        if self._recalled:
            references, self._recalled = self._recalled, ()
            self.ask("marks", lambda r: listing.named(r, references), self.take_marks)

    # --- the tree -----------------------------------------------------------------------------

    def load_models(self) -> None:
        """Ask for as much of the tree as is shown."""
        folded, least = self.folded, max(PAGE, self.models.rows.total)
        self.ask("models", lambda r: namespaces.walk(r, folded, least), self._show_models)

    def _show_models(self, walked: Walked) -> None:
        self._after = walked.after
        rows = Rows.all_of(walked.rows, more=walked.after is not None)
        empty = all(row.kind == "all" for row in walked.rows)
        place = None
        if not self._planted or not self.models.rows.total:
            self._planted = True
            place = rows.find(self.wish.scope.name, lambda row: row.name)
        self.models.show(rows, cursor=place)
        if place is not None or not self._tree_at:
            self._tree_at = self.wish.scope.name if place is not None else self._at()
        self._show_ways(empty)
        self._title_models()

    def _show_ways(self, empty: bool) -> None:  # noqa: FBT001 - a state
        """Show how to add a model, in place of the versions, while there is none."""
        before = self.has_class("-without-models")
        self.set_class(empty, "-without-models")
        ways, facts = self.query_one(Ways), self.shelf.facts
        if facts is not None:
            ways.about(facts.first_folder, facts.needed_path)
        if empty and not before and self.focused in (None, self.models):
            self.pane = "versions"
            self.call_after_refresh(ways.begin)
        elif before and not empty and isinstance(self.focused, Way):
            self.go_to_pane("models")

    def _at(self) -> str:
        return self.models.current.name if self.models.current is not None else ""

    def _title_models(self) -> None:
        known = sum(1 for _, row in self.models.rows.known() if row.model is not None)
        rule = self.query_one("#models-rule", Rule)
        rule.title = titles.models(known, more=self.models.rows.more)

    @on(VTable.Wanted, "#models")
    def _more_models(self) -> None:
        after, folded = self._after, self.folded
        if after is not None:
            walk = namespaces.walk
            self.ask("more models", lambda r: walk(r, folded, PAGE, after), self._add_models)

    def _add_models(self, walked: Walked) -> None:
        self._after = walked.after
        self.models.extend(walked.rows, more=walked.after is not None)
        self._title_models()

    @on(VTable.Moved, "#models")
    def _row_chosen(self) -> None:
        self.refresh_keys()
        if self.models.current is not None and self._at() != self._tree_at:
            self.soon("versions", _MOVING, self._list_chosen)

    def _list_chosen(self) -> None:
        self._tree_at = self._at()
        self.wish_for(replace(self.wish, scope=Scope(self._tree_at)))

    @on(VTable.Moved, "#versions")
    def _version_under_cursor(self) -> None:
        self.refresh_keys()

    @on(Folding.Folded, "#models")
    def _fold(self, event: Folding.Folded) -> None:
        row = self.models.current
        if row is None:
            return
        if row.kind == "namespace" and row.folded is (event.by > 0):
            self.folded ^= {row.name}
            self.load_models()
        elif event.by < 0:
            above = (namespaces.parents(row.name) or ("",))[-1]
            self._move_tree(above)
        elif row.kind == "model":
            self.go_to_pane("versions")

    def _move_tree(self, name: str) -> bool:
        place = self.models.rows.find(name, lambda row: row.name)
        if place is not None:
            self.models.move_to(place)
        return place is not None

    def show_scope(self, name: str) -> None:
        """Say which part of the tree is listed, where that was chosen elsewhere."""
        self._move_tree(name)
        self._tree_at = self._at()

    def title_rules(self) -> None:
        """Say also in the filter where it looks."""
        super().title_rules()
        self.query_one(Filter).exemplify(titles.examples(self.wish.scope.name))

    def find(self, text: str) -> None:
        """Filter the versions of all models by ``text`` as if it had been typed."""
        self.show_scope("")
        self.query_one(Filter).open(text)
        self.wish_for(Wish(text=text, sort=self.wish.sort))

    def find_everywhere(self) -> bool:
        """Look in all models for what one of them, or a namespace, does not have."""
        shown, wish = self.listing, self.wish
        if not wish.text or not wish.scope.name or shown is None:
            return False
        if shown.wish != wish or shown.rows.total:
            return False
        self.find(wish.text)
        return True

    # --- what is remembered -----------------------------------------------------------------------

    def remember(self) -> State:
        """Return what is listed, how, and what is marked."""
        current = self.versions.current
        return {
            "scope": self.wish.scope.name,
            "text": self.wish.text,
            "sort": self.wish.sort,
            "columns": list(self.columns),
            "marked": list(self.marked_references[:_REMEMBERED]),
            "at": current.reference if current is not None else self._sought,
            "folded": sorted(self.folded)[:_FOLDED_MOST],
            "pane": self.pane,
        }

    def recall(self, state: State) -> None:
        """List what was listed; it is asked for once the registry is open."""
        from modelshelf.tui import choosing

        sort = words(state, "sort")
        self.wish = Wish(
            Scope(words(state, "scope")),
            words(state, "text"),
            sort if sort and choosing.is_order(sort) else "",
        )
        self.columns = choosing.sound(listed(state, "columns"))
        self.folded = frozenset(listed(state, "folded", _FOLDED_MOST))
        self._sought = words(state, "at")
        self._recalled = listed(state, "marked", _REMEMBERED)

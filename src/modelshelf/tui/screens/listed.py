"""The list of versions on the models screen: which are asked for, in which order and columns."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from textual import on

from modelshelf.domain.errors import Invalid, ModelshelfError, NotFound
from modelshelf.domain.models import ModelVersion
from modelshelf.domain.query import parse_query
from modelshelf.tui import choosing, columns, listing, titles
from modelshelf.tui.listing import Anchor, Listing, Scope, Wish
from modelshelf.tui.screens.detailing import Detailing
from modelshelf.tui.show import sentence
from modelshelf.tui.widgets.filter import Filter
from modelshelf.tui.widgets.grid import Layout
from modelshelf.tui.widgets.rows import PAGE
from modelshelf.tui.widgets.rule import Rule
from modelshelf.tui.widgets.vtable import VTable


class Listed(Detailing):
    """Fills the pane `versions`; a subclass lays it out and says what is wished for.

    Attributes:
        marks: Letters of the stages that can be held, highest first.
        wish: What is asked for.
        listing: What came of it so far, or what is shown until something does.
        columns: The columns that somebody chose; empty for the usual ones.
        usual_columns: What is shown while nobody chose any.
        marked: How many versions are marked.
    """

    def __init__(self) -> None:
        """Know nothing yet."""
        super().__init__()
        self.marks: Mapping[str, str] = {}
        self.wish = Wish()
        self.listing: Listing | None = None
        self.columns: tuple[str, ...] = ()
        self.marked = 0
        self.usual_columns: tuple[str, ...] = ()
        self._trend: Mapping[str, str] = {}
        self._turn = 0
        self._once_more = False

    # --- asking ---------------------------------------------------------------------------------

    def wish_for(self, wish: Wish, *, sought: str = "", follow: bool = False) -> None:
        """List other versions, or the same in another order.

        Args:
            wish: What to list.
            sought: A reference that the cursor is to go to.
            follow: Whether the cursor stays on its version even if it is on the first row, where
                it may be only because nobody moved it.
        """
        anchor = Anchor(sought=sought)
        place, before = self.versions.cursor, self.listing
        if before is not None and (follow or (place and wish.scope == self.wish.scope)):
            anchor = Anchor(before.ids, place, sought)
        self.wish = wish
        self._take_turn()
        self.ask("list", lambda r: listing.begin(r, wish, anchor), lambda b: self._begun(b, anchor))

    def reload(self) -> None:
        """Ask again for what is listed; the cursor stays on its version."""
        if "list" in self._pending:  # or a registry that changes all the time is never listed
            self._once_more = True
            return
        before = self.listing
        if before is None or not before.whole or before.wish != self.wish:
            self.wish_for(self.wish, follow=True)
            return
        anchor = Anchor(before.ids, self.versions.cursor)
        stop = self._take_turn()
        self.ask(
            "list",
            lambda r: listing.again(r, before, anchor, stop),
            lambda found: self._whole(found, anchor.place),
        )

    def _take_turn(self) -> Callable[[], bool]:
        """Have the question before end; return what tells this one that it is to end."""
        self._turn += 1
        self._once_more = False
        mine = self._turn
        return lambda: mine != self._turn

    def _begun(self, begun: Listing, anchor: Anchor) -> None:
        self.query_one(Filter).complain("")
        place = begun.place or 0
        self._look_at(begun)
        self._show(begun, place)
        if begun.whole:
            self._catch_up()
        else:
            late = self._once_more
            stop = self._take_turn()
            self._once_more = late
            self.ask(
                "list",
                lambda r: listing.complete(r, begun, anchor, stop),
                lambda found: self._whole(found, place),
            )

    def _whole(self, found: Listing, asked_at: int) -> None:
        """Show the whole list; whoever moved meanwhile stays where they are."""
        before = self.versions.current
        moved = self.versions.cursor != asked_at
        self._look_at(found)
        self._show(found, None if moved else found.place)
        if before == self.versions.current:
            self.load_detail()
        self._catch_up()

    def _catch_up(self) -> None:
        """Ask again if the catalog changed while it was being asked."""
        if self._once_more:
            self.reload()

    def _show(self, found: Listing, cursor: int | None) -> None:
        self.listing = found
        self.versions.lay(self._looks())
        self.versions.empty = titles.nothing(found)
        self.versions.show(found.rows, cursor=cursor)
        self.title_rules()
        self.refresh_keys()
        if not found.rows.total:
            self.load_detail()

    @on(VTable.Wanted, "#versions")
    def _more_versions(self, wanted: VTable.Wanted) -> None:
        found, page = self.listing, wanted.page
        if found is not None and found.whole:
            self.ask(
                f"page {page}",
                lambda r: listing.read(r, found.ids, page),
                lambda values: self._fill(found, page, values),
            )

    def _fill(self, asked: Listing, page: int, values: tuple[ModelVersion, ...]) -> None:
        if self.listing is asked:
            self.versions.fill(page, values)

    def failed(self, group: str, error: ModelshelfError) -> None:
        """Say below the filter what is wrong with it; everything else above the footer."""
        filtering = self.query_one(Filter)
        if group != "list":
            super().failed(group, error)
        elif isinstance(error, NotFound) and self.wish.scope.name:
            self.say(sentence(error))
            self.wish_for(replace(self.wish, scope=Scope()))
        elif filtering.is_open:
            filtering.complain(sentence(error))
        else:
            if isinstance(error, Invalid) and self.listing is not None:
                self.wish = self.listing.wish  # else the keys would wait for a list that never is
            super().failed(group, error)

    # --- how it is shown ------------------------------------------------------------------------

    @property
    def known(self) -> Sequence[ModelVersion]:
        """The versions whose rows are known."""
        return [version for _, version in self.versions.rows.known()]

    @property
    def sort(self) -> str:
        """The order that the list is in, as it is typed."""
        return self.wish.sort or _typed_sort(self.wish.text) or "newest"

    @property
    def shown_columns(self) -> tuple[str, ...]:
        """The columns behind the first."""
        return self.columns or self.usual_columns

    def _look_at(self, found: Listing) -> None:
        """Choose the usual columns and their curves from the first rows of a list."""
        before, wish = self.listing, found.wish
        first = [version for place, version in found.rows.known() if place < PAGE]
        if not first:
            return
        other = before is None or (before.wish.scope, before.wish.text) != (wish.scope, wish.text)
        if other or not self.usual_columns:
            self.usual_columns = choosing.usual(first)
        newest = wish.scope.kind == "model" and not wish.text and self.sort == "newest"
        if newest and found.rows.get(0) is not None:
            self._trend = columns.trends(first)
        elif not newest:
            self._trend = {}

    def _looks(self) -> Layout[ModelVersion]:
        return choosing.layout(
            choosing.Look(
                self.marks,
                self.shelf.clock,
                self.shown_columns,
                of_many=self.wish.scope.kind != "model",
                sort=self.sort,
                trend=self._trend,
                chosen=bool(self.columns),
            )
        )

    def show_columns(self, chosen: tuple[str, ...]) -> None:
        """Show other columns; none for the usual ones."""
        self.columns = chosen
        self.versions.lay(self._looks())

    def sort_by(self, sort: str) -> None:
        """List the same in another order."""
        if sort and sort != self.sort:
            self.wish_for(replace(self.wish, sort=sort))

    @on(VTable.HeadClicked, "#versions")
    def _head_clicked(self, event: VTable.HeadClicked) -> None:
        self.sort_by(choosing.order_of_head(event.column, self.sort))

    def title_rules(self) -> None:
        """Say over the list what it lists."""
        title = titles.versions(self.listing, self.sort, self.marked)
        self.query_one("#versions-rule", Rule).title = title


def _typed_sort(text: str) -> str:
    try:
        sort = parse_query(text).sort if "sort:" in text else None
    except Invalid:
        return ""
    return "" if sort is None else str(sort)

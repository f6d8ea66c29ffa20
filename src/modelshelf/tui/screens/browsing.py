"""What the models screen shows: which questions fill its panes, and what their titles say."""

from __future__ import annotations

from textual import on
from textual.reactive import reactive

from modelshelf.domain.errors import ModelshelfError
from modelshelf.domain.models import ModelVersion, RegisteredModel
from modelshelf.tui import columns, store, titles
from modelshelf.tui.screens.detailing import Detailing
from modelshelf.tui.show import sentence
from modelshelf.tui.store import Found, Line
from modelshelf.tui.widgets.filter import Filter
from modelshelf.tui.widgets.rows import PAGE, Rows
from modelshelf.tui.widgets.rule import Rule
from modelshelf.tui.widgets.vtable import VTable

_MOVING = 0.03


class Browsing(Detailing):
    """Fills the panes `models` and `versions`; a subclass lays them out.

    Attributes:
        marks: Letters of the stages that can be held, highest first.
        found: What the filter found; ``None`` while there is no filter.
        line: The model whose versions are shown while there is no filter.
        sought: Model and number of the version that the cursor goes to once it is shown.
    """

    marked: reactive[int] = reactive(0)

    def __init__(self) -> None:
        """Know nothing yet."""
        super().__init__()
        self.marks: dict[str, str] = {}
        self.found: Found | None = None
        self.line: Line | None = None
        self.sought: tuple[str, int] | None = None
        self._unfiltered: Rows[RegisteredModel] | None = None

    @property
    def models(self) -> VTable[RegisteredModel]:
        """The list of models."""
        return self.query_one("#models", VTable)

    @property
    def chosen(self) -> ModelVersion | None:
        """The version that a key acts on: the one under the cursor, of the model that is chosen.

        Right after another model was chosen the list still shows versions of the one before.
        """
        version, model = self.versions.current, self.models.current
        if self.found is None and (model is None or version is None or version.model != model.name):
            return None
        return version

    def unopened(self, error: ModelshelfError) -> None:
        """Say it where the models would be, and go on trying."""
        if self.models.rows.total:
            self.say(sentence(error))
        else:
            self.models.say("")
            self.say(f"{sentence(error)} Looking again every second; q quits.")

    # --- models -------------------------------------------------------------------------------

    def load_models(self) -> None:
        """Ask for the models."""
        least = self._unfiltered.total if self._unfiltered is not None else PAGE
        self.ask("models", lambda r: store.models(r, least), self._show_models)

    def _show_models(self, rows: Rows[RegisteredModel]) -> None:
        self._unfiltered = rows
        if self.found is None:
            if not rows.total:
                self.models.say("no models yet")
                self.say(titles.NOTHING_YET)
            self.models.show(rows)
        self.title_rules()

    @on(VTable.Wanted, "#models")
    def _more_models(self) -> None:
        last = self.models.rows.get(self.models.rows.total - 1)
        if last is not None and self.found is None:
            self.ask("more models", lambda r: store.more_models(r, last.name), self._add_models)

    def _add_models(self, models: tuple[RegisteredModel, ...]) -> None:
        if self.found is None:
            self.models.extend(models, more=len(models) == PAGE)
            self.title_rules()

    @on(VTable.Moved, "#models")
    def _model_chosen(self) -> None:
        model = self.models.current
        if model is None:
            return
        if self.found is None:
            self.soon("versions", _MOVING, self.load_versions)
        elif self.models.has_focus:
            place = self.found.rows.find(model.name, lambda version: version.model)
            if place is not None:
                self.versions.move_to(place)

    # --- versions of one model ------------------------------------------------------------------

    def load_versions(self) -> None:
        """Ask for the versions of the model under the cursor."""
        model = self.models.current
        if model is None or self.found is not None:
            return
        page = self.versions.cursor // PAGE
        same = self.line is not None and self.line.model.id == model.id
        pages = sorted({0, page, page + 1}) if same else [0]
        self.ask("versions", lambda r: store.versions(r, model.name, pages), self._show_versions)

    def _show_versions(self, line_: Line) -> None:
        if self.found is not None:
            return
        before, self.line = self.line, line_
        known = [version for _, version in line_.rows.known()]
        metrics, trend = columns.main_metrics(known), columns.trends(known)
        self.versions.lay(columns.versions(self.marks, metrics, self.shelf.clock, trend=trend))
        same = before is not None and before.model.id == line_.model.id
        place = line_.place_of(self.versions.current) if same else 0
        if self.sought is not None and self.sought[0] == line_.model.name:
            place, self.sought = line_.place_of_number(self.sought[1]), None
        self.versions.show(line_.rows, cursor=place)
        self.title_rules()
        self.load_detail()

    @on(VTable.Wanted, "#versions")
    def _more_versions(self, wanted: VTable.Wanted) -> None:
        found, line_, page = self.found, self.line, wanted.page
        if found is not None:
            after = found.after
            if after is not None:
                self.ask("found on", lambda r: store.search_on(r, found.text, after), self._add)
        elif line_ is not None and line_.rows.counted:
            name, latest = line_.model.name, line_.model.latest
            self.ask(
                f"page {page}",
                lambda r: store.versions_page(r, name, latest, page),
                lambda values: self._fill(line_, page, values),
            )

    def _fill(self, asked: Line, page: int, values: tuple[ModelVersion, ...]) -> None:
        if self.line is asked and self.found is None:
            self.versions.fill(page, values)

    # --- versions that a filter finds -----------------------------------------------------------

    def load_found(self, text: str) -> None:
        """Ask for the versions that ``text`` finds, over all models."""
        same = self.found is not None and self.found.text == text
        least = self.found.rows.total if self.found is not None and same else PAGE
        self.ask("filter", lambda r: store.search(r, text, least), self._show_found)

    def _show_found(self, found: Found) -> None:
        self._say_wrong("")
        again = self.found is not None and self.found.text == found.text
        self.found = found
        self.forget("versions")
        known = [version for _, version in found.rows.known()]
        metrics = columns.main_metrics(known)
        self.versions.lay(columns.versions(self.marks, metrics, self.shelf.clock, of_many=True))
        place = None if again else 0
        if self.sought is not None:
            place = found.rows.find(self.sought, lambda v: (v.model, v.number)) or 0
            self.sought = None
        self.versions.show(found.rows, cursor=place)
        if not known:
            self.versions.say("nothing found")
        self.models.empty = "none"
        self.models.show(Rows.all_of(found.models))
        self.title_rules()
        self.load_detail()

    def _add(self, more: Found) -> None:
        if self.found is not None and self.found.text == more.text:
            known = self.found
            self.versions.extend([v for _, v in more.rows.known()], more=more.rows.more)
            self.found = Found(known.text, self.versions.rows, more.after, known.models)
            self.title_rules()

    def leave_found(self) -> None:
        """Show all models again, with the cursor on the version that it was on."""
        self.forget("filter")
        self._say_wrong("")
        if self.found is None:
            return
        kept = self.versions.current
        self.found = None
        self.versions.show(Rows())
        rows = self._unfiltered or Rows()
        place = rows.find(kept.model, lambda m: m.name) if kept is not None else None
        self.models.show(rows, cursor=place)
        self.line = None
        self.load_versions()

    def failed(self, group: str, error: ModelshelfError) -> None:
        """Say below the filter what is wrong with it; everything else above the footer."""
        if group == "filter":
            self._say_wrong(sentence(error))
        else:
            super().failed(group, error)

    def _say_wrong(self, text: str) -> None:
        self.query_one(Filter).complain(text)

    # --- titles ---------------------------------------------------------------------------------

    def watch_marked(self) -> None:
        """Say how many versions are marked."""
        self.title_rules()

    def title_rules(self) -> None:
        """Say over the lists what they list."""
        rows = self.models.rows
        self.query_one("#models-rule", Rule).title = titles.models(rows.total, more=rows.more)
        title = titles.found(self.found) if self.found else titles.versions(self.line)
        self.query_one("#versions-rule", Rule).title = title + titles.marked(self.marked)

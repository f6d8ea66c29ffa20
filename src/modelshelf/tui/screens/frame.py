"""What all screens share: head, status line, footer, keys that say why they are off."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, ClassVar

from textual.widgets import Static

from modelshelf.domain.errors import ModelshelfError
from modelshelf.tui import reasons
from modelshelf.tui.actions import called, reachable
from modelshelf.tui.messages import (
    CatalogBack,
    CatalogChanged,
    CatalogFailed,
    CatalogOpened,
    FactsChanged,
    Travelled,
    WatchReport,
)
from modelshelf.tui.screens.working import Working
from modelshelf.tui.show import line, sentence
from modelshelf.tui.widgets.keyline import KeyLine
from modelshelf.tui.widgets.masthead import Masthead
from modelshelf.tui.widgets.vtable import VTable

if TYPE_CHECKING:
    from textual import events
    from textual.app import ComposeResult
    from textual.message import Message
    from textual.widget import Widget

    from modelshelf.tui.actions.action import Action
    from modelshelf.tui.facts import Facts
    from modelshelf.tui.memory import State

LEAST_WIDTH = 60
LEAST_HEIGHT = 15


class Frame(Working):
    """A full screen of the app; subclasses yield what is between head and footer from `body`."""

    where: ClassVar[str] = ""
    HORIZONTAL_BREAKPOINTS = [  # noqa: RUF012 - declared so by Textual
        (0, "-cramped"),
        (LEAST_WIDTH, "-narrow"),
        (100, "-wide"),
    ]
    VERTICAL_BREAKPOINTS = [  # noqa: RUF012
        (0, "-flat"),
        (LEAST_HEIGHT, "-tall"),
    ]
    DEFAULT_CSS = """
    Frame {
        layout: vertical;
        background: $background;
        #said, #task { height: auto; max-height: 3; padding: 0 1; display: none; }
        #said { color: $warning; }
        #task { color: $accent; }
        #said.-said, #task.-said { display: block; }
        #room { display: none; width: 100%; height: 100%; content-align: center middle; }
        &.-cramped > *, &.-flat > * { display: none; }
        &.-cramped > #room, &.-flat > #room { display: block; }
    }
    """

    def __init__(self) -> None:
        """Make the screen; nothing is asked yet."""
        super().__init__()
        self._stale = False
        self._said = self._complaint = ""
        self._off: tuple[bool, ...] = ()

    def compose(self) -> ComposeResult:
        """Put head, body, status line and footer together."""
        yield Masthead()
        yield from self.body()
        yield Static(id="task", markup=False)
        yield Static(id="said", markup=False)
        yield KeyLine()
        yield Static(
            f"Modelshelf needs a terminal of {LEAST_WIDTH} × {LEAST_HEIGHT} or more.", id="room"
        )

    def body(self) -> Iterable[Widget]:
        """Yield what is between head and footer."""
        return ()

    def on_mount(self) -> None:
        """Hear of the registry from now on."""
        self.shelf.news.subscribe(self, self._heard)
        self.shelf.welcome(self)

    # --- what is remembered between two starts ---------------------------------------------------

    def remember(self) -> State:
        """Return what a later start needs to show the same; JSON, and small."""
        return {}

    def recall(self, state: State) -> None:
        """Take up what an earlier start remembered; called once, before the registry is asked."""

    # --- what happens to the registry ------------------------------------------------------------

    def failed(self, group: str, error: ModelshelfError) -> None:  # noqa: ARG002 - for subclasses
        """Say what went wrong with a question; subclasses may say it elsewhere."""
        self.say(sentence(error))

    def _heard(self, news: Message) -> None:
        if isinstance(news, CatalogChanged):
            self._when_seen()
        elif isinstance(news, CatalogFailed):
            self.query_one(Masthead).trouble = news.error.what
            self.unopened(news.error)
            self._complaint = self._said
        elif isinstance(news, CatalogBack):
            self.query_one(Masthead).trouble = ""
            if self._said == self._complaint:
                self.say()
            self._when_seen()
        elif isinstance(news, CatalogOpened | Travelled):
            self._stale = False
            self.shelf.welcome(self)
        elif isinstance(news, FactsChanged):
            self.query_one(Masthead).know(news.facts)
            self.refresh_keys()
        elif isinstance(news, WatchReport):
            self.query_one(Masthead).state = news.state
            self.watched(news)

    def _when_seen(self) -> None:
        """Ask again now, or when somebody looks at this screen next."""
        if self.is_current:
            self._stale = False
            self.changed()
        else:
            self._stale = True

    def on_screen_resume(self) -> None:
        """Ask again if something changed meanwhile."""
        if self._stale and self.shelf.facts is not None:
            self._stale = False
            self.changed()

    def opened(self, facts: Facts) -> None:
        """The registry can be asked; called again when it was out of reach, or at a moment."""

    def changed(self) -> None:
        """The catalog changed."""

    def watched(self, report: WatchReport) -> None:
        """The watcher of this app told something."""

    def unopened(self, error: ModelshelfError) -> None:
        """The registry cannot be opened or looked at; no list says any more that it is coming."""
        self.say(sentence(error))
        for table in self.query(VTable):
            if not table.rows.total:
                table.say("")

    # --- keys that are off ------------------------------------------------------------------------

    def subject(self, action: str) -> str:  # noqa: ARG002 - for subclasses
        """Return the model that an action would be about; empty when it is about no single one."""
        return ""

    def reason_against(self, action: str) -> str:  # noqa: ARG002 - for subclasses
        """Return why an action of the table is of no use now; empty when it is."""
        return ""

    def why_not(self, action: Action) -> str:
        """Return why an action is off: the moment, the registry, the role, or what is shown."""
        facts = self.shelf.facts
        against = reasons.against(facts, action.takes, self.subject(action.id), whole=action.whole)
        return against or self.reason_against(action.id)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Grey the keys that are off, and take out those that only type a character now."""
        shown = self.app.check_action(action, parameters)
        found = called(self.where, action, parameters)
        if not shown or found is None or not self.is_mounted:
            return shown
        return None if self.why_not(found) else shown

    def answered(self) -> None:
        """See which keys are of use, now that more is known."""
        if self.is_mounted:
            self.refresh_keys()

    def refresh_keys(self) -> None:
        """Draw the footer anew if another key is off than before."""
        shown = [a for a in reachable(self.where) if a.footer]
        off = tuple(bool(self.why_not(action)) for action in shown)
        if off != self._off:
            self._off = off
            self.refresh_bindings()

    def on_key(self, event: events.Key) -> None:
        """Say why a greyed key does nothing; keys that do something never come here."""
        for action in reachable(self.where):
            if event.key in self.shelf.keys_of(action) and (why := self.why_not(action)):
                self.say(why)
                event.stop()
                return

    # --- talking --------------------------------------------------------------------------------

    def say(self, text: str = "") -> None:
        """Show one quiet sentence above the footer; nothing takes it away again."""
        self._said = text
        said = self.query_one("#said", Static)
        said.update(line(text, 500))
        said.set_class(bool(text), "-said")

    def unsaved(self) -> str:
        """Return what would be lost by leaving now; empty when nothing would."""
        return ""

    def action_back(self) -> None:
        """Go back one step."""
        self.dismiss()

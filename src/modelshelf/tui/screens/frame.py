"""What all screens share: head, status line, footer, and asking the registry without waiting."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING, ClassVar, TypeVar, cast

from textual import on
from textual.screen import Screen
from textual.widgets import Footer, Static

from modelshelf.domain.errors import ModelshelfError
from modelshelf.tui.messages import (
    Answer,
    CatalogChanged,
    CatalogFailed,
    CatalogOpened,
    Failed,
    WatchReport,
)
from modelshelf.tui.show import line, sentence
from modelshelf.tui.widgets.masthead import Masthead

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.message import Message
    from textual.timer import Timer
    from textual.widget import Widget

    from modelshelf.registry import Registry
    from modelshelf.tui.app import ModelshelfApp
    from modelshelf.tui.store import Facts

A = TypeVar("A")

LEAST_WIDTH = 60
LEAST_HEIGHT = 15


class Frame(Screen[None]):
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
        #said { height: auto; max-height: 3; padding: 0 1; color: $warning; display: none; }
        #said.-said { display: block; }
        #room { display: none; width: 100%; height: 100%; content-align: center middle; }
        &.-cramped > *, &.-flat > * { display: none; }
        &.-cramped > #room, &.-flat > #room { display: block; }
    }
    """

    def __init__(self) -> None:
        """Make the screen; nothing is asked yet."""
        super().__init__()
        self._generations: dict[str, int] = {}
        self._pending: set[str] = set()
        self._timers_by_name: dict[str, Timer] = {}

    @property
    def shelf(self) -> ModelshelfApp:
        """The app, by its own type."""
        return cast("ModelshelfApp", self.app)

    def compose(self) -> ComposeResult:
        """Put head, body, status line and footer together."""
        yield Masthead()
        yield from self.body()
        yield Static(id="said", markup=False)
        yield Footer(show_command_palette=False)
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

    # --- asking -------------------------------------------------------------------------------

    def ask(self, group: str, question: Callable[[Registry], A], then: Callable[[A], None]) -> None:
        """Put a question to the registry on another thread.

        Args:
            group: Names the question; asking again makes the answer to the older one worthless.
            question: Called with the registry on another thread; must not touch any widget.
            then: Called with the answer on this one, unless the question was asked again.
        """
        generation = self._generations[group] = self._generations.get(group, 0) + 1
        self._pending.add(group)
        shelf = self.shelf

        def work() -> None:
            try:
                answer = question(shelf.store.registry())
            except ModelshelfError as exc:
                self.post_message(Failed(group, generation, exc))
            except Exception as exc:  # noqa: BLE001 - a defect must not end a session with typed text in it
                self.post_message(Failed(group, generation, shelf.mishap(exc)))
            else:
                self.post_message(Answer(group, generation, partial(then, answer)))

        self.run_worker(work, group=group, thread=True, exclusive=True, exit_on_error=False)

    def forget(self, group: str) -> None:
        """Drop whatever answer to ``group`` is still to come."""
        self._generations[group] = self._generations.get(group, 0) + 1
        self._pending.discard(group)

    def soon(self, group: str, seconds: float, do: Callable[[], None]) -> None:
        """Do something in a moment, or at once for 0, unless it is asked for again before."""
        timer = self._timers_by_name.pop(group, None)
        if timer is not None:
            timer.stop()
        if not seconds:
            do()
            return

        def now() -> None:
            self._timers_by_name.pop(group, None)
            do()

        self._timers_by_name[group] = self.set_timer(seconds, now)

    @property
    def quiet(self) -> bool:
        """Whether no answer is awaited and nothing is about to be asked."""
        return not self._pending and not self._timers_by_name

    @on(Answer)
    def _answered(self, message: Answer) -> None:
        if message.generation == self._generations.get(message.group):
            self._pending.discard(message.group)
            message.deliver()

    @on(Failed)
    def _failed(self, message: Failed) -> None:
        if message.generation == self._generations.get(message.group):
            self._pending.discard(message.group)
            self.failed(message.group, message.error)

    def failed(self, group: str, error: ModelshelfError) -> None:  # noqa: ARG002 - for subclasses
        """Say what went wrong with a question; subclasses may say it elsewhere."""
        self.say(sentence(error))

    # --- what happens to the registry ------------------------------------------------------------

    def _heard(self, news: Message) -> None:
        if isinstance(news, CatalogChanged):
            self.changed()
        elif isinstance(news, CatalogFailed):
            self.unopened(news.error)
        elif isinstance(news, CatalogOpened):
            self.shelf.welcome(self)
        elif isinstance(news, WatchReport):
            self.query_one(Masthead).state = news.state

    def opened(self, facts: Facts) -> None:
        """The registry can be asked; called again after it was out of reach."""

    def changed(self) -> None:
        """The catalog changed."""

    def unopened(self, error: ModelshelfError) -> None:
        """The registry cannot be opened or looked at."""
        self.say(sentence(error))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Take keys out of the footer that only type a character now."""
        return self.app.check_action(action, parameters)

    # --- talking --------------------------------------------------------------------------------

    def say(self, text: str = "") -> None:
        """Show one quiet sentence above the footer; nothing takes it away again."""
        said = self.query_one("#said", Static)
        said.update(line(text, 500))
        said.set_class(bool(text), "-said")

    def reason_against(self, action: str) -> str:  # noqa: ARG002 - for subclasses
        """Return why an action of the table is of no use now; empty when it is."""
        return ""

    def unsaved(self) -> str:
        """Return what would be lost by leaving now; empty when nothing would."""
        return ""

    def action_back(self) -> None:
        """Go back one step."""
        self.dismiss()

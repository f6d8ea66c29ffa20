"""What workers and threads tell the screens; nothing else crosses from a thread to the screen."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from textual.message import Message

if TYPE_CHECKING:
    from modelshelf.domain.errors import ModelshelfError
    from modelshelf.tui.facts import Facts


class Answer(Message, bubble=False):
    """A worker's answer to a question that a screen asked.

    Attributes:
        group: Which question of the screen it answers.
        generation: The how-manieth asking of it; an older one is dropped.
        deliver: Hands the answer over; called on the screen's own thread.
    """

    def __init__(self, group: str, generation: int, deliver: Callable[[], None]) -> None:
        super().__init__()
        self.group = group
        self.generation = generation
        self.deliver = deliver


class Failed(Message, bubble=False):
    """A question that could not be answered, with the error as data."""

    def __init__(self, group: str, generation: int, error: ModelshelfError) -> None:
        super().__init__()
        self.group = group
        self.generation = generation
        self.error = error


class CatalogOpened(Message):
    """The registry is open and can be asked."""

    def __init__(self, facts: Facts) -> None:
        super().__init__()
        self.facts = facts


class FactsChanged(Message):
    """Something of the facts is another: the rules, who may do what, what waits."""

    def __init__(self, facts: Facts) -> None:
        super().__init__()
        self.facts = facts


class Travelled(Message):
    """The app shows another moment, or the present again; a screen asks everything anew.

    Attributes:
        facts: What is known of the registry as it was then.
    """

    def __init__(self, facts: Facts) -> None:
        super().__init__()
        self.facts = facts


class CatalogFailed(Message):
    """The registry cannot be opened or looked at."""

    def __init__(self, error: ModelshelfError) -> None:
        super().__init__()
        self.error = error


class CatalogBack(Message):
    """The catalog can be read again; it may have changed meanwhile."""


class CatalogChanged(Message):
    """Somebody, maybe another process, changed the catalog."""

    def can_replace(self, message: Message) -> bool:
        """One is as good as ten."""
        return isinstance(message, CatalogChanged)


class WatchReport(Message):
    """The background watcher says what it is doing.

    Attributes:
        state: One short line for the head of the screen.
        taken: References of versions that were just taken in.
        refused: Sentences about files that were put into quarantine.
    """

    def __init__(
        self, state: str, taken: tuple[str, ...] = (), refused: tuple[str, ...] = ()
    ) -> None:
        super().__init__()
        self.state = state
        self.taken = taken
        self.refused = refused

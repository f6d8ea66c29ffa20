"""Asking the registry without waiting for it: questions on other threads, answers on this one."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, TypeVar, cast

from textual import on
from textual.screen import Screen
from textual.widgets import Input

from modelshelf.domain.errors import ModelshelfError
from modelshelf.tui.messages import Answer, Failed

if TYPE_CHECKING:
    from textual.timer import Timer

    from modelshelf.registry import Registry
    from modelshelf.tui.app import ModelshelfApp

A = TypeVar("A")


class Asking(Screen[None]):
    """A screen that puts questions; the answer to one that was asked again is dropped."""

    def __init__(self) -> None:
        """Nothing is asked yet."""
        super().__init__()
        self._generations: dict[str, int] = {}
        self._pending: set[str] = set()
        self._timers_by_name: dict[str, Timer] = {}

    @property
    def shelf(self) -> ModelshelfApp:
        """The app, by its own type."""
        return cast("ModelshelfApp", self.app)

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

    def after_typing(self, do: Callable[[], None]) -> None:
        """Do something once every letter that was typed before is in its field.

        A key that works while typing comes here ahead of letters that the field has yet to take.
        """
        typing = self.focused
        if isinstance(typing, Input):
            typing.call_later(lambda: self.call_later(do))
        else:
            do()

    @property
    def quiet(self) -> bool:
        """Whether no answer is awaited and nothing is about to be asked."""
        return not self._pending and not self._timers_by_name

    @on(Answer)
    def _answered(self, message: Answer) -> None:
        if message.generation == self._generations.get(message.group):
            self._pending.discard(message.group)
            message.deliver()
            self.answered()

    def answered(self) -> None:
        """An answer was taken in; for subclasses."""

    @on(Failed)
    def _failed(self, message: Failed) -> None:
        if message.generation == self._generations.get(message.group):
            self._pending.discard(message.group)
            self.question_failed(message.group, message.error)

    def question_failed(self, group: str, error: ModelshelfError) -> None:
        """A question could not be answered; for subclasses."""

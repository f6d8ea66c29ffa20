"""Long tasks of a screen: a line says how far they are, Esc stops them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from textual.widgets import Static

from modelshelf.domain.errors import ModelshelfError
from modelshelf.tui.screens.asking import Asking
from modelshelf.tui.show import line
from modelshelf.tui.tasks import Stopped, Task

if TYPE_CHECKING:
    from textual.timer import Timer

    from modelshelf.registry import Registry

A = TypeVar("A")

_TELLING = 0.2  # seconds between two looks at how far a task is


class Working(Asking):
    """A screen that does one long thing at a time; a subclass has the line for it, ``#task``."""

    def __init__(self) -> None:
        """Nothing is being done yet."""
        super().__init__()
        self._long: Task | None = None
        self._telling: Timer | None = None

    def failed(self, group: str, error: ModelshelfError) -> None:
        """Say what went wrong with a question; for subclasses."""

    def begin(
        self,
        task: Task,
        work: Callable[[Registry], A],
        then: Callable[[A | None], None],
    ) -> None:
        """Do something long on another thread, saying how far it is; Esc stops it.

        Args:
            task: Told by the work how far it is, through its ``progress`` or ``note``.
            work: Called with the registry on another thread; must not touch any widget.
            then: Called with what came of it on this one; with ``None`` when it was stopped
                before there was anything to show.
        """
        self.stop_task()
        self._long = task
        self._tell_task()
        self._telling = self.set_interval(_TELLING, self._tell_task)

        def stoppable(registry: Registry) -> A | None:
            try:
                return work(registry)
            except Stopped:
                return None

        def finished(answer: A | None) -> None:
            self._end_task()
            then(answer)

        self.ask("task", stoppable, finished)

    @property
    def busy(self) -> bool:
        """Whether a long task is at work."""
        return self._long is not None

    def stop_task(self) -> bool:
        """Have the long task end as soon as it can; return whether there was one."""
        if self._long is None:
            return False
        self._long.stopped = True
        self._tell_task()
        return True

    def _end_task(self) -> None:
        if self._telling is not None:
            self._telling.stop()
        self._long, self._telling = None, None
        self._tell_task()

    def _tell_task(self) -> None:
        told = self.query_one("#task", Static)
        told.update(line(self._long.words if self._long is not None else "", 300))
        told.set_class(self._long is not None, "-said")

    def question_failed(self, group: str, error: ModelshelfError) -> None:
        """End the task that failed, then say it."""
        if group == "task":
            self._end_task()
        self.failed(group, error)

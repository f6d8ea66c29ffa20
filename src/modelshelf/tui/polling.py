"""Opens the catalog beside the screen, and notices when somebody else changed it."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from modelshelf.domain.errors import ModelshelfError, Unavailable
from modelshelf.domain.text import safe
from modelshelf.settings import policy_mark
from modelshelf.tui.facts import CATALOG, Facts, facts
from modelshelf.tui.messages import (
    CatalogBack,
    CatalogChanged,
    CatalogFailed,
    CatalogOpened,
    FactsChanged,
)
from modelshelf.tui.store import Store

if TYPE_CHECKING:
    from pathlib import Path

    from textual.message import Message

    from modelshelf.registry import Registry

JOIN_SECONDS = 2.0
# A policy file counts a second after it was written; what nothing tells of is looked at by the way.
_STILL, _ANYWAY = 3.0, 30.0


class ChangePoller:
    """A thread that opens the registry and then looks at its change counter, and little else.

    The counter belongs to one connection, and a connection to one thread, so it is always the same
    thread that looks. Because it looks before it says that the registry is open, no change falls
    between the first answer and the first look. It looks at the present, wherever the screens are.
    """

    def __init__(self, store: Store, tell: Callable[[Message], object], *, seconds: float) -> None:
        """Make it; :meth:`start` starts it.

        Args:
            store: What to open and look at.
            tell: Called on this object's thread with what happened.
            seconds: Between two looks.
        """
        self._store = store
        self._tell = tell
        self._seconds = seconds
        self._stopped = False
        self._woken = threading.Event()
        self._thread = threading.Thread(target=self._run, name="modelshelf-poll", daemon=True)
        self._seen: int | None = None
        self._facts: Facts | None = None
        self._signs: tuple[object, ...] = ()
        self._place: tuple[int, int] | None = None
        self._moved = self._known_at = 0.0
        self._wrong = ""

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def look_now(self) -> None:
        """Look at once, as after a change of our own."""
        self._woken.set()

    def stop(self) -> None:
        """Stop looking."""
        self._stopped = True
        self._woken.set()
        if self._thread.is_alive():
            self._thread.join(JOIN_SECONDS)

    def _run(self) -> None:
        while not self._stopped:
            self._woken.clear()
            try:
                self._look()
            except ModelshelfError as exc:
                self._complain(exc)
            except Exception as exc:  # noqa: BLE001 - a thread that dies unheard would freeze the lists
                self._complain(Unavailable("the catalog cannot be asked", why=type(exc).__name__))
            if not self._stopped:
                self._woken.wait(self._seconds)

    def _look(self) -> None:
        registry = self._store.present()
        place = _place_of(registry.path / CATALOG)
        if self._place not in (None, place):  # restored, say; what is open is the one before
            self._store.reopen()
            self._seen, self._facts, self._signs = None, None, ()
            registry = self._store.present()
        self._place = place
        counter, before, was_wrong = registry.change_counter(), self._seen, bool(self._wrong)
        known, now = self._facts, self._facts_by(registry, counter)
        self._facts, self._seen, self._wrong = now, counter, ""
        if before is None:
            self._tell(CatalogOpened(now))
            return
        if known != now:
            self._tell(FactsChanged(now))
        if was_wrong:
            self._tell(CatalogBack())
        elif counter != before:
            self._tell(CatalogChanged())

    def _facts_by(self, registry: Registry, counter: int) -> Facts:
        """Return the facts; they are only asked for where something tells that they may differ."""
        now, known = time.monotonic(), self._facts
        signs = (counter, policy_mark(registry.path), os.access(registry.path, os.W_OK))
        if signs != self._signs:
            self._signs, self._moved = signs, now
        if known is not None and now - self._moved > _STILL and now - self._known_at < _ANYWAY:
            return known
        self._known_at = now
        return facts(registry)

    def _complain(self, error: ModelshelfError) -> None:
        """Say what is wrong once, not every second."""
        if str(error) != self._wrong:
            self._wrong = str(error)
            self._tell(CatalogFailed(error))


def _place_of(catalog: Path) -> tuple[int, int]:
    """Return which file the catalog is; an open one is read on wherever it was moved to.

    Raises:
        Unavailable: There is none any more, or it cannot be reached.
    """
    try:
        found = catalog.stat()
    except FileNotFoundError as exc:
        raise Unavailable(
            "the catalog is gone",
            why=f"there is no {safe(catalog, 300)} any more",
            hint="Put the registry's folder back: the app goes on by itself.",
        ) from exc
    except OSError as exc:
        what, why = "the catalog cannot be reached", exc.strerror or type(exc).__name__
        raise Unavailable(what, why=why, hint="The app goes on when it can.") from exc
    return found.st_dev, found.st_ino

"""The thread side of the app: the one open registry, and the questions the screens ask of it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from modelshelf.domain.errors import Invalid, NotFound
from modelshelf.domain.quarantine import PREFIX
from modelshelf.tui.widgets.rows import PAGE, Rows

if TYPE_CHECKING:
    from modelshelf.domain.audit import Entry
    from modelshelf.domain.comparison import Comparison
    from modelshelf.domain.intake import Sighting
    from modelshelf.domain.models import ModelVersion, VersionDetail
    from modelshelf.domain.quarantine import Quarantined
    from modelshelf.domain.stages import Holder
    from modelshelf.registry import Registry
    from modelshelf.registry.inbox import Listed

# A list that is walked is read again from its start when the catalog changes; no further than this.
_AGAIN = 1_024


class Store:
    """The registry, opened by the first thread that asks and never on the screen's own thread.

    Once somebody travelled, what is handed out is the registry as it was at that moment.
    """

    def __init__(self, opener: Callable[[], Registry]) -> None:
        """Remember how to open; nothing is opened yet."""
        self._opener = opener
        self._guard = threading.Lock()
        self._registry: Registry | None = None
        self._past: Registry | None = None
        self._over: list[Registry] = []
        self._screen_thread: int | None = None

    def refuse_this_thread(self) -> None:
        """Say that the calling thread draws the screen and must never wait for the catalog."""
        self._screen_thread = threading.get_ident()

    def registry(self) -> Registry:
        """Return the open registry, or its past while somebody looks at that.

        Raises:
            RuntimeError: The calling thread is the one that draws; a defect of ours.
            ModelshelfError: It cannot be opened.
        """
        present = self.present()
        with self._guard:
            return self._past or present

    def present(self) -> Registry:
        """Return the open registry as it is now, wherever the screens are.

        Raises:
            RuntimeError, ModelshelfError: As :meth:`registry`.
        """
        if threading.get_ident() == self._screen_thread:
            raise RuntimeError("the registry was asked on the thread that draws the screen")
        with self._guard:
            if self._registry is None:
                self._registry = self._opener()
            return self._registry

    def travel(self, past: Registry | None) -> None:
        """Hand out the registry as it was from now on; ``None`` comes back to the present."""
        with self._guard:
            if self._past is not None:
                self._over.append(self._past)  # a worker may still be reading it
            self._past = past

    @property
    def travelled(self) -> bool:
        """Whether what is handed out is the past."""
        return self._past is not None

    def reopen(self) -> None:
        """Open anew for the next who asks: another catalog lies there, and it has another past."""
        with self._guard:
            self._over += filter(None, (self._past, self._registry))  # workers may still read them
            self._past = self._registry = None

    def close(self) -> None:
        """Close the registry if it was opened; called when no thread asks any more."""
        with self._guard:
            gone = [*self._over, *filter(None, (self._past, self._registry))]
            self._over, self._past, self._registry = [], None, None
        for registry in gone:
            registry.close()


# --- one version ----------------------------------------------------------------------------------


def rival(registry: Registry, version: ModelVersion) -> ModelVersion | None:
    """Return who holds the highest stage of the model that is held, unless it is this version."""
    model = registry.models.get(version.model)
    held = next(
        (model.stages[s] for s in reversed(registry.policy.assignable) if s in model.stages), ()
    )
    others = [holder for holder in held if holder.version_id != version.id]
    if not others:
        return None
    heaviest = max(others, key=lambda holder: holder.weight)
    return registry.versions.by_ids([heaviest.version_id])[0]


def contrast(
    registry: Registry, now: Sequence[Holder], after: Sequence[Holder]
) -> Comparison | None:
    """Compare who loses most by a change of holders with who gains by it.

    A version that only gets another share is compared too: that is when the numbers matter most.
    """
    staying = {holder.version_id for holder in now} & {holder.version_id for holder in after}
    losing = [h for h in now if h.version_id not in staying] or list(now)
    gaining = [h for h in after if h.version_id not in staying] or list(after)
    if not losing or not gaining:
        return None
    before, then = (max(some, key=lambda h: h.weight).reference for some in (losing, gaining))
    return None if before == then else registry.comparisons.compare([before, then])


def concerns(entry: Entry, version: ModelVersion) -> bool:
    """Tell whether an audit entry of a model is about this version of it."""
    body = entry.body
    if body.get("version_id") == version.id:
        return True
    held = body.get("holders") or ()
    moved = (*(body.get("archived") or ()), *(body.get("unarchived") or ()))
    return any(holder[0] == version.id for holder in held) or version.id in moved


# --- the inbox ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Inbox:
    """The newest lines of the inbox that were asked for, and how many there are of each state.

    Attributes:
        state: What they were asked for by; empty for all.
        text: Likewise.
        rows: The lines.
        counts: How many lines there are of each state, whatever was asked for; what is held in
            quarantine is not counted as refused too.
    """

    state: str
    text: str
    rows: Rows[Sighting]
    counts: Mapping[str, int]


def inbox(registry: Registry, state: str, text: str, least: int = PAGE) -> Inbox:
    """Return at least the first ``least`` lines of a state that hold a text.

    Raises:
        Invalid: The text cannot be looked for.
        Refused: This is the past.
    """
    limit = max(PAGE, min(least, _AGAIN))
    found = registry.inbox.lines(_listed(state), text=text, limit=limit, apart=True)
    rows = Rows.all_of(found, more=len(found) == limit)
    return Inbox(state, text, rows, registry.inbox.counts(apart=True))


def inbox_after(registry: Registry, state: str, text: str, after: Sighting) -> tuple[Sighting, ...]:
    """Return the next lines."""
    of = _listed(state)
    return registry.inbox.lines(of, text=text, limit=PAGE, after=after, apart=True)


def _listed(state: str) -> Listed | None:
    return cast("Listed", state) if state else None


@dataclass(frozen=True, slots=True)
class Dropped:
    """One line of the inbox, and what it refers to.

    Attributes:
        sighting: The line.
        kept: What is or was held in quarantine.
        version: The version that it became or was already.
    """

    sighting: Sighting
    kept: Quarantined | None = None
    version: VersionDetail | None = None

    @property
    def digest(self) -> str:
        """The digest of its content, 64 hexadecimal digits; empty while it is not known."""
        if self.version is not None:
            return self.version.version.digest
        return self.kept.digest if self.kept is not None else ""


def dropped(registry: Registry, seen: Sighting) -> Dropped:
    """Return everything about one line; what it refers to may be gone."""
    reference = seen.reference
    with suppress(NotFound, Invalid):
        if seen.state in ("taken", "same"):
            return Dropped(seen, version=registry.versions.detail(reference))
        number = reference.removeprefix(PREFIX)
        if number != reference and number.isdecimal():
            return Dropped(seen, kept=registry.inbox.quarantined_one(int(number)))
    return Dropped(seen)


def held(registry: Registry) -> int:
    """Return how much is held in quarantine; nothing in the past."""
    return 0 if registry.moment is not None else registry.inbox.counts()["quarantined"]

"""The intake: one look at all drop folders, and what it leads to.

A sweep finds what is there, asks the rules of :mod:`modelshelf.domain.intake`, takes finished
artifacts in through ``versions.register`` like everybody, and then puts the originals away. What it
knew before is in the ledger; whatever a crash interrupts, the next sweep finds and finishes.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator
from collections.abc import Set as AbstractSet
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from modelshelf.catalog import ledger
from modelshelf.catalog.ledger import Remembered
from modelshelf.domain.errors import Refused, Unavailable
from modelshelf.domain.intake import Sighting, State, SweepReport
from modelshelf.registry.drops.drop_folder import DropPlace, drop_place, held
from modelshelf.registry.drops.finishing import Pause
from modelshelf.registry.drops.lanes import Lane
from modelshelf.registry.drops.look import Look, Tell
from modelshelf.registry.drops.recent import Recent
from modelshelf.registry.naming import check_limit
from modelshelf.registry.rights import right

if TYPE_CHECKING:
    from modelshelf.registry.context import Context

_STILL_MOST_S = 600.0


class Intake:
    """The drop folders of a registry."""

    def __init__(self, context: Context) -> None:
        """Work in ``context``."""
        self._context = context
        self._recent = Recent()

    @right("contributor", doing="sweep the drop folders of")
    def sweep(
        self,
        *,
        until_still: bool = False,
        progress: Tell | None = None,
        pause: Pause = time.sleep,
        renamed: AbstractSet[Path] = frozenset(),
        lane: Lane | None = None,
        only: Collection[Path] | None = None,
    ) -> SweepReport:
        """Look into all drop folders once and take in what is finished.

        Small artifacts come before big ones, and older before newer. Nothing that is wrong with one
        file ends the sweep; it is in the report.

        Args:
            until_still: Look again until nothing settles any more, for ten minutes at the most.
            progress: Is told of every sighting that is new or has changed, as it happens, and now
                and then how far the reading of a big one is.
            pause: Waits for so many seconds. When what it returns is true, the sweep ends early; it
                is asked with 0 between two files.
            renamed: Absolute paths to which files or folders were renamed inside a drop folder
                since the last sweep; so is what is finished, and it settles in a moment.
            lane: Takes in big artifacts beside the sweeps; see :meth:`lane`.
            only: Absolute paths of the drop folders to look into; by default all.

        Raises:
            Conflict: Somebody else watches one of the folders; says which process.
            Refused: This is the past, or a rule cannot be followed.
            Unavailable: A drop folder or the catalog cannot be written.
        """
        places = self._places(only)
        looked = _wanted(places, only)
        started = self._context.clock()
        self._recent.rename(renamed)
        done: list[Sighting] = []
        with self.watching(only):
            while True:
                looks = [
                    Look(self._context, place, progress, pause, recent=self._recent, lane=lane)
                    for place in looked
                ]
                lines = self._look(looks, places, progress, lane)
                done += [line.sighting for line in lines if _is_done(line.sighting)]
                settling = any(look.settles for look in looks)
                late = (self._context.clock() - started).total_seconds() >= _STILL_MOST_S
                if not (until_still and settling) or late or pause(_step(looked)):
                    return _report(done, lines)

    def _look(
        self,
        looks: list[Look],
        places: tuple[DropPlace, ...],
        tell: Tell | None,
        lane: Lane | None,
    ) -> list[Remembered]:
        """Look into each drop folder once; what is big waits until all of them were looked into."""
        lines = [] if lane is None else lane.collect()
        for line in lines:
            if tell is not None:
                tell(line.sighting)
        for look in looks:
            look.run(places)
        for look in looks:
            lines += look.finish()
        waiting = {line.sighting.path for line in lines if line.sighting.state == "waiting"}
        self._recent.keep({path for look in looks for path in look.waiting}, waiting)
        return lines

    @right("contributor", doing="take files into")
    def lane(self, wake: Callable[[], object]) -> Lane:
        """Return a lane that takes in big artifacts beside the sweeps, for whoever watches.

        It is handed to every :meth:`sweep`, and ends before :meth:`watching` does.

        Args:
            wake: Is called, in a thread of the lane, when another sweep has something to tell.
        """
        return Lane(self._context, wake)

    @right("viewer")
    def ledger(self, *, state: State | None = None, limit: int = 200) -> tuple[Sighting, ...]:
        """Return what the intake remembers, newest first; of one state when ``state`` is given."""
        return ledger.listed(self._context.database.reader(), state, check_limit(limit))

    @right("contributor", doing="watch the drop folders of")
    @contextmanager
    def watching(self, only: Collection[Path] | None = None) -> Iterator[None]:
        """Hold the drop folders, so that nobody else looks into them until the end.

        Args:
            only: Absolute paths of the drop folders that are meant; by default all.

        Raises:
            Conflict, Refused, Unavailable: As :meth:`sweep`.
        """
        with ExitStack() as stack:
            for place in _wanted(self._places(only), only):
                if place.folder.is_dir():
                    stack.enter_context(held(place))
            yield

    @right("contributor", doing="make the drop folders of")
    def folders(self) -> tuple[str, ...]:
        """Return the absolute paths of the drop folders; those inside the registry are made.

        Raises:
            Refused: A rule cannot be followed.
            Unavailable: A folder cannot be made.
        """
        return tuple(str(place.folder) for place in self._places())

    def _places(self, only: Collection[Path] | None = None) -> tuple[DropPlace, ...]:
        if self._context.seq is not None:
            raise Refused("the past has no drop folders", hint="Leave out --as-of.")
        root = self._context.root
        places = tuple(drop_place(root, rule) for rule in self._context.policy.drop_folders)
        for place in _wanted(places, only):
            if place.inside and root.is_dir():  # else the registry was moved, and may come back
                try:
                    place.folder.mkdir(parents=True, exist_ok=True)
                except OSError as exc:
                    raise Unavailable(
                        f"the drop folder {place.label} cannot be made", why=exc.strerror or ""
                    ) from exc
        return places


def _wanted(places: tuple[DropPlace, ...], only: Collection[Path] | None) -> tuple[DropPlace, ...]:
    return places if only is None else tuple(place for place in places if place.folder in only)


def _step(places: tuple[DropPlace, ...]) -> float:
    """Return the seconds between two looks at files that settle."""
    settle = min((place.rule.settle for place in places), default=1.0)
    return min(1.0, max(0.02, settle / 2))


def _is_done(sighting: Sighting) -> bool:
    """Whether it is dealt with for good: taken in, or put into quarantine."""
    return sighting.state in ("taken", "same") or (
        sighting.state == "refused" and bool(sighting.reference)
    )


def _report(done: list[Sighting], lines: list[Remembered]) -> SweepReport:
    lying = [line.sighting for line in lines if not _is_done(line.sighting)]

    def of(state: State) -> tuple[Sighting, ...]:
        return tuple(sighting for sighting in (*done, *lying) if sighting.state == state)

    return SweepReport(of("taken"), of("same"), of("waiting"), of("refused"), of("ignored"))

"""What the intake remembers only while it runs: renames, restless files, what files name.

Losing it costs a longer wait or a second look and no more, so it is not written down.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterable
from datetime import datetime
from pathlib import Path

from modelshelf.domain.drop_names import stands_alone
from modelshelf.domain.intake import CHANGES_MOST, CHANGES_S, Seen
from modelshelf.registry.arrival.companions import named_by

_RENAMES_MOST = 100_000
_NAMED_MOST = 20_000


class Recent:
    """The memory of one intake."""

    def __init__(self) -> None:
        """Begin without any."""
        self._renamed: set[Path] = set()
        self._changes: dict[str, deque[datetime]] = {}
        self._named: dict[Path, tuple[Seen, tuple[str, ...]]] = {}

    def rename(self, paths: Iterable[Path]) -> None:
        """Note that files or folders were renamed to ``paths``, as what is finished is."""
        self._renamed.update(paths)
        if len(self._renamed) > _RENAMES_MOST:  # then they have to lie still like all others
            self._renamed.clear()

    def was_renamed(self, path: Path) -> bool:
        """Whether the last that is known of ``path`` is that it was renamed into place."""
        return path in self._renamed

    def named(self, path: Path, seen: Seen) -> tuple[str, ...]:
        """Return the files that a file names as its own; it is asked again when it has changed."""
        if stands_alone(path.name):
            return ()
        known = self._named.get(path)
        if known is None or known[0] != seen.alone:
            if len(self._named) >= _NAMED_MOST:
                self._named.clear()
            known = self._named[path] = (seen.alone, named_by(path, seen.size))
        return known[1]

    def changed(self, path: str, at: datetime) -> bool:
        """Note that a file changed while it was read; return whether that happens again and again.

        Args:
            path: As the ledger calls it.
            at: When, UTC.
        """
        times = self._changes.setdefault(path, deque(maxlen=CHANGES_MOST))
        times.append(at)
        return len(times) == CHANGES_MOST and (at - times[0]).total_seconds() <= CHANGES_S

    def keep(self, files: Collection[Path], paths: Collection[str]) -> None:
        """Forget everything but what still waits: ``files``, called ``paths`` by the ledger."""
        self._renamed.intersection_update(files)
        for path in self._changes.keys() - set(paths):
            del self._changes[path]

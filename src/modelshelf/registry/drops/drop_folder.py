"""A drop folder as a place: where it is, who watches it, and where its files are put away."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from filelock import FileLock, Timeout

from modelshelf.artifacts import syscalls
from modelshelf.artifacts.places import network_filesystem
from modelshelf.domain.drop_rule import DropFolder
from modelshelf.domain.errors import Conflict, Refused, Unavailable
from modelshelf.domain.intake import escape_path
from modelshelf.domain.text import safe
from modelshelf.registry.context import BLOBS, QUARANTINE
from modelshelf.registry.drops.dropping import AWAY, OURS, Candidate

_LOCK, _HOLDER = OURS[:2]
_TRIES = 10_000
_NETWORK_SETTLE_S = 10.0
_PID_MOST = 20


@dataclass(frozen=True, slots=True)
class DropPlace:
    """A drop folder of one registry.

    Attributes:
        rule: Its rule; on a network file system nothing settles in less than ten seconds, because
            what others write there shows up late.
        folder: Where it is, absolute.
        label: How the ledger calls it: relative to the registry if it lies inside, else absolute.
        inside: Whether it lies inside the registry.
        network: The type of the network file system it lies on; empty for a local one.
    """

    rule: DropFolder
    folder: Path
    label: str
    inside: bool
    network: str = ""

    @property
    def leases(self) -> bool:
        """Whether its files can be asked whether somebody writes them."""
        return not self.network

    def call(self, relative: PurePosixPath) -> str:
        """Return how the ledger calls what lies at ``relative`` in this folder."""
        return escape_path(f"{self.label}/{relative}")


def drop_place(root: Path, rule: DropFolder) -> DropPlace:
    """Return the drop folder that ``rule`` names, of the registry at ``root``.

    Raises:
        Refused: It is, holds or lies in what the registry itself is made of.
    """
    # Not Path.resolve: a folder reached through a link keeps the name that people know.
    folder = Path(os.path.abspath(root / rule.path))  # noqa: PTH100
    real, home = folder.resolve(), root.resolve()
    ours = {home / BLOBS, home / QUARANTINE}
    if real == home or real in home.parents or not ours.isdisjoint((real, *real.parents)):
        raise Refused(
            f"{safe(rule.path, 80)!r} cannot be a drop folder",
            why="the registry itself lies there",
            hint="Name a folder that holds nothing else, such as inbox.",
        )
    inside = folder.is_relative_to(root)
    label = (folder.relative_to(root) if inside else folder).as_posix()
    network = network_filesystem(folder) or ""
    return DropPlace(_slower(rule) if network else rule, folder, label, inside, network)


def _slower(rule: DropFolder) -> DropFolder:
    return replace(
        rule,
        settle=max(rule.settle, _NETWORK_SETTLE_S),
        settle_folder=max(rule.settle_folder, _NETWORK_SETTLE_S),
    )


@contextmanager
def held(place: DropPlace) -> Iterator[None]:
    """Be the only one that looks into a drop folder; the same thread may hold it several times.

    A folder that cannot be written is not locked when its files are only copied: another who copies
    them too does no harm.

    Raises:
        Conflict: Somebody else watches it; says which process.
        Unavailable: It cannot be locked, and its files are to be moved.
    """
    # The same object for the same folder, so that a watcher can hold it around many sweeps.
    lock = FileLock(place.folder / _LOCK, is_singleton=True)
    try:
        lock.acquire(blocking=False)
    except Timeout as exc:
        raise _busy(place) from exc
    except OSError as exc:
        if place.rule.keep == "move":
            raise Unavailable(
                f"the drop folder {safe(place.folder)} cannot be watched",
                why=exc.strerror or str(exc),
                hint="Look at the rights of the folder.",
                subject=str(place.folder),
            ) from exc
        yield
        return
    try:
        if lock.lock_counter == 1:
            _sign(place.folder)
        yield
    finally:
        lock.release()


def _sign(folder: Path) -> None:
    with suppress(OSError):  # the lock counts; who holds it is only told to others
        with suppress(FileNotFoundError):
            syscalls.unlink(folder / _HOLDER)
        descriptor = syscalls.open_file(folder / _HOLDER, syscalls.CREATE, 0o644)
        try:
            syscalls.write(descriptor, memoryview(str(os.getpid()).encode()))
        finally:
            syscalls.close(descriptor)


def _busy(place: DropPlace) -> Conflict:
    try:
        with (place.folder / _HOLDER).open("rb") as file:
            pid = int(file.read(_PID_MOST))
        who = f"process {pid}"
    except (OSError, ValueError):
        who = "a process that did not say its number"
    return Conflict(
        f"somebody else watches the drop folder {safe(place.label)} already",
        why=f"{who} does, and one is enough",
        observed=who,
        hint="Let that one go on, or end it first.",
        subject=str(place.folder),
    )


def put_away(
    place: DropPlace, candidate: Candidate, version: tuple[str, int], *, card: bool
) -> None:
    """Move an artifact and its sidecars to ``.taken/<model>/v<number>/`` of its drop folder.

    The folder is made for this one artifact, with a counter when there was one before, so nothing
    is ever overwritten. The artifact goes last: what a crash leaves behind is then found again.

    Args:
        place: The drop folder.
        candidate: What was taken in.
        version: Name of the model and number of the version it became.
        card: Whether the card beside it goes with it, because nothing else there needs it.

    Raises:
        OSError: It cannot be moved.
    """
    home = place.folder / AWAY
    with suppress(FileExistsError):
        syscalls.mkdir(home, 0o755)
    if home.is_symlink():
        raise OSError(f"{AWAY} is a link")
    target = _fresh_folder(home.joinpath(*version[0].split("/")), f"v{version[1]}")
    folder = candidate.path.parent
    whole = (*candidate.members, candidate)
    beside = [
        f for each in whole for f in (*each.sidecars, each.marker) if f and f.parent == folder
    ]
    if card and candidate.card is not None and candidate.card.parent == folder:
        beside.append(candidate.card)
    for file in (*beside, *(each.path for each in whole)):
        to = target / file.relative_to(folder)
        to.parent.mkdir(parents=True, exist_ok=True)
        syscalls.rename(file, to)


def _fresh_folder(parent: Path, name: str) -> Path:
    parent.mkdir(parents=True, exist_ok=True)
    for count in range(1, _TRIES):
        target = parent / (name if count == 1 else f"{name}.{count}")
        try:
            syscalls.mkdir(target, 0o755)
        except FileExistsError:
            continue
        return target
    raise OSError(f"{name} was put away {_TRIES:,} times")

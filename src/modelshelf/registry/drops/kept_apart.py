"""Where quarantined artifacts lie, and how they are moved: back, or among the discarded.

Nothing is ever overwritten or deleted.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from modelshelf.artifacts import syscalls
from modelshelf.catalog import quarantine as catalog
from modelshelf.domain.errors import Conflict, NotFound, Refused, Unavailable
from modelshelf.domain.intake import unescape_path
from modelshelf.domain.quarantine import PREFIX, Quarantined
from modelshelf.domain.text import safe
from modelshelf.registry.drops.drop_folder import drop_place

if TYPE_CHECKING:
    from modelshelf.catalog.driver import Connection
    from modelshelf.registry.context import Context

DISCARDED = "discarded"
_REASONS = 10
_TRIES = 10_000


def held_one(connection: Connection, number: int) -> Quarantined:
    """Return the one with this number, if it is held.

    Raises:
        NotFound: There is none.
        Conflict: It was released or discarded.
    """
    kept = one(connection, number)
    if kept.state != "held":
        became = f" as {kept.version}" if kept.version else ""
        raise Conflict(
            f"{kept.reference} was {kept.state} already{became}",
            why=safe(kept.closed_reason or "", 200),
            observed=kept.state,
            required="held",
            subject=kept.reference,
        )
    return kept


def one(connection: Connection, number: int) -> Quarantined:
    """Return the one with this number.

    Raises:
        NotFound: There is none.
    """
    kept = catalog.one(connection, number)
    if kept is None:
        raise NotFound(f"there is no {PREFIX}{number}", hint="See modelshelf inbox quarantine.")
    return kept


def is_apart(context: Context, kept: Quarantined) -> bool:
    """Whether it lies in a place of its own, away from where it was dropped."""
    return kept.place != kept.path and os.path.lexists(absolute(context, kept.place))


def lies_at(context: Context, kept: Quarantined) -> Path:
    """Return where the bytes are: in their place, or still where they were dropped.

    Raises:
        NotFound: Neither.
    """
    for text in (kept.place, kept.path):
        path = absolute(context, text)
        if os.path.lexists(path):
            return path
    raise gone(kept)


def gone(kept: Quarantined) -> NotFound:
    """Return the error for bytes that somebody took away."""
    return NotFound(
        f"the bytes of {kept.reference} are gone",
        why=f"nothing lies at {safe(kept.place)}",
        hint=f'To close it: modelshelf inbox discard {kept.reference} --reason "…"',
        subject=kept.reference,
    )


def absolute(context: Context, text: str) -> Path:
    """Return the path that the ledger writes so."""
    return context.root / unescape_path(text)


def free_name(home: Path, name: str, mark: str) -> str:
    """Return the first name that is free; a catalog from a backup may give a number once more."""
    names = (name if count == 1 else f"{name}{mark}{count}" for count in range(1, _TRIES))
    return next((n for n in names if not os.path.lexists(home / n)), name)


def put_back(context: Context, kept: Quarantined) -> bool:
    """Move what is held with its sidecars back to where it was dropped.

    Returns:
        Whether anything was moved; what is there already stays.

    Raises:
        Conflict: Something of that name lies there now.
        NotFound: It is neither in its place nor there.
        Refused: The place is in no drop folder any more, or behind a link.
        Unavailable: It cannot be moved.
    """
    here, there = absolute(context, kept.place), absolute(context, kept.path)
    if not is_apart(context, kept):
        if not os.path.lexists(there):
            raise gone(kept)
        return False
    _check_way(context, kept, there.parent)
    if os.path.lexists(there):
        raise Conflict(
            f"{kept.reference} cannot be put back",
            why=f"{safe(kept.path)} is there again",
            hint="Move that away first.",
            subject=kept.reference,
        )
    try:
        there.parent.mkdir(parents=True, exist_ok=True)
        for file in _others(here):
            to = there.parent / file.relative_to(here.parent)
            if not os.path.lexists(to):
                to.parent.mkdir(parents=True, exist_ok=True)
                syscalls.rename_new(file, to)
        syscalls.rename_new(here, there)
    except OSError as error:
        raise Unavailable(
            f"{kept.reference} cannot be put back",
            why=error.strerror or str(error),
            subject=kept.reference,
        ) from error
    return True


def discarded_place(context: Context, kept: Quarantined) -> str:
    """Return the place to which a held artifact goes when it is discarded, as the ledger writes it.

    What was left where it was dropped stays there.
    """
    if not is_apart(context, kept) or kept.place == kept.path:
        return kept.place
    base, folder, name = kept.place.rsplit("/", 2)
    home = absolute(context, base) / DISCARDED
    return f"{base}/{DISCARDED}/{free_name(home, folder, '+')}/{name}"


def is_half_discarded(context: Context, kept: Quarantined) -> bool:
    """Whether it was discarded and its bytes still lie where they were held."""
    if kept.state != "discarded" or kept.place == kept.path:
        return False
    target = absolute(context, kept.place).parent
    apart = target.parent.name == DISCARDED and not os.path.lexists(target)
    return apart and os.path.lexists(_former(context, kept))


def put_among_discarded(context: Context, kept: Quarantined) -> None:
    """Move what was discarded, with what lies beside it, to the place that was recorded.

    Raises:
        Unavailable: It cannot be moved.
    """
    if not is_half_discarded(context, kept):
        return
    source, target = _former(context, kept), absolute(context, kept.place).parent
    try:
        target.parent.mkdir(exist_ok=True)
        syscalls.rename_new(source, target)
    except OSError as error:
        raise Unavailable(
            f"{kept.reference} is discarded, but still lies in {safe(source)}",
            why=error.strerror or str(error),
            hint="Discard it once more to have it moved.",
            subject=kept.reference,
        ) from error


def _former(context: Context, kept: Quarantined) -> Path:
    """Return the folder in which something discarded was held."""
    target = absolute(context, kept.place).parent
    return target.parent.parent / target.name.partition("+")[0]


def reason_names() -> tuple[str, ...]:
    """Return what the file may be called that says why something is kept apart, best first.

    The first is taken when the artifact is called so itself.
    """
    return ("REASON.txt", *(f"REASON.{count}.txt" for count in range(2, _REASONS)))


def _others(artifact: Path) -> list[Path]:
    """Return the files that were moved with an artifact, but for what we wrote ourselves."""
    ours = {artifact, *(artifact.with_name(name) for name in reason_names())}
    return [
        file
        for path in sorted(set(artifact.parent.iterdir()) - ours)
        for file in (sorted(path.rglob("*")) if path.is_dir() else [path])
        if not file.is_dir()
    ]


def _check_way(context: Context, kept: Quarantined, folder: Path) -> None:
    """Check that a folder is in a drop folder and reached without a link."""
    places = (drop_place(context.root, rule) for rule in context.policy.drop_folders)
    inside = [p for p in places if folder == p.folder or folder.is_relative_to(p.folder)]
    if any(folder.resolve() == p.folder.resolve() / folder.relative_to(p.folder) for p in inside):
        return
    raise Refused(
        f"{kept.reference} cannot be put back",
        why=f"the way to {safe(kept.path)} leads over a link"
        if inside
        else f"{safe(kept.path)} is in no drop folder any more",
        subject=kept.reference,
    )

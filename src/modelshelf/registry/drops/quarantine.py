"""Quarantine: what was refused for what is in it is recorded and kept apart.

The record and the line of the ledger are one transaction, and the move comes after it; when a crash
comes between, the next look makes the move. Nothing is ever overwritten or deleted.
"""

from __future__ import annotations

import os
import stat
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from modelshelf.artifacts import syscalls
from modelshelf.catalog import ledger
from modelshelf.catalog import quarantine as catalog
from modelshelf.catalog.ledger import Remembered
from modelshelf.domain import events
from modelshelf.domain.drop_names import CARD
from modelshelf.domain.errors import Unsafe
from modelshelf.domain.intake import Sighting, escape_path
from modelshelf.domain.plain import compact, moment_text
from modelshelf.domain.quarantine import PREFIX, Quarantined
from modelshelf.domain.text import safe, size_text
from modelshelf.registry.arrival.os_facts import owner_of
from modelshelf.registry.context import QUARANTINE
from modelshelf.registry.drops.dropping import look_again
from modelshelf.registry.drops.kept_apart import (
    absolute,
    free_name,
    is_apart,
    one,
    reason_names,
)
from modelshelf.registry.drops.lease import has_writer
from modelshelf.registry.naming import find_inside

if TYPE_CHECKING:
    from modelshelf.catalog.driver import Connection
    from modelshelf.domain.errors import Unstorable
    from modelshelf.domain.models import ModelVersion
    from modelshelf.registry.context import Context
    from modelshelf.registry.drops.drop_folder import DropPlace
    from modelshelf.registry.drops.dropping import Candidate

APART = ".quarantine"
"""The folder for what is kept apart in a drop folder on another file system than the registry."""

UNSTORABLE = "artifact.unstorable"
"""The rule of what cannot be stored as it is, such as a folder with a link in it."""

_MOST = 1_000


def quarantine(
    context: Context,
    place: DropPlace,
    candidate: Candidate,
    model: str,
    error: Unsafe | Unstorable,
) -> Remembered:
    """Record that ``candidate`` was refused for what is in it, and move it away.

    Args:
        context: The registry.
        place: Its drop folder.
        candidate: The file or folder.
        model: The model that it was meant for.
        error: Why it was refused.

    Returns:
        The line of the ledger, which is written.

    Raises:
        Unavailable: The catalog cannot be written.
    """
    kept, line = _record(context, place, candidate, model, error)
    problem = put_apart(context, place, candidate, kept.number)
    if not problem:
        return line
    # In the words that the next look takes away again when it has moved it.
    reason = f"{line.sighting.reason}; it could not be put away: {problem}"
    return replace(line, sighting=replace(line.sighting, reason=reason))


def _record(
    context: Context,
    place: DropPlace,
    candidate: Candidate,
    model: str,
    error: Unsafe | Unstorable,
) -> tuple[Quarantined, Remembered]:
    called = place.call(candidate.relative)
    content = error.content if isinstance(error, Unsafe) else None
    digest = "" if content is None else content.digest
    reason = safe(str(error), _MOST)
    with context.write(f"quarantine {called}") as transaction:
        kept = _again(context, transaction.raw, called, digest)
        if kept is None:
            number = catalog.newest(transaction.raw) + 1
            event = events.ArtifactQuarantined(
                quarantine_id=number,
                path=called,
                place=_place_for(context, place, candidate, number),
                kind="folder" if candidate.seen.folder or candidate.members else "file",
                size=candidate.size,
                digest=digest,
                model=model,
                rule=error.rule if isinstance(error, Unsafe) else UNSTORABLE,
                reason=reason,
                owner=owner_of(candidate.path),
                inspection=compact(error.inspection) or {} if isinstance(error, Unsafe) else {},
            )
            transaction.record(event, f"{PREFIX}{number}")
            kept = one(transaction.raw, number)
        words = f"{reason} {_whereabouts(kept)}"
        sighting = Sighting(called, "refused", words, kept.reference, context.clock())
        line = Remembered(sighting, candidate.seen.alone)
        ledger.put(transaction, [line])
    return kept, line


def _again(
    context: Context, connection: Connection, called: str, digest: str
) -> Quarantined | None:
    """Return under which number the same content was quarantined that lies there again.

    It was put back to be looked at again, or a crash came before it was moved, or it was never
    moved at all.
    """
    same = (q for q in catalog.held_from(connection, called) if q.digest == digest)
    return next((q for q in same if not is_apart(context, q)), None)


def close(context: Context, called: str, version: ModelVersion) -> None:
    """Record that what was quarantined and put back has become ``version`` in the ordinary way."""
    held = catalog.held_from(context.database.reader(), called)
    back = [q for q in held if q.digest in ("", version.digest) and not is_apart(context, q)]
    if not back:
        return
    with context.write(f"release {called}") as transaction:
        found = find_inside(context, transaction, version.reference)
        for kept in back:
            event = events.ArtifactReleased(
                kept.number,
                found.id,
                found.model_id,
                found.model,
                found.number,
                "it was looked at again and taken in",
            )
            transaction.record(event, kept.reference)


def put_apart(context: Context, place: DropPlace, candidate: Candidate, number: int) -> str:
    """Move a quarantined candidate with its sidecars to its place; return why not, if so.

    The reason is written beside it first and the artifact goes last, so that what a crash leaves
    behind is found again. What has changed in the meantime stays: it will be a candidate again.
    Nothing is done with what is there already, or is to stay where it is.
    """
    del place  # where it goes was decided when it was recorded
    kept = catalog.one(context.database.reader(), number)
    if kept is None or kept.state != "held" or kept.place == kept.path:
        return ""
    try:
        if not look_again(candidate) or _is_being_written(candidate):
            return ""
        target, home = absolute(context, kept.place).parent, absolute(context, kept.path).parent
        moved = _moved_files(candidate)
        _make(target)
        _explain(target, kept, {file.name.lower() for file in moved})
        for file in moved:
            to = target / (file.relative_to(home) if file.is_relative_to(home) else file.name)
            to.parent.mkdir(parents=True, exist_ok=True)
            syscalls.rename_new(file, to)
    except OSError as error:
        return safe(error.strerror or str(error), 200)
    return ""


def _place_for(context: Context, place: DropPlace, candidate: Candidate, number: int) -> str:
    called = place.call(candidate.relative)
    if place.rule.keep != "move":
        return called
    # Of its folder: on some layered file systems a file tells another device than its folder.
    device = candidate.path.parent.stat().st_dev
    homes = (
        (context.root / QUARANTINE, QUARANTINE),
        (place.folder / APART, f"{place.label}/{APART}"),
    )
    for home, label in homes:
        if _device(home) == device:
            folder = free_name(home, f"{number:06}", ".")
            return escape_path(f"{label}/{folder}/{candidate.path.name}")
    return called


def _device(home: Path) -> int:
    return (home if home.exists() else home.parent).stat().st_dev


def _make(target: Path) -> None:
    target.parent.mkdir(exist_ok=True)
    if target.parent.name == APART and target.parent.is_symlink():
        raise OSError(f"{APART} is a link")
    try:
        syscalls.mkdir(target, 0o755)
    except FileExistsError:
        if not stat.S_ISDIR(syscalls.lstat(target).st_mode):
            raise


def _moved_files(candidate: Candidate) -> tuple[Path, ...]:
    """Return what goes with an artifact, and it itself last; the card if nothing else needs it."""
    home, whole = candidate.path.parent, (*candidate.members, candidate)
    beside = [f for each in whole for f in (*each.sidecars, each.marker) if f and f.parent == home]
    card = candidate.card
    if card is not None and card.parent == home:
        own = {card.name, *(file.name for file in (*beside, *(each.path for each in whole)))}
        if all(name in own or name.lower() == CARD for name in syscalls.names(str(home))):
            beside.append(card)
    return (*beside, *(each.path for each in whole))


def _is_being_written(candidate: Candidate) -> bool:
    try:
        return any(map(has_writer, candidate.files))
    except OSError:  # who may not even read it cannot say, and moving it takes no reading
        return False


def _whereabouts(kept: Quarantined) -> str:
    if kept.place == kept.path:
        return "It stays where it lies."
    folder = kept.place.rpartition("/")[0]
    if folder.startswith(f"{QUARANTINE}/"):
        return f"It goes to {safe(folder)}."
    return f"It goes to {safe(folder)}, because the registry is on another file system."


def _explain(target: Path, kept: Quarantined, taken: set[str]) -> None:
    """Write beside what is kept apart, in words for people, why it is there."""
    file = target / next(name for name in reason_names() if name.lower() not in taken)
    try:
        descriptor = syscalls.open_file(file, syscalls.CREATE, 0o644)
    except FileExistsError:  # written before the crash that this move makes good
        return
    with os.fdopen(descriptor, "w", encoding="utf-8", newline="\n") as out:
        out.write(reason_text(kept))


def reason_text(kept: Quarantined) -> str:
    """Return what is written beside a quarantined artifact: what, why, when and what to do."""
    digest = kept.digest or "none: it could not be stored"
    return (
        "Modelshelf did not take this in, for what is in it, and put it here.\n"
        "Nothing of it was loaded or run. Do not load it before somebody has looked at it.\n"
        "\n"
        f"What    {safe(kept.path)} ({kept.kind}, {size_text(kept.size)})\n"
        f"Why     {safe(kept.reason, _MOST)}\n"
        f"Rule    {safe(kept.rule)}\n"
        f"When    {moment_text(kept.at)}, by {safe(kept.actor)}\n"
        f"Owner   {safe(kept.owner) or 'not known'}\n"
        f"SHA-256 {digest}\n"
        f"Number  {kept.reference}\n"
        "\n"
        "To take it in all the same, with its verdict:\n"
        f'    modelshelf inbox release {kept.reference} --reason "…"\n'
        "To put it away for good:\n"
        f'    modelshelf inbox discard {kept.reference} --reason "…"\n'
    )

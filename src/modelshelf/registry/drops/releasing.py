"""Releasing from quarantine: with a reason, by a second person, with the verdict it had."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from modelshelf.catalog import ledger
from modelshelf.domain import events
from modelshelf.domain.drop_names import CARD, INSIDE, sidecars_of
from modelshelf.domain.errors import Corrupt, Invalid, Refused
from modelshelf.domain.names import check_model_name
from modelshelf.domain.provenance.checking import check_details
from modelshelf.domain.text import safe
from modelshelf.registry.arrival.arriving import look_at
from modelshelf.registry.arrival.gathering import complete
from modelshelf.registry.drops.kept_apart import held_one, lies_at
from modelshelf.registry.drops.taking import read_companions
from modelshelf.registry.naming import check_reason, find_inside
from modelshelf.registry.registering import Draft, Recorder, check_stored

if TYPE_CHECKING:
    from modelshelf.catalog.audit import Transaction
    from modelshelf.domain.content import Content
    from modelshelf.domain.policy import Policy
    from modelshelf.domain.quarantine import Quarantined
    from modelshelf.registry.arrival.sidecar import Sidecar
    from modelshelf.registry.context import Context

_SOURCE_MOST = 3_900


def release(context: Context, number: int, *, reason: str, model: str | None) -> tuple[int, bool]:
    """Make a version of what is quarantined under ``number``.

    The bytes stay in quarantine too: nothing is deleted.

    Returns:
        Id of the version that has the content, and whether it is new.

    Raises:
        Invalid: The reason or the model's name cannot be used, or what lies beside it.
        NotFound: There is no such number, or its bytes are gone.
        Conflict: It was released or discarded already.
        Refused: It takes somebody else, or the model is retired.
        Corrupt: The bytes are not those that were quarantined.
    """
    why = check_reason(reason)
    kept = held_one(context.database.reader(), number)
    check_second_person(context.policy, context.actor, kept)
    draft = _draft(context, kept, model)
    with context.write(f"release {kept.reference}") as transaction:
        held_one(transaction.raw, number)
        check_stored(context, draft.content)
        recorder = Recorder(context, transaction)
        existing = recorder.existing(draft)
        version_id = recorder.record(draft) if existing is None else existing
        _record(context, transaction, kept, version_id, why)
    return version_id, existing is None


def check_second_person(policy: Policy, actor: str, kept: Quarantined) -> None:
    """Check that ``actor`` may release: where roles are on, somebody else than those it came from.

    Raises:
        Refused: Who else it takes.
    """
    if policy.grants and actor in (kept.actor, kept.owner):
        raise Refused(
            f"{safe(actor, 60)} may not release {kept.reference}",
            why="the file is theirs" if actor == kept.owner else "it was quarantined by them",
            observed=actor,
            hint="It takes a second person.",
            subject=kept.reference,
        )


def _draft(context: Context, kept: Quarantined, model: str | None) -> Draft:
    wanted = model or kept.model
    if not wanted:
        raise Invalid(
            f"no model is named for {kept.reference}",
            hint="Say which: --model churn.",
            subject=kept.reference,
        )
    name = check_model_name(wanted)
    path = lies_at(context, kept)
    told = _told(path)
    given = replace(check_details(**told.details), origins=told.origins)
    content, inspection = look_at(context, path, None)
    _check_same(kept, content)
    seen = kept.inspection or inspection
    details, seen = complete(context, content, seen, path, given)
    if details.arrival is not None:
        details = replace(details, arrival=replace(details.arrival, path=kept.path))
    source = f"{kept.reference}, dropped as {kept.path}"[:_SOURCE_MOST]
    return Draft(name, content, seen, details, source)


def _told(path: Path) -> Sidecar:
    """Return what the files beside and inside an artifact say about it."""
    with os.scandir(path.parent) as entries:
        beside = [entry.name for entry in entries if entry.is_file(follow_symlinks=False)]
    inside: list[str] = []
    if path.is_dir() and not path.is_symlink():
        with os.scandir(path) as entries:
            inside = [entry.name for entry in entries if entry.is_file(follow_symlinks=False)]
    sidecars = [path.with_name(name) for name in sidecars_of(path.name, beside)]
    sidecars += [path / name for name in INSIDE if name in inside]
    cards = [path / name for name in inside if name.lower() == CARD]
    cards += [path.with_name(name) for name in beside if name.lower() == CARD]
    return read_companions(sidecars, next(iter(cards), None))


def _check_same(kept: Quarantined, content: Content) -> None:
    if kept.digest and content.digest != kept.digest:
        raise Corrupt(
            f"the bytes of {kept.reference} are not those that were quarantined",
            why=f"somebody changed {safe(kept.place)}",
            observed=content.digest,
            required=kept.digest,
            hint="Drop them into a drop folder as any other file.",
            subject=kept.reference,
        )


def _record(
    context: Context, transaction: Transaction, kept: Quarantined, version_id: int, why: str
) -> None:
    version = context.inside(transaction)[0].versions([version_id])[0]
    found = find_inside(context, transaction, version.reference)
    event = events.ArtifactReleased(
        kept.number, version_id, found.model_id, found.model, found.number, why
    )
    transaction.record(event, kept.reference)
    for line in ledger.referring(transaction.raw, kept.reference):
        taken = replace(
            line.sighting,
            state="taken",
            reason=f"released from quarantine: {safe(why)}",
            reference=version.reference,
            at=context.clock(),
        )
        ledger.put(transaction, [replace(line, sighting=taken)])

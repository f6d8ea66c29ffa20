"""The examination that ``doctor`` makes: machine, driver, folder, catalog, store, policy."""

from __future__ import annotations

import sys
from datetime import timedelta
from typing import TYPE_CHECKING

from modelshelf.artifacts import free_bytes, network_filesystem, supports_clone, world_writable
from modelshelf.catalog import checkpoints, driver, outbox
from modelshelf.catalog.holdings import damage
from modelshelf.catalog.quarantine import held
from modelshelf.catalog.scans import outdated
from modelshelf.domain.checks import Check
from modelshelf.domain.errors import ModelshelfError
from modelshelf.domain.text import safe
from modelshelf.formats import scanners, worker_state
from modelshelf.registry.sealing import trouble

if TYPE_CHECKING:
    from modelshelf.registry.context import Context

_SCANS_COUNTED = 1_000
_WAITS_MOST = timedelta(days=1)
_SPACE_LEAST = 256 * 1024 * 1024


def examine(context: Context) -> tuple[Check, ...]:
    """Return everything that was looked at."""
    return (
        Check("python", ok=True, observed=sys.version.split()[0]),
        _driver(),
        _place(context),
        _rights(context),
        _space(context),
        Check("clones", ok=True, observed=_clones(context)),
        _lock(context),
        _catalog(context),
        _blobs(context),
        _checkpoints(context),
        _quarantine(context),
        Check("looking", ok=True, observed=worker_state()),
        _scans(context),
        *_hooks(context),
    )


def _driver() -> Check:
    number = ".".join(str(part) for part in driver.version)
    observed = f"SQLite {number} through {driver.name}"
    if not driver.has_reset_bug():
        return Check("sqlite", ok=True, observed=observed)
    return Check(
        "sqlite",
        ok=True,
        observed=f"{observed}; it has the WAL-reset bug, kept away by the write lock",
        advice="Install the pysqlite3 wheel where there is one, or SQLite 3.51.3 or later.",
    )


def _place(context: Context) -> Check:
    kind = network_filesystem(context.root)
    return Check(
        "place",
        ok=kind is None,
        observed=f"{context.root} on {kind or 'a local file system'}",
        advice="" if kind is None else "Move the registry to a local disk.",
    )


def _rights(context: Context) -> Check:
    open_to_all = world_writable(context.root)
    return Check(
        "rights",
        ok=not open_to_all,
        observed="everybody may write it" if open_to_all else "not open to everybody",
        advice="Take the right to write away from others: chmod o-w." if open_to_all else "",
    )


def _space(context: Context) -> Check:
    free = free_bytes(context.root)
    low = free < _SPACE_LEAST
    return Check(
        "space",
        ok=not low,
        observed=f"{free:,} bytes free",
        advice="Free some space; modelshelf gc gives up bytes of yanked versions." if low else "",
    )


def _clones(context: Context) -> str:
    try:
        return "the disk can clone files" if supports_clone(context.root) else "files are copied"
    except ModelshelfError as error:  # a folder that cannot be written is no reason to stop looking
        return error.why or error.what


def _lock(context: Context) -> Check:
    return Check(
        "writers", ok=True, observed=context.database.lock.holder() or "nobody has written yet"
    )


def _catalog(context: Context) -> Check:
    try:
        found = damage(context.database.reader())
    except (ModelshelfError, driver.Error) as error:
        found = (str(error),)
    sound = not found
    return Check(
        "catalog",
        ok=sound,
        observed="sound" if sound else "; ".join(found),
        advice="" if sound else "Restore a backup, or try modelshelf rebuild.",
    )


def _blobs(context: Context) -> Check:
    try:
        foreign = context.blobs.foreign()
    except ModelshelfError as error:
        return Check("blobs", ok=False, observed=error.what, advice=error.hint)
    return Check(
        "blobs",
        ok=not foreign,
        observed=f"{len(foreign)} foreign names" if foreign else "nothing foreign",
        advice=f"Look at {foreign[0]}; it is never touched." if foreign else "",
    )


def _checkpoints(context: Context) -> Check:
    try:
        newest = checkpoints.newest(context.root)
    except OSError as error:
        return Check("checkpoints", ok=False, observed=f"cannot be read: {error.strerror}")
    failed = trouble(context.root)
    if failed:
        advice = "Mend it, then run modelshelf checkpoint."
        return Check("checkpoints", ok=False, observed=failed, advice=advice)
    if newest is None:
        return Check("checkpoints", ok=True, observed="none was written yet")
    minute = newest.at[:16].replace("T", " ")  # always UTC; the whole of it is in the file
    said = f"entry {newest.seq}" + (f" at {minute} UTC" if minute else "")
    return Check("checkpoints", ok=True, observed=said)


def _quarantine(context: Context) -> Check:
    try:
        count = held(context.database.reader())
    except (ModelshelfError, driver.Error) as error:
        return Check("quarantine", ok=False, observed=str(error), advice="See the check catalog.")
    return Check(
        "quarantine",
        ok=True,
        observed=f"{count:,} held" if count else "nothing held",
        advice="modelshelf inbox quarantine lists it." if count else "",
    )


def _scans(context: Context) -> Check:
    try:
        older = len(outdated(context.database.reader(), scanners(), limit=_SCANS_COUNTED))
    except (ModelshelfError, driver.Error) as error:
        return Check("scans", ok=False, observed=str(error), advice="See the check catalog.")
    many = f"{older:,} or more" if older >= _SCANS_COUNTED else f"{older:,}"
    return Check(
        "scans",
        ok=True,
        observed=f"{many} versions were looked into by another scanner" if older else "up to date",
        advice="modelshelf scan --dry-run says which would now be refused." if older else "",
    )


def _hooks(context: Context) -> tuple[Check, ...]:
    """Look at what the hooks were not told; nothing where the policy has none."""
    keys = [hook.key for hook in context.policy.hooks]
    if not keys:
        return ()
    try:
        reader = context.database.reader()
        failed = {c.hook: c.count for c in outbox.counts(reader) if c.state == "failed"}
        late = outbox.overdue(reader, context.clock() - _WAITS_MOST)
        begun = outbox.marks(reader)
    except (ModelshelfError, driver.Error) as error:
        return (Check("hooks", ok=False, observed=str(error), advice="See the check catalog."),)
    said, advice = [], []
    for found, words, what in (
        (failed, "failed", "See modelshelf hooks log --state failed."),
        (late, "wait for more than a day", "modelshelf hooks deliver tells what waits."),
    ):
        named = [f"{found[key]:,} of {safe(key, 60)} {words}" for key in keys if key in found]
        said += named
        advice += [what] if named else []
    if all(key in begun for key in keys):
        observed = "nothing failed or waits for long"
    else:
        observed = "nobody delivers yet: watch, the app and modelshelf hooks deliver do"
    return (
        Check("hooks", ok=not said, observed="; ".join(said) or observed, advice=" ".join(advice)),
    )

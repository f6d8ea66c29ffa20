"""The steps of a verification: the chain and the tables, the heads written down, the bytes."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from modelshelf.catalog import audit_reader, checkpoints, driver
from modelshelf.catalog.failures import explain
from modelshelf.domain.audit import FIRST_PREV, Problem, Verification
from modelshelf.domain.checkpoints import LINE_MOST, Checkpoint, PublicKey, read_given
from modelshelf.domain.errors import Invalid, ModelshelfError
from modelshelf.domain.plain import moment_text
from modelshelf.domain.text import safe
from modelshelf.registry.halting import Halted
from modelshelf.registry.naming import check_path
from modelshelf.registry.sealing import policy_key, registry_id
from modelshelf.registry.witness import read_witness, write_witness

if TYPE_CHECKING:
    from modelshelf.catalog.past import Check
    from modelshelf.registry.context import Context

Progress = Callable[[int, int, str], None]
_TOLD = 3


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be verified.

    Attributes:
        deep: Read and hash every blob.
        replay: Compare the tables with a replay.
        quick: Check the chain only from the newest checkpoint of ``since`` on.
        since: Checkpoints the log must extend.
        witness: A file with a head the log must extend, which is then brought up to date.
        public_key: A file with the key that signatures are checked with.
    """

    deep: bool
    replay: bool
    quick: bool
    since: tuple[Checkpoint, ...]
    witness: Path | None
    public_key: str | Path | None


@dataclass(slots=True)
class _Found:
    problems: list[Problem] = field(default_factory=list)
    proven: list[str] = field(default_factory=list)
    signatures: int = 0


def verify(context: Context, asked: Asked, progress: Progress | None) -> Verification:
    """Do what is asked; what is not whole is in the answer.

    Raises:
        Invalid: The witness or the key cannot be used.
        Corrupt: SQLite cannot read the catalog.
        Unavailable: A file cannot be read, or the witness cannot be brought up to date.
        Halted: ``progress`` raised it; it has what was wrong until then.
    """
    found = _Found()
    try:
        return _verify(context, asked, progress, found)
    except Halted as halted:
        halted.found(found.problems)
        raise


def _verify(
    context: Context, asked: Asked, progress: Progress | None, found: _Found
) -> Verification:
    mine = registry_id(context)
    seen = None if asked.witness is None else read_witness(asked.witness)
    key = _key(context, asked.public_key, found)
    # Read first: what is written down while the log is read is later than what is read of it.
    kept = _kept(context, found)
    check = _check_log(context, asked, progress)
    found.problems[:0] = check.problems
    given = [*asked.since, *([seen] if seen is not None else [])]
    _hold_against(context, mine, kept, given, check, found)
    _check_signatures([*kept, *asked.since], key, found, asked)
    from modelshelf.registry.scrub import check_blobs

    blobs, damaged = check_blobs(context, deep=asked.deep, progress=progress)
    found.problems += damaged
    if asked.witness is not None and not found.problems:
        _remember(context, asked.witness, seen, mine, check, found)
    return Verification(
        entries=check.entries,
        rows=check.rows,
        blobs=blobs if asked.deep else 0,
        problems=tuple(found.problems),
        head_seq=check.head[0],
        head_seal=check.head[1],
        first=check.first,
        checkpoints=len(kept) + len(given),
        signatures=found.signatures,
        proven=() if found.problems else tuple(found.proven),
    )


def read_since(since: str | Path) -> tuple[Checkpoint, ...]:
    """Return the checkpoints that somebody gave: a line, ``number:seal``, or a file of lines.

    Raises:
        Invalid: There is none in it.
        Unavailable: The file cannot be read.
    """
    text = str(since)
    one = read_given(text)
    if one is not None:
        return (one,)
    file = check_path(text)
    try:
        found = checkpoints.read_file(file) if len(text) <= 4 * LINE_MOST else []
        there = file.exists()
    except OSError as exc:
        raise Invalid(f"{safe(text, 200)!r} cannot be read", why=exc.strerror or str(exc)) from exc
    if not found:
        raise Invalid(
            f"{safe(text, 80)!r} holds no checkpoint",
            why="" if there else "there is no such file, and it is no checkpoint itself",
            required="a line of checkpoints.log, number:seal, or a file of such lines",
        )
    return tuple(found)


def _kept(context: Context, found: _Found) -> list[Checkpoint]:
    try:
        return checkpoints.read(context.root)
    except OSError as exc:
        why = f"cannot be read: {exc.strerror or exc}"
        found.problems.append(Problem(f"file {checkpoints.FILE}", why))
        return []


def _check_log(context: Context, asked: Asked, progress: Progress | None) -> Check:
    from modelshelf.catalog.past import Check, open_check

    database = context.database
    count = audit_reader.head(database.reader())[0]
    start = _start(context, asked)
    try:
        scratch = open_check(database.path, immutable=database.immutable)
        check = Check(scratch, start)
        try:
            check.run(replay=asked.replay and not asked.quick, progress=_told(progress, count))
        except Halted as halted:
            halted.found(check.problems)
            raise
        finally:
            scratch.close()
    except driver.Error as exc:
        raise explain(database.path, exc) from exc
    return check


def _told(progress: Progress | None, count: int) -> Progress | None:
    if progress is None:
        return None
    return lambda done, of, what: progress(done, of or count, what)


def _start(context: Context, asked: Asked) -> tuple[int, str]:
    """Return number and seal after which the chain is checked: those before the checkpoint's."""
    if not asked.quick:
        return 0, FIRST_PREV
    known = max(asked.since, key=lambda c: c.seq)
    before = audit_reader.links(context.database.reader(), known.seq)
    return (0, FIRST_PREV) if before is None else (known.seq - 1, before)


def _hold_against(
    context: Context,
    mine: str,
    kept: list[Checkpoint],
    given: list[Checkpoint],
    check: Check,
    found: _Found,
) -> None:
    connection = context.database.reader()
    seals: dict[int, str] = {}
    for seq in {c.seq for c in (*kept, *given)}:
        seal = audit_reader.seal_of_entry(connection, seq)
        if seal is not None:
            seals[seq] = seal
    found.problems += checkpoints.against(seals, mine, given)
    already = set(found.problems)
    found.problems += [p for p in checkpoints.against(seals, mine, kept) if p not in already]
    if kept:
        last = max(kept, key=lambda c: c.seq)
        found.proven.append(
            f"The log goes through all {len(kept):,} checkpoints kept beside it, the newest of"
            f" entry {last.seq} at {last.at}."
        )
    if len(given) > _TOLD:
        found.proven.append(f"It goes through all {len(given):,} checkpoints that were given.")
    for one in sorted(given, key=lambda c: c.seq)[-_TOLD:]:
        found.proven.append(f"It goes through entry {one.seq}, {_sealed(one)}.")
    if check.first > 1:
        found.proven.append(
            f"Entries 1 to {check.first - 1} were not read again: they are taken on the word of"
            " the checkpoint."
        )


def _sealed(checkpoint: Checkpoint) -> str:
    when = f" at {checkpoint.at}" if checkpoint.at else ""
    return f"sealed {checkpoint.seal[:16]}… as it was seen{when}"


def _key(context: Context, file: str | Path | None, found: _Found) -> PublicKey | None:
    """Return the key to check signatures with: the one given, else the policy's if it is here."""
    if file is not None:
        from modelshelf.registry.signing import load_public_key

        return load_public_key(file)
    if not context.policy.checkpoints.key:
        return None
    try:
        return policy_key(context).public
    except ModelshelfError as error:  # an auditor need not have the private key
        found.proven.append(f"No signature was checked: {safe(error, 300)}")
        return None


def _check_signatures(
    signed: Iterable[Checkpoint], key: PublicKey | None, found: _Found, asked: Asked
) -> None:
    written = [c for c in signed if c.signatures]
    if key is None:
        if written:
            found.proven.append(
                f"Signatures on {len(written):,} of them were not looked at; --public-key FILE"
                " checks them."
            )
        return
    from modelshelf.registry.signing import is_signed

    right: list[Checkpoint] = []
    for checkpoint in written:
        answer = is_signed(checkpoint, key)
        if answer is not None:
            found.signatures += 1
        if answer:
            right.append(checkpoint)
        elif answer is False:
            what = f"has a signature that is not by the key {key.key_id}"
            found.problems.append(Problem(f"checkpoint of entry {checkpoint.seq}", what))
    if right:
        last = max(right, key=lambda c: c.seq)
        found.proven.append(
            f"The key {key.key_id} signed {len(right):,} of them, the newest of entry {last.seq}."
        )
    elif asked.public_key is not None:
        what = f"none is signed with the key {key.key_id}"
        found.problems.append(Problem("all checkpoints", what))


def _remember(
    context: Context,
    file: Path,
    seen: Checkpoint | None,
    mine: str,
    check: Check,
    found: _Found,
) -> None:
    head = Checkpoint(mine, check.head[0], check.head[1], moment_text(context.clock()))
    if write_witness(file, head) and seen is None:
        found.proven.append(f"The witness begins with entry {head.seq}.")

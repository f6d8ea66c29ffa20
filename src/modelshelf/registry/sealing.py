"""Heads of the log written down after commits: when, signed with which key, handed to whom.

What follows a commit never fails it and never holds the lock; what went wrong is kept in a file
beside the catalog until a checkpoint succeeds again, and ``doctor`` tells it.
"""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from modelshelf.catalog import audit_reader, checkpoints
from modelshelf.domain.checkpoints import Checkpoint
from modelshelf.domain.errors import ModelshelfError, NotFound, Unavailable
from modelshelf.domain.plain import moment_text
from modelshelf.domain.text import safe

if TYPE_CHECKING:
    from modelshelf.catalog.audit import Transaction
    from modelshelf.registry.context import Context
    from modelshelf.registry.signing import SigningKey

FAILED = "checkpoints.failed"
_FAILED_MOST = 2_000
_OUTPUT_MOST = 4_096
_DAY = len("2026-05-03")
# Whoever can write the folder may have put a link to elsewhere here, or a pipe that nobody reads.
_PLAIN = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)


@dataclass(frozen=True, slots=True)
class Written:
    """A checkpoint made by hand.

    Attributes:
        note: The text as it was written: a line, and its signature if it has one.
        seq: The number of the newest entry.
        seal: Its seal.
        signed_by: The id of the key; empty when it is not signed.
        written: Whether it was added to the file; not when it stood there already.
        handed: Whether the policy's command took it; ``None`` when it names none.
        trouble: What came of the command, when it did not.
    """

    note: str
    seq: int
    seal: str
    signed_by: str
    written: bool
    handed: bool | None
    trouble: str = ""


class Sealer:
    """Writes heads down after the commits of one open registry."""

    def __init__(self, context: Context) -> None:
        """Work in ``context``."""
        self._context = context
        self._day: str | None = None

    def committed(self, before: int, transaction: Transaction) -> None:
        """Write the head down if it is due; whatever happens, the commit stands."""
        try:
            at = moment_text(transaction.at or self._context.clock())
            seq, seal = transaction.head
            if self._due(before, seq, transaction.names, at[:_DAY]):
                self._day = at[:_DAY]
                found = Checkpoint(registry_id(self._context), seq, seal, at)
                note_troubles(self._context.root, found, self._write(found))
        except Exception as exc:  # noqa: BLE001 - the change is made, and must not be told as failed
            said = f"{type(exc).__name__}: {exc}"
            _keep(self._context.root, f"entry {transaction.head[0]}: {safe(said)}")

    def _due(self, before: int, seq: int, names: tuple[str, ...], day: str) -> bool:
        """Whether a head is due now, or was and whoever should have written it was killed."""
        if checkpoints.due(before, seq, names):
            return True
        if self._day is None:
            newest = checkpoints.newest(self._context.root)
            self._day = newest.at[:_DAY] if newest is not None else ""
            # Asked once: from here on this process writes down what it commits.
            if newest is not None and audit_reader.decided_after(
                self._context.database.reader(),
                newest.seq,
                before,
                every=checkpoints.EVERY,
                decisive=checkpoints.DECISIVE,
            ):
                return True
        return day > self._day

    def _write(self, checkpoint: Checkpoint) -> list[str]:
        """Sign, append and hand over as far as each can be done; return what could not."""
        troubles: list[str] = []
        rules = self._context.policy.checkpoints
        if rules.key:
            try:
                checkpoint = policy_key(self._context).sign(checkpoint)
            except ModelshelfError as error:
                troubles.append(f"not signed: {error}")
        try:
            checkpoints.append(self._context.root, checkpoint)
        except OSError as exc:
            troubles.append(f"not written: {checkpoints.FILE}: {exc.strerror or exc}")
        try:
            trouble = hand_over(self._context, checkpoint)
        except KeyboardInterrupt:  # of the command only: the change it follows is made
            trouble = "the command was interrupted"
        return [*troubles, trouble] if trouble else troubles


def write_by_hand(context: Context, key: SigningKey | None) -> Written:
    """Write the present head down, signed with ``key``, and hand it over.

    Raises:
        NotFound: The log is empty.
        Unavailable: It cannot be written.
    """
    seq, seal = audit_reader.head(context.database.reader())
    if not seq:
        raise NotFound("there is no entry to write down", hint="modelshelf verify")
    checkpoint = Checkpoint(registry_id(context), seq, seal, moment_text(context.clock()))
    try:
        known = next((c for c in checkpoints.read(context.root) if _same(c, checkpoint, key)), None)
        if known is None:
            checkpoint = checkpoint if key is None else key.sign(checkpoint)
            checkpoints.append(context.root, checkpoint)
    except OSError as exc:
        raise Unavailable(
            f"{checkpoints.FILE} cannot be written", why=exc.strerror or str(exc)
        ) from exc
    checkpoint = known or checkpoint
    trouble = hand_over(context, checkpoint)
    note_troubles(context.root, checkpoint, [trouble] if trouble else [])
    return Written(
        checkpoint.note,
        seq,
        seal,
        key.public.key_id if key is not None else "",
        written=known is None,
        handed=not trouble if context.policy.checkpoints.run else None,
        trouble=trouble,
    )


def policy_key(context: Context) -> SigningKey:
    """Return the key that the policy names.

    Raises:
        NotFound, Invalid, Unavailable: As :func:`read_signing_key`.
    """
    from modelshelf.registry.signing import read_signing_key

    return read_signing_key(context.policy.checkpoints.key, context.root)


def hand_over(context: Context, checkpoint: Checkpoint) -> str:
    """Give ``checkpoint`` to the policy's command; return what went wrong, empty for nothing."""
    rules = context.policy.checkpoints
    if not rules.run:
        return ""
    from modelshelf.hooks.command import run_command

    ran = run_command(
        rules.run,
        stdin=checkpoint.note.encode(),
        timeout=rules.timeout,
        output_most=_OUTPUT_MOST,
        env={"MODELSHELF_REGISTRY": str(context.root)},
        cwd=context.root,
    )
    if ran.passed:
        return ""
    said = safe(ran.output.decode("utf-8", "replace").strip(), 200)
    why = ran.why or f"it ended with {ran.exit_code}"
    return f"not handed over: {safe(rules.run[0], 80)}: {why}{f' ({said})' if said else ''}"


def registry_id(context: Context) -> str:
    """Return the registry's id, as checkpoints call it."""
    return audit_reader.fact(context.database.reader(), "registry_id") or "-"


def trouble(root: Path) -> str:
    """Return what went wrong with the newest checkpoint of the registry in ``root``; safe."""
    try:
        with open(os.open(root / FAILED, os.O_RDONLY | _PLAIN), "rb") as stream:  # noqa: PTH123
            text = (stream.read(_FAILED_MOST) or b"").decode("utf-8", "replace")
    except OSError:
        return ""
    return safe("; ".join(text.splitlines()), _FAILED_MOST)


def note_troubles(root: Path, checkpoint: Checkpoint, troubles: list[str]) -> None:
    """Keep what went wrong with a checkpoint where doctor finds it, or that all went well."""
    if troubles:
        _keep(root, f"{checkpoint.at} entry {checkpoint.seq}: {'; '.join(troubles)}")
    else:
        with suppress(OSError):
            (root / FAILED).unlink(missing_ok=True)


def _keep(root: Path, text: str) -> None:
    with suppress(OSError):  # a folder that takes no file keeps no note either
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | _PLAIN
        with open(os.open(root / FAILED, flags, 0o666), "wb") as stream:  # noqa: PTH123
            stream.write(f"{safe(text, _FAILED_MOST)}\n".encode())


def _same(known: Checkpoint, now: Checkpoint, key: SigningKey | None) -> bool:
    if (known.registry_id, known.seq, known.seal) != (now.registry_id, now.seq, now.seal):
        return False
    return key is None or any(s.key_id == key.public.key_id for s in known.signatures)

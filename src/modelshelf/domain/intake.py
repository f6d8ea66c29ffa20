"""The rules of drop folders: what lies there, is it finished, and which model does it belong to.

Nothing here looks at a disk or a clock. The registry's intake looks, asks here, and does as told.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import Literal

from modelshelf.domain.drop_rule import DropFolder

State = Literal["waiting", "taken", "same", "refused", "ignored"]

TAKING = "it is being taken in"
"""The reason of a waiting sighting whose registration has begun; a crash leaves it behind."""

CHANGED = "it changed while it was being read"
"""The reason of a waiting sighting that was not finished after all."""

RETRY_S = (0.0, 60.0, 300.0, 1800.0)
"""Seconds of stillness asked for after 0, 1, 2, 3 and more failures of the machine."""

HURRIED_S = 0.25
"""Seconds of stillness asked for when a marker or a rename says that it is finished."""

EMPTY_S = 60.0
"""Seconds for which a file without bytes may be one that somebody is about to write."""

INCOMPLETE_S = 600.0
"""Seconds after which what still lacks a file is called incomplete; it goes on waiting."""

CHANGES_MOST, CHANGES_S = 5, 600.0
"""How often within how many seconds it may change while it is read before that is said."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What tells one state of a dropped file or folder from the next without reading it.

    Attributes:
        folder: Whether it is a folder artifact.
        size: Bytes; of a folder the sum of its files.
        mtime_ns: Last write, nanoseconds; of a folder the latest of its files.
        ctime_ns: Last change of bytes or facts, nanoseconds, likewise; 0 where the system has none.
        inode: The file or folder on its device.
        device: The file system.
        files: How many files it has.
        tree: Names the state of all files of a folder; empty for a file.
        companions: Names the state of its sidecar and card; empty without them.
        around: Names the state of the unknown folder it lies in, which may turn out to be a folder
            artifact itself; empty where that cannot be.
    """

    folder: bool
    size: int
    mtime_ns: int
    ctime_ns: int
    inode: int
    device: int
    files: int = 1
    tree: str = ""
    companions: str = ""
    around: str = ""

    @property
    def alone(self) -> Seen:
        """The same without its surroundings: what it is, not where it waits."""
        return replace(self, around="")

    def text(self) -> str:
        """Return the form in which the ledger keeps it."""
        return json.dumps(asdict(self), separators=(",", ":"))


def read_seen(text: str) -> Seen | None:
    """Return what :meth:`Seen.text` wrote; ``None`` for the text of another release."""
    try:
        return Seen(**json.loads(text))
    except (ValueError, TypeError):
        return None


@dataclass(frozen=True, slots=True)
class Sighting:
    """What was found in a drop folder and what became of it.

    Two of them are equal when they say the same: the number of the line, what a person pointed it
    to and how far the reading is stand beside that.

    Attributes:
        path: Relative to the registry if it lies inside it, else absolute; see :func:`escape_path`.
        state: ``waiting`` to be finished; ``taken`` as a version; ``same`` content as a version
            that was there already; ``refused`` until it or its sidecar changes; ``ignored``,
            because it is no artifact.
        reason: Why, as a clause or a sentence; may be empty when taken.
        reference: The version, when ``taken`` or ``same``; ``quarantine:7`` when it was refused for
            what is in it; else empty.
        at: UTC. For a waiting one, since when it has been still.
        id: The number of its line in the ledger; it stays. 0 before it is written.
        model: The model that a person pointed it to; empty when nobody did.
        done: Bytes of it that were read so far, while it is being taken in.
        size: Bytes in all, where that is known.
    """

    path: str
    state: State
    reason: str
    reference: str
    at: datetime
    id: int = field(default=0, compare=False)
    model: str = field(default="", compare=False)
    done: int = field(default=0, compare=False)
    size: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class SweepReport:
    """One look at all drop folders.

    Attributes:
        taken: Registered by this sweep.
        same: Found by this sweep to be a version already.
        waiting: Not finished yet.
        refused: Lying there and refused, by this sweep or an earlier one.
        ignored: Lying there and no artifact.
    """

    taken: tuple[Sighting, ...] = ()
    same: tuple[Sighting, ...] = ()
    waiting: tuple[Sighting, ...] = ()
    refused: tuple[Sighting, ...] = ()
    ignored: tuple[Sighting, ...] = ()


@dataclass(frozen=True, slots=True)
class Before:
    """What the ledger remembers of a candidate.

    Attributes:
        state: Its state.
        seen: The identity that the state refers to; ``None`` when it cannot be read.
        still: Seconds since then; negative when the clock was put back.
        failures: How often the machine failed to take exactly this in.
        apart: Whether it was refused into quarantine.
    """

    state: State
    seen: Seen | None
    still: float
    failures: int = 0
    apart: bool = False


@dataclass(frozen=True, slots=True)
class Wait:
    """Not yet.

    Attributes:
        reason: Why.
        restart: Whether the stillness is counted from now.
        settles: Whether nothing but time is missing, and not much of it.
    """

    reason: str
    restart: bool = False
    settles: bool = field(default=False, compare=False)


@dataclass(frozen=True, slots=True)
class Take:
    """It is finished."""


@dataclass(frozen=True, slots=True)
class Ignore:
    """It is no artifact."""

    reason: str


@dataclass(frozen=True, slots=True)
class Leave:
    """It was dealt with and has not changed; nothing is to be done."""


@dataclass(frozen=True, slots=True)
class PutAway:
    """It was taken in or refused, and a crash came before it was put away."""


Decision = Wait | Take | Ignore | Leave | PutAway


def decide(
    rule: DropFolder,
    now: Seen,
    before: Before | None,
    *,
    pending: str = "",
    expected_size: int | None = None,
    missing: Sequence[str] = (),
    hurried: bool = False,
) -> Decision:
    """Return what is to be done with one candidate.

    Args:
        rule: The rule of its drop folder.
        now: What it is now.
        before: What the ledger remembers of the same path.
        pending: What it still waits for, such as a half-written sidecar; empty for nothing.
        expected_size: The length in bytes that its own header promises, when it has such a header.
        missing: The files that its own index names and that are not there.
        hurried: Whether a marker or a rename says that it is finished.
    """
    done = _dealt_with(rule, now, before)
    if done is not None:
        return done
    wait = _restless(rule, now, before, hurried=hurried)
    if wait is not None:
        return wait
    still = 0.0 if before is None else before.still
    return finished(now, still, pending=pending, expected_size=expected_size, missing=missing)


def finished(
    now: Seen,
    still: float,
    *,
    pending: str = "",
    expected_size: int | None = None,
    missing: Sequence[str] = (),
) -> Wait | Ignore | Take:
    """Return what is to be done with a candidate that lies still for ``still`` seconds.

    Args:
        now: What it is now.
        still: Seconds since anything changed.
        pending: As for :func:`decide`, like the rest.
        expected_size: See there.
        missing: See there.
    """
    if pending:
        return Wait(pending)
    if expected_size is not None and now.size < expected_size:
        return Wait(f"its header promises {expected_size:,} bytes, {now.size:,} are there")
    if missing:
        return Wait(lacks(missing, still))
    if now.size == 0:
        return Wait("it is empty so far") if still < EMPTY_S else Ignore("it is empty")
    return Take()


def lacks(missing: Sequence[str], still: float) -> str:
    """Return the clause about files that an index names and that are not there.

    Args:
        missing: The files; one at least.
        still: Seconds since anything changed.
    """
    names, more = missing[0], len(missing) - 1
    if more:
        names = f"{names} and {more:,} more"
    clause = f"its index names {names}, which {'are' if more else 'is'} not there"
    return f"incomplete: {clause}" if still >= INCOMPLETE_S else clause


def _dealt_with(rule: DropFolder, now: Seen, before: Before | None) -> Leave | PutAway | None:
    if before is None or before.seen != now.alone:
        return None
    if before.state in ("taken", "same") or before.apart:
        return PutAway() if rule.keep == "move" else Leave()
    return Leave() if before.state == "refused" else None


def _restless(rule: DropFolder, now: Seen, before: Before | None, *, hurried: bool) -> Wait | None:
    failures = 0 if before is None or before.seen != now else before.failures
    settle = rule.settle_folder if now.folder or now.around else rule.settle
    settle = min(settle, HURRIED_S) if hurried else settle
    needed = max(settle, RETRY_S[min(failures, len(RETRY_S) - 1)])
    still = f"it must lie still for {needed:g} s"
    if before is None or before.seen is None:
        return Wait(still, restart=True, settles=True)
    if before.seen != now:
        return Wait("it is still changing", restart=True, settles=True)
    if before.still < 0:
        return Wait("the clock was put back", restart=True, settles=True)
    return Wait(still, settles=not failures) if before.still < needed else None


_ESCAPE = re.compile(r"\\(?:\\|x([0-9a-f]{2})|u([0-9a-f]{4}))")


def escape_path(path: str) -> str:
    r"""Return a path as text that any database and terminal can hold, and that leads back to it.

    A byte that is no UTF-8 becomes ``\xff``, a control or half character ``\x1b`` or ``\u0085``, a
    backslash two.
    """
    if path.isascii() and path.isprintable() and "\\" not in path:
        return path
    return "".join(map(_escaped, path))


def _escaped(char: str) -> str:
    point = ord(char)
    if char == "\\":
        return "\\\\"
    if 0xDC80 <= point <= 0xDCFF:  # noqa: PLR2004 - a byte that was no UTF-8, as the system hands it over
        return f"\\x{point - 0xDC00:02x}"
    if unicodedata.category(char) in ("Cc", "Cs"):
        return f"\\x{point:02x}" if char.isascii() else f"\\u{point:04x}"
    return char


def unescape_path(text: str) -> str:
    """Return the path that :func:`escape_path` was given."""
    return _ESCAPE.sub(_unescaped, text)


def _unescaped(match: re.Match[str]) -> str:
    if match[2]:
        return chr(int(match[2], 16))
    if match[1]:
        byte = int(match[1], 16)
        return chr(byte) if byte < 0x80 else chr(0xDC00 + byte)  # noqa: PLR2004 - ASCII is its own character
    return "\\"

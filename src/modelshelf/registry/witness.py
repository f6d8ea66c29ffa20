"""A witness: a file with the newest head that somebody saw, which only ever goes forward."""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from pathlib import Path
from secrets import token_hex

from modelshelf.domain.checkpoints import LINE_MOST, Checkpoint, read_given
from modelshelf.domain.errors import Invalid, Unavailable
from modelshelf.domain.text import safe


def read_witness(file: Path) -> Checkpoint | None:
    """Return what the file remembers; ``None`` when it is not there yet.

    Raises:
        Invalid: It is a link or no file, or holds anything else than one checkpoint.
        Unavailable: It cannot be read.
    """
    try:
        found = file.lstat()
        if not stat.S_ISREG(found.st_mode):
            kind = "a link" if stat.S_ISLNK(found.st_mode) else "not a regular file"
            raise _unusable(file, f"it is {kind}")
        with file.open("rb") as stream:
            text = stream.read(4 * LINE_MOST).decode("utf-8", "replace")
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as exc:
        why = getattr(exc, "strerror", None) or str(exc)
        raise Unavailable(f"the witness {safe(file)} cannot be read", why=safe(why)) from exc
    seen = read_given(text)
    if seen is None or not seen.registry_id:
        raise _unusable(file, "it does not hold one checkpoint")
    return seen


def write_witness(file: Path, seen: Checkpoint) -> bool:
    """Let the file remember ``seen``, in one step; return whether it was news to it.

    A file that remembers a later head by now, because somebody else looked, stays as it is.

    Raises:
        Invalid, Unavailable: As :func:`read_witness`, or it cannot be written.
    """
    present = read_witness(file)
    if present is not None and present.seq >= seen.seq:
        return False
    partial = file.with_name(f".{file.name}.{token_hex(8)}")
    try:
        descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
        try:
            with open(descriptor, "wb") as stream:  # noqa: PTH123 - a descriptor
                stream.write(seen.line.encode())
                stream.flush()
                os.fsync(descriptor)
            partial.replace(file)
        except BaseException:
            with suppress(OSError):
                partial.unlink()
            raise
    except (OSError, ValueError) as exc:
        why = getattr(exc, "strerror", None) or str(exc)
        raise Unavailable(
            f"the witness {safe(file)} cannot be written",
            why=safe(why),
            hint="Everything was whole; it remembers what it did before.",
        ) from exc
    return True


def _unusable(file: Path, why: str) -> Invalid:
    return Invalid(
        f"{safe(file)} cannot be a witness",
        why=why,
        required="a file that verify --witness wrote, or a new name",
        hint="Find out what became of it before you name another file.",
        subject=str(file),
    )

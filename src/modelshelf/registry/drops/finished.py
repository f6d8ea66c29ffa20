"""Is it finished? What only opening a candidate that lies still can tell.

Nobody may have it open for writing, it must be as long as its own header promises, and every file
that its index names must be there.
"""

from __future__ import annotations

import os
from dataclasses import dataclass

from modelshelf.artifacts import syscalls
from modelshelf.domain.text import safe
from modelshelf.registry.arrival.companions import file_source, folder_source
from modelshelf.registry.drops.dropping import Candidate, look_again
from modelshelf.registry.drops.lease import has_writer


@dataclass(frozen=True, slots=True)
class Closer:
    """What a closer look at a candidate that lies still found.

    Attributes:
        pending: What it still waits for; empty for nothing.
        expected: The length in bytes that its own header promises, when it is shorter than that.
        missing: The files that its index names and that are not there.
    """

    pending: str = ""
    expected: int | None = None
    missing: tuple[str, ...] = ()


def look_closer(candidate: Candidate, *, leases: bool) -> Closer:
    """Look more closely at a candidate that lies still.

    Args:
        candidate: A file, a folder, or loose files that are one artifact.
        leases: Whether its file system can tell of an open writer.
    """
    try:
        if leases and any(map(has_writer, candidate.files)):
            return Closer("somebody still has it open for writing")
        if candidate.seen.folder:
            return Closer(missing=_missing(candidate))
        closer = _length(candidate)
        for member in () if closer != Closer() else candidate.members:
            cut = _length(member)
            if cut != Closer():
                name = safe(member.path.name, 120)
                return Closer(f"{name}, which belongs to it, ends before it is complete")
        return closer
    except Exception:  # noqa: BLE001 - whatever is wrong with it, taking it in will say so
        return Closer()


def is_still_so(candidate: Candidate, *, leases: bool) -> bool:
    """Whether nobody touched a candidate since it was found to be finished.

    Many others may have been taken in since then; and a writer who has begun anew, rests and is
    half-way would be read without a change being noticed.
    """
    try:
        return look_again(candidate) and not (leases and any(map(has_writer, candidate.files)))
    except OSError:
        return False


def _missing(candidate: Candidate) -> tuple[str, ...]:
    from modelshelf.formats import missing

    files = [(path, syscalls.lstat(path).st_size) for path in candidate.files]
    absent = missing(folder_source(candidate.path, files))
    # What lies there and is no file, such as a link, will not become one by waiting: it is refused.
    return tuple(name for name in absent if not os.path.lexists(candidate.path / name))


def _length(candidate: Candidate) -> Closer:
    from modelshelf.formats import expected_size, is_whole

    source = file_source(candidate.path, candidate.seen.size)
    if is_whole(source) is not False:
        return Closer()
    expected = expected_size(source)
    if expected is None:
        return Closer("it ends before it is complete")
    return Closer(expected=expected) if candidate.seen.size < expected else Closer()

"""Getting the code of a version into a fresh folder: from its snapshot, or its repository."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from modelshelf.domain.errors import Corrupt, Invalid, Refused, Unavailable
from modelshelf.domain.text import safe
from modelshelf.registry.reproducing.git import git, is_remote, is_there, local_place
from modelshelf.registry.reproducing.keeping import read_kept
from modelshelf.registry.reproducing.steps import directory

if TYPE_CHECKING:
    from modelshelf.domain.provenance import Code
    from modelshelf.registry.context import Context
    from modelshelf.registry.reproducing.fresh import Transcript

_COMMIT = re.compile(r"[0-9a-f]{4,64}")


def fetch_code(context: Context, code: Code, folder: Path, transcript: Transcript) -> Path:
    """Put the code into ``folder`` and return where its command runs.

    Raises:
        Corrupt: What was kept cannot be unpacked, or does not fit the commit.
        Invalid: Where the command runs leads out of the code.
        Unavailable: The repository cannot be cloned.
    """
    top = folder / "code"
    if code.snapshot is not None:
        from modelshelf.surroundings.snapshot import unpack

        transcript.say("unpacking the snapshot of the code")
        unpack(read_kept(context, code.snapshot), top)
    else:
        _clone(code, folder, transcript)
        if code.patch is not None:
            _apply(read_kept(context, code.patch), top, transcript)
    where = folder / directory(code)
    if not is_there(where, folder=True) or not where.resolve().is_relative_to(top.resolve()):
        raise Invalid(
            f"the command cannot run in {safe(code.directory, 200)!r}",
            why="the code has no such folder",
        )
    return where


def _clone(code: Code, folder: Path, transcript: Transcript) -> None:
    address, commit = code.repository or "", code.commit or ""
    if not _COMMIT.fullmatch(commit):
        raise Corrupt(f"{safe(commit, 80)!r} is not a commit", hint="See modelshelf verify.")
    if not is_remote(address):
        place = local_place(address)
        if place is None:
            raise Refused(f"{safe(address, 200)!r} is no address that may be cloned")
        address = str(place)
    transcript.say(f"cloning {safe(address, 200)}")
    _do(["clone", "--no-checkout", "--", address, "code"], folder, transcript)
    _do(["checkout", "--detach", commit], folder / "code", transcript)


def _do(words: list[str], cwd: Path, transcript: Transcript) -> None:
    ran = git(words, cwd=cwd)
    transcript.add(["git", *words], ran)
    if not ran.passed:
        raise Unavailable(
            f"git {words[0]} failed",
            why=ran.why or safe(ran.output[-500:].decode("utf-8", "replace").strip(), 400),
            hint="Clone the repository by hand to see why.",
        )


def _apply(patch: bytes, top: Path, transcript: Transcript) -> None:
    words = ["apply", "--whitespace=nowarn", "-"]
    ran = git(words, cwd=top, stdin=patch)
    transcript.add(["git", *words], ran)
    if not ran.passed:
        raise Corrupt(
            "the kept patch does not fit the commit",
            why=ran.why or safe(ran.output[-500:].decode("utf-8", "replace").strip(), 400),
        )

"""The few calls of git that making a version again takes, hardened: no hook, no helper program."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import unquote, urlsplit

from modelshelf.domain.text import safe
from modelshelf.hooks.command import Ran, run_command

TIMEOUT = 600.0
"""Seconds that a clone may take."""

# What a repository says about itself must not start a program of its choice.
HARDENED = (
    "-c", "protocol.ext.allow=never", "-c", "core.hooksPath=/dev/null",
    "-c", "core.fsmonitor=false",
)  # fmt: skip
_ENVIRONMENT = {
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_ALLOW_PROTOCOL": "file:git:http:https:ssh",  # also where a setting renames an address
    "GIT_NO_LAZY_FETCH": "1",
    "LC_ALL": "C",
}
_REMOTE = re.compile(r"(?:https?|ssh|git|git\+ssh)://[^/]|[A-Za-z0-9_.-]+@[A-Za-z0-9_.-]+:")


def git(words: Sequence[str], *, cwd: Path, stdin: bytes = b"", timeout: float = TIMEOUT) -> Ran:
    """Run git with these words and return what came of it; it never asks for a password."""
    argv = ["git", *HARDENED, *words]
    return run_command(argv, stdin=stdin, timeout=timeout, env=_ENVIRONMENT, cwd=cwd)


def is_remote(address: str) -> bool:
    """Whether an address leads to another machine in a way that git may be asked to go."""
    return "::" not in address and _REMOTE.match(address) is not None


def local_place(address: str) -> Path | None:
    """Return the folder or file on this machine that an address names; ``None`` for another.

    A relative path is none: it says nothing without the folder it was written in.
    """
    path = _path_of(address) if address.lower().startswith("file:") else address
    place = Path(path)
    if not path or "\0" in path or path.replace("\\", "/").startswith("//"):
        return None  # the latter is another machine's, to which Windows would show who we are
    return place if place.is_absolute() else None


def is_there(place: Path, *, folder: bool = False) -> bool:
    """Whether there is a regular file or a folder; false where nobody may look, or nobody could."""
    try:
        return place.is_dir() or (place.is_file() and not folder)
    except (OSError, ValueError):  # a name that is too long
        return False


def _path_of(address: str) -> str:
    """Return the path in a ``file:`` address of this machine; empty for another."""
    try:
        parts = urlsplit(address)
    except ValueError:  # brackets that are no address of a machine
        return ""
    path = unquote(parts.path) if parts.netloc in ("", "localhost") else ""
    # How a drive of Windows is written there.
    return path[1:] if re.match(r"/[A-Za-z]:", path) else path


def why_no_commit(repository: Path, commit: str) -> str:
    """Return why a repository on this machine has no such commit; empty when it has it.

    Nothing that the repository names is run: a partial clone, asked for what it lacks, would else
    start the program that its configuration calls its remote.
    """
    from modelshelf.surroundings.git_log import find_commits

    found, why = find_commits(repository, [commit])
    if commit in found:
        return ""
    shown = safe(repository)
    return (
        f"{shown} cannot be read: {why}." if why else f"{shown} has no such commit. Fetch it there."
    )

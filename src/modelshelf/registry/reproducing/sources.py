"""Where the code of a version is, and whether it is still there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from modelshelf.domain.errors import ModelshelfError
from modelshelf.domain.reproduction import Known
from modelshelf.domain.text import safe
from modelshelf.registry.reproducing.git import is_remote, is_there, local_place, why_no_commit
from modelshelf.registry.reproducing.steps import leads_out

if TYPE_CHECKING:
    from collections.abc import Iterator

    from modelshelf.domain.provenance import Code
    from modelshelf.registry.context import Context

_RECORD = (
    "Train it inside `with modelshelf.capture()`, or record code with repository and commit, or a "
    "snapshot"
)
_SHORT = 12
MASK = "***"
"""What a capture writes into a command in place of a password."""


def check_code(context: Context, code: Code | None) -> Iterator[Known]:
    """Yield what is known of the code of a version, and whether it is there."""
    if code is None or (code.repository is None and code.snapshot is None):
        yield Known("code", "code", "unknown", f"no code was recorded. {_RECORD}.")
        return
    if leads_out(code):
        why = "it leads out of the code. Record it relative to the repository or the snapshot."
        yield Known("code", f"folder {safe(code.directory, 200)}", "missing", why)
    if code.snapshot is not None:
        yield _blob(context, "snapshot", code.snapshot)
        return
    yield _commit(code)
    if code.patch is not None:
        yield _blob(context, "patch", code.patch)
    elif code.dirty:
        why = "there were changes that no commit holds, and nobody kept them. Commit, then train."
        yield Known("code", "patch", "missing", why)
    elif code.commit is not None and code.dirty is None:
        why = "whether there were changes that no commit holds is not recorded"
        yield Known("code", "changes", "unchecked", why)


def check_command(code: Code | None) -> Known:
    """Return what is known of the command that made a version."""
    if code is None or not code.command:
        why = "no command was recorded. Record code with the words of its command."
        return Known("command", "command", "unknown", why)
    what = safe(" ".join(code.command), 200)
    if any(word == MASK or word.endswith(f"={MASK}") for word in code.command):
        why = (
            f"{MASK} stands for a secret that was not kept. Let the code read it from a file or "
            "the environment, and record the command without it."
        )
        return Known("command", what, "unknown", why)
    return Known("command", what, "there", "it was recorded")


def _blob(context: Context, kind: str, digest: str) -> Known:
    what = f"{kind} {safe(digest, _SHORT)}"
    try:
        there = context.blobs.has(digest)
    except ModelshelfError:  # no digest at all: edited by another hand
        there = False
    if there:
        return Known("code", what, "there", "kept in this registry")
    why = "its bytes are not in this registry any more. Restore them from a backup."
    return Known("code", what, "missing", why)


def _commit(code: Code) -> Known:
    repository = code.repository or ""
    shown = safe(repository, 200)
    if code.commit is None:
        why = f"which commit of {shown} it was is not recorded. {_RECORD}."
        return Known("code", shown, "unknown", why)
    what = f"{shown} at {safe(code.commit, _SHORT)}"
    if is_remote(repository):
        return Known("code", what, "unchecked", "on another machine; git will be asked for it")
    place = local_place(repository)
    if place is None:
        why = "this address cannot be cloned. Record an absolute path or an https or ssh address."
        return Known("code", what, "missing", why)
    if not is_there(place, folder=True):
        why = f"there is no {safe(place)}. Put the repository back, or record where it is now."
        return Known("code", what, "missing", why)
    why = why_no_commit(place, code.commit)
    return Known("code", what, "missing" if why else "there", why or f"in {safe(place)}")

"""Code that is kept with a version, its patch or its snapshot: stored, and read back checked.

What is read back is named by the code of some version and is part of no artifact: the bytes of a
model leave the registry by ``checkout``, with its own rights. So what was just kept can be read as
soon as a version names it, and not before.
"""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

from modelshelf.domain.errors import Corrupt, Invalid, NotFound
from modelshelf.domain.text import safe, size_text

if TYPE_CHECKING:
    from modelshelf.registry.context import Context

KEPT_MOST = 64 * 1024 * 1024
"""Bytes of the largest patch or snapshot."""

_DIGEST = re.compile(r"[0-9a-f]{64}")


def keep(context: Context, data: bytes) -> str:
    """Store a patch or snapshot and return its digest; see ``Reproductions.keep``."""
    context.check_present()
    if len(data) > KEPT_MOST:
        raise Invalid(
            "this is too much code to be kept",
            why=f"it has {size_text(len(data))}, {size_text(KEPT_MOST)} are allowed",
            observed=len(data),
            required=KEPT_MOST,
            hint="Leave data and results out of the folder, or name a repository and a commit.",
        )
    return context.blobs.put_bytes(data)


def kept(context: Context, digest: str) -> bytes:
    """Return a patch or snapshot; see ``Reproductions.kept``."""
    from modelshelf.catalog.reproductions import names_code

    if not _DIGEST.fullmatch(digest):
        raise Invalid(f"{safe(digest, 80)!r} is no digest", required="64 hexadecimal digits")
    if not names_code(context.database.reader(), digest):
        raise NotFound(
            f"no code {digest[:12]}… is kept",
            why="no version names it as its patch or its snapshot",
            subject=f"sha256:{digest}",
        )
    return read_kept(context, digest)


def read_kept(context: Context, digest: str) -> bytes:
    """Return the bytes that the code of a version names, checked against their digest.

    Raises:
        NotFound: They are not there.
        Corrupt: They are not what was kept.
        Invalid: They are too large to be code.
    """
    if context.blobs.size(digest) > KEPT_MOST:
        raise Invalid(f"the blob {digest[:12]}… is too large to be code")
    with context.blobs.open(digest) as stream:
        data = stream.read(KEPT_MOST + 1)
    if hashlib.sha256(data).hexdigest() != digest:
        raise Corrupt(
            f"the kept code {digest[:12]}… is not what was kept",
            hint="Restore it from a backup.",
            subject=f"sha256:{digest}",
        )
    return data

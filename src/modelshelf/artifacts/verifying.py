"""Reading stored bytes again and comparing them with the digest that names them."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from modelshelf.artifacts.copying import BLOCK
from modelshelf.domain.errors import Corrupt

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import BinaryIO


def verify_stream(
    stream: BinaryIO, digest: str, size: int, on_bytes: Callable[[int], None] | None = None
) -> None:
    """Read ``stream`` to its end and compare.

    Args:
        stream: The stored bytes.
        digest: The SHA-256 they must have, 64 hexadecimal digits.
        size: The length they must have, in bytes.
        on_bytes: Is told the number of bytes after every block.

    Raises:
        Corrupt: Length or digest differs.
        OSError: The stream cannot be read.
    """
    found = hashlib.sha256()
    count = 0
    while block := stream.read(BLOCK):
        found.update(block)
        count += len(block)
        if on_bytes is not None:
            on_bytes(len(block))
    compare(digest, size, found.hexdigest(), count)


def compare(digest: str, size: int, found: str, count: int) -> None:
    """Compare what was found with what is required.

    Args:
        digest: The digest that names the blob.
        size: The length it must have, in bytes.
        found: The digest of the bytes that were read.
        count: How many there were.

    Raises:
        Corrupt: Length or digest differs.
    """
    if count != size:
        raise damaged(digest, f"it has {count:,} bytes, {size:,} were stored", count, size)
    if found != digest:
        raise damaged(digest, f"its bytes have the digest {found[:12]}…", found, digest)


def damaged(digest: str, why: str, observed: object = None, required: object = None) -> Corrupt:
    """Return the error for a blob that is not what was stored."""
    return Corrupt(
        f"the blob {digest[:12]}… is damaged",
        why=why,
        observed=observed,
        required=required,
        hint="Restore it from a backup, or remove it and register the original file again.",
        subject=f"sha256:{digest}",
    )

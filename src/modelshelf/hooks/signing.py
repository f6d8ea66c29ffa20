"""Signatures of webhooks by the Standard Webhooks scheme.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Sequence

from modelshelf.domain.errors import Invalid

PREFIX = "whsec_"
_LEAST, _MOST = 24, 64


def read_keys(text: str) -> tuple[bytes, ...]:
    """Return the keys of a secret: ``whsec_`` and base64; several with spaces between them.

    The second of two is the one that is being given up: receivers that know either are content.

    Raises:
        Invalid: It is no such secret; the sentence shows nothing of it.
    """
    keys = tuple(_key(word) for word in text.split())
    if not keys:
        raise Invalid("the secret is empty", required=f"{PREFIX} and base64")
    return keys


def headers(keys: Sequence[bytes], ident: str, timestamp: int, body: bytes) -> dict[str, str]:
    """Return the headers of a message; without keys it is not signed.

    Args:
        keys: The keys.
        ident: The message's id; the same at every attempt.
        timestamp: When this attempt is made, seconds since 1970 UTC.
        body: Exactly the bytes that are sent.
    """
    found = {"webhook-id": ident, "webhook-timestamp": str(timestamp)}
    if keys:
        signed = f"{ident}.{timestamp}.".encode() + body
        made = (hmac.new(key, signed, hashlib.sha256).digest() for key in keys)
        found["webhook-signature"] = " ".join(
            f"v1,{base64.b64encode(digest).decode('ascii')}" for digest in made
        )
    return found


def _key(word: str) -> bytes:
    try:
        key = base64.b64decode(word.removeprefix(PREFIX).encode("ascii"), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not word.startswith(PREFIX) or not _LEAST <= len(key) <= _MOST:
        raise Invalid(
            "the secret cannot be used",
            required=f"{PREFIX} and the base64 of {_LEAST} to {_MOST} bytes",
            hint="Make one: echo whsec_$(head -c 32 /dev/urandom | base64)",
        ) from None
    return key

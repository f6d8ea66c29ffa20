"""Signing checkpoints with an Ed25519 key that lies outside the registry, and checking that.

The library that computes is `cryptography`, the extra ``sign``; it is imported when a key is used.
"""

from __future__ import annotations

import os
import stat
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from modelshelf.domain.checkpoints import (
    SIGNER,
    Checkpoint,
    PublicKey,
    Signature,
    read_public_key,
)
from modelshelf.domain.errors import Conflict, Invalid, NotFound, Unavailable
from modelshelf.domain.text import safe

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

_KEY_MOST = 64 * 1024
_OTHERS = 0o077


class SigningKey:
    """A private key."""

    def __init__(self, private: Ed25519PrivateKey) -> None:
        """Sign with ``private``."""
        self._private = private
        self.public = PublicKey(SIGNER, private.public_key().public_bytes_raw())

    def sign(self, checkpoint: Checkpoint) -> Checkpoint:
        """Return ``checkpoint`` with a signature by this key, in place of any other."""
        data = self._private.sign(checkpoint.line.encode())
        return replace(checkpoint, signatures=(Signature(SIGNER, self.public.key_id, data),))


def read_signing_key(file: str | Path, registry: Path) -> SigningKey:
    """Return the private key in a file, PEM or OpenSSH's form.

    Args:
        file: Where; ``~`` is the home folder, and what is relative is below ``registry``.
        registry: The registry's folder, in which no key may lie.

    Raises:
        NotFound: There is no such file.
        Invalid: It lies in the registry, others may read it, it is a link, or is no such key.
        Unavailable: It cannot be read, or `cryptography` is not installed.
    """
    place = registry / os.path.expanduser(file)  # noqa: PTH111 - the text may be any
    _check_outside(place, registry)
    data = _private_bytes(place)
    ed25519, serialization, errors = _library()
    read = (
        serialization.load_ssh_private_key
        if data.lstrip().startswith(b"-----BEGIN OPENSSH")
        else serialization.load_pem_private_key
    )
    try:
        found = read(data, None)
    except TypeError as exc:
        raise Invalid(
            f"the key {safe(place)} has a passphrase",
            why="nobody is there to type it when a checkpoint is written",
            hint="modelshelf checkpoint --make-key FILE makes one without.",
            subject=str(place),
        ) from exc
    except errors as exc:
        raise _not_a_key(place, "private") from exc
    if not isinstance(found, ed25519.Ed25519PrivateKey):
        raise _not_a_key(place, "private")
    return SigningKey(found)


def make_key(file: str | Path) -> PublicKey:
    """Make a private key in a new file that only its owner may read; return the public one.

    Raises:
        Conflict: The file is there already.
        Unavailable: It cannot be written, or `cryptography` is not installed.
    """
    ed25519, serialization, _errors = _library()
    private = ed25519.Ed25519PrivateKey.generate()
    text = private.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    place = Path(os.path.expanduser(file))  # noqa: PTH111 - the text may be any
    try:
        descriptor = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with open(descriptor, "wb") as stream:  # noqa: PTH123 - a descriptor
            stream.write(text)
    except FileExistsError as exc:
        raise Conflict(f"{safe(place)} is there already", hint="Name a new file.") from exc
    except (OSError, ValueError) as exc:
        why = getattr(exc, "strerror", None) or str(exc)
        raise Unavailable(f"{safe(place)} cannot be written", why=safe(why)) from exc
    return SigningKey(private).public


def load_public_key(file: str | Path) -> PublicKey:
    """Return the public key in a file: one line of ours, PEM or OpenSSH's form.

    Raises:
        NotFound: There is no such file.
        Invalid: It is no Ed25519 public key.
        Unavailable: It cannot be read, or `cryptography` is not installed.
    """
    place = Path(os.path.expanduser(file))  # noqa: PTH111 - the text may be any
    data = _bytes(place)
    own = read_public_key(data.decode("utf-8", "replace"))
    if own is not None:
        return own
    ed25519, serialization, errors = _library()
    begun = data.lstrip().startswith(b"-----BEGIN")
    read = serialization.load_pem_public_key if begun else serialization.load_ssh_public_key
    try:
        found = read(data)
    except errors as exc:
        raise _not_a_key(place, "public") from exc
    if not isinstance(found, ed25519.Ed25519PublicKey):
        raise _not_a_key(place, "public")
    return PublicKey(SIGNER, found.public_bytes_raw())


def is_signed(checkpoint: Checkpoint, key: PublicKey) -> bool | None:
    """Whether ``key`` signed ``checkpoint``; ``None`` when no signature says it is by that key.

    Raises:
        Unavailable: `cryptography` is not installed.
    """
    ed25519, _serialization, errors = _library()
    claimed = [s for s in checkpoint.signatures if (s.name, s.key_id) == (key.name, key.key_id)]
    if not claimed:
        return None
    public = ed25519.Ed25519PublicKey.from_public_bytes(key.data)
    for signature in claimed:
        try:
            public.verify(signature.data, checkpoint.line.encode())
        except errors:
            return False
    return True


def _check_outside(place: Path, registry: Path) -> None:
    try:
        inside = place.resolve().is_relative_to(registry.resolve())
    except (OSError, ValueError, RuntimeError):  # what is no path cannot be read either
        return
    if inside:
        raise Invalid(
            f"the key {safe(place)} lies in the registry",
            why="whoever can write the log could then sign it",
            hint="Keep it somewhere else, and name it with its whole path.",
            subject=str(place),
        )


def _private_bytes(place: Path) -> bytes:
    data = _bytes(place, follow=False)
    if os.name != "nt":
        mode = stat.S_IMODE(place.lstat().st_mode)
        if mode & _OTHERS:
            raise Invalid(
                f"others may read the key {safe(place)}",
                observed=f"{mode:04o}",
                required="0600",
                hint="chmod 600 it; if others may have read it, make a new one.",
                subject=str(place),
            )
    return data


def _bytes(place: Path, *, follow: bool = True) -> bytes:
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)
    flags |= 0 if follow else getattr(os, "O_NOFOLLOW", 0)
    try:
        if not follow and place.is_symlink():
            raise Invalid(f"the key {safe(place)} is a link", required="the file itself")
        descriptor = os.open(place, flags)
        with open(descriptor, "rb") as stream:  # noqa: PTH123 - a descriptor
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise Invalid(f"the key {safe(place)} is not a regular file")
            return stream.read(_KEY_MOST)
    except FileNotFoundError as exc:
        raise NotFound(f"there is no key {safe(place)}", subject=str(place)) from exc
    except (OSError, ValueError) as exc:
        why = getattr(exc, "strerror", None) or str(exc)
        raise Unavailable(f"the key {safe(place)} cannot be read", why=safe(why)) from exc


def _not_a_key(place: Path, kind: str) -> Invalid:
    return Invalid(
        f"{safe(place)} is not an Ed25519 {kind} key",
        hint="modelshelf checkpoint --make-key FILE makes a pair.",
        subject=str(place),
    )


def _library() -> tuple[Any, Any, tuple[type[Exception], ...]]:
    """Return what computes keys, what reads them, and what both raise."""
    try:
        from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
        from cryptography.hazmat.primitives import serialization
        from cryptography.hazmat.primitives.asymmetric import ed25519
    except ImportError as exc:
        raise Unavailable(
            "checkpoints can neither be signed nor checked here",
            why="the package cryptography is not installed",
            hint="pip install 'modelshelf[sign]'",
        ) from exc
    return ed25519, serialization, (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm)

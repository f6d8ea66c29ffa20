"""Checkpoints: heads of the audit log as they are written down, signed and read again.

One is a line, ``modelshelf-checkpoint-v1 <registry id> <seq> <seal> <time>``. Signed, it is a note
as C2SP describes them: the line, an empty line, and a line for each signature.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from hashlib import sha256

WORD = "modelshelf-checkpoint-v1"
SIGNER = "modelshelf"
"""How a signature and a public key are named."""
LINE_MOST = 1_000
"""Characters of a line; a longer one is no checkpoint."""
_LINE = re.compile(
    rf"{WORD} ([0-9A-Za-z-]{{1,64}}) ([0-9]{{1,18}}) ([0-9a-f]{{64}}) ([0-9TZ:.+-]{{1,40}})"
)
_PAIR = re.compile(r"#?([0-9]{1,18}):([0-9a-f]{64})")
_SIGNATURE = re.compile(r"— ([^ +]{1,200}) ([A-Za-z0-9+/=]{1,400})")
_KEY_ID, _KEY, _SIGNED = 4, 32, 64
_ED25519 = b"\x01"


@dataclass(frozen=True, slots=True)
class Signature:
    """A signature of a checkpoint.

    Attributes:
        name: Whose, as the key is named.
        key_id: Eight hexadecimal digits that tell keys of one name apart.
        data: The 64 bytes of an Ed25519 signature.
    """

    name: str
    key_id: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A head of the log as it was.

    Attributes:
        registry_id: Whose log; empty where only number and seal were kept.
        seq: The number of the newest entry.
        seal: Its seal.
        at: When it was written down, UTC, as text; empty where that was not kept.
        signatures: Who signed it.
    """

    registry_id: str
    seq: int
    seal: str
    at: str
    signatures: tuple[Signature, ...] = ()

    @property
    def line(self) -> str:
        """The line itself, with its end: what is signed."""
        return f"{WORD} {self.registry_id} {self.seq} {self.seal} {self.at}\n"

    @property
    def note(self) -> str:
        """The line, and its signatures below it."""
        signed = "".join(
            f"— {s.name} {_base64(bytes.fromhex(s.key_id) + s.data)}\n" for s in self.signatures
        )
        return f"{self.line}\n{signed}" if signed else self.line

    @property
    def called(self) -> str:
        """How a sentence calls it: by its time, where that is known."""
        return f"the checkpoint of {self.at}" if self.at else "the checkpoint"


@dataclass(frozen=True, slots=True)
class PublicKey:
    """The key that signatures are checked with.

    Attributes:
        name: How signatures by it are named.
        data: The 32 bytes of an Ed25519 public key.
    """

    name: str
    data: bytes

    @property
    def key_id(self) -> str:
        """Eight hexadecimal digits, as C2SP's signed notes count them."""
        return sha256(self.name.encode() + b"\n" + _ED25519 + self.data).hexdigest()[: 2 * _KEY_ID]

    @property
    def text(self) -> str:
        """The key on one line: ``name+id+key``, which other readers of signed notes take too."""
        return f"{self.name}+{self.key_id}+{_base64(_ED25519 + self.data)}"


def read_public_key(text: str) -> PublicKey | None:
    """Return the key that a line of :attr:`PublicKey.text` says; ``None`` when it is none."""
    parts = text.strip().split("+", 2)
    if len(parts) != 3 or not re.fullmatch(r"[^ +]{1,200}", parts[0]):  # noqa: PLR2004 - name, id, key
        return None
    data = _bytes(parts[2])
    if len(data) != _KEY + 1 or data[:1] != _ED25519:
        return None
    key = PublicKey(parts[0], data[1:])
    return key if key.key_id == parts[1] else None


def read_checkpoints(lines: Iterable[str]) -> Iterator[Checkpoint]:
    """Yield the checkpoints among ``lines``; whatever else stands there is passed over.

    A signature belongs to the checkpoint above it, with one empty line between them.
    """
    open_one: Checkpoint | None = None
    empty = False
    for line in lines:
        text = line.rstrip("\r\n") if len(line) <= LINE_MOST else ""
        signature = _signature(text) if open_one is not None and empty else None
        if open_one is not None and signature is not None:
            open_one = replace(open_one, signatures=(*open_one.signatures, signature))
            continue
        if open_one is not None and not text and not empty and not open_one.signatures:
            empty = True
            continue
        if open_one is not None:
            yield open_one
        open_one, empty = _checkpoint(text), False
    if open_one is not None:
        yield open_one


def read_given(text: str) -> Checkpoint | None:
    """Return the checkpoint somebody gave: a line, or ``number:seal``; ``None``: it is neither."""
    words = text.strip()
    pair = _PAIR.fullmatch(words) if len(words) <= LINE_MOST else None
    if pair is not None:
        return Checkpoint("", int(pair[1]), pair[2], "")
    return _checkpoint(words)


def _checkpoint(text: str) -> Checkpoint | None:
    found = _LINE.fullmatch(text) if len(text) <= LINE_MOST else None
    return found and Checkpoint(found[1], int(found[2]), found[3], found[4])


def _signature(text: str) -> Signature | None:
    found = _SIGNATURE.fullmatch(text)
    data = _bytes(found[2]) if found else b""
    if found is None or len(data) != _KEY_ID + _SIGNED:
        return None
    return Signature(found[1], data[:_KEY_ID].hex(), data[_KEY_ID:])


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _bytes(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return b""

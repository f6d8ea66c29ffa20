"""The opcodes of the pickle protocols 0 to 5 and how many bytes of argument each has.

Source: CPython's ``pickletools``; a test holds this table against it.
"""

from __future__ import annotations

from typing import Final

LINE: Final = -1  # an argument up to a newline
PAIR: Final = -2  # two such lines

# An argument of so many bytes.
_FIXED: dict[bytes, int] = {
    b"J": 4, b"K": 1, b"M": 2, b"G": 8, b"h": 1, b"j": 4, b"q": 1, b"r": 4,
    b"\x80": 1, b"\x82": 1, b"\x83": 2, b"\x84": 4, b"\x95": 8,
}  # fmt: skip
# A length of so many bytes, then that many bytes.
_PREFIXED: dict[bytes, int] = {
    b"\x8a": 1, b"\x8b": 4, b"T": 4, b"U": 1, b"B": 4, b"C": 1, b"\x8e": 8, b"\x96": 8,
    b"\x8c": 1, b"X": 4, b"\x8d": 8,
}  # fmt: skip
_LINES: dict[bytes, int] = dict.fromkeys((b"I", b"L", b"S", b"V", b"F", b"g", b"p", b"P"), LINE) | {
    b"c": PAIR,
    b"i": PAIR,
}
_BARE = b"\x97\x98N\x88\x89]ael)t\x85\x86\x87}dsu\x8f\x90\x91021(\x94\x93Rbo\x81\x92.Q"

FIXED: Final[dict[int, int]] = (
    {code[0]: size for code, size in _FIXED.items()}
    | {code[0]: size for code, size in _LINES.items()}
    | dict.fromkeys(_BARE, 0)
)
PREFIXED: Final[dict[int, int]] = {code[0]: size for code, size in _PREFIXED.items()}
# Of these the length is a signed number; a negative one is an error.
SIGNED: Final = frozenset(b"T\x8b")
STOP: Final = b"."[0]
BUILD: Final = b"b"[0]

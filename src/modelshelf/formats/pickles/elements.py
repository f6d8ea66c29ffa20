"""The elements of short arrays in a pickle, such as the names of columns and classes.

Source: ``ndarray.__reduce__`` and ``dtype.__reduce__`` of NumPy, for all pickle protocols.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence

from modelshelf.formats.pickles.arrays import STATE_KEY, element_code
from modelshelf.formats.pickles.values import Made, RawArray

_STATE_LENGTH = 5  # version, shape, type, order, data
_BUFFER_PARTS = 2  # data, type
_WORDS = {"i": "int", "u": "uint", "f": "float"}
_FORMS = {
    (kind, width): struct.Struct(f"<{letter}")
    for kind, letters in (("i", "bhiq"), ("u", "BHIQ"), ("f", " efd"))
    for width, letter in zip((1, 2, 4, 8), letters, strict=True)
    if letter != " "
}
_LATIN = frozenset({"latin1", "latin-1"})


def array_values(value: object) -> tuple[tuple[object, ...], str]:
    """Return the elements of an array and their type in a word; nothing where they are not kept.

    Elements that are no texts, numbers or truth values make an array of unknown elements.
    """
    if isinstance(value, RawArray):
        return _decoded(value.element, value.data)
    if isinstance(value, Made):
        if value.maker.name == "_frombuffer" and len(value.arguments) >= _BUFFER_PARTS:
            data, dtype = value.arguments[:_BUFFER_PARTS]
            return _decoded(element_code(dtype), _bytes(data))
        state = value.state.get(STATE_KEY)
        if isinstance(state, tuple) and len(state) == _STATE_LENGTH:
            _, _, dtype, _, data = state
            whole = isinstance(data, list)
            return _objects(data) if whole else _decoded(element_code(dtype), _bytes(data))
    return (), ""


def _objects(items: Sequence[object]) -> tuple[tuple[object, ...], str]:
    if not all(isinstance(item, (str, int, float)) for item in items):
        return (), ""
    texts = all(isinstance(item, str) for item in items)
    return tuple(items), "string" if texts else "object"


def _bytes(data: object) -> bytes:
    """Return bytes, also as protocols below 3 write them: as a text that is to be encoded."""
    if isinstance(data, Made) and data.maker.name in {"encode", "bytearray", "bytes"}:
        text = data.arguments[0] if data.arguments else b""
        encoding = data.arguments[-1] if data.arguments else ""
        if isinstance(text, str) and isinstance(encoding, str) and encoding in _LATIN:
            return text.encode("latin-1", "replace")
        return text if isinstance(text, bytes) else b""
    return data if isinstance(data, bytes) else b""


def _decoded(code: str, data: bytes) -> tuple[tuple[object, ...], str]:
    order, kind, digits = code[:1], code[1:2], code[2:]
    width = int(digits) if digits.isascii() and digits.isdigit() else 0
    width = width * 4 if kind == "U" else width
    if not data or not width or len(data) % width:
        return (), ""
    parts = [data[at : at + width] for at in range(0, len(data), width)]
    if order == ">":
        parts = [_little(part, kind) for part in parts]
    if kind == "U":
        return tuple(p.decode("utf-32-le", "replace").rstrip("\x00") for p in parts), "string"
    if kind == "b":
        return tuple(part != b"\x00" for part in parts), "bool"
    form = _FORMS.get((kind, width))
    if form is None:
        return (), ""
    return tuple(form.unpack(part)[0] for part in parts), f"{_WORDS[kind]}{width * 8}"


def _little(part: bytes, kind: str) -> bytes:
    if kind == "U":
        return part.decode("utf-32-be", "replace").encode("utf-32-le")
    return part[::-1]

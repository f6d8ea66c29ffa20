"""Opcodes that make values, put them into containers and move them about."""

from __future__ import annotations

import codecs
import struct
from collections.abc import Iterable, Sequence
from typing import Final

from modelshelf.formats.pickles.allowance import LONGEST
from modelshelf.formats.pickles.arrays import UNCLEAR_KEY
from modelshelf.formats.pickles.stack import Stack
from modelshelf.formats.pickles.stream import ByteStream
from modelshelf.formats.pickles.table import Action, entering
from modelshelf.formats.pickles.values import OPAQUE, Global, Made
from modelshelf.formats.trouble import Malformed

_NEWEST = 5
_LONGEST_TUPLE = 4_096
_LONGEST_NUMBER = 16
_TELLING = frozenset({"_sklearn_version", "n_features_in_"})
_DOUBLE = struct.Struct(">d")
PLAIN: Final[dict[int, Action]] = {}
_does = entering(PLAIN)


# --- the frame around the values -----------------------------------------------------------------


@_does(b"\x80")
def _proto(stack: Stack, argument: bytes | None, _: ByteStream) -> None:
    number = argument[0] if argument else 0
    if number > _NEWEST:
        raise Malformed(f"protocol {number} is not a pickle protocol")
    stack.seen.protocol = max(stack.seen.protocol, number)


@_does(b"\x95")
def _frame(_: Stack, argument: bytes | None, stream: ByteStream) -> None:
    stream.enter_frame(int.from_bytes(argument or b"", "little"))


# --- plain values --------------------------------------------------------------------------------


@_does(b"B", b"C", b"\x8e", b"\x96")
def _bytes(stack: Stack, argument: bytes | None, _: ByteStream) -> None:
    if argument is not None:
        stack.seen.allowance.text(len(argument))
    stack.push(OPAQUE if argument is None else argument)


@_does(b"\x8f")
def _empty_set(stack: Stack, _: bytes | None, __: ByteStream) -> None:
    stack.push(OPAQUE)


@_does(b"G")
def _double(stack: Stack, argument: bytes | None, _: ByteStream) -> None:
    stack.push(_DOUBLE.unpack(argument or b"")[0])


@_does(b"F")
def _float(stack: Stack, argument: bytes | None, _: ByteStream) -> None:
    stack.push(float(argument or b"x"))


@_does(b"N")
def _none(stack: Stack, _: bytes | None, __: ByteStream) -> None:
    stack.push(None)


@_does(b"\x88")
def _true(stack: Stack, _: bytes | None, __: ByteStream) -> None:
    stack.push(True)  # noqa: FBT003 - the value itself


@_does(b"\x89")
def _false(stack: Stack, _: bytes | None, __: ByteStream) -> None:
    stack.push(False)  # noqa: FBT003 - the value itself


@_does(b"K", b"M")
def _unsigned(stack: Stack, argument: bytes | None, _: ByteStream) -> None:
    stack.push(int.from_bytes(argument or b"", "little"))


@_does(b"J", b"\x8a", b"\x8b")
def _signed(stack: Stack, argument: bytes | None, _: ByteStream) -> None:
    short = argument is not None and len(argument) <= _LONGEST_NUMBER
    stack.push(int.from_bytes(argument or b"", "little", signed=True) if short else OPAQUE)


@_does(b"I", b"L")
def _number(stack: Stack, argument: bytes | None, _: ByteStream) -> None:
    if argument is None:
        stack.push(OPAQUE)
    elif argument in {b"00", b"01"}:
        stack.push(argument == b"01")
    else:
        stack.push(int(argument.removesuffix(b"L"), 0))


@_does(b"S")
def _quoted(stack: Stack, argument: bytes | None, _: ByteStream) -> None:
    if argument is None:
        stack.push(OPAQUE)
        return
    text = argument.strip()
    if len(text) < 2 or text[0] != text[-1] or text[:1] not in {b"'", b'"'}:  # noqa: PLR2004
        raise Malformed("a text without quotes")
    _push_ascii(stack, codecs.escape_decode(text[1:-1])[0])


@_does(b"T", b"U")
def _old_text(stack: Stack, argument: bytes | None, _: ByteStream) -> None:
    _push_ascii(stack, argument)


@_does(b"V")
def _escaped_text(stack: Stack, argument: bytes | None, _: ByteStream) -> None:
    _push_text(stack, None if argument is None else argument.decode("raw-unicode-escape"))


@_does(b"X", b"\x8c", b"\x8d")
def _text(stack: Stack, argument: bytes | None, _: ByteStream) -> None:
    _push_text(stack, None if argument is None else argument.decode("utf-8", "surrogatepass"))


def _push_ascii(stack: Stack, data: bytes | None) -> None:
    _push_text(stack, data.decode("ascii") if data is not None and data.isascii() else None)


def _push_text(stack: Stack, text: str | None) -> None:
    if text is None:
        stack.push(OPAQUE)
    else:
        stack.seen.allowance.text(len(text))
        stack.push(text)


# --- containers ----------------------------------------------------------------------------------


@_does(b"]")
def _empty_list(stack: Stack, _: bytes | None, __: ByteStream) -> None:
    stack.push([])


@_does(b"a")
def _append(stack: Stack, _: bytes | None, stream: ByteStream) -> None:
    _extend(stack, (stack.pop(),), stream)


@_does(b"e", b"\x90")
def _append_all(stack: Stack, _: bytes | None, stream: ByteStream) -> None:
    _extend(stack, stack.pop_mark(), stream)


def _extend(stack: Stack, items: Sequence[object], stream: ByteStream) -> None:
    target = stack.top()
    if isinstance(target, Global):
        stack.seen.patched(target, stream.position)
    elif isinstance(target, list):
        room = min(LONGEST - len(target), len(items))
        target.extend(item for item in items[: max(room, 0)] if stack.seen.allowance.item())


@_does(b"l")
def _list(stack: Stack, _: bytes | None, stream: ByteStream) -> None:
    items = stack.pop_mark()
    stack.push([])
    _extend(stack, items, stream)


@_does(b"\x91")
def _frozen_set(stack: Stack, _: bytes | None, __: ByteStream) -> None:
    stack.pop_mark()
    stack.push(OPAQUE)


@_does(b")")
def _empty_tuple(stack: Stack, _: bytes | None, __: ByteStream) -> None:
    stack.push(())


@_does(b"t")
def _tuple(stack: Stack, _: bytes | None, __: ByteStream) -> None:
    items = stack.pop_mark()
    stack.push(tuple(items) if len(items) <= _LONGEST_TUPLE else OPAQUE)


@_does(b"\x85")
def _tuple1(stack: Stack, _: bytes | None, __: ByteStream) -> None:
    stack.push((stack.pop(),))


@_does(b"\x86")
def _tuple2(stack: Stack, _: bytes | None, __: ByteStream) -> None:
    second = stack.pop()
    stack.push((stack.pop(), second))


@_does(b"\x87")
def _tuple3(stack: Stack, _: bytes | None, __: ByteStream) -> None:
    third, second = stack.pop(), stack.pop()
    stack.push((stack.pop(), second, third))


@_does(b"}")
def _empty_dictionary(stack: Stack, _: bytes | None, __: ByteStream) -> None:
    stack.push({})


@_does(b"d")
def _dictionary(stack: Stack, _: bytes | None, stream: ByteStream) -> None:
    items = stack.pop_mark()
    stack.push({})
    _set_items(stack, items, stream)


@_does(b"s")
def _set_item(stack: Stack, _: bytes | None, stream: ByteStream) -> None:
    value = stack.pop()
    _set_items(stack, (stack.pop(), value), stream)


@_does(b"u")
def _set_all_items(stack: Stack, _: bytes | None, stream: ByteStream) -> None:
    _set_items(stack, stack.pop_mark(), stream)


def _set_items(stack: Stack, items: Iterable[object], stream: ByteStream) -> None:
    target = stack.top()
    if isinstance(target, Global):
        stack.seen.patched(target, stream.position)
    entries = target.entries() if isinstance(target, Made) else target
    parts = iter(items)
    # strict: an odd number of parts is malformed
    for key, value in zip(parts, parts, strict=True):
        if isinstance(key, str) and key in _TELLING and isinstance(value, (str, int)):
            stack.seen.fact(key, value)
        if isinstance(entries, dict):
            clear = type(key) in {str, int} and len(entries) < LONGEST
            known = key in entries if clear else False
            kept = clear and (known or stack.seen.allowance.item())
            entries[key if kept else UNCLEAR_KEY] = value


# --- moving values -------------------------------------------------------------------------------


@_does(b"(")
def _mark(stack: Stack, _: bytes | None, __: ByteStream) -> None:
    stack.mark()


@_does(b"1")
def _pop_mark(stack: Stack, _: bytes | None, __: ByteStream) -> None:
    stack.pop_mark()


@_does(b"0")
def _pop(stack: Stack, _: bytes | None, __: ByteStream) -> None:
    stack.drop()


@_does(b"2")
def _duplicate(stack: Stack, _: bytes | None, __: ByteStream) -> None:
    stack.push(stack.top())


@_does(b"\x94")
def _memoize(stack: Stack, _: bytes | None, __: ByteStream) -> None:
    stack.memo.append(stack.top())


@_does(b"q", b"r")
def _put(stack: Stack, argument: bytes | None, _: ByteStream) -> None:
    stack.memo.put(int.from_bytes(argument or b"", "little"), stack.top())


@_does(b"h", b"j")
def _get(stack: Stack, argument: bytes | None, _: ByteStream) -> None:
    stack.push(stack.memo.get(int.from_bytes(argument or b"", "little")))


@_does(b"p")
def _put_text(stack: Stack, argument: bytes | None, _: ByteStream) -> None:
    stack.memo.put(int(argument or b""), stack.top())


@_does(b"g")
def _get_text(stack: Stack, argument: bytes | None, _: ByteStream) -> None:
    stack.push(stack.memo.get(int(argument or b"")))


@_does(b".")
def _stop(stack: Stack, _: bytes | None, __: ByteStream) -> None:
    stack.top()

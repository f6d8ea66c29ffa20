"""What each opcode does to the stack, on symbols; calling and importing are only written down."""

from __future__ import annotations

import codecs
from collections.abc import Callable, Iterable
from typing import Final

from modelshelf.formats.pickles.arrays import (
    UNCLEAR_KEY,
    is_array_wrapper,
    set_state,
    wraps_array,
)
from modelshelf.formats.pickles.stack import Stack
from modelshelf.formats.pickles.stream import ByteStream
from modelshelf.formats.pickles.values import OPAQUE, Global, Made
from modelshelf.formats.trouble import Malformed

Action = Callable[[Stack, bytes | None, ByteStream], None]

_NEWEST = 5
_LONGEST_TUPLE = 64
_LARGEST_DICTIONARY = 64
_LONGEST_NUMBER = 16
_TELLING = frozenset({"_sklearn_version", "n_features_in_"})
_RECONSTRUCTORS = frozenset({"_reconstructor", "__newobj__", "__newobj_ex__"})
_COPYREG = frozenset({"copyreg", "copy_reg"})
ACTIONS: Final[dict[int, Action]] = {}


def _does(*opcodes: bytes) -> Callable[[Action], Action]:
    def enter(action: Action) -> Action:
        ACTIONS.update((opcode[0], action) for opcode in opcodes)
        return action

    return enter


# --- the frame around the values -----------------------------------------------------------------


@_does(b"\x80")
def _proto(_: Stack, argument: bytes | None, __: ByteStream) -> None:
    if argument and argument[0] > _NEWEST:
        raise Malformed(f"protocol {argument[0]} is not a pickle protocol")


@_does(b"\x95")
def _frame(_: Stack, argument: bytes | None, stream: ByteStream) -> None:
    stream.enter_frame(int.from_bytes(argument or b"", "little"))


# --- plain values --------------------------------------------------------------------------------


# Numbers with a point, bytes, and the empty containers that nothing depends on.
@_does(b"G", b"B", b"C", b"\x8e", b"\x96", b"]", b"\x8f")
def _opaque(stack: Stack, _: bytes | None, __: ByteStream) -> None:
    stack.push(OPAQUE)


@_does(b"F")
def _float(stack: Stack, argument: bytes | None, _: ByteStream) -> None:
    float(argument or b"x")
    stack.push(OPAQUE)


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
    stack.push(_ascii(codecs.escape_decode(text[1:-1])[0]))


@_does(b"T", b"U")
def _old_text(stack: Stack, argument: bytes | None, _: ByteStream) -> None:
    stack.push(OPAQUE if argument is None else _ascii(argument))


@_does(b"V")
def _escaped_text(stack: Stack, argument: bytes | None, _: ByteStream) -> None:
    stack.push(OPAQUE if argument is None else argument.decode("raw-unicode-escape"))


@_does(b"X", b"\x8c", b"\x8d")
def _text(stack: Stack, argument: bytes | None, _: ByteStream) -> None:
    stack.push(OPAQUE if argument is None else argument.decode("utf-8", "surrogatepass"))


def _ascii(data: bytes) -> object:
    return data.decode("ascii") if data.isascii() else OPAQUE


# --- containers ----------------------------------------------------------------------------------


@_does(b"a")
def _append(stack: Stack, _: bytes | None, __: ByteStream) -> None:
    stack.pop()
    stack.top()


@_does(b"e", b"\x90")
def _append_all(stack: Stack, _: bytes | None, __: ByteStream) -> None:
    stack.pop_mark()
    stack.top()


@_does(b"l", b"\x91")
def _collect(stack: Stack, _: bytes | None, __: ByteStream) -> None:
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
def _dictionary(stack: Stack, _: bytes | None, __: ByteStream) -> None:
    items = stack.pop_mark()
    stack.push({})
    _set_items(stack, items)


@_does(b"s")
def _set_item(stack: Stack, _: bytes | None, __: ByteStream) -> None:
    value = stack.pop()
    _set_items(stack, (stack.pop(), value))


@_does(b"u")
def _set_all_items(stack: Stack, _: bytes | None, __: ByteStream) -> None:
    _set_items(stack, stack.pop_mark())


def _set_items(stack: Stack, items: Iterable[object]) -> None:
    target = stack.top()
    parts = iter(items)
    # strict: an odd number of parts is malformed
    for key, value in zip(parts, parts, strict=True):
        if isinstance(key, str) and key in _TELLING and isinstance(value, (str, int)):
            stack.seen.fact(key, value)
        if isinstance(target, dict):
            clear = isinstance(key, str) and len(target) < _LARGEST_DICTIONARY
            target[key if clear else UNCLEAR_KEY] = value


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


# --- importing and calling: written down, never done ---------------------------------------------


@_does(b"c")
def _global(stack: Stack, argument: bytes | None, stream: ByteStream) -> None:
    stack.push(_named(stack, argument, stream))


def _named(stack: Stack, argument: bytes | None, stream: ByteStream) -> object:
    if argument is None:
        return _lost(stack, "a global with an endless name", stream)
    module, _, name = argument.decode().partition("\n")
    return stack.seen.imported(module, name, stream.position)


@_does(b"\x93")
def _stack_global(stack: Stack, _: bytes | None, stream: ByteStream) -> None:
    name, module = stack.pop(), stack.pop()
    if isinstance(name, str) and isinstance(module, str):
        stack.push(stack.seen.imported(module, name, stream.position))
    else:
        stack.push(_lost(stack, "a global whose name is computed", stream))


@_does(b"\x82", b"\x83", b"\x84")
def _extension(stack: Stack, _: bytes | None, stream: ByteStream) -> None:
    stack.push(_lost(stack, "a global by a number of the copyreg extension registry", stream))


@_does(b"R", b"\x81")
def _reduce(stack: Stack, _: bytes | None, stream: ByteStream) -> None:
    arguments = stack.pop()
    stack.push(_called(stack, stack.pop(), arguments, stream))


@_does(b"\x92")
def _new_with_names(stack: Stack, _: bytes | None, stream: ByteStream) -> None:
    _named_arguments, arguments = stack.pop(), stack.pop()
    made = _called(stack, stack.pop(), arguments, stream)
    if wraps_array(made) and isinstance(made, Made):
        made.state[UNCLEAR_KEY] = True
    stack.push(made)


@_does(b"i")
def _instance(stack: Stack, argument: bytes | None, stream: ByteStream) -> None:
    maker = _named(stack, argument, stream)
    stack.push(_called(stack, maker, tuple(stack.pop_mark()), stream))


@_does(b"o")
def _object(stack: Stack, _: bytes | None, stream: ByteStream) -> None:
    maker, *arguments = stack.pop_mark()
    stack.push(_called(stack, maker, tuple(arguments), stream))


def _called(stack: Stack, maker: object, arguments: object, stream: ByteStream) -> object:
    stack.seen.calls += 1
    given = arguments if isinstance(arguments, tuple) else ()
    wrapper = next((value for value in given if is_array_wrapper(value)), None)
    if isinstance(maker, Global):
        if isinstance(wrapper, Global) and maker.name in _RECONSTRUCTORS:
            return Made(wrapper) if maker.module in _COPYREG else OPAQUE
        if wrapper is not None or any(map(wraps_array, given)):
            return _lost(stack, "joblib's stand-in for an array is handed to a call", stream)
        return Made(maker, given)
    if isinstance(maker, Made):
        return Made(maker.maker)
    return _lost(stack, "a call of something computed", stream)


@_does(b"b")
def _build(stack: Stack, _: bytes | None, __: ByteStream) -> None:
    state = stack.pop()
    target = stack.top()
    stack.seen.calls += 1
    if isinstance(target, Made):
        set_state(target, state)


def _lost(stack: Stack, sentence: str, stream: ByteStream) -> object:
    stack.seen.lost(sentence, stream.position)
    return OPAQUE


# --- objects outside the pickle ------------------------------------------------------------------


@_does(b"P")
def _persistent_text(stack: Stack, argument: bytes | None, _: ByteStream) -> None:
    stack.seen.outside(argument)
    stack.push(OPAQUE)


@_does(b"Q")
def _persistent(stack: Stack, _: bytes | None, __: ByteStream) -> None:
    stack.seen.outside(stack.pop())
    stack.push(OPAQUE)


@_does(b"\x97")
def _next_buffer(stack: Stack, _: bytes | None, stream: ByteStream) -> None:
    stack.push(_lost(stack, "a buffer that is kept outside the pickle", stream))


@_does(b"\x98")
def _read_only_buffer(stack: Stack, _: bytes | None, __: ByteStream) -> None:
    stack.top()


@_does(b".")
def _stop(stack: Stack, _: bytes | None, __: ByteStream) -> None:
    stack.top()

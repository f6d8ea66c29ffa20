"""Opcodes that import and call: what they would do is written down and never done."""

from __future__ import annotations

from typing import Final

from modelshelf.formats.pickles.arrays import UNCLEAR_KEY, is_array_wrapper, set_state, wraps_array
from modelshelf.formats.pickles.embedded import brings_code
from modelshelf.formats.pickles.stack import Stack
from modelshelf.formats.pickles.stream import ByteStream
from modelshelf.formats.pickles.table import Action, entering
from modelshelf.formats.pickles.values import OPAQUE, Global, Made, Outside

CALLING: Final[dict[int, Action]] = {}
_does = entering(CALLING)
_RECONSTRUCTORS = frozenset({"_reconstructor", "__newobj__", "__newobj_ex__"})
# Python looks these up on the object itself while it unpickles, or they change what it is.
_NEVER_STATE = frozenset({"__class__", "__reduce__", "__reduce_ex__", "__setstate__"})
_CALLS_ANOTHER, _CALLED_PARTS = "_create_array", 3  # function, arguments, state
_DILL = frozenset({"dill._dill", "dill.dill"})
_COPYREG = frozenset({"copyreg", "copy_reg"})


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
        if maker.name == _CALLS_ANOTHER and maker.module in _DILL and len(given) >= _CALLED_PARTS:
            return _array_of_dill(stack, given, stream)
        return Made(maker, given)
    if isinstance(maker, Made):
        if brings_code(maker):
            detail = f"it calls code that it brings along, made by {maker.maker}"
            stack.seen.abuse("pickle.code_runs", detail, stream.position)
        return Made(maker.maker, calls=maker.calls + 1)
    return _lost(stack, "a call of something computed", stream)


def _array_of_dill(stack: Stack, given: tuple[object, ...], stream: ByteStream) -> object:
    """Do what dill's ``_create_array`` does: call the first argument with the second."""
    if _names_another(given[0]):
        return _lost(stack, "a call of something that calls another", stream)
    made = _called(stack, given[0], given[1], stream)
    if isinstance(made, Made):
        set_state(made, given[2])
    return made


def _names_another(value: object) -> bool:
    return isinstance(value, Global) and value.name == _CALLS_ANOTHER


@_does(b"b")
def _build(stack: Stack, _: bytes | None, stream: ByteStream) -> None:
    state = stack.pop()
    target = stack.top()
    stack.seen.calls += 1
    if isinstance(target, Global):
        stack.seen.patched(target, stream.position)
    elif isinstance(target, Made):
        set_state(target, state)
        for key in _NEVER_STATE & target.state.keys():
            detail = f"it replaces {key} of an object of {target.maker}"
            stack.seen.abuse("pickle.state", detail, stream.position)


def _lost(stack: Stack, sentence: str, stream: ByteStream) -> object:
    stack.seen.lost(sentence, stream.position)
    return OPAQUE


# --- objects outside the pickle ------------------------------------------------------------------


@_does(b"P")
def _persistent_text(stack: Stack, argument: bytes | None, _: ByteStream) -> None:
    stack.seen.outside(argument)
    stack.push(Outside(argument))


@_does(b"Q")
def _persistent(stack: Stack, _: bytes | None, __: ByteStream) -> None:
    identity = stack.pop()
    stack.seen.outside(identity)
    stack.push(_module(identity) or Outside(identity))


def _module(identity: object) -> Global | None:
    """Return the class that old PyTorch files name together with its source code."""
    if isinstance(identity, tuple) and len(identity) > 1 and identity[0] == "module":
        return identity[1] if isinstance(identity[1], Global) else None
    return None


@_does(b"\x97")
def _next_buffer(stack: Stack, _: bytes | None, stream: ByteStream) -> None:
    stack.push(_lost(stack, "a buffer that is kept outside the pickle", stream))


@_does(b"\x98")
def _read_only_buffer(stack: Stack, _: bytes | None, __: ByteStream) -> None:
    stack.top()

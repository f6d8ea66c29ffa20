"""Where the raw arrays that joblib writes between a pickle's opcodes begin and end."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Final

from modelshelf.formats.pickles.values import Global, Made
from modelshelf.formats.trouble import Malformed

_CODE = re.compile(r"[<>=|]?([biufcmMSUVO])(\d{1,9})")
# No attribute has a name with a blank in front.
STATE_KEY: Final = " state"  # a state that is a tuple, as __setstate__ gets it
UNCLEAR_KEY: Final = " unclear"
_HAS_OBJECTS = 0x01  # NPY_ITEM_REFCOUNT
_ELEMENT_SIZE, _FLAGS, _STATE_LENGTH = 5, 7, 8
# The names of NumpyArrayWrapper's arguments, and the one default that matters.
_ARGUMENTS = (
    "subclass",
    "shape",
    "order",
    "dtype",
    "allow_mmap",
    "numpy_array_alignment_bytes",
)
_ALIGNMENT = 16


@dataclass(frozen=True, slots=True)
class ArrayLayout:
    """How the bytes of one array stand in the stream.

    Attributes:
        length: Number of raw bytes.
        padded: Whether one byte with the length of a padding comes first.
        objects: Whether a whole pickle stands there instead of raw bytes.
        element: NumPy's code of the element type with its byte order, such as ``<i8``.
    """

    length: int
    padded: bool
    objects: bool
    element: str = ""


def is_array_wrapper(value: object) -> bool:
    """Tell whether a value is the class of joblib's stand-in for an array."""
    return isinstance(value, Global) and value.name.endswith("NumpyArrayWrapper")


def wraps_array(value: object) -> bool:
    """Tell whether a value is joblib's stand-in for an array, whose bytes follow its BUILD."""
    return isinstance(value, Made) and is_array_wrapper(value.maker)


def set_state(made: Made, state: object) -> None:
    """Do what BUILD does: keep what was followed of ``state``."""
    if isinstance(state, tuple):
        made.state[STATE_KEY] = state
    parts = state if isinstance(state, tuple) and len(state) == 2 else (state,)  # noqa: PLR2004
    for part in parts:
        if isinstance(part, dict):
            made.state.update(part)
        elif part is not None:
            made.state[UNCLEAR_KEY] = True


def array_layout(wrapper: object) -> ArrayLayout:
    """Return what joblib's unpickler would read for a stand-in.

    Source: ``NumpyArrayWrapper.read_array`` of joblib 1.6 (joblib/numpy_pickle.py).

    Raises:
        Malformed: The length cannot be known without running the pickle.
    """
    if not isinstance(wrapper, Made) or UNCLEAR_KEY in wrapper.state:
        raise _unclear("an array's stand-in")
    known: dict[object, object] = {}
    if wrapper.arguments:
        known["numpy_array_alignment_bytes"] = _ALIGNMENT
        known.update(zip(_ARGUMENTS, wrapper.arguments, strict=False))
    known.update(wrapper.state)
    count = _count(known.get("shape"))
    size, objects = _element(known.get("dtype"))
    alignment = known.get("numpy_array_alignment_bytes")
    if alignment is not None and not isinstance(alignment, int):
        raise _unclear("an array's alignment")
    code = element_code(known.get("dtype"))
    return ArrayLayout(count * size, padded=alignment is not None, objects=objects, element=code)


def element_code(dtype: object) -> str:
    """Return NumPy's code of an element type with its byte order; empty where it is not plain."""
    code = dtype.arguments[0] if isinstance(dtype, Made) and dtype.arguments else ""
    state = dtype.state.get(STATE_KEY) if isinstance(dtype, Made) else None
    order = state[1] if isinstance(state, tuple) and len(state) > 1 else "<"
    if not isinstance(code, str) or not isinstance(order, str) or len(order) != 1:
        return ""
    return f"{order}{code.lstrip('<>=|')}"


def _count(shape: object) -> int:
    if not isinstance(shape, tuple):
        raise _unclear("an array's shape")
    sizes = [size for size in shape if type(size) is int and size >= 0]
    if len(sizes) != len(shape):
        raise _unclear("an array's shape")
    return math.prod(sizes)


def _element(dtype: object) -> tuple[int, bool]:
    if not (isinstance(dtype, Made) and str(dtype.maker) == "numpy.dtype" and dtype.arguments):
        raise _unclear("an array's element type")
    code = dtype.arguments[0]
    match = _CODE.fullmatch(code) if isinstance(code, str) else None
    if match is None:
        raise _unclear("an array's element type")
    kind, size = match[1], int(match[2])
    state = dtype.state.get(STATE_KEY)
    flags = state[_FLAGS] if isinstance(state, tuple) and len(state) == _STATE_LENGTH else 0
    if not isinstance(flags, int) or (isinstance(state, tuple) and state[2] is not None):
        raise _unclear("an array's element type")
    return _size(kind, size, state), kind == "O" or bool(flags & _HAS_OBJECTS)


def _size(kind: str, size: int, state: object) -> int:
    if kind not in "SUV":
        return size
    if isinstance(state, tuple) and len(state) > _ELEMENT_SIZE:
        exact = state[_ELEMENT_SIZE]
        if isinstance(exact, int) and exact >= 0:
            return exact
    return size * 4 if kind == "U" else size


def _unclear(what: str) -> Malformed:
    return Malformed(f"{what} cannot be known without unpickling", rule="pickle.unresolvable")

"""Tensors in PyTorch's pickles: their names, shapes, types, and which storage they look into.

Source: ``torch/_utils.py`` (the functions called ``_rebuild_…``) and ``torch/serialization.py``.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from modelshelf.formats.pickles.values import Global, Made, Outside

_MOST_VISITED, _MOST_OPENED = 3_000_000, 100_000  # values, and those that hold others
_DEEPEST = 64
_STORAGE_PARTS = 5  # mark, type, key, location, number of elements
_VIEW_PARTS = 4  # storage, offset, sizes, strides
_DTYPE_PART, _METADATA_PART = 6, 6
_SPARSE = ("indices", "values")
# Where torch.nn.Module keeps what a state dict lists without these words.
_MODULE_PARTS = frozenset({"_parameters", "_buffers", "_modules"})
_VIEWS = frozenset({"_rebuild_tensor", "_rebuild_tensor_v2", "_rebuild_qtensor"})
_TYPED_VIEW = "_rebuild_tensor_v3"
_META = "_rebuild_meta_tensor_no_storage"
# What gives back its first argument, perhaps with something added.
_WRAPPERS = frozenset(
    {"_rebuild_parameter", "_rebuild_parameter_with_state", "Parameter", "Buffer"}
    | {"restore_type_tag", "build_tensorlist"}
)
# Type of storage to the element type in NumPy's spelling.
_STORAGES = {
    "Double": "float64", "Float": "float32", "Half": "float16", "BFloat16": "bfloat16",
    "Long": "int64", "Int": "int32", "Short": "int16", "Char": "int8", "Byte": "uint8",
    "Bool": "bool", "ComplexFloat": "complex64", "ComplexDouble": "complex128",
    "QInt8": "qint8", "QUInt8": "quint8", "QInt32": "qint32",
}  # fmt: skip
_ALIASES = {
    "float": "float32", "double": "float64", "half": "float16", "int": "int32", "long": "int64",
    "short": "int16",
}  # fmt: skip
_SIZES = {
    "float64": 8, "int64": 8, "uint64": 8, "complex64": 8, "complex128": 16,
    "float32": 4, "int32": 4, "uint32": 4, "qint32": 4, "complex32": 4,
    "float16": 2, "bfloat16": 2, "int16": 2, "uint16": 2,
    "int8": 1, "uint8": 1, "bool": 1, "qint8": 1, "quint8": 1, "float8_e4m3fn": 1,
    "float8_e5m2": 1, "float8_e4m3fnuz": 1, "float8_e5m2fnuz": 1, "float8_e8m0fnu": 1,
}  # fmt: skip


_Part = tuple[tuple[str, ...], object]
_Level = tuple[Iterator[_Part], tuple[str, ...], int]


@dataclass(frozen=True, slots=True)
class Storage:
    """A run of elements that tensors look into.

    Attributes:
        key: By which the file names it.
        dtype: Element type; empty for plain bytes, of which each view says its own type.
        location: The device it was on; "meta" has no elements.
        count: Number of elements.
    """

    key: str
    dtype: str
    location: str
    count: int

    @property
    def size(self) -> int | None:
        """Length in bytes; nothing where the type is not known."""
        width = 1 if not self.dtype else item_size(self.dtype)
        return None if width is None else self.count * width


@dataclass(frozen=True, slots=True)
class View:
    """One tensor: a part of a storage, seen in a shape.

    Attributes:
        path: The keys and attributes that lead to it from the pickled object.
        dtype: Element type in NumPy's spelling.
        shape: Sizes.
        strides: Steps in elements.
        offset: First element in the storage.
        storage: Where its elements are; nothing for a tensor without any.
        changed: Whether reading it takes more than copying elements, as for a conjugate.
    """

    path: tuple[str, ...]
    dtype: str
    shape: tuple[int, ...]
    strides: tuple[int, ...]
    offset: int
    storage: Storage | None
    changed: bool = False

    @property
    def name(self) -> str:
        """As a state dict spells it."""
        return ".".join(self.path)

    @property
    def count(self) -> int:
        """Number of elements."""
        return math.prod(self.shape)

    @property
    def length(self) -> int:
        """Number of bytes of its elements; 0 where the type is not known."""
        return self.count * (item_size(self.dtype) or 0)

    @property
    def start(self) -> int | None:
        """First byte in its storage when its elements stand there in order, else nothing."""
        width = item_size(self.dtype)
        if width is None or self.changed or not self._in_order():
            return None
        return self.offset * width

    def fits(self) -> bool:
        """Tell whether its elements lie inside its storage."""
        width, available = item_size(self.dtype), self.storage.size if self.storage else None
        if width is None or available is None or not self.count:
            return True
        last = sum((n - 1) * step for n, step in zip(self.shape, self.strides, strict=True))
        return (self.offset + last + 1) * width <= available

    def _in_order(self) -> bool:
        expected = 1
        for size, step in zip(reversed(self.shape), reversed(self.strides), strict=True):
            if size != 1 and step != expected and self.count:
                return False
            expected *= size
        return True


def item_size(dtype: str) -> int | None:
    """Return the bytes of one element, where that is known."""
    return _SIZES.get(dtype)


def storage_of(identity: object) -> Storage | None:
    """Return the storage that a persistent id stands for, if it does."""
    if not isinstance(identity, tuple) or len(identity) < _STORAGE_PARTS:
        return None
    mark, kind, key, location, count = identity[:_STORAGE_PARTS]
    if mark != "storage" or not isinstance(kind, Global) or type(count) is not int or count < 0:
        return None
    if not isinstance(key, (str, int)):
        return None
    word = kind.name.removesuffix("Storage")
    dtype = "" if word == "Untyped" else _STORAGES.get(word, word)
    return Storage(str(key), dtype, location if isinstance(location, str) else "", count)


def views_in(root: object) -> Iterator[View]:
    """Yield the tensors in a pickled object, in the order in which it holds them.

    One that it holds under two names comes twice.
    """
    if isinstance(root, Made) and (view := _view(root, ())):
        yield view
        return
    # One entry for each level: what is still to come there, the name so far, and whose it is.
    open_levels: list[_Level] = [(_parts(root), (), id(root))]
    opened = 0
    for _ in range(_MOST_VISITED):
        if not open_levels or opened > _MOST_OPENED:
            return
        parts, path, _owner = open_levels[-1]
        each = next(parts, None)
        if each is None:
            open_levels.pop()
            continue
        value = each[1]
        if not isinstance(value, (Made, dict, list, tuple)):
            continue
        inner_path = (*path, *each[0])
        if isinstance(value, Made) and (view := _view(value, inner_path)):
            yield view
        elif len(open_levels) < _DEEPEST and all(id(value) != own for *_, own in open_levels):
            open_levels.append((_parts(value), inner_path, id(value)))
            opened += 1


def parameters(views: Iterable[View]) -> int:
    """Return the number of distinct elements: a tensor with two names counts once."""
    distinct = {(v.storage, v.offset, v.shape, v.strides, v.dtype) for v in views}
    by_storage: dict[Storage | None, int] = {}
    for storage, _, shape, _, dtype in distinct:
        count = math.prod(shape)
        if storage is not None:
            held = storage.count if storage.dtype else storage.count // (item_size(dtype) or 1)
            count = min(by_storage.get(storage, 0) + count, held)
            by_storage[storage] = count
        else:
            by_storage[None] = by_storage.get(None, 0) + count
    return sum(by_storage.values())


def _parts(value: object) -> Iterator[_Part]:
    """Yield what a value holds, with the words that its name gains."""
    if isinstance(value, dict):
        yield from (((str(key),), each) for key, each in value.items())
    elif isinstance(value, (list, tuple)):
        yield from (((str(number),), each) for number, each in enumerate(value))
    elif isinstance(value, Made):
        yield from _parts_of_object(value)


def _parts_of_object(made: Made) -> Iterator[_Part]:
    if made.maker.name in _WRAPPERS:
        yield (), made.arguments[0] if made.arguments else None
        return
    if made.maker.name == "_rebuild_sparse_tensor" and len(made.arguments) > 1:
        data = made.arguments[1]
        parts = data if isinstance(data, tuple) else ()
        yield from zip(((word,) for word in _SPARSE), parts, strict=False)
        return
    if made.maker.name == "OrderedDict":
        yield from _pairs(made.arguments)
    elif made.arguments:
        yield from _parts(made.arguments)
    for key, each in made.state.items():
        yield () if key in _MODULE_PARTS else (str(key).strip(),), each
    yield from _parts(made.items)


def _pairs(arguments: tuple[object, ...]) -> Iterator[_Part]:
    """Yield what an OrderedDict is made from, as Python 2 wrote it: a list of pairs."""
    given = arguments[0] if arguments else ()
    for pair in given if isinstance(given, (list, tuple)) else ():
        if not isinstance(pair, (list, tuple)) or len(pair) != 2:  # noqa: PLR2004 - key and value
            continue
        if isinstance(pair[0], (str, int)):
            yield (str(pair[0]),), pair[1]


def _view(made: Made, path: tuple[str, ...]) -> View | None:
    maker, arguments = made.maker, made.arguments
    if maker.name == "_rebuild_from_type_v2" and len(arguments) > 2:  # noqa: PLR2004 - maker, type, arguments
        inner, _, given = arguments[:3]
        if isinstance(inner, Global) and isinstance(given, tuple):
            maker, arguments = inner, given
    if maker.name == _META and len(arguments) >= _VIEW_PARTS - 1:
        dtype, shape, strides = arguments[:3]
        return _checked(path, None, 0, (shape, strides), _word(dtype))
    if maker.name not in _VIEWS and maker.name != _TYPED_VIEW:
        return None
    first = arguments[0] if len(arguments) >= _VIEW_PARTS else None
    storage = storage_of(first.identity) if isinstance(first, Outside) else None
    if storage is None:
        return None
    offset, shape, strides = arguments[1:_VIEW_PARTS]
    dtype, changed = storage.dtype or "uint8", False
    if maker.name == _TYPED_VIEW and len(arguments) > _DTYPE_PART:
        dtype = _word(arguments[_DTYPE_PART])
    elif maker.name == "_rebuild_tensor_v2" and len(arguments) > _METADATA_PART:
        changed = bool(arguments[_METADATA_PART])
    return _checked(path, storage, offset, (shape, strides), dtype, changed=changed)


def _word(dtype: object) -> str:
    name = dtype.name if isinstance(dtype, Global) else "unknown"
    return _ALIASES.get(name, name)


def _checked(
    path: tuple[str, ...],
    storage: Storage | None,
    offset: object,
    sizes: tuple[object, object],
    dtype: str,
    *,
    changed: bool = False,
) -> View | None:
    shape, strides = map(_counts, sizes)
    if shape is None or strides is None or len(shape) != len(strides) or type(offset) is not int:
        return None
    return View(path, dtype, shape, strides, offset, storage, changed) if offset >= 0 else None


def _counts(value: object) -> tuple[int, ...] | None:
    if isinstance(value, Made) and value.maker.name == "Size" and value.arguments:
        value = value.arguments[0]
    items = value if isinstance(value, (tuple, list)) else (None,)
    counts = tuple(item for item in items if type(item) is int and 0 <= item < 1 << 63)
    return counts if len(counts) == len(items) else None

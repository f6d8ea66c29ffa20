"""Sources and answers as plain data, and back; nothing that comes from a child is believed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from functools import cache
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from modelshelf.formats.source import Source, SourceFile

Open = Callable[[int], Any]
_Reader = Callable[[Any], Any]


def describe(source: Source) -> dict[str, Any]:
    """Return a source as names and sizes; its files are known by their number."""
    return {
        "name": source.name,
        "kind": source.kind,
        "files": [(file.path, file.size) for file in source.files],
        "siblings": [(file.path, file.size) for file in source.siblings],
        "irregular": source.irregular,
    }


def numbered(source: Source, number: int) -> SourceFile:
    """Return the file that ``number`` means; raises LookupError when there is none."""
    if number < 0:
        raise IndexError(number)
    count = len(source.files)
    return source.files[number] if number < count else source.siblings[number - count]


def undescribe(data: Mapping[str, Any], opened: Open) -> Source:
    """Return the source that ``data`` describes, whose files are opened by their number."""
    listed = [*data["files"], *data["siblings"]]
    every = [
        SourceFile(path, size, lambda number=number: opened(number))  # type: ignore[misc]
        for number, (path, size) in enumerate(listed)
    ]
    count = len(data["files"])
    return Source(
        data["name"],
        data["kind"],
        tuple(every[:count]),
        siblings=tuple(every[count:]),
        irregular=tuple(data["irregular"]),
    )


def flat(value: object) -> Any:  # noqa: ANN401 - plain values
    """Return a value of the domain as plain data, without what is as it always is."""
    if is_dataclass(value):
        pairs = ((field, getattr(value, field.name)) for field in fields(value))
        return {field.name: flat(held) for field, held in pairs if held != field.default}
    if isinstance(value, tuple | list):
        return [flat(each) for each in value]
    return dict(value) if isinstance(value, Mapping) else value


def build(hint: Any, data: object) -> Any:  # noqa: ANN401 - a value of that type
    """Return the value of the type ``hint`` that plain ``data`` stands for.

    Raises:
        TypeError: It stands for none.
    """
    return _reader(hint)(data)


@cache
def _reader(hint: Any) -> _Reader:  # noqa: ANN401 - a type
    origin, inner = get_origin(hint), get_args(hint)
    if origin is Literal:
        return lambda data: data if isinstance(data, str) and data in inner else _refuse(hint)
    if origin in {Union, UnionType}:
        return _either(hint, tuple(map(_reader, inner)))
    if origin is tuple:
        each = _reader(inner[0])
        return lambda data: tuple(map(each, data)) if type(data) is list else _refuse(hint)
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return _mapping(hint, *map(_reader, inner))
    if is_dataclass(hint):
        return _dataclass(hint)
    return lambda data: data if type(data) is hint else _refuse(hint)


def _refuse(hint: Any) -> Any:  # noqa: ANN401 - never returns; a lambda wants an expression
    raise TypeError(f"this is no {hint}")


def _either(hint: Any, readers: tuple[_Reader, ...]) -> _Reader:  # noqa: ANN401 - a type
    def read(data: object) -> Any:  # noqa: ANN401 - of one of the types
        for each in readers:
            try:
                return each(data)
            except TypeError:
                continue
        return _refuse(hint)

    return read


def _mapping(hint: Any, key: _Reader, held: _Reader) -> _Reader:  # noqa: ANN401 - a type
    def read(data: object) -> Any:  # noqa: ANN401 - of that type
        if type(data) is dict:
            return {key(name): held(value) for name, value in data.items()}
        return _refuse(hint)

    return read


def _dataclass(kind: Any) -> _Reader:  # noqa: ANN401 - a dataclass
    hints = get_type_hints(kind)
    readers = {field.name: _reader(hints[field.name]) for field in fields(kind)}
    required = {
        field.name
        for field in fields(kind)
        if field.default is MISSING and field.default_factory is MISSING
    }

    def read(data: object) -> Any:  # noqa: ANN401 - of that class
        if type(data) is not dict or not required <= data.keys() <= readers.keys():
            return _refuse(kind)
        return kind(**{name: readers[name](held) for name, held in data.items()})

    return read

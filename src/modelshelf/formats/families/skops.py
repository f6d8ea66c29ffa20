"""skops files: a zip with a schema of scikit-learn objects and their arrays."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from modelshelf.domain.content import ContentKind
from modelshelf.domain.inspection import Finding, Inspection, TensorSpec
from modelshelf.formats import findings as say
from modelshelf.formats.containers.member import open_member, read_member
from modelshelf.formats.containers.scanning import scan_members
from modelshelf.formats.containers.zipped import (
    STORED,
    Directory,
    first_names,
    is_finished,
    is_zip,
    read_directory,
)
from modelshelf.formats.families.numpy import ArrayHeader, look_into_array
from modelshelf.formats.families.skops_schema import Schema, judge_schema, read_schema
from modelshelf.formats.interface import LIKELY, NAMED_CONTAINER, Extent, Placed
from modelshelf.formats.json_walk import JsonWalk
from modelshelf.formats.reading import Reader, up_to
from modelshelf.formats.source import Source
from modelshelf.formats.trouble import LimitReached, Malformed

_SCHEMA = "schema.json"
_ARRAY = ".npy"
_LOADER = re.compile(rb"__loader__|\\\\u005[fF]")  # also where its signs are written as numbers
_SNIFFED = 1024 * 1024
_MOST_CLASSES = 64 * 1024
_NUMBER = re.compile(r"(u?)int(8|16|32|64)|bool")
_TEXT = re.compile(r"<U\d{1,4}")


@dataclass(frozen=True, slots=True)
class Skops:
    """Source of the format: skops/io/_persist.py, see also the schema's own module."""

    name: ClassVar[str] = "skops"
    kind: ClassVar[ContentKind] = "file"

    def sniff(self, head: bytes, source: Source) -> int:
        """See :meth:`Inspector.sniff`: a zip whose schema names loaders."""
        if not is_zip(head):
            return 0
        names = first_names(source.only, most=10_000)
        named = NAMED_CONTAINER if source.extension == ".skops" else 0
        if _SCHEMA not in names:
            return 0 if names else named
        return LIKELY if _names_loaders(source) else named

    def inspect(self, source: Source) -> Inspection:
        """See :meth:`Inspector.inspect`."""
        directory = _directory(source)
        schema = _schema(source, directory)
        scanned = scan_members(source.only, directory, source.name)
        arrays, objects = _arrays(source, directory)
        found = (
            *directory.findings,
            *scanned.findings,
            *objects,
            *judge_schema(schema, source.name),
            *_missing(schema, directory, source.name),
        )
        version = schema.facts.get("_sklearn_version", "")
        sklearn = version or (schema.root and schema.root.module.startswith("sklearn."))
        return Inspection(
            self.name,
            framework=f"scikit-learn {version}".strip() if sklearn else "",
            inputs=_inputs(schema),
            parameters=sum(header.count for header in arrays.values()) if arrays else None,
            tensors=len(arrays) or None,
            metadata=_metadata(schema) | _classes(source, directory, schema, arrays),
            verdict=say.judge(found, finished=scanned.finished),
            findings=found,
            version=f"protocol {schema.protocol}" if schema.protocol else "",
            producer=f"skops {schema.producer}".strip(),
            architecture=schema.root.name if schema.root else "",
            needs_code=_foreign(schema),
        )

    def extent(self, source: Source) -> Extent:
        """See :meth:`Measuring.extent`."""
        return Extent(whole=is_finished(source.only))

    def tensors(self, source: Source) -> Iterator[Placed]:
        """See :meth:`Weighing.tensors`: arrays, named after the attributes that hold them."""
        directory = _directory(source)
        places = _schema(source, directory).files
        for name, header in _arrays(source, directory)[0].items():
            member = directory.get(name)
            if member is None or header.objects:
                continue
            plain = header.plain and member.method == STORED
            start = member.start + header.length if plain else -1
            yield Placed(
                places.get(name) or name,
                header.dtype,
                header.shape,
                source.only.path,
                start,
                header.data,
            )


def _directory(source: Source) -> Directory:
    with Reader.of(source.only) as reader:
        return read_directory(reader, source.name)


def _schema(source: Source, directory: Directory) -> Schema:
    member = directory.get(_SCHEMA)
    if member is None:
        raise Malformed(f"{_SCHEMA} is missing")
    with open_member(source.only, member) as opened:
        walk = JsonWalk(opened)
        schema = read_schema(walk)
        walk.finish()
    return schema


def _names_loaders(source: Source) -> bool:
    """Tell whether the schema is one of skops, whatever else lies beside it."""
    try:
        member = _directory(source).get(_SCHEMA)
        if member is None:
            return False
        with open_member(source.only, member) as opened:
            return _LOADER.search(up_to(opened, _SNIFFED)) is not None
    except (Malformed, LimitReached):
        return False


def _arrays(source: Source, directory: Directory) -> tuple[dict[str, ArrayHeader], list[Finding]]:
    """Return the headers of the arrays, and what is to say about objects in them."""
    headers: dict[str, ArrayHeader] = {}
    found: list[Finding] = []
    for member in directory.members:
        if member.name.endswith(_ARRAY):
            place = f"{source.name}: {member.name}"
            headers[member.name], scanned = look_into_array(source.only, member, place)
            found += scanned.findings if scanned else ()
    return headers, found


def _missing(schema: Schema, directory: Directory, where: str) -> Iterator[Finding]:
    names = {member.name for member in directory.members}
    for file, place in schema.files.items():
        if file not in names:
            detail = f"{place} is to be read from {file[:200]!r}, which is not in it"
            yield say.dangerous("skops.malformed", where, detail)


def _inputs(schema: Schema) -> tuple[TensorSpec, ...]:
    if schema.features:
        return tuple(TensorSpec(name, "any", ()) for name in schema.features)
    count = schema.facts.get("n_features_in_", "")
    if not count.isascii() or not count.isdigit() or len(count) > 18:  # noqa: PLR2004 - 64 bits
        return ()
    return (TensorSpec("X", "any", (None, int(count))),)


def _metadata(schema: Schema) -> dict[str, str]:
    told = {"class": str(schema.root), "steps": ", ".join(schema.steps.values())}
    told["globals"] = ", ".join(str(symbol) for symbol in schema.globals)
    return schema.facts | {key: text for key, text in told.items() if text}


def _foreign(schema: Schema) -> tuple[str, ...]:
    """Return the packages besides those that every scikit-learn brings along."""
    own = {"builtins", "numpy", "scipy", "sklearn", "collections", "operator", "functools"}
    packages = {symbol.module.partition(".")[0] for symbol in schema.globals}
    return tuple(sorted(packages - own))


def _classes(
    source: Source, directory: Directory, schema: Schema, arrays: dict[str, ArrayHeader]
) -> dict[str, str]:
    """Return the classes that the outermost classifier tells apart."""
    places = [
        (place.count("."), file)
        for file, place in schema.files.items()
        if place.rpartition(".")[2] == "classes_" and file in arrays
    ]
    if not places:
        return {}
    _, file = min(places)
    member, header = directory.get(file), arrays[file]
    if member is None or member.size > _MOST_CLASSES or not header.plain or not header.element:
        return {}
    data = read_member(source.only, member, _MOST_CLASSES)[header.length :]
    parts = (data[at : at + header.element] for at in range(0, len(data), header.element))
    if match := _NUMBER.fullmatch(header.dtype):
        signed = match[0].startswith("int")
        return {
            "classes": ", ".join(str(int.from_bytes(p, "little", signed=signed)) for p in parts)
        }
    if _TEXT.fullmatch(header.dtype):
        texts = (part.decode("utf-32-le", "replace").rstrip("\0") for part in parts)
        return {"classes": ", ".join(texts)}
    return {}

"""PyTorch's exported programs (.pt2): a graph in JSON with the weights beside it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar

from modelshelf.domain.content import ContentKind
from modelshelf.domain.inspection import Finding, Inspection
from modelshelf.formats import findings as say
from modelshelf.formats.containers.member import read_member
from modelshelf.formats.containers.scanning import scan_members
from modelshelf.formats.containers.section import stored_member
from modelshelf.formats.containers.zipped import (
    STORED,
    Directory,
    Member,
    first_names,
    is_finished,
    is_zip,
    read_directory,
)
from modelshelf.formats.families.torch import TorchZip
from modelshelf.formats.families.torch_program import Program, read_program
from modelshelf.formats.families.torch_tensors import Storage, View, item_size, parameters
from modelshelf.formats.interface import CERTAIN, Extent, Placed
from modelshelf.formats.reading import Reader
from modelshelf.formats.source import Source, SourceFile
from modelshelf.formats.strict_json import MOST, parse_object

_GRAPH = re.compile(r"(?:[^/]+/)?(?:models/[^/]+\.json|serialized_exported_program\.json)")
_MARK = re.compile(r"(?:[^/]+/)?(?:archive_format|serialized_exported_program\.json)")
_WEIGHTS = re.compile(r"(.*/)?data/(weights|constants)/[^/]+_config\.json")
_NESTED = re.compile(r"(?:[^/]+/)?serialized_(?:state_dict|constants)\.(?:pt|json)")
_CODE = (".so", ".cpp", ".o", ".cubin", ".py", ".dll", ".pyd")
_MOST_NOTE = 4_096
# ScalarType in torch/_export/serde/schema.py.
_DTYPES = {
    1: "uint8", 2: "int8", 3: "int16", 4: "int32", 5: "int64", 6: "float16", 7: "float32",
    8: "float64", 9: "complex32", 10: "complex64", 11: "complex128", 12: "bool", 13: "bfloat16",
    28: "uint16", 29: "float8_e4m3fn", 30: "float8_e5m2", 31: "float8_e4m3fnuz",
    32: "float8_e5m2fnuz",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Weight:
    view: View
    member: Member | None


@dataclass(frozen=True, slots=True)
class TorchExport:
    """Sources: torch/export/pt2_archive and torch/_export/serde/schema.py."""

    name: ClassVar[str] = "pt2"
    kind: ClassVar[ContentKind] = "file"

    def sniff(self, head: bytes, source: Source) -> int:
        """See :meth:`Inspector.sniff`: a zip with the mark of an exported program."""
        if not is_zip(head):
            return 0
        return CERTAIN if any(map(_MARK.fullmatch, first_names(source.only))) else 0

    def inspect(self, source: Source) -> Inspection:
        """See :meth:`Inspector.inspect`."""
        file = source.only
        directory = _directory(file, source.name)
        scanned = scan_members(file, directory, source.name, outside=True)
        program, unread = _program(file, directory, source.name)
        views = [weight.view for weight in _weights(file, directory)]
        views += _nested_views(file, directory)
        found = (
            *directory.findings,
            *scanned.findings,
            *unread,
            *program.findings,
            *_compiled(directory, source.name),
        )
        archive, extra = _version(file, directory)
        return Inspection(
            self.name,
            framework=f"PyTorch {program.torch_version}".rstrip(),
            inputs=program.inputs,
            outputs=program.outputs,
            parameters=parameters(views) if views else None,
            tensors=len(views),
            metadata=dict(program.metadata) | extra,
            verdict=say.judge(found, finished=scanned.finished),
            findings=found,
            version=", ".join(filter(None, (archive, program.version))),
            architecture=program.architecture,
            needs_code=program.needs_code,
        )

    def extent(self, source: Source) -> Extent:
        """See :meth:`Measuring.extent`."""
        return Extent(whole=is_finished(source.only))

    def tensors(self, source: Source) -> Iterator[Placed]:
        """See :meth:`Weighing.tensors`."""
        file = source.only
        directory = _directory(file, source.name)
        for weight in _weights(file, directory):
            view, member = weight.view, weight.member
            start, at = view.start, -1
            if member and start is not None and member.method == STORED and view.fits():
                at = member.start + start
            yield Placed(view.name, view.dtype, view.shape, file.path, at, view.length)
        for member, inner in _nested(file, directory):
            for placed in TorchZip().tensors(inner):
                at = placed.start + member.start if placed.start >= 0 else -1
                yield Placed(placed.name, placed.dtype, placed.shape, file.path, at, placed.length)


def _directory(file: SourceFile, where: str) -> Directory:
    with Reader.of(file) as reader:
        return read_directory(reader, where)


def _program(
    file: SourceFile, directory: Directory, where: str
) -> tuple[Program, tuple[Finding, ...]]:
    member = next((m for m in directory.members if _GRAPH.fullmatch(m.name)), None)
    if member is None:
        return Program(), ()
    if member.size > MOST:
        detail = f"its graph of {member.size:,} bytes is too large to look into"
        return Program(), (say.warning("pt2.graph_unread", where, detail),)
    return read_program(parse_object(read_member(file, member, MOST)), where, _DTYPES), ()


def _weights(file: SourceFile, directory: Directory) -> Iterator[_Weight]:
    """Yield the tensors that the archive keeps as plain members, with a description in JSON."""
    members = {member.name: member for member in directory.members}
    for config in directory.members:
        match = _WEIGHTS.fullmatch(config.name)
        if match is None:
            continue
        entries = parse_object(read_member(file, config, MOST)).get("config")
        for name, entry in entries.items() if isinstance(entries, dict) else ():
            if isinstance(entry, dict) and entry.get("use_pickle") is not True:
                path = f"{match[1] or ''}data/{match[2]}/{entry.get('path_name')}"
                view = _view(str(name), entry.get("tensor_meta"), members.get(path))
                if view:
                    yield _Weight(view, members.get(path))


def _view(name: str, meta: object, member: Member | None) -> View | None:
    if not isinstance(meta, Mapping):
        return None
    shape, strides = (_counts(meta.get(key)) for key in ("sizes", "strides"))
    offset = _count(meta.get("storage_offset"))
    code = meta.get("dtype")
    dtype = _DTYPES.get(code, "unknown") if type(code) is int else "unknown"
    if shape is None or strides is None or offset is None or len(shape) != len(strides):
        return None
    size = member.size if member else 0
    storage = Storage(member.name if member else "", dtype, "cpu", size // (item_size(dtype) or 1))
    return View((name,), dtype, shape, strides, offset, storage if member else None)


def _counts(value: object) -> tuple[int, ...] | None:
    counts = [_count(each) for each in value] if isinstance(value, list) else [None]
    known = tuple(count for count in counts if count is not None)
    return known if len(known) == len(counts) else None


def _count(value: object) -> int | None:
    number = value.get("as_int") if isinstance(value, Mapping) else None
    return number if type(number) is int and 0 <= number < 1 << 63 else None


def _nested(file: SourceFile, directory: Directory) -> Iterator[tuple[Member, Source]]:
    """Yield the PyTorch files in which archives before version 2.9 keep their tensors."""
    for member in directory.members:
        if _NESTED.fullmatch(member.name) and member.method == STORED and member.size:
            inner = stored_member(file, member)
            source = Source(member.name, "file", (inner,))
            if TorchZip().sniff(source.head(64), source):
                yield member, source


def _nested_views(file: SourceFile, directory: Directory) -> Iterator[View]:
    for _, inner in _nested(file, directory):
        for placed in TorchZip().tensors(inner):
            storage = Storage(f"{inner.name}:{placed.start}", placed.dtype, "cpu", 1 << 62)
            steps = (0,) * len(placed.shape)
            yield View((placed.name,), placed.dtype, placed.shape, steps, 0, storage)


def _compiled(directory: Directory, where: str) -> Iterator[Finding]:
    names = [member.name for member in directory.members if member.name.endswith(_CODE)]
    if names:
        detail = f"{len(names):,} files of compiled or source code come with it: {names[0]}"
        yield say.warning("pt2.code", where, detail)


def _version(file: SourceFile, directory: Directory) -> tuple[str, dict[str, str]]:
    words: dict[str, str] = {}
    for member in directory.members:
        name = member.name.rpartition("/")[2]
        if name in {"archive_version", "byteorder", "serialization_id"}:
            words[name] = read_member(file, member, _MOST_NOTE).decode("utf-8", "replace").strip()
    archive = words.pop("archive_version", "")
    return f"pt2 archive version {archive}" if archive else "", words

"""PyTorch's zip files: state dicts, checkpoints, whole models, and TorchScript."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import ClassVar

from modelshelf.domain.content import ContentKind
from modelshelf.domain.inspection import UNKNOWN_GLOBAL, Finding, Inspection
from modelshelf.formats import findings as say
from modelshelf.formats.containers.member import read_member
from modelshelf.formats.containers.scanning import member_opener, scan_members
from modelshelf.formats.containers.zipped import (
    STORED,
    Directory,
    Member,
    first_names,
    is_finished,
    is_zip,
    read_directory,
)
from modelshelf.formats.families.torch_checkpoint import (
    Checkpoint,
    foreign_classes,
    read_checkpoint,
)
from modelshelf.formats.families.torch_tensors import View, parameters, views_in
from modelshelf.formats.families.torchscript import Script, read_script
from modelshelf.formats.interface import LIKELY, NAMED_CONTAINER, Extent, Placed
from modelshelf.formats.pickles import describe
from modelshelf.formats.pickles.scan import Reading, scan
from modelshelf.formats.reading import Reader
from modelshelf.formats.source import Source, SourceFile
from modelshelf.formats.trouble import LimitReached, Malformed

_EXTENSIONS = frozenset({".pt", ".pth"})
_ROOT_PICKLE = re.compile(r"(?:[^/]+/)?data\.pkl")
_CONSTANTS = "constants.pkl"
_MOST_NOTE = 4_096
# Small members that say something in one word, and what that is called here.
_NOTES = {".data/serialization_id": "serialization_id", "byteorder": "byteorder"}
_META = "meta"


@dataclass(frozen=True, slots=True)
class _Part:
    """A pickle of the archive, its tensors, and the folder with their storages."""

    reading: Reading
    views: tuple[View, ...]
    folder: str


@dataclass(frozen=True, slots=True)
class TorchZip:
    """Source of the format: torch/serialization.py and caffe2/serialize/inline_container.h."""

    name: ClassVar[str] = "torch"
    kind: ClassVar[ContentKind] = "file"

    def sniff(self, head: bytes, source: Source) -> int:
        """See :meth:`Inspector.sniff`: a zip with a data.pkl."""
        if not is_zip(head):
            return 0
        names = first_names(source.only)
        if any(_ROOT_PICKLE.fullmatch(name) for name in names):
            return LIKELY
        return NAMED_CONTAINER if not names and source.extension in _EXTENSIONS else 0

    def inspect(self, source: Source) -> Inspection:
        """See :meth:`Inspector.inspect`."""
        file = source.only
        directory = _directory(file, source.name)
        scanned = scan_members(file, directory, source.name, outside=True)
        top = _top(directory)
        parts = _parts(scanned.readings, top)
        root = parts[0].reading.roots[0] if parts and parts[0].reading.roots else None
        script = read_script(file, directory, top, root, source.name)
        checkpoint = read_checkpoint(root, parts[0].views if parts else ())
        found = (
            *directory.findings,
            *(each for each in scanned.findings if not (script and _defined_inside(each))),
            *(script.findings if script else ()),
            *_faults(parts, directory, source.name),
        )
        inspection = _described(parts, checkpoint, _notes(file, directory, top))
        if script:
            inspection = _as_script(inspection, script)
        verdict = say.judge(found, finished=scanned.finished)
        return replace(inspection, verdict=verdict, findings=found)

    def extent(self, source: Source) -> Extent:
        """See :meth:`Measuring.extent`."""
        return Extent(whole=is_finished(source.only))

    def tensors(self, source: Source) -> Iterator[Placed]:
        """See :meth:`Weighing.tensors`."""
        file = source.only
        directory = _directory(file, source.name)
        top = _top(directory)
        readings = {
            member.name: scan(member_opener(file, member), member.name, outside=True).reading
            for member in directory.members
            if member.name in {f"{top}data.pkl", top + _CONSTANTS}
        }
        little = _notes(file, directory, top).get("byteorder", "little") == "little"
        members = {member.name: member for member in directory.members}
        for part in _parts(readings, top):
            for view in part.views:
                start = _start(view, part, members) if little else -1
                yield Placed(view.name, view.dtype, view.shape, file.path, start, view.length)


def _directory(file: SourceFile, where: str) -> Directory:
    with Reader.of(file) as reader:
        return read_directory(reader, where)


def _top(directory: Directory) -> str:
    """Return the folder that everything in the archive is in, with its slash."""
    names = (member.name for member in directory.members)
    root = next((name for name in names if _ROOT_PICKLE.fullmatch(name)), "data.pkl")
    return root.removesuffix("data.pkl")


def _parts(readings: dict[str, Reading], top: str) -> list[_Part]:
    """Return the pickled object, and the constants that TorchScript's code mentions."""
    found: list[_Part] = []
    for name, folder in (("data.pkl", "data/"), (_CONSTANTS, "constants/")):
        reading = readings.get(top + name)
        if reading is None:
            continue
        views = tuple(views_in(reading.roots[0] if reading.roots else None))
        if name == _CONSTANTS:
            views = tuple(replace(v, path=("CONSTANTS", f"c{'.'.join(v.path)}")) for v in views)
        if views or name != _CONSTANTS:
            found.append(_Part(reading, views, top + folder))
    return found


def _start(view: View, part: _Part, members: dict[str, Member]) -> int:
    start = view.start
    member = members.get(part.folder + view.storage.key) if view.storage else None
    if start is None or member is None or member.method != STORED or not view.fits():
        return -1
    return member.start + start if start + view.length <= member.size else -1


def _described(parts: list[_Part], checkpoint: Checkpoint, notes: dict[str, str]) -> Inspection:
    main = parts[0] if parts else None
    constants = [view for part in parts[1:] for view in part.views]
    tensors = [*checkpoint.model, *constants]
    metadata = dict(checkpoint.metadata)
    archive = notes.pop("version", "")
    if main:
        root = main.reading.roots[0] if main.reading.roots else None
        symbol = describe.class_of(root)
        metadata |= describe.names(main.reading) | ({"class": str(symbol)} if symbol else {})
    return Inspection(
        "torch",
        framework="PyTorch",
        parameters=parameters(tensors) if tensors else None,
        tensors=len(tensors),
        metadata=metadata | notes,
        version=f"zip archive version {archive}" if archive else "",
        producer=checkpoint.producer,
        architecture=checkpoint.architecture,
        license=checkpoint.license,
        needs_code=foreign_classes(main.reading.seen.globals) if main else (),
    )


def _as_script(inspection: Inspection, script: Script) -> Inspection:
    return replace(
        inspection,
        format="torchscript",
        version=inspection.version.replace("zip archive", "TorchScript archive"),
        architecture=script.architecture,
        inputs=script.inputs,
        outputs=script.outputs,
        metadata=dict(inspection.metadata) | script.metadata,
        needs_code=script.needs_code,
    )


def _defined_inside(finding: Finding) -> bool:
    """Tell whether a finding is about a class whose code the archive itself brings."""
    return finding.rule == UNKNOWN_GLOBAL and finding.detail.startswith("__torch__.")


def _notes(file: SourceFile, directory: Directory, top: str) -> dict[str, str]:
    """Return what the small members say; a broken one says nothing, and the scan tells why."""
    wanted = {top + name: word for name, word in _NOTES.items()}
    wanted |= {f"{top}version": "version", f"{top}.data/version": "version"}
    found: dict[str, str] = {}
    for member in directory.members:
        if member.name in wanted:
            try:
                data = read_member(file, member, _MOST_NOTE)
            except (Malformed, LimitReached):
                continue
            found[wanted[member.name]] = data.decode("utf-8", "replace").strip()
    return found


def _faults(parts: list[_Part], directory: Directory, where: str) -> Iterator[Finding]:
    """Yield what is wrong with the storages, at most one thing of each pickle."""
    members = {member.name: member for member in directory.members}
    for part in parts:
        detail = next((text for v in part.views if (text := _fault(v, part, members))), "")
        if detail:
            yield say.dangerous("torch.malformed", where, detail)


def _fault(view: View, part: _Part, members: dict[str, Member]) -> str:
    storage = view.storage
    if storage is None or storage.location == _META:
        return ""
    member = members.get(part.folder + storage.key)
    if member is None:
        return f"the storage {storage.key[:80]!r} of the tensor {view.name[:200]!r} is missing"
    if storage.size is not None and storage.size > member.size:
        return f"the storage {storage.key[:80]!r} has {member.size:,} bytes, not {storage.size:,}"
    return "" if view.fits() else f"the tensor {view.name[:200]!r} leaves its storage"

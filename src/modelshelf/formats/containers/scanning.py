"""Finds and scans the pickles among the members of a zip, whatever they are called."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace

from modelshelf.domain.inspection import Finding
from modelshelf.formats import findings as say
from modelshelf.formats.containers.compressed import Compression, Decompressed, compression
from modelshelf.formats.containers.member import open_member
from modelshelf.formats.containers.section import stored_member
from modelshelf.formats.containers.zipped import (
    STORED,
    Directory,
    Member,
    is_zip,
    read_directory,
)
from modelshelf.formats.pickles.scan import (
    CAN_EXECUTE,
    Reading,
    StreamOpener,
    looks_like_pickle,
    scan,
)
from modelshelf.formats.pickles.stream import ByteStream
from modelshelf.formats.reading import Reader, up_to
from modelshelf.formats.source import SourceFile
from modelshelf.formats.trouble import LimitReached, Malformed

_SNIFFED = 4 * 1024
_DEEPEST = 2
_NAMED = (".pkl", ".pickle", ".joblib")


@dataclass(slots=True)
class MemberScan:
    """What the pickles in a zip would do.

    Attributes:
        findings: Of all of them.
        finished: Whether everything was looked at.
        readings: By the name of the member.
    """

    findings: list[Finding] = field(default_factory=list)
    finished: bool = True
    readings: dict[str, Reading] = field(default_factory=dict)


def scan_members(
    file: SourceFile, directory: Directory, where: str, *, outside: bool = False
) -> MemberScan:
    """Scan every member of ``file`` that is a pickle by name or by content.

    Pickles that are compressed, and those in a zip that is stored in the zip, are found as well.
    ``outside`` is true for formats that keep objects beside their pickles, as PyTorch does.
    """
    found = MemberScan()
    _scan_all(file, directory, where, _Task(found, outside=outside))
    return found


@dataclass(frozen=True, slots=True)
class _Task:
    found: MemberScan
    outside: bool
    depth: int = 0


def _scan_all(file: SourceFile, directory: Directory, where: str, task: _Task) -> None:
    for member in directory.members:
        place = f"{where}: {member.name}"
        try:
            _scan_member(file, member, place, task)
        except LimitReached as error:
            task.found.findings.append(say.warning("zip.limit", place, error.detail))
            task.found.finished = False
        except Malformed as error:
            rule = error.rule or "zip.malformed"
            task.found.findings.append(say.dangerous(rule, place, error.detail))


def _scan_member(file: SourceFile, member: Member, place: str, task: _Task) -> None:
    head = read_head(file, member)
    if is_zip(head):
        _scan_nested(file, member, place, task)
        return
    packed = compression(head)
    if packed and looks_like_pickle(_beginning(file, member, packed), whole=False):
        opener = _unpacking_opener(file, member, packed)
    elif is_pickle(member.name, head, whole=len(head) == member.size):
        opener = member_opener(file, member)
    else:
        return
    scanned = scan(opener, place, outside=task.outside)
    found = task.found
    once = {finding.rule for finding in found.findings} & {CAN_EXECUTE}
    found.findings += [each for each in scanned.findings if each.rule not in once]
    found.finished = found.finished and scanned.finished
    if not task.depth:
        found.readings[member.name] = scanned.reading


def _scan_nested(file: SourceFile, member: Member, place: str, task: _Task) -> None:
    """Scan a zip inside the zip, which is one by its first bytes at least."""
    trouble = "is compressed once more" if member.method != STORED else ""
    if task.depth >= _DEEPEST:
        trouble = "is too deep inside other zips"
    if not trouble:
        inner = stored_member(file, member)
        try:
            with Reader.of(inner) as reader:
                directory = read_directory(reader, place)
        except Malformed as error:
            trouble = f"cannot be read: {error.detail}"
        else:
            task.found.findings += directory.findings
            _scan_all(inner, directory, place, replace(task, depth=task.depth + 1))
    if trouble:
        detail = f"the zip inside was not looked into, because it {trouble}"
        task.found.findings.append(say.warning("zip.nested", place, detail))


def is_pickle(name: str, head: bytes, *, whole: bool) -> bool:
    """Tell whether a member is a pickle by its name or its first bytes."""
    return name.endswith(_NAMED) or (bool(head) and looks_like_pickle(head, whole=whole))


def read_head(file: SourceFile, member: Member) -> bytes:
    """Return the first 4 KiB of a member; of a shorter one the CRC-32 is checked as well."""
    with open_member(file, member) as opened:
        return up_to(opened, _SNIFFED)


def member_opener(file: SourceFile, member: Member) -> StreamOpener:
    """Return what opens a member as a stream of opcodes."""

    @contextmanager
    def opener() -> Iterator[ByteStream]:
        with open_member(file, member) as opened:
            yield ByteStream(opened)

    return opener


def _unpacking_opener(file: SourceFile, member: Member, packed: Compression) -> StreamOpener:
    @contextmanager
    def opener() -> Iterator[ByteStream]:
        with open_member(file, member) as opened:
            yield ByteStream(Decompressed(opened, packed[1]))

    return opener


def _beginning(file: SourceFile, member: Member, packed: Compression) -> bytes:
    """Return the first unpacked bytes, of which tensors that only look packed have none."""
    with open_member(file, member) as opened, suppress(Malformed, LimitReached):
        return Decompressed(opened, packed[1]).read(_SNIFFED)
    return b""

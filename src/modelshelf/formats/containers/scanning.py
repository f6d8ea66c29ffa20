"""Finds and scans the pickles among the members of a zip, whatever they are called."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from modelshelf.domain.inspection import Finding
from modelshelf.formats import findings as say
from modelshelf.formats.containers.member import open_member
from modelshelf.formats.containers.zipped import Directory, Member
from modelshelf.formats.pickles.scan import Reading, StreamOpener, looks_like_pickle, scan
from modelshelf.formats.pickles.stream import ByteStream
from modelshelf.formats.reading import up_to
from modelshelf.formats.source import SourceFile
from modelshelf.formats.trouble import LimitReached, Malformed

_SNIFFED = 4 * 1024
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

    ``outside`` is true for formats that keep objects beside their pickles, as PyTorch does.
    """
    found = MemberScan()
    for member in directory.members:
        place = f"{where}: {member.name}"
        try:
            head = read_head(file, member)
        except LimitReached as error:
            found.findings.append(say.warning("zip.limit", place, error.detail))
            found.finished = False
            continue
        except Malformed as error:
            rule = error.rule or "zip.malformed"
            found.findings.append(say.dangerous(rule, place, error.detail))
            continue
        if not is_pickle(member.name, head, whole=len(head) == member.size):
            continue
        scanned = scan(_opener(file, member), place, outside=outside)
        found.findings += scanned.findings
        found.finished = found.finished and scanned.finished
        found.readings[member.name] = scanned.reading
    return found


def is_pickle(name: str, head: bytes, *, whole: bool) -> bool:
    """Tell whether a member is a pickle by its name or its first bytes."""
    return name.endswith(_NAMED) or (bool(head) and looks_like_pickle(head, whole=whole))


def read_head(file: SourceFile, member: Member) -> bytes:
    """Return the first 4 KiB of a member; of a shorter one the CRC-32 is checked as well."""
    with open_member(file, member) as opened:
        return up_to(opened, _SNIFFED)


def _opener(file: SourceFile, member: Member) -> StreamOpener:
    @contextmanager
    def opener() -> Iterator[ByteStream]:
        with open_member(file, member) as opened:
            yield ByteStream(opened)

    return opener

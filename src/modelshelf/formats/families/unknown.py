"""What no other family recognises: text passes, programs and unknown bytes are pointed out."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from typing import ClassVar

from modelshelf.domain.content import ContentKind
from modelshelf.domain.inspection import Finding, Inspection
from modelshelf.formats import findings as say
from modelshelf.formats.containers.zipped import is_finished
from modelshelf.formats.interface import LAST
from modelshelf.formats.source import Source

_SNIFFED = 64 * 1024
_CODE = frozenset({".py", ".pyc", ".pyd", ".sh", ".bat", ".ps1", ".js", ".so", ".dll", ".dylib"})
_PROGRAMS = (
    b"\x7fELF",
    b"MZ",
    b"#!",
    b"\xfe\xed\xfa\xce",
    b"\xfe\xed\xfa\xcf",
    b"\xce\xfa\xed\xfe",
    b"\xcf\xfa\xed\xfe",
    b"\xca\xfe\xba\xbe",
)
_NO_TEXT = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Unknown:
    """Anything at all."""

    name: ClassVar[str] = "unknown"
    kind: ClassVar[ContentKind] = "file"

    def sniff(self, head: bytes, source: Source) -> int:  # noqa: ARG002 - the interface
        """See :meth:`Inspector.sniff`: last of all."""
        return LAST

    def inspect(self, source: Source) -> Inspection:
        """See :meth:`Inspector.inspect`."""
        head = source.head(_SNIFFED)
        found: tuple[Finding, ...] = ()
        if source.extension in _CODE or head.startswith(_PROGRAMS):
            found = (say.warning("unknown.code", source.name, "it is a program"),)
        elif is_finished(source.only):
            detail = "a zip stands behind other bytes, and a reader of zips would read that"
            found = (say.dangerous("unknown.hidden_zip", source.name, detail),)
        elif not head:
            found = (say.info("unknown.empty", source.name, "it is empty"),)
        elif not _is_text(head):
            detail = "it is of no format that is looked into"
            found = (say.warning("unknown.format", source.name, detail),)
        return Inspection(self.name, verdict=say.judge(found), findings=found)


def _is_text(head: bytes) -> bool:
    try:
        text = codecs.getincrementaldecoder("utf-8")().decode(head)  # the last letter may be cut
    except UnicodeDecodeError:
        return False
    return _NO_TEXT.search(text) is None

"""XML from strangers: one element after the other, without document types and within limits."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import BinaryIO
from xml.parsers import expat

from modelshelf.formats.trouble import LimitReached, Malformed

_CHUNK = 256 * 1024
_DEEPEST = 256
_MOST_ELEMENTS = 5_000_000
_LONGEST_TOKEN = 16 * 1024 * 1024
# What may stand in front of the root element. A document type is let through, so that the family
# that refuses it can say so. Nothing is given back once it has matched: a file could make a search
# among all ways of matching last for ever.
_PROLOGUE = r"\A\ufeff?\s*+(?:(?>(?:<\?.*?\?>|<!--.*?-->|<!DOCTYPE[^\[>]*(?:\[.*?\]\s*+)?>))\s*+)*+"
_SNIFFED = 4096

Start = Callable[[list[str], dict[str, str]], None]
Text = Callable[[list[str], str], None]


def begins_with(head: bytes, element: str) -> bool:
    """Tell whether an XML document's root element has that name, which may be a pattern."""
    wide = head[:2] in {b"\xff\xfe", b"\xfe\xff"}
    text = head[:_SNIFFED].decode("utf-16" if wide else "utf-8", "replace")
    return re.match(rf"{_PROLOGUE}<{element}[\s>]", text, re.DOTALL) is not None


def walk_xml(file: BinaryIO, start: Start, *, family: str, text: Text | None = None) -> None:
    """Call ``start`` with the path of each element and its attributes, in the document's order.

    Args:
        file: The document.
        start: Takes the names of the open elements, the newest last, and the attributes.
        family: What the findings' rules begin with.
        text: Takes the same path and a piece of the text in that element.

    Raises:
        Malformed: It declares a document type or is nested more than 256 deep.
        LimitReached: It has more than five million elements, or a tag of more than 16 MiB.
        ExpatError: It is no XML.
    """
    parser = expat.ParserCreate(namespace_separator=" ")
    path: list[str] = []
    elements = 0

    def started(tag: str, attributes: dict[str, str]) -> None:
        nonlocal elements
        elements += 1
        if elements > _MOST_ELEMENTS:
            raise LimitReached(f"more than {_MOST_ELEMENTS:,} elements")
        path.append(tag.rpartition(" ")[2])
        if len(path) > _DEEPEST:
            detail = f"elements are nested more than {_DEEPEST} deep"
            raise Malformed(detail, rule=f"{family}.depth")
        start(path, attributes)

    def refuse(name: str, *_: object) -> None:
        detail = f"it declares a document type ({name[:80]})"
        raise Malformed(detail, rule=f"{family}.doctype")

    parser.StartElementHandler = started
    parser.EndElementHandler = lambda _: path.pop()
    parser.StartDoctypeDeclHandler = refuse
    if text is not None:
        parser.buffer_text = True
        parser.CharacterDataHandler = lambda piece: text(path, piece)
    fed = 0
    while data := file.read(_CHUNK):
        parser.Parse(data, False)  # noqa: FBT003 - expat's own signature
        fed += len(data)
        if fed - parser.CurrentByteIndex > _LONGEST_TOKEN:
            raise LimitReached("one tag or text of the XML is too long")
    parser.Parse(b"", True)  # noqa: FBT003 - expat's own signature

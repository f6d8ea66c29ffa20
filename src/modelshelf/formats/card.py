"""What the head of a model card says: licence, base models, task; as Hugging Face writes it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from modelshelf.domain.inspection import Finding
from modelshelf.formats import findings as say
from modelshelf.formats.hub import hub_base
from modelshelf.formats.source import Source
from modelshelf.formats.strict_yaml import parse_mapping
from modelshelf.formats.trouble import LimitReached, Malformed

_NAME = "README.md"
_MOST = 1024 * 1024
_RULE = b"---"
_KEY = re.compile(rb"([A-Za-z_][\w-]*)[ \t]*:")
# Only these are read: the results of evaluations beside them can be longer than any limit.
_LICENSE, _LICENSE_NAME, _BASES = "license", "license_name", "base_model"
_TOLD = (
    "base_model_relation",
    "datasets",
    "language",
    "library_name",
    "license_link",
    "model_name",
    "pipeline_tag",
    "tags",
)
_READ = frozenset({_LICENSE, _LICENSE_NAME, _BASES, *_TOLD})


@dataclass(frozen=True, slots=True)
class Card:
    """The head of a card, as far as it is of use.

    Attributes:
        license: As it is stated there.
        base_models: What the model was made from.
        metadata: The other keys that are read, ``card.`` in front of them.
        findings: One when the head cannot be read.
    """

    license: str = ""
    base_models: tuple[str, ...] = ()
    metadata: dict[str, str] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()


def read_card(source: Source) -> Card:
    """Return what the ``README.md`` at the top of a folder says; an empty card when there is none.

    Source of the format: "Model cards" in Hugging Face's hub documentation.
    """
    file = source.file(_NAME)
    if file is None:
        return Card()
    with file.open() as opened:
        head = _head(opened.read(_MOST))
    try:
        told = parse_mapping(head) if head else {}
    except (Malformed, LimitReached, ValueError) as error:
        detail = error.detail if isinstance(error, (Malformed, LimitReached)) else str(error)
        where = f"{source.name}/{_NAME}"
        return Card(findings=(say.warning("card.unreadable", where, detail),))
    license_name = " ".join(_texts(told.get(_LICENSE)))
    if license_name in {"", "other"}:
        license_name = " ".join(_texts(told.get(_LICENSE_NAME))) or license_name
    return Card(
        license=license_name,
        base_models=tuple(hub_base(name) for name in _texts(told.get(_BASES))),
        metadata={
            f"card.{key}": text for key in _TOLD if (text := ", ".join(_texts(told.get(key))))
        },
    )


def _head(text: bytes) -> bytes:
    """Return the lines of the head that belong to the keys that are read.

    A line of YAML that begins with a letter begins an entry of the outermost mapping.
    """
    lines = text.removeprefix(b"\xef\xbb\xbf").splitlines()
    if not lines or lines[0].rstrip() != _RULE:
        return b""
    kept: list[bytes] = []
    keeping = False
    for line in lines[1:]:
        if line.rstrip() == _RULE:
            return b"\n".join(kept)
        if key := _KEY.match(line):
            keeping = key[1].decode() in _READ
        if keeping:
            kept.append(line)
    return b""  # a head without an end is none


def _texts(value: object) -> Iterator[str]:
    for each in value if isinstance(value, list) else [value]:
        if isinstance(each, str) and each:
            yield each

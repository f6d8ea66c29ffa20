"""The licences that a version states: in its card, in its file, in a tag."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from modelshelf.domain.models import VersionDetail

_RULE = "---"
_HEAD_MOST = 200_000  # characters of a card that may be its head
_KEY = re.compile(r"([A-Za-z_][\w-]*)[ \t]*:[ \t]*(.*)")
_TAGS = ("license", "licence")
_LICENSE, _LICENSE_NAME = "license", "license_name"
_NO_NAME = ("", "other")  # Hugging Face writes "other" and the name under license_name
_STATED_MOST = 20
_TEXT_MOST = 1_000


def stated(detail: VersionDetail) -> tuple[str, ...]:
    """Return the licences that a version states, as they are written, each once.

    They are looked for in the head of its card, in what was found in its file, and in its tags
    ``license`` and ``licence``. Several licences of one list in a card are alternatives nowhere
    stated to be such, so each of them counts.
    """
    tags = detail.version.tags
    written = [
        *in_card(detail.card),
        detail.inspection.license,
        *(tags.get(name, "") for name in _TAGS),
    ]
    shortened = (" ".join(text[:_TEXT_MOST].split()) for text in written)
    return tuple(dict.fromkeys(text for text in shortened if text))[:_STATED_MOST]


def in_card(card: str) -> tuple[str, ...]:
    """Return the licences in the YAML head of a model card, as Hugging Face writes it.

    Only what stands in lines of its own is read (``license: mit``, a list in brackets or under
    it): the rest of the head is nobody's business here.
    """
    lines = card[:_HEAD_MOST].lstrip("\ufeff").splitlines()
    if not lines or lines[0].rstrip() != _RULE:
        return ()
    told: dict[str, list[str]] = {}
    key = ""
    for line in lines[1:]:
        if line.rstrip() == _RULE:
            named = told.get(_LICENSE, [])
            if all(name in _NO_NAME for name in named):
                named = told.get(_LICENSE_NAME, []) or named
            return tuple(named)
        if entry := _KEY.match(line):
            key = entry[1]
            told.setdefault(key, []).extend(_values(entry[2]))
        elif line.lstrip().startswith("- "):
            told.setdefault(key, []).extend(_values(line.lstrip()[2:]))
    return ()  # a head without an end is none


def _values(text: str) -> list[str]:
    bare = re.sub(r"(^|\s)#.*", "", text).strip()
    parts = bare[1:-1].split(",") if bare.startswith("[") and bare.endswith("]") else [bare]
    return [value for part in parts if (value := part.strip().strip("'\"").strip())]

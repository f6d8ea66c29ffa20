"""Names and references: how models, aliases and versions are called, and how a reference is read.

churn:v3   churn:3   churn:latest   churn@champion   churn@production   sha256:ab12cd34   churn
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

from modelshelf.domain.errors import Invalid
from modelshelf.domain.text import accept, safe

MODEL_NAME_MOST = 200
KEY_MOST = 200
ALIAS_MOST = 64
DIGEST_PREFIX_LEAST = 8
DIGEST_HEX = 64
LATEST = "latest"

_DIGEST_WORD = "sha256"
_SEGMENT = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9_-])?")
_ALIAS = re.compile(r"[A-Za-z][A-Za-z0-9._-]*")
_NUMBER = re.compile(r"v?([1-9][0-9]{0,11})")
_HEX = re.compile(r"[0-9a-f]+")
_KEY_PUNCTUATION = frozenset("_-./@%")
# Windows refuses these as file names, and a model name is a folder name in the drop folder.
_DEVICES = frozenset(
    ["con", "prn", "aux", "nul"] + [f"{d}{n}" for d in ("com", "lpt") for n in range(1, 10)]
)

ReferenceKind = Literal["model", "number", "latest", "label", "digest"]


@dataclass(frozen=True, slots=True)
class Reference:
    """A parsed reference.

    Attributes:
        kind: ``model`` (a bare name), ``number``, ``latest``, ``label`` (alias or stage), or
            ``digest``.
        model: The model's name; empty for a digest.
        number: The version number, when ``kind`` is ``number``.
        label: The alias or stage, when ``kind`` is ``label``.
        digest: Lower-case hex digits, 8 to 64 of them, when ``kind`` is ``digest``.
    """

    kind: ReferenceKind
    model: str = ""
    number: int = 0
    label: str = ""
    digest: str = ""

    def __str__(self) -> str:
        """Return the reference as a person writes it."""
        match self.kind:
            case "number":
                return f"{self.model}:v{self.number}"
            case "latest":
                return f"{self.model}:{LATEST}"
            case "label":
                return f"{self.model}@{self.label}"
            case "digest":
                return f"sha256:{self.digest}"
            case _:
                return self.model


def check_model_name(name: object) -> str:
    """Return ``name`` if a model may be called so.

    Raises:
        Invalid: With the rule it breaks: letters, digits, ``-``, ``_`` and ``.``, and ``/`` for
            namespaces.
    """
    text = accept("model name", name, most=MODEL_NAME_MOST, empty=False)
    if text == _DIGEST_WORD:
        raise Invalid(
            f"{text!r} cannot be a model name",
            why="a reference that begins so is a digest",
            observed=text,
        )
    for segment in text.split("/"):
        if not _SEGMENT.fullmatch(segment):
            raise Invalid(
                f"{safe(text, 60)!r} cannot be a model name",
                why=f"{safe(segment, 60)!r} is not made of letters, digits, '-', '_' and '.'"
                if segment
                else "it has an empty part between slashes",
                observed=text,
                hint="Try a name like churn or risk/churn-eu.",
            )
        if segment.split(".")[0].lower() in _DEVICES:
            raise Invalid(
                f"{text!r} cannot be a model name",
                why=f"{segment!r} is a device name on Windows; the registry could not move there",
                observed=text,
            )
    return text


def check_alias(name: object, stages: tuple[str, ...], former: Collection[str] = ()) -> str:
    """Return ``name`` if an alias may be called so; ``stages`` and ``former`` ones are reserved.

    Whoever still asks for a stage of former times must not be given what passed no gate.

    Raises:
        Invalid: It is no word, or reserved: ``latest``, a version number, or a stage of the ladder.
    """
    text = accept("alias", name, most=ALIAS_MOST, empty=False)
    if not _ALIAS.fullmatch(text):
        raise Invalid(
            f"{safe(text, 60)!r} cannot be an alias",
            why="an alias is a letter followed by letters, digits, '-', '_' and '.'",
            observed=text,
        )
    if text.lower() == LATEST or _NUMBER.fullmatch(text.lower()):
        raise Invalid(
            f"{text!r} cannot be an alias", why="it already means a version", observed=text
        )
    if text.lower() in {stage.lower() for stage in stages}:
        raise Invalid(
            f"{text!r} cannot be an alias",
            why="it is a stage",
            observed=text,
            hint=f"Use modelshelf promote to give the stage {text}.",
        )
    if text.lower() in {stage.lower() for stage in former}:
        raise Invalid(
            f"{text!r} cannot be an alias",
            why="it was a stage, and who still asks for it would get what passed no gate",
            observed=text,
        )
    return text


def check_key(kind: str, key: object) -> str:
    """Return ``key`` if a metric, parameter or tag (``kind``) may be called so.

    Raises:
        Invalid: It is empty, too long, or holds anything but letters, digits and ``_ - . / @ %``.
    """
    text = accept(f"{kind} name", key, most=KEY_MOST, empty=False)
    wrong = next((c for c in text if not (c.isalnum() or c in _KEY_PUNCTUATION)), None)
    if wrong is not None:
        raise Invalid(
            f"{safe(text, 60)!r} cannot be a {kind} name",
            why=f"{safe(wrong)!r} is not allowed; letters, digits and _ - . / @ % are",
            observed=text,
        )
    return text


def parse_reference(text: object) -> Reference:
    """Read a reference.

    Raises:
        Invalid: It is not of a form named at the top of this module.
    """
    given = accept("reference", text, most=MODEL_NAME_MOST + ALIAS_MOST + 1, empty=False).strip()
    if given.startswith(f"{_DIGEST_WORD}:"):
        return _digest(given.removeprefix(f"{_DIGEST_WORD}:").lower(), given)
    if "@" in given:
        name, _, label = given.partition("@")
        if not _ALIAS.fullmatch(label):
            raise _unreadable(given, f"{safe(label, 40)!r} is no alias or stage")
        return Reference("label", check_model_name(name), label=label)
    if ":" in given:
        name, _, number = given.partition(":")
        if number == LATEST:
            return Reference("latest", check_model_name(name))
        match = _NUMBER.fullmatch(number)
        if match is None:
            raise _unreadable(given, f"{safe(number, 40)!r} is no version number")
        return Reference("number", check_model_name(name), number=int(match[1]))
    return Reference("model", check_model_name(given))


def _digest(hexadecimal: str, given: str) -> Reference:
    if not _HEX.fullmatch(hexadecimal) or not (
        DIGEST_PREFIX_LEAST <= len(hexadecimal) <= DIGEST_HEX
    ):
        raise _unreadable(
            given, f"a digest prefix is {DIGEST_PREFIX_LEAST} to {DIGEST_HEX} hexadecimal digits"
        )
    return Reference("digest", digest=hexadecimal)


def _unreadable(given: str, why: str) -> Invalid:
    return Invalid(
        f"{safe(given, 80)!r} is not a reference",
        why=why,
        observed=given,
        hint="Write churn:v3, churn:latest, churn@champion, churn@production or sha256:ab12cd34.",
    )

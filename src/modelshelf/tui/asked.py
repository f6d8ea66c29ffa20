"""The filter of the audit screen: `risk/churn event:stage.assigned actor:ana since:2026-05-01`."""

from __future__ import annotations

import difflib
import re
import shlex
from dataclasses import dataclass, fields
from datetime import datetime

from modelshelf.domain.errors import Invalid
from modelshelf.domain.plain import moment_text, read_moment
from modelshelf.domain.text import safe

_SPELLINGS = {"by": "actor", "who": "actor", "name": "model", "what": "event", "ref": "version"}
_DATES = ("since", "until")
_OPTIONS = {"version": "reference"}  # what the command line calls otherwise
_VERSION = re.compile(r"[^:\s]+:v[0-9]+")


@dataclass(frozen=True, slots=True)
class Asked:
    """What of the audit log is wanted; ``None`` leaves nothing out."""

    model: str | None = None
    version: str | None = None
    event: str | None = None
    actor: str | None = None
    since: datetime | None = None
    until: datetime | None = None


def read_asked(text: str) -> Asked:
    """Read a filter; a word without a field is a model's name, or one of its versions.

    Raises:
        Invalid: A field is unknown, comes twice, or a date is none.
    """
    found: dict[str, str | datetime] = {}
    for word in _words(text):
        field, value = _told(word)
        if field in found:
            raise Invalid(f"{field} is asked for twice")
        if value:
            found[field] = _moment(value) if field in _DATES else value
    return Asked(**found)  # type: ignore[arg-type] # the names are those of the fields


def with_field(text: str, field: str, value: str) -> str:
    """Return a filter that asks for ``value`` in one field too, or no more if it did already.

    Args:
        text: The filter as it is typed; one that cannot be read is replaced.
        field: A field of :class:`Asked`.
        value: What it is to be.
    """
    wanted = f"{field}:{value}"
    try:
        read_asked(text)
        words = _words(text)
    except Invalid:
        words = []
    asked = [word for word in words if _told(word) == (field, value)]
    kept = [word for word in words if _told(word)[0] != field]
    return shlex.join(kept if asked else [*kept, wanted])


def as_command(asked: Asked) -> str:
    """Return the command line that shows the same."""
    given: list[str] = []
    for field in fields(Asked):
        value = getattr(asked, field.name)
        if value is not None:
            text = moment_text(value) if isinstance(value, datetime) else value
            given += [f"--{_OPTIONS.get(field.name, field.name)}", text]
    return shlex.join(["modelshelf", "log", *given])


def _words(text: str) -> list[str]:
    try:
        return shlex.split(text)
    except ValueError as exc:
        raise Invalid("the filter cannot be read", why=str(exc)) from exc


def _told(word: str) -> tuple[str, str]:
    """Return the field that a word asks for, and by what."""
    name, colon, value = word.partition(":")
    if not colon:
        return "model", word
    known = [field.name for field in fields(Asked)]
    field = _SPELLINGS.get(name, name)
    if field in known:
        return field, value
    if _VERSION.fullmatch(word):
        return "version", word
    near = difflib.get_close_matches(field, known, n=1)
    raise Invalid(
        f"{safe(name, 40)!r} is no field of the audit log",
        why=f"the fields are {', '.join(known)}",
        hint=f"Did you mean {near[0]}?" if near else "",
    )


def _moment(text: str) -> datetime:
    try:
        return read_moment(text)
    except (ValueError, OverflowError) as exc:
        raise Invalid(
            f"{safe(text, 40)!r} is no date", hint="Write 2026-05-03 or 2026-05-03T09:12."
        ) from exc

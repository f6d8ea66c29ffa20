"""The filter of the audit screen: `risk/churn event:stage.assigned actor:ana since:2026-05-01`."""

from __future__ import annotations

import difflib
import shlex
from dataclasses import dataclass, fields
from datetime import datetime

from modelshelf.domain.errors import Invalid
from modelshelf.domain.plain import read_moment
from modelshelf.domain.text import safe

_SPELLINGS = {"by": "actor", "who": "actor", "name": "model", "what": "event"}
_DATES = ("since", "until")


@dataclass(frozen=True, slots=True)
class Asked:
    """What of the audit log is wanted; ``None`` leaves nothing out."""

    model: str | None = None
    event: str | None = None
    actor: str | None = None
    since: datetime | None = None
    until: datetime | None = None


def read_asked(text: str) -> Asked:
    """Read a filter; a word without a field is a model's name.

    Raises:
        Invalid: A field is unknown, comes twice, or a date is none.
    """
    try:
        words = shlex.split(text)
    except ValueError as exc:
        raise Invalid("the filter cannot be read", why=str(exc)) from exc
    found: dict[str, str | datetime] = {}
    for word in words:
        name, _, value = word.partition(":") if ":" in word else ("model", ":", word)
        field = _field(name)
        if field in found:
            raise Invalid(f"{field} is asked for twice")
        if value:
            found[field] = _moment(value) if field in _DATES else value
    return Asked(**found)  # type: ignore[arg-type] # the names are those of the fields


def _field(name: str) -> str:
    known = [field.name for field in fields(Asked)]
    field = _SPELLINGS.get(name, name)
    if field not in known:
        near = difflib.get_close_matches(field, known, n=1)
        raise Invalid(
            f"{safe(name, 40)!r} is no field of the audit log",
            why=f"the fields are {', '.join(known)}",
            hint=f"Did you mean {near[0]}?" if near else "",
        )
    return field


def _moment(text: str) -> datetime:
    try:
        return read_moment(text)
    except ValueError as exc:
        raise Invalid(
            f"{safe(text, 40)!r} is no date", hint="Write 2026-05-03 or 2026-05-03T09:12."
        ) from exc

"""Reading a moment that somebody typed, and what a registry was like then."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from modelshelf.domain.errors import Invalid, NotFound
from modelshelf.domain.plain import read_moment
from modelshelf.domain.text import safe

if TYPE_CHECKING:
    from modelshelf.domain.audit import Entry
    from modelshelf.domain.models import RegisteredModel
    from modelshelf.domain.stages import Holder
    from modelshelf.registry import Registry
    from modelshelf.tui.facts import Facts

EXAMPLES = "2026-05-03   2026-05-03 09:12   41   yesterday   3 days ago"

_ENTRY = re.compile(r"(?:entry\s+|#)?([0-9]{1,11})", re.IGNORECASE)
_AGO = re.compile(r"([0-9]{1,6})\s*([a-z]+)(?:\s+ago)?")
_UNITS = {
    "min": 1, "minute": 1, "h": 60, "hour": 60, "d": 1_440, "day": 1_440, "w": 10_080,
    "week": 10_080, "mo": 43_200, "month": 43_200, "y": 525_600, "year": 525_600,
}  # fmt: skip
_MODELS, _ASKED = 6, 200


def read_when(text: str, now: datetime) -> datetime | int:
    """Read a date, a date and time, the number of an entry, or how long ago.

    Args:
        text: What was typed. A time without a zone is UTC; a date alone is its first instant.
        now: The present moment, from which ``yesterday`` and ``3 days ago`` count.

    Raises:
        Invalid: It is none of these.
    """
    plain = " ".join(text.split())
    given = plain.casefold()
    if entry := _ENTRY.fullmatch(given):
        return int(entry[1])
    if given.isdecimal():  # else the first digits of a long number would be a date
        raise _no_moment(text)
    try:
        if given == "today":
            return now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        back = _minutes_ago(given)
        return read_moment(plain.upper()) if back is None else now - timedelta(minutes=back)
    except (ValueError, OverflowError) as exc:
        raise _no_moment(text) from exc


def _no_moment(text: str) -> Invalid:
    return Invalid(
        f"{safe(text, 60)!r} is neither a time nor the number of an entry",
        hint=f"Write one of: {', '.join(EXAMPLES.split('   '))}.",
    )


def _minutes_ago(given: str) -> int | None:
    """Return how many minutes ago is meant; ``None`` when it is not said so."""
    if given == "yesterday":
        return _UNITS["day"]
    found = _AGO.fullmatch(given)
    unit = None if found is None else _UNITS.get(found[2], _UNITS.get(found[2].removesuffix("s")))
    return None if found is None or unit is None else int(found[1]) * unit


@dataclass(frozen=True, slots=True)
class Glance:
    """Where a moment is in the log.

    Attributes:
        entry: The last entry that counts then.
        head: Number of the newest entry at present.
        at: The moment that was asked for; ``None`` when an entry was.
    """

    entry: Entry
    head: int
    at: datetime | None


def glance(present: Registry, when: datetime | int) -> Glance:
    """Return the last entry that counts at a moment.

    Raises:
        NotFound: The registry did not exist then, or has no such entry.
    """
    past = present.at(when)
    try:
        seq, _seal = past.audit.head()
    finally:
        past.close()
    at = when if isinstance(when, datetime) else None
    return Glance(present.audit.get(seq), present.audit.head()[0], at)


@dataclass(frozen=True, slots=True)
class Held:
    """Who held the highest stage of a model at a moment, and who holds it at present.

    Attributes:
        model: The model, as it is called at present.
        known: Whether there was that model then.
        then: Who held the stage.
        now: Who holds it.
    """

    model: str
    known: bool
    then: tuple[Holder, ...]
    now: tuple[Holder, ...]


def held(present: Registry, seq: int) -> tuple[str, tuple[Held, ...]]:
    """Return the highest stage, and who held it after an entry of the models that changed last.

    The past of a few models is rebuilt in milliseconds, that of a whole registry may take long.
    """
    stage = present.policy.assignable[-1]
    serving = [one for one in present.models.list(limit=_ASKED) if one.stages.get(stage)]
    serving.sort(key=lambda one: one.changed_at, reverse=True)
    past = present.at(seq)
    try:
        return stage, tuple(_held(past, one, stage) for one in serving[:_MODELS])
    finally:
        past.close()


def _held(past: Registry, model: RegisteredModel, stage: str) -> Held:
    now = tuple(model.stages[stage])
    for name in (model.name, *model.former_names):
        with suppress(NotFound):
            then = past.models.get(name)
            if then.id == model.id:
                return Held(model.name, known=True, then=tuple(then.stages.get(stage, ())), now=now)
    return Held(model.name, known=False, then=(), now=now)


def arrive(present: Registry, when: datetime | int) -> tuple[Registry, Facts]:
    """Return the registry as it was, and what is known of it then.

    Raises:
        NotFound: The registry did not exist then, or has no such entry.
    """
    from modelshelf.tui.facts import facts

    past = present.at(when)
    try:
        return past, facts(past)
    except BaseException:
        past.close()
        raise

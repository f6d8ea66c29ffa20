"""What the audit screen asks of the log, and what it says of one entry."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from textual.content import Content

from modelshelf.domain.text import safe_block
from modelshelf.tui.asked import Asked
from modelshelf.tui.show import ago, line, styled
from modelshelf.tui.widgets.rows import PAGE, Rows

if TYPE_CHECKING:
    from datetime import datetime

    from modelshelf.domain.audit import Entry
    from modelshelf.registry import Registry
    from modelshelf.tui.widgets.paragraphs import Paragraph

_BODY_SHOWN = 4_000


@dataclass(frozen=True, slots=True)
class Log:
    """The entries that were asked for, and where the log ends.

    Attributes:
        rows: The entries, newest first.
        head: Number of the newest entry there is, whatever was asked for; in the past, of the
            newest that counts.
    """

    rows: Rows[Entry] = field(default_factory=Rows)
    head: int = 0

    def place_of(self, seq: int) -> int | None:
        """Return where an entry is in the list, if that can be told."""
        if self.rows.counted:
            return self.head - seq if 1 <= seq <= self.head else None
        return self.rows.find(seq, lambda entry: entry.seq)


def log(registry: Registry, asked: Asked, pages: Sequence[int], sought: int = 0) -> Log:
    """Return the newest entries; without a filter any page can be asked for.

    Args:
        registry: The registry, or its past.
        asked: Which entries.
        pages: The pages to bring, where the list is counted.
        sought: An entry whose page is to be brought too.
    """
    head, _seal = registry.audit.head()
    if asked != Asked():
        found = on(registry, asked, None)
        return Log(Rows.all_of(found, more=len(found) == PAGE), head)
    rows: Rows[Entry] = Rows(head, counted=True)
    wanted = {0, *pages, *([(head - sought) // PAGE] if 1 <= sought <= head else [])}
    for place in sorted(wanted):
        if place * PAGE < head:
            rows.fill(place, page(registry, head, place))
    return Log(rows, head)


def page(registry: Registry, head: int, place: int) -> tuple[Entry, ...]:
    """Return one page of the whole log; sequence numbers have no gaps."""
    return registry.audit.entries(limit=PAGE, after=head - place * PAGE + 1)


def on(registry: Registry, asked: Asked, after: int | None) -> tuple[Entry, ...]:
    """Return the next entries of a filtered log."""
    return registry.audit.entries(
        model=asked.model,
        reference=asked.version,
        event=asked.event,
        actor=asked.actor,
        since=asked.since,
        until=asked.until,
        limit=PAGE,
        after=after,
    )


def again(registry: Registry, asked: Asked, known: Sequence[Entry], *, more: bool) -> Log:
    """Return a filtered log with what is new before what is known: entries never change.

    Args:
        registry: The registry.
        asked: Which entries.
        known: What was found before, newest first and without a gap.
        more: Whether there was more behind those.
    """
    head, _seal = registry.audit.head()
    newest = on(registry, asked, None)
    new = [entry for entry in newest if not known or entry.seq > known[0].seq]
    if known and len(new) < PAGE:
        return Log(Rows.all_of([*new, *known], more=more), head)
    return Log(Rows.all_of(newest, more=len(newest) == PAGE), head)


# --- one entry ---------------------------------------------------------------------------------


def about(entry: Entry, now: datetime) -> list[Paragraph]:
    """Return everything of an entry, as names and values."""
    return [
        ("what", line(entry.sentence, 1_000)),
        ("who", line(entry.actor)),
        ("when", styled(_moments(entry.at), (f" · {ago(now, entry.at)}", "dim"))),
        ("event", line(f"{entry.event} · {entry.subject}")),
        ("seal", styled((entry.seal, "dim"))),
        ("seal before", styled((entry.prev, "dim"))),
        ("", Content(safe_block(_body(entry), _BODY_SHOWN))),
    ]


def _moments(at: datetime) -> str:
    """Return a moment in UTC, and as the clocks here show it where that is another time."""
    utc = f"{at:%Y-%m-%d %H:%M:%S} UTC"
    try:
        here = at.astimezone()
    except (OverflowError, OSError):  # only somebody who edited the catalog writes such a time
        return utc
    return f"{utc}, {here:%Y-%m-%d %H:%M:%S %z} here" if here.utcoffset() else utc


def _body(entry: Entry) -> str:
    try:
        return json.dumps(entry.body, indent=2, ensure_ascii=False, default=str, sort_keys=True)
    except (RecursionError, TypeError, ValueError):  # edited by another hand; verify says so
        return "the body cannot be shown"


def model_of(entry: Entry) -> str:
    """Return the model that an entry is about, as it was called then; empty when about none."""
    name = entry.body.get("model")
    return name if isinstance(name, str) else ""


@dataclass(frozen=True, slots=True)
class Target:
    """Where the thing is that an entry is about.

    Attributes:
        mode: The part of the app.
        name: The model, as it was called then; empty when it is about none.
        number: The version's number, the request's, or none.
    """

    mode: str
    name: str = ""
    number: int | None = None


def target(entry: Entry) -> Target | None:
    """Return where the thing is that an entry is about; ``None`` when it is about no single one."""
    opened, name = entry.event == "request.opened", model_of(entry)
    request = entry.seq if opened else _number(entry.body.get("request_id"))
    if entry.event.startswith("request.") and request is not None:
        return Target("reviews", name, request)
    if name:
        return Target("models", name, _version(entry))
    return Target("inbox") if entry.event.startswith("artifact.") else None


def _version(entry: Entry) -> int | None:
    """Return the number of the version that an entry is about; the one with most of several."""
    number, held = _number(entry.body.get("number")), entry.body.get("holders")
    if number is not None or not isinstance(held, list):
        return number
    shares = [h for h in held if isinstance(h, list) and len(h) > 2 and _number(h[2]) is not None]  # noqa: PLR2004
    return _number(max(shares, key=lambda h: h[2])[1]) if shares else None


def _number(value: object) -> int | None:
    """Return a number that can be one of a version or a request."""
    return value if type(value) is int and 0 < value < 1 << 53 else None

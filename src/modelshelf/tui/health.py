"""Whether everything is in order: one line for each thing that is looked at."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from modelshelf.domain.text import plural, safe, size_text
from modelshelf.tui import hooking, proving, rooms
from modelshelf.tui.items import Item, Listing
from modelshelf.tui.show import Cell, Look, ago, line, styled
from modelshelf.tui.widgets.grid import Column, Layout

if TYPE_CHECKING:
    from modelshelf.domain.checks import Check
    from modelshelf.tui.widgets.paragraphs import Paragraph

Sign = Literal["good", "look", "wrong", "open"]
PARTS = (
    "hooks", "deliveries", "doctor", "log", "checkpoints", "storage", "quarantine", "garbage",
)  # fmt: skip
_WORDS: Mapping[Sign, tuple[str, Look]] = {
    "good": ("✓ in order", "plain"),
    "look": ("⚠ look", "warn"),
    "wrong": ("✗ wrong", "warn"),
    "open": ("○ not seen", "dim"),
}
_PRESENT = "about the present: T comes back to now"
_LOOKING = "looking …"
_WAITING = Listing(told=(("", line(_LOOKING)),))
_ASKED = {  # which question of the screen answers for a part
    "hooks": "told", "deliveries": "told", "doctor": "doctor", "checkpoints": "doctor",
    "storage": "room",
}  # fmt: skip
COMMANDS: Mapping[str, str] = {
    "hooks": "modelshelf hooks",
    "deliveries": "modelshelf hooks log",
    "doctor": "modelshelf doctor",
    "log": "modelshelf verify",
    "checkpoints": "modelshelf checkpoint",
    "storage": "modelshelf gc --dry-run",
    "quarantine": "modelshelf inbox quarantine",
    "garbage": rooms.COLLECT,
}


@dataclass(frozen=True, slots=True)
class Standing:
    """How one thing stands: its name, its sign, a few words."""

    part: str
    sign: Sign
    words: str


@dataclass(slots=True)
class Known:
    """All that was found out so far.

    Attributes:
        past: Whether the app shows a moment of the past, which none of this is about.
        told: Hooks and deliveries.
        hook: The hook whose deliveries are shown; empty for all.
        state: The state of the deliveries shown; empty for all.
        checks: What the doctor found.
        proof: The newest verification.
        room: What takes the room.
        garbage: What could be freed.
        held: How much is in quarantine.
        failed: Why a question could not be answered, by the name of the question.
    """

    past: bool = False
    told: hooking.Told | None = None
    hook: str = ""
    state: str = ""
    checks: tuple[Check, ...] | None = None
    proof: proving.Proof | None = None
    room: rooms.Room | None = None
    garbage: rooms.Garbage | None = None
    held: int = 0
    failed: dict[str, str] = field(default_factory=dict)

    def against(self, part: str) -> str:
        """Return why nothing is known of a part; empty while it is, or is still looked at."""
        return self.failed.get(_ASKED.get(part, ""), "")

    def check(self, name: str) -> Check | None:
        """Return one check of the doctor."""
        return next((one for one in self.checks or () if one.name == name), None)


# --- a line for each ------------------------------------------------------------------------------


def standings(known: Known, now: datetime) -> tuple[Standing, ...]:
    """Return how everything stands."""
    if known.past:
        return tuple(Standing(part, "open", _PRESENT) for part in PARTS)
    return tuple(_standing(part, known, now) for part in PARTS)


def _standing(part: str, known: Known, now: datetime) -> Standing:
    failed = known.against(part)
    return Standing(part, *(("wrong", failed) if failed else _STANDINGS[part](known, now)))


def parts_layout() -> Layout[Standing]:
    """Return how the lines look."""

    def cells(one: Standing) -> tuple[Cell, ...]:
        word, look = _WORDS[one.sign]
        return Cell(word, look), Cell(one.part, "strong"), Cell(safe(one.words))

    columns = (Column("", 10), Column("check", 11), Column("found", 30, grow=True, begins=True))
    return Layout(columns, cells, lambda one: one.part)


def _hooks(known: Known, now: datetime) -> tuple[Sign, str]:
    del now
    found = known.told
    if found is None:
        return "open", _LOOKING
    if not found.hooks:
        return "good", "none: nobody outside is told of anything"
    many = plural(len(found.hooks), "hook")
    bad = [one for one in found.hooks if one.failed]
    late = [one for one in found.hooks if hooking.sign(one)[0] == "⚠"]
    named = ", ".join(safe(one.key, 40) for one in (bad or late)[:3])
    if bad:
        return "wrong", f"{many}; given up on {named}"
    return ("look", f"{many}; {named} did not answer") if late else ("good", many)


def _deliveries(known: Known, now: datetime) -> tuple[Sign, str]:
    del now
    found = known.told
    if found is None:
        return "open", _LOOKING
    told = sum(one.delivered for one in found.hooks)
    words = f"{told:,} told, {found.waiting:,} waiting, {found.failed:,} given up"
    if found.failed:
        return "wrong", words
    return "good", words if found.hooks else "nothing to tell"


def _doctor(known: Known, now: datetime) -> tuple[Sign, str]:
    del now
    if known.checks is None:
        return "open", _LOOKING
    bad = [one for one in known.checks if not one.ok]
    if bad:
        return "wrong", ", ".join(f"{one.name}: {one.observed}" for one in bad)
    hints = [one for one in known.checks if one.advice]
    if hints:
        return "look", ", ".join(f"{one.name}: {one.observed}" for one in hints)
    return (
        "good",
        f"{plural(len(known.checks), 'check')} of the machine, the folder and the catalog",
    )


def _log(known: Known, now: datetime) -> tuple[Sign, str]:
    proof = known.proof
    if proof is None:
        check = known.check("checkpoints")
        since = f"; checkpoint: {check.observed}" if check is not None else ""
        return "look", f"never verified from here{since}"
    words = f"{proof.words}, {ago(now, proof.at)}{', every byte read' if proof.deep else ''}"
    return ("wrong" if proof.count else "look" if proof.stopped else "good"), words


def _checkpoints(known: Known, now: datetime) -> tuple[Sign, str]:
    del now
    check = known.check("checkpoints")
    if check is None:
        return "open", _LOOKING
    return ("good" if check.ok else "wrong"), check.observed


def _storage(known: Known, now: datetime) -> tuple[Sign, str]:
    del now
    found = known.room
    if found is None:
        return "open", _LOOKING
    words = f"{size_text(found.stored.stored)} stored, {size_text(found.stored.shared)} saved, "
    words += f"{size_text(found.storage.free)} free"
    if found.missing:
        gone = plural(found.missing, "adopted file is", "adopted files are")
        return "wrong", f"{words}; {gone} not where they were"
    return ("wrong" if found.storage.free < rooms.LOW else "good"), words


def _quarantine(known: Known, now: datetime) -> tuple[Sign, str]:
    del now
    return ("look", f"{known.held:,} held") if known.held else ("good", "nothing held")


def _garbage(known: Known, now: datetime) -> tuple[Sign, str]:
    if known.garbage is None:
        return "open", "p looks what could be freed"
    return "good", f"{rooms.freeable(known.garbage)}, {ago(now, known.garbage.at)}"


_STANDINGS: Mapping[str, Callable[[Known, datetime], tuple[Sign, str]]] = {
    "hooks": _hooks,
    "deliveries": _deliveries,
    "doctor": _doctor,
    "log": _log,
    "checkpoints": _checkpoints,
    "storage": _storage,
    "quarantine": _quarantine,
    "garbage": _garbage,
}


# --- one of them in full --------------------------------------------------------------------------


def listing(part: str, known: Known, now: datetime) -> Listing:
    """Return everything about one part."""
    if known.past:
        return Listing(told=(("", line(f"This is {_PRESENT}.")),))
    if failed := known.against(part):
        return Listing(told=(("", styled((failed, "warn"))),))
    return _LISTINGS[part](known, now)


def _all_hooks(known: Known, now: datetime) -> Listing:
    return _WAITING if known.told is None else hooking.hooks(known.told, now)


def _all_deliveries(known: Known, now: datetime) -> Listing:
    if known.told is None:
        return _WAITING
    return hooking.deliveries(known.told, known.hook, known.state, now)


def _all_checks(known: Known, now: datetime) -> Listing:
    del now
    if known.checks is None:
        return _WAITING
    columns = (Column("", 1), Column("check", 12), Column("found", 30, grow=True, begins=True))
    ordered = sorted(known.checks, key=lambda one: (one.ok, not one.advice))
    return Listing(columns, tuple(_check(one) for one in ordered))


def _check(one: Check) -> Item:
    sign, look = ("✗", "warn") if not one.ok else ("⚠", "warn") if one.advice else ("✓", "plain")
    cells = (Cell(sign, look), Cell(safe(one.name), "strong"), Cell(safe(one.observed, 500)))  # type: ignore[arg-type]
    rows: list[Paragraph] = [("found", line(one.observed, 1_000))]
    if one.advice:
        rows.append(("do", styled((safe(one.advice, 1_000), "accent"))))
    return Item(one.name, cells, lambda: rows, one.name, one)


def _kept_heads(known: Known, now: datetime) -> Listing:
    del now
    check = known.check("checkpoints")
    if check is None:
        return _WAITING
    look: Look = "plain" if check.ok else "warn"
    rows: list[Paragraph] = [("newest", styled((safe(check.observed, 1_000), look)))]
    if check.advice:
        rows.append(("do", styled((safe(check.advice, 1_000), "accent"))))
    return Listing(told=(*rows, ("", line("")), ("", line(_ABOUT_CHECKPOINTS, 1_000))))


_ABOUT_CHECKPOINTS = (
    "A checkpoint is number and seal of the newest entry, written beside the catalog by itself."
    " Keep a copy of checkpoints.log elsewhere: whoever cuts the log cannot cut that one. v holds"
    " the log against all of them."
)


_ABOUT_QUARANTINE = (
    "Nothing is held. What the scan refuses at the door is kept apart here, with the reason."
)
_ENTER = "Enter goes to the inbox, where each is released or discarded after a review."


def _held(known: Known, now: datetime) -> Listing:
    del now
    if not known.held:
        return Listing(told=(("", line(_ABOUT_QUARANTINE)),))
    return Listing(told=(("held", styled((f"{known.held:,}", "warn"))), ("", line(_ENTER))))


_LISTINGS: Mapping[str, Callable[[Known, datetime], Listing]] = {
    "hooks": _all_hooks,
    "deliveries": _all_deliveries,
    "doctor": _all_checks,
    "log": lambda known, now: proving.listing(known.proof, now),
    "checkpoints": _kept_heads,
    "storage": lambda known, _now: rooms.storage(known.room),
    "quarantine": _held,
    "garbage": lambda known, now: rooms.collection(known.garbage, now),
}

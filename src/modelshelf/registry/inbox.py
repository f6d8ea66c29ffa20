"""The inbox: what became of everything that was dropped, and what people decide about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Literal, get_args

from modelshelf.catalog import ledger
from modelshelf.catalog import quarantine as catalog
from modelshelf.domain import events
from modelshelf.domain.errors import Conflict, Invalid, NotFound, Refused
from modelshelf.domain.intake import Sighting, State
from modelshelf.domain.models import Registration
from modelshelf.domain.names import check_model_name
from modelshelf.domain.quarantine import PREFIX, Keeping, Quarantined
from modelshelf.domain.text import accept, safe
from modelshelf.registry.naming import check_limit, check_reason
from modelshelf.registry.rights import right

if TYPE_CHECKING:
    from modelshelf.catalog.driver import Connection
    from modelshelf.catalog.ledger import Remembered
    from modelshelf.registry.context import Context

Listed = State | Literal["quarantined"]
_AGAIN = "it will be looked at again"
_STATES: tuple[str, ...] = (*get_args(State), "quarantined")
_DIGITS_MOST = 18
_TEXT_MOST = 1_000
_NUMBER_MOST = 10**_DIGITS_MOST


class Inbox:
    """What the drop folders brought."""

    def __init__(self, context: Context) -> None:
        """Work in ``context``."""
        self._context = context

    @right("viewer")
    def lines(
        self,
        state: Listed | None = None,
        *,
        text: str = "",
        limit: int = 200,
        after: Sighting | None = None,
        apart: bool = False,
    ) -> tuple[Sighting, ...]:
        """Return lines of the ledger, newest first.

        Args:
            state: Only of this state; ``quarantined`` for the refused ones that are kept apart.
            text: Only with this in path, reason, version or model; letter case does not count.
            limit: At most so many.
            after: Only those after this one: hand in the last line of the page before.
            apart: Whether what is held in quarantine is not among the refused.

        Raises:
            Invalid: There is no such state, or the text holds control characters.
            Refused: This is the past.
        """
        _check_state(state, _STATES)
        reader, most = self._reader(), check_limit(limit)
        wanted = accept("text", text, most=_TEXT_MOST)
        held = {"quarantined": True, "refused": False if apart else None}.get(state or "")
        of = None if state == "quarantined" else state
        return ledger.listed(reader, of, most, quarantined=held, text=wanted, after=after)

    @right("viewer")
    def counts(self, *, apart: bool = False) -> Mapping[str, int]:
        """Return how many lines there are of each state, and under ``quarantined`` what is held.

        Args:
            apart: Whether what is held in quarantine is not counted as refused too.

        Raises:
            Refused: This is the past.
        """
        reader = self._reader()
        found = ledger.counts(reader, apart=apart)
        states = {state: found.get(state, 0) for state in get_args(State)}
        return {**states, "quarantined": catalog.held(reader)}

    @right("viewer")
    def get(self, line: int) -> Sighting:
        """Return the line with this number.

        Raises:
            NotFound: There is none.
            Refused: This is the past.
        """
        return _line(self._reader(), line).sighting

    @right("contributor", doing="retry line", about="line")
    def retry(self, line: int) -> Sighting:
        """Let the next sweep look at it as if for the first time, whatever came of it before.

        What is quarantined is put back to where it was dropped: the scan or the policy may have
        changed.

        Raises:
            NotFound: There is no such line, or the bytes are gone.
            Conflict: It was taken in or discarded, or something lies where it goes back to.
            Refused: This is the past, or the way back is no drop folder's any more.
            Unavailable: It cannot be moved.
        """
        known = _line(self._reader(), line)
        kept = self._check_open(known)
        moved = False
        if kept is not None:
            from modelshelf.registry.drops.kept_apart import put_back

            self._context.check_present()
            moved = put_back(self._context, kept)
        return self._again(line, known.sighting.model, moved=moved)

    @right("contributor", of="model", doing="point a dropped file to")
    def point(self, line: int, model: str) -> Sighting:
        """Have it taken into ``model``, whatever its folder or a pattern says.

        What is quarantined stays so; it is released into that model.

        Raises:
            Invalid: No model can be called so.
            NotFound: There is no such line.
            Conflict: It was taken in or discarded.
            Refused: This is the past.
        """
        name = check_model_name(model)
        known = _line(self._reader(), line)
        if self._check_open(known) is None:
            return self._again(line, name, moved=False)
        pointed = replace(known, sighting=replace(known.sighting, model=name))
        with self._context.write("point a dropped file to a model") as transaction:
            ledger.put(transaction, [pointed])
        return self.get(line)

    @right("admin", of="model", about="which")
    def release(self, which: int | str, *, reason: str, model: str | None = None) -> Registration:
        """Make a version of something quarantined after all; its verdict stays with it.

        Where the policy has roles, it takes a second person: not the owner of the file, not who
        watched, and an ``admin`` where there is that role.

        Args:
            which: The number of its line, or ``quarantine:7``.
            reason: Why.
            model: The model; by default the one it was pointed to or meant for.

        Raises:
            Invalid: The reason or a name cannot be used.
            NotFound: There is no such line or number, or the bytes are gone.
            Conflict: It is not held in quarantine.
            Refused: It takes somebody else; the model is retired; this is the past.
            Corrupt: The bytes are not those that were quarantined.
        """
        from modelshelf.registry.drops.releasing import release

        number, pointed = self._number(which)
        wanted = model or pointed or None
        made, new = release(self._context, number, reason=reason, model=wanted)
        return Registration(self._context.versions().versions([made])[0], created=new)

    @right("admin", about="which")
    def discard(self, which: int | str, *, reason: str) -> Quarantined:
        """Close something quarantined for good; its bytes are put away, not deleted.

        Args:
            which: The number of its line, or ``quarantine:7``.
            reason: Why.

        Raises:
            Invalid: The reason cannot be used.
            NotFound: There is no such line or number.
            Conflict: It is not held in quarantine.
            Refused: This is the past.
            Unavailable: It is discarded, and its bytes cannot be moved now.
        """
        from modelshelf.registry.drops import kept_apart

        why = check_reason(reason)
        number, _pointed = self._number(which)
        present = catalog.one(self._context.database.reader(), number)
        if present is None or not kept_apart.is_half_discarded(self._context, present):
            with self._context.write(f"discard {PREFIX}{number}") as transaction:
                kept = kept_apart.held_one(transaction.raw, number)
                place = kept_apart.discarded_place(self._context, kept)
                event = events.ArtifactDiscarded(number, place, why)
                transaction.record(event, kept.reference)
                ledger.discarded(transaction, kept.reference, why)
        done = self.quarantined_one(number)
        kept_apart.put_among_discarded(self._context, done)
        return done

    @right("viewer")
    def quarantined(
        self, state: Keeping | None = "held", *, limit: int = 200
    ) -> tuple[Quarantined, ...]:
        """Return what is held in quarantine, or of another state, or all, newest first.

        Raises:
            Invalid: There is no such state.
        """
        _check_state(state, get_args(Keeping))
        return catalog.listed(self._context.connection(), state, check_limit(limit))

    @right("viewer")
    def quarantined_one(self, number: int) -> Quarantined:
        """Return what was quarantined under this number.

        Raises:
            NotFound: Nothing was.
        """
        kept = catalog.one(self._context.connection(), _whole(number))
        if kept is None:
            raise NotFound(
                f"there is no {PREFIX}{safe(number, 40)}", hint="See modelshelf inbox quarantine."
            )
        return kept

    def _reader(self) -> Connection:
        if self._context.seq is not None:
            raise Refused(
                "the past has no inbox",
                why="what became of a file is kept for the present only",
                hint="Leave out --as-of; modelshelf log tells what was taken in.",
            )
        return self._context.database.reader()

    def _check_open(self, known: Remembered) -> Quarantined | None:
        """Return what a line refers to in quarantine, if something can still become of it."""
        seen = known.sighting
        if seen.state in ("taken", "same"):
            raise Conflict(
                f"{safe(seen.path)} was taken in already",
                why=f"it is {seen.reference}",
                subject=seen.reference,
            )
        if not seen.reference:
            return None
        from modelshelf.registry.drops.kept_apart import held_one

        return held_one(self._reader(), _quarantine_number(seen.reference))

    def _again(self, line: int, model: str, *, moved: bool) -> Sighting:
        with self._context.write("look at a dropped file again") as transaction:
            known = _line(transaction.raw, line)
            waiting = replace(
                known.sighting, state="waiting", reason=_AGAIN, reference="", model=model
            )
            seen = None if moved else known.seen
            ledger.put(transaction, [replace(known, sighting=waiting, seen=seen, failures=0)])
        return self.get(line)

    def _number(self, which: int | str) -> tuple[int, str]:
        """Return the number in quarantine, and the model that a person pointed it to."""
        self._context.check_present()
        if isinstance(which, str) and which.startswith(PREFIX):
            number = _quarantine_number(which)
            lines = ledger.referring(self._reader(), which)
            return number, next((known.sighting.model for known in lines), "")
        known = _line(self._reader(), which)
        if known.sighting.state != "refused" or not known.sighting.reference:
            raise Conflict(
                f"{safe(known.sighting.path)} is not in quarantine",
                observed=known.sighting.state,
                hint="See modelshelf inbox quarantine.",
            )
        return _quarantine_number(known.sighting.reference), known.sighting.model


def _line(connection: Connection, which: int | str) -> Remembered:
    found = ledger.line(connection, _whole(which))
    if found is None:
        raise NotFound(f"the inbox has no line {safe(which, 40)}", hint="See modelshelf inbox.")
    return found


def _quarantine_number(reference: str) -> int:
    return _whole(reference.removeprefix(PREFIX))


def _whole(which: int | str) -> int:
    """Return the number that ``which`` is or says."""
    if isinstance(which, str) and which.isascii() and which.isdigit():
        which = int(which) if len(which) <= _DIGITS_MOST else -1
    if isinstance(which, bool) or not isinstance(which, int) or not 0 < which <= _NUMBER_MOST:
        raise Invalid(
            f"{safe(which, 40)!r} names no line of the inbox",
            required=f"a number such as 3, or {PREFIX}7",
        )
    return which


def _check_state(state: object, known: tuple[str, ...]) -> None:
    if state is not None and state not in known:
        raise Invalid(f"{safe(state, 40)!r} is no state", required=", ".join(known))

"""What undo, ramping and returning must do, told once more with one flat dictionary for a model.

A change is the difference between two such dictionaries. Taking it back is putting the old values
back where the new ones still stand; a stage takes its archiving along.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

LADDER = ("staging", "production")
Flat = dict[tuple[Any, ...], Any]
Held = dict[int, int]


class CannotUndoError(Exception):
    """The dictionaries say that a change cannot be taken back."""


@dataclass(frozen=True)
class Node:
    """Who was given a stage, and what a rollback from there returns to."""

    held: Held
    below: Node | None = None


@dataclass
class Change:
    """One change: its first entry, what was and what is; ``None`` for what is never undone."""

    seq: int
    model: Known
    was: Flat | None
    new: Flat
    undoes: Change | None = None
    undone_by: list[Change] = field(default_factory=list)

    @property
    def counts(self) -> bool:
        """Whether no undo of it stands."""
        return not any(later.counts for later in self.undone_by)

    @property
    def stage(self) -> str | None:
        """The stage that it moved, if it moved one."""
        return next((key[1] for key in self.new if key[0] == "node"), None)


@dataclass
class Known:
    """One model."""

    flat: Flat
    count: int = 0

    @property
    def name(self) -> str:
        """What it is called."""
        return str(self.flat[("name",)])

    def node(self, stage: str) -> Node:
        """Return how a stage came to be held as it is."""
        found: Node = self.flat.get(("node", stage)) or Node({})
        return found

    def holds(self, number: int) -> list[str]:
        """Return the stages that a version holds."""
        return [s for s in LADDER if number in self.node(s).held]

    def yanked(self, held: Held) -> bool:
        """Whether one of them must not be used."""
        return any(self.flat[("yanked", n)] is not None for n in held)

    def register(self) -> int:
        """Add a version; return its number."""
        self.count += 1
        self.flat[("archived", self.count)] = False
        self.flat[("yanked", self.count)] = None
        return self.count

    def put(self, stage: str, node: Node) -> None:
        """Let a stage be held so; who comes is out of the archive."""
        self.flat[("node", stage)] = node
        for number in node.held:
            self.flat[("archived", number)] = False

    def give(self, stage: str, node: Node) -> None:
        """The same, and who holds nothing any more is put away."""
        before = self.node(stage).held
        self.put(stage, node)
        for number in before:
            if not self.holds(number):
                self.flat[("archived", number)] = True

    def take_back(self, change: Change) -> None:
        """Put back what a change replaced."""
        if change.was is None:
            raise CannotUndoError
        if not change.counts:
            raise CannotUndoError
        if change.stage is not None:
            self._stage_back(change, change.stage)
            return
        for key, value in change.new.items():
            if self.flat.get(key) != value:
                raise CannotUndoError
            if key[0] == "archived" and not value and self.holds(key[1]):
                raise CannotUndoError
        for key in change.new:
            if (was := change.was.get(key)) is None and key[0] in ("tag", "alias"):
                del self.flat[key]
            else:
                self.flat[key] = was

    def _stage_back(self, change: Change, stage: str) -> None:
        assert change.was is not None
        back: Node = change.was.get(("node", stage)) or Node({})
        left: Node = change.new[("node", stage)]
        if left.held == back.held or self.node(stage).held != left.held or self.yanked(back.held):
            raise CannotUndoError
        self.put(stage, back if back.held else Node({}, self.node(stage)))
        for key, value in change.new.items():
            if key[0] == "archived" and value != change.was[key]:
                self.flat[key] = bool(change.was[key]) and not self.holds(key[1])

    def view(self) -> dict[str, Any]:
        """Return everything that a registry shows of it."""
        flat = self.flat
        aliases = {key[1]: number for key, number in flat.items() if key[0] == "alias"}
        held = {stage: self.node(stage).held for stage in LADDER}
        versions = {}
        for n in range(1, self.count + 1):
            top = (self.holds(n) or ["archived" if flat[("archived", n)] else "draft"])[-1]
            versions[n] = {
                "archived": flat[("archived", n)],
                "freed": False,
                "yanked": flat[("yanked", n)],
                "tags": {key[2]: v for key, v in flat.items() if key[:2] == ("tag", n)},
                "metrics": {},
                "label": (top, held.get(top, {}).get(n, 0)),
                "aliases": sorted(a for a, number in aliases.items() if number == n),
            }
        return {"versions": versions, "stages": {s: dict(h) for s, h in held.items() if h}}


@dataclass
class Governed:
    """All models and every change, oldest first."""

    models: list[Known] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)

    @contextmanager
    def changing(self, seq: int, model: Known, undoes: Change | None = None) -> Iterator[None]:
        """Note what the block changes of ``model``, as the change whose first entry is ``seq``."""
        was = dict(model.flat)
        yield
        new = {k: model.flat.get(k) for k in {*was, *model.flat} if model.flat.get(k) != was.get(k)}
        before = {k: was.get(k) for k in new} if new else None  # what changed nothing stays so
        change = Change(seq, model, before, new, undoes)
        if undoes is not None:
            undoes.undone_by.append(change)
        self.changes.append(change)
        self.changes.sort(key=lambda c: c.seq)

    def newest(self) -> Change | None:
        """Return what an undo without a number is about."""
        return next((c for c in reversed(self.changes) if c.undoes is None and c.counts), None)

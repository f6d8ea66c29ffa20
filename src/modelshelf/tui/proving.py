"""The proof of the log: made beside the screen, stopped half way, shown, and remembered."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from modelshelf.domain.audit import Problem
from modelshelf.domain.text import plural, safe
from modelshelf.tui.items import Item, Listing
from modelshelf.tui.show import Cell, ago, line, moment, styled
from modelshelf.tui.widgets.grid import Column

if TYPE_CHECKING:
    from modelshelf.registry import Registry
    from modelshelf.tui.memory import State
    from modelshelf.tui.tasks import Task
    from modelshelf.tui.widgets.paragraphs import Paragraph

_KEPT = 20
_LONG = 1_000
_ADVICE: Mapping[str, str] = {
    "entry": "The log was edited or cut: hold it against checkpoints kept elsewhere, and restore a"
    " backup from before.",
    "table": "The tables were edited beside the log: modelshelf rebuild makes them anew from it.",
    "blob": "The bytes are gone or another: restore the file from a backup, or adopt it again where"
    " it lies.",
    "checkpoint": "Find out who holds the key; modelshelf verify --public-key FILE says more.",
    "registry": "Another registry lies in this folder: restore the backup of the right one.",
}
_ADVISED = "modelshelf verify tells the same to a script; docs/audit.md says what it means."


@dataclass(frozen=True, slots=True)
class Proof:
    """What came of a verification.

    Attributes:
        at: When it ended, UTC.
        seq: The newest entry it reached.
        seal: Its seal; empty where it was stopped.
        deep: Whether every byte was to be read.
        problems: What is wrong; of many the first.
        count: How many things are wrong.
        told: What was looked at, and what else was proven; a sentence each.
        stopped: How far it was when it was stopped; empty when it came to its end.
    """

    at: datetime
    seq: int
    seal: str
    deep: bool
    problems: tuple[Problem, ...] = ()
    count: int = 0
    told: tuple[str, ...] = ()
    stopped: str = ""

    @property
    def words(self) -> str:
        """What came of it, in a few words."""
        wrong = f"{self.count:,} thing{'s are' if self.count > 1 else ' is'} not as written"
        if self.stopped:
            found = wrong if self.count else "nothing wrong until there"
            return f"stopped at {self.stopped}: {found}"
        return wrong if self.count else f"whole up to entry {self.seq:,}"


def prove(registry: Registry, task: Task, *, deep: bool, clock: Callable[[], datetime]) -> Proof:
    """Verify the log, the tables and the bytes, as long as nobody stops it."""
    from modelshelf.registry.halting import Halted

    def progress(done: int, whole: int, what: str) -> None:
        task.unit = what
        task.note(done, whole)
        if task.stopped:
            raise Halted

    try:
        found = registry.audit.verify(deep=deep, progress=progress)
    except Halted as halted:
        share = min(1.0, task.done / task.whole) if task.whole else 0.0
        stopped = f"{share:.0%} of the {task.unit}"
        problems = halted.problems
        return Proof(clock(), 0, "", deep, problems[:_LONG], len(problems), (), stopped)
    read = f", {plural(found.blobs, 'blob')} read and hashed" if deep else ""
    held = f"{plural(found.entries, 'entry', 'entries')}, {plural(found.rows, 'row')}"
    told = (f"{held} held against a replay{read}.", *found.proven)
    problems = found.problems
    return Proof(
        clock(), found.head_seq, found.head_seal, deep, problems[:_LONG], len(problems), told
    )


def advice(problem: Problem) -> str:
    """Return what to do about a problem."""
    return _ADVICE.get(problem.where.partition(" ")[0], _ADVISED)


# --- how it looks ---------------------------------------------------------------------------------

_TEACHING = (
    "Nobody has verified this registry from here yet.",
    "v checks every seal, holds every table against the log, and looks whether all bytes",
    "are there; V reads the bytes too.",
    "It changes nothing, and esc stops it at any time.",
)


def listing(proof: Proof | None, now: datetime) -> Listing:
    """Return what came of the newest verification, what is wrong first."""
    if proof is None:
        return Listing(told=tuple(("", line(text, _LONG)) for text in _TEACHING))
    columns = (Column("", 1), Column("where", 24, begins=True, most=48, grow=True),
               Column("what is wrong", 30, grow=True, begins=True))  # fmt: skip
    items = tuple(_item(place, one) for place, one in enumerate(proof.problems))
    more = "" if proof.count == len(items) else f"  the first {len(items):,}"
    return Listing(columns, items, tuple(_about(proof, now)), f"{proof.words}{more}")


def _item(place: int, problem: Problem) -> Item:
    cells = (Cell("✗", "warn"), Cell(safe(problem.where)), Cell(safe(problem.what, _LONG)))
    about = (
        ("where", line(problem.where)),
        ("what", styled((safe(problem.what, _LONG), "warn"))),
        ("do", line(advice(problem), _LONG)),
    )
    return Item((place, problem), cells, lambda: about, problem.where, problem)


def _about(proof: Proof, now: datetime) -> Sequence[Paragraph]:
    sign = "⚠ " if proof.stopped else "✓ "
    rows: list[Paragraph] = [
        ("came of it", styled((("✗ " if proof.count else sign) + proof.words, "strong"))),
        ("when", line(f"{ago(now, proof.at)} · {moment(proof.at)} UTC")),
        ("how", line("every byte was read" if proof.deep else "without reading the bytes")),
    ]
    if proof.stopped:
        return [*rows, ("", line("")), ("", line("v begins again from the first entry."))]
    rows += [("head", line(f"entry {proof.seq:,}")), ("seal", styled((proof.seal, "dim")))]
    rows += [("looked at" if not n else " ", line(t, _LONG)) for n, t in enumerate(proof.told)]
    return rows


# --- what is remembered ---------------------------------------------------------------------------


def kept(proof: Proof | None) -> State:
    """Return a proof for a later start; what was stopped is not worth it."""
    if proof is None or proof.stopped:
        return {}
    problems = [[safe(p.where), safe(p.what)] for p in proof.problems[:_KEPT]]
    at = proof.at.isoformat()
    return {"at": at, "seq": proof.seq, "seal": proof.seal, "deep": proof.deep,
            "problems": problems, "count": proof.count}  # fmt: skip


def read_kept(found: object) -> Proof | None:
    """Return the proof that an earlier start remembered; ``None`` for anything that is none."""
    if not isinstance(found, dict):
        return None
    problems = found.get("problems", [])
    try:
        at = datetime.fromisoformat(found["at"])
        seq, seal, count = int(found["seq"]), str(found["seal"])[:64], int(found["count"])
        wrong = tuple(Problem(safe(where), safe(what)) for where, what in problems[:_KEPT])
    except (KeyError, TypeError, ValueError, OverflowError):
        return None
    if at.tzinfo is None or not 0 <= len(wrong) <= count or (count and not wrong):
        return None
    return Proof(at, seq, seal, bool(found.get("deep")), wrong, count)

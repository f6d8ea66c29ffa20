"""What a comparison has to read, and what is known without reading anything."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from modelshelf.domain.tensor_comparison import TensorComparison, TensorState
from modelshelf.domain.text import safe
from modelshelf.formats.comparing.kinds import SIZES, elements_of
from modelshelf.formats.comparing.sides import Pair, Side, pair
from modelshelf.formats.interface import Placed

if TYPE_CHECKING:
    from modelshelf.formats.comparing.running import Progress

_AGAIN_MOST = 4
"""Tensors may lie over each other without end; so many times the file is read at the most."""
_SMALL = 1 << 20
_NAMED = 3

Why = Literal["plain", "fit", "shape", "bytes", "types", "again", "stopped"]
_SENTENCES: dict[Why, str] = {
    "plain": "not stored as plain values (compressed, big-endian, column-major or elsewhere)",
    "fit": "of other length than their shape and type take",
    "shape": "of a shape that no tensor can have",
    "bytes": "of packed or unknown types, so only told apart byte by byte",
    "types": "of types between which values cannot be converted",
    "again": "lying over other tensors so often that they were not read",
    "stopped": "not compared, because it was stopped",
}


@dataclass(frozen=True, slots=True)
class Job:
    """Two stretches of bytes to be read in step.

    Attributes:
        left: Of the baseline.
        right: Of the other.
        elements: How many both hold; of tensors compared as bytes, how many bytes.
        values: Whether numbers are compared; else only whether the bytes are the same.
    """

    left: Placed
    right: Placed
    elements: int
    values: bool

    @property
    def widths(self) -> tuple[int, int]:
        """Bytes of an element on either side."""
        if not self.values:
            return 1, 1
        return SIZES[self.left.dtype], SIZES[self.right.dtype]

    @property
    def size(self) -> int:
        """Bytes of both sides."""
        return self.left.length + self.right.length


@dataclass(frozen=True, slots=True)
class Entry:
    """One row to be.

    Attributes:
        pair: Which tensors.
        state: What it is, if it is known before reading, or whatever reading says.
        job: What has to be read for it.
        same: Whether the values are known to be the same without reading.
    """

    pair: Pair
    state: TensorState | None = None
    job: Job | None = None
    same: bool = False


@dataclass(slots=True)
class Notes:
    """Tensors that could not be compared, by the reason."""

    sentences: list[str] = field(default_factory=list)
    names: dict[Why, list[str]] = field(default_factory=dict)
    counts: dict[Why, int] = field(default_factory=dict)

    def add(self, why: Why, name: str) -> None:
        """Note one tensor."""
        self.counts[why] = self.counts.get(why, 0) + 1
        named = self.names.setdefault(why, [])
        if len(named) < _NAMED:
            named.append(safe(name, 80))

    def copy(self) -> Notes:
        """Return notes that can be added to without changing these."""
        names = {why: list(names) for why, names in self.names.items()}
        return Notes(list(self.sentences), names, dict(self.counts))

    def told(self) -> tuple[str, ...]:
        """Return a sentence for each reason, with the first names."""
        found = list(self.sentences)
        for why, count in self.counts.items():
            names = ", ".join(self.names[why]) + ("…" if count > _NAMED else "")
            what = "tensor is" if count == 1 else "tensors are"
            found.append(f"{count:,} {what} {_SENTENCES[why]}: {names}.")
        return tuple(found)


@dataclass(slots=True)
class Plan:
    """A comparison that is ready to run.

    Attributes:
        left: The baseline.
        right: The other.
        entries: The rows in their order.
        jobs: What is to be read, each once.
        notes: What cannot be compared.
        whole: Whether everything that can be read will be.
    """

    left: Side
    right: Side
    entries: list[Entry] = field(default_factory=list)
    jobs: list[Job] = field(default_factory=list)
    notes: Notes = field(default_factory=Notes)
    whole: bool = True

    @property
    def size(self) -> int:
        """Bytes that will be read of both sides."""
        return sum(job.size for job in self.jobs)

    def run(
        self,
        progress: Progress | None = None,
        cancelled: Callable[[], bool] | None = None,
    ) -> TensorComparison:
        """Read and compare.

        Args:
            progress: Is told bytes done, bytes to do and the tensor at hand, in this thread.
            cancelled: Is asked between pieces; what was compared until then is returned.

        Raises:
            Corrupt, NotFound, Conflict, Unavailable: The bytes of a side are not there any more,
                or are not those that were stored.
        """
        from modelshelf.formats.comparing.rows import told
        from modelshelf.formats.comparing.running import run

        return told(self, run(self, progress, cancelled))


def plan(left: Side, right: Side) -> Plan:
    """Return what comparing ``right`` with the baseline ``left`` takes; reads nothing."""
    made = Plan(left, right)
    pairs, note = pair(left, right)
    if note:
        made.notes.sentences.append(note)
    room = [_AGAIN_MOST * side.source.size + _SMALL for side in (left, right)]
    known: dict[tuple[object, ...], Job] = {}
    for each in pairs:
        entry = _entry(made, each)
        if entry.job is not None:
            entry = _within(made, entry, entry.job, known, room)
        made.entries.append(entry)
    return made


def _within(
    made: Plan, entry: Entry, job: Job, known: dict[tuple[object, ...], Job], room: list[int]
) -> Entry:
    """Let what lies in the same places be read once, and refuse what would be read without end."""
    sides = (job.left, job.right)
    key = (*((t.file, t.start, t.length, t.dtype) for t in sides), job.values)
    if key in known:
        return Entry(entry.pair, entry.state, known[key])
    if any(tensor.length > left for tensor, left in zip(sides, room, strict=True)):
        made.notes.add("again", entry.pair.name)
        made.whole = False
        return Entry(entry.pair, "unread")
    for number, tensor in enumerate(sides):
        room[number] -= tensor.length
    known[key] = job
    made.jobs.append(job)
    return entry


def _entry(made: Plan, each: Pair) -> Entry:
    if each.left is None or each.right is None:
        return Entry(each, "added" if each.left is None else "removed")
    left, right = made.left.placed[each.left], made.right.placed[each.right]
    counts = elements_of(left), elements_of(right)
    if None in counts:
        made.notes.add("shape", each.name)
        return Entry(each, "unread")
    state: TensorState | None = None
    if left.shape != right.shape:
        state = "other shape"
    elif left.dtype != right.dtype:
        state = "other type"
    if counts[0] != counts[1]:
        return Entry(each, state)
    if counts[0] == 0 or _known_same(made, each, left, right):
        return Entry(each, state or "same", same=True)
    return _readable(made, Entry(each, state), (left, right), counts[0] or 0)


def _known_same(made: Plan, each: Pair, left: Placed, right: Placed) -> bool:
    """Tell whether what is recorded proves that two tensors have the same values."""
    if left.dtype != right.dtype or each.left is None or each.right is None:
        return False
    digest = made.left.digests.get(each.left)
    if digest and digest == made.right.digests.get(each.right):
        return True
    held = made.left.files.get(left.file)
    if not held or held != made.right.files.get(right.file) or left.length != right.length:
        return False
    return left.start == right.start and (left.start >= 0 or left.name == right.name)


def _readable(made: Plan, entry: Entry, sides: tuple[Placed, Placed], elements: int) -> Entry:
    """Return what to read of two tensors with the same number of elements."""
    (left, right), state, each = sides, entry.state, entry.pair
    if any(tensor.start < 0 or not tensor.length for tensor in sides):
        made.notes.add("plain", each.name)
        return Entry(each, state or "unread")
    numbers = left.dtype in SIZES and right.dtype in SIZES
    if numbers and any(tensor.length != elements * SIZES[tensor.dtype] for tensor in sides):
        made.notes.add("fit", each.name)
        return Entry(each, state or "unread")
    if left.dtype != right.dtype:
        return _converted(made, entry, sides, elements if numbers else 0)
    if left.length != right.length:
        made.notes.add("bytes", each.name)
        return Entry(each, state or "changed")
    values = numbers and state is None
    job = Job(left, right, elements if values else left.length, values=values)
    return Entry(each, state, job)


def _converted(made: Plan, entry: Entry, sides: tuple[Placed, Placed], elements: int) -> Entry:
    """Return what to read of two types; of another shape too, no element stands for another."""
    if entry.state != "other type":
        return entry
    if not elements:
        made.notes.add("types", entry.pair.name)
        return entry
    return Entry(entry.pair, entry.state, Job(*sides, elements, values=True))

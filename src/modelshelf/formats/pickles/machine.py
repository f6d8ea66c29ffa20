"""Runs a pickle's opcodes on symbols instead of objects, so that nothing is ever called."""

from __future__ import annotations

from dataclasses import dataclass, field

from modelshelf.formats.pickles.actions import ACTIONS
from modelshelf.formats.pickles.arrays import ArrayLayout, array_layout, wraps_array
from modelshelf.formats.pickles.opcodes import BUILD, FIXED, LINE, PREFIXED, SIGNED, STOP
from modelshelf.formats.pickles.stack import Stack
from modelshelf.formats.pickles.stream import KEPT, ByteStream
from modelshelf.formats.pickles.values import OPAQUE, RawArray
from modelshelf.formats.trouble import LimitReached, Malformed

_AT_A_TIME = 65_536
_MOST_ON_STACK = 1_500_000


@dataclass(slots=True)
class Budget:
    """How many opcodes may still be read, over all streams of one file."""

    opcodes: int = 25_000_000


@dataclass(slots=True)
class Run:
    """One reading of one pickle.

    Attributes:
        stream: Where its bytes come from.
        stack: What it has built so far, and what it was seen to do.
        budget: Shared with the other readings of the same file.
    """

    stream: ByteStream
    stack: Stack
    budget: Budget = field(default_factory=Budget)

    def to_stop(self) -> object:
        """Read up to STOP and return the value that unpickling would give.

        Raises:
            Malformed: No unpickler would get that far.
            LimitReached: There are too many opcodes or values.
        """
        while self.budget.opcodes > 0:
            steps = min(_AT_A_TIME, self.budget.opcodes)
            self.budget.opcodes -= steps
            if self._stopped_within(steps):
                return self.stack.result()
            if self.stack.depth() > _MOST_ON_STACK:
                raise LimitReached("the pickle keeps too many values on its stack")
        raise LimitReached("the pickle has too many opcodes")

    def _stopped_within(self, steps: int) -> bool:
        stream, stack = self.stream, self.stack
        for _ in range(steps):
            opcode = stream.opcode()
            size = FIXED.get(opcode)
            if size is None:
                argument = self._prefixed(opcode)
            elif size > 0:
                argument = stream.take(size)
            elif size == 0:
                if opcode == STOP:
                    stream.stop()
                    return True
                argument = b""
            else:
                argument = self._lines(size)
            ACTIONS[opcode](stack, argument, stream)
            if opcode == BUILD and stack.joblib and wraps_array(stack.top()):
                self._pass_array()
        return False

    def _pass_array(self) -> None:
        """Move over the array that joblib wrote behind the stand-in that was just built."""
        layout = array_layout(self.stack.pop())
        if not self.stream.leave_frame():
            raise Malformed(f"an array begins inside a frame at byte {self.stream.position:,}")
        if layout.objects:
            inner = Stack(self.stack.seen, joblib=False)
            self.stack.push(Run(self.stream, inner, self.budget).to_stop())
        else:
            if layout.padded:
                self.stream.skip(self.stream.take(1)[0])
            self.stack.push(self._raw(layout))
        self.stack.seen.arrays += 1

    def _raw(self, layout: ArrayLayout) -> object:
        if layout.length > KEPT:
            self.stream.skip(layout.length)
            return OPAQUE
        return RawArray(layout.element, self.stream.take(layout.length))

    def _prefixed(self, opcode: int) -> bytes | None:
        width = PREFIXED.get(opcode)
        if width is None:
            raise Malformed(f"{opcode:#04x} at byte {self.stream.position - 1:,} is no opcode")
        length = int.from_bytes(self.stream.take(width), "little")
        if opcode in SIGNED and length >= 1 << 31:
            raise Malformed(f"a negative length at byte {self.stream.position:,}")
        if length > KEPT:
            self.stream.skip(length)
            return None
        return self.stream.take(length)

    def _lines(self, kind: int) -> bytes | None:
        first = self.stream.line()
        if kind == LINE:
            return first
        second = self.stream.line()
        return None if first is None or second is None else first + b"\n" + second

"""What a child that looks into files may use, and what it is made of."""

from __future__ import annotations

import math
import sys
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Setup:
    """How children are made.

    Attributes:
        memory: Bytes of address space that looking may take, beyond those of an idle child.
        seconds: Processor time for one request, whatever the size of its files.
        bytes_per_second: For each of these one more second.
        patience: How much longer than that the parent waits, as a factor.
        start: Seconds that a child may take until it is ready.
        requests: After this many a child is replaced.
        inspectors: Modules whose ``inspectors()`` are asked before the others; for tests.
        python: The interpreter.
    """

    memory: int = 1 << 30
    seconds: int = 30
    bytes_per_second: int = 20_000_000
    patience: float = 3.0
    start: float = 20.0
    requests: int = 20_000
    inspectors: tuple[str, ...] = ()
    python: str = sys.executable

    def processor_seconds(self, size: int) -> int:
        """Return the seconds of processor time for files of ``size`` bytes in all."""
        return self.seconds + math.ceil(max(size, 0) / self.bytes_per_second)

    def waiting_seconds(self, size: int) -> float:
        """Return how long the parent waits for an answer about files of ``size`` bytes in all."""
        return self.processor_seconds(size) * self.patience

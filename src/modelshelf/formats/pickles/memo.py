"""The memo of a pickle, kept within a fixed memory however large its numbers are."""

from __future__ import annotations

from modelshelf.formats.pickles.allowance import Allowance
from modelshelf.formats.pickles.values import OPAQUE, Global, Made, Outside, RawArray
from modelshelf.formats.trouble import LimitReached, Malformed

_MOST_DENSE = 6_000_000
_MOST_SPARSE = 100_000


class Memo:
    """Numbered values; the numbers mostly count up, and hostile ones need not."""

    def __init__(self, allowance: Allowance) -> None:
        """Start empty; containers are kept within the allowance."""
        self._dense: list[object] = []
        self._sparse: dict[int, object] = {}
        self._allowance = allowance

    def append(self, value: object) -> None:
        """Store under the next number, as MEMOIZE does: the count of values so far."""
        self.put(len(self._dense) + len(self._sparse), value)

    def put(self, number: int, value: object) -> None:
        """Store ``value`` under ``number``."""
        if number < 0:
            raise Malformed("a negative number in the memo")
        kept = self._affordable(value)
        if number < len(self._dense):
            self._dense[number] = kept
        elif number == len(self._dense):
            self._sparse.pop(number, None)
            self._dense.append(kept)
        else:
            self._sparse[number] = kept
        if len(self._dense) > _MOST_DENSE or len(self._sparse) > _MOST_SPARSE:
            raise LimitReached("the pickle remembers too many values")

    def get(self, number: int) -> object:
        """Return the value stored under ``number``."""
        if 0 <= number < len(self._dense):
            return self._dense[number]
        try:
            return self._sparse[number]
        except KeyError:
            raise Malformed(f"number {number:,} of the memo was never stored") from None

    def _affordable(self, value: object) -> object:
        if isinstance(value, (tuple, list, dict)):
            return value if self._allowance.container(len(value)) else OPAQUE
        if isinstance(value, (Made, Outside, RawArray)):
            return value if self._allowance.container(0) else OPAQUE
        return value if value is None or isinstance(value, (str, bytes, Global)) else OPAQUE

"""The rows a table knows so far: pages of a list that may be a million long."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator, Sequence
from typing import Generic, TypeVar

T = TypeVar("T")

PAGE = 128
_KEPT = 16


class Rows(Generic[T]):
    """A window on a list, filled page by page.

    A list is either *counted* (its length is known, any page can be asked for) or *walked* (pages
    come one after another, and ``more`` says that there are others).

    Attributes:
        total: Rows that are known to exist.
        more: Whether there are rows after those.
        counted: Whether any page can be asked for; then far pages are forgotten.
    """

    def __init__(self, total: int = 0, *, more: bool = False, counted: bool = False) -> None:
        """Begin with no page known."""
        self.total = total
        self.more = more
        self.counted = counted
        self._pages: OrderedDict[int, tuple[T, ...]] = OrderedDict()

    @classmethod
    def all_of(cls, values: Sequence[T], *, more: bool = False) -> Rows[T]:
        """Return rows that begin with ``values``."""
        rows: Rows[T] = cls(len(values), more=more)
        for start in range(0, len(values), PAGE):
            rows._pages[start // PAGE] = tuple(values[start : start + PAGE])
        return rows

    def get(self, index: int) -> T | None:
        """Return the row at ``index`` if it is known."""
        page = self._pages.get(index // PAGE)
        offset = index % PAGE
        return page[offset] if page is not None and 0 <= offset < len(page) else None

    def fill(self, page: int, values: Sequence[T]) -> None:
        """Take in a page of a counted list."""
        self._pages[page] = tuple(values)
        self._pages.move_to_end(page)
        while len(self._pages) > _KEPT:
            self._pages.popitem(last=False)

    def extend(self, values: Sequence[T], *, more: bool) -> None:
        """Take in the next rows of a walked list."""
        for start in range(self.total // PAGE * PAGE, self.total + len(values), PAGE):
            known = self._pages.get(start // PAGE, ())
            first = start + len(known) - self.total
            self._pages[start // PAGE] = known + tuple(values[first : first + PAGE - len(known)])
        self.total += len(values)
        self.more = more

    def missing(self, first: int, last: int) -> list[int]:
        """Return the pages to ask for so that rows ``first`` to ``last`` are known."""
        last = min(last, self.total - 1)
        wanted = range(max(first, 0) // PAGE, last // PAGE + 1) if last >= 0 else range(0)
        return [page for page in wanted if page not in self._pages]

    def known(self) -> Iterator[tuple[int, T]]:
        """Yield the known rows with their places, in order."""
        for page in sorted(self._pages):
            for offset, value in enumerate(self._pages[page]):
                yield page * PAGE + offset, value

    def find(self, key: Hashable, key_of: Callable[[T], Hashable]) -> int | None:
        """Return where the row with ``key`` is, if it is known."""
        return next((index for index, value in self.known() if key_of(value) == key), None)

"""The stack of the symbolic unpickler, and the record of what was seen on it."""

from __future__ import annotations

from dataclasses import dataclass, field

from modelshelf.formats.pickles.allowance import Allowance
from modelshelf.formats.pickles.memo import Memo
from modelshelf.formats.pickles.values import Global
from modelshelf.formats.trouble import LimitReached, Malformed

_MOST_GLOBALS = 5_000
_MOST_PERSISTENT = 200_000
_MOST_FACTS = 64
_MOST_ABUSES = 100


@dataclass(slots=True)
class Seen:
    """What a pickle was seen to do; shared by all streams of one file.

    Attributes:
        globals: Each imported name with the byte where it was first imported.
        unresolved: A sentence for everything that cannot be followed, with its byte.
        abuses: A rule and a sentence for everything that no honest pickle does, with its byte.
        persistent: What stands for objects kept outside the pickle, as PyTorch's tensors are.
        facts: Values of telling attributes, such as ``_sklearn_version``.
        arrays: How many arrays of joblib stood between the opcodes.
        calls: How many times something was called or given a state.
        protocol: The newest protocol that it declares; 0 when it declares none.
        allowance: How much of it may still be kept in memory.
    """

    globals: dict[Global, int] = field(default_factory=dict)
    unresolved: dict[str, int] = field(default_factory=dict)
    abuses: dict[tuple[str, str], int] = field(default_factory=dict)
    persistent: list[object] = field(default_factory=list)
    facts: dict[str, str] = field(default_factory=dict)
    arrays: int = 0
    calls: int = 0
    protocol: int = 0
    allowance: Allowance = field(default_factory=Allowance)

    def imported(self, module: str, name: str, position: int) -> Global:
        """Note an import and return its symbol."""
        symbol = Global(module, name)
        if symbol not in self.globals:
            if len(self.globals) >= _MOST_GLOBALS:
                raise LimitReached("the pickle imports too many names")
            self.globals[symbol] = position
        return symbol

    def lost(self, sentence: str, position: int) -> None:
        """Note that something cannot be followed from here."""
        self.unresolved.setdefault(sentence, position)

    def abuse(self, rule: str, sentence: str, position: int) -> None:
        """Note something that no honest pickle does."""
        if len(self.abuses) < _MOST_ABUSES:
            self.abuses.setdefault((rule, sentence), position)

    def patched(self, symbol: Global, position: int) -> None:
        """Note that an imported thing itself is changed, and so the program that loads it."""
        self.abuse("pickle.patch", f"it changes {symbol} itself for the whole program", position)

    def outside(self, identity: object) -> None:
        """Note a reference to an object outside the pickle."""
        if len(self.persistent) >= _MOST_PERSISTENT:
            raise LimitReached("the pickle refers to too many objects outside")
        self.persistent.append(identity)

    def fact(self, key: str, value: object) -> None:
        """Keep the first value of an attribute."""
        if len(self.facts) < _MOST_FACTS:
            self.facts.setdefault(key, str(value))


class Stack:
    """Values, marks and memo of one stream.

    Attributes:
        values: The values above the last mark.
        memo: What PUT and MEMOIZE stored.
        seen: Where noteworthy things are written down.
        joblib: Whether arrays of joblib stand between the opcodes.
    """

    def __init__(self, seen: Seen, *, joblib: bool) -> None:
        """Start empty."""
        self.values: list[object] = []
        self.memo = Memo(seen.allowance)
        self.seen = seen
        self.joblib = joblib
        self._below: list[list[object]] = []
        self._depth_below = 0

    def push(self, value: object) -> None:
        """Put a value on top."""
        self.values.append(value)

    def pop(self) -> object:
        """Take the top value."""
        if not self.values:
            raise Malformed("a value is taken from an empty stack")
        return self.values.pop()

    def top(self) -> object:
        """Return the top value and leave it."""
        if not self.values:
            raise Malformed("a value is expected on an empty stack")
        return self.values[-1]

    def mark(self) -> None:
        """Begin a new group of values."""
        self._below.append(self.values)
        self._depth_below += len(self.values) + 1
        self.values = []

    def pop_mark(self) -> list[object]:
        """End the group and return its values."""
        if not self._below:
            raise Malformed("a MARK is missing")
        items, self.values = self.values, self._below.pop()
        self._depth_below -= len(self.values) + 1
        return items

    def drop(self) -> None:
        """Take away the top value, or the mark when nothing is above it."""
        if self.values:
            self.values.pop()
        else:
            self.pop_mark()

    def depth(self) -> int:
        """Number of values and marks that are kept."""
        return len(self.values) + self._depth_below

    def result(self) -> object:
        """Return what STOP leaves."""
        return self.pop()

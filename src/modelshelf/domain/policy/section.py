"""One table of the policy file, read setting by setting; every mistake is kept, none ends it.

What is wrong gets its default, so that the rest can be read, and all mistakes are told together.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from modelshelf.domain.errors import Invalid
from modelshelf.domain.policy.durations import LONGEST, duration, duration_text
from modelshelf.domain.policy.problem import Place, PolicyProblem, nearest, written
from modelshelf.domain.text import accept, safe

_C = TypeVar("_C", bound=str)
_PATTERN_MOST = 300


class Section:
    """A table of the policy file, and where it stands.

    Attributes:
        table: What it says.
        place: Where it stands.
        problems: What was found wrong so far, in the whole file.
    """

    __slots__ = ("place", "problems", "table")

    def __init__(
        self,
        table: Mapping[str, Any],
        place: Place = (),
        problems: list[PolicyProblem] | None = None,
    ) -> None:
        """Begin at ``table``."""
        self.table = table
        self.place = place
        self.problems: list[PolicyProblem] = [] if problems is None else problems

    def wrong(
        self,
        at: str | Place,
        says: str,
        *,
        why: str = "",
        hint: str = "",
        observed: object = None,
        required: str = "",
        warning: bool = False,
    ) -> None:
        """Keep a mistake.

        Args:
            at: The key in this table, or the way to it; empty for the table itself.
            says: What is wrong, after the name of the setting: ``is not a table``.
            why: The reason.
            hint: What to do.
            observed: What stands there.
            required: What may stand there.
            warning: Whether the policy works all the same.
        """
        place = self._place(at)
        seen = "" if observed is None else safe(observed, 60)
        what = f"{written(place)} {says}".strip()
        self.problems.append(PolicyProblem(place, what, why, hint, seen, required, warning=warning))

    def _place(self, at: str | Place) -> Place:
        if isinstance(at, str):
            return (*self.place, at) if at else self.place
        return (*self.place, *at)

    def known(self, keys: Sequence[str]) -> None:
        """Keep every key that is none of ``keys`` as a mistake."""
        for key in self.table:
            if key not in keys:
                inside = f"{written(self.place)}: " if self.place else ""
                problem = PolicyProblem(
                    (*self.place, key),
                    f"{inside}{safe(key, 60)!r} is not a setting",
                    f"the settings here are {', '.join(keys)}",
                    nearest(str(key), keys),
                )
                self.problems.append(problem)

    def section(self, key: str) -> Section:
        """Return the table below ``key``; an empty one where there is none."""
        value = self.table.get(key, {})
        if not isinstance(value, Mapping):
            self.wrong(key, "is not a table", observed=value)
            value = {}
        return Section(value, (*self.place, key), self.problems)

    def sections(self, key: str) -> list[Section]:
        """Return the tables in the list below ``key``."""
        value = self.table.get(key, [])
        if not isinstance(value, list):
            self.wrong(key, "is not a list of tables", observed=value, hint=f"Write [[{key}]].")
            return []
        found = []
        for n, each in enumerate(value):
            if isinstance(each, Mapping):
                found.append(Section(each, (*self.place, key, n), self.problems))
            else:
                self.wrong((key, n), "is not a table", observed=each)
        return found

    def attempt(self, at: str | Place, check: Callable[[], str], default: str) -> str:
        """Return what ``check`` returns; where it raises Invalid, keep that and use ``default``."""
        try:
            return check()
        except Invalid as error:
            place = self._place(at)
            required = "" if error.required is None else safe(error.required)
            observed = "" if error.observed is None else safe(error.observed, 60)
            name = written(place)
            what = error.what if name in error.what else f"{name}: {error.what}"
            problem = PolicyProblem(place, what, error.why, error.hint, observed, required)
            self.problems.append(problem)
            return default

    def accepted(
        self,
        at: str | Place,
        value: object,
        default: str = "",
        *,
        most: int,
        empty: bool = False,
        lines: bool = False,
        kind: str = "",
    ) -> str:
        """Return ``value`` if it is text that may be stored, else keep why not."""
        name = kind or written(self._place(at))
        return self.attempt(
            at, lambda: accept(name, value, most=most, empty=empty, lines=lines), default
        )

    def text(
        self, key: str, default: str = "", *, most: int, empty: bool = False, lines: bool = False
    ) -> str:
        """Return the text below ``key``."""
        if key not in self.table:
            return default
        return self.accepted(key, self.table[key], default, most=most, empty=empty, lines=lines)

    def words(
        self, key: str, default: tuple[str, ...] = (), *, most: int = 200, lines: bool = False
    ) -> tuple[str, ...]:
        """Return the list of names below ``key``."""
        if key not in self.table:
            return default
        value = self.table[key]
        if not isinstance(value, list):
            return self._no_list(key, value, default)
        found = []
        for n, each in enumerate(value):
            if not isinstance(each, str):
                return self._no_list(key, value, default)
            found.append(self.accepted((key, n), each, most=most, lines=lines))
        return tuple(each for each in found if each)

    def _no_list(self, key: str, value: object, default: tuple[str, ...]) -> tuple[str, ...]:
        hint = f'Write {key} = ["{safe(value, 40)}"].' if isinstance(value, str) else ""
        self.wrong(key, "is not a list of names", observed=value, hint=hint)
        return default

    def patterns(self, key: str, default: tuple[str, ...] = ("*",)) -> tuple[str, ...]:
        """Return the pattern, or the list of patterns, below ``key``."""
        value = self.table.get(key)
        if isinstance(value, str):
            found = self.text(key, most=_PATTERN_MOST)
            return (found,) if found else default
        found_all = self.words(key, default, most=_PATTERN_MOST)
        if value == []:
            self.wrong(key, "is empty", hint='Write ["*"] for all of them.')
        return found_all or default

    def choice(self, key: str, choices: tuple[_C, ...], default: _C) -> _C:
        """Return the one of ``choices`` below ``key``."""
        if key not in self.table:
            return default
        value = self.table[key]
        for each in choices:
            if value == each and isinstance(value, str):
                return each
        near = nearest(value, choices) if isinstance(value, str) else ""
        self.wrong(key, f"is {safe(value, 60)!r}", required=" or ".join(choices), hint=near)
        return default

    def flag(self, key: str, *, default: bool) -> bool:
        """Return the true or false below ``key``."""
        value = self.table.get(key, default)
        if isinstance(value, bool):
            return value
        self.wrong(key, "is neither true nor false", observed=value)
        return default

    def whole(self, key: str, default: int, *, least: int, most: int, of: str) -> int:
        """Return the whole number below ``key``; ``of`` says what it counts."""
        value = self.table.get(key, default)
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            required = f"{least:,} to {most:,}"
            self.wrong(key, f"is not a number of {of}", observed=value, required=required)
            return default
        return value

    def seconds(
        self, key: str, default: float, *, least: float = 0.0, most: float = LONGEST
    ) -> float:
        """Return the duration below ``key``: seconds, or text such as ``15m``, ``24h``, ``7d``."""
        if key not in self.table:
            return default
        found = duration(self.table[key])
        if found is None or not least <= found <= most:
            self.wrong(
                key,
                "is not a number of seconds or a duration",
                observed=self.table[key],
                required=f"{duration_text(least)} to {duration_text(most)}",
                hint='Write seconds, or a text such as "90s", "15m", "24h", "7d" or "2w".',
            )
            return default
        return found

"""The sheet on which versions are laid: what makes a row of what is recorded about each."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeGuard, TypeVar

from modelshelf.domain.comparison.values import ComparedRow, Value
from modelshelf.domain.models import VersionDetail

_T = TypeVar("_T")
DIGEST_SHOWN = 12
_BEGINNING_SHOWN = 60
_VALUE_MOST = 500  # the longest value that is shown whole


@dataclass(frozen=True, slots=True)
class Sheet:
    """Versions and which of them is the baseline.

    Attributes:
        details: The versions.
        baseline: The place of the baseline.
    """

    details: Sequence[VersionDetail]
    baseline: int = 0

    def row(
        self,
        key: str,
        values: Sequence[Value],
        *,
        told_apart: Sequence[object] | None = None,
        measured: Sequence[Value] | None = None,
    ) -> ComparedRow:
        """Return a row.

        Args:
            key: Its name.
            values: What is shown, one for each version.
            told_apart: What is compared, where the values shown are shortened.
            measured: What deltas are taken of, where it is not what is shown.
        """
        compared = list(values if told_apart is None else told_apart)
        return ComparedRow(
            key,
            tuple(_shown(v) if type(v) is str and len(v) > _VALUE_MOST else v for v in values),
            bool(compared) and compared.count(compared[self.baseline]) < len(compared),
            self.deltas(values if measured is None else measured),
        )

    def deltas(self, values: Sequence[Value]) -> tuple[float | None, ...]:
        """Return what each value is more than the baseline's, where both are numbers."""
        if not values:
            return ()
        first = values[self.baseline]
        if not is_number(first):
            return (None,) * len(values)
        return tuple(
            None if place == self.baseline else _delta(first, value)
            for place, value in enumerate(values)
        )

    def texts(self, key: str, of: Callable[[VersionDetail], str | None]) -> Sequence[ComparedRow]:
        """Return a row of texts that may be long; none where no version has one."""
        return self.present((self.row(key, [of(detail) or None for detail in self.details]),))

    def keyed(
        self, of: Callable[[VersionDetail], Mapping[str, Value]], prefix: str = ""
    ) -> tuple[ComparedRow, ...]:
        """Return a row for each key of a table that each version has."""
        return self.tables([of(detail) for detail in self.details], prefix)

    def tables(
        self, tables: Sequence[Mapping[str, Value]], prefix: str = ""
    ) -> tuple[ComparedRow, ...]:
        """Return a row for each key of the tables, of which there is one for each version."""
        return tuple(
            self.row(prefix + key, [table.get(key) for table in tables]) for key in keys(tables)
        )

    def shortened(
        self, tables: Sequence[Mapping[str, str]], prefix: str
    ) -> tuple[ComparedRow, ...]:
        """Like :meth:`tables`, for texts of which the beginning is enough to be shown."""
        rows = []
        for key in keys(tables):
            whole = [table.get(key) for table in tables]
            rows.append(self.row(prefix + key, list(map(_short, whole)), told_apart=whole))
        return tuple(rows)

    def grouped(
        self,
        tables: Sequence[Mapping[str, Sequence[_T]]],
        text: Callable[[_T], str],
        number: Callable[[_T], int | None],
    ) -> tuple[ComparedRow, ...]:
        """Return a row for each key under which versions have some things of a kind."""
        rows = []
        for key in keys(tables):
            some = [table.get(key) for table in tables]
            rows.append(
                self.row(
                    key,
                    [None if one is None else ", ".join(map(text, one)) for one in some],
                    told_apart=[None if one is None else list(one) for one in some],
                    measured=[number(one[0]) if one and len(one) == 1 else None for one in some],
                )
            )
        return tuple(rows)

    def attributes(
        self, fields: Mapping[str, str], things: Sequence[object]
    ) -> tuple[ComparedRow, ...]:
        """Return a row for each attribute that any of the things has, under its name."""
        return self.present(
            self.row(name, [_attribute(thing, field) for thing in things])
            for field, name in fields.items()
        )

    def digests(self, key: str, of: Callable[[VersionDetail], str | None]) -> ComparedRow:
        """Return a row of digests, shortened."""
        whole = [of(detail) or None for detail in self.details]
        shown = [None if digest is None else digest[:DIGEST_SHOWN] for digest in whole]
        return self.row(key, shown, told_apart=whole)

    @staticmethod
    def present(rows: Iterable[ComparedRow]) -> tuple[ComparedRow, ...]:
        """Return the rows in which any version has a value."""
        return tuple(row for row in rows if any(value is not None for value in row.values))


def keys(tables: Iterable[Iterable[str]]) -> list[str]:
    """Return the keys of all tables, sorted."""
    return sorted({key for table in tables for key in table})


def plain_deltas(row: ComparedRow) -> ComparedRow:
    """Return a row of counts that are no quantity of the version: without deltas."""
    return replace(row, deltas=(None,) * len(row.values))


def is_number(value: Value) -> TypeGuard[int | float]:
    """Tell whether a value can be measured against another."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def _attribute(thing: object, field: str) -> Value:
    value: Value = getattr(thing, field, None)
    return None if value == "" else value


def _short(text: str | None) -> str | None:
    if text is None or len(text) <= _BEGINNING_SHOWN:
        return text
    return text[: _BEGINNING_SHOWN - 1] + "…"


def _shown(value: str) -> str:
    return value[: _VALUE_MOST - 1] + "…"


def _delta(first: float, other: Value) -> float | None:
    if not is_number(other):
        return None
    try:
        delta = float(other - first)
    except OverflowError:  # a file may declare more weights than a float can count
        return None
    return delta if math.isfinite(delta) else None

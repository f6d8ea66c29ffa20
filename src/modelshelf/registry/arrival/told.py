"""What files that travel with a model say about it: values with the place each was read at."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any

from modelshelf.domain.errors import Invalid
from modelshelf.domain.names import check_key
from modelshelf.domain.provenance import Dataset, Details, Environment, Run
from modelshelf.domain.provenance.checking import check_details
from modelshelf.domain.text import safe

MOST = 500
"""Values of one kind that are taken from files; a file with more is not what anybody typed."""

_NUMBERS = (int, float)


@dataclass(slots=True)
class Told:
    """What was read so far. Of two places that say the same thing, the first one counts.

    Attributes:
        metrics: Numbers by name.
        params: Text by name.
        tags: Text by name.
        single: Fields that have one value: ``card``, ``description``, ``run``, ``base``.
        datasets: Data sets in the order read.
        python: The Python version.
        packages: Package versions by name.
        surroundings: Platform, GPU and container.
        origins: Where each was read, by field.
        unusable: What could not be used, as sentences.
    """

    metrics: dict[str, float] = field(default_factory=dict)
    params: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    single: dict[str, Any] = field(default_factory=dict)
    datasets: list[Dataset] = field(default_factory=list)
    python: str | None = None
    packages: dict[str, str] = field(default_factory=dict)
    surroundings: Environment = field(default_factory=Environment)
    origins: dict[str, str] = field(default_factory=dict)
    unusable: list[str] = field(default_factory=list)

    def metric(self, name: str, value: object, where: str) -> None:
        """Take a metric; what is no finite number is told as unusable."""
        number = _number(value)
        if number is None:
            self.unusable.append(f"{where}: the metric {safe(name, 60)} is {safe(value, 60)!r}")
        else:
            self._keyed("metrics", self.metrics, name, number, where)

    def param(self, name: str, value: object, where: str) -> None:
        """Take a parameter: text, a number or a truth value."""
        text = {True: "true", False: "false"}.get(value) if type(value) is bool else str(value)
        self._keyed("params", self.params, name, text, where)

    def tag(self, name: str, value: object, where: str) -> None:
        """Take a tag."""
        if isinstance(value, str) and value:
            self._keyed("tags", self.tags, name, str(value), where)

    def one(self, name: str, value: object, where: str) -> None:
        """Take a field that has one value."""
        if name not in self.single:
            self.single[name] = value
            self.origins[name] = where

    def dataset(self, dataset: Dataset, where: str) -> None:
        """Take a data set."""
        if dataset.name not in {d.name for d in self.datasets} and len(self.datasets) < MOST:
            self.datasets.append(dataset)
            self.origins.setdefault("datasets", where)

    def environment(
        self,
        where: str,
        *,
        python: str | None = None,
        packages: Mapping[str, str] | None = None,
        others: Environment | None = None,
    ) -> None:
        """Take the Python version, packages and others; packages of two files are not mixed."""
        if others is not None and self.surroundings == Environment():
            self.surroundings = replace(others, python=None, packages={})
        if python and not self.python:
            self.python = python
            self.origins["environment.python"] = where
        if packages and not self.packages:
            self.packages = dict(packages)
            self.origins["environment.packages"] = where

    def _keyed(
        self, kind: str, table: dict[str, Any], name: str, value: object, where: str
    ) -> None:
        if name in table:
            return
        try:
            check_key(kind.removesuffix("s"), name)
            check_details(**{kind: {name: value}})  # type: ignore[arg-type]
        except Invalid as problem:
            self.unusable.append(f"{where}: {problem}")
            return
        if len(table) < MOST:
            table[name] = value
            self.origins[f"{kind}.{name}"] = where

    def under(self, given: Details) -> Details:
        """Return the details that were ``given``, completed by what was read.

        What is given counts; of names given and read, the given value. What cannot be used is told.
        """
        read = self._checked()
        environment = given.environment or read.environment
        if given.environment is not None and read.environment is not None:
            own, other = given.environment, read.environment
            environment = replace(
                own, python=own.python or other.python, packages=own.packages or other.packages
            )
        made = replace(
            given,
            metrics={**read.metrics, **given.metrics},
            params={**read.params, **given.params},
            tags={**read.tags, **given.tags},
            description=_first(given.description, read.description),
            card=_first(given.card, read.card),
            run=given.run or read.run,
            datasets=given.datasets or read.datasets,
            environment=environment,
            base=_first(given.base, read.base),
            code=given.code or read.code,
            bases=given.bases or read.bases,
            features=given.features or read.features,
            metric_sources={**read.metric_sources, **given.metric_sources},
        )
        origins = {k: w for k, w in self.origins.items() if not _is_given(given, k)}
        return replace(made, origins={**origins, **given.origins})

    def _checked(self) -> Details:
        """Return what was read as details; a field that breaks a rule is left out and told."""
        kept: dict[str, Any] = {
            "metrics": self.metrics, "params": self.params, "tags": self.tags,
        }  # fmt: skip
        found = replace(self.surroundings, python=self.python, packages=self.packages)
        if found != Environment():
            kept["environment"] = found
        singles = {**self.single, "datasets": tuple(self.datasets), **kept}
        good: dict[str, Any] = {}
        for name, value in singles.items():
            try:
                check_details(**{name: value})
            except Invalid as problem:
                self.unusable.append(f"{self.origins.get(name, name)}: {problem}")
                self._forget(name)
            else:
                good[name] = value
        return check_details(**good)

    def _forget(self, name: str) -> None:
        for key in [k for k in self.origins if k == name or k.startswith(f"{name}.")]:
            del self.origins[key]


def _is_given(given: Details, key: str) -> bool:
    kind, dot, name = key.partition(".")
    value = getattr(given, kind)
    if kind == "environment":
        return value is not None and bool(getattr(value, name))
    if not dot:
        return value not in (None, (), {})
    return name in value


def _first(given: str | None, read: str | None) -> str | None:
    return read if given is None else given


def _number(value: object) -> float | None:
    if isinstance(value, bool):
        return None
    try:
        number = float(value) if isinstance(value, (*_NUMBERS, str)) else math.nan
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


Reader = Callable[[bytes, str, Told], None]
"""Reads the bytes of one file, called so, into what is told; raises ``Invalid`` if it is broken."""


def scalars(tree: Mapping[str, Any], most: int) -> list[tuple[str, object]]:
    """Return the first ``most`` entries of a mapping that are text, numbers or truth values."""
    found = ((k, v) for k, v in tree.items() if isinstance(v, str | int | float) and v != "")
    return list(islice(found, most))


def texts(value: object) -> Sequence[str]:
    """Return a text as a list of one, a list of texts as it is, anything else as an empty one."""
    if isinstance(value, str):
        return [value]
    return [v for v in value if isinstance(v, str)] if isinstance(value, list) else []


def run_of(identity: str) -> Run:
    """Return a run that is known by its id only."""
    return Run(identity)

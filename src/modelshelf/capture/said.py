"""What a training script says about itself: checked at once, and never a reason to stop it.

Standard library and domain only: this is also imported where a model is made again, by a Python
that has nothing else of ours.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from modelshelf.capture.secrets import MASK, is_called_secret, masked
from modelshelf.domain.errors import ModelshelfError
from modelshelf.domain.names import check_key
from modelshelf.domain.provenance import Dataset
from modelshelf.domain.provenance.checking import check_details, check_metric, param_text
from modelshelf.domain.provenance.measured import FeatureView, MetricSource
from modelshelf.domain.text import safe

BY = "capture"
"""What a metric says that was handed over by a running script."""

_DEPTH_MOST = 5


@dataclass(slots=True)
class Said:
    """What a script said so far; of two values of one name, the later one counts.

    Attributes:
        note: Is told, in a sentence, what cannot be used.
        metrics: Numbers by name.
        sources: Where each comes from.
        params: Parameters by name, as text.
        tags: Text by name.
        datasets: Data sets in the order given.
        bases: What it was made from.
        features: Feature views.
    """

    note: Callable[[str], object]
    metrics: dict[str, float] = field(default_factory=dict)
    sources: dict[str, MetricSource] = field(default_factory=dict)
    params: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    datasets: list[Dataset] = field(default_factory=list)
    bases: list[str] = field(default_factory=list)
    features: list[FeatureView] = field(default_factory=list)

    def metric(self, name: str, value: object, source: MetricSource) -> None:
        """Take a metric: any number, also one of an array library."""
        try:
            key, number = check_key("metric", name), check_metric(name, _plain(value))
            (checked,) = check_details(metric_sources={key: source}).metric_sources.values()
        except (ModelshelfError, TypeError, ValueError, AttributeError) as exc:
            self.note(f"The metric {safe(name, 60)} is left out: {_why(exc)}")
            return
        former = self.sources.get(key)
        if former is not None and (former.dataset, former.slice) != (source.dataset, source.slice):
            self.note(
                f"The metric {safe(key, 60)} was given for several data sets or slices, and only "
                "the last is kept: give each a name of its own."
            )
        self.metrics[key], self.sources[key] = number, checked

    def param(self, name: str, value: object) -> None:
        """Take a parameter; a mapping becomes ``name.key``, other structures become JSON."""
        for key, each in _flat(str(name), value, _DEPTH_MOST):
            try:
                text = param_text(key, _scalar(each))
                shown = MASK if isinstance(each, str) and is_called_secret(key) else masked(text)
                self.params[check_key("parameter", key)] = shown
                if shown != text:
                    self.note(f"The value of {safe(key, 60)} looks like a secret, and is not kept.")
            except (ModelshelfError, TypeError, ValueError) as exc:
                self.note(f"The parameter {safe(key, 60)} is left out: {_why(exc)}")

    def tag(self, name: str, value: object) -> None:
        """Take a tag."""
        try:
            self.tags.update(check_details(tags={name: str(value)}).tags)
        except ModelshelfError as exc:
            self.note(f"The tag {safe(name, 60)} is left out: {_why(exc)}")

    def dataset(self, dataset: Dataset) -> None:
        """Take a data set."""
        try:
            self.datasets += check_details(datasets=[dataset]).datasets
        except (ModelshelfError, TypeError) as exc:
            self.note(f"The data set {safe(dataset.name, 60)} is left out: {_why(exc)}")

    def base(self, base: object) -> None:
        """Take what it was made from."""
        try:
            checked = check_details(bases=[base])  # type: ignore[list-item]  # checked here
            self.bases += checked.bases
        except ModelshelfError as exc:
            self.note(f"The base {safe(base, 60)} is left out: {_why(exc)}")

    def view(self, text: object, version: object) -> None:
        """Take a feature view written as ``store/name``."""
        store, _, name = str(text).rpartition("/")
        view = FeatureView(name, store or None, None if version is None else str(version))
        try:
            self.features += check_details(features=[view]).features
        except ModelshelfError as exc:
            self.note(f"The feature view {safe(text, 60)} is left out: {_why(exc)}")


def source_of(dataset: object, part: object, *, higher_is_better: bool | None) -> MetricSource:
    """Return where a metric comes from that a script handed over."""
    return MetricSource(
        None if dataset is None else str(dataset),
        None if part is None else str(part),
        None if higher_is_better is None else "higher" if higher_is_better else "lower",
        BY,
    )


def _plain(value: object) -> object:
    """Return the number that a value of an array library holds; others as they are."""
    if isinstance(value, bool | int | float | str):
        return value
    item = getattr(value, "item", None)
    return item() if callable(item) else float(value)  # type: ignore[arg-type]  # may refuse


def _flat(name: str, value: object, depth: int) -> Iterator[tuple[str, object]]:
    if isinstance(value, Mapping) and value and depth:
        for key, each in value.items():
            yield from _flat(f"{name}.{key}", each, depth - 1)
    else:
        yield name, value


def _scalar(value: object) -> object:
    """Return a value that a parameter may have."""
    if value is None:
        return "null"
    if isinstance(value, bool | int | float | str):
        return value
    item = getattr(value, "item", None)
    if callable(item) and getattr(value, "size", 1) == 1:
        return item()
    if isinstance(value, list | tuple | dict | set | frozenset):
        listed = sorted(value, key=str) if isinstance(value, set | frozenset) else value
        return json.dumps(listed, default=str, ensure_ascii=False)
    return str(value)


def _why(exc: Exception) -> str:
    if isinstance(exc, ModelshelfError):
        return str(exc)
    return f"{type(exc).__name__}: {safe(exc, 200)}."

"""Where metrics and features come from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class FeatureView:
    """Features that a version takes from a feature store.

    Attributes:
        name: What the store calls the view.
        store: Which store: ``feast``, an address …
        version: Of the view, in the store's words.
    """

    name: str
    store: str | None = None
    version: str | None = None


@dataclass(frozen=True, slots=True)
class MetricSource:
    """Where the value of a metric comes from.

    Attributes:
        dataset: Name of the data set that it was measured on.
        slice: Which part of that: ``country = DE``.
        direction: Whether ``higher`` or ``lower`` is better; ``None`` to go by its name.
        by: What measured it here: ``gate smoke``, ``capture``; ``None`` when somebody typed it in.
    """

    dataset: str | None = None
    slice: str | None = None
    direction: Literal["higher", "lower"] | None = None
    by: str | None = None

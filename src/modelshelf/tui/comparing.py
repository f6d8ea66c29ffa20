"""What the compare screen asks the registry: the versions, a metric over time, what to add."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from modelshelf.domain.errors import Conflict, Invalid, NotFound, Refused
from modelshelf.domain.text import safe
from modelshelf.tui.show import version_mark

if TYPE_CHECKING:
    from modelshelf.domain.comparison import Comparison
    from modelshelf.domain.models import ModelVersion
    from modelshelf.registry import Registry

LEAST, MOST = 2, 8
LATELY = 16
"""Versions of earlier comparisons that are offered again."""
SERIES_MOST = 1_000
"""Versions of each model over which a metric is drawn."""
OFFERED_MOST = 50
_NOT_THERE = (NotFound, Invalid, Conflict, Refused)


@dataclass(frozen=True, slots=True)
class Laid:
    """Versions that were to be laid side by side.

    Attributes:
        asked: As they were asked for.
        references: Those that are there, as they are called now.
        comparison: What differs; ``None`` while there are fewer than two.
        marks: What each holds, by reference.
        said: What became of those that are not there, and of those that are called otherwise.
    """

    asked: tuple[str, ...]
    references: tuple[str, ...]
    comparison: Comparison | None
    marks: Mapping[str, str]
    said: str = ""


def laid(
    registry: Registry, references: Sequence[str], baseline: str, letters: Mapping[str, str]
) -> Laid:
    """Lay versions side by side; what is not there is left out, and that is said.

    Args:
        registry: The registry.
        references: Up to eight versions, perhaps remembered from long ago.
        baseline: One of them; when it is not there the first that is.
        letters: Letters of the stages, highest first.
    """
    found: dict[str, ModelVersion] = {}
    called: dict[str, str] = {}
    said: list[str] = []
    for reference in dict.fromkeys(references):
        try:
            version = registry.versions.get(reference)
        except _NOT_THERE as exc:
            said.append(f"{safe(reference, 80)} was left out: {safe(exc.what, 160)}.")
            continue
        called[reference] = version.reference
        found[version.reference] = version
        if reference.rpartition(":")[0] not in ("", version.model):
            said.append(f"{safe(reference, 80)} is {safe(version.reference, 80)} now.")
    names = tuple(found)
    marks = {name: version_mark(version, letters).text for name, version in found.items()}
    comparison = None
    if len(names) >= LEAST:
        base = called.get(baseline, names[0])
        comparison = registry.comparisons.compare(names, baseline=base)
    return Laid(tuple(references), names, comparison, marks, " ".join(said))


@dataclass(frozen=True, slots=True)
class Series:
    """A metric over the versions of a model, oldest first.

    Attributes:
        model: The model.
        points: Number of the version and its value, for those that have the metric.
        more: Whether there are older versions that were not looked at.
    """

    model: str
    points: tuple[tuple[int, float], ...]
    more: bool = False


def series(registry: Registry, metric: str, models: Iterable[str]) -> tuple[Series, ...]:
    """Return a metric over the newest versions of each model."""
    return tuple(_series(registry, metric, model) for model in dict.fromkeys(models))


def _series(registry: Registry, metric: str, model: str) -> Series:
    found = registry.versions.list(model, limit=SERIES_MOST)
    points = ((v.number, v.metrics[metric]) for v in reversed(found) if metric in v.metrics)
    return Series(model, tuple(points), more=bool(found) and found[-1].number > 1)


# --- what could be added --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Offer:
    """A version that could be compared too, and why it is offered."""

    version: ModelVersion
    why: str = ""


def offers(
    registry: Registry, text: str, compared: Sequence[str], lately: Sequence[str]
) -> tuple[Offer, ...]:
    """Return versions that could be added to a comparison.

    Args:
        registry: The registry.
        text: What somebody is looking for: a name and perhaps ``:v3``, or a search; may be empty.
        compared: The versions that are compared already, which are not offered.
        lately: Versions that were compared before.

    Raises:
        Invalid: The search cannot be read.
    """
    found = _matching(registry, text) if text else _likely(registry, compared, lately)
    shown: dict[str, Offer] = {}
    for offer in found:
        reference = offer.version.reference
        if reference not in compared:
            shown.setdefault(reference, offer)
        if len(shown) == OFFERED_MOST:
            break
    return tuple(shown.values())


def _matching(registry: Registry, text: str) -> Iterator[Offer]:
    name, colon, rest = text.rpartition(":")
    number = rest.removeprefix("v")
    if colon and " " not in name and (not number or (number.isascii() and number.isdecimal())):
        for model in registry.models.list(pattern=name, limit=OFFERED_MOST):
            for version in registry.versions.list(model.name, limit=SERIES_MOST):
                if str(version.number).startswith(number):
                    yield Offer(version)
        return
    for version in registry.versions.search(text, limit=2 * OFFERED_MOST).versions:
        yield Offer(version)


def _likely(registry: Registry, compared: Sequence[str], lately: Sequence[str]) -> Iterator[Offer]:
    """Yield who holds a stage of the models at hand, their newest, what was compared, the rest."""
    models = list(dict.fromkeys(reference.rpartition(":")[0] for reference in compared))
    for model in models:
        with suppress(*_NOT_THERE):
            yield from _of_model(registry, model)
    for reference in lately:
        with suppress(*_NOT_THERE):
            yield Offer(registry.versions.get(reference), "compared lately")
    for version in registry.versions.search("", limit=OFFERED_MOST).versions:
        yield Offer(version, "newest")


def _of_model(registry: Registry, name: str) -> Iterator[Offer]:
    model = registry.models.get(name)
    for stage in reversed(registry.policy.assignable):
        held = [holder.version_id for holder in model.stages.get(stage, ())]
        for version in registry.versions.by_ids(held):
            yield Offer(version, f"holds {stage}")
    for version in registry.versions.list(name, limit=MOST):
        yield Offer(version, "newest of its model")

"""Every field that is recorded of a version: changing it alone is seen in a comparison."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any

import pytest

from modelshelf.domain.comparison import compare
from modelshelf.domain.content import FileEntry
from modelshelf.domain.inspection import Finding, Inspection, TensorEntry, TensorSpec, Weights
from modelshelf.domain.models import VersionDetail
from modelshelf.domain.provenance import Code, Dataset, Environment, Run
from modelshelf.domain.provenance.measured import FeatureView, MetricSource
from tests.domain.test_comparison import detail, version

FULL = detail(
    version(1, metrics={"auc": 0.5}, params={"lr": "0.1"}, tags={"team": "risk"}),
    description="text",
    card="---\nlicense: mit\n---\n# Card\n",
    files=(FileEntry("model.onnx", 100, "a" * 64),),
    inspection=Inspection(
        "onnx", "skl2onnx",
        inputs=(TensorSpec("x", "float32", (None, 4)),),
        outputs=(TensorSpec("y", "float32", (2,)),),
        parameters=10, tensors=2, metadata={"author": "ana"},
        findings=(Finding("rule", "info", "where", "detail"),),
        base_models=("hf:org/base",), needs_code=("mod",),
        weights=Weights("b" * 64, (TensorEntry("w", "float32", (2,), "c" * 64),), 1),
    ),
    run=Run("run", "https://example.com", 1.5, "mlflow"),
    code=Code(
        "https://example.com/a", "abc", dirty=True, entry="train.py", patch="d" * 64,
        snapshot="e" * 64, command=("python", "train.py"), directory="src",
    ),
    datasets=(
        Dataset(
            "data", "trained_on", "1", f"sha256:{'f' * 64}", 7, "file:///d", "train", "mit", "d"
        ),
    ),
    environment=Environment("3.11", "linux", {"numpy": "2.0"}, "card", "sha256:1"),
    base="churn:v9",
    bases=("hf:org/other",),
    features=(FeatureView("view", "feast", "1"),),
    metric_sources={"auc": MetricSource("holdout", "all", "higher", "gate smoke")},
)  # fmt: skip
# Where a version stands, who brought it and when: of the registry and not of the model. What was
# looked into is compared by what was found, and the verdict is that of the version.
OF_THE_REGISTRY = {
    f"version.{name}"
    for name in (
        "id", "number", "name", "created_at", "created_by", "stage", "weight", "stages", "archived",
        "yanked", "freed", "aliases", "released", "unvouched", "model",
    )
} | {"derived", "source", "arrival", "origins", "released", "place"}  # fmt: skip
OF_THE_REGISTRY |= {"inspection.verdict", "inspection.format", "inspection.weights.count"}
# The digest tells it, and what says where a metric comes from that is not there says nothing.
OF_NO_USE = {"files.size", "metric_sources more"}


def changes(thing: Any, path: str = "") -> Iterator[tuple[str, Any]]:  # noqa: ANN401 - any value
    """Yield every way in which one value in a thing can be another, by its path."""
    if is_dataclass(thing) and not isinstance(thing, type):
        for each in fields(thing):
            inside = f"{path}.{each.name}".lstrip(".")
            for where, other in changes(getattr(thing, each.name), inside):
                yield where, replace(thing, **{each.name: other})
    elif isinstance(thing, Mapping):
        for key, value in thing.items():
            yield f"{path} less", {k: v for k, v in thing.items() if k != key}
            for where, other in changes(value, path):
                yield where, {**thing, key: other}
        yield f"{path} more", {**thing, "other": next(iter(thing.values()), "1")}
    elif isinstance(thing, tuple):
        for n, value in enumerate(thing):
            yield f"{path} less", (*thing[:n], *thing[n + 1 :])
            for where, other in changes(value, path):
                yield where, (*thing[:n], other, *thing[n + 1 :])
    else:
        yield path, _other(thing)


def _other(value: object) -> object:
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        return value + 1
    if isinstance(value, str):
        return f"other {value}"
    return "other"


CHANGES = [
    (where, other)
    for where, other in changes(FULL)
    if where.split(" ")[0] not in OF_THE_REGISTRY and where not in OF_NO_USE
]


def test_every_field_is_filled_in() -> None:
    """A field that is new is tried too: only what is of the registry is empty here."""
    tried = {where.split(" ")[0].split(".")[0] for where, _ in CHANGES}
    assert tried == {each.name for each in fields(VersionDetail)} - OF_THE_REGISTRY


@pytest.mark.parametrize(("where", "other"), CHANGES, ids=[where for where, _ in CHANGES])
def test_a_change_of_one_field_is_seen(where: str, other: VersionDetail) -> None:
    """A row differs, in either direction, and what it shows differs to the eye."""
    for pair in ([FULL, other], [other, FULL]):
        found = compare(pair).differing()
        shown = [row for section in found.sections for row in section.rows]
        texts = [text for section in found.sections for text in section.texts]
        assert shown, where
        assert texts or any(len(set(row.values)) == 2 or any(row.deltas) for row in shown), shown
    assert not compare([other, other]).differs

"""The small history that the tests of the terminal app look at, made through the real registry."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest import mock
from uuid import UUID

from modelshelf.artifacts import ingest
from modelshelf.artifacts.store import BlobStore
from modelshelf.domain.inspection import Finding, Inspection, TensorSpec
from modelshelf.domain.provenance import Code, Dataset, Environment, Run
from modelshelf.domain.provenance.checking import check_details
from modelshelf.registry import Registry, create_registry, open_registry
from modelshelf.registry.registering import Draft

NOW = datetime(2026, 5, 9, 11, 12, tzinfo=UTC)
_ID = UUID("5a3b1e0c-0ffe-4e00-9a3b-1e0c0ffee00d")
_DIGEST = "sha256:" + "9c41" * 16

CARD = """\
---
license: cc-by-4.0
tags: [churn]
---

# risk/churn

Who leaves **next month**, from 31 numbers about a customer.

- trained on customers v4
- measured on a tenth that was held out
"""


class SetClock:
    """A clock that shows what it was set to."""

    def __init__(self, moment: datetime = NOW) -> None:
        """Show ``moment``."""
        self.moment = moment

    def __call__(self) -> datetime:
        """Return what it shows."""
        return self.moment


@dataclass
class Scene:
    """A registry folder, the clock of everybody in it, and somebody who acts outside of the app."""

    folder: Path
    clock: SetClock = field(default_factory=SetClock)

    def open(self, actor: str = "ana") -> Registry:
        """Open the registry as a new handle, as another process would."""
        return open_registry(self.folder, actor=actor, clock=self.clock)

    @contextmanager
    def acting(self, actor: str, ago: timedelta = timedelta()) -> Iterator[Registry]:
        """Act as somebody, some time ago."""
        self.clock.moment = NOW - ago
        with self.open(actor) as registry:
            yield registry
        self.clock.moment = NOW

    def add(self, registry: Registry, model: str, **given: Any) -> None:  # noqa: ANN401 - as Details
        """Register the next version of ``model``; what is not given is a small ONNX model."""
        look = given.pop("inspection", ONNX)
        name = given.pop("name", f"model.{look.format}")
        count = sum(path.is_file() for path in (self.folder / "blobs").rglob("*"))
        file = self.folder.parent / "files" / str(count) / name
        file.parent.mkdir(parents=True)
        file.write_bytes(f"{model} {count}\n".encode() * given.pop("size", 40_000))
        content = ingest(file, registry._context.blobs)
        draft = Draft(model, content, look, check_details(**given), source=name)
        registry.versions.register_many([draft])


ONNX = Inspection(
    "onnx",
    framework="skl2onnx 1.20",
    inputs=(TensorSpec("x", "float32", ("N", 31)),),
    outputs=(TensorSpec("probabilities", "float32", ("N", 2)),),
)
PICKLE = Inspection(
    "pickle",
    framework="scikit-learn 1.7.1",
    verdict="warning",
    findings=(Finding("pickle.global", "warning", "model.pkl", "sklearn.ensemble"),),
)
SAFETENSORS = Inspection("safetensors", parameters=61_706, tensors=10)

_DAY = timedelta(days=1)
_HOUR = timedelta(hours=1)


def empty_scene(folder: Path) -> Scene:
    """Make a registry with nothing in it, where the folders of blobs are made as they are needed.

    Each test copies it, and 256 empty folders take longer than all the rest.
    """
    scene = Scene(folder / "registry")
    bare = mock.patch.object(BlobStore, "_make_shards")
    with bare, mock.patch("uuid.uuid4", return_value=_ID):
        create_registry(scene.folder, actor="ana", clock=scene.clock).close()
    return scene


def build_scene(folder: Path) -> Scene:
    """Make the registry that most tests begin with: four models, an A/B split, a rollback."""
    scene = empty_scene(folder)
    _churn(scene)
    _fraud(scene)
    with scene.acting("ci", 31 * _DAY) as registry:
        for accuracy in (0.951, 0.974, 0.982):
            scene.add(
                registry, "vision/digits", inspection=SAFETENSORS, metrics={"accuracy": accuracy}
            )
        registry.promotions.promote("vision/digits:v3", "production", reason="best so far")
    with scene.acting("ravi", 2 * _DAY) as registry:
        scene.add(registry, "nlp/reviews-tiny", metrics={"f1": 0.71}, tags={"team": "text"})
        scene.add(registry, "nlp/reviews-tiny", metrics={"f1": 0.40})
        registry.versions.yank("nlp/reviews-tiny:v2", reason="trained on its own test set")
    return scene


def _churn(scene: Scene) -> None:
    """Seven versions of risk/churn; production is shared by the last two."""
    runs: list[tuple[timedelta, str, Mapping[str, Any]]] = [
        (60 * _DAY, "ana", {"metrics": _churn_metrics(0.861, 0.742, 6.1), "inspection": PICKLE}),
        (52 * _DAY, "ana", {"metrics": _churn_metrics(0.880, 0.760, 6.9), "inspection": PICKLE}),
        (40 * _DAY, "ana", {"metrics": _churn_metrics(0.885, 0.770, 7.3)}),
        (31 * _DAY, "ana", {"metrics": _churn_metrics(0.899, 0.791, 8.2), "inspection": PICKLE}),
        (20 * _DAY, "ci", {"metrics": _churn_metrics(0.902, 0.799, 8.2)}),
        (3 * _DAY, "ci", {"metrics": _churn_metrics(0.911, 0.808, 8.1), "params": {"depth": 6}}),
    ]
    for ago, who, given in runs:
        with scene.acting(who, ago) as registry:
            scene.add(registry, "risk/churn", **given)
    with scene.acting("ana", 19 * _DAY) as registry:
        registry.models.describe("risk/churn", owner="ana", description="Who leaves next month")
        registry.promotions.promote(
            "risk/churn:v5", "production", reason="first that beats the rule"
        )
    with scene.acting("ana", 3 * _DAY - _HOUR) as registry:
        registry.promotions.promote("risk/churn:v6", "production", reason="better on both")
    with scene.acting("ana", 2 * _HOUR) as registry:
        scene.add(registry, "risk/churn", **_LAST_CHURN)
        registry.versions.alias("risk/churn:v7", "challenger")
        registry.promotions.promote("risk/churn:v7", "production", weight=20, reason="A/B test")


def _churn_metrics(auc: float, f1: float, latency: float) -> dict[str, float]:
    return {"auc": auc, "f1": f1, "latency_ms": latency}


_LAST_CHURN: Mapping[str, Any] = {
    "metrics": {"auc": 0.914, "f1": 0.812, "latency_ms": 8.9},
    "params": {"depth": 8, "solver": "hist"},
    "tags": {"team": "risk"},
    "description": "Gradient-boosted trees on 84,120 customers.",
    "card": CARD,
    "run": Run("8812", seconds=812.0),
    "code": Code(commit="3f2a91c", dirty=False, entry="train.py"),
    "datasets": (Dataset("customers", "trained_on", "v4", _DIGEST, 84_120),),
    "environment": Environment("3.11.7", "linux-x86_64", {"scikit-learn": "1.7.2"}),
    "base": "risk/churn:v6",
}


def _fraud(scene: Scene) -> None:
    """Three versions of risk/fraud; production was rolled back from the last."""
    with scene.acting("ravi", 41 * _DAY) as registry:
        for precision in (0.70, 0.733, 0.741):
            scene.add(registry, "risk/fraud", metrics={"precision": precision, "recall": 0.52})
        registry.models.describe("risk/fraud", owner="ravi")
        registry.promotions.promote("risk/fraud:v2", "production", reason="baseline")
    with scene.acting("ravi", 9 * _DAY) as registry:
        registry.promotions.promote("risk/fraud:v3", "production", reason="more precise")
    with scene.acting("ravi", 8 * _DAY) as registry:
        registry.promotions.rollback("risk/fraud", "production", reason="recall fell")

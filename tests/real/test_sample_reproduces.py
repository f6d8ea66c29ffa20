"""The models of the sample registry are made again by the code that is kept with them."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version

import pytest

from modelshelf.domain.reproduction import REPRODUCED
from modelshelf.registry import Registry, open_registry
from modelshelf.registry.sample import build_sample
from tests.real.conftest import REQUIRED

# One of each model and what it takes; the fine-tune of the digits goes on from an earlier version.
VERSIONS = {
    "health/progression:v2": ("scikit-learn", "PyYAML"),
    "health/tumour:v2": ("scikit-learn", "skl2onnx", "onnxruntime"),
    "iris/species:v3": ("scikit-learn",),
    "vision/digits:v3": ("scikit-learn", "safetensors"),
    "wine/cultivar:v2": ("scikit-learn", "joblib"),
}
TOLERANCE = 0.01  # the last of four digits may differ between processors


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    """Build the sample registry."""
    path = build_sample(tmp_path_factory.mktemp("sample") / "registry")
    with open_registry(path, actor="eve") as registry:
        yield registry


def missing(packages: tuple[str, ...]) -> str:
    """Return which of the packages is not installed; empty for none."""
    for name in packages:
        try:
            version(name)
        except PackageNotFoundError:
            return name
    return ""


@pytest.mark.parametrize("reference", VERSIONS)
def test_it_is_made_again(sample: Registry, reference: str) -> None:
    """With the packages that are installed here; where they are the pinned ones, byte for byte."""
    name = missing(VERSIONS[reference])
    if name:
        # What converts to ONNX is among the frameworks, and what computes with it is not.
        required = os.environ.get(REQUIRED) and name != "onnxruntime"
        (pytest.fail if required else pytest.skip)(f"{name} is not installed")
    done = sample.reproductions.run(reference, python=sys.executable, tolerance=TOLERANCE)
    assert done.report.outcome in REPRODUCED, done.report
    assert all(metric.within for metric in done.report.metrics), done.report.metrics

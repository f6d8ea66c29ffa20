"""The models of the sample registry are made again by the code that is kept with them."""

from __future__ import annotations

import sys

import pytest

from modelshelf.domain.reproduction import REPRODUCED
from modelshelf.registry import Registry
from tests.real.conftest import need

# One of each model and what it takes; the fine-tune of the digits goes on from an earlier version.
VERSIONS = {
    "health/progression:v2": ("scikit-learn", "PyYAML"),
    "health/tumour:v2": ("scikit-learn", "skl2onnx", "onnxruntime"),
    "iris/species:v3": ("scikit-learn",),
    "vision/digits:v3": ("scikit-learn", "safetensors"),
    "wine/cultivar:v2": ("scikit-learn", "joblib"),
}
TOLERANCE = 0.01  # the last of four digits may differ between processors


@pytest.mark.parametrize("reference", VERSIONS)
def test_it_is_made_again(sample: Registry, reference: str) -> None:
    """With the packages that are installed here; where they are the pinned ones, byte for byte."""
    need(*VERSIONS[reference])
    done = sample.reproductions.run(reference, python=sys.executable, tolerance=TOLERANCE)
    assert done.report.outcome in REPRODUCED, done.report
    assert all(metric.within for metric in done.report.metrics), done.report.metrics


def test_each_model_is_among_them(sample: Registry) -> None:
    """A model that is added to the sample is made again here too."""
    assert {each.partition(":")[0] for each in VERSIONS} == {
        model.name for model in sample.models.list()
    }

"""One network that a package ships in three containers: the same numbers are found in each."""

from __future__ import annotations

import pytest

from modelshelf.formats import Source
from tests.formats.committed import look_here
from tests.formats.weighing import missing_of, placed, raw
from tests.real.shipped import Absent, shipped

try:
    MODELS = shipped("basic-pitch") / "basic_pitch/saved_models/icassp_2022"
except Absent as absent:
    pytest.skip(str(absent), allow_module_level=True)


def test_the_saved_model() -> None:
    """As TensorFlow's checkpoint reader lists it, the optimizer's slots left out."""
    given = Source.from_path(MODELS / "nmp")
    found = look_here(given)
    assert (found.format, found.framework) == ("savedmodel", "TensorFlow 2.4.1")
    assert (found.parameters, found.tensors, found.verdict) == (16_864, 24, "clean")
    assert [(spec.name, spec.shape) for spec in found.inputs] == [("input_2", (None, 43844, 1))]
    assert {spec.name for spec in found.outputs} == {"contour", "note", "onset"}
    assert missing_of(given) == ()


def test_the_model_for_phones() -> None:
    """As TensorFlow's interpreter describes it."""
    found = look_here(Source.from_path(MODELS / "nmp.tflite"))
    assert (found.format, found.framework) == ("tflite", "TensorFlow 2.13.0")
    assert (found.tensors, found.verdict, found.needs_code) == (64, "clean", ())
    assert [spec.shape for spec in found.inputs] == [(None, 43844, 1)]
    assert sorted(spec.shape[-1] or 0 for spec in found.outputs) == [88, 88, 264]


def test_the_package() -> None:
    """As coremltools reads it; 36,010 of the numbers lie in the file of weights."""
    given = Source.from_path(MODELS / "nmp.mlpackage")
    found = look_here(given)
    assert (found.format, found.framework) == ("coreml", "tensorflow 2.12.0")
    assert (found.producer, found.verdict) == ("coremltools 7.0", "clean")
    stored = [each for each in placed(given).values() if each.start >= 0]
    assert sum(each.length // 4 for each in stored) == 36_010
    assert all(len(raw(given, each)) == each.length for each in stored)
    assert missing_of(given) == ()

"""Pickles of scikit-learn, joblib, cloudpickle and dill: what is told agrees with the objects."""

from __future__ import annotations

import io
import pickle
from types import FunctionType
from typing import Any

import pytest

from modelshelf.domain.inspection import Inspection
from tests.formats.builders import look, rules

sklearn: Any = pytest.importorskip("sklearn")
joblib: Any = pytest.importorskip("joblib")
numpy: Any = pytest.importorskip("numpy")


def fitted() -> Any:  # noqa: ANN401 - scikit-learn has no types here
    """Return a fitted pipeline with two labels."""
    linear: Any = pytest.importorskip("sklearn.linear_model")
    pipeline: Any = pytest.importorskip("sklearn.pipeline")
    scaling: Any = pytest.importorskip("sklearn.preprocessing")
    rows = numpy.random.default_rng(0).random((40, 3))
    labels = numpy.array(["no", "yes"])[(rows[:, 0] > 0.5).astype(int)]
    steps = (scaling.StandardScaler(), linear.LogisticRegression())
    return pipeline.make_pipeline(*steps).fit(rows, labels)


def by_joblib(value: object, **options: object) -> bytes:
    """Return what joblib writes."""
    target = io.BytesIO()
    joblib.dump(value, target, **options)
    return target.getvalue()


def agrees(found: Inspection) -> None:
    """Check what every container tells about the pipeline."""
    assert found.framework == f"scikit-learn {sklearn.__version__}"
    assert found.architecture == "Pipeline(StandardScaler, LogisticRegression)"
    assert found.inputs[0].shape == (None, 3)
    assert found.metadata["classes"] == "no, yes"
    assert rules(found) == {"pickle.can_execute"}


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_a_pickled_pipeline_agrees(protocol: int) -> None:
    """In every protocol."""
    agrees(look("m.pkl", pickle.dumps(fitted(), protocol)))


@pytest.mark.parametrize("packing", [0, ("zlib", 3), ("gzip", 3), ("bz2", 3), ("xz", 3)])
def test_a_pipeline_of_joblib_agrees(packing: object) -> None:
    """Plain and in every compression that needs no further library."""
    found = look("m.joblib", by_joblib(fitted(), compress=packing))
    assert (found.format, found.producer) == ("joblib", "joblib")
    agrees(found)


@pytest.mark.parametrize("library", ["cloudpickle", "dill"])
def test_other_picklers_agree(library: str) -> None:
    """Of an object whose classes can be imported they write what pickle writes."""
    module: Any = pytest.importorskip(library)
    agrees(look("m.pkl", module.dumps(fitted())))


@pytest.mark.parametrize("library", ["cloudpickle", "dill"])
def test_functions_in_them_are_code(library: str) -> None:
    """A lambda is kept as code, which only a person can approve."""
    module: Any = pytest.importorskip(library)
    double = FunctionType((lambda number: number * 2).__code__, {})  # of no module, with no names
    found = look("m.pkl", module.dumps({"f": double}))
    assert "pickle.code" in rules(found)
    assert found.unknown_globals
    assert found.producer == library

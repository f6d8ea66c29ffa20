"""Python objects, as pickle and its kin write them."""

from __future__ import annotations

import pickle
from dataclasses import replace
from pathlib import Path
from typing import Any

import cloudpickle
import dill
import joblib
import lightgbm
import numpy as np
import sklearn
import skops.io
from sklearn.ensemble import RandomForestClassifier
from sklearn.feature_selection import SelectKBest, f_classif
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from tests.real.makers.arrays import RANDOM
from tests.real.stated import Stated

ROWS = RANDOM.normal(size=(60, 4))
LABELS = (ROWS[:, 0] > 0).astype(int)


def pickled(folder: Path) -> Stated:
    """A pipeline."""
    path = folder / "pipeline.pkl"
    path.write_bytes(pickle.dumps(_pipeline()))
    return _estimator(path, joblib.load(path), "pickle")


def dumped(folder: Path) -> Stated:
    """A forest, with its arrays behind the pickle."""
    return _joblib(folder / "forest.joblib", 0)


def packed(folder: Path) -> Stated:
    """A forest, compressed."""
    return _joblib(folder / "forest.z.joblib", 3)


def packed_tight(folder: Path) -> Stated:
    """A forest, compressed more."""
    return _joblib(folder / "forest.xz.joblib", ("xz", 3))


def searched(folder: Path) -> Stated:
    """A search for the best settings, which keeps the functions that it selects and scores with."""
    chosen = make_pipeline(SelectKBest(f_classif, k=2), LogisticRegression())
    search = GridSearchCV(chosen, {"selectkbest__k": [1, 2]}, scoring="roc_auc", cv=2)
    path = folder / "search.joblib"
    joblib.dump(search.fit(ROWS, LABELS), path)
    read = joblib.load(path)
    parts = f"Pipeline({', '.join(_parts(read.estimator))})"
    says = {**_estimator(path, read.estimator.fit(ROWS, LABELS), "joblib").says}
    return Stated(path, says | {"architecture": f"{type(read).__name__}({parts})"})


def by_cloudpickle(folder: Path) -> Stated:
    """A pipeline again."""
    path = folder / "pipeline.cloudpickle.pkl"
    path.write_bytes(cloudpickle.dumps(_pipeline()))
    return _estimator(path, joblib.load(path), "pickle")


def by_dill(folder: Path) -> Stated:
    """A pipeline once more."""
    path = folder / "pipeline.dill.pkl"
    path.write_bytes(dill.dumps(_pipeline()))
    return _estimator(path, joblib.load(path), "pickle")


def by_skops(folder: Path) -> Stated:
    """A pipeline that needs no pickle."""
    path = folder / "pipeline.skops"
    skops.io.dump(_pipeline(), path)
    stated = _estimator(path, skops.io.load(path), "skops")
    says = {"verdict": "clean", "producer": f"skops {skops.__version__}"}
    return replace(stated, says={**stated.says, **says, "architecture": "Pipeline"}, outputs=None)


def boosted(folder: Path) -> Stated:
    """A model of another library that looks like scikit-learn's."""
    path = folder / "boosted.joblib"
    model = lightgbm.LGBMClassifier(n_estimators=3, num_leaves=4, verbose=-1).fit(ROWS, LABELS)
    joblib.dump(model, path)
    read = joblib.load(path)
    says = {"format": "joblib", "verdict": "warning", "architecture": type(read).__name__}
    return Stated(path, says | {"framework": "LightGBM"})  # its version is not in the file


def arrays(folder: Path) -> Stated:
    """Arrays in a dictionary, in joblib's way."""
    path = folder / "arrays.joblib"
    joblib.dump({"kernel": ROWS, "bias": np.arange(7, dtype=np.float32)}, path)
    says = {"format": "joblib", "verdict": "warning", "producer": "joblib"}
    return Stated(path, says, {"arrays": str(len(joblib.load(path)))})


def _pipeline() -> Any:  # noqa: ANN401 - scikit-learn is not typed here
    return make_pipeline(StandardScaler(), LogisticRegression()).fit(ROWS, LABELS)


def _joblib(path: Path, compress: object) -> Stated:
    forest = RandomForestClassifier(5, max_depth=4, random_state=0).fit(ROWS, LABELS)
    joblib.dump(forest, path, compress=compress)
    return _estimator(path, joblib.load(path), "joblib")


def _estimator(path: Path, model: Any, form: str) -> Stated:  # noqa: ANN401 - as above
    kind = type(model)
    says = {
        "format": form,
        "verdict": "warning",
        "unknown_globals": (),
        "framework": f"scikit-learn {sklearn.__version__}",
        "architecture": f"{kind.__name__}({', '.join(_parts(model))})",
    }
    metadata = {
        "class": f"{kind.__module__}.{kind.__name__}",
        "n_features_in_": str(model.n_features_in_),
        "_sklearn_version": sklearn.__version__,
    }
    outputs = (("label", str(model.classes_.dtype), (None,)),)
    return Stated(path, says, metadata, (("X", "", (None, model.n_features_in_)),), outputs)


def _parts(model: Any) -> list[str]:  # noqa: ANN401 - as above
    parts = model.named_steps.values() if hasattr(model, "named_steps") else model.estimators_[:1]
    return [type(part).__name__ for part in parts]

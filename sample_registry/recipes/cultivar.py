"""wine/cultivar: from which vine is this wine? Written by joblib, the first as a bare pickle."""

import pickle
from collections.abc import Callable
from pathlib import Path

import joblib
import numpy as np
from sklearn.base import ClassifierMixin
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from recipes import data, measure
from recipes.data import Array, Split
from recipes.line import Fitted, Line, settings

PROTOCOL = 4

Earlier = Callable[[int], Path]


def v1(split: Split, _: Earlier) -> Fitted:
    """The five nearest wines vote; nobody scaled the measurements, so proline alone decides."""
    return _fitted(KNeighborsClassifier(5), split, "n_neighbors", "weights")


def v2(split: Split, _: Earlier) -> Fitted:
    """Naive Bayes with one bell curve per measurement and cultivar."""
    return _fitted(GaussianNB(), split, "var_smoothing")


def v3(split: Split, _: Earlier) -> Fitted:
    """A random forest of thirty trees."""
    model = RandomForestClassifier(30, random_state=data.SEED)
    return _fitted(model, split, "n_estimators", "random_state")


def v4(split: Split, _: Earlier) -> Fitted:
    """Logistic regression on scaled measurements."""
    return _fitted(make_pipeline(StandardScaler(), LogisticRegression(C=1.0)), split, "C")


def _fitted(model: ClassifierMixin, split: Split, *keep: str) -> Fitted:
    model.fit(split.train.x, split.train.y.astype(np.int64))
    return Fitted(model, settings(model, *keep, features=len(split.features)), (split.train,))


def _write(_: Line, __: Split, fitted: Fitted, path: Path) -> None:
    if path.suffix == ".pkl":
        path.write_bytes(pickle.dumps(fitted.payload, protocol=PROTOCOL))
        return
    # Both ways in which such files are met: bare, and squeezed as a whole.
    squeeze = 0 if isinstance(fitted.payload, GaussianNB) else ("zlib", 6)
    joblib.dump(fitted.payload, path, compress=squeeze, protocol=PROTOCOL)


def _predict(path: Path, _: Split, rows: Array) -> Array:
    return np.asarray(joblib.load(path).predict_proba(rows))


def _measure(predict: Callable[[Array], Array], split: Split, _: int) -> dict[str, float]:
    return measure.many_classes(split.held.y, predict(split.held.x))


LINE = Line(
    name="wine/cultivar",
    owner="mei",
    description="Which of three vines a wine was made from, told by 13 chemical measurements.",
    tags={"team": "wine", "risk": "low"},
    task="tabular-classification",
    library="sklearn",
    licence="cc-by-4.0",
    source="Wine, UCI, CC BY 4.0, as shipped with scikit-learn.",
    limits="One region of Italy, three vines, 178 bottles: 54 held-out rows, so one wine more or "
    "less moves accuracy by 0.019. The file is a pickle inside: loading it runs code.",
    file="wine_data.csv",
    load=data.wine,
    recipes=(v1, v2, v3, v4),
    artifact="model.joblib",
    names={1: "model.pkl"},
    write=_write,
    predict=_predict,
    measure=_measure,
)

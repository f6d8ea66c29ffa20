"""iris/species: which iris is this flower? Written as PMML 4.4."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
from sklearn.base import ClassifierMixin
from sklearn.linear_model import LogisticRegression
from sklearn.tree import DecisionTreeClassifier

from recipes import data, measure, pmml
from recipes.data import Array, Split
from recipes.line import Fitted, Line, settings

Earlier = Callable[[int], Path]


def v1(split: Split, _: Earlier) -> Fitted:
    """A decision tree with two questions, small enough for the wall of a classroom."""
    return _fitted(DecisionTreeClassifier(max_depth=2, random_state=0), split, "max_depth")


def v2(split: Split, _: Earlier) -> Fitted:
    """A deeper tree, to show what learning by heart looks like."""
    return _fitted(DecisionTreeClassifier(max_depth=4, random_state=0), split, "max_depth")


def v3(split: Split, _: Earlier) -> Fitted:
    """Logistic regression over the three species."""
    return _fitted(LogisticRegression(C=1.0, max_iter=500), split, "C", "max_iter")


def _fitted(model: ClassifierMixin, split: Split, *keep: str) -> Fitted:
    model.fit(split.train.x, split.train.y.astype(np.int64))
    return Fitted(model, settings(model, *keep, features=len(split.features)), (split.train,))


def _write(line: Line, split: Split, fitted: Fitted, path: Path) -> None:
    path.write_bytes(pmml.document(fitted.payload, line.name, split.features, split.classes))
    told = pmml.chances(path, split.features, split.classes, split.held.x)
    if not np.allclose(told, fitted.payload.predict_proba(split.held.x), rtol=0, atol=1e-9):
        raise AssertionError(path)


def _predict(path: Path, split: Split, rows: Array) -> Array:
    return pmml.chances(path, split.features, split.classes, rows)


def _measure(predict: Callable[[Array], Array], split: Split, _: int) -> dict[str, float]:
    return measure.many_classes(split.held.y, predict(split.held.x))


LINE = Line(
    name="iris/species",
    owner="mei",
    description="Which of three irises a flower is, from four lengths; made for teaching.",
    tags={"team": "teaching", "risk": "low"},
    task="tabular-classification",
    library="pmml",
    licence="cc-by-4.0",
    source="Iris, UCI, CC BY 4.0, as shipped with scikit-learn.",
    limits="150 flowers gathered in 1935, 45 of them held out, so one flower more or less moves "
    "accuracy by 0.022. It knows three species and calls any flower one of them.",
    file="iris.csv",
    load=data.iris,
    recipes=(v1, v2, v3),
    artifact="model.pmml",
    write=_write,
    predict=_predict,
    measure=_measure,
)

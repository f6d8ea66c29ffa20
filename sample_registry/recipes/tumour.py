"""health/tumour: is a breast tumour malignant? Written as ONNX by skl2onnx."""

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnxruntime
from skl2onnx import to_onnx
from skl2onnx.common.data_types import FloatTensorType
from sklearn.base import ClassifierMixin
from sklearn.ensemble import GradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from recipes import data, measure
from recipes.data import Array, Rows, Split
from recipes.line import Fitted, Line, settings

OPSET = 18
MEANS = 10
FIRST_DELIVERY = 250

Earlier = Callable[[int], Path]


def v1(split: Split, _: Earlier) -> Fitted:
    """Logistic regression on the ten mean measurements of the first 250 patients."""
    rows = split.train.first(FIRST_DELIVERY, version="1")
    model = make_pipeline(StandardScaler(), LogisticRegression(C=0.1))
    return _fitted(model, rows, "C", features=MEANS)


def v2(split: Split, _: Earlier) -> Fitted:
    """Logistic regression on all thirty measurements of all 398 patients."""
    return _fitted(make_pipeline(StandardScaler(), LogisticRegression(C=1.0)), split.train, "C")


def v3(split: Split, _: Earlier) -> Fitted:
    """A random forest of forty shallow trees, to see whether trees beat a line."""
    model = RandomForestClassifier(40, max_depth=6, random_state=data.SEED)
    return _fitted(model, split.train, "n_estimators", "max_depth", "random_state")


def v4(split: Split, _: Earlier) -> Fitted:
    """Gradient boosting, the second try with trees."""
    model = GradientBoostingClassifier(
        n_estimators=120, max_depth=3, subsample=0.7, random_state=data.SEED
    )
    keep = ("n_estimators", "max_depth", "learning_rate", "subsample", "random_state")
    return _fitted(model, split.train, *keep)


def v5(split: Split, _: Earlier) -> Fitted:
    """A small neural network with one layer of sixteen units."""
    net = MLPClassifier((16,), alpha=0.1, max_iter=400, random_state=0)
    return _fitted(make_pipeline(StandardScaler(), net), split.train, *_NET, hidden=16)


def v6(split: Split, _: Earlier) -> Fitted:
    """A network half as wide, held back ten times harder from learning rows by heart."""
    net = MLPClassifier((8,), alpha=1.0, max_iter=600, random_state=0)
    return _fitted(make_pipeline(StandardScaler(), net), split.train, *_NET, hidden=8)


_NET = ("alpha", "max_iter", "learning_rate_init", "random_state")


def _fitted(model: ClassifierMixin, rows: Rows, *keep: str, **more: int) -> Fitted:
    width = more.get("features", rows.x.shape[1])
    model.fit(rows.x[:, :width], rows.y.astype(np.int64))
    return Fitted(model, settings(model, *keep, **{"features": width, **more}), (rows,))


def _write(line: Line, split: Split, fitted: Fitted, path: Path) -> None:
    width = fitted.payload.n_features_in_
    model = to_onnx(
        fitted.payload,
        initial_types=[("measurements", FloatTensorType([None, width]))],
        name=line.name.replace("/", "-"),
        options={"zipmap": False},
        target_opset=OPSET,
    )
    model.doc_string = line.description
    # The converter lists them in the order of a set, which differs between runs: here by use.
    used = Counter(node.domain for node in model.graph.node)
    model.opset_import.sort(key=lambda opset: (used[opset.domain], opset.domain), reverse=True)
    for key, value in (
        ("class_names", json.dumps(split.classes)),
        ("feature_names", json.dumps(split.features[:width])),
        ("license", line.licence),
        ("positive_class", split.classes[1]),
    ):
        model.metadata_props.add(key=key, value=value)
    path.write_bytes(model.SerializeToString(deterministic=True))


def _predict(path: Path, _: Split, rows: Array) -> Array:
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    taken = session.get_inputs()[0]
    chances = session.run(["probabilities"], {taken.name: _narrow(rows, taken.shape[1])})[0]
    return np.asarray(chances, dtype=np.float64)


def _narrow(rows: Array, width: int) -> np.ndarray:
    return rows[:, :width].astype(np.float32)


def _measure(predict: Callable[[Array], Array], split: Split, _: int) -> dict[str, float]:
    return measure.two_classes(split.held.y, predict(split.held.x))


LINE = Line(
    name="health/tumour",
    owner="ana",
    description="Chance that a breast tumour is malignant, from measurements of cell nuclei.",
    tags={"team": "health", "risk": "high"},
    task="tabular-classification",
    library="onnx",
    licence="cc-by-4.0",
    source="Breast Cancer Wisconsin (Diagnostic), UCI, CC BY 4.0, as shipped with scikit-learn.",
    limits="A sample from 1995 and one hospital. Not a medical device: do not use it on people. "
    "With 171 held-out rows, one row more or less moves accuracy by 0.006.",
    file="breast_cancer.csv",
    load=data.breast_cancer,
    recipes=(v1, v2, v3, v4, v5, v6),
    artifact="model.onnx",
    write=_write,
    predict=_predict,
    measure=_measure,
)

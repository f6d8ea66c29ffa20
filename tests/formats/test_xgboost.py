"""XGBoost: trees, features and objective are read from all three of its file formats."""

from __future__ import annotations

import json
import struct
import warnings
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelshelf.domain.inspection import TensorSpec
from modelshelf.formats.families.xgboost import XgboostJson
from modelshelf.formats.looking import measure
from modelshelf.formats.registry import gathered
from modelshelf.formats.walking import Steps
from tests.formats.builders import details, rules, source
from tests.formats.hostile import damaged, survives, survives_every_cut
from tests.formats.test_walking import ubjson


def tree(nodes: int) -> dict[str, object]:
    """Return one tree as XGBoost writes it, though with only some of its fields."""
    return {
        "base_weights": [0.5] * nodes,
        "left_children": [1, *[-1] * (nodes - 1)],
        "tree_param": {"num_deleted": "0", "num_feature": "2", "num_nodes": str(nodes)},
    }


def document(**learner: object) -> dict[str, object]:
    """Return a model of two trees, with parts replaced."""
    model = {
        "gbtree_model_param": {"num_parallel_tree": "1", "num_trees": "2"},
        "iteration_indptr": [0, 1, 2],
        "tree_info": [0, 0],
        "trees": [tree(3), tree(5)],
    }
    parts: dict[str, object] = {
        "attributes": {"best_iteration": "1", "owner": "me"},
        "feature_names": ["age", "city"],
        "feature_types": ["float", "c"],
        "gradient_booster": {"model": model, "name": "gbtree"},
        "learner_model_param": {"base_score": "5E-1", "num_class": "0", "num_feature": "2"},
        "objective": {"name": "binary:logistic", "reg_loss_param": {"scale_pos_weight": "1"}},
    }
    return {"learner": parts | learner, "version": [3, 2, 0]}


def linear(weights: int) -> dict[str, object]:
    """Return a booster without trees."""
    return {"model": {"boosted_rounds": 4, "weights": [0.5] * weights}, "name": "gblinear"}


def binary(*, magic: bytes = b"binf", trees: int = 2, objective: str = "reg:squarederror") -> bytes:
    """Return a model in the deprecated format, each tree of three nodes."""
    learner = struct.pack("<fIiiIIII104x", 0.5, 4, 0, 1, 1, 2, 1, 1)
    header = struct.pack("<iii4xqii128x", trees, 1, 4, 0, 1, 0)
    one = struct.pack("<6i124x", 1, 3, 0, 1, 4, 0) + bytes(3 * 36)
    attributes = struct.pack("<Q", 1) + text("best_iteration") + text("7")
    metrics = struct.pack("<Q", 1) + text("rmse")
    parts = [learner, text(objective), text("gbtree"), header, one * trees, bytes(4 * trees)]
    return magic + b"".join(parts) + attributes + metrics


def text(value: str) -> bytes:
    """Return a text of the deprecated format."""
    return struct.pack("<Q", len(value)) + value.encode()


WRITTEN = {
    "m.json": json.dumps(document()).encode(),
    "m.ubj": ubjson(document()),
    "m.model": binary(),
}


@pytest.mark.parametrize("name", ["m.json", "m.ubj"])
def test_a_model_is_described(name: str) -> None:
    """The same document in both ways of writing it."""
    found = survives(name, WRITTEN[name])
    assert (found.format, found.verdict, found.mismatch) == ("xgboost", "clean", "")
    assert (found.framework, found.architecture) == ("XGBoost 3.2.0", "gbtree")
    assert found.version == {"m.json": "JSON", "m.ubj": "UBJSON"}[name]
    assert found.inputs == (TensorSpec("age", "float32", ()), TensorSpec("city", "category", ()))
    assert found.outputs == (TensorSpec("prediction", "float32", (None,)),)
    assert found.parameters is None
    assert found.metadata == {
        "best_iteration": "1",
        "owner": "me",
        "objective": "binary:logistic",
        "num_feature": "2",
        "num_parallel_tree": "1",
        "base_score": "5E-1",
        "rounds": "2",
        "trees": "2",
        "nodes": "8",
        "leaves": "5",
    }


def test_a_model_of_many_outputs() -> None:
    """Classes and targets widen the prediction; without names the table has a width."""
    param = {"num_class": "3", "num_feature": "7"}
    objective = {"name": "multi:softprob"}
    data = document(
        feature_names=[], feature_types=[], learner_model_param=param, objective=objective
    )
    found = survives("m.json", json.dumps(data).encode())
    assert found.inputs == (TensorSpec("data", "float32", (None, 7)),)
    assert found.outputs == (TensorSpec("prediction", "float32", (None, 3)),)


def test_boosters_without_trees_and_of_dropped_trees() -> None:
    """Weights are counted where there are no trees; dart keeps its trees one level deeper."""
    found = survives("m.json", json.dumps(document(gradient_booster=linear(5))).encode())
    assert (found.architecture, found.parameters) == ("gblinear", 5)
    assert found.metadata["rounds"] == "4"
    model = {"gbtree_model_param": {"num_trees": "1"}, "trees": [tree(3)]}
    booster = {"gbtree": {"model": model, "name": "gbtree"}, "name": "dart", "weight_drop": [1.0]}
    found = survives("m.ubj", ubjson(document(gradient_booster=booster)))
    assert (found.architecture, found.metadata["trees"]) == ("dart", "1")


@pytest.mark.parametrize("magic", [b"binf", b""])
def test_the_deprecated_file_is_described(magic: bytes) -> None:
    """With the mark of later years and without."""
    found = survives("m.model", binary(magic=magic))
    assert (found.format, found.verdict, found.framework) == ("xgboost", "clean", "XGBoost 2.1")
    assert found.inputs == (TensorSpec("data", "float32", (None, 4)),)
    assert found.metadata["best_iteration"] == "7"
    assert [found.metadata[key] for key in ("trees", "nodes", "leaves")] == ["2", "6", "4"]


@pytest.mark.parametrize("name", ["m.ubj", "m.model"])
def test_the_end_is_known(name: str) -> None:
    """A binary file that is cut is seen to be, whatever follows is malformed."""
    data = WRITTEN[name]
    extent = measure(source(name, data), gathered(()))
    assert (extent.expected, extent.whole) == (len(data), True)
    assert survives(name, data + b"x").verdict == "dangerous"


@pytest.mark.parametrize("name", WRITTEN)
def test_a_cut_file_never_counts_as_whole(name: str) -> None:
    """At every length."""
    survives_every_cut(name, WRITTEN[name])


@pytest.mark.parametrize(
    "data",
    [
        {"learner": {"name": "Anna", "courses": []}, "version": [1, 0]},
        {"learner": "x"},
        {"version": [1]},
        {"model": {"learner": {}}},
        [{"learner": {"attributes": {}}}],
    ],
)
def test_other_json_is_left_alone(data: object) -> None:
    """Somebody else's learners."""
    assert survives("m.json", json.dumps(data).encode()).format == "unknown"
    assert survives("m.bin", ubjson(data)).format == "unknown"


HOSTILE = {
    "fewer trees": json.dumps(document()).replace('"num_trees": "2"', '"num_trees": "3"'),
    "a negative count": json.dumps(document()).replace('"num_trees": "2"', '"num_trees": "-2"'),
    "a key twice": json.dumps(document()).replace('"version"', '"learner"'),
    "more behind": json.dumps(document()) + "[]",
    "deep": json.dumps(document(objective=1)).replace('"objective": 1', '"x": ' + "[" * 5_000),
    "cut": json.dumps(document())[:-20],
}


@pytest.mark.parametrize("case", HOSTILE)
def test_lies_are_malformed(case: str) -> None:
    """Counts, keys, depth and ends."""
    found = survives("m.json", HOSTILE[case].encode())
    assert (found.format, rules(found)) == ("xgboost", {"xgboost.malformed"})


@pytest.mark.parametrize("trees", [-1, 2**31 - 1])
def test_a_promised_number_of_trees_is_not_believed(trees: int) -> None:
    """Nothing is done by the count of a header."""
    data = bytearray(binary())
    at = data.index(b"gbtree") + 6
    data[at : at + 4] = struct.pack("<i", trees)
    assert survives("m.model", bytes(data)).verdict in {"dangerous", "incomplete"}


def test_a_model_of_too_many_parts_is_read_in_part(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond a limit it is said that not all was seen; the verdict is no quarantine."""
    monkeypatch.setattr(Steps, "count", counting(60))
    given = source("m.json", WRITTEN["m.json"])
    found = XgboostJson().inspect(given)
    assert (found.verdict, rules(found)) == ("warning", {"xgboost.limit"})
    assert "only its beginning" in details(found, "xgboost.limit")[0]
    assert found.inputs
    assert found.metadata["trees"] == "2"
    assert "leaves" not in found.metadata


def counting(most: int) -> object:
    """Return a counter of steps that ends after ``most`` of them."""
    whole = Steps.count
    allowed = [most]

    def count(steps: Steps) -> None:
        allowed[0] -= 1
        if allowed[0] < 0:
            steps.left = 0
        whole(steps)

    return count


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(sorted(WRITTEN)).flatmap(lambda n: st.tuples(st.just(n), damaged(WRITTEN[n])))
)
def test_any_damage_is_looked_at(case: tuple[str, bytes]) -> None:
    """Never an exception, whatever the bytes."""
    survives(*case)


@pytest.mark.parametrize("booster", ["gbtree", "dart", "gblinear"])
@pytest.mark.parametrize("suffix", ["json", "ubj"])
def test_what_xgboost_writes(tmp_path: Path, booster: str, suffix: str) -> None:
    """Its own answers about the same model."""
    xgboost = pytest.importorskip("xgboost")
    numpy = pytest.importorskip("numpy")
    data = numpy.random.default_rng(0).normal(size=(60, 3))
    labels = (data[:, 0] > 0).astype(int)
    path = tmp_path / f"m.{suffix}"
    with warnings.catch_warnings(action="ignore"):
        table = xgboost.DMatrix(data, label=labels, feature_names=["a", "b", "c"])
        settings = {"objective": "binary:logistic", "booster": booster, "max_depth": 2}
        model = xgboost.train(settings, table, num_boost_round=4)
        model.set_attr(owner="me")
        model.save_model(path)
        frame = None if booster == "gblinear" else model.trees_to_dataframe()
    found = survives(path.name, path.read_bytes())
    assert found.framework == f"XGBoost {xgboost.__version__}"
    assert [spec.name for spec in found.inputs] == model.feature_names
    assert found.architecture == booster
    assert found.metadata["rounds"] == str(model.num_boosted_rounds())
    assert found.metadata["owner"] == "me"
    if frame is not None:
        assert found.metadata["trees"] == str(frame["Tree"].nunique())
        assert found.metadata["nodes"] == str(len(frame))
        assert found.metadata["leaves"] == str(int((frame["Feature"] == "Leaf").sum()))

"""CatBoost: features of every kind, trees and settings, from the binary file and from JSON."""

from __future__ import annotations

import json
import struct
import warnings
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelshelf.domain.inspection import TensorSpec
from modelshelf.formats.families.catboost import CatboostJson
from modelshelf.formats.looking import measure
from modelshelf.formats.registry import gathered
from modelshelf.formats.walking import Steps
from tests.formats.builders import rules, source
from tests.formats.hostile import damaged, survives, survives_every_cut

INFO = {
    "catboost_version_info": "Git info:\n    Branch: tags/v1.2.10\n",
    "class_params": '{"class_names":["no","yes"]}',
    "params": '{"loss_function":{"type":"Logloss"},"tree_learner_options":{"depth":3,'
    '"grow_policy":"SymmetricTree"}}',
    "owner": "me",
}


class Flat:
    """Writes tables of FlatBuffers from the end of the file to its beginning, one by one."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.data = b""

    def put(self, data: bytes) -> int:
        """Put bytes in front, and return how far from the end they begin."""
        self.data = data + bytes(-len(data) % 4) + self.data
        return len(self.data)

    def text(self, value: str) -> int:
        """Put a text."""
        raw = value.encode()
        return self.put(struct.pack("<I", len(raw)) + raw)

    def numbers(self, count: int, width: int = 4) -> int:
        """Put a vector of as many zeros."""
        return self.put(struct.pack("<I", count) + bytes(count * width))

    def references(self, places: list[int]) -> int:
        """Put a vector of references."""
        start = len(self.data) + 4 * len(places)
        offsets = [start - 4 * number - place for number, place in enumerate(places)]
        return self.put(struct.pack(f"<{len(places) + 1}I", len(places), *offsets))

    def table(self, fields: dict[int, int], numbers: dict[int, int] | None = None) -> int:
        """Put a table of references and plain numbers by the number of their field."""
        plain = numbers or {}
        top = max([*fields, *plain], default=-1) + 1
        start = len(self.data) + 4 * (1 + top)
        body, places = b"", [0] * top
        for number in sorted([*fields, *plain]):
            at = 4 + len(body)
            places[number] = at
            value = plain[number] if number in plain else start - at - fields[number]
            body += struct.pack("<i", value)
        body += bytes(4 * top - len(body))
        layout = struct.pack(f"<{2 + top}H", 4 + 2 * top, 4 + 4 * top, *places)
        layout += bytes(-len(layout) % 4)
        place = self.put(struct.pack("<i", len(layout)) + body)
        self.data = layout + self.data
        return place


def model(
    info: dict[str, str] | None = None, *, parts: tuple[str, ...] = (), tail: bytes = b""
) -> bytes:
    """Return a model of three features and two trees of eight leaves each."""
    flat = Flat()
    pairs = [
        flat.table({0: flat.text(key), 1: flat.text(value)})
        for key, value in (INFO if info is None else info).items()
    ]
    floats = [
        flat.table({4: flat.text("age")}, {2: 0}),
        flat.table({}, {2: 2}),
    ]
    categories = [flat.table({2: flat.text("city")}, {1: 1})]
    trees = {
        2: flat.numbers(2),
        4: flat.references(categories),
        5: flat.references(floats),
        8: flat.numbers(16, 8),
    }
    fields = {
        0: flat.text("FlabuffersModel_v1"),
        1: flat.table(trees, {0: 1}),
        2: flat.references(pairs),
    }
    if parts:
        fields[3] = flat.references([flat.text(part) for part in parts])
    root = flat.table(fields)
    core = struct.pack("<I", 4 + len(flat.data) - root) + flat.data
    return b"CBM1" + struct.pack("<I", len(core)) + core + tail


def document(**changes: object) -> bytes:
    """Return the same model as CatBoost writes it in JSON."""
    leaf: dict[str, object] = {"leaf_values": [0.0] * 8, "splits": []}
    parts: dict[str, object] = {
        "features_info": {
            "categorical_features": [{"feature_id": "city", "flat_feature_index": 1}],
            "float_features": [
                {"borders": [0.5, 1.5], "feature_id": "age", "flat_feature_index": 0},
                {"borders": [0.5], "feature_id": "", "flat_feature_index": 2},
            ],
        },
        "model_info": {key: _opened(value) for key, value in INFO.items()},
        "oblivious_trees": [leaf, leaf],
        "scale_and_bias": [1, [0]],
    }
    return json.dumps(parts | changes, indent=2).encode()


def _opened(value: str) -> object:
    return json.loads(value) if value.startswith("{") else value


WRITTEN = {"m.cbm": model(), "m.json": document()}


@pytest.mark.parametrize("name", WRITTEN)
def test_a_model_is_described(name: str) -> None:
    """The same in both files, but for the leaves."""
    found = survives(name, WRITTEN[name])
    assert (found.format, found.verdict, found.mismatch) == ("catboost", "clean", "")
    assert (found.framework, found.architecture) == ("CatBoost 1.2.10", "SymmetricTree")
    assert found.version == {"m.cbm": "FlabuffersModel_v1", "m.json": "JSON"}[name]
    assert found.inputs == (
        TensorSpec("age", "float32", ()),
        TensorSpec("city", "category", ()),
        TensorSpec("2", "float32", ()),
    )
    assert found.outputs == (TensorSpec("prediction", "float64", (None,)),)
    told = dict(found.metadata)
    assert told.pop("leaves", "16") == "16"
    assert told == {
        "trees": "2",
        "num_feature": "3",
        "objective": "Logloss",
        "depth": "3",
        "grow_policy": "SymmetricTree",
        "classes": '["no", "yes"]',
        "owner": "me",
    }


def test_many_classes_widen_the_prediction() -> None:
    """By as many numbers as the bias has."""
    found = survives("m.json", document(scale_and_bias=[1, [0, 0, 0]]))
    assert found.outputs[0].shape == (None, 3)


def test_settings_that_are_no_json_stay_texts() -> None:
    """What stands in the file is never trusted to be of a shape."""
    for params in ("{", "[]", "x", '{"loss_function":1}', "{" * 10_000):
        found = survives("m.cbm", model({"params": params, "class_params": params}))
        assert (found.verdict, "objective" in found.metadata) == ("clean", False)


def test_the_end_is_known() -> None:
    """The table tells its length; what follows is named, and its length is not known."""
    every = gathered(())
    extent = measure(source("m.cbm", model()), every)
    assert (extent.expected, extent.whole) == (len(model()), True)
    cut = measure(source("m.cbm", model()[:-1]), every)
    assert (cut.expected, cut.whole) == (len(model()), False)
    more = model(parts=("static_provider_v1",), tail=b"counters")
    assert measure(source("m.cbm", more), every).whole is None
    assert measure(source("m.cbm", more[:-8]), every).whole is False
    assert survives("m.cbm", more).verdict == "clean"
    assert rules(survives("m.cbm", model(tail=b"x"))) == {"catboost.malformed"}


@pytest.mark.parametrize(
    "data",
    [
        b'{"features_info": "none"}',
        b'{"model_info": {}}',
        b'{"trees": []}',
        b"CBM",
        b'{"ctr_data": {}}',
    ],
)
def test_other_files_are_left_alone(data: bytes) -> None:
    """Somebody else's words."""
    assert survives("m.json", data).format == "unknown"


@pytest.mark.parametrize("name", WRITTEN)
def test_a_cut_file_never_counts_as_whole(name: str) -> None:
    """At every length."""
    survives_every_cut(name, WRITTEN[name])


def test_references_out_of_the_table_are_malformed() -> None:
    """Each of the table's own numbers in turn points far away."""
    whole = model()
    for at in range(8, len(whole) - 4, 4):
        for wrong in (b"\xff\xff\xff\x7f", b"\xff\xff\xff\xff", b"\x00\x00\x00\x80"):
            survives("m.cbm", whole[:at] + wrong + whole[at + 4 :])


def test_a_model_of_too_many_parts_is_read_in_part(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond a limit it is said that not all was seen; the verdict is no quarantine."""
    whole, allowed = Steps.count, [12]

    def count(steps: Steps) -> None:
        allowed[0] -= 1
        steps.left = steps.left if allowed[0] >= 0 else 0
        whole(steps)

    monkeypatch.setattr(Steps, "count", count)
    found = CatboostJson().inspect(source("m.json", document()))
    assert (found.verdict, rules(found)) == ("warning", {"catboost.limit"})


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(sorted(WRITTEN)).flatmap(lambda n: st.tuples(st.just(n), damaged(WRITTEN[n])))
)
def test_any_damage_is_looked_at(case: tuple[str, bytes]) -> None:
    """Never an exception, whatever the bytes."""
    survives(*case)


@pytest.mark.parametrize("suffix", ["cbm", "json"])
@pytest.mark.parametrize("policy", ["SymmetricTree", "Lossguide"])
def test_what_catboost_writes(tmp_path: Path, policy: str, suffix: str) -> None:
    """Its own answers about the same model."""
    catboost = pytest.importorskip("catboost")
    numpy = pytest.importorskip("numpy")
    random = numpy.random.default_rng(0)
    data = numpy.column_stack([random.normal(size=200), random.integers(0, 30, 200)]).astype(object)
    data[:, 1] = [f"c{int(value)}" for value in data[:, 1]]
    labels = [("no", "yes")[value > 0] for value in data[:, 0]]
    path = tmp_path / f"m.{suffix}"
    with warnings.catch_warnings(action="ignore"):
        model = catboost.CatBoostClassifier(
            iterations=5, depth=3, verbose=0, allow_writing_files=False, grow_policy=policy
        )
        pool = catboost.Pool(data, labels, cat_features=[1], feature_names=["a", "c"])
        model.fit(pool)
        model.save_model(str(path), format=suffix, pool=pool)
    found = survives(path.name, path.read_bytes())
    assert found.framework == f"CatBoost {catboost.__version__}"
    assert [spec.name for spec in found.inputs] == model.feature_names_
    assert [spec.dtype for spec in found.inputs] == ["float32", "category"]
    assert found.metadata["trees"] == str(model.tree_count_)
    assert json.loads(found.metadata["classes"]) == list(model.classes_)
    assert (found.architecture, found.verdict) == (policy, "clean")
    if suffix == "cbm":
        assert found.metadata["leaves"] == str(len(model.get_leaf_values()))

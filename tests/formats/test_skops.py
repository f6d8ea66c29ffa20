"""skops: every class, function and method in the schema is judged as a pickle's would be."""

from __future__ import annotations

import json
import pickle
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings

from modelshelf.domain.inspection import Inspection, TensorSpec
from modelshelf.formats.families.skops import Skops
from modelshelf.formats.looking import measure
from modelshelf.formats.registry import gathered
from tests.formats.builders import details, fixture, npy, rules, source, zipped
from tests.formats.hostile import damaged, survives

Node = dict[str, object]


def node(module: str, name: str, loader: str = "ObjectNode", **more: object) -> Node:
    """Return one node of a schema."""
    return {"__class__": name, "__module__": module, "__loader__": loader, **more}


def value(given: object) -> Node:
    """Return a plain value."""
    return node("builtins", "str", "JsonNode", content=json.dumps(given), is_json=True)


def attributes(**members: object) -> Node:
    """Return an object's attributes."""
    names = node("builtins", "list", "ListNode", content=[node("builtins", "str", "TypeNode")])
    return node("builtins", "dict", "DictNode", content=members, key_types=names)


def array(file: str) -> Node:
    """Return an array that is kept in a member."""
    return node("numpy", "ndarray", "NdArrayNode", type="numpy", file=file)


def names(*given: str) -> Node:
    """Return an array of texts, which is kept in the schema."""
    items = [value(each) for each in given]
    return node("numpy", "ndarray", "NdArrayNode", type="json", content=items, shape=value([1]))


CLASSES = npy(
    "{'descr': '<U3', 'fortran_order': False, 'shape': (2,), }", "no\0yes".encode("utf-32-le")
)
WEIGHTS = npy("{'descr': '<f8', 'fortran_order': False, 'shape': (1, 2), }", bytes(16))
REGRESSION = node(
    "sklearn.linear_model._logistic",
    "LogisticRegression",
    content=attributes(
        _sklearn_version=value("1.9.1"),
        n_features_in_=value(2),
        feature_names_in_=names("age", "city"),
        classes_=array("1.npy"),
        coef_=array("2.npy"),
    ),
)


def skops(root: Node | None = None, extra: dict[str, bytes] | None = None, text: str = "") -> bytes:
    """Return a file around a root object."""
    schema = {**(REGRESSION if root is None else root), "protocol": 2, "_skops_version": "0.16.0"}
    members = {"1.npy": CLASSES, "2.npy": WEIGHTS} if root is None else {}
    return zipped(
        {**members, "schema.json": (text or json.dumps(schema, indent=1)).encode(), **(extra or {})}
    )


def look(root: Node) -> Inspection:
    """Look into a file around a root object."""
    return survives("m.skops", skops(root))


def test_a_model_is_described() -> None:
    """Class, versions, columns, classes and weights."""
    found = survives("m.skops", skops())
    assert (found.format, found.verdict, found.mismatch) == ("skops", "clean", "")
    assert (found.framework, found.producer) == ("scikit-learn 1.9.1", "skops 0.16.0")
    assert (found.version, found.architecture) == ("protocol 2", "LogisticRegression")
    assert [spec.name for spec in found.inputs] == ["age", "city"]
    assert (found.parameters, found.tensors) == (4, 2)
    assert found.metadata["classes"] == "no, yes"
    assert found.metadata["class"] == "sklearn.linear_model._logistic.LogisticRegression"
    assert found.needs_code == ()


def test_a_pipeline_names_its_steps() -> None:
    """In their order, with the columns of the first that has them."""
    scaler = node("sklearn.preprocessing._data", "StandardScaler", content=attributes())
    steps = [
        node("builtins", "tuple", "TupleNode", content=[value(name), step])
        for name, step in (("scale", scaler), ("model", REGRESSION))
    ]
    listed = node("builtins", "list", "ListNode", content=steps)
    root = node("sklearn.pipeline", "Pipeline", content=attributes(steps=listed))
    found = survives("m.skops", skops(root, {"1.npy": CLASSES, "2.npy": WEIGHTS}))
    assert (found.architecture, found.verdict) == ("Pipeline", "clean")
    assert found.metadata["steps"] == "StandardScaler, LogisticRegression"
    assert [spec.name for spec in found.inputs] == ["age", "city"]


def test_without_names_the_table_has_a_width() -> None:
    """The number of features that was noted."""
    tree = node(
        "sklearn.tree._classes", "ExtraTreeClassifier", content=attributes(n_features_in_=value(7))
    )
    assert look(tree).inputs == (TensorSpec("X", "any", (None, 7)),)


def test_arrays_are_named_after_their_attributes() -> None:
    """And lie where the zip has them."""
    data = skops()
    found = {each.name: each for each in Skops().tensors(source("m.skops", data))}
    assert found["coef_"].shape == (1, 2)
    assert data[found["coef_"].start :][:16] == bytes(16)
    assert found["classes_"].dtype == "<U3"


def test_a_class_of_somebody_else_is_unknown() -> None:
    """It is listed for approval, and its package is needed."""
    found = look(node("acme.models", "Net", content=attributes()))
    assert (found.verdict, found.unknown_globals) == ("warning", ("acme.models.Net",))
    assert found.needs_code == ("acme",)


DANGEROUS: dict[str, tuple[Node, str]] = {
    "a function of the system": (
        node("posix", "system", "TypeNode"),
        "pickle.global.dangerous",
    ),
    "a function through another": (
        node("builtins", "getattr", "FunctionNode"),
        "pickle.global.dangerous",
    ),
    "a name with dots": (
        node("sklearn", "utils.os.system", "FunctionNode"),
        "pickle.global.dangerous",
    ),
    "a caller of methods": (
        node("operator", "methodcaller", "OperatorFuncNode", attrs=value(["x"])),
        "pickle.global.dangerous",
    ),
    "an operator of another module": (
        node("builtins", "exec", "OperatorFuncNode", attrs=value(["x"])),
        "skops.malformed",
    ),
    "a method of another class": (
        node(
            "sklearn.pipeline",
            "Pipeline",
            "MethodNode",
            content={"func": "fit", "obj": node("acme", "Net")},
        ),
        "skops.malformed",
    ),
    "a hidden attribute": (
        node(
            "sklearn.pipeline",
            "Pipeline",
            "MethodNode",
            content={"func": "__class__", "obj": node("sklearn.pipeline", "Pipeline")},
        ),
        "skops.malformed",
    ),
    "a member that is not there": (array("../../etc/passwd.npy"), "skops.malformed"),
    "no module": ({"__class__": "x", "__loader__": "ObjectNode"}, "skops.malformed"),
}


@pytest.mark.parametrize("case", DANGEROUS)
@pytest.mark.parametrize("deep", [False, True])
def test_what_has_no_place_in_a_model(case: str, deep: bool) -> None:  # noqa: FBT001 - a case
    """At the root and hidden among the attributes of an honest class."""
    bad, rule = DANGEROUS[case]
    root = node("sklearn.pipeline", "Pipeline", content=attributes(steps=[bad])) if deep else bad
    found = look(root)
    assert (found.format, found.verdict) == ("skops", "dangerous")
    assert rule in rules(found)


def test_methods_are_listed_for_approval() -> None:
    """A method runs when it is called, so it is named with its class."""
    owner = node("sklearn.pipeline", "Pipeline")
    method = node(
        "sklearn.pipeline", "Pipeline", "MethodNode", content={"func": "fit", "obj": owner}
    )
    found = look(method)
    assert (found.verdict, found.unknown_globals) == ("warning", ("sklearn.pipeline.Pipeline.fit",))


def test_a_loader_that_nobody_knows_is_said() -> None:
    """A later skops may have more of them."""
    found = look(node("builtins", "dict", "NewNode"))
    assert (found.verdict, details(found, "skops.loader")) == (
        "warning",
        ["the loader 'NewNode' is not one of skops"],
    )


def test_more_members_do_not_hide_it() -> None:
    """The library would load it all the same, under any name and with anything beside it."""
    bad = node("posix", "system", "TypeNode")
    for name, extra in (("m.zip", {"README.md": b"x"}), ("m.keras", {"config.json": b"{}"})):
        found = survives(name, skops(bad, extra))
        assert (found.format, found.verdict) == ("skops", "dangerous")


def test_pickles_beside_the_schema_are_scanned() -> None:
    """Under any name, and as objects of an array."""
    bad = b"cos\nsystem\n(S'x'\ntR."
    assert survives("m.skops", skops(extra={"9.bin": bad})).verdict == "dangerous"
    assert survives("m.skops", skops(extra={"9.npy": fixture("objects.npy")})).verdict != "clean"
    assert survives("m.skops", skops(extra={"9.bin": pickle.dumps([1])})).verdict != "dangerous"


@pytest.mark.parametrize(
    "text",
    [
        '{"__class__":"a","__class__":"b","__loader__":"ObjectNode"}',
        '{"__loader__":' * 500 + "1" + "}" * 500,
        '{"__loader__": NaN}',
        '["__loader__"]',
        '{"a": "__loader__"}',
        '{"__loader__":"ObjectNode"',
    ],
)
def test_a_broken_schema_is_malformed(text: str) -> None:
    """Keys that occur twice, depth, numbers that are none, no class at all."""
    found = survives("m.skops", skops(text=text))
    assert (found.format, rules(found)) == ("skops", {"skops.malformed"})


def test_another_zip_with_a_schema_is_left_alone() -> None:
    """The schema of somebody's table."""
    data = zipped({"schema.json": b'{"fields": ["a", "b"]}', "table.csv": b"1,2"})
    assert survives("m.zip", data).format == "archive"


def test_cut_and_damaged_files() -> None:
    """At every length; a zip is whole when its directory is there."""
    data = skops()
    every = gathered(())
    for length in range(0, len(data), 5):
        survives("m.skops", data[:length])
        assert measure(source("m.skops", data[:length]), every).whole is not True


@settings(max_examples=150, deadline=None)
@given(damaged(skops()))
def test_any_damage_is_looked_at(data: bytes) -> None:
    """Never an exception, whatever the bytes."""
    survives("m.skops", data)


def test_what_skops_writes(tmp_path: Path) -> None:
    """Its own answers about the same model: what it would not trust is in the report."""
    io = pytest.importorskip("skops.io")
    sklearn = pytest.importorskip("sklearn")
    numpy = pytest.importorskip("numpy")
    linear = pytest.importorskip("sklearn.linear_model")
    pipeline = pytest.importorskip("sklearn.pipeline")
    preparing = pytest.importorskip("sklearn.preprocessing")
    data = numpy.random.default_rng(0).normal(size=(40, 3))
    model = pipeline.make_pipeline(
        preparing.StandardScaler(),
        preparing.FunctionTransformer(pickle.dumps, check_inverse=False),
        linear.LogisticRegression(),
    )
    model.steps[0][1].fit(data)
    model.steps[2][1].fit(data, data[:, 0] > 0)
    path = tmp_path / "m.skops"
    io.dump(model, path, compression=zipfile.ZIP_DEFLATED)
    found = survives(path.name, path.read_bytes())
    assert found.framework == f"scikit-learn {sklearn.__version__}"
    assert found.metadata["steps"] == "StandardScaler, FunctionTransformer, LogisticRegression"
    assert found.inputs == (TensorSpec("X", "any", (None, 3)),)
    assert found.metadata["classes"] == "0, 1"
    untrusted = set(io.get_untrusted_types(file=path))
    assert untrusted == {"_pickle.dumps"}
    assert details(found, "pickle.global.dangerous") == ["_pickle.dumps"]

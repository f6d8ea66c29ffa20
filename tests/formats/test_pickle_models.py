"""What a pickle tells about the model in it: classes, columns, labels and what loading needs."""

from __future__ import annotations

import pickle

import pytest

from modelshelf.domain.inspection import TensorSpec
from tests.formats.builders import fixture, long_text, look

PROTOCOLS = range(pickle.HIGHEST_PROTOCOL + 1)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_pipeline_is_spelled_with_its_steps(protocol: int) -> None:
    """In every protocol, with what it takes and gives."""
    found = look("model.pkl", fixture(f"pipeline.{protocol}.pkl"))
    assert found.architecture.startswith("Pipeline(")
    assert found.metadata["class"] == "sklearn.pipeline.Pipeline"
    assert [spec.name for spec in found.outputs] == ["label"]
    assert found.inputs == (TensorSpec("X", "unknown", (None, 4)),)
    assert {"numpy", "sklearn"} <= set(found.needs_code)
    assert found.version == f"protocol {protocol if protocol > 1 else 0}"


@pytest.mark.parametrize("method", ["", "zlib.", "2."])
def test_a_forest_of_joblib_is_described(method: str) -> None:
    """The labels stand in an array between the opcodes."""
    found = look("model.joblib", fixture(f"forest.{method}joblib"))
    assert found.architecture == "RandomForestClassifier(DecisionTreeClassifier)"
    assert found.producer == "joblib"
    assert found.metadata["classes"]
    assert found.outputs[0].name == "label"
    assert int(found.metadata["arrays"]) > 1


def made(symbol: str, **state: bytes) -> bytes:
    """Return the opcodes of an object with attributes."""
    module, _, name = symbol.rpartition(".")
    items = b"".join(long_text(key) + value for key, value in state.items())
    return f"c{module}\n{name}\n".encode() + b")\x81}(" + items + b"ub"


def names(*texts: str, protocol_2: bool = False) -> bytes:
    """Return the opcodes of an array of texts."""
    if protocol_2:
        raw = "".join(text.ljust(4, "\0") for text in texts).encode("utf-32-le").decode("latin-1")
        data = b"c_codecs\nencode\n" + long_text(raw) + long_text("latin1") + b"\x86R"
        code = "U4"
    else:
        data, code = b"](" + b"".join(map(long_text, texts)) + b"e", "O8"
    dtype = b"cnumpy\ndtype\n" + long_text(code) + b"\x89\x88\x87R"
    dtype += b"(K\x03" + long_text("<") + b"NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK?tb"
    array = b"cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85C\x01b\x87R"
    return array + b"(K\x01K" + bytes([len(texts)]) + b"\x85" + dtype + b"\x89" + data + b"tb"


@pytest.mark.parametrize("protocol_2", [False, True])
def test_columns_and_labels_are_named(protocol_2: bool) -> None:  # noqa: FBT001 - a parameter
    """Columns become inputs, labels are told; both as texts of either kind of array."""
    model = made(
        "sklearn.linear_model._logistic.LogisticRegression",
        feature_names_in_=names("age", "pay", protocol_2=protocol_2),
        classes_=names("no", "yes", protocol_2=protocol_2),
        n_features_in_=b"K\x02",
    )
    found = look("m.pkl", b"\x80\x04" + model + b".")
    assert [spec.name for spec in found.inputs] == ["age", "pay"]
    assert found.outputs == (TensorSpec("label", "string", (None,)),)
    assert found.metadata["classes"] == "no, yes"


def test_models_in_a_dictionary_are_named_by_their_keys() -> None:
    """Many people pickle a model together with its threshold."""
    root = b"}(" + long_text("model") + made("xgboost.sklearn.XGBClassifier", a=b"N")
    root += long_text("threshold") + b"G?\xe0\x00\x00\x00\x00\x00\x00u"
    found = look("m.pkl", b"\x80\x04" + root + b".")
    assert (found.architecture, found.framework) == ("model: XGBClassifier", "XGBoost")


def test_a_search_and_a_vote_are_spelled() -> None:
    """Estimators inside estimators, the fitted ones first, and never without end."""
    tree = made("sklearn.tree._classes.DecisionTreeClassifier", a=b"N")
    search = made("sklearn.model_selection._search.GridSearchCV", best_estimator_=tree, a=b"N")
    found = look("m.pkl", b"\x80\x04" + search + b".")
    assert found.architecture == "GridSearchCV(DecisionTreeClassifier)"
    pairs = b"](" + (long_text("a") + tree + b"\x86") * 2 + b"e"
    vote = made("sklearn.ensemble._voting.VotingClassifier", estimators=pairs)
    found = look("m.pkl", b"\x80\x04" + vote + b".")
    assert found.architecture == "VotingClassifier(DecisionTreeClassifier, DecisionTreeClassifier)"
    itself = b"\x80\x02csklearn.base\nA\n)\x81q\x00}(" + long_text("estimator") + b"h\x00ub."
    assert look("m.pkl", itself).architecture.startswith("A(A(A(")


def test_modules_that_loading_needs_are_named() -> None:
    """Python's own are not, under either of their spellings; a notebook's is."""
    data = b"c__main__\nNet\n)\x81c__builtin__\nset\ncprophet.forecaster\nProphet\nccopy_reg\nx\nt."
    found = look("m.pkl", b"\x80\x02(" + data)
    assert found.needs_code == ("__main__", "prophet")


def test_plain_data_is_no_model() -> None:
    """Lists, arrays and dictionaries of numbers have no architecture."""
    for value in ([1, 2.5], {"a": "b", 3: (4,)}, {1, 2}, b"bytes", "text"):
        found = look("m.pkl", pickle.dumps(value))
        assert (found.architecture, found.framework, found.inputs) == ("", "", ())


def test_very_many_entries_are_followed_within_a_limit() -> None:
    """A vocabulary of a hundred thousand words is read to its end."""
    found = look("m.pkl", pickle.dumps({f"word {number}": number for number in range(100_000)}))
    assert found.verdict == "warning"

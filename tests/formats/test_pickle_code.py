"""Pickles that bring code along, or that change the program which loads them."""

from __future__ import annotations

import pytest

from modelshelf.formats.pickles.classes import classify
from modelshelf.formats.pickles.values import Global
from tests.formats.builders import details, look, rules, short_text

CLOUD = b"\x80\x04ccloudpickle.cloudpickle\n"
FUNCTION = CLOUD + b"_make_function\n)R"
DILL = b"\x80\x04cdill._dill\n"


@pytest.mark.parametrize("data", [FUNCTION, DILL + b"_create_function\n)R"])
def test_functions_kept_as_code_are_pointed_out(data: bytes) -> None:
    """Making one runs nothing; its maker is for a person to approve."""
    found = look("m.pkl", data + b".")
    assert "pickle.code" in rules(found)
    assert len(found.unknown_globals) == 1
    assert "pickle.code_runs" not in rules(found)
    assert found.producer in {"cloudpickle", "dill"}


RUNS = {
    "a function": FUNCTION + b")R.",
    "a function as a class": FUNCTION + b")\x81.",
    "a function found by its type": CLOUD
    + b"_builtin_type\n" + short_text("FunctionType") + b"\x85R)R)R.",
    "an object of a class": CLOUD + b"_make_skeleton_class\n)R)\x81)R.",
    "through dill's array": DILL
    + b"_create_array\ncdill._dill\n_create_function\n)R)N\x87R.",
}  # fmt: skip


@pytest.mark.parametrize("case", RUNS)
def test_code_that_is_called_while_loading_is_dangerous(case: str) -> None:
    """The pickle not only keeps the code, it runs it."""
    found = look("m.pkl", RUNS[case])
    assert (found.verdict, "pickle.code_runs" in rules(found)) == ("dangerous", True)


def test_an_object_of_a_class_kept_as_code_is_no_call_of_it() -> None:
    """An instance of a class from a notebook is what cloudpickle is for."""
    found = look("m.pkl", CLOUD + b"_make_skeleton_class\n)R)\x81}" + short_text("a") + b"Nsb.")
    assert "pickle.code_runs" not in rules(found)


@pytest.mark.parametrize(
    "name", ["_import_module", "_eval_repr", "_get_attr", "_create_filehandle"]
)
def test_what_else_dill_offers_is_dangerous(name: str) -> None:
    """It imports by name, evaluates texts, and opens files."""
    assert classify(Global("dill._dill", name)) == "dangerous"


def test_an_array_of_dill_is_only_an_array() -> None:
    """Its maker calls what it is given, which is looked at like any other call."""
    assert classify(Global("dill._dill", "_create_array")) == "known"
    found = look("m.pkl", DILL + b"_create_array\ncos\nsystem\n(S'true'\ntN\x87R.")
    assert details(found, "pickle.global.dangerous") == ["os.system"]


ESTIMATOR = b"\x80\x02csklearn.base\nBaseEstimator\n"
ABUSES = {
    "a state for a class": (ESTIMATOR + b"}S'a'\nNsb.", "pickle.patch"),
    "attributes of a class": (ESTIMATOR + b"(N}S'predict'\nNstb.", "pickle.patch"),
    "an entry of a module's list": (ESTIMATOR + b"Na.", "pickle.patch"),
    "entries of a module's list": (ESTIMATOR + b"(NNe.", "pickle.patch"),
    "a key of a module's dictionary": (ESTIMATOR + b"S'a'\nNs.", "pickle.patch"),
    "__setstate__": (ESTIMATOR + b")\x81}S'__setstate__'\ncnumpy\nabs\nsb.", "pickle.state"),
    "__class__": (ESTIMATOR + b")\x81(N}S'__class__'\ncnumpy\nndarray\nstb.", "pickle.state"),
    "__reduce_ex__": (ESTIMATOR + b")\x81}S'__reduce_ex__'\nNsb.", "pickle.state"),
}


@pytest.mark.parametrize("case", ABUSES)
def test_changing_what_was_imported_is_dangerous(case: str) -> None:
    """Known names alone can do harm when they are set on things that others use."""
    data, rule = ABUSES[case]
    found = look("m.pkl", data)
    assert (found.verdict, rule in rules(found)) == ("dangerous", True)


def test_bytes_and_lists_are_no_names() -> None:
    """A name that is put together from other values cannot be followed."""
    for name in (b"C\x06system", b"](" + short_text("system") + b"e", b"G" + bytes(8)):
        found = look("m.pkl", b"\x80\x04" + short_text("os") + name + b"\x93)R.")
        assert (found.verdict, "pickle.unresolvable" in rules(found)) == ("dangerous", True)


def test_texts_beyond_a_limit_are_incomplete() -> None:
    """Two hundred megabytes of texts are not kept."""
    text = b"X\x84\x03\x00\x00" + b"x" * 900
    found = look("m.pkl", b"\x80\x04" + (text + b"0") * 160_000 + b"N.")
    assert (found.verdict, "pickle.limit" in rules(found)) == ("incomplete", True)

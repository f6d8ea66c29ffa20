"""LightGBM: the text says what went in, how many trees there are, and how it was trained."""

from __future__ import annotations

import warnings
from pathlib import Path

import pytest
from hypothesis import given, settings

from modelshelf.domain.inspection import TensorSpec
from modelshelf.formats.looking import measure
from modelshelf.formats.registry import gathered
from tests.formats.builders import rules, source
from tests.formats.hostile import damaged, survives, survives_every_cut

TAIL = (
    "end of trees\n\nfeature_importances:\nage=2\n\nparameters:\n[boosting: dart]\n"
    "[learning_rate: 0.1]\n\nend of parameters\n\npandas_categorical:null\n"
)


def tree(number: int, leaves: int = 3) -> str:
    """Return one tree, shortened."""
    return f"Tree={number}\nnum_leaves={leaves}\nnum_cat=0\nleaf_value=1 2 3\nshrinkage=1\n\n\n"


def model(
    *trees: str, sizes: str | None = None, tail: str = TAIL, lines: tuple[str, ...] = ()
) -> bytes:
    """Return a model of the given trees."""
    given = " ".join(str(len(each)) for each in trees) if sizes is None else sizes
    header = [
        "tree", "version=v4", "num_class=1", "num_tree_per_iteration=1", "label_index=0",
        "max_feature_idx=1", "objective=binary sigmoid:1", "feature_names=age city",
        "feature_infos=[0:90] 0:1:2", *lines,
    ]  # fmt: skip
    header += [f"tree_sizes={given}"] if given else []
    return ("\n".join(header) + "\n\n" + "".join(trees) + tail).encode()


WHOLE = model(tree(0), tree(1, 4))


def test_a_model_is_described() -> None:
    """Features with their kinds, trees, leaves and settings."""
    found = survives("m.txt", WHOLE)
    assert (found.format, found.verdict, found.mismatch) == ("lightgbm", "clean", "")
    assert (found.framework, found.version, found.architecture) == ("LightGBM", "v4", "dart")
    assert found.inputs == (TensorSpec("age", "float64", ()), TensorSpec("city", "category", ()))
    assert found.outputs == (TensorSpec("prediction", "float64", (None,)),)
    assert found.metadata == {
        "objective": "binary sigmoid:1",
        "num_class": "1",
        "num_feature": "2",
        "trees": "2",
        "rounds": "2",
        "leaves": "7",
        "boosting": "dart",
        "learning_rate": "0.1",
    }


def test_files_of_the_first_years_are_searched() -> None:
    """They do not tell the sizes of their trees."""
    found = survives("m.txt", model(tree(0), tree(1, 4), sizes=""))
    assert (found.verdict, found.metadata["trees"], found.metadata["leaves"]) == ("clean", "2", "7")
    many = [tree(number) for number in range(30_000)]
    found = survives("m.txt", model(*many, sizes=""))
    assert (found.metadata["trees"], found.metadata["leaves"]) == ("30000", "90000")


def test_a_random_forest_says_so() -> None:
    """By a line without a value."""
    found = survives("m.txt", model(tree(0), tail="end of trees\n", lines=("average_output",)))
    assert found.architecture == "rf"


def test_the_end_is_known_as_far_as_it_can_be() -> None:
    """The sizes of the trees promise a length; the parts behind have marks."""
    every = gathered(())
    cut = measure(source("m.txt", WHOLE[: WHOLE.index(b"Tree=1") + 5]), every)
    assert (cut.expected, cut.whole) == (WHOLE.index(b"end of trees") + 13, False)
    assert measure(source("m.txt", WHOLE), every).whole is True
    for end in (b"learning_rate", b"null"):
        assert measure(source("m.txt", WHOLE[: WHOLE.index(end)]), every).whole is False
    by_its_tool = model(tree(0), tail=TAIL.partition("\npandas")[0])
    assert measure(source("m.txt", by_its_tool), every).whole is None


@pytest.mark.parametrize(
    "text", ["tree\nversion", "tree\n\nversion=v4\n", "trees\nversion=v4\n", "t"]
)
def test_other_texts_are_left_alone(text: str) -> None:
    """Notes about trees."""
    assert survives("m.txt", text.encode()).format == "unknown"


HOSTILE = {
    "sizes that lie": model(tree(0), tree(1), sizes="10 200"),
    "sizes beyond the end": model(tree(0), sizes="9999999999"),
    "sizes that are none": model(tree(0), sizes="-1"),
    "trees out of order": model(tree(1), tree(0)),
    "a line twice": model(tree(0), lines=("num_class=2",)),
    "no end": model(tree(0), tail=""),
    "no trees": b"tree\nversion=v4\n",
    "a count that is none": model(tree(0)).replace(b"idx=1", b"idx=x"),
    "other letters": model(tree(0)).replace(b"age", b"a\xff\xff"),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_lies_are_malformed(case: str) -> None:
    """Sizes, order, lines and ends."""
    found = survives("m.txt", HOSTILE[case])
    assert (found.format, rules(found)) == ("lightgbm", {"lightgbm.malformed"})


def test_a_cut_file_never_counts_as_whole() -> None:
    """At every length; a line break is all that may be missing."""
    survives_every_cut("m.txt", WHOLE[:-5])


@settings(max_examples=150, deadline=None)
@given(damaged(WHOLE))
def test_any_damage_is_looked_at(data: bytes) -> None:
    """Never an exception, whatever the bytes."""
    survives("m.txt", data)


@pytest.mark.parametrize("boosting", ["gbdt", "dart", "rf"])
def test_what_lightgbm_writes(tmp_path: Path, boosting: str) -> None:
    """Its own answers about the same model."""
    lightgbm = pytest.importorskip("lightgbm")
    numpy = pytest.importorskip("numpy")
    data = numpy.random.default_rng(0).normal(size=(200, 3))
    labels = numpy.digitize(data[:, 0], [-0.5, 0.5])
    settings = {"objective": "multiclass", "num_class": 3, "verbose": -1, "boosting": boosting}
    settings |= {"bagging_freq": 1, "bagging_fraction": 0.5}
    path = tmp_path / "m.txt"
    with warnings.catch_warnings(action="ignore"):
        table = lightgbm.Dataset(data, label=labels, feature_name=["a", "b", "c"])
        model = lightgbm.train(settings, table, num_boost_round=4)
        model.save_model(path)
        dump = model.dump_model()
    found = survives(path.name, path.read_bytes())
    assert [spec.name for spec in found.inputs] == model.feature_name()
    assert found.architecture == boosting
    assert found.metadata["trees"] == str(model.num_trees())
    assert found.metadata["rounds"] == str(model.current_iteration())
    assert found.metadata["leaves"] == str(sum(t["num_leaves"] for t in dump["tree_info"]))
    assert found.outputs[0].shape == (None, 3)
    assert found.verdict == "clean"

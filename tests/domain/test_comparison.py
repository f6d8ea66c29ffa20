"""Versions side by side: what differs, by how much, which is best; nothing stored breaks it."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelshelf.domain.comparison import ComparedRow, Comparison, compare, direction
from modelshelf.domain.content import FileEntry
from modelshelf.domain.inspection import Inspection, TensorSpec
from modelshelf.domain.models import ModelVersion, VersionDetail
from modelshelf.domain.plain import plain
from modelshelf.domain.provenance import Code, Dataset, Environment

AT = datetime(2026, 3, 1, tzinfo=UTC)
NAMES = [
    "metrics", "params", "tags", "datasets", "code", "environment", "signature", "files", "format",
]  # fmt: skip


def version(number: int = 1, **fields: Any) -> ModelVersion:  # noqa: ANN401 - any field
    """Return a version of the model churn."""
    empty: dict[str, Any] = {
        "id": number, "model": "churn", "number": number, "digest": f"{number:064x}",
        "kind": "file", "name": "model.onnx", "size": 100, "format": "onnx", "verdict": "clean",
        "created_at": AT,
        "created_by": "ana", "stage": "draft", "weight": 0, "stages": {}, "archived": False,
        "yanked": None, "freed": False,
    }  # fmt: skip
    return ModelVersion(**{**empty, **fields})


def detail(of: ModelVersion, **fields: Any) -> VersionDetail:  # noqa: ANN401 - any field
    """Return everything about a version, most of it empty."""
    empty = VersionDetail(
        of, "", "", (), Inspection(of.format), None, None, (), None, None, (), "inbox/churn"
    )
    return replace(empty, **fields)


def of_metrics(*metrics: dict[str, float]) -> Comparison:
    """Compare versions that have nothing but metrics."""
    return compare([detail(version(n, metrics=m)) for n, m in enumerate(metrics, 1)])


def rows(comparison: Comparison, section: str) -> dict[str, ComparedRow]:
    """Return the rows of a section by key."""
    return {row.key: row for row in comparison.section(section).rows}


def test_metrics_are_told_apart_from_the_baseline() -> None:
    """Deltas are taken from the first version, the best is marked, what is missing is None."""
    found = of_metrics({"auc": 0.75, "loss": 0.5}, {"auc": 1.0, "loss": 0.75}, {"loss": 0.25})
    assert rows(found, "metrics") == {
        "auc": ComparedRow(
            "auc", (0.75, 1.0, None), differs=True, deltas=(None, 0.25, None), direction="higher",
            best=(1,),
        ),
        "loss": ComparedRow(
            "loss", (0.5, 0.75, 0.25), differs=True, deltas=(None, 0.25, -0.25),
            direction="lower", best=(2,),
        ),
    }  # fmt: skip


def test_two_that_share_the_best_value_are_both_best() -> None:
    """A tie has no single winner; when all are equal nothing is best."""
    found = of_metrics({"auc": 1.0, "f1": 0.5}, {"auc": 0.5, "f1": 0.5}, {"auc": 1.0, "f1": 0.5})
    assert rows(found, "metrics")["auc"].best == (0, 2)
    assert rows(found, "metrics")["f1"].best == ()
    assert not rows(found, "metrics")["f1"].differs


@pytest.mark.parametrize(
    "metric",
    ["loss", "val_loss", "logloss", "test/rmse", "latency_ms", "p95Latency", "fit.seconds",
     "modelSize", "error_rate", "MAE", "mean_squared_error"],
)  # fmt: skip
def test_losses_errors_times_and_sizes_are_better_low(metric: str) -> None:
    """The direction is read from the words of a metric's name."""
    assert direction(metric) == "lower"


@pytest.mark.parametrize(
    "metric",
    [
        "auc",
        "accuracy",
        "f1",
        "R2",
        "recall@10",
        "neg_mean_squared_error",
        "timeliness",
        "glossary",
    ],
)
def test_everything_else_is_better_high(metric: str) -> None:
    """A name that says nothing of loss, error, time or size counts upwards."""
    assert direction(metric) == "higher"


def test_a_parameter_that_is_a_number_has_a_delta() -> None:
    """Parameters are text; where both are numbers the difference is told, and none is best."""
    found = compare(
        [
            detail(version(1, params={"depth": "6", "solver": "lbfgs", "flag": "true"})),
            detail(version(2, params={"depth": "8.5", "solver": "saga", "flag": "true"})),
        ]
    )
    params = rows(found, "params")
    assert params["depth"] == ComparedRow("depth", ("6", "8.5"), differs=True, deltas=(None, 2.5))
    assert params["solver"].deltas == (None, None)
    assert not params["flag"].differs


def test_versions_and_commits_that_look_like_numbers_have_no_delta() -> None:
    """A package version or a commit of digits alone is no quantity."""
    one = detail(
        version(1, tags={"ticket": "7"}),
        code=Code(commit="12345678", dirty=True),
        environment=Environment("3.11", None, {"numpy": "2"}),
    )
    two = detail(
        version(2, tags={"ticket": "9"}),
        code=Code(commit="87654321", dirty=False),
        environment=Environment("3.12", None, {"numpy": "3", "scipy": "1"}),
    )
    found = compare([one, two])
    for name in ("tags", "code", "environment"):
        for row in found.section(name).rows:
            assert row.differs
            assert row.deltas == (None, None)
    assert list(rows(found, "code")) == ["commit", "dirty"]
    assert list(rows(found, "environment")) == ["python", "package numpy", "package scipy"]


def test_data_sets_are_matched_by_role_and_name() -> None:
    """The same name in the same role is one row; a new digest under the same version differs."""
    one = Dataset("customers", version="v3", digest="sha256:" + "a" * 64, rows=5)
    two = replace(one, digest="sha256:" + "a" * 63 + "b")
    held = Dataset("held out", "evaluated_on")
    found = rows(
        compare([detail(version(1), datasets=(one, held)), detail(version(2), datasets=(two,))]),
        "datasets",
    )
    assert found["customers (trained_on)"].differs
    assert found["customers (trained_on)"].values == ("v3 sha256:aaaaaaaaaaaa 5 rows",) * 2
    assert found["held out (evaluated_on)"].values == ("recorded", None)


def test_the_signature_is_compared_tensor_by_tensor() -> None:
    """Inputs come before outputs, and an unknown size is a question mark."""
    one = Inspection("onnx", inputs=(TensorSpec("x", "float32", ("batch", 3, None)),))
    two = replace(one, outputs=(TensorSpec("y", "int64", ()),))
    found = compare([detail(version(1), inspection=two), detail(version(2), inspection=one)])
    assert [(r.key, r.values) for r in found.section("signature").rows] == [
        ("input x", ("float32[batch, 3, ?]",) * 2),
        ("output y", ("int64[]", None)),
    ]


def test_files_differ_by_digest_and_tell_the_size() -> None:
    """A file with other bytes of the same length differs; the delta is in bytes."""
    before = (FileEntry("a.bin", 5, "a" * 64), FileEntry("b.bin", 5, "b" * 64))
    after = (FileEntry("a.bin", 5, "c" * 64), FileEntry("b.bin", 9, "d" * 64))
    found = compare([detail(version(1), files=before), detail(version(2), files=after)])
    assert rows(found, "files") == {
        "a.bin": ComparedRow("a.bin", ("a" * 12, "c" * 12), differs=True, deltas=(None, 0.0)),
        "b.bin": ComparedRow("b.bin", ("b" * 12, "d" * 12), differs=True, deltas=(None, 4.0)),
    }


def test_the_format_section_holds_what_the_file_is() -> None:
    """Format, size, weights, verdict and content are compared; what nobody knows is left out."""
    one = detail(version(1), inspection=Inspection("onnx", parameters=10))
    two = detail(
        version(2, size=150, verdict="warning"), inspection=Inspection("onnx", parameters=12)
    )
    found = rows(compare([one, two]), "format")
    assert found["size"].deltas == (None, 50.0)
    assert found["parameters"].deltas == (None, 2.0)
    assert found["verdict"].differs
    assert not found["format"].differs
    assert "tensors" not in found


def test_only_what_differs_can_be_shown() -> None:
    """The rows that are the same go, and with them the sections that have none left."""
    found = of_metrics({"auc": 0.5, "f1": 0.5}, {"auc": 0.5, "f1": 0.75}).differing()
    assert [(s.name, [r.key for r in s.rows]) for s in found.sections] == [
        ("metrics", ["f1"]),
        ("format", ["content"]),
    ]
    assert found.section("files").rows == ()


def test_no_versions_and_one_version_are_no_failure() -> None:
    """A comparison of nothing is empty; one version differs from nothing."""
    assert compare([]).references == ()
    alone = of_metrics({"auc": 1.0})
    assert alone.references == ("churn:v1",)
    assert [s.name for s in alone.sections] == NAMES
    assert alone.differing().sections == ()


HUGE = st.integers(0, 10**400) | st.none()
TEXT = st.text(max_size=8)
SPECS = st.lists(
    st.builds(TensorSpec, TEXT, TEXT, st.lists(HUGE | TEXT, max_size=3).map(tuple)), max_size=3
).map(tuple)
DETAILS = st.builds(
    lambda number, metrics, params, seen, datasets, files, around, code: detail(
        version(number, metrics=metrics, params=params, tags=params),
        inspection=seen, datasets=datasets, files=files, environment=around, code=code,
    ),
    st.integers(1, 3),
    st.dictionaries(TEXT, st.floats(allow_nan=False, allow_infinity=False), max_size=4),
    st.dictionaries(TEXT, TEXT | st.sampled_from(["1e308", "-1e308", "nan", "1_0"]), max_size=4),
    st.builds(Inspection, TEXT, inputs=SPECS, outputs=SPECS, parameters=HUGE, tensors=HUGE),
    st.lists(st.builds(Dataset, TEXT, version=TEXT | st.none(), rows=HUGE), max_size=3).map(tuple),
    st.lists(st.builds(FileEntry, TEXT, st.integers(0, 2**63), TEXT), max_size=3).map(tuple),
    st.none() | st.builds(Environment, TEXT, TEXT, st.dictionaries(TEXT, TEXT, max_size=2)),
    st.none() | st.builds(Code, TEXT, TEXT, st.booleans(), TEXT),
)  # fmt: skip


@given(st.lists(DETAILS, max_size=4))
def test_nothing_stored_can_break_a_comparison(details: list[VersionDetail]) -> None:
    """Whatever was recorded: one value a version, a plain form, nothing differs from itself."""
    found = compare(details)
    for section in found.sections:
        assert len({row.key for row in section.rows}) == len(section.rows)
        for row in section.rows:
            assert len(row.values) == len(row.deltas) == len(details)
            assert row.deltas[0] is None
            assert all(0 <= place < len(details) for place in row.best)
            assert row.differs or len(set(row.values)) == 1
    assert json.dumps(plain(found), allow_nan=False)
    if details:
        assert compare([details[0], details[0]]).differing().sections == ()

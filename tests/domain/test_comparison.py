"""Versions side by side: what differs, by how much, which is best; nothing stored breaks it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from modelshelf.domain.comparison import ComparedRow, Comparison, compare, direction
from modelshelf.domain.comparison.ancestry import Ancestry
from modelshelf.domain.comparison.cards import unified
from modelshelf.domain.content import FileEntry
from modelshelf.domain.inspection import Finding, Inspection, TensorEntry, TensorSpec, Weights
from modelshelf.domain.lineage import LineageNode
from modelshelf.domain.models import ModelVersion, VersionDetail
from modelshelf.domain.provenance import Code, Dataset, Environment
from modelshelf.domain.provenance.measured import MetricSource

AT = datetime(2026, 3, 1, tzinfo=UTC)
NAMES = [
    "metrics", "params", "tags", "datasets", "features", "bases", "code", "run", "environment",
    "signature", "files", "format", "weights", "card", "lineage", "scan",
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
    """Format, size, counts and content are compared; what nobody knows is left out."""
    one = detail(version(1), inspection=Inspection("onnx", parameters=10))
    two = detail(
        version(2, size=150, verdict="warning"), inspection=Inspection("onnx", parameters=12)
    )
    whole = compare([one, two])
    found = rows(whole, "format")
    assert found["size"].deltas == (None, 50.0)
    assert found["parameters"].deltas == (None, 2.0)
    assert rows(whole, "scan")["verdict"].differs
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


def test_the_baseline_may_stand_anywhere() -> None:
    """Deltas and what differs are told from the baseline, and the columns keep their order."""
    details = [detail(version(n, metrics={"auc": n / 4})) for n in (1, 2, 3)]
    found = compare(details, baseline=1)
    assert found.references == ("churn:v1", "churn:v2", "churn:v3")
    assert found.baseline == 1
    assert rows(found, "metrics")["auc"].deltas == (-0.25, None, 0.25)
    assert rows(found, "metrics")["auc"].best == (2,)


def test_only_some_sections_are_laid() -> None:
    """They come in the fixed order, whatever order they are asked for in."""
    found = compare([detail(version(1)), detail(version(2))], only=("scan", "metrics"))
    assert [section.name for section in found.sections] == ["metrics", "scan"]


def test_a_recorded_direction_wins_over_the_name() -> None:
    """A loss that somebody says is better high is better high; a quarrel is noted."""
    high, low = MetricSource(direction="higher"), MetricSource(direction="lower")
    one = detail(version(1, metrics={"loss": 0.5}), metric_sources={"loss": high})
    two = detail(version(2, metrics={"loss": 0.75}))
    assert rows(compare([two, one]), "metrics")["loss"].direction == "higher"
    assert rows(compare([two, one]), "metrics")["loss"].best == (0,)
    quarrel = compare([replace(two, metric_sources={"loss": low}), one]).section("metrics")
    assert quarrel.rows[0].direction == "lower"
    assert quarrel.rows[0].best == ()
    assert "better higher and as better lower" in quarrel.notes[0]


def test_values_measured_on_other_data_have_no_best() -> None:
    """What they were measured on is a row where it differs, and then none is called the best."""
    holdout, shifted = MetricSource("holdout"), MetricSource("holdout", "country = DE")
    one = detail(version(1, metrics={"auc": 0.5}), metric_sources={"auc": holdout})
    two = detail(version(2, metrics={"auc": 0.75}), metric_sources={"auc": shifted})
    found = compare([one, two])
    measured = rows(found, "metrics")
    assert measured["auc measured on"].values == ("holdout", "holdout, where country = DE")
    assert measured["auc"].best == ()
    assert found.section("metrics").notes
    same = compare([one, replace(two, metric_sources={"auc": holdout})])
    assert list(rows(same, "metrics")) == ["auc"]
    assert rows(same, "metrics")["auc"].best == (1,)


@pytest.mark.parametrize("field", ["version", "digest"])
def test_values_measured_on_another_state_of_the_data_have_no_best(field: str) -> None:
    """The name alone is not the data; what is not known of it tells nothing apart."""

    def of(number: int, *states: str | None) -> VersionDetail:
        return detail(
            version(number, metrics={"auc": number / 4}),
            metric_sources={"auc": MetricSource("holdout")},
            datasets=tuple(Dataset("holdout", "evaluated_on", **{field: s}) for s in states),  # type: ignore[arg-type]
        )

    def best(*details: VersionDetail) -> tuple[int, ...]:
        return rows(compare(details), "metrics")["auc"].best

    assert best(of(1, "a"), of(2, "b")) == ()
    assert best(of(1, "a"), of(2, "a")) == (1,)
    assert best(of(1, "a"), of(2, None)) == best(of(1), of(2, "b")) == (1,)
    assert best(of(1, "a", "b"), of(2, "b")) == (1,)
    notes = compare([of(1, "a"), of(2, "b")]).section("metrics").notes
    assert notes == ("auc was not measured on the same data: none is best.",)


def test_tensors_are_counted_by_their_digests() -> None:
    """The same, changed, added, removed; without digests nothing is called the same."""

    def holding(**digests: str) -> Inspection:
        found = tuple(TensorEntry(name, "float32", (2,), d) for name, d in digests.items())
        return Inspection("safetensors", weights=Weights("w", found, 9))

    found = compare(
        [
            detail(version(1), inspection=holding(a="1" * 64, b="2" * 64, c="")),
            detail(version(2), inspection=holding(a="1" * 64, b="3" * 64, c="", d="4" * 64)),
            detail(version(3)),
        ]
    )
    told = {row.key: row.values for row in found.section("weights").rows}
    assert told == {
        "digest": ("w", "w", None),
        "tensors same": (2, 1, None),
        "tensors changed": (0, 1, None),
        "tensors added": (0, 1, None),
        "tensors not known": (1, 1, None),
    }
    assert "of 9 tensors the digests of 3 are recorded" in found.section("weights").notes[0]


def test_a_card_is_laid_line_by_line() -> None:
    """The fields of its head are rows, and what changed in the text is a unified diff."""
    body = "\n".join(f"line {n}" for n in range(100))
    before = f"---\nlicense: mit\ntags:\n- a\n- b\n---\n{body}\nold\nend\n"
    after = before.replace("mit", "apache-2.0").replace("\nold\n", "\nnew\n")
    found = compare([detail(version(1), card=before), detail(version(2), card=after)])
    told = rows(found, "card")
    assert told["head license"].values == ("mit", "apache-2.0")
    assert not told["head tags"].differs
    assert told["text"].values == ("108 lines", "108 lines (+2 -2 lines)")
    (text,) = found.section("card").texts
    assert (text.place, text.kind, text.title) == (1, "diff", "card, +2 -2 lines")
    lines = text.text.splitlines()
    assert {"-license: mit", "+license: apache-2.0", "-old", "+new"} <= set(lines)
    assert [line for line in lines if line.startswith("@@")] == [
        "@@ -1,4 +1,4 @@",
        "@@ -105,4 +105,4 @@",
    ]


@pytest.mark.parametrize(("one", "other"), [("a\nb\n", "a\nb"), ("a\nb", "a\r\nb"), ("", "\n")])
def test_cards_with_other_ends_of_lines_say_so(one: str, other: str) -> None:
    """What no line of a diff can show is told in words, to the eye too."""
    for pair in ([one, other], [other, one]):
        (text,) = (
            compare([detail(version(n), card=c) for n, c in enumerate(pair, 1)])
            .section("card")
            .rows
        )
        assert text.differs
        assert len(set(text.values)) == 2


def test_a_diff_of_a_card_can_be_applied() -> None:
    """The numbers of lines are right although the equal ends were set aside."""
    before = [f"{n}" for n in range(50)]
    after = [*before[:20], "x", *before[22:]]
    changed = unified("\n".join(before), "\n".join(after), "a", "b")
    assert changed is not None
    assert changed[2] == "@@ -19,6 +19,5 @@"


def test_cards_that_differ_everywhere_take_no_time() -> None:
    """Half a million lines on both sides are said to differ, and nobody waits for how."""
    one, two = "a\n" * 300_000, "b\n" * 300_000
    found = compare([detail(version(1), card=one), detail(version(2), card=two)]).section("card")
    assert [row.differs for row in found.rows] == [True]
    assert found.texts == ()
    assert "too many lines" in found.notes[0]


def test_findings_of_the_scan_are_compared() -> None:
    """A rule that one scan reports and the other does not is a row."""
    finding = Finding("pickle.global.unknown", "warning", "m.pkl", "os.path.join")
    clean, warned = Inspection("pickle"), Inspection("pickle", findings=(finding,))
    found = compare([detail(version(1), inspection=clean), detail(version(2), inspection=warned)])
    row = rows(found, "scan")["finding pickle.global.unknown"]
    assert row.values == (None, "warning: os.path.join")
    assert row.differs


def test_the_lineage_tells_the_nearest_common_ancestor() -> None:
    """Steps up are rows; what both came from and the ways from there are a sentence."""
    nodes = {n: LineageNode("version", f"version:{n}", f"churn:v{n}") for n in (1, 2, 3, 4)}
    nodes[-1] = LineageNode("dataset", "dataset:c", "customers 4")
    steps = frozenset(
        [(1, 2, "derived_from", "told"), (2, 3, "derived_from", "told"),
         (1, 4, "derived_from", "told"), (-1, 1, "trained_on", "told"),
         (-1, 4, "trained_on", "told")]
    )  # fmt: skip
    pair = [detail(version(4)), detail(version(3))]
    found = compare(pair, ancestry=Ancestry((4, 3), steps, nodes)).section("lineage")
    assert {row.key: row.values for row in found.rows} == {
        "churn:v1": (1, 2),
        "churn:v2": (None, 1),
        "dataset customers 4": (1, 3),
    }
    assert found.notes == (
        (
            "Nearest that churn:v3 and churn:v4 have in common:"
            " churn:v1 → churn:v2 → churn:v3 and churn:v1 → churn:v4."
        ),
    )


def test_a_circle_in_the_lineage_ends() -> None:
    """Edges that somebody wrote into the catalog in a circle are walked once."""
    nodes = {n: LineageNode("version", f"version:{n}", f"churn:v{n}") for n in (1, 2)}
    steps = frozenset([(1, 2, "derived_from", "told"), (2, 1, "derived_from", "told")])
    pair = [detail(version(1)), detail(version(2))]
    assert compare(pair, ancestry=Ancestry((1, 2), steps, nodes)).section("lineage").rows

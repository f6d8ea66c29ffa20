"""Judging with the real expressions and licences: what a verdict says, and that it never breaks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelshelf.domain.gates.case import Ancestor, Candidate, Measured, Tools
from modelshelf.domain.gates.judging import judge
from modelshelf.domain.inspection import Inspection
from modelshelf.domain.models import VersionDetail
from modelshelf.domain.policy import Gate
from modelshelf.domain.provenance import Code, Dataset, Environment, Run
from modelshelf.domain.provenance.measured import FeatureView, MetricSource
from modelshelf.domain.text import safe
from modelshelf.plugins.expressions import check_expression, evaluate
from modelshelf.plugins.licences import licence_allowed
from tests.domain.judged import EMPTY, FULL, VERSION, case, use, verdict, version

TOOLS = Tools(evaluate, licence_allowed)
BETTER = "metrics.auc >= baseline.metrics.auc - 0.005"


def when(expression: str, message: str = "") -> Gate:
    """Return a gate that is an expression."""
    return Gate("better", "when", when=expression, message=message)


def with_metrics(metrics: Mapping[str, float], number: int = 2) -> VersionDetail:
    """Return a version with these metrics."""
    return version(number, metrics=metrics)


@pytest.mark.parametrize(
    ("expression", "mine", "held", "outcome", "said"),
    [
        (
            BETTER, {"auc": 0.91}, {"auc": 0.9}, "pass",
            "churn:v2 meets the condition with metrics.auc = 0.91, baseline.metrics.auc = 0.9",
        ),
        (
            BETTER, {"auc": 0.8}, {"auc": 0.9}, "fail",
            "churn:v2 fails the condition with metrics.auc = 0.8, baseline.metrics.auc = 0.9",
        ),
        (BETTER, {}, {"auc": 0.9}, "fail", "churn:v2: metrics.auc is not recorded"),
        (BETTER, {"auc": 0.9}, {}, "fail", "churn:v2: baseline.metrics.auc is not recorded"),
        (BETTER, {}, {}, "fail", "churn:v2: metrics.auc is not recorded"),
        (
            BETTER, {"auc": 0.9}, None, "pass",
            "nobody holds production yet, so churn:v2 is compared with nothing",
        ),
        (BETTER, {}, None, "fail", "churn:v2: metrics.auc is not recorded"),
        (
            f"metrics.auc > 0.8 && {BETTER}", {"auc": 0.7}, None, "fail",
            "churn:v2 fails the condition with metrics.auc = 0.7",
        ),
        (
            f"{BETTER} && metrics.auc > 0.8", {"auc": 0.7}, None, "fail",
            "churn:v2 fails the condition with metrics.auc = 0.7",
        ),
        (
            f"{BETTER} && metrics.f1 > 0.5", {"auc": 0.7}, None, "fail",
            "churn:v2: metrics.f1 is not recorded",
        ),
        (
            f"{BETTER} || metrics.f1 > 0.5", {"auc": 0.7}, None, "fail",
            "churn:v2: metrics.f1 is not recorded",
        ),
        (
            "metrics.f1 > 0.5 && metrics.auc > baseline.metrics.auc", {"auc": 0.7}, None, "fail",
            "churn:v2: metrics.f1 is not recorded",
        ),
        (
            f"datasets.all(d, d.rows > 5) && {BETTER}", {"auc": 0.7}, None, "fail",
            "churn:v2: d.rows is not recorded",
        ),
        (
            f"(!has(metrics.f1) || metrics.f1 > 0.5) && {BETTER}", {"auc": 0.7}, None, "pass",
            "nobody holds production yet, so churn:v2 is compared with nothing",
        ),
        (
            f"has(baseline.reference) && {BETTER}", {"auc": 0.7}, None, "fail",
            "churn:v2 fails the condition with metrics.auc = 0.7",
        ),
        (
            "!has(baseline.metrics.auc) || " + BETTER, {"auc": 0.7}, None, "pass",
            "nobody holds production yet, so churn:v2 is compared with nothing",
        ),
        (
            "datasets.all(d, baseline.datasets.exists(b, b.name == d.name))", {}, None, "pass",
            "nobody holds production yet, so churn:v2 is compared with nothing",
        ),
        (
            "version.number > baseline.number", {}, None, "pass",
            "nobody holds production yet, so churn:v2 is compared with nothing",
        ),
        (
            "datasets.exists(d, d.kind == 'trained_on')", {}, None, "pass",
            "churn:v2 meets the condition with datasets = 1 entry",
        ),
        (
            "model.owner == 'ana' && model.name == 'churn'", {}, None, "pass",
            "churn:v2 meets the condition with model.owner = ana, model.name = churn",
        ),
        ("now - version.created < duration('24h')", {}, None, "fail",
            "churn:v2 fails the condition with version.created = 2026-05-01 12:00 UTC"),
        ("!code.dirty && run.seconds < 60.0", {}, None, "pass",
            "churn:v2 meets the condition with code.dirty = false, run.seconds = 12.5"),
        ("environment.packages.sklearn.startsWith('1.')", {}, None, "pass",
            "churn:v2 meets the condition with environment.packages.sklearn = 1.9"),
        ("model.tags.pii == 'no'", {}, None, "fail", "churn:v2: model.tags.pii is not recorded"),
        ("metrics.auc", {"auc": 0.5}, None, "fail",
            "churn:v2: the condition is neither true nor false, but 0.5"),
        ("''", {}, None, "fail",
            "churn:v2: the condition is neither true nor false, but an empty text"),
        ("metrics.auc >", {}, None, "fail", "churn:v2: column 14: it ends too early"),
        ("false", {}, None, "fail", "churn:v2 fails the condition"),
    ],
)  # fmt: skip
def test_an_expression_is_judged(
    expression: str, mine: dict[str, float], held: dict[str, float] | None, outcome: str, said: str
) -> None:
    """Its verdict says what was observed, or what is missing, or that nobody holds the stage."""
    baseline = None if held is None else with_metrics(held, 1)
    candidate = Candidate(with_metrics(mine), "ana")
    found = verdict(when(expression), candidate, baseline=baseline, tools=TOOLS)
    assert (found.outcome, found.message) == (outcome, said)
    assert found.required == expression
    assert found.observed


def test_the_expressions_above_are_what_the_policy_allows() -> None:
    """Checking finds nothing wrong with a baseline's fields and the other names."""
    assert check_expression(BETTER) is None
    assert check_expression("model.tags.pii == 'no' && version.created < now") is None


def test_the_message_of_the_policy_comes_first() -> None:
    """Then what was observed."""
    gate = when(BETTER, "AUC must not fall by more than 0.005")
    found = verdict(
        gate,
        Candidate(with_metrics({"auc": 0.8})),
        baseline=with_metrics({"auc": 0.9}, 1),
        tools=TOOLS,
    )
    assert found.message == (
        "AUC must not fall by more than 0.005: churn:v2 fails the condition"
        " with metrics.auc = 0.8, baseline.metrics.auc = 0.9"
    )


def test_every_field_that_is_named_can_be_there() -> None:
    """A version with everything recorded has each field that expressions may use."""
    from modelshelf.domain.gates.names import DATASET, NAMES, names_of

    everything = replace(
        FULL,
        version=replace(VERSION, aliases=("champion",)),
        inspection=Inspection(
            "gguf", framework="f", parameters=1, architecture="a", quantization="q", license="mit"
        ),
        run=Run("r", "https://ci", 1.0, "mlflow"),
        code=Code("r", "abcd", True, "t.py", "0" * 64, "1" * 64, ("python", "t.py"), "src"),  # noqa: FBT003
        environment=Environment("3.12", "linux", {"a": "1"}, "H100", "sha256:1"),
        datasets=(
            Dataset("d", "trained_on", "1", "sha256:" + "0" * 64, 5, "s3://d", "train", "mit", "d"),
        ),
        bases=("hf:a/b",),
        features=(FeatureView("view", "feast", "2"),),
        metric_sources={"auc": MetricSource("d", "eu", "higher", "gate smoke")},
    )
    candidate = Candidate(everything, "ana", "text", {"a": "b"})
    found = names_of(candidate, NAMES)
    for name, fields in NAMES.items():
        if name not in ("baseline", "now") and fields:
            assert set(found[name]) == set(fields), name
    assert set(found["datasets"][0]) == set(DATASET)
    assert found["bases"][-1] == "hf:a/b"
    assert found["features"] == [{"name": "view", "store": "feast", "version": "2"}]
    assert found["metric_sources"]["auc"]["by"] == "gate smoke"


def test_what_it_was_made_with_and_from_is_judged() -> None:
    """A policy can ask for measured metrics, kept code, allowed bases and features by name."""
    made = replace(
        FULL,
        bases=("hf:lab/base@main",),
        features=(FeatureView("view", "feast", "2"),),
        code=Code(commit="abcd", snapshot="1" * 64, command=("python", "t.py")),
        metric_sources={"auc": MetricSource(by="gate smoke")},
    )
    for text in (
        "bases.exists(b, b.startsWith('hf:lab/')) && size(bases) == 2",
        "features.exists(f, f.name == 'view' && f.version == '2')",
        "has(code.snapshot) && code.command[0] == 'python'",
        "has(metric_sources.auc.by) && metric_sources.auc.by.startsWith('gate ')",
    ):
        found = verdict(when(text), Candidate(made), tools=TOOLS)
        assert found.outcome == "pass", (text, found.message)
    plain = Candidate(replace(FULL, base=None))
    assert verdict(when("size(bases) > 0"), plain, tools=TOOLS).outcome == "fail"


def test_licences_are_judged() -> None:
    """The design's example: what is inherited is told."""
    gate = use("licence", allowed=["Apache-2.0", "CC-BY-SA-4.0"])
    above = (Ancestor("base:v1", ("cc-by-sa-4.0",), 1),)
    found = verdict(gate, Candidate(FULL, ancestors=above), tools=TOOLS)
    assert found.outcome == "pass"
    assert found.observed.endswith(
        "attribution from base:v1 (cc-by-sa-4.0); share-alike from base:v1 (cc-by-sa-4.0)"
    )


def test_ten_thousand_metrics_are_judged() -> None:
    """As many as a version may have, with keys of any kind."""
    many = {f"m.{n}": float(n) for n in range(9_999)} | {"a\u202e.b'\"": 1.0}
    found = verdict(
        when("metrics.all(k, metrics[k] >= 0.0)"), Candidate(with_metrics(many)), tools=TOOLS
    )
    assert found.outcome == "pass"
    missing = verdict(when("metrics.m.5 > 0.0"), Candidate(with_metrics(many)), tools=TOOLS)
    assert missing.outcome == "fail"


TEXTS = st.text(max_size=20)
KEYS = st.sampled_from(["auc", "f1", "a.b", "lr", "team", "evaluated_at", "license", "\x1b"])
MOMENTS = st.datetimes(
    min_value=datetime(1, 1, 2),  # noqa: DTZ001 - the zone is added
    max_value=datetime(9999, 12, 30),  # noqa: DTZ001
    timezones=st.just(UTC),
)
DETAILS = st.builds(
    lambda metrics, tags, card, datasets, created, licence, full: replace(
        FULL if full else EMPTY,
        version=replace(
            VERSION, metrics=metrics, tags=tags, params=tags, created_at=created, size=2**63
        ),
        card=card,
        datasets=tuple(Dataset("d", version=v) for v in datasets),
        inspection=Inspection("x", license=licence, parameters=2**200),
    ),
    st.dictionaries(KEYS, st.floats(allow_nan=False, allow_infinity=False), max_size=4),
    st.dictionaries(KEYS, TEXTS, max_size=4),
    TEXTS.map(lambda text: f"---\nlicense: {text}\n---\n"),
    st.lists(TEXTS, max_size=2),
    MOMENTS,
    TEXTS,
    st.booleans(),
)  # fmt: skip
EXPRESSIONS = st.one_of(
    TEXTS,
    st.lists(
        st.sampled_from([
            "metrics.auc", "metrics['a.b']", "baseline.metrics.auc", "params.lr", "tags.team",
            ">", "<", "==", "&&", "||", "!", "(", ")", "0.5", "1", "'a'", "has(metrics.f1)", "+",
            "datasets.exists(d, d.version == 'a')", "now", "version.size", "?", "true", ":",
            "version.created", "-", "duration('1h')", "baseline", "null", "double(params.lr)",
        ]),
        min_size=1,
        max_size=9,
    ).map(" ".join),
)  # fmt: skip
GATES = st.one_of(
    st.builds(when, EXPRESSIONS, TEXTS),
    st.sampled_from(
        [
            use("complete", needs=["metrics.auc", "card", "code", "tags.a.b"]),
            use("signature"),
            use("fresh", of=["registered", "evaluated", "data"], within=1.0),
            use("licence", allowed=["mit"]),
            use("licence", allowed=["mit"], unknown="pass"),
            use("verified"),
            use("scan"),
            Gate("nobody's", use="nobody's"),
            Gate("smoke", "run", run=("x",)),
            Gate("other", "plugin", use="other"),
        ]
    ),
)
MEASURED = st.builds(
    Measured, st.sampled_from(["pass", "fail"]), TEXTS, TEXTS, TEXTS, TEXTS, MOMENTS, TEXTS,
    st.none(), st.none(), st.just(1),
)  # fmt: skip
ANCESTORS = st.builds(
    lambda name, told: Ancestor(name, tuple(told), 1), TEXTS, st.lists(TEXTS, max_size=2)
)
CANDIDATES = st.builds(
    Candidate, DETAILS, TEXTS, TEXTS, st.dictionaries(KEYS, TEXTS, max_size=2),
    st.dictionaries(st.sampled_from(["smoke", "verified", "other"]), MEASURED, max_size=3),
    st.lists(ANCESTORS, max_size=2).map(tuple),
)  # fmt: skip


@given(
    st.lists(GATES, max_size=4),
    st.lists(CANDIDATES, min_size=1, max_size=2),
    st.none() | DETAILS,
    MOMENTS,
)
def test_judging_never_raises(
    gates: list[Gate], candidates: list[Candidate], baseline: VersionDetail | None, now: datetime
) -> None:
    """Whatever was recorded and whatever the policy says, every question gets its verdict."""
    given_case = replace(case(*gates, candidates=candidates, baseline=baseline), now=now)
    found = judge(given_case, TOOLS)
    judged = [gate for gate in gates if gate.use != "scan"]
    assert len(found) == 1 + (2 + len(judged)) * len(candidates)
    for each in found:
        assert each.outcome in ("pass", "fail", "pending")
        assert each.required
        assert each.observed
        assert each.message
        for text in (each.observed, each.required, each.message):
            assert safe(text, 100_000) == text


@given(
    st.dictionaries(KEYS, st.floats(allow_nan=False, allow_infinity=False), max_size=3),
    st.dictionaries(KEYS, st.floats(allow_nan=False, allow_infinity=False), max_size=3),
    st.sampled_from(["somebody", "nobody"]),
)
def test_the_example_of_the_design_is_what_it_says(
    mine: dict[str, float], held: dict[str, float], holder: str
) -> None:
    """The comparison decides where both are recorded, and the first promotion is not blocked."""
    found = verdict(
        when(BETTER),
        Candidate(version(2, metrics=mine)),
        baseline=version(1, metrics=held) if holder == "somebody" else None,
        tools=TOOLS,
    )
    if "auc" not in mine:
        assert found.message == "churn:v2: metrics.auc is not recorded"
    elif holder == "nobody":
        assert found.outcome == "pass"
    elif "auc" not in held:
        assert found.message == "churn:v2: baseline.metrics.auc is not recorded"
    else:
        assert (found.outcome == "pass") == (mine["auc"] >= held["auc"] - 0.005)

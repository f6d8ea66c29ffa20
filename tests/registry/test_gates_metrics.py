"""What a gate's command measures becomes metrics that say where they come from."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from modelshelf.domain.errors import Invalid
from modelshelf.domain.provenance.measured import MetricSource
from tests.registry.asking import Bench, bench
from tests.registry.gated import SMOKE, smoke
from tests.sentences import is_harmless

WRITES = "import os\nopen(os.environ['MODELSHELF_METRICS'], 'w').write({!r})\n"


@pytest.fixture
def at(tmp_path: Path) -> Iterator[Bench]:
    """Return a registry of churn v1 to v3 where production takes a command."""
    with bench(tmp_path, SMOKE) as made:
        yield made


def test_what_a_command_measured_is_recorded_as_measured_by_it(at: Bench) -> None:
    """The metric is there with its gate, a typed one keeps its value, and both survive a replay."""
    at().versions.amend("churn:v1", metrics={"auc": 0.5})
    smoke(at, WRITES.format('{"latency_ms": 8.25}'))
    at().gates.measure("churn:v1", "production")
    detail = at().versions.detail("churn:v1")
    assert detail.version.metrics["latency_ms"] == 8.25
    assert detail.version.metrics["auc"] == 0.5
    assert detail.metric_sources["latency_ms"].by == "gate smoke"
    assert "auc" not in detail.metric_sources
    assert at().audit.verify().whole


def test_measuring_again_replaces_what_was_measured(at: Bench) -> None:
    """The newest measurement counts, also over a value that somebody typed in."""
    at().versions.amend("churn:v1", metrics={"latency_ms": 1.0})
    for value in ("8.25", "7"):
        smoke(at, WRITES.format(f'{{"latency_ms": {value}}}'))
        at().gates.measure("churn:v1", "production")
    assert at().versions.get("churn:v1").metrics["latency_ms"] == 7


@pytest.mark.parametrize(
    "text",
    [
        "[1]",
        '{"a": NaN}',
        '{"a": "x"}',
        '{"a": 1',
        '{"": 1}',
        '{"a\\u001b": 1}',
        "\x00",
        "x" * 300_000,
    ],
)
def test_metrics_that_cannot_be_used_fail_the_gate(at: Bench, text: str) -> None:
    """Nothing is recorded of them, and the verdict says what is wrong in a harmless sentence."""
    smoke(at, WRITES.format(text))
    before = at().versions.get("churn:v1").metrics
    at().gates.measure("churn:v1", "production")
    verdict = next(
        v for v in at().gates.check("churn:v1", "production").verdicts if v.gate == "smoke"
    )
    assert verdict.outcome == "fail"
    assert is_harmless(verdict.message)
    assert at().versions.get("churn:v1").metrics == before


def test_a_link_in_place_of_the_file_is_not_followed(at: Bench) -> None:
    """A command cannot have other files of the registry read as its metrics."""
    smoke(at, "import os\nos.symlink('/etc/hostname', os.environ['MODELSHELF_METRICS'])\n")
    at().gates.measure("churn:v1", "production")
    assert at().gates.check("churn:v1", "production").allowed is False


@pytest.mark.skipif(os.name == "nt", reason="pipes with names of POSIX")
@pytest.mark.parametrize("makes", ["os.mkfifo", "os.mkdir"])
def test_a_pipe_or_a_folder_in_place_of_the_file_is_refused(at: Bench, makes: str) -> None:
    """Nobody waits for what never comes, and the verdict says what is there."""
    smoke(at, f"import os\n{makes}(os.environ['MODELSHELF_METRICS'])\n")
    at().gates.measure("churn:v1", "production")
    verdict = next(
        v for v in at().gates.check("churn:v1", "production").verdicts if v.gate == "smoke"
    )
    assert verdict.outcome == "fail"
    assert "no file" in verdict.message


def test_a_value_typed_in_later_is_not_the_gates(at: Bench) -> None:
    """An amendment of the number takes the gate's name from it, and undoing that gives it back."""
    smoke(at, WRITES.format('{"latency_ms": 8.25}'))
    at().gates.measure("churn:v1", "production")
    at().versions.amend("churn:v1", metrics={"latency_ms": 1.0})
    assert at().versions.detail("churn:v1").metric_sources["latency_ms"].by is None
    at().undo.take_back(reason="mistyped")
    detail = at().versions.detail("churn:v1")
    assert detail.version.metrics["latency_ms"] == 8.25
    assert detail.metric_sources["latency_ms"].by == "gate smoke"
    assert at().audit.verify().whole


def test_a_recorded_direction_stays_when_a_gate_measures(at: Bench) -> None:
    """Which way is better is no matter of measuring."""
    source = MetricSource("holdout", direction="lower")
    at().versions.amend("churn:v1", metrics={"drift": 2.0}, metric_sources={"drift": source})
    smoke(at, WRITES.format('{"drift": 1.5}'))
    at().gates.measure("churn:v1", "production")
    found = at().versions.detail("churn:v1").metric_sources["drift"]
    assert found == MetricSource(direction="lower", by="gate smoke")


def test_nobody_types_in_that_a_gate_measured(at: Bench) -> None:
    """Only a measurement says so."""
    with pytest.raises(Invalid, match="cannot be told by hand"):
        at().versions.amend("churn:v1", metric_sources={"auc": MetricSource(by="Gate smoke")})

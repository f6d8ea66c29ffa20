"""What the tests of gates judge: a version with everything recorded, and cases about it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from modelshelf.domain.gates.case import (
    Allowed,
    Ancestor,
    Candidate,
    Case,
    ExpressionFailed,
    Measured,
    Tools,
)
from modelshelf.domain.gates.judging import judge
from modelshelf.domain.inspection import Inspection, TensorSpec
from modelshelf.domain.models import ModelVersion, VersionDetail
from modelshelf.domain.policy import Gate, Stage
from modelshelf.domain.policy.values import builtin_gate
from modelshelf.domain.promotion import Verdict
from modelshelf.domain.provenance import Code, Dataset, Environment, Run

NOW = datetime(2026, 5, 3, 12, tzinfo=UTC)
VERSION = ModelVersion(
    id=2, model="churn", number=2, digest="2" * 64, kind="file", name="m.onnx", size=1_000,
    format="onnx", verdict="clean", created_at=NOW - timedelta(days=2), created_by="ana",
    stage="draft", weight=0, stages={}, archived=False, yanked=None, freed=False,
    metrics={"auc": 0.91}, params={"lr": "0.1"}, tags={"team": "risk"},
)  # fmt: skip
FULL = VersionDetail(
    version=VERSION,
    description="Who leaves next month.",
    card="---\nlicense: apache-2.0\n---\n# Churn",
    files=(),
    inspection=Inspection(
        "onnx",
        inputs=(TensorSpec("x", "float32", ("batch", 4)),),
        outputs=(TensorSpec("y", "float32", ("batch", 1)),),
    ),
    run=Run("r1", seconds=12.5),
    code=Code("git@host:churn", "ab12cd", dirty=False),
    datasets=(Dataset("customers", version="2026-05-01"),),
    environment=Environment("3.11", packages={"sklearn": "1.9"}),
    base="base:v1",
    derived=(),
    source="m.onnx",
)
EMPTY = VersionDetail(
    version=replace(VERSION, metrics={}, params={}, tags={}),
    description="",
    card="",
    files=(),
    inspection=Inspection("pickle"),
    run=None,
    code=None,
    datasets=(),
    environment=None,
    base=None,
    derived=(),
    source="",
)
PRODUCTION = Stage("production", holders="many")


def version(number: int, **changes: Any) -> VersionDetail:  # noqa: ANN401 - any field
    """Return the full version under another number and with other bytes."""
    fields = {"id": number, "number": number, "digest": str(number) * 64, **changes}
    return replace(FULL, version=replace(VERSION, **fields))


def measurement(gate: Gate, **changes: Any) -> Measured:  # noqa: ANN401 - any field
    """Return a measurement of ``gate`` an hour ago that passed."""
    given = Measured(
        "pass", "exit 0", "exit 0", "the smoke test ended with 0", gate.definition,
        NOW - timedelta(hours=1), "ana", None, 0, 7,
    )  # fmt: skip
    return replace(given, **changes)


def case(
    *gates: Gate,
    candidates: Sequence[Candidate] = (Candidate(FULL, "ana"),),
    baseline: VersionDetail | None = None,
    stage: Stage = PRODUCTION,
) -> Case:
    """Return the case of ``candidates`` before ``gates``."""
    return Case(stage, gates, tuple(candidates), baseline, NOW)


def verdict(
    gate: Gate,
    candidate: Candidate | None = None,
    *,
    baseline: VersionDetail | None = None,
    tools: Tools | None = None,
) -> Verdict:
    """Return the verdict of ``gate`` on ``candidate``, the full version by default."""
    given = case(gate, candidates=(candidate or Candidate(FULL, "ana"),), baseline=baseline)
    return judge(given, tools or NO_TOOLS)[-1]


def use(name: str, **settings: Any) -> Gate:  # noqa: ANN401 - any field
    """Return the built-in gate ``name`` with these settings."""
    return builtin_gate(name, name, settings)


def ancestor(reference: str, *licences: str) -> Ancestor:
    """Return something that a version was made from."""
    return Ancestor(reference, licences, 1)


def _none(expression: str, names: Mapping[str, Any]) -> object:
    raise ExpressionFailed(f"{expression} was asked with {sorted(names)}")


def _by_name(text: str, allowed: Sequence[str]) -> Allowed:
    """Know three licences, of which one asks for something."""
    known = ("apache-2.0", "mit", "cc-by-sa-4.0")
    duties = ("share-alike",) if text == "cc-by-sa-4.0" else ()
    unknown = () if text in known else (text,)
    return Allowed(text in allowed or (not allowed and not unknown), unknown, duties)


NO_TOOLS = Tools(_none, _by_name)

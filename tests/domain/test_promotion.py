"""The verdicts: who may hold a stage."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from modelshelf.domain.models import ModelVersion
from modelshelf.domain.policy import Stage
from modelshelf.domain.promotion import judge

VERSION = ModelVersion(
    id=1, model="churn", number=1, digest="0" * 64, kind="file", name="m", size=1, format="onnx",
    verdict="clean", created_at=datetime(2026, 3, 1, tzinfo=UTC), created_by="ana", stage="draft",
    weight=0, stages={}, archived=False, yanked=None, freed=False,
)  # fmt: skip
OTHER = replace(VERSION, id=2, number=2)
PRODUCTION = Stage("production", holders="many")


def outcomes(stage: Stage, *candidates: ModelVersion) -> dict[str, list[str]]:
    """Return the outcomes of the verdicts by gate."""
    found: dict[str, list[str]] = {}
    for verdict in judge(stage, candidates):
        found.setdefault(verdict.gate, []).append(verdict.outcome)
    return found


def test_a_usable_version_may_hold_a_stage() -> None:
    """With nothing against it every verdict passes."""
    assert outcomes(PRODUCTION, VERSION) == {
        "holders": ["pass"],
        "usable": ["pass"],
        "scan": ["pass"],
    }


def test_what_the_scan_found_decides() -> None:
    """Unsafe bytes hold nothing unless they were released, and unvouched code holds nothing."""
    unsafe = replace(VERSION, verdict="dangerous")
    assert outcomes(PRODUCTION, unsafe)["scan"] == ["fail"]
    assert outcomes(PRODUCTION, replace(VERSION, verdict="incomplete"))["scan"] == ["fail"]
    released = replace(unsafe, released=True)
    assert outcomes(PRODUCTION, released)["scan"] == ["pass"]
    assert outcomes(PRODUCTION, replace(released, unvouched=True))["scan"] == ["fail"]
    assert outcomes(PRODUCTION, replace(VERSION, verdict="warning"))["scan"] == ["pass"]


def test_two_versions_may_not_share_a_stage_for_one() -> None:
    """A stage of one holder refuses a split, and says what it requires."""
    verdicts = judge(Stage("staging"), (VERSION, OTHER))
    assert verdicts[0].outcome == "fail"
    assert verdicts[0].required == "one version"
    assert outcomes(PRODUCTION, VERSION, OTHER)["holders"] == ["pass"]


def test_a_yanked_or_freed_version_may_hold_nothing() -> None:
    """Each candidate is looked at, and the one that must not be used is named with its reason."""
    yanked = replace(OTHER, yanked="wrong data")
    verdicts = judge(PRODUCTION, (VERSION, yanked))
    assert [v.outcome for v in verdicts if v.gate == "usable"] == ["pass", "fail"]
    assert "churn:v2 is yanked: wrong data" in [v.message for v in verdicts]
    freed = replace(OTHER, freed=True, yanked="wrong data")
    assert outcomes(PRODUCTION, freed)["usable"] == ["fail"]


def test_a_version_yanked_for_no_written_reason_is_still_yanked() -> None:
    """An empty reason, as another program may write it, does not make a version usable."""
    assert outcomes(PRODUCTION, replace(VERSION, yanked=""))["usable"] == ["fail"]


def test_gates_and_approvals_are_named_and_not_passed() -> None:
    """What is not judged yet is never shown as passed."""
    stage = Stage("production", gates=("better", "scan"), approvals=2)
    found = outcomes(stage, VERSION)
    assert found["better"] == found["approvals (2)"] == ["unjudged"]
    assert found["scan"] == ["pass"], "this one is always judged"

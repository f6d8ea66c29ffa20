"""What every stage asks, whatever gates it names: how many hold it, usable, and safe."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from modelshelf.domain.gates.case import Candidate
from modelshelf.domain.gates.judging import judge
from modelshelf.domain.models import VersionDetail
from modelshelf.domain.policy import Stage
from modelshelf.domain.promotion import Verdict
from tests.domain.judged import FULL, NO_TOOLS, PRODUCTION, VERSION, case, version


def changed(**changes: Any) -> VersionDetail:  # noqa: ANN401 - any field of a version
    """Return the full version with fields of it changed."""
    return replace(FULL, version=replace(VERSION, **changes))


def verdicts(*details: VersionDetail, stage: Stage = PRODUCTION) -> tuple[Verdict, ...]:
    """Return the verdicts on versions before a stage that names no gates."""
    return judge(case(candidates=[Candidate(d) for d in details], stage=stage), NO_TOOLS)


def outcomes(*details: VersionDetail, stage: Stage = PRODUCTION) -> dict[str, list[str]]:
    """Return the outcomes of the verdicts by gate."""
    found: dict[str, list[str]] = {}
    for verdict in verdicts(*details, stage=stage):
        found.setdefault(verdict.gate, []).append(verdict.outcome)
    return found


def test_a_usable_version_may_hold_a_stage() -> None:
    """With nothing against it every verdict passes."""
    assert outcomes(FULL) == {"holders": ["pass"], "usable": ["pass"], "scan": ["pass"]}


def test_what_the_scan_found_decides() -> None:
    """Unsafe bytes hold nothing unless they were released, and unvouched code holds nothing."""
    assert outcomes(changed(verdict="dangerous"))["scan"] == ["fail"]
    assert outcomes(changed(verdict="incomplete"))["scan"] == ["fail"]
    assert outcomes(changed(verdict="dangerous", released=True))["scan"] == ["pass"]
    both = changed(verdict="dangerous", released=True, unvouched=True)
    assert outcomes(both)["scan"] == ["fail"]
    assert outcomes(changed(verdict="warning"))["scan"] == ["pass"]


def test_two_versions_may_not_share_a_stage_for_one() -> None:
    """A stage of one holder refuses a split, and says what it requires."""
    found = verdicts(FULL, version(3), stage=Stage("staging"))
    assert found[0].outcome == "fail"
    assert found[0].required == "one version"
    assert outcomes(FULL, version(3))["holders"] == ["pass"]


def test_a_yanked_or_freed_version_may_hold_nothing() -> None:
    """Each candidate is looked at, and the one that must not be used is named with its reason."""
    found = verdicts(FULL, version(3, yanked="wrong data"))
    assert [v.outcome for v in found if v.gate == "usable"] == ["pass", "fail"]
    assert "churn:v3 is yanked: wrong data" in [v.message for v in found]
    assert outcomes(changed(freed=True, yanked="wrong data"))["usable"] == ["fail"]


def test_a_version_yanked_for_no_written_reason_is_still_yanked() -> None:
    """An empty reason, as another program may write it, does not make a version usable."""
    assert outcomes(changed(yanked=""))["usable"] == ["fail"]
